//! `iris-conformance run`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use cloud::TestCa;
use cloud::contract::Contract;
use faults::Plan;
use journal::Seed;
use rcgen::KeyPair;
use tempfile::TempDir;

use super::outputs::{Outputs, write_journal};
use super::{Exit, Filters, rerun, watch};
use crate::evidence::attestation;
use crate::evidence::bundle::{self, Sources};
use crate::ports::exposure;
use crate::proxy::{Profile, Proxy, REFERENCE, asked_to_end};
use crate::report::harness::HarnessCheck;
use crate::report::progress::Progress;
use crate::report::{RunReport, ScenarioReport, Shards, Verdict, failure, github, probes};
use crate::retry::{self, Policy};
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
    /// Run a scenario that does not pass again, up to N times; one that passes then is flaky, which is no failure
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=10))]
    retry: u8,
    /// A flaky scenario is a failure
    #[arg(long, requires = "retry")]
    flaky_fails: bool,
    /// Begin no other scenario when one has failed for good
    #[arg(long)]
    fail_fast: bool,
    /// Only the scenarios that did not pass in a saved run (--json)
    #[arg(long, value_name = "FILE")]
    rerun: Option<PathBuf>,
    /// Run again whenever features, profile, contract, fault plan or the proxy's program change; Ctrl-C ends it
    #[arg(long, conflicts_with = "rerun")]
    watch: bool,
    /// Where the failures are to be shown besides: github makes annotations and a summary [default: github in GitHub Actions]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write everything that happened, one JSON object a line
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    journal: Option<PathBuf>,
    /// Write the evidence of the run: reports, journal, output of the proxy, configuration, and digests of everything (zip)
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    bundle: Option<PathBuf>,
    /// Sign the evidence with this key (PEM; `evidence keygen` makes one)
    #[arg(long, value_name = "FILE", requires = "bundle", help_heading = "Reports")]
    sign: Option<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Github,
}

impl Run {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        if self.watch {
            // a folder's files are read once, when it is opened
            let opened = || suite.folder().map_or_else(|| Ok(suite.clone()), Suite::at);
            return watch::repeat(|| self.inputs(&suite), || self.once(opened()?));
        }
        self.once(suite)
    }

    fn once(&self, suite: Suite) -> anyhow::Result<Exit> {
        if std::env::var_os("INSTA_FORCE_PASS").is_some_and(|v| v != "0") {
            bail!("INSTA_FORCE_PASS is set, so a wrong snapshot would pass; unset it");
        }
        let features = Features::load(&suite)?;
        let catalogue = Catalogue::load(&suite)?;
        lint::steps_are_defined(&features)?;
        let mut selection = self.filters.selection();
        if let Some(path) = &self.rerun {
            selection.only = Some(rerun::not_green(path, &features)?);
        }
        let selected = selection.apply(&features, &catalogue);
        if selected.is_empty() {
            eprintln!("{}", self.filters.nothing_selected(&features, &catalogue));
            if selection.shard.is_none() {
                return Ok(Exit::Nothing);
            }
            // an empty shard is written too: who joins them must see that none is missing
        }
        let digests = self.digests(&suite)?;
        let files = suite.digests();
        let key = self.sign.as_deref().map(attestation::private_key).transpose()?;
        let contract = Contract::load(self.contract.as_deref())?;
        let profile = Profile::load(self.profile.as_deref())?;
        let sources = match &self.bundle {
            Some(path) => Some((path, self.sources(&profile, files, key.as_ref())?)),
            None => None,
        };
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
        let policy = Policy { retries: self.retry.into(), fail_fast: self.fail_fast };
        let done = runtime.block_on(async {
            tokio::select! {
                done = go(run, features.clone(), selected, jobs, policy, catalogue.clone()) => done.map(Some),
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
        (report.harness, report.digests, report.catalogue) = (harness.findings(), digests, catalogue.clone());
        report.shards = selection.shard.map(|shard| Shards { present: vec![shard.number], of: shard.of });
        self.write(&report)?;
        if let Some((path, sources)) = sources {
            bundle::write(path, &report, &sources)?;
        }
        eprint!("{}{}{}", warnings(&report, &catalogue), probes::block(&report, &catalogue), flaky(&report));
        if report.scenarios.len() < report.selected {
            eprintln!("stopped at the first failure (--fail-fast)");
        }
        eprintln!("{}", report.summary());
        Ok(match exit(&report) {
            Exit::Passed if self.flaky_fails && report.flaky().next().is_some() => Exit::Failed,
            exit => exit,
        })
    }

    /// Files and folders on which the run rests.
    fn inputs(&self, suite: &Suite) -> Vec<PathBuf> {
        let named = [&self.profile, &self.contract, &self.faults].into_iter().flatten().cloned();
        let proxy = Profile::load(self.profile.as_deref()).ok().and_then(|profile| profile.program());
        named.chain(proxy).chain(suite.folder().map(|folder| folder.join("features"))).collect()
    }

    /// What a bundle tells of the configuration, read before the run: it may change meanwhile.
    fn sources<'a>(
        &self,
        profile: &Profile,
        suite: BTreeMap<String, String>,
        key: Option<&'a KeyPair>,
    ) -> anyhow::Result<Sources<'a>> {
        let read =
            |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        let text = |path: &Option<PathBuf>, built_in: &str| match path {
            Some(path) => read(path),
            None => Ok(built_in.to_owned()),
        };
        let proxy = profile.program();
        if let (None, Proxy::Launch(launch)) = (&proxy, &profile.proxy) {
            bail!("cannot find the proxy's program {:?}, whose digest is a part of the evidence", launch.command);
        }
        Ok(Sources {
            profile: text(&self.profile, REFERENCE)?,
            contract: text(&self.contract, cloud::contract::REFERENCE)?,
            faults: self.faults.as_deref().map(read).transpose()?,
            secrets: [&profile.cloud.client_secret, &profile.cloud.bus_key].into_iter().flatten().cloned().collect(),
            proxy,
            suite,
            key,
        })
    }

    fn write(&self, report: &RunReport) -> anyhow::Result<()> {
        self.outputs.write(report)?;
        let in_actions = || std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
        if self.format == Some(Format::Github) || (self.format.is_none() && in_actions()) {
            super::print(&github::annotations(report))?;
            if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
                github::append_summary(Path::new(&path), report)?;
            }
        }
        if let Some(path) = &self.journal {
            write_journal(path, report)?;
        }
        Ok(())
    }

    /// What the run is made with, as SHA-256 by name.
    fn digests(&self, suite: &Suite) -> anyhow::Result<BTreeMap<String, String>> {
        let mut digests = BTreeMap::from([("suite".to_owned(), suite.digest())]);
        for (name, path) in [("contract", &self.contract), ("profile", &self.profile)] {
            if let Some(path) = path {
                let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
                digests.insert(name.to_owned(), bundle::sha256(&bytes));
            }
        }
        Ok(digests)
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
    eprint!("{}", profile.results_ip().map_or_else(String::new, exposure));
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
    policy: Policy,
    catalogue: Catalogue,
) -> anyhow::Result<RunReport> {
    preflight(&run).await?;
    let count = selected.iter().map(cucumber::feature::Ext::count_scenarios).sum();
    let progress = Arc::new(Progress::new(count, catalogue));
    let ended = progress.clone();
    let show = move |scenario: &ScenarioReport, attempt| ended.ended(scenario, attempt);
    let report = retry::run(run, features, selected, jobs, policy, show).await;
    progress.finish(&report);
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

/// The scenarios that passed only when they were repeated.
fn flaky(report: &RunReport) -> String {
    let line = |scenario: &ScenarioReport| {
        let before = scenario.earlier.last().map_or("", |attempt| attempt.because.as_str());
        format!("flaky    {} (attempt {}; before: {before})\n", scenario.id, scenario.earlier.len() + 1)
    };
    report.flaky().map(line).collect()
}

/// How a run ended.
pub(super) fn exit(report: &RunReport) -> Exit {
    if report.count(Verdict::Failed) > 0 {
        Exit::Failed
    } else if report.count(Verdict::Skipped) == report.selected {
        Exit::Nothing
    } else if report.scenarios.iter().filter(|s| s.verdict().is_green()).count() == report.selected {
        Exit::Passed
    } else {
        Exit::Broken
    }
}
