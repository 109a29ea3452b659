//! A scenario of the existing vocabulary that sends the messages of a case.

use std::path::{Path, PathBuf};

use hl7::Message;

use super::{Case, Item, Reply};
use crate::replay::Rule;

/// The scenario cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file would belong to no suite.
    #[error(
        "{0} is no feature file of a suite; it must be SUITE/features/SUBJECT/NAME.feature, and `iris-conformance eject SUITE` makes one"
    )]
    NoSuite(PathBuf),
    /// A file is there already.
    #[error("{0} is there already; choose another name")]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {0}: {1}")]
    Write(PathBuf, std::io::Error),
    /// The vocabulary has no words for it.
    #[error("the messages of one kind got several answers, for which scenarios have no words")]
    MixedReplies,
}

/// Writes the feature file, and the messages into `features/messages` of its suite; gives the files.
///
/// # Errors
/// [`ScenarioError`].
pub fn write(case: &Case, rule: Rule, out: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    let wrong = || ScenarioError::NoSuite(out.to_owned());
    let stem = out.file_stem().and_then(|stem| stem.to_str()).ok_or_else(wrong)?;
    let absolute = std::path::absolute(out).map_err(|_| wrong())?;
    let features =
        absolute.ancestors().skip(1).find(|folder| folder.join("requirements").is_dir()).ok_or_else(wrong)?;
    if out.extension().is_none_or(|extension| extension != "feature") {
        return Err(wrong());
    }
    let names: Vec<String> = (1..=case.0.len()).map(|number| format!("{stem}-{number}")).collect();
    let text = feature(stem, case, rule, &names)?;
    let mut files = vec![(absolute.clone(), text.into_bytes())];
    for (item, name) in case.0.iter().zip(&names) {
        files.push((features.join("messages").join(format!("{name}.hl7")), item.content().to_vec()));
    }
    if let Some((taken, _)) = files.iter().find(|(file, _)| file.exists()) {
        return Err(ScenarioError::Exists(taken.clone()));
    }
    for (file, bytes) in &files {
        let written = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(file, bytes));
        written.map_err(|e| ScenarioError::Write(file.clone(), e))?;
    }
    Ok(files.into_iter().map(|(file, _)| file).collect())
}

fn feature(stem: &str, case: &Case, rule: Rule, names: &[String]) -> Result<String, ScenarioError> {
    let kind = |content: &[u8]| Message::parse(content).map(|message| message.message_type().0).unwrap_or_default();
    let results: Vec<(String, Reply)> = case
        .0
        .iter()
        .filter_map(|item| match item {
            Item::Result(content, reply) => Some((kind(content), *reply)),
            Item::Order(_) => None,
        })
        .collect();
    let mut steps = vec!["Given an EMR, a proxy and the IRIS cloud are connected".to_owned()];
    let mut kinds: Vec<&str> = results.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.contains(&"DFT") {
        steps.push("And charges are enabled for the organization".to_owned());
    }
    for kind in &kinds {
        let mut replies = results.iter().filter(|(other, _)| other == kind).map(|(_, reply)| *reply);
        let first = replies.next().unwrap_or(Reply::Accept);
        if replies.any(|other| other != first) {
            return Err(ScenarioError::MixedReplies);
        }
        if first != Reply::Accept {
            steps.push(format!("And the EMR answers every {kind} with {}", first.name()));
        }
    }
    let raw = matches!(rule, Rule::OrderAnswered);
    let mut word = "When";
    for (item, name) in case.0.iter().zip(names) {
        steps.push(match item {
            Item::Order(_) if raw => format!("{word} the EMR sends the bytes \"[VT]{{{name}}}[FS][CR]\""),
            Item::Order(_) => format!("{word} the EMR sends the order \"{name}\""),
            Item::Result(content, _) => format!("{word} IRIS delivers the {} \"{name}\"", kind(content)),
        });
        word = "And";
    }
    let ids = case.0.iter().filter_map(|item| match item {
        Item::Order(content) => Message::parse(content.clone()).ok(),
        Item::Result(..) => None,
    });
    let ids: Vec<String> = ids.map(|order| String::from_utf8_lossy(order.control_id()).into_owned()).collect();
    let counts = kinds.iter().map(|kind| {
        let count = results.iter().filter(|(other, _)| other == kind).count();
        format!("the EMR receives exactly {count} {kind}")
    });
    let checks: Vec<String> = match rule {
        Rule::OrdersFramed => vec!["every byte on the orders link belongs to a well-formed frame".to_owned()],
        Rule::ResultsFramed => {
            vec!["every byte on the results link belongs to a well-formed frame".to_owned()]
        }
        Rule::OrderUnchanged | Rule::OrderOnce => vec!["IRIS received exactly the bytes of every order".to_owned()],
        Rule::OrderAnswered => vec![format!("the EMR receives answers for \"{}\" in this order", ids.join(", "))],
        Rule::AnswerUnchanged => vec!["the EMR receives IRIS's answer byte for byte".to_owned()],
        Rule::ResultUnchanged => {
            kinds.iter().map(|kind| format!("every {kind} has exactly the bytes that IRIS handed over")).collect()
        }
        Rule::ResultSent | Rule::ChargeOnce | Rule::AcceptedOnce | Rule::AsRecorded => counts.collect(),
    };
    let mut word = "Then";
    for check in checks {
        steps.push(format!("{word} {check}"));
        word = "And";
    }
    let broken = rule.requirement();
    let messages = match case.0.len() {
        1 => "A message that breaks".to_owned(),
        count => format!("{count} messages that break"),
    };
    let steps: String = steps.iter().map(|step| format!("    {step}\n")).collect();
    Ok(format!("Feature: What was recorded as {stem}\n\n  @{broken}\n  Scenario: {messages} {broken}\n{steps}"))
}
