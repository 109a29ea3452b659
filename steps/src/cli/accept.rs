//! `iris-conformance accept`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use cloud::contract::Contract;
use journal::Seed;
use rand::RngExt;

use super::outputs::{Outputs, write_journal};
use super::{Exit, run};
use crate::accept::{EmrParty, Guide, Halt, Judge, Party, ProxyParty, State, Talk, load, report, template};
use crate::proxy::asked_to_end;
use crate::report::RunReport;
use crate::report::harness::HarnessCheck;
use crate::suite::Suite;
use crate::suite::binding::Binding;
use crate::suite::requirements::Catalogue;

const EXIT_CODES: &str = "\
Examples:
  iris-conformance accept proxy                                 asks, guides, and goes on where it was stopped
  iris-conformance accept proxy --html acceptance.html          the same, and writes a report
  iris-conformance accept emr --write-answers answers.yaml      a file of answers to be filled in
  iris-conformance accept emr --answers answers.yaml            without questions

Exit codes: 0 every case passed or was skipped with a reason, 1 a requirement is broken, 2 wrong usage or a missing answer,
3 something could not be reached or done, 4 every case was skipped, 130 stopped; the next start goes on.";

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Accept {
    #[command(subcommand)]
    party: Subject,
}

#[derive(Subcommand)]
enum Subject {
    /// An installed proxy, with the test environment of IRIS: this program is the EMR
    #[command(after_help = EXIT_CODES)]
    Proxy(Options),
    /// An EMR or its engine: this program is the proxy and IRIS
    #[command(after_help = EXIT_CODES)]
    Emr(Options),
}

#[derive(Args)]
struct Options {
    /// Where the state is kept between two starts; acceptance-proxy.json or acceptance-emr.json if left out
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Begin anew; earlier answers are proposed
    #[arg(long)]
    restart: bool,
    /// Try only this case, also if it was tried before; may be given more than once
    #[arg(long, value_name = "CASE")]
    case: Vec<String>,
    /// Ask nothing: the answers are in this file (YAML). The state is kept only where --state says
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Write a file of answers to be filled in, and end
    #[arg(long, value_name = "FILE", conflicts_with_all = ["answers", "state", "restart", "case"])]
    write_answers: Option<PathBuf>,
    /// What proxy and IRIS say to each other (YAML), with the rulings that do not bind; the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Write everything that happened, one JSON object a line
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
}

impl Accept {
    pub(super) fn execute(self, suite: &Suite) -> anyhow::Result<Exit> {
        match self.party {
            Subject::Proxy(options) => options.execute::<ProxyParty>(suite),
            Subject::Emr(options) => options.execute::<EmrParty>(suite),
        }
    }
}

impl Options {
    fn execute<P: Party>(self, suite: &Suite) -> anyhow::Result<Exit> {
        if let Some(file) = &self.write_answers {
            return write_answers::<P>(file);
        }
        let contract = Contract::load(self.contract.as_deref())?;
        let catalogue = Catalogue::load(suite)?;
        let binding = Binding::new(&catalogue, &contract)?;
        let judge = Judge { catalogue: catalogue.clone(), binding, results: None, orders: Default::default() };
        let mut talk = match self.answers {
            None => Talk::with_a_person(),
            Some(file) => match load(&file, P::QUESTIONS, P::CASES) {
                Ok(answers) => Talk::File(file, answers),
                Err(error) => return Ok(unanswered(&error)),
            },
        };
        let by_default = || talk.is_attended().then(|| PathBuf::from(format!("acceptance-{}.json", P::NAME)));
        let guide = Guide { state_file: self.state.or_else(by_default), only: self.case };
        let kept = guide.state_file.as_ref().map_or(Ok(None), |file| State::load(file, P::NAME))?;
        // numbers of orders must not come twice, not even after a restart
        let seed = Seed::new(rand::rng().random::<u32>().into()).value();
        let mut state = match kept {
            Some(kept) if self.restart => kept.restart(seed),
            Some(kept) => kept,
            None => State::new(P::NAME, seed),
        };
        let mut harness = HarnessCheck::begin();
        let runtime = super::runtime()?;
        let outcome = runtime.block_on(async {
            tokio::select! {
                outcome = guide.run::<P>(&mut state, judge, &mut talk) => outcome,
                _ = asked_to_end() => Err(Halt::Pause),
            }
        });
        runtime.shutdown_background(); // a prompt may still wait for its answer
        harness.end();
        let report = RunReport {
            harness: harness.findings(),
            digests: [("suite".to_owned(), suite.digest())].into(),
            catalogue,
            ..report::<P>(&state, &contract)
        };
        self.outputs.write(&report)?;
        if let Some(path) = &self.journal {
            write_journal(path, &report)?;
        }
        let exit = match outcome {
            Ok(()) => run::exit(&chosen(report.clone(), &guide.only)),
            Err(Halt::Unanswered(error)) => return Ok(unanswered(&error)),
            Err(Halt::Broken(error)) => return Err(error),
            Err(Halt::Stop(stop)) => anyhow::bail!("{}", stop.summary()),
            Err(Halt::Pause) => Exit::Interrupted,
        };
        talk.say(format!("\n{}", report.summary()));
        if let Some(file) = &guide.state_file {
            let hint = match exit {
                Exit::Passed => "",
                Exit::Interrupted => "; the same command goes on",
                _ => "; `--case NAME` tries a case again",
            };
            talk.say(format!("The state is kept in {}{hint}.", file.display()));
        }
        Ok(exit)
    }
}

/// The report of the cases that were asked for; of all, if none were.
fn chosen(mut report: RunReport, only: &[String]) -> RunReport {
    if !only.is_empty() {
        report.scenarios.retain(|scenario| only.contains(&scenario.id.slug));
        report.selected = only.len();
    }
    report
}

fn write_answers<P: Party>(file: &PathBuf) -> anyhow::Result<Exit> {
    use anyhow::Context;
    let text = template(P::NAME, P::QUESTIONS, P::CASES);
    let mut new = std::fs::OpenOptions::new();
    let written = new
        .write(true)
        .create_new(true)
        .open(file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    written.with_context(|| format!("cannot write {}", file.display()))?;
    super::print(&format!(
        "{} is written. Fill it in, then: iris-conformance accept {} --answers {0}\n",
        file.display(),
        P::NAME
    ))?;
    Ok(Exit::Passed)
}

fn unanswered(error: &anyhow::Error) -> Exit {
    eprintln!("error: {error:#}");
    Exit::Unreadable
}
