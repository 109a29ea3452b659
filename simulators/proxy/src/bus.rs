//! A queue of Azure Service Bus over AMQP 1.0: one message at a time in peek-lock, settled by its handler (CON-040, CON-044,
//! CON-046, CON-050, CON-077).

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::delivery::DeliveryInfo;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::definitions::{Error, ErrorCondition, Fields, ReceiverSettleMode};
use fe2o3_amqp::types::messaging::{Body, Message as AmqpMessage, Modified};
use fe2o3_amqp::types::primitives::{Array, OrderedMap, Symbol, Uuid, Value};
use fe2o3_amqp::{Connection, Delivery, Receiver, Session};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use crate::repeat::until_done;
use crate::requests::{Requests, within};
use crate::{BusAddress, GRACE, sas};

/// Life of a token, and the age at which the next one is put.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);
const TOKEN_RENEWAL: Duration = Duration::from_secs(2700);
/// When a lock of unknown length is renewed.
const LOCK_RENEWAL: Duration = Duration::from_secs(10);

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
            Err(error) => log!("{}: {error:#}; connecting again", queue.name),
        }
        let (tls, address, name) = (queue.tls.clone(), queue.address.clone(), queue.name);
        drop(queue); // before the next one, so that it cannot take a message
        queue = tokio::select! {
            () = stop.cancelled() => return,
            queue = until_done(name, || Queue::open(&tls, &address, name)) => queue,
        };
        log!("{name}: connected again");
    }
}

/// An open receiver on a queue. Its parts are dropped in this order: links, session, connection.
pub(crate) struct Queue {
    receiver: Receiver,
    cbs: Requests,
    management: Option<Requests>,
    session: SessionHandle<()>,
    connection: ConnectionHandle<()>,
    renew_token_at: Instant,
    tls: Arc<ClientConfig>,
    address: BusAddress,
    name: &'static str,
}

impl Queue {
    /// Connects, puts a token and attaches to the queue.
    pub(crate) async fn open(
        tls: &Arc<ClientConfig>,
        address: &BusAddress,
        name: &'static str,
    ) -> anyhow::Result<Queue> {
        within(async {
            let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
            stream.set_nodelay(true)?;
            let server = ServerName::try_from(address.host.clone())?;
            let stream = TlsConnector::from(tls.clone()).connect(server, stream).await?;
            let mut connection = Connection::builder()
                .container_id(uuid::Uuid::new_v4().to_string())
                .hostname(address.namespace.as_str())
                .idle_time_out(60_000u32)
                .sasl_profile(SaslProfile::Anonymous)
                .open_with_stream(stream)
                .await?;
            let mut session = Session::begin(&mut connection).await?;
            let mut cbs = Requests::attach(&mut session, "$cbs".to_owned()).await?;
            put_token(&mut cbs, address, name).await?;
            let receiver = Receiver::builder()
                .name(format!("{name}-{}", uuid::Uuid::new_v4()))
                .source(name)
                .receiver_settle_mode(ReceiverSettleMode::Second)
                .credit_mode(CreditMode::Manual)
                .attach(&mut session)
                .await?;
            let renew_token_at = Instant::now() + TOKEN_RENEWAL;
            let (tls, address) = (tls.clone(), address.clone());
            Ok(Queue { receiver, cbs, management: None, session, connection, renew_token_at, tls, address, name })
        })
        .await
    }

    async fn drain(&mut self, handler: &mut impl Handler, stop: &CancellationToken) -> anyhow::Result<()> {
        loop {
            let message = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                message = self.next() => message?,
            };
            let settlement = tokio::select! {
                settlement = handler.handle(&message) => settlement,
                never = self.keep(&message) => match never {},
                () = async { stop.cancelled().await; sleep(GRACE).await } => Settlement::Abandon, // CON-079
            };
            self.settle(&message, settlement).await?;
        }
    }

    /// The next message. CON-046: one credit at a time keeps the order of the queue.
    async fn next(&mut self) -> anyhow::Result<Message> {
        if self.receiver.credit() == 0 {
            self.receiver.set_credit(1).await?;
        }
        loop {
            tokio::select! {
                delivery = self.receiver.recv() => return Ok(Message::from(delivery?)),
                () = sleep_until(self.renew_token_at) => self.renew_token().await?,
            }
        }
    }

    async fn settle(&self, message: &Message, settlement: Settlement) -> anyhow::Result<()> {
        let info = message.info.clone();
        let settled = match settlement {
            Settlement::Complete => self.receiver.accept(info).await,
            Settlement::Abandon => {
                let failed =
                    Modified { delivery_failed: Some(true), undeliverable_here: None, message_annotations: None };
                self.receiver.modify(info, failed).await
            }
            Settlement::DeadLetter(reason, description) => {
                let mut details = Fields::new();
                details.insert(Symbol::from("DeadLetterReason"), Value::String(reason.to_owned()));
                details.insert(Symbol::from("DeadLetterErrorDescription"), Value::String(description.to_owned()));
                let condition = ErrorCondition::Custom(Symbol::from("com.microsoft:dead-letter"));
                self.receiver.reject(info, Error::new(condition, description.to_owned(), details)).await
            }
        };
        Ok(settled?)
    }

    /// Renews the message's lock for as long as it is polled (CON-077).
    async fn keep(&mut self, message: &Message) -> Infallible {
        loop {
            sleep(message.renew_after).await;
            if let Err(error) = self.renew_lock(message).await {
                log!("{}: lock not renewed: {error:#}", self.name);
            }
        }
    }

    /// The lock token is the delivery tag, a GUID in .NET's byte order.
    async fn renew_lock(&mut self, message: &Message) -> anyhow::Result<()> {
        if Instant::now() >= self.renew_token_at {
            self.renew_token().await?;
        }
        let tag: [u8; 16] =
            message.info.delivery_tag().as_ref().try_into().context("the delivery tag is no lock token")?;
        let token = Uuid::from(uuid::Uuid::from_bytes_le(tag).into_bytes());
        let management = match &mut self.management {
            Some(management) => management,
            none => {
                none.insert(within(Requests::attach(&mut self.session, format!("{}/$management", self.name))).await?)
            }
        };
        let mut tokens = OrderedMap::new();
        tokens.insert("lock-tokens".to_owned(), Array::from(vec![token]));
        management.ask(&[("operation", "com.microsoft:renew-lock")], AmqpMessage::builder().value(tokens)).await
    }

    async fn renew_token(&mut self) -> anyhow::Result<()> {
        put_token(&mut self.cbs, &self.address, self.name).await?;
        self.renew_token_at = Instant::now() + TOKEN_RENEWAL;
        Ok(())
    }

    async fn close(mut self) {
        let _ = timeout(Duration::from_millis(300), async {
            let _ = self.receiver.close().await;
            let _ = self.connection.close().await;
        })
        .await;
    }
}

impl From<Delivery<Body<Value>>> for Message {
    fn from(delivery: Delivery<Body<Value>>) -> Message {
        let annotation = |name: &str| {
            let annotations = delivery.message().message_annotations.as_ref()?;
            annotations.0.iter().find(|(key, _)| **key == Symbol::from(name).into()).map(|(_, value)| value.clone())
        };
        let sequence = match annotation("x-opt-sequence-number") {
            Some(Value::Long(sequence)) => Some(sequence),
            _ => None,
        };
        let renew_after = until_renewal(annotation("x-opt-locked-until"));
        let info = DeliveryInfo::from(&delivery);
        let body = match delivery.into_body() {
            Body::Data(sections) => sections.into_iter().flat_map(|data| data.0.into_vec()).collect(),
            _ => Vec::new(), // no signal has another kind of body; its handler will find it unreadable
        };
        Message { body, sequence, renew_after, info }
    }
}

/// Half of a lock.
fn until_renewal(locked_until: Option<Value>) -> Duration {
    let Some(Value::Timestamp(until)) = locked_until else {
        return LOCK_RENEWAL;
    };
    let lock = until.milliseconds().saturating_sub(jiff::Timestamp::now().as_millisecond());
    // The bus may have another clock.
    Duration::from_millis(lock.max(0).unsigned_abs() / 2).clamp(Duration::from_millis(250), Duration::from_secs(30))
}

async fn put_token(cbs: &mut Requests, address: &BusAddress, queue: &str) -> anyhow::Result<()> {
    let resource = format!("sb://{}/{queue}", address.namespace);
    let expires = jiff::Timestamp::now().as_second() + TOKEN_LIFE.as_secs().cast_signed();
    let token = sas::token(address, &resource, expires);
    let operation =
        [("operation", "put-token"), ("type", "servicebus.windows.net:sastoken"), ("name", resource.as_str())];
    cbs.ask(&operation, AmqpMessage::builder().value(token)).await.context("put-token")
}

#[cfg(test)]
mod tests {
    use super::*;
    use fe2o3_amqp::types::primitives::Timestamp;

    #[test]
    fn a_lock_is_renewed_at_half_its_time_con_077() {
        let until = |ms| Value::Timestamp(Timestamp::from(jiff::Timestamp::now().as_millisecond() + ms));
        let pause = until_renewal(Some(until(20_000)));
        assert!((9_000..=10_000).contains(&pause.as_millis()), "{pause:?}");
        assert_eq!(until_renewal(Some(until(-5_000))), Duration::from_millis(250));
        assert_eq!(until_renewal(None), LOCK_RENEWAL);
    }
}
