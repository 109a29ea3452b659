//! `iris-conformance run`

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use cloud::TestCa;
use cloud::contract::Contract;
use faults::Plan;
use journal::Seed;
use tempfile::TempDir;

use super::{Exit, Filters};
use crate::proxy::{Profile, Proxy, asked_to_end};
use crate::report::harness::HarnessCheck;
use crate::report::progress::Progress;
use crate::report::{RunReport, Verdict, failure, html, json, junit, probes};
use crate::runner;
use crate::suite::binding::Binding;
use crate::suite::features::Features;
use crate::suite::requirements::Catalogue;
use crate::suite::{Suite, lint};
use crate::world::{self, World};

const EXAMPLES: &str = "\
Examples:
  iris-conformance run                                            all scenarios, the built-in proxy
  iris-conformance run --tags \"@charges and not @contract\"
  iris-conformance run --name \"orders/accepted\" --journal journal.jsonl
  iris-conformance run --profile my-proxy.yaml --junit junit.xml --html report.html

Exit codes: 0 all selected scenarios passed, 1 a requirement is broken, 2 wrong usage,
3 the harness, the proxy or the environment broke, 4 nothing selected, 130 interrupted.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
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
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a JSON report
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a report for people: one HTML page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write everything that happened, one JSON object a line
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
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
            eprintln!("{}", self.filters.nothing_selected(&features, &catalogue));
            return Ok(Exit::Nothing);
        }
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
        let Some(report) = done? else {
            eprintln!("interrupted");
            return Ok(Exit::Interrupted);
        };
        harness.end();
        self.write(&report, &catalogue, &features, &harness)?;
        eprint!("{}{}", warnings(&report, &catalogue), probes::block(&report, &catalogue));
        eprintln!("{}", report.summary());
        Ok(exit(&report))
    }

    fn write(
        &self,
        report: &RunReport,
        catalogue: &Catalogue,
        features: &Features,
        harness: &HarnessCheck,
    ) -> anyhow::Result<()> {
        if let Some(path) = &self.html {
            save(path, html::write(report, catalogue, features, harness)?.as_bytes())?;
        }
        if let Some(path) = &self.junit {
            save(path, junit::write(report, catalogue)?.as_bytes())?;
        }
        if let Some(path) = &self.json {
            save(path, &serde_json::to_vec_pretty(&json::value(report))?)?;
        }
        if let Some(path) = &self.journal {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            let mut file = BufWriter::new(file);
            for scenario in &report.scenarios {
                journal::jsonl::write(&mut file, &scenario.events)
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(())
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

fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
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

fn exit(report: &RunReport) -> Exit {
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
