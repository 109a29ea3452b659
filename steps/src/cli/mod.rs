//! The command line.

mod accept;
pub(crate) mod check;
mod completions;
mod config;
mod coverage;
mod deidentify;
mod doctor;
mod eject;
mod explain;
mod generate;
mod lint;
mod list;
mod load;
mod outputs;
mod record;
mod replay;
mod report;
mod rerun;
mod run;
mod schema;
mod self_test;
mod shrink;
mod simulate;
mod steps;
#[cfg(test)]
mod tests;
mod verify;
mod watch;

use std::collections::BTreeSet;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use cucumber::gherkin::Feature;
use cucumber::gherkin::tagexpr::TagOperation;
use regex::Regex;
use yaml::{did_you_mean, nearest};

use crate::suite::Suite;
use crate::suite::features::{Features, tags};
use crate::suite::requirements::Catalogue;
use crate::suite::select::{Selection, Shard};

/// How a run ended, as the documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all selected scenarios passed.
    Passed,
    /// 1: a requirement is broken.
    Failed,
    /// 2: what is to be checked cannot be read.
    Unreadable,
    /// 3: the harness, the proxy's start or the environment broke.
    Broken,
    /// 4: nothing was selected.
    Nothing,
    /// 130: interrupted.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Unreadable => 2,
            Exit::Broken => 3,
            Exit::Nothing => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// Conformance suite for the IRIS EMR Proxy: simulated EMR, mock IRIS cloud, exact HL7 bytes.
#[derive(Parser)]
#[command(name = "iris-conformance", version, after_help = OVERVIEW)]
struct Cli {
    /// Use the suite of this folder instead of the one inside the program. Without it, the suite of the working folder is used
    /// if that holds one (a folder features/requirements)
    #[arg(long, global = true, value_name = "DIR", env = "IRIS_SUITE", hide_env_values = true)]
    suite: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const OVERVIEW: &str = "\
Examples:
  iris-conformance run                                    test the built-in reference proxy
  iris-conformance config init my-proxy.yaml              write a profile, to say how your proxy is started
  iris-conformance run --profile my-proxy.yaml            test your proxy
  iris-conformance check result.hl7                       check a message

Exit codes: 0 all selected scenarios passed, 1 a requirement is broken, 2 wrong usage,
3 the harness, the proxy or the environment broke, 4 nothing selected, 130 interrupted.";

#[derive(Subcommand)]
enum Command {
    /// Run scenarios against a proxy (the built-in reference proxy unless a profile names another)
    Run(Box<run::Run>),
    /// Make reports of saved runs, and join those of shards
    #[command(subcommand)]
    Report(report::Report),
    /// Show that the suite would notice: run it against proxies with one defect each
    SelfTest(self_test::SelfTest),
    /// List the scenarios, outline rows expanded
    #[command(after_help = LIST_EXAMPLES)]
    List(Filters),
    /// Check HL7 messages that others made: orders, results, documents, charges, acknowledgements
    Check(check::Check),
    /// Guide through the acceptance of an installed proxy, or of an EMR
    Accept(Box<accept::Accept>),
    /// Say which requirements are tested, and why others are not
    Coverage(coverage::Coverage),
    /// Check the suite: requirement ids, steps, snapshots
    #[command(after_help = LINT_EXAMPLES)]
    Lint,
    /// Print the steps that scenarios can use
    Steps(steps::Steps),
    /// Say what a requirement asks for, where it is tested, and which field it rules
    Explain(explain::Explain),
    /// Make synthetic orders, results, charges and documents
    Generate(Box<generate::Generate>),
    /// Play the IRIS cloud for a proxy that runs on its own, or all parties with a page to watch and act
    Simulate(Box<simulate::Simulate>),
    /// Check that an evidence bundle (`run --bundle`) is as it was made
    Verify(verify::Verify),
    /// Keys for evidence bundles
    #[command(subcommand)]
    Evidence(verify::Evidence),
    /// Find out why a proxy on this machine cannot reach the cloud: names, ports, trust, clock
    Doctor(doctor::Doctor),
    /// Put a proxy under load: latencies, losses, duplicates
    Load(Box<load::Load>),
    /// Record what real parties say to each other, between them
    Record(record::Record),
    /// Play a recording again and compare what comes of it
    Replay(replay::Replay),
    /// Find the smallest part of a recording that still fails, and make a scenario of it
    Shrink(shrink::Shrink),
    /// Take the patients out of messages and journals
    Deidentify(deidentify::Deidentify),
    /// Write the suite's files and the examples of all settings into a folder
    Eject(eject::Eject),
    /// Write an example of a file of settings, with every key explained
    #[command(subcommand)]
    Config(config::Config),
    /// Print the JSON schema of a file of settings, for editors
    Schema(schema::SchemaOf),
    /// Print the completions of a shell
    Completions(completions::Completions),
    /// Print the manual page, or write one for each command
    Man(completions::Man),
}

const LIST_EXAMPLES: &str = "Examples:
  iris-conformance list --tags \"@charges and not @contract\"
  iris-conformance list --tags @ACK-030                   the scenarios of a requirement
  iris-conformance list --name \"^results/\"

Exit codes: 0 listed, 2 wrong usage, 3 the suite cannot be read, 4 nothing selected.";

const LINT_EXAMPLES: &str = "Examples:
  iris-conformance lint
  iris-conformance lint --suite my-suite                  the suite of a folder

Exit codes: 0 no finding, 1 findings, 2 wrong usage, 3 the suite cannot be read.";

/// Filters; all that are given must hold.
#[derive(Args)]
struct Filters {
    /// Only scenarios whose tags fit, e.g. "@charges and not @contract" or "@ACK-030"
    #[arg(long, value_name = "EXPR", value_parser = tag_expression)]
    tags: Option<TagOperation>,
    /// Only scenarios whose id (see `list`) fits the regular expression
    #[arg(long, value_name = "RE")]
    name: Option<Regex>,
    /// Only one part of the scenarios, such as hash:1/4: the first of four
    #[arg(long, value_name = "hash:M/N")]
    shard: Option<Shard>,
}

fn tag_expression(text: &str) -> Result<TagOperation, String> {
    text.parse().map_err(|e| format!("{e}; write tags with @, joined by and, or, not"))
}

impl Filters {
    fn selection(&self) -> Selection {
        Selection { tags: self.tags.clone(), name: self.name.clone(), shard: self.shard, only: None }
    }

    fn select(&self, features: &Features, catalogue: &Catalogue) -> Vec<Feature> {
        self.selection().apply(features, catalogue)
    }
}

impl Filters {
    /// Why nothing is selected, with the names that are nearest to what was asked for.
    fn nothing_selected(&self, features: &Features, catalogue: &Catalogue) -> String {
        let all = || features.scenarios();
        let ids: Vec<String> = all().map(|(feature, scenario)| features.id(feature, scenario).to_string()).collect();
        let mut known: BTreeSet<&str> = all().flat_map(|(feature, scenario)| tags(feature, scenario)).collect();
        known.extend(catalogue.iter().filter_map(|requirement| requirement.item.as_deref()));
        known.insert("contract");
        let asked = self.tags.as_ref().map_or_else(Vec::new, tags_of);
        let unknown = asked.iter().filter(|tag| !known.contains(tag.as_str()));
        let mut why: Vec<String> = unknown
            .map(|tag| match nearest(tag, known.iter().copied()).as_slice() {
                [] => format!("no scenario has the tag @{tag}"),
                near => format!("no scenario has the tag @{tag}; did you mean @{}?", near.join(", @")),
            })
            .collect();
        if let Some(name) = self.name.as_ref().filter(|name| !ids.iter().any(|id| name.is_match(id))) {
            let titles = all().map(|(feature, scenario)| features.id(feature, scenario).title).collect::<Vec<_>>();
            let names = ids.iter().chain(&titles).map(String::as_str);
            why.push(format!("no scenario's id fits \"{name}\"{}", did_you_mean(name.as_str(), names)));
        }
        if why.is_empty() {
            why.push("no scenario fits all filters".to_owned());
        }
        format!("nothing selected: {}; `iris-conformance list` shows all scenarios", why.join("; "))
    }
}

/// The tags that an expression names.
fn tags_of(expression: &TagOperation) -> Vec<String> {
    match expression {
        TagOperation::And(a, b) | TagOperation::Or(a, b) => [tags_of(a), tags_of(b)].concat(),
        TagOperation::Not(a) => tags_of(a),
        TagOperation::Tag(tag) => vec![tag.clone()],
    }
}

/// The command line, for documents that are made from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match Suite::open(cli.suite.as_deref()).and_then(|suite| execute(cli.command, suite)) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            Exit::Broken.into()
        }
    }
}

fn execute(command: Command, suite: Suite) -> anyhow::Result<Exit> {
    match command {
        Command::Run(run) => run.execute(suite),
        Command::Report(report) => report.execute(),
        Command::SelfTest(self_test) => self_test.execute(suite),
        Command::List(filters) => list::execute(&suite, &filters),
        Command::Check(check) => check.execute(&suite),
        Command::Accept(accept) => accept.execute(&suite),
        Command::Coverage(coverage) => coverage.execute(&suite),
        Command::Lint => lint::execute(&suite),
        Command::Steps(steps) => steps.execute(),
        Command::Explain(explain) => explain.execute(&suite),
        Command::Generate(generate) => generate.execute(),
        Command::Verify(verify) => verify.execute(),
        Command::Evidence(evidence) => evidence.execute(),
        Command::Simulate(simulate) => simulate.execute(suite),
        Command::Doctor(doctor) => doctor.execute(),
        Command::Load(load) => load.execute(suite),
        Command::Record(record) => record.execute(),
        Command::Replay(replay) => replay.execute(suite),
        Command::Shrink(shrink) => shrink.execute(suite),
        Command::Deidentify(deidentify) => deidentify.execute(),
        Command::Eject(eject) => eject.execute(&suite),
        Command::Config(config) => config.execute(),
        Command::Schema(schema) => schema.execute(),
        Command::Completions(completions) => completions.execute(),
        Command::Man(man) => man.execute(),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the async runtime")
}

/// Ends the program with exit code 2.
fn wrong_usage(problem: &str) -> ! {
    clap::Error::raw(clap::error::ErrorKind::ValueValidation, format!("{problem}\n")).exit()
}

/// Prints on standard output; a reader that went away has seen enough.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}
