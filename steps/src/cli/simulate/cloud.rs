//! `iris-conformance simulate cloud`

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use cloud::contract::{Contract, Environment, Role};
use cloud::lifecycle::Organization;
use cloud::{Cloud, Keys, TestCa};
use faults::{Faults, Plan};
use journal::{Clock, Journal, Seed};

use super::super::{Exit, print, runtime};
use crate::proxy::asked_to_end;

/// Orders and deliveries that are kept; older ones are forgotten.
const KEPT: usize = 50_000;

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance simulate cloud --hosts >> /etc/hosts     the names of the test environment lead here\n  \
    iris-conformance simulate cloud --https-port 443 --amqps-port 5671")]
pub(super) struct SimulateCloud {
    /// Print the lines of the hosts file that send the proxy's host names here, and end
    #[arg(long)]
    hosts: bool,
    /// Which host names: test or production
    #[arg(long, value_name = "test|production", default_value = "test")]
    environment: Environment,
    /// Folder of the CA and its certificate; made if it is empty
    #[arg(long, value_name = "DIR", default_value = "ca")]
    ca_dir: PathBuf,
    /// Address to listen on, and for the hosts file; anything but loopback lets other machines in
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::from(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Port of all HTTPS roles; 443 in the field, 0 for any
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    https_port: u16,
    /// Port of AMQP over TLS; 5671 in the field, 0 for any
    #[arg(long, value_name = "PORT", default_value_t = 5671)]
    amqps_port: u16,
    /// Port of AMQP over TLS for the queues of a customer that orders by messages; 0 for any
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    organization_port: u16,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Sites, options and agreements of a customer (YAML); without it orders come through a proxy only, for any site. Several
    /// customers on one HL7 link, a file each, are told apart by their `senders`; the queues are those of the first
    #[arg(long, value_name = "FILE")]
    organization: Vec<PathBuf>,
    /// What goes wrong in the cloud (YAML)
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Client secret that the proxy knows; made from the seed if left out
    #[arg(long, value_name = "TEXT", requires = "bus_key")]
    client_secret: Option<String>,
    /// Key of both queues that the proxy knows
    #[arg(long, value_name = "TEXT", requires = "client_secret")]
    bus_key: Option<String>,
    /// Seed of secrets and ids
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Seconds until it stops by itself
    #[arg(long = "for", value_name = "S", default_value_t = 3600)]
    seconds: u64,
}

impl SimulateCloud {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let contract = Contract::load(self.contract.as_deref())?;
        let ca = TestCa::kept_in(&self.ca_dir, &contract.all_hosts())?;
        if self.hosts {
            print(&self.hosts_file(&contract))?;
            return Ok(Exit::Passed);
        }
        runtime()?.block_on(self.serve(contract, ca))
    }

    /// CON-004: one line for each name, and what else has to be done.
    fn hosts_file(&self, contract: &Contract) -> String {
        let folder = std::path::absolute(&self.ca_dir).unwrap_or_else(|_| self.ca_dir.clone());
        let ca_file = folder.join("test-ca.pem");
        let mut lines = vec![
            "# IRIS hosts, served by `iris-conformance simulate cloud`".to_owned(),
            format!("# CA that the proxy has to trust: {}", ca_file.display()),
        ];
        let mut names: Vec<&str> = Role::ALL.iter().map(|role| contract.host(*role, self.environment)).collect();
        names.sort_unstable();
        names.dedup();
        lines.extend(names.iter().map(|name| format!("{} {name}", self.listen)));
        lines.join("\n") + "\n"
    }

    async fn serve(self, contract: Contract, ca: TestCa) -> anyhow::Result<Exit> {
        let journal = Journal::bounded("simulate", 10_000);
        let faults = Faults::new(journal.clone(), Seed::new(self.seed).derive("faults"));
        if let Some(file) = &self.faults {
            faults.apply(&Plan::load(file)?.for_cloud(file)?);
        }
        let organizations =
            self.organization.iter().map(|file| read_organization(file)).collect::<anyhow::Result<_>>()?;
        let cloud = Cloud::start(cloud::Options {
            contract,
            ca: Arc::new(ca),
            journal,
            faults,
            clock: Clock::system(),
            seed: Seed::new(self.seed),
            listen: self.listen,
            https_port: self.https_port,
            amqps_port: self.amqps_port,
            organization_amqps_port: self.organization_port,
            amqp_port: None,
            organizations,
            keys: self.client_secret.zip(self.bus_key).map(|(client_secret, bus)| Keys { client_secret, bus }),
            keeps: Some(KEPT),
        })
        .await?;
        let mut text = String::from("The IRIS cloud is simulated here:\n");
        for (name, value) in cloud.placeholders() {
            text.push_str(&format!("  {name:<32} {value}\n"));
        }
        text.push_str(&format!("  {:<32} {}\n", "cloud.ca_file", self.ca_dir.join("test-ca.pem").display()));
        if !self.listen.is_loopback() {
            text.push_str(&format!("It listens on {}, so other machines can reach it.\n", self.listen));
        }
        text.push_str(&format!("It stops after {} s, or when it is interrupted.\n", self.seconds));
        print(&text)?;
        let interrupted = tokio::time::timeout(Duration::from_secs(self.seconds), asked_to_end()).await.is_ok();
        cloud.stop().await;
        Ok(if interrupted { Exit::Interrupted } else { Exit::Passed })
    }
}

fn read_organization(file: &Path) -> anyhow::Result<Organization> {
    yaml::load(file).context("the organization cannot be used; `iris-conformance config organization` shows every key")
}
