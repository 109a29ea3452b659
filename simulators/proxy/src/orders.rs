//! The listener for orders: several connections, on each one frame after the other (CON-030, CON-031, CON-080, MLLP-010 to
//! MLLP-029).

use std::io;
use std::sync::Arc;

use anyhow::Context;
use bytes::Buf;
use futures::{SinkExt, StreamExt};
use mllp::{MllpCodec, Problem, Received};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::codec::Framed;
use tokio_util::sync::CancellationToken;

use crate::cloud::Cloud;
use crate::forward;
use crate::settings::Settings;

/// Connections served at a time; further ones wait.
const MAX_CONNECTIONS: usize = 1024;

/// Opens the listener of `Orders:Listen`.
pub(crate) async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Accepts and serves connections until the stop signal, then finishes the orders in flight (CON-079).
pub(crate) async fn serve(
    mut listener: TcpListener,
    cloud: Arc<Cloud>,
    mut settings: watch::Receiver<Arc<Settings>>,
    stop: CancellationToken,
) {
    let mut listening_on = settings.borrow_and_update().listen.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let connection = connection(stream, cloud.clone(), settings.clone(), stop.clone());
                    connections.spawn(async {
                        connection.await.unwrap_or_else(|error| log!("orders: connection: {error}"));
                    });
                }
                Err(error) => {
                    log!("orders: accept: {error}");
                    // Out of descriptors, as a rule: give connections the time to end.
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            Ok(()) = settings.changed() => {
                let wanted = settings.borrow_and_update().listen.clone();
                if wanted != listening_on {
                    // CON-080: the new one is open before the old one closes.
                    match bind(&wanted).await {
                        Ok(new) => {
                            (listener, listening_on) = (new, wanted);
                            log!("orders: listening on {listening_on}");
                        }
                        Err(error) => log!("orders: {error:#}; still listening on {listening_on}"),
                    }
                }
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One connection: each frame is answered before the next one is looked at (MLLP-006, MLLP-011).
async fn connection(
    stream: TcpStream,
    cloud: Arc<Cloud>,
    settings: watch::Receiver<Arc<Settings>>,
    stop: CancellationToken,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut wire = Framed::new(stream, MllpCodec::default());
    let mut between_frames = true;
    loop {
        if between_frames {
            // However long this takes (MLLP-017).
            let begins = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                begins = frame_begins(&mut wire) => begins?,
            };
            if !begins {
                return Ok(());
            }
            let limit = settings.borrow().max_message_bytes;
            *wire.codec_mut() = MllpCodec::new(limit);
        }
        let limit = settings.borrow().frame_timeout;
        let received = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            received = timeout(limit, wire.next()) => received,
        };
        let Ok(received) = received else {
            log!("orders: no complete frame within {} ms, closing (MLLP-028)", limit.as_millis());
            return Ok(());
        };
        let now = settings.borrow().clone();
        let ack = match received.transpose()? {
            None => return Ok(()),
            Some(Received::Content(content)) => {
                between_frames = true;
                forward::answer(content, &cloud, &now).await
            }
            Some(Received::Malformed { problem, bytes }) => {
                log!("orders: {problem}, {} bytes dropped", bytes.len());
                between_frames = false;
                (problem == Problem::TooLong).then(|| forward::too_long(&bytes))
            }
        };
        if let Some(ack) = ack {
            // An ACK that cannot be framed repeats a control byte of the order: closing is the answer (MLLP-025).
            let sent = timeout(now.frame_timeout, wire.send(&ack[..])).await;
            sent.map_err(io::Error::from)?.map_err(io::Error::other)?;
        }
    }
}

/// Waits for the first byte that is not filler (MLLP-013). False when the peer has closed.
async fn frame_begins(wire: &mut Framed<TcpStream, MllpCodec>) -> io::Result<bool> {
    let buffer = wire.read_buffer_mut();
    buffer.advance(filler(buffer));
    if !buffer.is_empty() {
        return Ok(true);
    }
    let mut ahead = [0; 64];
    loop {
        let stream = wire.get_mut();
        let come = stream.peek(&mut ahead).await?;
        let filler = filler(&ahead[..come]);
        if come == 0 {
            return Ok(false);
        }
        if filler < come {
            return Ok(true);
        }
        stream.read_exact(&mut ahead[..filler]).await?;
    }
}

/// How many bytes at the beginning may stand between frames.
fn filler(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ')).count()
}
