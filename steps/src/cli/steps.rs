//! `iris-conformance steps`

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::{Exit, print};
use crate::vocabulary::{self, StepInfo};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance steps\n  \
    iris-conformance steps --format markdown > steps.md")]
pub(super) struct Steps {
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A step a line, and below it what it does
    Text,
    /// A chapter a subject
    Markdown,
}

impl Steps {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let steps = vocabulary::all();
        print(&match self.format {
            Format::Text => text(&steps),
            Format::Markdown => markdown(&steps),
        })?;
        Ok(Exit::Passed)
    }
}

fn text(steps: &[StepInfo]) -> String {
    let about =
        |step: &StepInfo| if step.about.is_empty() { String::new() } else { format!("        {}\n", step.about) };
    steps.iter().map(|step| format!("{:<5} {}\n{}", step.keyword, step.expression, about(step))).collect()
}

fn markdown(steps: &[StepInfo]) -> String {
    let mut subjects: BTreeMap<&str, Vec<&StepInfo>> = BTreeMap::new();
    for step in steps {
        let file = step.file.rsplit(['/', '\\']).next().unwrap_or(&step.file);
        subjects.entry(file.trim_end_matches(".rs")).or_default().push(step);
    }
    let mut text =
        "# Steps\n\nWhat scenarios are written with, by subject. `iris-conformance steps` prints the same. In a step, \
        `{string}` stands for a text in quotes, `{int}` for a number, `{word}` for one word.\n"
            .to_owned();
    for (subject, steps) in subjects {
        text += &format!("\n## {subject}\n\n");
        for StepInfo { keyword, expression, about, .. } in steps {
            text += &format!("- **{keyword}** `{expression}`  \n  {about}\n");
        }
    }
    text
}
