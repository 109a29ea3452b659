//! One connection: handshake, frames, heartbeats, and the pump that delivers messages.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use journal::{Direction, Link, Peer, What};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::cbs::Grants;
use super::codec::{self, AMQP_HEADER, FramingError, Kind, MAX_FRAME_SIZE, MIN_MAX_FRAME_SIZE, SASL_HEADER, Unit};
use super::link::Reply;
use super::performative::{self, Condition, Performative};
use super::session::{Context, HANDLE_MAX, Output, Session, WINDOW};
use super::{End, Shared};

/// From the first byte to Open.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
/// One write, after which a client that does not read is given up.
const WRITE_LIMIT: Duration = Duration::from_secs(30);
/// How long a client may take to answer our Close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// What we ask of the client: some frame in this time, given up after twice as long.
const IDLE_TIME_OUT: Duration = Duration::from_secs(120);
/// Pause between our heartbeats, unless the client wants them sooner.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Highest channel, hence most sessions, less one.
const CHANNEL_MAX: u16 = 255;
/// Portions of output between the connection and its writer.
const OUTPUT_QUEUE: usize = 16;
/// Bytes that are read or written at once: every portion costs a system call and an event of the journal on our side, and a
/// turn of the client.
const PORTION: usize = 16 * 1024;
/// Frames taken before what they bring about is sent, fewer than the answers that a link holds back.
const FRAMES_AT_ONCE: usize = 32;

/// How a connection ends; with a condition if the client is to be told.
struct Ended {
    how: String,
    condition: Option<Condition>,
}

impl Ended {
    fn quietly(how: impl Into<String>) -> Ended {
        Ended { how: how.into(), condition: None }
    }
}

impl From<Condition> for Ended {
    fn from(condition: Condition) -> Ended {
        let how = format!("closed by us: {} ({})", condition.name, condition.description);
        Ended { how, condition: Some(condition) }
    }
}

/// Speaks with one client until the end.
pub(super) async fn serve<S>(bus: &Arc<Shared>, stream: S, remote: String)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let wire = Wire { bus: bus.clone(), connection: bus.journal.next_connection() };
    bus.journal.record(Peer::Cloud, What::Opened { link: Link::Amqp, connection: wire.connection, remote });
    let (reader, writer) = tokio::io::split(stream);
    let (output, portions) = mpsc::channel(OUTPUT_QUEUE);
    let (how, ()) = tokio::join!(Connection::run(wire.clone(), reader, output), write(&wire, writer, portions));
    bus.journal.record(Peer::Cloud, What::Closed { link: Link::Amqp, connection: wire.connection, how });
}

/// Writes what crosses the wire to the journal.
#[derive(Clone)]
struct Wire {
    bus: Arc<Shared>,
    connection: u64,
}

impl Wire {
    fn record(&self, direction: Direction, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        let what = What::Bytes { link: Link::Amqp, connection: self.connection, direction, bytes, omitted: 0 };
        self.bus.journal.record(Peer::Cloud, what);
    }
}

/// Writes portions until there are no more, or the client does not take them.
async fn write(wire: &Wire, mut writer: WriteHalf<impl AsyncWrite>, mut portions: mpsc::Receiver<Bytes>) {
    while let Some(portion) = portions.recv().await {
        wire.record(Direction::Out, &portion); // before the client can react to it
        let written = async {
            writer.write_all(&portion).await?;
            writer.flush().await
        };
        if !matches!(timeout(WRITE_LIMIT, written).await, Ok(Ok(()))) {
            return; // the connection notices that its output is closed
        }
    }
    let _ = timeout(CLOSE_LIMIT, writer.shutdown()).await; // the client may have gone first
}

/// The reading end.
struct Input<R> {
    wire: Wire,
    reader: ReadHalf<R>,
    buffer: BytesMut,
}

impl<R: AsyncRead> Input<R> {
    /// The next header or frame. Nothing is lost if this is dropped.
    async fn unit(&mut self) -> Result<Unit, Ended> {
        loop {
            if let Some(unit) = self.unit_at_hand()? {
                return Ok(unit);
            }
            self.buffer.reserve(PORTION);
            match self.reader.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(Ended::quietly("end of data")),
                Ok(n) => self.wire.record(Direction::In, &self.buffer[self.buffer.len() - n..]),
                Err(error) => return Err(Ended::quietly(format!("read failed: {error}"))),
            }
        }
    }
}

impl<R> Input<R> {
    /// The next header or frame, if it has been read.
    fn unit_at_hand(&mut self) -> Result<Option<Unit>, Ended> {
        let framing_error = |error: FramingError| Condition::new("amqp:connection:framing-error", error.to_string());
        Ok(codec::next_unit(&mut self.buffer).map_err(framing_error)?)
    }
}

struct Connection<R> {
    bus: Arc<Shared>,
    input: Input<R>,
    /// To the writer.
    output: mpsc::Sender<Bytes>,
    out: Output,
    grants: Grants,
    sessions: BTreeMap<u16, Session>,
    heartbeat: Duration,
}

impl<R: AsyncRead> Connection<R> {
    async fn run(wire: Wire, reader: ReadHalf<R>, output: mpsc::Sender<Bytes>) -> String {
        let bus = wire.bus.clone();
        let mut end = bus.end.subscribe();
        if end.borrow().for_good {
            return "closed by us: the bus has shut down".to_owned();
        }
        let mut connection = Connection {
            bus,
            input: Input { wire, reader, buffer: BytesMut::new() },
            output,
            out: Output {
                ready: BytesMut::new(),
                max_frame_size: MIN_MAX_FRAME_SIZE as usize,
                delayed: VecDeque::new(),
            },
            grants: Grants::default(),
            sessions: BTreeMap::new(),
            heartbeat: HEARTBEAT,
        };
        let opened = tokio::select! {
            opened = timeout(HANDSHAKE_LIMIT, connection.handshake()) => {
                opened.unwrap_or_else(|_| Err(Ended::quietly("closed by us: no Open in time")))
            }
            _ = end.changed() => Err(Ended::quietly("closed by us: the bus ends its connections")),
        };
        let ended = match opened {
            Ok(()) => connection.work(end).await,
            Err(ended) => ended,
        };
        connection.finish(ended).await
    }

    /// Protocol headers, SASL and Open.
    async fn handshake(&mut self) -> Result<(), Ended> {
        loop {
            let unit = match self.input.unit().await {
                Ok(unit) => unit,
                // the standard's answer to what is no AMQP: what we speak, then the end
                Err(Ended { how, condition: Some(_) }) => {
                    self.out.ready.extend_from_slice(&AMQP_HEADER);
                    return Err(Ended::quietly(how));
                }
                Err(ended) => return Err(ended),
            };
            match unit {
                Unit::Header(AMQP_HEADER) => break,
                Unit::Header(SASL_HEADER) => self.sasl().await?,
                Unit::Header(other) => {
                    self.out.ready.extend_from_slice(&AMQP_HEADER);
                    return Err(Ended::quietly(format!("closed by us: protocol header {other:02X?}")));
                }
                Unit::Frame { .. } => return Err(Ended::quietly("closed by us: a frame before the protocol header")),
            }
        }
        self.out.ready.extend_from_slice(&AMQP_HEADER);
        self.flush().await?;
        let Performative::Open { max_frame_size, idle_time_out } = self.performative(Kind::Amqp).await? else {
            return Err(Condition::new("amqp:not-allowed", "the first frame is not Open").into());
        };
        self.out.max_frame_size = max_frame_size.clamp(MIN_MAX_FRAME_SIZE, MAX_FRAME_SIZE) as usize;
        if let Some(wanted @ 1..) = idle_time_out {
            let wanted = Duration::from_millis(wanted.into()) / 2;
            self.heartbeat = wanted.clamp(Duration::from_millis(100), HEARTBEAT);
        }
        let idle = IDLE_TIME_OUT.as_millis() as u32;
        let open = performative::open(&self.bus.config.namespace, MAX_FRAME_SIZE, CHANNEL_MAX, idle);
        self.out.frame(0, &[&open]);
        self.flush().await
    }

    async fn sasl(&mut self) -> Result<(), Ended> {
        self.out.ready.extend_from_slice(&SASL_HEADER);
        let mechanisms = performative::sasl_mechanisms(&["MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"]);
        codec::put_frame(&mut self.out.ready, Kind::Sasl, 0, &[&mechanisms]);
        self.flush().await?;
        let Performative::SaslInit { mechanism, response } = self.performative(Kind::Sasl).await? else {
            return Err(Ended::quietly("closed by us: no SASL init"));
        };
        let welcome = match mechanism.as_str() {
            "PLAIN" => self.grants.log_in(&self.bus.config, &response),
            "MSSBCBS" | "ANONYMOUS" | "EXTERNAL" => true, // rights come by $cbs
            _ => false,
        };
        codec::put_frame(&mut self.out.ready, Kind::Sasl, 0, &[&performative::sasl_outcome(u8::from(!welcome))]);
        self.flush().await?;
        if welcome { Ok(()) } else { Err(Ended::quietly(format!("closed by us: SASL {mechanism} refused"))) }
    }

    /// The next performative of the handshake.
    async fn performative(&mut self, wanted: Kind) -> Result<Performative, Ended> {
        match self.input.unit().await? {
            Unit::Frame { kind, mut body, .. } if kind == wanted => Ok(decode(&mut body)?),
            _ => Err(Condition::new("amqp:connection:framing-error", "not a frame of the expected layer").into()),
        }
    }

    async fn work(&mut self, mut end: watch::Receiver<End>) -> Ended {
        let mut changed = self.bus.changed.subscribe();
        let mut refusals = self.bus.refusals.subscribe();
        let output = self.output.clone();
        let mut beat_at = Instant::now() + self.heartbeat;
        let mut silent_at = Instant::now() + 2 * IDLE_TIME_OUT;
        loop {
            if self.grants.expire() {
                self.close_refused();
            }
            if let Err(ended) = self.pump().await {
                return ended;
            }
            let expires_at = self.grants.next_expiry().unwrap_or(silent_at);
            let delayed_at = self.out.delayed.front().map_or(beat_at, |(at, _)| *at);
            tokio::select! {
                unit = self.input.unit() => {
                    silent_at = Instant::now() + 2 * IDLE_TIME_OUT;
                    if let Err(ended) = unit.and_then(|unit| self.on_units(unit)) {
                        return ended;
                    }
                }
                _ = changed.changed() => {}
                _ = refusals.changed() => self.close_refused(),
                _ = end.changed() => {
                    let name = end.borrow().condition.clone();
                    return Condition::new(&name, "the bus ends its connections").into();
                }
                () = output.closed() => return Ended::quietly("write failed"),
                () = sleep_until(beat_at.min(delayed_at)) => {
                    if beat_at <= Instant::now() {
                        beat_at = Instant::now() + self.heartbeat;
                        self.out.frame(0, &[]);
                    }
                }
                () = sleep_until(expires_at) => {}
                () = sleep_until(silent_at) => {
                    return Condition::new("amqp:resource-limit-exceeded", "nothing was heard for too long").into();
                }
            }
        }
    }

    /// Takes a frame and those that came with it.
    fn on_units(&mut self, first: Unit) -> Result<(), Ended> {
        self.on_unit(first)?;
        for _ in 1..FRAMES_AT_ONCE {
            let Some(unit) = self.input.unit_at_hand()? else { break };
            self.on_unit(unit)?;
        }
        Ok(())
    }

    fn on_unit(&mut self, unit: Unit) -> Result<(), Ended> {
        let Unit::Frame { kind: Kind::Amqp, channel, mut body } = unit else {
            return Err(Condition::new("amqp:connection:framing-error", "not an AMQP frame").into());
        };
        if body.is_empty() {
            return Ok(()); // a heartbeat
        }
        let performative = decode(&mut body)?;
        match performative {
            Performative::Close => {
                self.out.frame(0, &[&performative::close(None)]);
                return Err(Ended::quietly("closed by the client"));
            }
            Performative::Begin { next_outgoing_id, incoming_window } => {
                if channel > CHANNEL_MAX || self.sessions.contains_key(&channel) {
                    let description = format!("channel {channel} is in use or above {CHANNEL_MAX}");
                    return Err(Condition::new("amqp:not-allowed", description).into());
                }
                self.sessions.insert(channel, Session::new(channel, next_outgoing_id, incoming_window));
                self.out.frame(channel, &[&performative::begin(channel, WINDOW, WINDOW, HANDLE_MAX)]);
                return Ok(());
            }
            // Python's client ends its session and then detaches what was in it
            Performative::Detach { .. } if !self.sessions.contains_key(&channel) => return Ok(()),
            _ => {}
        }
        let mut replies = Vec::new();
        let (session, mut cx) = self.session(channel, &mut replies)?;
        match performative {
            Performative::Attach(attach) => session.on_attach(attach, &mut cx)?,
            Performative::Flow(flow) => session.on_flow(flow, &mut cx)?,
            Performative::Transfer(transfer) => session.on_transfer(transfer, &body, &mut cx)?,
            Performative::Disposition { role: performative::Role::Receiver, first, last, settled, state } => {
                session.on_disposition(first, last, settled, state, &mut cx);
            }
            Performative::Disposition { .. } => {} // a sender's news about deliveries that we have settled
            Performative::Detach { handle, closed } => session.on_detach(handle, closed, &mut cx),
            Performative::End => {
                cx.out.frame(channel, &[&performative::end()]);
                self.sessions.remove(&channel);
            }
            Performative::Open { .. } | Performative::SaslInit { .. } => {
                return Err(Condition::new("amqp:not-allowed", "the connection is open already").into());
            }
            Performative::Begin { .. } | Performative::Close => {} // above
        }
        replies.into_iter().for_each(|reply| self.hand_out(reply));
        Ok(())
    }

    fn close_refused(&mut self) {
        let (out, mut replies) = (&mut self.out, Vec::new());
        let mut cx = Context { bus: &self.bus, grants: &mut self.grants, out, replies: &mut replies };
        self.sessions.values_mut().for_each(|session| session.close_refused(&mut cx));
    }

    fn session<'a>(
        &'a mut self,
        channel: u16,
        replies: &'a mut Vec<Reply>,
    ) -> Result<(&'a mut Session, Context<'a>), Condition> {
        let unknown = || Condition::new("amqp:not-allowed", format!("no session has begun on channel {channel}"));
        let session = self.sessions.get_mut(&channel).ok_or_else(unknown)?;
        Ok((session, Context { bus: &self.bus, grants: &mut self.grants, out: &mut self.out, replies }))
    }

    fn hand_out(&mut self, mut reply: Reply) {
        let _ = [true, false].iter().any(|exactly| self.sessions.values_mut().any(|s| s.offer(&mut reply, *exactly)));
    }

    /// Delivers what links have credit for, and writes what is ready.
    async fn pump(&mut self) -> Result<(), Ended> {
        loop {
            while self.out.delayed.front().is_some_and(|(at, _)| *at <= Instant::now())
                && let Some((_, frame)) = self.out.delayed.pop_front()
            {
                self.out.ready.extend_from_slice(&frame);
            }
            let mut replies = Vec::new();
            let mut cx =
                Context { bus: &self.bus, grants: &mut self.grants, out: &mut self.out, replies: &mut replies };
            let sent = self.sessions.values_mut().fold(false, |sent, session| session.pump(&mut cx) | sent);
            if !sent {
                return self.flush().await;
            }
            if self.out.ready.len() >= PORTION {
                self.flush().await?;
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        if self.out.ready.is_empty() {
            return Ok(());
        }
        self.output.send(self.out.ready.split().freeze()).await.map_err(|_| Ended::quietly("write failed"))
    }

    /// Tells the client why, if there is something to tell, and gives it time to answer.
    async fn finish(mut self, ended: Ended) -> String {
        if let Some(condition) = &ended.condition {
            self.out.frame(0, &[&performative::close(Some(condition))]);
        }
        let _ = self.flush().await; // the client may be gone
        if ended.condition.is_some() {
            // closing with unread input would reset the connection and could take our Close with it
            let answered = async {
                loop {
                    match self.input.unit().await {
                        Ok(Unit::Frame { mut body, .. }) => {
                            if matches!(performative::decode(&mut body), Ok(Performative::Close)) {
                                break;
                            }
                        }
                        Ok(Unit::Header(_)) => {}
                        Err(Ended { condition: Some(_), .. }) => self.input.buffer.clear(), // no frame
                        Err(Ended { condition: None, .. }) => break,
                    }
                }
            };
            let _ = timeout(CLOSE_LIMIT, answered).await;
        }
        ended.how
    }
}

fn decode(body: &mut Bytes) -> Result<Performative, Condition> {
    performative::decode(body).map_err(|error| Condition::new("amqp:decode-error", error.to_string()))
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
