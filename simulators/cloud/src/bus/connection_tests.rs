//! A client that speaks bytes: what the bus must answer is written out from the standard and from what the official
//! clients need.

use journal::{Clock, Journal, Seed};
use proptest::prelude::*;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;

use super::super::message::Message;
use super::super::value::{self, Value, described, symbol};
use super::super::{Access, Bus, BusConfig, QueueConfig, SendError};
use super::*;

const PATIENCE: Duration = Duration::from_secs(500);

struct Client {
    bus: Bus,
    journal: Journal,
    stream: DuplexStream,
    buffer: BytesMut,
    server: JoinHandle<()>,
}

fn list(code: u64, fields: Vec<Value>) -> Vec<u8> {
    value::to_bytes(&described(code, Value::List(fields)))
}

impl Client {
    fn connect() -> Client {
        let journal = Journal::new("bus");
        let access = Access { key_name: "k".to_owned(), key: "v".to_owned(), queues: None, listen: true, send: true };
        let config = BusConfig::new("bus.test", vec![QueueConfig::new("results")], access);
        let bus = Bus::new(config, journal.clone(), Clock::system(), Seed::new(1));
        let (stream, far) = tokio::io::duplex(4_096);
        let server = bus.clone();
        let server = tokio::spawn(async move { server.serve(far, "raw".to_owned()).await });
        Client { bus, journal, stream, buffer: BytesMut::new(), server }
    }

    /// Logged in by SASL PLAIN, opened, with session 0.
    async fn ready() -> Client {
        let mut client = Client::connect();
        client.write(b"AMQP\x03\x01\x00\x00").await;
        let init = list(0x41, vec![symbol("PLAIN"), Value::Binary(b"\0k\0v".to_vec().into())]);
        let mut frame = BytesMut::new();
        codec::put_frame(&mut frame, Kind::Sasl, 0, &[&init]);
        client.write(&frame).await;
        client.write(b"AMQP\x00\x01\x00\x00").await;
        client.send(list(0x10, vec!["raw".into(), Value::Null, Value::Uint(512)])).await; // frames of 512 bytes
        let windows = vec![Value::Null, Value::Uint(0), Value::Uint(100), Value::Uint(100)];
        client.send(list(0x11, windows)).await;
        assert_eq!(client.unit().await, Unit::Header(*b"AMQP\x03\x01\x00\x00"));
        client.unit().await; // mechanisms
        let outcome = client.unit().await;
        assert!(matches!(outcome, Unit::Frame { kind: Kind::Sasl, body, .. } if body.ends_with(&[0x50, 0x00])));
        assert_eq!(client.unit().await, Unit::Header(*b"AMQP\x00\x01\x00\x00"));
        client.body().await; // open
        client.body().await; // begin
        client
    }

    /// With a peek-lock link to `results`.
    async fn receiving(credit: u32, drain: bool) -> Client {
        let mut client = Client::ready().await;
        client.attach(true).await;
        client.flow(100, credit, drain).await;
        client
    }

    async fn attach(&mut self, receiver: bool) {
        self.send_attach(0, receiver).await;
        assert!(matches!(self.performative().await, Performative::Attach(_)));
    }

    async fn send_attach(&mut self, handle: u32, receiver: bool) {
        let address = |code| described(code, Value::List(vec!["results".into()]));
        let mut fields = vec!["link".into(), Value::Uint(handle), Value::Bool(receiver), Value::Null, Value::Ubyte(1)];
        fields.extend([address(0x28), address(0x29)]);
        self.send(list(0x12, fields)).await;
    }

    async fn flow(&mut self, window: u32, credit: u32, drain: bool) {
        let mut fields: Vec<Value> = [0, window, 0, 100, 0, 0, credit, 0].map(Value::Uint).into();
        fields.push(Value::Bool(drain));
        self.send(list(0x13, fields)).await;
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn send(&mut self, performative: Vec<u8>) {
        self.send_on(0, performative).await;
    }

    async fn send_on(&mut self, channel: u16, performative: Vec<u8>) {
        let mut frame = BytesMut::new();
        codec::put_frame(&mut frame, Kind::Amqp, channel, &[&performative]);
        self.write(&frame).await;
    }

    async fn unit(&mut self) -> Unit {
        loop {
            if let Some(unit) = codec::next_unit(&mut self.buffer).unwrap() {
                return unit;
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await.expect("an answer in time");
            assert_ne!(read.unwrap(), 0, "the bus closed the connection");
        }
    }

    /// The body of the next frame that is no heartbeat.
    async fn body(&mut self) -> Bytes {
        loop {
            match self.unit().await {
                Unit::Frame { body, .. } if body.is_empty() => {}
                Unit::Frame { body, .. } => return body,
                Unit::Header(header) => panic!("{header:?}"),
            }
        }
    }

    async fn performative(&mut self) -> Performative {
        performative::decode(&mut self.body().await).unwrap()
    }

    /// Expects Close with an error.
    async fn closed_with(&mut self, condition: &str) {
        let body = self.body().await;
        assert!(body.starts_with(b"\x00\x53\x18"), "{body:?}");
        assert!(body.windows(condition.len()).any(|window| window == condition.as_bytes()), "{body:?}");
    }

    async fn ends(self) -> String {
        timeout(PATIENCE, self.server).await.expect("the bus ends the connection").unwrap();
        let how = |event: &journal::Event| match &event.what {
            What::Closed { how, .. } => Some(how.clone()),
            _ => None,
        };
        self.journal.read(|events| events.iter().find_map(how)).unwrap()
    }
}

#[tokio::test]
async fn an_unsettled_disposition_is_echoed_settled_with_the_same_outcome() {
    for (outcome, echo) in [
        (described(0x24, Value::List(vec![])), &b"\x00\x53\x24\x45"[..]),
        // the error that came is not sent back
        (
            described(0x25, Value::List(vec![described(0x1D, Value::List(vec![symbol("com.microsoft:dead-letter")]))])),
            b"\x00\x53\x25\x45",
        ),
        (described(0x26, Value::List(vec![])), b"\x00\x53\x26\x45"),
        (
            described(0x27, Value::List(vec![Value::Bool(true), Value::Bool(true)])),
            b"\x00\x53\x27\xD0\x00\x00\x00\x06\x00\x00\x00\x02\x41\x41",
        ),
    ] {
        let mut client = Client::receiving(1, false).await;
        client.bus.send("results", b"{}".to_vec(), "m").unwrap();
        assert!(matches!(client.performative().await, Performative::Transfer(_)));
        let fields = vec![Value::Bool(true), Value::Uint(0), Value::Null, Value::Bool(false), outcome];
        client.send(list(0x15, fields)).await;
        let body = client.body().await;
        // role sender, first 0, last 0, settled
        let size = 4 + 6 + echo.len() as u8;
        let head =
            [&b"\x00\x53\x15\xD0\x00\x00\x00"[..], &[size], b"\x00\x00\x00\x05\x42\x52\x00\x52\x00\x41"].concat();
        assert_eq!(body, [&head, echo].concat());
    }
}

#[tokio::test]
async fn settling_after_the_lock_has_lapsed_is_answered_with_lock_lost() {
    let mut client = Client::receiving(1, false).await;
    client.bus.send("results", b"{}".to_vec(), "m").unwrap();
    assert!(matches!(client.performative().await, Performative::Transfer(_)));
    client.bus.expire_locks("results");
    let accepted = described(0x24, Value::List(vec![]));
    let fields = vec![Value::Bool(true), Value::Uint(0), Value::Null, Value::Bool(false), accepted];
    client.send(list(0x15, fields)).await;
    let Performative::Disposition { settled: true, state: Some(performative::State::Rejected(Some(error), _)), .. } =
        client.performative().await
    else {
        panic!("no rejection");
    };
    assert_eq!(error.name, "com.microsoft:message-lock-lost");
    assert_eq!(client.bus.counts("results").unwrap().active, 1);
}

#[tokio::test]
async fn what_was_settled_or_forgotten_is_answered_with_lock_lost_so_that_no_client_waits_for_ever() {
    let mut client = Client::receiving(1, false).await;
    client.bus.send("results", b"{}".to_vec(), "m").unwrap();
    assert!(matches!(client.performative().await, Performative::Transfer(_)));
    let settle = || {
        let accepted = described(0x24, Value::List(vec![]));
        list(0x15, vec![Value::Bool(true), Value::Uint(0), Value::Null, Value::Bool(false), accepted])
    };
    client.send(settle()).await;
    let Performative::Disposition { state: Some(performative::State::Accepted), .. } = client.performative().await
    else {
        panic!("not accepted");
    };
    client.send(settle()).await;
    let Performative::Disposition { settled: true, state: Some(performative::State::Rejected(Some(error), _)), .. } =
        client.performative().await
    else {
        panic!("no rejection");
    };
    assert_eq!(error.name, "com.microsoft:message-lock-lost");
}

#[tokio::test]
async fn drain_delivers_what_is_ready_and_then_uses_up_the_credit() {
    let mut client = Client::receiving(0, false).await;
    client.bus.send("results", b"{}".to_vec(), "m").unwrap();
    client.flow(100, 10, true).await;
    assert!(matches!(client.performative().await, Performative::Transfer(_)));
    let Performative::Flow(flow) = client.performative().await else { panic!("no flow") };
    let link = flow.link.unwrap();
    assert_eq!((link.delivery_count, link.credit, link.drain), (Some(10), 0, true));
}

#[tokio::test]
async fn the_clients_window_is_honoured_also_within_a_message() {
    let mut client = Client::receiving(0, false).await;
    client.bus.send("results", vec![7; 1_000], "m").unwrap(); // 3 frames
    client.flow(1, 1, false).await;
    assert!(matches!(client.performative().await, Performative::Transfer(transfer) if transfer.more));
    let mut echo: Vec<Value> = [1, 0, 0, 100].map(Value::Uint).into();
    echo.extend([Value::Null, Value::Null, Value::Null, Value::Null, Value::Null, Value::Bool(true)]);
    client.send(list(0x13, echo)).await;
    assert!(matches!(client.performative().await, Performative::Flow(flow) if flow.next_outgoing_id == 1));
    client.flow(3, 1, false).await;
    assert!(matches!(client.performative().await, Performative::Transfer(transfer) if transfer.more));
    assert!(matches!(client.performative().await, Performative::Transfer(transfer) if !transfer.more));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_are_sent_and_a_silent_client_is_closed() {
    let mut client = Client::ready().await;
    let began = Instant::now();
    assert_eq!(client.unit().await, Unit::Frame { kind: Kind::Amqp, channel: 0, body: Bytes::new() });
    assert_eq!(began.elapsed().as_secs(), 15);
    client.closed_with("amqp:resource-limit-exceeded").await;
    assert_eq!(began.elapsed().as_secs(), 240);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_closed() {
    let began = Instant::now();
    assert_eq!(Client::connect().ends().await, "closed by us: no Open in time");
    assert_eq!(began.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn shutting_down_does_not_wait_for_a_client_that_says_nothing() {
    let client = Client::connect();
    tokio::task::yield_now().await; // the bus waits for the protocol header now
    client.bus.shutdown();
    assert_eq!(client.ends().await, "closed by us: the bus ends its connections");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up() {
    let client = Client::receiving(100, false).await;
    for _ in 0..50 {
        client.bus.send("results", vec![7; 1_000], "m").unwrap();
    }
    assert_eq!(client.ends().await, "write failed");
}

#[tokio::test]
async fn malformed_input_is_answered_with_an_error_and_the_end() {
    for (bytes, condition) in [
        (&b"\x7F\xFF\xFF\xFF\x02\x00\x00\x00"[..], "amqp:connection:framing-error"), // 2 GB
        (b"\x00\x00\x00\x0C\x02\x00\x00\x00\x00\x53\x14\xC0", "amqp:decode-error"),  // a list without its size
        (b"\x00\x00\x00\x0C\x02\x00\x00\x00\x00\x53\x99\x45", "amqp:decode-error"),  // no such performative
        (b"\x00\x00\x00\x0C\x02\x00\x00\x07\x00\x53\x17\x45", "amqp:not-allowed"),   // a session that has not begun
    ] {
        let mut client = Client::ready().await;
        client.write(bytes).await;
        client.closed_with(condition).await;
        client.send(list(0x18, vec![])).await;
        assert!(client.ends().await.starts_with(&format!("closed by us: {condition}")));
    }
    let mut client = Client::connect();
    client.write(b"GET / HTTP/1.1\r\n").await;
    drop(std::mem::replace(&mut client.stream, tokio::io::duplex(1).0));
    assert!(client.ends().await.contains("framing-error"));
}

#[tokio::test]
async fn a_message_that_is_too_large_detaches_its_link_and_the_rest_of_it_is_passed_over() {
    let mut client = Client::ready().await;
    client.attach(false).await;
    assert!(matches!(client.performative().await, Performative::Flow(flow) if flow.link.unwrap().credit == 1_000));
    let transfer =
        list(0x14, vec![Value::Uint(0), Value::Uint(0), Value::Null, Value::Null, Value::Null, Value::Bool(true)]);
    for _ in 0..6 {
        client.send([transfer.clone(), vec![0; 50_000]].concat()).await;
    }
    let body = client.body().await;
    assert!(body.starts_with(b"\x00\x53\x16") && body.windows(21).any(|w| w == b"message-size-exceeded"), "{body:?}");
    client.send(list(0x17, vec![])).await;
    assert_eq!(client.performative().await, Performative::End);
}

#[tokio::test]
async fn a_message_of_the_largest_size_is_taken_and_one_byte_more_is_not() {
    let client = Client::connect();
    let most = 262_144;
    let around = Message::json(vec![0; most], "m").size() - most;
    client.bus.send("results", vec![0; most - around], "m").unwrap();
    let error = client.bus.send("results", vec![0; most - around + 1], "m").unwrap_err();
    assert_eq!(error, SendError::TooLarge { size: most + 1, max: most as u64 });
}

#[tokio::test]
async fn channels_and_handles_have_a_highest_number() {
    let begin = || list(0x11, vec![Value::Null, Value::Uint(0), Value::Uint(100), Value::Uint(100)]);
    let mut client = Client::ready().await;
    client.send_on(CHANNEL_MAX, begin()).await;
    assert!(matches!(client.performative().await, Performative::Begin { .. }));
    client.send_on(CHANNEL_MAX + 1, begin()).await;
    client.closed_with("amqp:not-allowed").await;

    let mut client = Client::ready().await;
    client.send_attach(HANDLE_MAX, true).await;
    assert!(matches!(client.performative().await, Performative::Attach(attach) if attach.handle == HANDLE_MAX));
    client.send_attach(HANDLE_MAX + 1, true).await;
    client.closed_with("amqp:session:handle-in-use").await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_input_panics_or_hangs(
        frames in proptest::collection::vec((0x10u8..0x19, proptest::collection::vec(any::<u8>(), 0..40)), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut client = Client::receiving(5, false).await;
            for (code, fields) in frames {
                let mut frame = BytesMut::new();
                let head = [0x00, 0x53, code, 0xC0, fields.len() as u8];
                codec::put_frame(&mut frame, Kind::Amqp, 0, &[&head, &fields]);
                if client.stream.write_all(&frame).await.is_err() {
                    break; // closed already
                }
            }
            drop(std::mem::replace(&mut client.stream, tokio::io::duplex(1).0));
            client.ends().await; // a panic would be the join error
        });
    }
}
