//! Orders, from the EMR's frame to the acknowledgement (CON-030 to CON-032, CON-034, CON-070, CON-071): several connections, on
//! each one frame after the other (MLLP-010 to MLLP-029).

use std::io;
use std::time::Duration;

use anyhow::Context;
use bytes::{Buf, Bytes};
use futures::{SinkExt, StreamExt};
use hl7::Message;
use hl7::ack::{self, Builder, Code, ErrorDetail};
use mllp::{MllpCodec, Problem, Received};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::codec::Framed;
use uuid::Uuid;

use crate::Shared;
use crate::cloud::Cloud;
use crate::defects::{self, Flaw};
use crate::settings::Settings;

/// Connections served at a time; further ones wait.
const MAX_CONNECTIONS: usize = 1024;
/// Table 0357, as far as the proxy itself answers.
const FIELD_MISSING: u16 = 101;
const UNSUPPORTED_TYPE: u16 = 200;
const INTERNAL_ERROR: u16 = 207;

/// Opens the listener of `Orders:Listen`.
pub(crate) async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Accepts and serves connections until the stop signal, then finishes the orders in flight (CON-079).
pub(crate) async fn serve(mut listener: TcpListener, shared: Shared) {
    let mut settings = shared.settings.clone();
    let mut listening_on = settings.borrow_and_update().listen.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shared.stopping.cancelled() => break,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let served = connection(stream, shared.clone());
                    connections.spawn(async { served.await.unwrap_or_else(|error| log!("orders: connection: {error}")) });
                }
                Err(error) => {
                    log!("orders: accept: {error}");
                    sleep(Duration::from_millis(50)).await; // out of descriptors, as a rule: let connections end
                }
            },
            Some(_) = connections.join_next() => {}
            Ok(()) = settings.changed() => {
                let wanted = settings.borrow_and_update().listen.clone();
                if wanted == listening_on {
                    continue;
                }
                // CON-080: the new one is open before the old one closes.
                match bind(&wanted).await {
                    Ok(new) => {
                        if defects::has(Flaw::ConnectionsEndWithPort) {
                            connections.abort_all();
                        }
                        (listener, listening_on) = (new, wanted);
                        log!("orders: listening on {listening_on}");
                    }
                    Err(error) => log!("orders: {error:#}; still listening on {listening_on}"),
                }
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One connection: each frame is answered before the next one is looked at (MLLP-006, MLLP-011).
async fn connection(stream: TcpStream, Shared { cloud, settings, stopping }: Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut wire = Framed::new(stream, MllpCodec::default());
    let mut between_frames = true;
    loop {
        if between_frames {
            // However long this takes (MLLP-017).
            let (begins, limit) = (frame_begins(&mut wire), settings.borrow().frame_timeout);
            let begins = async {
                match defects::has(Flaw::ClosesWhenIdle) {
                    true => timeout(limit, begins).await.unwrap_or(Ok(false)),
                    false => begins.await,
                }
            };
            match stopping.run_until_cancelled(begins).await.transpose()? {
                Some(true) => *wire.codec_mut() = MllpCodec::new(settings.borrow().max_message_bytes),
                Some(false) | None => return Ok(()),
            }
        }
        let limit = settings.borrow().frame_timeout;
        let received = match stopping.run_until_cancelled(timeout(limit, wire.next())).await {
            None | Some(Ok(None)) => return Ok(()),
            Some(Ok(Some(received))) => received?,
            Some(Err(_)) => {
                log!("orders: no complete frame within {} ms, closing (MLLP-028)", limit.as_millis());
                return Ok(());
            }
        };
        let now = settings.borrow().clone();
        between_frames = matches!(received, Received::Content(_));
        let ack = match received {
            Received::Content(content) => answer(defects::received(content), &cloud, &now).await,
            Received::Malformed { problem: Problem::Unfinished, bytes }
                if defects::has(Flaw::ForwardsPartialFrames) =>
            {
                answer(bytes, &cloud, &now).await
            }
            Received::Malformed { problem, bytes } => {
                if defects::has(Flaw::StopsAtNonsense) {
                    std::process::exit(3);
                }
                log!("orders: {problem}, {} bytes dropped", bytes.len());
                (problem == Problem::TooLong).then(|| too_long(&bytes))
            }
        };
        if let Some(ack) = ack {
            // An ACK that cannot be framed repeats a control byte of the order: closing is the answer (MLLP-025).
            match defects::ack_frame(&ack) {
                Some(frame) => wire.get_mut().write_all(&frame).await?,
                None => timeout(now.frame_timeout, wire.send(&ack[..])).await?.map_err(io::Error::other)?,
            }
        }
        if defects::has(Flaw::DropsSecondFrame) {
            wire.read_buffer_mut().clear();
        }
        if defects::has(Flaw::ClosesAfterOneOrder) {
            return Ok(());
        }
    }
}

/// Waits for the first byte that is not filler. False when the peer has closed.
async fn frame_begins(wire: &mut Framed<TcpStream, MllpCodec>) -> io::Result<bool> {
    let buffer = wire.read_buffer_mut();
    if defects::has(Flaw::ClosesOnFiller) && filler(buffer) > 0 {
        return Ok(false);
    }
    buffer.advance(filler(buffer));
    if !buffer.is_empty() {
        return Ok(true);
    }
    let mut next = [0];
    while wire.get_ref().peek(&mut next).await? > 0 {
        if filler(&next) == 0 {
            if defects::has(Flaw::NoVtNeeded) && next[0] != 0x0b {
                wire.read_buffer_mut().extend_from_slice(b"\x0b");
            }
            if defects::has(Flaw::OneReadIsOneFrame) {
                let mut first = vec![0; 64 * 1024];
                let length = wire.get_mut().read(&mut first).await?;
                first.truncate(length);
                if !first.ends_with(b"\x1c\r") {
                    return Ok(false);
                }
                wire.read_buffer_mut().extend_from_slice(&first);
            }
            return Ok(true);
        }
        if defects::has(Flaw::ClosesOnFiller) {
            return Ok(false);
        }
        wire.get_mut().read_exact(&mut next).await?;
    }
    Ok(false)
}

/// How many bytes at the beginning may stand between frames (MLLP-013).
pub(crate) fn filler(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ')).count()
}

/// The acknowledgement for the content of a frame; none for a message that must not be answered.
pub(crate) async fn answer(content: Bytes, cloud: &Cloud, settings: &Settings) -> Option<Bytes> {
    defects::passes(&content);
    let order = match readable(&content) {
        Ok(order) => order,
        Err(refusal) => return refusal.map(|ack| defects::own_ack(ack, &content).into()),
    };
    let own_ack = |ack: Builder| Some(Bytes::from(defects::own_ack(ack.build(&order), order.bytes())));
    if defects::has(Flaw::AckFirst) {
        let id = Uuid::new_v4();
        let _ = cloud.order(content, id, settings.cloud_timeout).await;
        return own_ack(own(Code::AA, None));
    }
    let content = defects::order(content);
    let id = Uuid::new_v4();
    let limit = settings.cloud_timeout;
    let answer = match settings.by_blob {
        true => cloud.upload(content, id, limit).await,
        false => cloud.order(content, id, limit).await,
    };
    let reason = match answer {
        Ok(answer) if settings.by_blob && answer.status == 201 => {
            log!("order {id}: uploaded");
            return own_ack(own(Code::AA, None)); // CON-033
        }
        Ok(answer) if answer.status == 200 && !settings.by_blob && answers(&answer.body, &order) => {
            log!("order {id}: answered");
            return Some(defects::ack(answer.body)); // CON-031
        }
        Ok(answer) if answer.status == 200 && !settings.by_blob => "IRIS cloud gave no ACK for this order", // CON-071
        Ok(answer) => {
            log!("order {id}: the cloud answered {}", answer.status);
            "IRIS cloud refused the order"
        }
        Err(error) => {
            log!("order {id}: {error:#}");
            "IRIS cloud not reachable"
        }
    };
    log!("order {id}: AE, {reason}");
    own_ack(own(Code::AE, Some((INTERNAL_ERROR, reason)))) // CON-032
}

/// The answer to a frame that is longer than allowed, of which the beginning is at hand (CON-070).
pub(crate) fn too_long(beginning: &[u8]) -> Bytes {
    let reason = "message too long";
    log!("order refused: {reason}");
    let ack = own(Code::AE, Some((INTERNAL_ERROR, reason)));
    Message::parse(beginning).map_or_else(|_| ack.build_unreadable(), |order| ack.build(&order)).into()
}

/// The order, or the answer, if any, to something that is not to be forwarded (CON-070).
fn readable(content: &[u8]) -> Result<Message, Option<Vec<u8>>> {
    let Ok(order) = Message::parse(content) else {
        let reason = "not an HL7 message";
        log!("order refused: {reason}");
        return Err(Some(own(Code::AR, Some((INTERNAL_ERROR, reason))).build_unreadable()));
    };
    let (kind, _) = order.message_type();
    let (code, error, reason) = if mllp::forbidden_byte(content).is_some() {
        (Code::AE, INTERNAL_ERROR, "control byte in message") // MLLP-025
    } else if kind == "ACK" {
        log!("an acknowledgement came on the orders port: not answered (ACK-013)");
        return Err(None);
    } else if kind != "ORM" && !defects::has(Flaw::ForwardsAnything) {
        (Code::AR, UNSUPPORTED_TYPE, "unsupported message type") // ACK-024, ACK-101
    } else if order.control_id().is_empty() {
        (Code::AE, FIELD_MISSING, "MSH-10 is empty") // ACK-026: an answer could not be matched
    } else {
        return Ok(order);
    };
    log!("order refused: {reason}");
    Err(Some(own(code, Some((error, reason))).build(&order)))
}

/// Whether the cloud's body is an acknowledgement for this order that can be relayed (CON-031, CON-071).
fn answers(body: &[u8], order: &Message) -> bool {
    defects::has(Flaw::TakesAnyBody)
        || mllp::forbidden_byte(body).is_none()
            && ack::read(body).is_ok_and(|ack| {
                ack.control_id == order.control_id() && matches!(ack.code, Code::AA | Code::AE | Code::AR)
            })
}

/// The proxy's own acknowledgement.
fn own(code: Code, problem: Option<(u16, &str)>) -> Builder {
    Builder {
        time: jiff::Timestamp::now().strftime("%Y%m%d%H%M%S+0000").to_string(),
        control_id: Uuid::new_v4().simple().to_string()[..20].to_owned(), // ACK-006
        code,
        text: problem.map(|(_, reason)| reason.to_owned()),
        error: problem.map(|(code, _)| ErrorDetail { location: None, code }),
    }
}

#[cfg(test)]
mod tests;
