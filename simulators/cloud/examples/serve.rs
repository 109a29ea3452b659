//! A cloud for programs in other languages: prints where everything is as one line of JSON, then serves until its standard
//! input ends. The only argument is the folder in which the CA is kept; the environment variable `INTEROP_CUSTOMER` names the
//! file of a customer that orders by messages.
//!
//! A program can disturb the organization's queues by lines to the TCP port `control_port`, each answered by `ok`:
//! `disabled orders`, `not-found orders`, `unauthorized orders`, `busy orders`, and `serve orders` (LIFE-105).

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use cloud::bus::{Bus, Refusal};
use cloud::contract::Contract;
use cloud::{Cloud, Options, TestCa};
use journal::{Clock, Journal, Seed};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: serve <folder for the CA>")?;
    let mut contract = Contract::load(None)?;
    // one queue where programs can see a lock lapse and a message given up without a long wait
    if let Some(gradings) = contract.queues.organization.get_mut("gradings") {
        (gradings.lock_ms, gradings.max_delivery_count) = (2_000, 3);
    }
    let organization = match std::env::var_os("INTEROP_CUSTOMER") {
        Some(file) => Some(serde_yaml::from_str(&std::fs::read_to_string(file)?)?),
        None => None,
    };
    let ca = Arc::new(TestCa::kept_in(folder.as_ref(), &contract.all_hosts())?);
    let cloud = Cloud::start(Options {
        contract,
        ca,
        journal: Journal::bounded("interop", 1_000),
        faults: faults::Faults::default(),
        clock: Clock::system(),
        seed: Seed::new(1),
        listen: IpAddr::from(Ipv4Addr::LOCALHOST),
        https_port: 0,
        amqps_port: 0,
        organization_amqps_port: 0,
        amqp_port: Some(0),
        organizations: organization.into_iter().collect(),
        keys: None,
        keeps: Some(10_000),
    })
    .await?;
    let mut facts = cloud.placeholders();
    facts.insert("cloud.ca_file".to_owned(), format!("{folder}/test-ca.pem"));
    let control = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    facts.insert("control_port".to_owned(), control.local_addr()?.port().to_string());
    let bus = cloud.organization_bus().clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = control.accept().await {
            tokio::spawn(obey(stream, bus.clone()));
        }
    });
    println!("{}", serde_json::to_string(&facts)?);
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    cloud.stop().await;
    Ok(())
}

/// Does what the lines from a program say.
async fn obey(mut stream: TcpStream, bus: Bus) -> std::io::Result<()> {
    let (input, mut output) = stream.split();
    let mut lines = BufReader::new(input).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match line.split_once(' ') {
            Some(("disabled", queue)) => Ok((queue, Some(Refusal::Disabled))),
            Some(("not-found", queue)) => Ok((queue, Some(Refusal::NotFound))),
            Some(("unauthorized", queue)) => Ok((queue, Some(Refusal::Unauthorized))),
            Some(("busy", queue)) => Ok((queue, Some(Refusal::Busy))),
            Some(("serve", queue)) => Ok((queue, None)),
            _ => Err(format!("there is no command {line:?}\n")),
        };
        let answer = answer.map(|(queue, refusal)| bus.set_refusal(queue, refusal));
        output.write_all(answer.map_or_else(|problem| problem, |()| "ok\n".to_owned()).as_bytes()).await?;
    }
    Ok(())
}
