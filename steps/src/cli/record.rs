//! `iris-conformance record`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use cloud::TestCa;
use journal::{Link, Peer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Exit, print};
use crate::proxy::asked_to_end;
use crate::record::{Doors, Recorder, Tap, listen};

#[derive(Args)]
pub(super) struct Record {
    #[command(subcommand)]
    wire: Wire,
}

#[derive(Subcommand)]
enum Wire {
    /// HL7 over MLLP, between an EMR and a proxy
    Mllp(Mllp),
    /// HTTPS or AMQP over TLS, between a proxy and a cloud; the proxy must trust the test CA
    Tls(Tls),
}

#[derive(Args)]
struct Common {
    /// Address to listen on, e.g. 127.0.0.1:6661; anything but loopback lets other machines in
    #[arg(long, value_name = "ADDR:PORT", required = true)]
    listen: Vec<SocketAddr>,
    /// Where the other end is; one for each --listen
    #[arg(long, value_name = "HOST:PORT", required = true)]
    to: Vec<String>,
    /// The journal to write; it must not exist
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
    /// Seconds until it stops by itself
    #[arg(long = "for", value_name = "S", default_value_t = 3600)]
    seconds: u64,
    /// Largest size of the journal in bytes; the recording ends there
    #[arg(long, value_name = "N", default_value_t = 256 * 1024 * 1024)]
    max_bytes: u64,
}

#[derive(Args)]
#[command(after_help = "Example, with the EMR sending to 6671 and the proxy to 6672:\n  \
    iris-conformance record mllp --listen 127.0.0.1:6671 --to proxy:6661 --listen 127.0.0.1:6672 --to emr:6662 --journal day.jsonl\n\n\
    Every connection ends when the recording ends. The journal holds patients' data: see `deidentify`.")]
struct Mllp {
    #[command(flatten)]
    common: Common,
    /// Which wire each --listen is; orders for the first and results for the others if left out
    #[arg(long, value_name = "orders|results")]
    link: Vec<MllpLink>,
}

#[derive(Clone, Copy, ValueEnum)]
enum MllpLink {
    Orders,
    Results,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance record tls --listen 127.0.0.1:8443 --to login.test:443 --journal login.jsonl\n  \
    iris-conformance record tls --listen 127.0.0.1:5671 --to bus.test:5671 --protocol amqp --journal bus.jsonl\n\n\
    Every connection ends when the recording ends. Secrets are written as `*`.")]
struct Tls {
    #[command(flatten)]
    common: Common,
    /// What is spoken inside TLS
    #[arg(long, value_name = "https|amqp", default_value = "https")]
    protocol: TlsProtocol,
    /// Folder of the test CA that the proxy trusts; made if it is empty
    #[arg(long, value_name = "DIR", default_value = "ca")]
    ca_dir: PathBuf,
    /// CA of the server (PEM), besides those that this machine trusts
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum TlsProtocol {
    Https,
    Amqp,
}

impl Record {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let (common, links, doors) = match self.wire {
            Wire::Mllp(mllp) => {
                let link = |index: usize| match mllp.link.get(index) {
                    Some(MllpLink::Orders) => Link::Orders,
                    Some(MllpLink::Results) => Link::Results,
                    None if index == 0 => Link::Orders,
                    None => Link::Results,
                };
                let links: Vec<Link> = (0..mllp.common.listen.len()).map(link).collect();
                (mllp.common, links, Vec::new())
            }
            Wire::Tls(tls) => {
                let (link, alpn): (Link, &[&[u8]]) = match tls.protocol {
                    TlsProtocol::Https => (Link::Https, &[b"http/1.1"]),
                    TlsProtocol::Amqp => (Link::Amqp, &[]),
                };
                let hosts: Vec<String> = tls.common.to.iter().map(|to| host(to)).collect::<anyhow::Result<_>>()?;
                let ca = TestCa::kept_in(&tls.ca_dir, &hosts)?;
                let doors = hosts.iter().map(|host| Doors::new(&ca, host, tls.trust.as_deref(), alpn));
                let doors = doors.collect::<Result<Vec<_>, _>>()?;
                (tls.common, vec![link; hosts.len()], doors)
            }
        };
        if common.listen.len() != common.to.len() {
            super::wrong_usage("each --listen needs a --to, in the same order");
        }
        for to in &common.to {
            host(to)?;
        }
        let doors = doors.into_iter().map(Some).chain(std::iter::repeat(None));
        let taps = common.to.iter().zip(links).zip(doors);
        let taps = taps.map(|((to, link), doors)| Tap { to: to.clone(), link, doors }).collect();
        super::runtime()?.block_on(common.record(taps))
    }
}

fn host(to: &str) -> anyhow::Result<String> {
    match to.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(host.trim_matches(['[', ']']).to_owned())
        }
        _ => bail!("--to {to} is no HOST:PORT, such as proxy.test:6661"),
    }
}

impl Common {
    async fn record(self, taps: Vec<Tap>) -> anyhow::Result<Exit> {
        let mut listeners = Vec::new();
        for (address, tap) in self.listen.iter().zip(taps) {
            let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
            listeners.push((listener, tap));
        }
        let file = self.journal.display();
        let recorder = Recorder::create(&self.journal, self.max_bytes)
            .with_context(|| format!("cannot begin the journal {file}; it must be a new file"))?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for (listener, tap) in listeners {
            let at = listener.local_addr()?;
            print(&format!("{at} leads to {}\n", tap.to))?;
            if !at.ip().is_loopback() {
                print(&format!("Listening on {at}: others on the network can reach it, and {} behind it.\n", tap.to))?;
            }
            recorder.record(Peer::Harness, tap.describe(at));
            tasks.spawn(listen(listener, tap, recorder.clone(), stop.clone()));
        }
        print(&format!("Recording to {file} for {} s, or until it is interrupted.\n", self.seconds))?;
        let exit = tokio::select! {
            _ = asked_to_end() => Exit::Interrupted,
            () = tokio::time::sleep(Duration::from_secs(self.seconds)) => Exit::Passed,
            () = recorder.full() => {
                eprintln!("the journal {file} takes no more; see --max-bytes");
                Exit::Passed
            }
        };
        stop.cancel();
        tasks.close();
        tasks.wait().await;
        let events = recorder.finish().with_context(|| format!("the journal {file} ends early"))?;
        print(&format!("{events} events are in {file}.\n"))?;
        Ok(exit)
    }
}
