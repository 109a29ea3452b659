//! For comparisons: the same AMQP 1.0 client for every broker, without TLS.
//!
//!     bus USER PASSWORD PORT QUEUE CONNECTIONS MESSAGES    sends so many, then receives them; prints both, messages a second
//!
//! An AMQP client of other people. Many messages are under way at once, so that what is measured is the broker's work and not
//! the way to it. A message counts as sent when the broker has accepted it, and as received when it has been accepted here.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::delivery::Sendable;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::messaging::{Body, Data, Message, Properties};
use fe2o3_amqp::types::primitives::{Binary, Value};
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Messages that a connection has under way.
const IN_FLIGHT: usize = 500;
/// Bytes of a body.
const BODY: usize = 1_024;
/// A broker that needs longer for one direction has failed.
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), Problem> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [user, password, port, queue, connections, messages] = arguments[..] else {
        return Err("USER PASSWORD PORT QUEUE CONNECTIONS MESSAGES".into());
    };
    let (port, connections, messages) = (port.parse()?, connections.parse()?, messages.parse()?);
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(connect(user, password, port).await?);
    }
    let rate = |began: Instant| messages as f64 / began.elapsed().as_secs_f64();

    let mut senders = JoinSet::new();
    for (number, (_, session)) in open.iter_mut().enumerate() {
        let sender = Sender::attach(session, format!("sender {number}"), queue).await?;
        senders.spawn(send(sender, messages / connections + usize::from(number < messages % connections)));
    }
    let began = Instant::now();
    tokio::time::timeout(LIMIT, all(senders)).await??;
    let sent = rate(began);

    let (received, end) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let mut receivers = JoinSet::new();
    let began = Instant::now();
    for (number, (_, session)) in open.iter_mut().enumerate() {
        let (name, credit) = (format!("receiver {number}"), CreditMode::Auto(IN_FLIGHT as u32));
        let receiver = Receiver::builder().name(name).source(queue).credit_mode(credit).attach(session).await?;
        receivers.spawn(receive(receiver, messages, received.clone(), end.clone()));
    }
    tokio::time::timeout(LIMIT, all(receivers)).await??;
    println!("{sent:.0} {:.0}", rate(began));
    for (mut connection, _) in open {
        let _ = connection.close().await; // everything is measured
    }
    Ok(())
}

/// Waits for all, until one has failed.
async fn all(mut tasks: JoinSet<Result<(), Problem>>) -> Result<(), Problem> {
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

async fn connect(user: &str, password: &str, port: u16) -> Result<(ConnectionHandle<()>, SessionHandle<()>), Problem> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let profile = SaslProfile::Plain { username: user.to_owned(), password: password.to_owned() };
    let builder = Connection::builder().container_id("bench").hostname("localhost").sasl_profile(profile);
    let mut connection = builder.open_with_stream(stream).await?;
    let session = Session::begin(&mut connection).await?;
    Ok((connection, session))
}

async fn send(mut sender: Sender, count: usize) -> Result<(), Problem> {
    let properties = Properties::builder().message_id("bench".to_owned()).build();
    let message = Message::builder().properties(properties).data(Binary::from(vec![b'x'; BODY])).build();
    let message: Sendable<Data> = Sendable::builder().message(message).build();
    let mut under_way = VecDeque::new();
    for _ in 0..count {
        if under_way.len() == IN_FLIGHT
            && let Some(oldest) = under_way.pop_front()
        {
            accepted(oldest).await?;
        }
        under_way.push_back(sender.send_batchable_ref(&message).await?);
    }
    for rest in under_way {
        accepted(rest).await?;
    }
    Ok(()) // without a Detach: RabbitMQ answers it in a way that the client takes for an error
}

async fn accepted<E: std::error::Error + Send + Sync + 'static>(
    outcome: impl Future<Output = Result<fe2o3_amqp::types::messaging::Outcome, E>>,
) -> Result<(), Problem> {
    outcome.await?.accepted_or_else(|outcome| format!("not accepted: {outcome:?}"))?;
    Ok(())
}

/// Receives until all connections together have received `all`.
async fn receive(
    mut receiver: Receiver,
    all: usize,
    received: Arc<AtomicUsize>,
    end: CancellationToken,
) -> Result<(), Problem> {
    while let Some(delivery) = end.run_until_cancelled(receiver.recv::<Body<Value>>()).await {
        receiver.accept(&delivery?).await?;
        if received.fetch_add(1, Ordering::Relaxed) + 1 == all {
            end.cancel();
        }
    }
    Ok(())
}
