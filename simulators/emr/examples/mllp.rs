//! For comparisons: the engine or a bare echo as a server, and the same client for every server.
//!
//!     mllp engine | mllp echo                    prints its port and serves until its standard input ends
//!     mllp drive PORT CONNECTIONS SECONDS        sends a result again and again; prints round trips a second

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use emr::{Emr, Options};
use journal::{Clock, Journal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const RESULT: &[u8] = include_bytes!("../../results/tests/data/oru/ref_default_abnormal.hl7");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["engine"] => {
            let options = Options {
                results_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                max_content: mllp::DEFAULT_MAX_CONTENT,
                clock: Clock::system(),
                ack_delay_late: Duration::from_secs(1),
                faults: faults::Faults::default(),
            };
            let engine = Emr::start(Journal::bounded("bench", 1_000), options).await?;
            println!("{}", engine.results_address().port());
            until_told().await;
            engine.stop().await;
        }
        ["echo"] => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            println!("{}", listener.local_addr()?.port());
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(echo(stream));
                }
            });
            until_told().await;
        }
        ["drive", port, connections, seconds] => {
            let (to, connections) = (SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse()?)), connections.parse()?);
            let lasts = Duration::from_secs(seconds.parse()?);
            println!("{:.0}", drive(to, connections, lasts).await?);
        }
        _ => return Err("engine, echo, or drive PORT CONNECTIONS SECONDS".into()),
    }
    Ok(())
}

/// Until standard input ends.
async fn until_told() {
    let read = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    let _ = tokio::task::spawn_blocking(read).await;
}

async fn echo(mut stream: TcpStream) {
    let mut portion = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut portion).await {
        if stream.write_all(&portion[..read]).await.is_err() {
            return;
        }
    }
}

/// Round trips a second: each connection sends when it was answered. An answer ends with FS CR.
async fn drive(to: SocketAddr, connections: usize, lasts: Duration) -> Result<f64, Box<dyn std::error::Error>> {
    let count = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + lasts;
    let frame = Arc::new(mllp::frame(RESULT));
    let mut all = Vec::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (count, frame) = (count.clone(), frame.clone());
        all.push(tokio::spawn(async move {
            let mut answer = vec![0; 64 * 1024];
            while Instant::now() < end {
                stream.write_all(&frame).await?;
                let mut last = [0; 2];
                while last != [mllp::FS, mllp::CR] {
                    match stream.read(&mut answer).await? {
                        0 => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
                        1 => last = [last[1], answer[0]],
                        read => last = [answer[read - 2], answer[read - 1]],
                    }
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        }));
    }
    for one in all {
        one.await??;
    }
    Ok(count.load(Ordering::Relaxed) as f64 / lasts.as_secs_f64())
}
