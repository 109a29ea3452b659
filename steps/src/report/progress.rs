//! What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere. Colours only where they are wanted
//! (terminal, `NO_COLOR`, `CLICOLOR_FORCE`).

use std::io::IsTerminal;
use std::time::Duration;

use anstream::eprintln;
use clap::builder::styling::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{RunReport, ScenarioReport, Verdict, failure};
use crate::suite::requirements::Catalogue;
use crate::world::Stop;

/// So many characters of a reason are in a line.
const WHY: usize = 160;

/// The progress of a run, on standard error.
pub struct Progress {
    bar: Option<ProgressBar>,
    catalogue: Catalogue,
}

impl Progress {
    /// The progress of a run of so many scenarios.
    pub fn new(scenarios: usize, catalogue: Catalogue) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(scenarios as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {eta} left  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress { bar, catalogue }
    }

    /// A scenario ended at its `attempt`, from 1. On a terminal a failure is one line, and described when the run has ended; a
    /// log that nobody watches has it described at once, so that it is there however the run ends.
    pub fn ended(&self, report: &ScenarioReport, attempt: usize) {
        let verdict = report.verdict();
        let word = colour(verdict);
        let retry = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        let line =
            format!("{word}{:<8}{word:#} {} ({} ms{retry})", verdict.word(), report.id, report.duration.as_millis());
        match &self.bar {
            Some(bar) => {
                bar.set_message(report.id.to_string());
                if attempt > 1 {
                    bar.inc_length(1);
                }
                bar.inc(1);
                if !verdict.is_green() {
                    bar.suspend(|| eprintln!("{line}: {}", why(report)));
                }
            }
            // warnings have a heading of their own, at the end
            None if matches!(verdict, Verdict::Passed | Verdict::Warning) => eprintln!("{line}"),
            None if verdict == Verdict::Skipped => eprintln!("{line}: {}", why(report)),
            None => eprintln!("\n{}", failure::describe(report, &self.catalogue)),
        }
    }

    /// The run ended. What is not green stands in one line each at the end, however long the descriptions above are.
    pub fn finish(&self, run: &RunReport) {
        let red = || run.scenarios.iter().filter(|scenario| !scenario.verdict().is_green());
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            red().for_each(|scenario| eprintln!("\n{}", failure::describe(scenario, &self.catalogue)));
        }
        if red().next().is_some() {
            eprintln!();
        }
        for scenario in red() {
            let verdict = scenario.verdict();
            let word = colour(verdict);
            eprintln!("{word}{:<8}{word:#} {}: {}", verdict.word(), scenario.id, why(scenario));
        }
    }
}

/// The reason in one line of bounded length.
fn why(report: &ScenarioReport) -> String {
    let why = report.stop.as_ref().map_or_else(String::new, Stop::summary);
    let line = why.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WHY) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn colour(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Passed => AnsiColor::Green,
        Verdict::Warning | Verdict::Skipped => AnsiColor::Yellow,
        Verdict::Failed => AnsiColor::Red,
        Verdict::Blocked | Verdict::Error => AnsiColor::Magenta,
    }
    .on_default()
}
