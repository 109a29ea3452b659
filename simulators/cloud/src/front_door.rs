//! The listeners through which everything enters: TLS (CON-001, CON-002), and plain AMQP if asked for (CON-005).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use faults::{Line, Wire, relay};
use journal::{Journal, Link, Peer, What};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bus::Bus;

/// A client that has not shaken hands by then is no client.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long the bus has to take leave of a client when the door closes.
const FAREWELL: Duration = Duration::from_millis(500);

/// A listener and its connections.
pub(crate) struct FrontDoor {
    journal: Journal,
    /// Nothing for plain connections.
    acceptor: Option<TlsAcceptor>,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Ends the present connections, as `stop` does; replaced each time.
    cut: std::sync::Mutex<CancellationToken>,
    down: AtomicBool,
    /// The fault on the wire.
    pub(crate) line: Line,
}

/// What stands behind the door.
pub(crate) enum Behind {
    /// The HTTPS roles, as plain HTTP.
    Http(SocketAddr),
    /// The bus.
    Amqp(Bus),
}

impl FrontDoor {
    /// Opens a door on `listener`, with TLS if there is a `config` for it.
    pub(crate) fn open(
        listener: TcpListener,
        config: Option<Arc<rustls::ServerConfig>>,
        journal: Journal,
        behind: Behind,
    ) -> Arc<FrontDoor> {
        let stop = CancellationToken::new();
        let door = Arc::new(FrontDoor {
            journal,
            acceptor: config.map(TlsAcceptor::from),
            cut: std::sync::Mutex::new(stop.child_token()),
            stop,
            tasks: TaskTracker::new(),
            down: AtomicBool::new(false),
            line: Line::default(),
        });
        let (listening, behind) = (door.clone(), Arc::new(behind));
        door.tasks.spawn(async move {
            let stop = listening.stop.clone();
            stop.run_until_cancelled(listening.accept(listener, behind)).await;
        });
        door
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, behind: Arc<Behind>) {
        loop {
            // an error concerns one connection; a pause keeps "too many open files" from spinning
            let Ok((tcp, remote)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let end = self.end_token(); // before the look at `down`, so that no connection slips through between the two
            if self.down.load(Ordering::Relaxed) {
                continue; // closed at once: the cloud is not to be reached
            }
            let (door, behind) = (self.clone(), behind.clone());
            let connection = self.journal.clone();
            self.tasks.spawn(async move {
                let served = async move { door.serve(tcp, remote, &behind, &end).await };
                let _ = connection.spawn(Peer::Cloud, "front door", served).await; // a panic is in the journal
            });
        }
    }

    async fn serve(&self, tcp: TcpStream, remote: SocketAddr, behind: &Behind, end: &CancellationToken) {
        let _ = tcp.set_nodelay(true);
        let Some(acceptor) = &self.acceptor else {
            return self.attend(tcp, remote.to_string(), behind, end).await;
        };
        let handshake = tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(tcp));
        let Some(handshake) = end.run_until_cancelled(handshake).await else {
            return;
        };
        let tls = match handshake {
            Ok(Ok(tls)) => tls,
            Ok(Err(error)) => {
                return self.journal.fact(Peer::Cloud, "tls.refused", remote, json!({ "reason": error.to_string() }));
            }
            Err(_) => {
                return self.journal.fact(Peer::Cloud, "tls.refused", remote, json!({ "reason": "no handshake" }));
            }
        };
        let name = tls.get_ref().1.server_name().unwrap_or("no server name").to_owned();
        self.attend(tls, format!("{remote} for {name}"), behind, end).await;
    }

    async fn attend<S>(&self, stream: S, remote: String, behind: &Behind, end: &CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match behind {
            Behind::Http(address) => self.relay_http(stream, remote, *address, end).await,
            Behind::Amqp(bus) => {
                let ended = async {
                    end.cancelled().await;
                    if self.stop.is_cancelled() {
                        tokio::time::sleep(FAREWELL).await;
                    }
                };
                tokio::select! {
                    () = ended => {}
                    () = bus.serve(stream, remote) => {}
                }
            }
        }
    }

    async fn relay_http(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        remote: String,
        address: SocketAddr,
        end: &CancellationToken,
    ) {
        let connection = self.journal.next_connection();
        let link = Link::Https;
        self.journal.record(Peer::Cloud, What::Opened { link, connection, remote });
        let wire = Wire { journal: self.journal.clone(), peer: Peer::Cloud, link, connection };
        let relayed = async {
            match TcpStream::connect(address).await {
                Ok(service) => {
                    let _ = service.set_nodelay(true);
                    relay(stream, service, &self.line, &wire).await
                }
                Err(error) => format!("the service behind the front door is gone: {error}"),
            }
        };
        let how = end.run_until_cancelled(relayed).await.unwrap_or_else(|| "closed by us".to_owned());
        self.journal.record(Peer::Cloud, What::Closed { link, connection, how });
    }

    /// Closes every connection, and from now on each new one at once, or opens the door again.
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
        if down {
            self.cut_connections();
        }
    }

    /// Ends the present connections.
    pub(crate) fn cut_connections(&self) {
        let mut cut = self.cut.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::replace(&mut *cut, self.stop.child_token()).cancel();
    }

    fn end_token(&self) -> CancellationToken {
        self.cut.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Closes the door and waits for its tasks.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.line.lift();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
