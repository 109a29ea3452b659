//! `iris-conformance simulate cloud`

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use cloud::contract::{Contract, Environment, Role};
use cloud::lifecycle::Organization;
use cloud::{Cloud, Keys, TestCa};
use faults::Plan;
use journal::Seed;
use tokio::task::LocalSet;

use super::super::{Exit, print, run, runtime};
use super::{Bench, line, nothing};
use crate::ports::exposure;
use crate::proxy::Profile;
use crate::suite::Suite;
use crate::world::{Run, World};

/// Orders and deliveries that are kept; older ones are forgotten.
const KEPT: usize = 5_000;
/// The same where a page lists them.
const KEPT_FOR_PAGE: usize = 1_000;

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
    #[command(flatten)]
    bench: Bench,
}

impl SimulateCloud {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let contract = Contract::load(self.contract.as_deref())?;
        let ca = TestCa::kept_in(&self.ca_dir, &contract.all_hosts())?;
        if self.hosts {
            print(&self.hosts_file(&contract))?;
            return Ok(Exit::Passed);
        }
        let (profile, seed) = (Profile::load(None)?, Seed::new(self.seed));
        let (run, _folder) = run::shared(contract, profile, suite, seed, self.bench.limit())?;
        runtime()?.block_on(LocalSet::new().run_until(self.serve(Arc::new(run), ca)))
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

    async fn serve(self, run: Arc<Run>, ca: TestCa) -> anyhow::Result<Exit> {
        let mut world = World::bench(run.clone());
        if let Some(file) = &self.faults {
            world.faults.apply(&Plan::load(file)?.for_cloud(file)?);
        }
        let organizations =
            self.organization.iter().map(|file| read_organization(file)).collect::<anyhow::Result<_>>()?;
        let cloud = Cloud::start(cloud::Options {
            contract: run.contract.clone(),
            ca: Arc::new(ca),
            journal: world.journal.clone(),
            faults: world.faults.clone(),
            clock: world.clock.clone(),
            seed: run.seed,
            listen: self.listen,
            https_port: self.https_port,
            amqps_port: self.amqps_port,
            organization_amqps_port: self.organization_port,
            amqp_port: None,
            organizations,
            keys: self.client_secret.zip(self.bus_key).map(|(client_secret, bus)| Keys { client_secret, bus }),
            keeps: Some(if self.bench.page.is_some() { KEPT_FOR_PAGE } else { KEPT }),
        })
        .await?;
        let mut text = String::from("The IRIS cloud is simulated here:\n");
        for (name, value) in cloud.placeholders() {
            text.push_str(&line(name.as_str(), &value));
        }
        text.push_str(&line("cloud.ca_file", &self.ca_dir.join("test-ca.pem").display().to_string()));
        text.push_str(&exposure(self.listen));
        world.adopt(None, Some(cloud));
        self.bench.serve(world, Ok(()), |_| text, nothing).await
    }
}

fn read_organization(file: &Path) -> anyhow::Result<Organization> {
    yaml::load(file).context("the organization cannot be used; `iris-conformance config organization` shows every key")
}
