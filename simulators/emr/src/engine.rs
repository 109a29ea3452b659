//! The engine as a whole.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use faults::Faults;
use journal::{Clock, Journal, Link};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::results::{Answering, Listening, MAX_CONNECTIONS, ended};
use crate::{OrdersConnection, Script, wire};

/// MSH-10 of the engine's first acknowledgement, as in the example of file 02, section 2.2.
const FIRST_CONTROL_ID: u64 = 7001;

/// How long a connect on C1 may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long the engine's own port may be held by a copy of its closed listener.
const PORT_LIMIT: Duration = Duration::from_secs(2);

/// Connections that wait to be accepted.
const BACKLOG: u32 = 128;

/// What an engine is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where C2 is listened on; port 0 for a free one (TOP-024).
    pub results_listen: SocketAddr,
    /// The largest content taken from a frame, in bytes (MLLP-016).
    pub max_content: usize,
    /// The time in MSH-7 of acknowledgements, written in UTC.
    pub clock: Clock,
    /// How late the late ACK comes (ACK-081); longer than the proxy's time limit.
    pub ack_delay_late: Duration,
    /// What goes wrong on C1 and C2.
    pub faults: Faults,
}

/// The simulated EMR integration engine of one scenario. Dropping it ends its tasks.
pub struct Emr {
    answering: Arc<Answering>,
    results_address: SocketAddr,
    door: Mutex<Door>,
    orders: TaskTracker,
    all: CancellationToken,
    _guard: DropGuard,
}

enum Door {
    Open(Listening),
    /// The port is kept and refuses connections, so that nobody else can take it; none if it could not be kept.
    Shut(Option<TcpSocket>),
}

impl Emr {
    /// Starts an engine that listens on C2.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(journal: Journal, options: Options) -> io::Result<Emr> {
        let listener = bind(options.results_listen)?.listen(BACKLOG)?;
        let results_address = listener.local_addr()?;
        let answering = Arc::new(Answering {
            journal,
            script: Script::default(),
            clock: options.clock,
            max_content: options.max_content,
            ack_delay_late: options.ack_delay_late,
            faults: options.faults,
            control_id: AtomicU64::new(FIRST_CONTROL_ID),
            closing: watch::Sender::new(()),
            places: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        });
        let all = CancellationToken::new();
        let listening = Listening::start(listener, answering.clone(), all.child_token());
        let _guard = all.clone().drop_guard();
        Ok(Emr {
            answering,
            results_address,
            door: Mutex::new(Door::Open(listening)),
            orders: TaskTracker::new(),
            all,
            _guard,
        })
    }

    /// Where the proxy finds C2.
    pub fn results_address(&self) -> SocketAddr {
        self.results_address
    }

    /// How messages on C2 are answered.
    pub fn script(&self) -> &Script {
        &self.answering.script
    }

    /// Takes the listener down and closes the connections on C2; from then on connects are refused (ACK-085).
    pub async fn stop_listening(&self) {
        let mut door = self.door.lock().await;
        if let Door::Open(listening) = &*door {
            listening.end(&self.answering.journal).await;
            *door = Door::Shut(bind(self.results_address).ok());
        }
    }

    /// As [`Emr::stop_listening`], and leaves the port to another listener.
    pub async fn leave_results_port(&self) {
        self.stop_listening().await;
        *self.door.lock().await = Door::Shut(None);
    }

    /// Listens again, on the same port (TOP-028).
    ///
    /// # Errors
    /// The port is in use by another program.
    pub async fn resume_listening(&self) -> io::Result<()> {
        let mut door = self.door.lock().await;
        if let Door::Shut(kept) = &mut *door {
            let deadline = Instant::now() + PORT_LIMIT;
            let listener = loop {
                let socket = kept.take().map_or_else(|| bind(self.results_address), Ok);
                match socket.and_then(|socket| socket.listen(BACKLOG)) {
                    // A program that is being started elsewhere holds a copy of the closed listener until it runs; nothing
                    // tells when that is.
                    Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < deadline => {
                        sleep(Duration::from_millis(2)).await;
                    }
                    listener => break listener?,
                }
            };
            *door = Door::Open(Listening::start(listener, self.answering.clone(), self.all.child_token()));
        }
        Ok(())
    }

    /// Closes the connections on C2; new ones are accepted.
    pub fn close_results_connections(&self) {
        self.answering.closing.send_replace(());
    }

    /// Connects to the proxy on C1.
    ///
    /// # Errors
    /// The proxy does not take the connection.
    pub async fn connect(&self, orders: SocketAddr) -> io::Result<OrdersConnection> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, format!("no connection to {orders} within 10 s"));
        let stream = timeout(CONNECT_LIMIT, TcpStream::connect(orders)).await.map_err(late)??;
        let journal = &self.answering.journal;
        let Answering { faults, max_content, .. } = &*self.answering;
        let halves = wire::open(journal, faults, Link::Orders, stream, orders, *max_content)?;
        Ok(OrdersConnection::start(journal, halves, &self.orders, self.all.child_token()))
    }

    /// Ends all tasks and closes the connections on C2. A connection on C1 is its owner's to close; it receives no more.
    pub async fn stop(self) {
        self.all.cancel();
        ended(&self.orders, &self.answering.journal).await;
        if let Door::Open(listening) = &*self.door.lock().await {
            listening.end(&self.answering.journal).await;
        }
    }
}

/// A socket that holds the address; connects to it are refused until it listens.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // connections of a moment ago keep the port busy; on Windows they do not, and the option means something else there
    if cfg!(not(windows)) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    Ok(socket)
}
