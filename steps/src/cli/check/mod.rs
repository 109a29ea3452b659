//! `iris-conformance check`

mod human;
mod input;
mod json;
mod junit;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use results::check::{Agreements, Problem};
use results::order_profile::OrderProfile;
use serde::de::DeserializeOwned;

use super::Exit;
use crate::suite::Suite;
use crate::suite::requirements::Catalogue;

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance check result.hl7\n  \
    iris-conformance check --orders our-orders.yaml orders.hl7\n  \
    iris-conformance check --format junit captured.mllp > junit.xml\n\n\
A file holds one message, several, or an MLLP capture; 64 MiB at most.\n\n\
Exit codes: 0 no problem, 1 problems, 2 unreadable input or wrong usage.")]
pub(super) struct Check {
    /// Files with HL7 messages; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What is agreed for results, documents and charges (YAML); the default profile with free texts if left out
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What is agreed for orders (YAML), e.g. `patient_id: { source: PID-3 }`
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people, with the place in the segment
    Human,
    /// One JSON object
    Json,
    /// JUnit XML, one test case a message
    Junit,
}

/// A message and what is wrong with it.
struct Checked {
    file: String,
    /// Position in the file, from 1.
    number: usize,
    /// Offset in the file.
    offset: usize,
    content: Vec<u8>,
    /// MSH-9 and MSH-10.
    kind: String,
    control_id: String,
    problems: Vec<Problem>,
}

impl Check {
    pub(super) fn execute(self, suite: &Suite) -> anyhow::Result<Exit> {
        let agreed = || anyhow::Ok((load(self.profile.as_deref())?, load::<OrderProfile>(self.orders.as_deref())?));
        let (results, orders) = match agreed() {
            Ok(agreed) => agreed,
            Err(error) => return Ok(unreadable(&error)),
        };
        let agreements = Agreements { results: results.as_ref(), orders: orders.as_ref() };
        let catalogue = Catalogue::load(suite)?;
        let mut all = Vec::new();
        let mut exit = Exit::Passed;
        for file in &self.files {
            match check(file, &agreements) {
                Ok(checked) => all.extend(checked),
                Err(error) => exit = unreadable(&error),
            }
        }
        if exit == Exit::Passed && all.iter().any(|checked| !checked.problems.is_empty()) {
            exit = Exit::Failed;
        }
        let text = match self.format {
            Format::Human => human::write(&all, &catalogue),
            Format::Json => serde_json::to_string_pretty(&json::value(&all, &catalogue))? + "\n",
            Format::Junit => junit::write(&all, &catalogue)?,
        };
        match anstream::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(error).context("cannot write the report")
            }
            _ => Ok(exit),
        }
    }
}

/// The problems of one message, each with a mark under its place.
pub(crate) fn carets(name: &str, content: &[u8], problems: &[Problem], catalogue: &Catalogue) -> String {
    let (file, content, problems) = (name.to_owned(), content.to_vec(), problems.to_vec());
    let checked =
        Checked { file, number: 1, offset: 0, content, kind: String::new(), control_id: String::new(), problems };
    let all = checked.problems.iter().map(|problem| human::describe(&checked, problem, catalogue) + "\n");
    all.collect()
}

fn unreadable(error: &anyhow::Error) -> Exit {
    eprintln!("error: {error:#}");
    Exit::Unreadable
}

/// What a YAML file holds; without a file nothing.
pub(crate) fn load<T: DeserializeOwned>(path: Option<&Path>) -> anyhow::Result<Option<T>> {
    path.map(|path| yaml::load(path).with_context(|| format!("{} is no profile", path.display()))).transpose()
}

fn check(file: &Path, agreements: &Agreements<'_>) -> anyhow::Result<Vec<Checked>> {
    let input = input::read(file)?;
    let mut all = Vec::new();
    for (message, number) in input.messages.into_iter().zip(1..) {
        let at = || format!("{}, message {number} at byte {}", input.name, message.offset);
        let problems = match message.problem {
            Some(problem) => vec![problem],
            None => results::check::check(&message.content, agreements).with_context(at)?,
        };
        let header = hl7::Message::parse(&message.content[..]).ok();
        let field =
            |path| header.as_ref().and_then(|header| header.raw(path)).map(hl7::show::bytes).unwrap_or_default();
        let (kind, control_id) = (field("MSH-9"), field("MSH-10"));
        let (offset, content) = (message.offset, message.content);
        all.push(Checked { file: input.name.clone(), number, offset, content, kind, control_id, problems });
    }
    Ok(all)
}
