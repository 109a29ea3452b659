//! A cloud for programs in other languages: prints where everything is as one line of JSON, then serves until its standard
//! input ends. The only argument is the folder in which the CA is kept.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use cloud::contract::Contract;
use cloud::{Cloud, Options, TestCa};
use journal::{Clock, Journal, Seed};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: serve <folder for the CA>")?;
    let mut contract = Contract::load(None)?;
    // one queue where programs can see a lock lapse and a message given up without a long wait
    if let Some(gradings) = contract.queues.organization.get_mut("gradings") {
        (gradings.lock_ms, gradings.max_delivery_count) = (2_000, 3);
    }
    let ca = Arc::new(TestCa::kept_in(folder.as_ref(), &contract.all_hosts())?);
    let cloud = Cloud::start(Options {
        contract,
        ca,
        journal: Journal::bounded("interop", 10_000),
        clock: Clock::system(),
        seed: Seed::new(1),
        listen: IpAddr::from(Ipv4Addr::LOCALHOST),
        https_port: 0,
        amqps_port: 0,
        amqp_port: Some(0),
        keys: None,
    })
    .await?;
    let mut facts = cloud.placeholders();
    facts.insert("cloud.ca_file".to_owned(), format!("{folder}/test-ca.pem"));
    println!("{}", serde_json::to_string(&facts)?);
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    cloud.stop().await;
    Ok(())
}
