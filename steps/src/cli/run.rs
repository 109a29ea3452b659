//! `iris-conformance run`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use cloud::TestCa;
use cloud::contract::Contract;
use faults::Plan;
use journal::Seed;
use tempfile::TempDir;

use super::outputs::{Outputs, write_journal};
use super::{Exit, Filters};
use crate::proxy::{Profile, Proxy, asked_to_end};
use crate::report::harness::HarnessCheck;
use crate::report::progress::Progress;
use crate::report::{RunReport, Verdict, failure, probes};
use crate::runner;
use crate::suite::binding::Binding;
use crate::suite::features::Features;
use crate::suite::requirements::Catalogue;
use crate::suite::{Suite, lint};
use crate::world::{self, World};

#[derive(Args)]
#[command(after_help = super::EXIT_CODES)]
pub(super) struct Run {
    #[command(flatten)]
    filters: Filters,
    /// How to start or reach the proxy (YAML); the built-in reference proxy if left out
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// What goes wrong in every scenario (YAML)
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Scenarios at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Seed of all random choices; equal seeds give equal bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Seconds that one scenario may take
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Write everything that happened, one JSON object a line
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
}

impl Run {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        if std::env::var_os("INSTA_FORCE_PASS").is_some_and(|v| v != "0") {
            bail!("INSTA_FORCE_PASS is set, so a wrong snapshot would pass; unset it");
        }
        let features = Features::load(&suite)?;
        let catalogue = Catalogue::load(&suite)?;
        lint::steps_are_defined(&features)?;
        let selected = self.filters.select(&features, &catalogue);
        if selected.is_empty() {
            eprintln!("nothing selected: no scenario fits all filters");
            return Ok(Exit::Nothing);
        }
        let digest = suite.digest();
        let contract = Contract::load(self.contract.as_deref())?;
        let profile = Profile::load(self.profile.as_deref())?;
        let jobs = match &profile.proxy {
            Proxy::Launch(_) => usize::from(self.jobs),
            Proxy::Attach(_) => 1, // one proxy, one scenario at a time
        };
        let time_limit = Duration::from_secs(self.timeout);
        let (mut run, _folder) = shared(contract, profile, suite, Seed::new(self.seed), time_limit)?;
        if let Some(path) = &self.faults {
            run.faults = Plan::load(path)?;
        }
        let (run, features) = (Arc::new(run), Arc::new(features));
        eprint!("suite {}\n{}", run.suite, header(&run.contract));
        let mut harness = HarnessCheck::begin();

        let runtime = super::runtime()?;
        let done = runtime.block_on(async {
            tokio::select! {
                done = go(run, features.clone(), selected, jobs, catalogue.clone()) => done.map(Some),
                _ = asked_to_end() => Ok(None),
            }
        });
        // tasks that are left, such as those of an interrupted run, kill their processes when they are dropped
        runtime.shutdown_timeout(Duration::from_secs(5));
        let Some(mut report) = done? else {
            eprintln!("interrupted");
            return Ok(Exit::Interrupted);
        };
        harness.end();
        (report.harness, report.suite, report.catalogue) = (harness.findings(), digest, catalogue.clone());
        self.outputs.write(&report)?;
        if let Some(path) = &self.journal {
            write_journal(path, &report)?;
        }
        eprint!("{}{}", warnings(&report, &catalogue), probes::block(&report, &catalogue));
        eprintln!("{}", report.summary());
        Ok(exit(&report))
    }
}

/// What all scenarios share, and the folder of the CA's certificate, which goes away when it is dropped.
pub(super) fn shared(
    contract: Contract,
    profile: Profile,
    suite: Suite,
    seed: Seed,
    time_limit: Duration,
) -> anyhow::Result<(world::Run, TempDir)> {
    let binding = Binding::new(&Catalogue::load(&suite)?, &contract)?;
    let hosts = contract.all_hosts();
    let ca = match &profile.cloud.ca_dir {
        Some(kept) => TestCa::kept_in(&profile.folder.join(kept), &hosts)?,
        None => TestCa::new(&hosts)?,
    };
    let folder =
        tempfile::Builder::new().prefix("iris-conformance-").tempdir().context("cannot make a temporary folder")?;
    let ca_file = folder.path().join("test-ca.pem");
    std::fs::write(&ca_file, ca.pem()).with_context(|| format!("cannot write {}", ca_file.display()))?;
    let hosts_file = folder.path().join("hosts");
    let lines: String = hosts.iter().map(|host| format!("127.0.0.1 {host}\n")).collect();
    std::fs::write(&hosts_file, lines).with_context(|| format!("cannot write {}", hosts_file.display()))?;
    let (ca, proposes_snapshots) = (Arc::new(ca), true);
    let faults = Plan::default();
    let run = world::Run {
        contract,
        binding,
        profile,
        suite,
        seed,
        ca,
        ca_file,
        hosts_file,
        faults,
        time_limit,
        proposes_snapshots,
    };
    Ok((run, folder))
}

async fn go(
    run: Arc<world::Run>,
    features: Arc<Features>,
    selected: Vec<cucumber::gherkin::Feature>,
    jobs: usize,
    catalogue: Catalogue,
) -> anyhow::Result<RunReport> {
    preflight(&run).await?;
    let count = selected.iter().map(cucumber::feature::Ext::count_scenarios).sum();
    let progress = Arc::new(Progress::new(count));
    let ended = progress.clone();
    let report = runner::run(run, features, selected, jobs, move |scenario| ended.ended(scenario, &catalogue)).await;
    progress.finish();
    Ok(report)
}

/// Starts the proxy once, so that one that does not start at all gives one clear error and not one a scenario.
pub(super) async fn preflight(run: &Arc<world::Run>) -> anyhow::Result<()> {
    let mut world = World::preflight(run.clone());
    let connected = world.connect_all().await;
    world.end().await;
    connected.map_err(|stop| anyhow::anyhow!("{}", stop.summary())).context("the proxy of the profile cannot be used")
}

/// TOP-120: under which contract the scenarios run, what it decides though it is unpublished, and what it switches off.
fn header(contract: &Contract) -> String {
    let mut text = format!("contract {} {} ({})\n", contract.name, contract.version, contract.file);
    if !contract.placeholder_for.is_empty() {
        text += &format!("  placeholders, since unpublished: {}\n", contract.placeholder_for.join(" "));
    }
    for off in &contract.not_binding {
        text += &format!("  not binding: {}, because {}\n", off.id, off.because);
    }
    text
}

/// What was not kept though it does not bind, each as a failure is shown.
fn warnings(report: &RunReport, catalogue: &Catalogue) -> String {
    let all = report.scenarios.iter().filter(|scenario| scenario.verdict() == Verdict::Warning);
    let all: String = all.map(|scenario| format!("{}\n", failure::describe(scenario, catalogue))).collect();
    if all.is_empty() { all } else { format!("\nwarnings\n\n{all}") }
}

/// How a run ended.
pub(super) fn exit(report: &RunReport) -> Exit {
    if report.count(Verdict::Failed) > 0 {
        Exit::Failed
    } else if report.count(Verdict::Skipped) == report.selected {
        Exit::Nothing
    } else if [Verdict::Passed, Verdict::Warning, Verdict::Skipped].map(|v| report.count(v)).iter().sum::<usize>()
        == report.selected
    {
        Exit::Passed
    } else {
        Exit::Broken
    }
}
