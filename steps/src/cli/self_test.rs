//! `iris-conformance self-test`

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;
use cloud::contract::Contract;
use cucumber::gherkin::Feature;
use futures::{StreamExt, stream};
use journal::Seed;
use serde::Serialize;
use yaml::did_you_mean;

use super::{Exit, print, run};
use crate::proxy::{Profile, Proxy};
use crate::report::{RunReport, ScenarioReport, Verdict};
use crate::runner;
use crate::suite::features::{Features, ScenarioId};
use crate::suite::requirements::Catalogue;
use crate::suite::select::Selection;
use crate::suite::{Suite, lint};
use crate::world::{self, Stop};

/// Milliseconds in which what must happen has to happen. Less than in a run: with a defect many things never happen.
const DEADLINE: u64 = 2_500;
/// Defects that spoil almost everything; what no defect of its own has turned red has to fail with one of them.
const BROAD: &[&str] = &[
    "result-without-last-segment",
    "result-upper-case",
    "order-upper-case",
    "aa-without-cloud",
    "ack-always-aa",
    "no-receipt",
    "receipt-always-accepted",
    "settings-change-ignored",
    "content-logged",
    "nonsense-stops-it",
    "charge-repeated",
    "signal-given-back",
];

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance self-test --third                       every third defect\n  \
    iris-conformance self-test --defect receipt-lost         one defect\n  \
    iris-conformance reference-proxy --list-defects          all defects\n\n\
    Exit codes: 0 every defect is caught and every scenario can fail, 1 not so, 3 the suite is not green \
    without a defect.")]
pub(super) struct SelfTest {
    /// Only these defects (see `reference-proxy --list-defects`); leaves out whether every scenario can fail
    #[arg(long, value_name = "NAME")]
    defect: Vec<String>,
    /// Only every third defect, beginning with the seed's; leaves out whether every scenario can fail
    #[arg(long)]
    third: bool,
    /// Scenarios at once, for each of four proxies
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the matrix as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A defect of the built-in proxy.
#[derive(Clone, Debug, Serialize)]
struct Defect {
    name: String,
    breaks: String,
    says: String,
}

/// What the self-test found.
#[derive(Serialize)]
struct Matrix {
    defects: Vec<Row>,
    /// Scenarios that no defect turns red; absent when not looked for.
    never_red: Option<Vec<String>>,
}

/// A defect and the scenarios that failed with it, of those that carry its requirement.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    defect: Defect,
    killed_by: Vec<Kill>,
    ran: usize,
}

/// A scenario that failed, and the requirement whose check failed in it; none when it was about all of the scenario's.
#[derive(Serialize)]
struct Kill {
    scenario: String,
    requirement: Option<String>,
}

impl SelfTest {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let features = Arc::new(Features::load(&suite)?);
        lint::steps_are_defined(&features)?;
        let mut profile = Profile::load(None)?;
        profile.timing.deadline = DEADLINE;
        let contract = Contract::load(None)?;
        let (mut shared, _folder) =
            run::shared(contract, profile, suite, Seed::new(self.seed), Duration::from_secs(60))?;
        shared.proposes_snapshots = false; // bytes of a defective proxy
        let chosen = self.chosen(defects()?)?;
        let test = Test { shared, features, jobs: usize::from(self.jobs) };
        // steps fail by panics, which cucumber silences for one run at a time only
        journal::catch_panic_locations();
        let began = Instant::now();
        let matrix = super::runtime()?.block_on(test.matrix(&chosen, self.defect.is_empty() && !self.third))?;
        if let Some(path) = &self.json {
            let text = serde_json::to_vec_pretty(&matrix)?;
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        print(&matrix.text(began.elapsed()))?;
        Ok(if matrix.is_good() { Exit::Passed } else { Exit::Failed })
    }

    fn chosen(&self, all: Vec<Defect>) -> anyhow::Result<Vec<Defect>> {
        if let Some(unknown) = self.defect.iter().find(|name| !all.iter().any(|defect| defect.name == **name)) {
            let near = did_you_mean(unknown, all.iter().map(|defect| defect.name.as_str()));
            bail!("there is no defect {unknown}{near}; `iris-conformance reference-proxy --list-defects` names all");
        }
        let offset = usize::try_from(self.seed % 3).unwrap_or(0);
        let wanted = |(index, defect): &(usize, Defect)| {
            (self.defect.is_empty() || self.defect.contains(&defect.name)) && (!self.third || index % 3 == offset)
        };
        Ok(all.into_iter().enumerate().filter(wanted).map(|(_, defect)| defect).collect())
    }
}

/// Asks the built-in proxy, which is a program of its own, for its defects.
fn defects() -> anyhow::Result<Vec<Defect>> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let output = Command::new(program).args(["reference-proxy", "--list-defects"]).output()?;
    ensure!(output.status.success(), "the built-in proxy does not list its defects");
    let lines = String::from_utf8(output.stdout).context("the list of defects is no text")?;
    let defect = |line: &str| {
        let mut parts = line.split('\t').map(str::to_owned);
        Some(Defect { name: parts.next()?, breaks: parts.next()?, says: parts.next()? })
    };
    lines.lines().map(|line| defect(line).with_context(|| format!("the list of defects has a line {line:?}"))).collect()
}

/// What all runs share.
struct Test {
    shared: world::Run,
    features: Arc<Features>,
    jobs: usize,
}

impl Test {
    async fn matrix(&self, defects: &[Defect], whether_all_can_fail: bool) -> anyhow::Result<Matrix> {
        let all = self.features.all.clone();
        run::preflight(&Arc::new(self.shared.clone())).await?;
        eprintln!("without a defect: {} scenarios", count(&all));
        let green = self.run(None, all).await;
        if let Some(failed) = green.scenarios.iter().find(|scenario| scenario.verdict() != Verdict::Passed) {
            bail!("the suite is not green without a defect: {} {}", failed.id, failed.verdict().word());
        }

        let mut red = BTreeSet::new();
        let mut rows = Vec::new();
        // four proxies at a time: with a defect the time goes into waiting
        let mut runs = stream::iter(defects).map(|defect| self.killers(defect)).buffered(4);
        while let Some(row) = runs.next().await {
            let (row, failed) = row?;
            eprintln!("{:<9} {} ({} scenarios)", row.verdict(), row.defect.name, row.ran);
            red.extend(failed);
            rows.push(row);
        }
        let never_red = if whether_all_can_fail { Some(self.never_red(red).await) } else { None };
        Ok(Matrix { defects: rows, never_red })
    }

    /// Runs the scenarios that carry the defect's requirement.
    async fn killers(&self, defect: &Defect) -> anyhow::Result<(Row, Vec<ScenarioId>)> {
        let tags =
            format!("@{}", defect.breaks).parse().map_err(|error| anyhow::anyhow!("{}: {error}", defect.breaks))?;
        let selected =
            Selection { tags: Some(tags), ..Selection::default() }.apply(&self.features, &Catalogue::default());
        let ran = count(&selected);
        let report = self.run(Some(&defect.name), selected).await;
        let killed_by = red(&report).map(Kill::of).collect();
        Ok((Row { defect: defect.clone(), killed_by, ran }, red(&report).map(|scenario| scenario.id.clone()).collect()))
    }

    /// The scenarios that pass whatever is broken.
    async fn never_red(&self, mut red: BTreeSet<ScenarioId>) -> Vec<String> {
        let green = |red: &BTreeSet<ScenarioId>| self.without(red);
        for name in BROAD {
            let left = green(&red);
            if left.is_empty() {
                break;
            }
            eprintln!("{} scenarios have not failed yet; with {name}", count(&left));
            let report = self.run(Some(name), left).await;
            red.extend(self::red(&report).map(|scenario| scenario.id.clone()));
        }
        let left = green(&red);
        let ids = left
            .iter()
            .flat_map(|feature| feature.scenarios.iter().map(|scenario| self.features.id(feature, scenario)));
        ids.map(|id| id.to_string()).collect()
    }

    fn without(&self, red: &BTreeSet<ScenarioId>) -> Vec<Feature> {
        let left = self.features.all.iter().cloned().map(|mut feature| {
            let original = feature.clone();
            feature.scenarios.retain(|scenario| !red.contains(&self.features.id(&original, scenario)));
            feature
        });
        left.filter(|feature| !feature.scenarios.is_empty()).collect()
    }

    async fn run(&self, defect: Option<&str>, selected: Vec<Feature>) -> RunReport {
        let mut shared = self.shared.clone();
        if let (Some(defect), Proxy::Launch(launch)) = (defect, &mut shared.profile.proxy) {
            launch.args.extend(["--defect".to_owned(), defect.to_owned()]);
        }
        runner::run(Arc::new(shared), self.features.clone(), selected, self.jobs, Arc::default(), |_| ()).await
    }
}

fn count(features: &[Feature]) -> usize {
    features.iter().map(cucumber::feature::Ext::count_scenarios).sum()
}

/// What a requirement's verdict turned red, or yellow where it does not bind. A scenario that could not do its work proves
/// nothing.
fn red(report: &RunReport) -> impl Iterator<Item = &ScenarioReport> {
    report.scenarios.iter().filter(|scenario| matches!(scenario.verdict(), Verdict::Failed | Verdict::Warning))
}

impl Kill {
    fn of(scenario: &ScenarioReport) -> Kill {
        let requirement = match &scenario.stop {
            Some(Stop::Failed { requirement, .. }) if !requirement.is_empty() => Some(requirement.clone()),
            _ => None,
        };
        Kill { scenario: scenario.id.to_string(), requirement }
    }
}

impl std::fmt::Display for Kill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.requirement {
            Some(requirement) => write!(f, "{requirement} in {}", self.scenario),
            None => f.write_str(&self.scenario),
        }
    }
}

impl Row {
    fn verdict(&self) -> &'static str {
        if self.killed_by.is_empty() { "SURVIVED" } else { "killed" }
    }
}

impl Matrix {
    fn is_good(&self) -> bool {
        self.defects.iter().all(|row| !row.killed_by.is_empty()) && self.never_red.as_ref().is_none_or(Vec::is_empty)
    }

    /// For people: the matrix, then what is wrong with the suite.
    fn text(&self, took: Duration) -> String {
        let mut text = String::from("requirement  defect                          killed by\n");
        for row in &self.defects {
            let by = match row.killed_by.as_slice() {
                [] => format!("SURVIVED: {}", row.defect.says),
                [one] => one.to_string(),
                [one, more @ ..] => format!("{one} (and {} more)", more.len()),
            };
            text.push_str(&format!("{:<12} {:<31} {by}\n", row.defect.breaks, row.defect.name));
        }
        for id in self.never_red.iter().flatten() {
            text.push_str(&format!("no defect turns this red: {id}\n"));
        }
        let mut by_verdict: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.defects {
            *by_verdict.entry(row.verdict()).or_default() += 1;
        }
        let count = |verdict| by_verdict.get(verdict).copied().unwrap_or(0);
        let vacuous = match &self.never_red {
            Some(never) => format!("{} scenarios that cannot fail", never.len()),
            None => "whether every scenario can fail was not looked at".to_owned(),
        };
        text.push_str(&format!(
            "{} defects: {} killed, {} survived; {vacuous}; {:.0} s\n",
            self.defects.len(),
            count("killed"),
            count("SURVIVED"),
            took.as_secs_f64(),
        ));
        text
    }
}
