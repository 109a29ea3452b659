//! Orders of the EMR: taken, judged and acknowledged as IRIS does it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloud::lifecycle::{Answer, Input, Lifecycle, Numbers, Organization, Output};
use cloud::orm::{OrderProfile, judge};
use hl7::Message;
use hl7::ack::{Builder, Code, ErrorDetail};
use jiff::Timestamp;
use journal::{Clock, Journal, Link, Peer, Seed};
use results::Order;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::wire::Wire;

/// Out of handles, as a rule: how long connections get to give some back.
const PAUSE: Duration = Duration::from_millis(100);
/// Connections at once; one more is closed at once.
const MOST_CONNECTIONS: usize = 32;

/// What is said to an order that is refused on purpose.
pub(super) const REFUSAL: &str = "refused for the acceptance";

/// IRIS, as far as it takes orders.
pub(super) struct Desk {
    life: Lifecycle,
    client: Uuid,
    agreed: OrderProfile,
    /// Orders that are open, in the order in which they came.
    pub(super) open: Vec<Order>,
    /// The next new order is refused, whatever it is like.
    pub(super) refuse_next: bool,
    acknowledged: u32,
}

impl Desk {
    pub(super) fn new(seed: Seed, agreed: OrderProfile) -> Desk {
        let client = seed.uuid("customer");
        let mut life = Lifecycle::new(seed, Clock::system(), Numbers::default());
        life.set_up(Organization { order_profile: agreed.clone(), ..Organization::of_proxies(client) });
        Desk { life, client, agreed, open: Vec::new(), refuse_next: false, acknowledged: 0 }
    }

    /// Takes an order, and gives its acknowledgement and what became of it.
    pub(super) fn take(&mut self, content: &[u8]) -> (Vec<u8>, String) {
        self.acknowledged += 1;
        let mut ack = Builder {
            time: Timestamp::now().strftime("%Y%m%d%H%M%S").to_string(),
            control_id: format!("IRIS{}", self.acknowledged),
            code: Code::AA,
            text: None,
            error: None,
        };
        let read = judge(content, &self.agreed);
        let is_new = read.as_ref().is_ok_and(|request| request.action == cloud::orm::Action::New);
        let outcome = if is_new && std::mem::take(&mut self.refuse_next) {
            ack.code = Code::AE;
            ack.text = Some(REFUSAL.to_owned());
            "refused on purpose".to_owned()
        } else {
            let outputs = self.life.handle(self.client, Input::Orm(content.to_vec()));
            let answer = outputs.into_iter().find_map(|output| match output {
                Output::Answer(answer) => Some(answer),
                _ => None,
            });
            match answer.expect("the life cycle answers every ORM") {
                Answer::Accepted { outcome, placer, filler } => {
                    self.open.retain(|order| order.placer != placer.as_bytes());
                    if let Ok(request) = read
                        && outcome != "cancelled"
                    {
                        self.open.push(Order { filler, ..request.order });
                    }
                    outcome.to_owned()
                }
                Answer::Refused(refusal) => {
                    ack.code = refusal.code;
                    ack.error = Some(ErrorDetail { location: refusal.at, code: refusal.error });
                    ack.text = Some(refusal.text.clone());
                    format!("refused: {} ({})", refusal.text, refusal.requirement)
                }
            }
        };
        let ack = Message::parse(content).map_or_else(|_| ack.build_unreadable(), |message| ack.build(&message));
        (ack, outcome)
    }
}

/// The listener for orders. Dropping it ends it.
pub(super) struct Orders {
    desk: Arc<Mutex<Desk>>,
    pub(super) address: SocketAddr,
    stop: CancellationToken,
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Orders {
    pub(super) async fn listen(on: SocketAddr, desk: Desk, journal: &Journal) -> std::io::Result<Orders> {
        let listener = TcpListener::bind(on).await?;
        let orders = Orders {
            desk: Arc::new(Mutex::new(desk)),
            address: listener.local_addr()?,
            stop: CancellationToken::new(),
        };
        let (stop, desk, for_tasks) = (orders.stop.clone(), orders.desk.clone(), journal.clone());
        journal.spawn(Peer::Proxy, "orders listener", async move {
            stop.run_until_cancelled(accept(listener, desk, for_tasks, stop.clone())).await;
        });
        Ok(orders)
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, desk: Arc<Mutex<Desk>>, journal: Journal, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                let Ok(place) = places.clone().try_acquire_owned() else {
                    let reason = json!({ "reason": "too many connections are open" });
                    journal.fact(Peer::Proxy, "connection.refused", remote, reason);
                    continue;
                };
                let (desk, in_task, stop) = (desk.clone(), journal.clone(), stop.clone());
                journal.spawn(Peer::Proxy, "orders connection", async move {
                    stop.run_until_cancelled(serve(stream, desk, in_task)).await;
                    drop(place);
                });
            }
            Err(error) => {
                let reason = json!({ "reason": error.to_string() });
                journal.fact(Peer::Proxy, "listener.failed", "orders", reason);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, desk: Arc<Mutex<Desk>>, journal: Journal) {
    let Ok(mut wire) = Wire::open(stream, Link::Orders, &journal) else { return };
    let how = loop {
        let content = match wire.next().await {
            Ok(Some(content)) => content,
            Ok(None) => break "closed by the EMR".to_owned(),
            Err(error) => break error.to_string(),
        };
        let (ack, outcome) = desk.lock().unwrap_or_else(PoisonError::into_inner).take(&content);
        let sent = wire.send(&ack).await;
        // behind the acknowledgement, so that whoever waits for an order finds it answered
        let placer = super::Crossed::of(&content).placer;
        journal.fact(Peer::Cloud, "order.judged", placer, json!({ "outcome": outcome }));
        if let Err(error) = sent {
            break error.to_string();
        }
    };
    wire.close(&how).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_connection_beyond_the_bound_is_closed_and_told_and_the_next_has_its_place() {
        const SOON: Duration = Duration::from_secs(10);
        let journal = Journal::new("test");
        let desk = Desk::new(Seed::new(1), OrderProfile::default());
        let orders = Orders::listen("127.0.0.1:0".parse().unwrap(), desk, &journal).await.unwrap();
        let connect = async || TcpStream::connect(orders.address).await.unwrap();
        let is_answered = async |stream: &mut TcpStream| {
            let sent = stream.write_all(&mllp::frame(b"MSH|^~\\&|A|B|C|D|1||ORM^O01|1|T|2.3\r")).await;
            sent.is_ok() && timeout(SOON, stream.read_u8()).await.expect("an answer or the end").is_ok()
        };
        let mut open = Vec::new();
        for _ in 0..MOST_CONNECTIONS {
            open.push(connect().await);
            assert!(is_answered(open.last_mut().unwrap()).await);
        }
        assert!(timeout(SOON, connect().await.read_u8()).await.unwrap().is_err());
        let told =
            |what: &journal::What| matches!(what, journal::What::Fact { name, .. } if name == "connection.refused");
        assert_eq!(journal.events().iter().filter(|event| told(&event.what)).count(), 1);
        open.pop();
        // the place is free a moment after the end of the connection
        timeout(SOON, async { while !is_answered(&mut connect().await).await {} }).await.expect("a place is free");
    }
}
