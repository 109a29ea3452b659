//! A queue of Azure Service Bus over AMQP 1.0: one message at a time in peek-lock, settled by its handler (CON-040, CON-044,
//! CON-046, CON-050, CON-077).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::delivery::DeliveryInfo;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::definitions::{Error, ErrorCondition, ReceiverSettleMode};
use fe2o3_amqp::types::messaging::{Body, Modified};
use fe2o3_amqp::types::primitives::{Array, OrderedMap, Symbol, Timestamp, Uuid, Value};
use fe2o3_amqp::{Connection, Delivery, Receiver, Session};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use crate::GRACE;
use crate::cloud::Cloud;
use crate::config::BusAddress;
use crate::defects::{self, Flaw};
use crate::repeat::{TIMEOUT, until_done, within};
use crate::requests::Requests;

/// Life of a token, and the age at which the next one is put.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);
const TOKEN_RENEWAL: Duration = Duration::from_secs(2700);
/// What a token's resource and signature keep unescaped: the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A message under its lock.
pub(crate) struct Message {
    pub(crate) body: Vec<u8>,
    /// `x-opt-sequence-number`, the same at each redelivery.
    pub(crate) sequence: Option<i64>,
    /// The pause between two renewals of its lock.
    renew_after: Duration,
    info: DeliveryInfo,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settlement {
    Complete,
    /// Back to the queue.
    Abandon,
    /// To the dead letters, with a reason and a description.
    DeadLetter(&'static str, &'static str),
}

/// Works on the messages of a queue.
pub(crate) trait Handler: Send {
    /// What to do with the message. Dropped before it is done when the grace period has passed (CON-079).
    fn handle(&mut self, message: &Message) -> impl Future<Output = Settlement> + Send;
}

/// Handles one message after the other until the stop signal; connects again after each loss.
pub(crate) async fn serve(mut queue: Queue, mut handler: impl Handler, stop: CancellationToken) {
    loop {
        match queue.drain(&mut handler, &stop).await {
            Ok(()) => return queue.close().await,
            Err(_) if defects::has(Flaw::BusNotReopened) => return,
            Err(error) => log!("{}: {error:#}; connecting again", queue.name),
        }
        let (tls, address, name, cloud) = (queue.tls.clone(), queue.address.clone(), queue.name, queue.cloud.clone());
        drop(queue); // before the next one, so that it cannot take a message
        let open = until_done(name, || Queue::open(&tls, &address, name, &cloud));
        let Some(opened) = stop.run_until_cancelled(open).await else { return };
        queue = opened;
        log!("{name}: connected again");
    }
}

/// An open receiver on a queue. Its parts are dropped in this order: links, session, connection.
pub(crate) struct Queue {
    receiver: Receiver,
    cbs: Requests,
    management: Requests,
    _session: SessionHandle<()>,
    connection: ConnectionHandle<()>,
    renew_token_at: Instant,
    tls: Arc<ClientConfig>,
    address: BusAddress,
    name: &'static str,
    cloud: Arc<Cloud>,
}

impl Queue {
    /// Connects, puts a token and attaches to the queue.
    pub(crate) async fn open(
        tls: &Arc<ClientConfig>,
        address: &BusAddress,
        name: &'static str,
        cloud: &Arc<Cloud>,
    ) -> Result<Queue> {
        let opened = async {
            let host = address.address.map_or_else(|| address.host.clone(), |known| known.to_string());
            let stream = TcpStream::connect((host, address.port)).await?;
            stream.set_nodelay(true)?;
            let server = ServerName::try_from(address.host.clone())?;
            let stream = TlsConnector::from(tls.clone()).connect(server, stream).await?;
            let id = uuid::Uuid::new_v4().to_string();
            let builder = Connection::builder().container_id(id.as_str()).hostname(address.namespace.as_str());
            let builder = builder.idle_time_out(60_000u32).sasl_profile(SaslProfile::Anonymous);
            let mut connection = builder.open_with_stream(stream).await?;
            let mut session = Session::begin(&mut connection).await?;
            let mut cbs = Requests::attach(&mut session, "$cbs".to_owned()).await?;
            let renew_token_at = put_token(&mut cbs, address, name, cloud).await?;
            let management = Requests::attach(&mut session, format!("{name}/$management")).await?;
            let peek_lock = Receiver::builder().receiver_settle_mode(ReceiverSettleMode::Second);
            let link = defects::named(Flaw::PatientInLinkName, format!("{name}-{id}"));
            let queue = peek_lock.credit_mode(CreditMode::Manual).name(link).source(name);
            let receiver = queue.attach(&mut session).await?;
            let (tls, address, cloud) = (tls.clone(), address.clone(), cloud.clone());
            Ok(Queue {
                receiver,
                cbs,
                management,
                _session: session,
                connection,
                renew_token_at,
                tls,
                address,
                name,
                cloud,
            })
        };
        within(TIMEOUT, opened).await
    }

    async fn drain(&mut self, handler: &mut impl Handler, stop: &CancellationToken) -> Result<()> {
        loop {
            let message = tokio::select! {
                biased;
                () = stop.cancelled() => return self.give_back().await,
                message = self.next() => message?,
            };
            let settlement = tokio::select! {
                settlement = handler.handle(&message) => settlement,
                never = self.keep(&message) => match never {},
                () = async { stop.cancelled().await; sleep(GRACE).await } => Settlement::Abandon, // CON-079
            };
            self.settle(message.info, settlement).await?;
        }
    }

    /// Gives back what the bus sent before it knew of the stop (CON-079): its lock would outlive the connection.
    async fn give_back(&mut self) -> Result<()> {
        if self.receiver.credit() == 0 {
            return Ok(());
        }
        self.receiver.drain().await?;
        // An answer on the same connection comes behind all that the bus sent before.
        put_token(&mut self.cbs, &self.address, self.name, &self.cloud).await?;
        while let Ok(delivery) = timeout(Duration::from_millis(20), self.receiver.recv()).await {
            self.settle(Message::from(delivery?).info, Settlement::Abandon).await?;
        }
        Ok(())
    }

    /// The next message. CON-046: one credit at a time keeps the order of the queue.
    async fn next(&mut self) -> Result<Message> {
        if self.receiver.credit() == 0 {
            self.receiver.set_credit(1).await?;
        }
        loop {
            tokio::select! {
                delivery = self.receiver.recv() => return Ok(Message::from(delivery?)),
                () = sleep_until(self.renew_token_at) => {}
            }
            self.renew_token_at = put_token(&mut self.cbs, &self.address, self.name, &self.cloud).await?;
        }
    }

    async fn settle(&self, message: DeliveryInfo, settlement: Settlement) -> Result<()> {
        const FAILED: Modified =
            Modified { delivery_failed: Some(true), undeliverable_here: None, message_annotations: None };
        match settlement {
            Settlement::Complete => self.receiver.accept(message).await?,
            Settlement::Abandon => self.receiver.modify(message, FAILED).await?,
            Settlement::DeadLetter(reason, description) => {
                let condition = ErrorCondition::Custom("com.microsoft:dead-letter".into());
                let details = [("DeadLetterReason", reason), ("DeadLetterErrorDescription", description)];
                let details = OrderedMap::from_iter(details.map(|(key, text)| (key.into(), text.into())));
                self.receiver.reject(message, Error::new(condition, description.to_owned(), details)).await?;
            }
        }
        Ok(())
    }

    /// Renews the message's lock for as long as it is polled (CON-077).
    async fn keep(&mut self, message: &Message) -> Infallible {
        loop {
            sleep(message.renew_after).await;
            if defects::has(Flaw::RenewsNoLock) {
                continue;
            }
            if let Err(error) = self.renew_lock(message).await {
                log!("{}: lock not renewed: {error:#}", self.name);
            }
        }
    }

    /// The lock token is the delivery tag, a GUID in .NET's byte order.
    async fn renew_lock(&mut self, message: &Message) -> Result<()> {
        if Instant::now() >= self.renew_token_at {
            self.renew_token_at = put_token(&mut self.cbs, &self.address, self.name, &self.cloud).await?;
        }
        let tag = message.info.delivery_tag().as_ref().try_into().context("the delivery tag is no lock token")?;
        let token = Uuid::from(uuid::Uuid::from_bytes_le(tag).into_bytes());
        let tokens = OrderedMap::from_iter([("lock-tokens".to_owned(), Array::from(vec![token]))]);
        self.management.ask(&[("operation", "com.microsoft:renew-lock")], tokens).await
    }

    async fn close(mut self) {
        let closed = async { (self.receiver.close().await, self.connection.close().await) };
        let _ = timeout(Duration::from_millis(300), closed).await;
    }
}

impl From<Delivery<Body<Value>>> for Message {
    fn from(delivery: Delivery<Body<Value>>) -> Message {
        let annotation = |name: &str| {
            let annotations = delivery.message().message_annotations.as_ref()?;
            annotations.0.iter().find(|(key, _)| **key == Symbol::from(name).into()).map(|(_, value)| value.clone())
        };
        let sequence = annotation("x-opt-sequence-number").and_then(|value| i64::try_from(value).ok());
        let locked_until = annotation("x-opt-locked-until").and_then(|value| Timestamp::try_from(value).ok());
        let renew_after = until_renewal(locked_until);
        let info = DeliveryInfo::from(&delivery);
        let body = match delivery.into_body() {
            Body::Data(sections) => sections.into_iter().flat_map(|data| data.0.into_vec()).collect(),
            _ => Vec::new(), // no signal has another kind of body; its handler will find it unreadable
        };
        Message { body, sequence, renew_after, info }
    }
}

/// Half of a lock; of one of unknown length, 10 s.
fn until_renewal(locked_until: Option<Timestamp>) -> Duration {
    let now = jiff::Timestamp::now().as_millisecond();
    let lock = locked_until.map_or(20_000, |until| until.milliseconds().saturating_sub(now));
    // The bus may have another clock.
    Duration::from_millis(lock.max(0).unsigned_abs() / 2).clamp(Duration::from_millis(250), Duration::from_secs(30))
}

/// Gives the bus a token, and says when it needs the next one.
async fn put_token(cbs: &mut Requests, address: &BusAddress, queue: &str, cloud: &Cloud) -> Result<Instant> {
    let resource = format!("sb://{}/{queue}", address.namespace);
    let (kind, token) = match cloud.bus_token().await? {
        Some(token) => ("jwt", token),
        None => {
            let expires = jiff::Timestamp::now().as_second() + TOKEN_LIFE.as_secs().cast_signed();
            ("servicebus.windows.net:sastoken", signature(address, &resource, expires))
        }
    };
    let operation = [("operation", "put-token"), ("type", kind), ("name", &resource)];
    cbs.ask(&operation, token).await.context("put-token")?;
    Ok(Instant::now() + TOKEN_RENEWAL)
}

/// A shared access signature for `resource` that expires at that second of the Unix time: HMAC-SHA256 over the escaped
/// resource, LF and the expiry.
fn signature(address: &BusAddress, resource: &str, expires: i64) -> String {
    let escape = |text| utf8_percent_encode(text, ESCAPED).to_string();
    let resource = escape(resource);
    let key = hmac::Key::new(hmac::HMAC_SHA256, address.key.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, format!("{resource}\n{expires}").as_bytes()));
    let (signature, key_name) = (escape(&signature), escape(&address.key_name));
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expires}&skn={key_name}")
}

#[cfg(test)]
mod tests;
