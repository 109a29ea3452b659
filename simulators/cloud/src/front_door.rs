//! The listeners through which everything enters: TLS (CON-001, CON-002), and plain AMQP if asked for (CON-005).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use faults::{Class, Fault, Faults, Framing, Line, Place, Subject, TlsVersion, Wire, relay};
use journal::{Journal, Link, Peer, What};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::TestCa;
use crate::bus::Bus;
use crate::contract::Contract;
use crate::places::exchange;
use crate::request_bound::{MAX_REQUEST, RequestBound};
use crate::servers::Servers;

/// How long the bus has to take leave of a client when the door closes.
const FAREWELL: Duration = Duration::from_millis(500);

/// Bytes between a connection and the bus.
const PORTION: usize = 64 * 1024;

/// What a door lets its clients do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at once, those that have not shaken hands included. One more is closed at once.
    connections: usize,
    /// A client that has not shaken hands by then is no client.
    handshake: Duration,
}

/// As many connections as a load's orders may need, and a few more.
pub(crate) const LIMITS: Limits = Limits { connections: 1_024, handshake: Duration::from_secs(10) };

/// A listener and its connections.
pub(crate) struct FrontDoor {
    journal: Journal,
    tls: Option<Tls>,
    faults: Faults,
    contract: Contract,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Ends the present connections, as `stop` does; replaced each time.
    cut: std::sync::Mutex<CancellationToken>,
    down: AtomicBool,
    /// A place for each connection that may be open.
    places: Arc<Semaphore>,
    limits: Limits,
}

/// How a door speaks TLS.
pub(crate) struct Tls {
    ca: Arc<TestCa>,
    /// Application protocols.
    alpn: &'static [&'static [u8]],
    config: Arc<rustls::ServerConfig>,
}

impl Tls {
    /// With these application protocols.
    pub(crate) fn new(ca: &Arc<TestCa>, alpn: &'static [&'static [u8]]) -> Tls {
        Tls { ca: ca.clone(), alpn, config: ca.server_config(alpn) }
    }

    fn with(&self, fault: Option<Fault>) -> io::Result<Arc<rustls::ServerConfig>> {
        match fault {
            Some(Fault::Certificate(flaw)) => self.ca.flawed_config(flaw, self.alpn).map_err(io::Error::other),
            Some(Fault::Tls(TlsVersion::Old)) => Ok(self.ca.old_config(self.alpn)),
            _ => Ok(self.config.clone()),
        }
    }
}

/// A connection, with the TCP connection below it.
trait Connected: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Connected for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Connected for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// What stands behind the door.
pub(crate) enum Behind {
    /// The HTTPS roles, as plain HTTP.
    Http(Arc<Servers>),
    /// The bus.
    Amqp(Bus),
}

impl Behind {
    /// What the connections may be for, as fault plans name it; nothing for the organization's namespace.
    fn places(&self) -> &'static [Place] {
        match self {
            Behind::Http(_) => &Place::HTTPS,
            Behind::Amqp(bus) if bus.meets_faults() => &Place::BUSES,
            Behind::Amqp(_) => &[],
        }
    }
}

impl FrontDoor {
    /// Opens a door on `listener`, with TLS or plain.
    pub(crate) fn open(
        listener: TcpListener,
        limits: Limits,
        tls: Option<Tls>,
        journal: Journal,
        (faults, contract): (Faults, Contract),
        behind: Behind,
    ) -> Arc<FrontDoor> {
        let stop = CancellationToken::new();
        let door = Arc::new(FrontDoor {
            journal,
            tls,
            faults,
            contract,
            cut: std::sync::Mutex::new(stop.child_token()),
            stop,
            tasks: TaskTracker::new(),
            down: AtomicBool::new(false),
            places: Arc::new(Semaphore::new(limits.connections)),
            limits,
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
            let Ok(place) = self.places.clone().try_acquire_owned() else {
                let reason = json!({ "reason": "too many connections are open" });
                self.journal.fact(Peer::Cloud, "connection.refused", remote, reason);
                continue;
            };
            let (door, behind) = (self.clone(), behind.clone());
            let connection = self.journal.clone();
            self.tasks.spawn(async move {
                let served = async move { door.serve(tcp, remote, &behind, &end).await };
                let _place = place;
                let _ = connection.spawn(Peer::Cloud, "front door", served).await; // a panic is in the journal
            });
        }
    }

    async fn serve(&self, tcp: TcpStream, remote: SocketAddr, behind: &Behind, end: &CancellationToken) {
        let _ = tcp.set_nodelay(true);
        if self.faults.meet(behind.places(), Class::Connection, &Subject::default()).is_some() {
            return reset(&tcp);
        }
        let Some(tls) = &self.tls else {
            return self.attend(tcp, remote.to_string(), None, behind, end).await;
        };
        let handshake = tokio::time::timeout(self.limits.handshake, self.handshake(tls, tcp, behind));
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
        let host = tls.get_ref().1.server_name().map(str::to_owned);
        let name = host.as_deref().unwrap_or("no server name");
        self.attend(tls, format!("{remote} for {name}"), host.as_deref(), behind, end).await;
    }

    async fn handshake(&self, tls: &Tls, tcp: TcpStream, behind: &Behind) -> io::Result<TlsStream<TcpStream>> {
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), tcp).await?;
        let places = self.places(start.client_hello().server_name(), behind);
        let fault = self.faults.meet(&places, Class::Handshake, &Subject::default());
        start.into_stream(tls.with(fault)?).await
    }

    /// What a connection is for: the host's role, or all roles behind the door if the name stands for all of them.
    fn places(&self, host: Option<&str>, behind: &Behind) -> Vec<Place> {
        let role = host.and_then(|host| self.contract.role_of_host(host));
        let of_role = role.map(|role| vec![role.place()]).filter(|places| behind.places().contains(&places[0]));
        of_role.unwrap_or_else(|| behind.places().to_vec())
    }

    async fn attend<S: Connected>(
        &self,
        mut stream: S,
        remote: String,
        host: Option<&str>,
        behind: &Behind,
        end: &CancellationToken,
    ) {
        let places = self.places(host, behind);
        let line = |framing| Line::new(self.faults.clone(), &places, framing);
        match behind {
            Behind::Http(servers) => {
                let line = line(Framing::Exchange);
                self.relay_http(&mut stream, remote, host, servers, &line, end).await;
            }
            Behind::Amqp(bus) => {
                let ended = async {
                    end.cancelled().await;
                    if self.stop.is_cancelled() {
                        tokio::time::sleep(FAREWELL).await;
                    }
                };
                // the bus writes its bytes down itself
                let (inner, outer) = tokio::io::duplex(PORTION);
                let line = line(Framing::Portions);
                let relayed = async {
                    if relay(&mut stream, outer, &line, None, |_| None).await.reset {
                        reset(stream.tcp());
                    }
                };
                tokio::select! {
                    () = ended => {}
                    _ = async { tokio::join!(bus.serve(inner, remote), relayed) } => {}
                }
            }
        }
    }

    async fn relay_http<S: Connected>(
        &self,
        stream: &mut S,
        remote: String,
        host: Option<&str>,
        servers: &Servers,
        line: &Line,
        end: &CancellationToken,
    ) {
        let connection = self.journal.next_connection();
        let link = Link::Https;
        self.journal.record(Peer::Cloud, What::Opened { link, connection, remote });
        let wire = Wire { journal: self.journal.clone(), peer: Peer::Cloud, link, connection };
        let role = host.and_then(|host| self.contract.role_of_host(host));
        let begins = |bytes: &[u8]| exchange(&self.contract, role, bytes);
        let relayed = async {
            let connected = async {
                let server = servers.newest().await?;
                TcpStream::connect(server.mock().address()).await.map(|service| (service, server))
            };
            match connected.await {
                Ok((service, _server)) => {
                    let _ = service.set_nodelay(true);
                    let service = RequestBound::new(service, MAX_REQUEST);
                    let ended = relay(&mut *stream, service, line, Some(&wire), begins).await;
                    if ended.reset {
                        reset(stream.tcp());
                    }
                    ended.how
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
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Lets the connection end with a TCP reset when it is dropped.
fn reset(tcp: &TcpStream) {
    // an error means that it is gone already
    let _ = tcp.set_zero_linger();
}

#[cfg(test)]
mod tests {
    use journal::{Clock, Seed};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::bus::{Access, BusConfig, QueueConfig};

    const SOON: Duration = Duration::from_secs(10);
    /// The header of AMQP without SASL, which is answered with the one that asks for SASL.
    const HELLO: &[u8] = b"AMQP\0\x01\0\0";

    fn bus(journal: &Journal) -> Behind {
        let access = Access { key_name: "k".to_owned(), key: "v".to_owned(), queues: None, listen: true, send: true };
        let config = BusConfig::new("bus.test", vec![QueueConfig::new("results")], access);
        Behind::Amqp(Bus::new(config, journal.clone(), Clock::system(), Seed::new(1)))
    }

    #[tokio::test]
    async fn a_client_that_does_not_shake_hands_is_closed_and_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let journal = Journal::new("test");
        let contract = Contract::load(None).unwrap();
        let tls = Tls::new(&Arc::new(TestCa::new(&contract.all_hosts()).unwrap()), &[]);
        let disturbed = (Faults::new(journal.clone(), Seed::new(1)), contract);
        let limits = Limits { handshake: Duration::from_millis(1), ..LIMITS };
        let door = FrontDoor::open(listener, limits, Some(tls), journal.clone(), disturbed, bus(&journal));
        let mut client = TcpStream::connect(address).await.unwrap();
        assert!(tokio::time::timeout(SOON, client.read_u8()).await.unwrap().is_err());
        let late = |what: &What| matches!(what, What::Fact { data, .. } if data["reason"] == "no handshake");
        let told = |events: &[journal::Event]| events.iter().any(|event| late(&event.what)).then_some(());
        journal.eventually(SOON, told).await.unwrap();
        door.close().await;
    }

    #[tokio::test]
    async fn a_connection_beyond_the_bound_is_closed_and_told_and_the_next_has_its_place() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let journal = Journal::new("test");
        let disturbed = (Faults::new(journal.clone(), Seed::new(1)), Contract::load(None).unwrap());
        let limits = Limits { connections: 2, ..LIMITS };
        let door = FrontDoor::open(listener, limits, None, journal.clone(), disturbed, bus(&journal));
        let connect = async || TcpStream::connect(address).await.unwrap();
        let passes = async |client: &mut TcpStream| {
            client.write_all(HELLO).await.unwrap();
            client.read_exact(&mut [0; HELLO.len()]).await.unwrap();
        };
        let (mut first, mut second) = (connect().await, connect().await);
        passes(&mut first).await;
        passes(&mut second).await;
        let mut third = connect().await;
        assert!(tokio::time::timeout(SOON, third.read_u8()).await.unwrap().is_err());
        let told = |what: &What| matches!(what, What::Fact { name, .. } if name == "connection.refused");
        assert_eq!(journal.events().iter().filter(|event| told(&event.what)).count(), 1);
        drop(first);
        let free = async { door.places.acquire().await.map(drop) };
        tokio::time::timeout(SOON, free).await.unwrap().unwrap();
        tokio::time::timeout(SOON, passes(&mut connect().await)).await.unwrap();
        door.close().await;
    }
}
