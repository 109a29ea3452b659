//! Receivers that compete and whose connections die: the rules of peek-lock, checked against the journal (CON-045).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloud::bus::{Access, Bus, BusConfig, Counts, QueueConfig};
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::types::definitions::ReceiverSettleMode;
use fe2o3_amqp::types::messaging::Body;
use fe2o3_amqp::types::primitives::Value;
use fe2o3_amqp::{Connection, Receiver, Session};
use journal::{Clock, Event, Journal, Seed, What};

const MESSAGES: u64 = 200;
const CUTS: usize = 40;

/// Receives and completes until the task is aborted, which drops the connection as a crash would.
async fn receive(bus: Bus, completed: Arc<AtomicU64>) {
    let (client, server) = tokio::io::duplex(4_096);
    tokio::spawn(async move { bus.serve(server, "test".to_owned()).await });
    let sasl = SaslProfile::Plain { username: "k".to_owned(), password: "v".to_owned() };
    let builder = Connection::builder().container_id("test").sasl_profile(sasl);
    let mut connection = builder.open_with_stream(client).await.unwrap();
    let mut session = Session::begin(&mut connection).await.unwrap();
    let builder = Receiver::builder().name("receiver").source("results");
    let builder = builder.receiver_settle_mode(ReceiverSettleMode::Second).credit_mode(CreditMode::Auto(7));
    let mut receiver = builder.attach(&mut session).await.unwrap();
    loop {
        let delivery = receiver.recv::<Body<Value>>().await.unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await; // work
        receiver.accept(&delivery).await.unwrap();
        completed.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the journal says of each message, in order: the fact and the delivery count.
fn histories(events: &[Event]) -> BTreeMap<String, Vec<(String, u64)>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events {
        if let What::Fact { name, id, data } = &event.what {
            all.entry(id.clone()).or_default().push((name.clone(), data["delivery_count"].as_u64().unwrap()));
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn con_045_cut_connections_lose_no_message_and_no_message_is_given_out_while_its_lock_lives() {
    let journal = Journal::new("cuts");
    let access = Access { key_name: "k".to_owned(), key: "v".to_owned(), queues: None, listen: true, send: true };
    let queue =
        QueueConfig { lock: Duration::from_millis(200), max_delivery_count: 1_000, ..QueueConfig::new("results") };
    let config = BusConfig::new("bus.test", vec![queue], access);
    let bus = Bus::new(config, journal.clone(), Clock::system(), Seed::new(1));
    for n in 0..MESSAGES {
        bus.send("results", b"{}".to_vec(), &n.to_string()).unwrap();
    }
    let completed = Arc::new(AtomicU64::new(0));
    let start = || tokio::spawn(receive(bus.clone(), completed.clone()));
    let mut receivers = [start(), start(), start()];
    for cut in 0..CUTS {
        tokio::time::sleep(Duration::from_millis(5 + (cut as u64 * 7) % 11)).await;
        std::mem::replace(&mut receivers[cut % 3], start()).abort();
    }
    let empty = async {
        while bus.counts("results") != Some(Counts::default()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), empty).await.expect("every message is completed");

    let mut lapsed = 0;
    let histories = journal.read(histories);
    assert_eq!(histories.len() as u64, MESSAGES);
    for (id, history) in histories {
        // CON-045: enqueued, then locks that lapse, each of which counts, and one that ends with the message
        let locks = history.len() as u64 / 2;
        let mut expected = vec![("queue.enqueued".to_owned(), 0)];
        for count in 0..locks {
            expected.push(("queue.locked".to_owned(), count));
            expected.push(("queue.lock_expired".to_owned(), count + 1));
        }
        expected.last_mut().map(|last| *last = ("queue.completed".to_owned(), locks - 1)).unwrap();
        assert_eq!(history, expected, "message {id}");
        lapsed += locks - 1;
    }
    assert!(lapsed > 20, "CON-045: connections died with locks, {lapsed} lapsed");
    assert!(completed.load(Ordering::Relaxed) > 0);
}
