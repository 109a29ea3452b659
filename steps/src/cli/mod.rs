//! The command line.

mod accept;
pub(crate) mod check;
mod config;
mod coverage;
mod doctor;
mod eject;
mod explain;
mod generate;
mod lint;
mod list;
mod outputs;
mod report;
mod run;
mod self_test;
mod simulate;
mod steps;

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use cucumber::gherkin::Feature;
use regex::Regex;

use crate::suite::Suite;
use crate::suite::features::Features;
use crate::suite::requirements::Catalogue;
use crate::suite::select::Selection;

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
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    /// Use the suite of this folder instead of the one inside the program. Without it, the suite of the working folder is used
    /// if that holds one (a folder features/requirements)
    #[arg(long, global = true, value_name = "DIR", env = "IRIS_SUITE", hide_env_values = true)]
    suite: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all selected scenarios passed, 1 a requirement is broken, 2 wrong usage,\n\
3 the harness, the proxy or the environment broke, 4 nothing selected, 130 interrupted.";

#[derive(Subcommand)]
enum Command {
    /// Run scenarios against a proxy (the built-in reference proxy unless a profile names another)
    Run(run::Run),
    /// Make reports of saved runs, and join those of shards
    #[command(subcommand)]
    Report(report::Report),
    /// Show that the suite would notice: run it against proxies with one defect each
    SelfTest(self_test::SelfTest),
    /// List the scenarios, outline rows expanded
    List(Filters),
    /// Check HL7 messages that others made: orders, results, documents, charges, acknowledgements
    Check(check::Check),
    /// Guide through the acceptance of an installed proxy, or of an EMR
    Accept(Box<accept::Accept>),
    /// Say which requirements are tested, and why others are not
    Coverage(coverage::Coverage),
    /// Check the suite: requirement ids, steps, snapshots
    Lint,
    /// Print the steps that scenarios can use
    Steps,
    /// Say what a requirement asks for, where it is tested, and which field it rules
    Explain(explain::Explain),
    /// Make synthetic orders, results, charges and documents
    Generate(Box<generate::Generate>),
    /// Play the IRIS cloud for a proxy that runs on its own, or all parties with a page to watch and act
    Simulate(Box<simulate::Simulate>),
    /// Find out why a proxy on this machine cannot reach the cloud: names, ports, trust, clock
    Doctor(doctor::Doctor),
    /// Write the suite's files and the examples of all settings into a folder
    Eject(eject::Eject),
}

/// Filters; all that are given must hold.
#[derive(Args)]
struct Filters {
    /// Only scenarios whose tags fit, e.g. "@charges and not @contract" or "@ACK-030"
    #[arg(long, value_name = "EXPR", value_parser = tag_expression)]
    tags: Option<cucumber::gherkin::tagexpr::TagOperation>,
    /// Only scenarios whose id (see `list`) fits the regular expression
    #[arg(long, value_name = "RE")]
    name: Option<Regex>,
}

fn tag_expression(text: &str) -> Result<cucumber::gherkin::tagexpr::TagOperation, String> {
    text.parse().map_err(|e| format!("{e}; write tags with @, joined by and, or, not"))
}

impl Filters {
    fn select(&self, features: &Features, catalogue: &Catalogue) -> Vec<Feature> {
        Selection { tags: self.tags.clone(), name: self.name.clone() }.apply(features, catalogue)
    }
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
        Command::Steps => steps::execute(),
        Command::Explain(explain) => explain.execute(&suite),
        Command::Generate(generate) => generate.execute(),
        Command::Simulate(simulate) => simulate.execute(suite),
        Command::Doctor(doctor) => doctor.execute(),
        Command::Eject(eject) => eject.execute(&suite),
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
