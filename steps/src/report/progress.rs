//! What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{ScenarioReport, Verdict, failure};
use crate::suite::requirements::Catalogue;
use crate::world::Stop;

/// The progress of a run, on standard error.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// The progress of a run of so many scenarios.
    pub fn new(scenarios: usize) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(scenarios as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {eta} left  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress { bar }
    }

    /// A scenario ended.
    pub fn ended(&self, report: &ScenarioReport, catalogue: &Catalogue) {
        let verdict = report.verdict();
        let line = format!("{:<8} {} ({} ms)", verdict.word(), report.id, report.duration.as_millis());
        match &self.bar {
            Some(bar) => {
                bar.set_message(report.id.to_string());
                bar.inc(1);
                if !matches!(verdict, Verdict::Passed | Verdict::Warning | Verdict::Skipped) {
                    bar.suspend(|| eprintln!("\n{}", failure::describe(report, catalogue)));
                }
            }
            // warnings have a heading of their own, at the end
            None if matches!(verdict, Verdict::Passed | Verdict::Warning) => eprintln!("{line}"),
            None if verdict == Verdict::Skipped => {
                eprintln!("{line}: {}", report.stop.as_ref().map_or_else(String::new, Stop::summary));
            }
            None => eprintln!("\n{}", failure::describe(report, catalogue)),
        }
    }

    /// The run ended.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
