//! `iris-conformance explain`

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use anyhow::Result;
use clap::{Args, ValueEnum};
use results::mapping::{Field, FieldPath, Mapping, Usage};
use serde::Serialize;
use yaml::did_you_mean;

use super::Exit;
use crate::suite::features::{Features, ScenarioId, requirement_ids};
use crate::suite::requirements::{Basis, Catalogue, Level, Requirement, Subject};
use crate::suite::{Suite, shown};

const EXAMPLES: &str = "\
Examples:
  iris-conformance explain ORU-OBR-22          one requirement
  iris-conformance explain ORU-OBR             a family, one line each
  iris-conformance explain ACK-030 DFT-GEN-001 --format json

Exit codes: 0 explained, 2 wrong usage or unknown id.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    /// Requirement ids, or how a family of ids begins
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// For people, or as a JSON array with one object a requirement
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// A requirement and all that is known of it.
#[derive(Serialize)]
struct Explanation<'a> {
    #[serde(flatten)]
    requirement: &'a Requirement,
    /// The HL7 name of the element that the id names.
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<String>,
    fields: Vec<Line>,
    scenarios: Vec<Tested>,
    /// The ids above and below, such as those of a field's components.
    related: Vec<&'a str>,
    /// How the ids of its family begin.
    family: &'a str,
    #[serde(skip)]
    family_size: usize,
}

/// A line of a field table.
#[derive(Serialize)]
struct Line {
    message: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    usage: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    data_type: Option<String>,
    allowed: &'static [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// A scenario that tests it.
#[derive(Serialize)]
struct Tested {
    file: String,
    line: usize,
    name: String,
    /// Shared by the rows of an outline.
    #[serde(skip)]
    slug: String,
}

impl Explain {
    pub(super) fn execute(self, suite: &Suite) -> Result<Exit> {
        let catalogue = Catalogue::load(suite)?;
        let features = Features::load(suite)?;
        let mut all = Vec::new();
        for id in &self.ids {
            let id = id.trim_end_matches('-').to_ascii_uppercase();
            let asked = catalogue.get(&id).map_or_else(|| family(&id, &catalogue), |requirement| vec![requirement]);
            if asked.is_empty() {
                super::wrong_usage(&unknown(&id, &catalogue));
            }
            all.push(asked);
        }
        match self.format {
            Format::Json => {
                let all: Vec<_> =
                    all.into_iter().flatten().map(|r| Explanation::of(r, &catalogue, &features)).collect();
                super::print(&format!("{}\n", serde_json::to_string_pretty(&all)?))?;
            }
            Format::Human => {
                let texts = all.into_iter().map(|asked| match asked[..] {
                    [one] => Explanation::of(one, &catalogue, &features).human(),
                    _ => asked.iter().map(|r| format!("{:<14} {}\n", r.id, r.text)).collect(),
                });
                super::print(&texts.collect::<Vec<_>>().join("\n"))?;
            }
        }
        Ok(Exit::Passed)
    }
}

/// Whether an id is `above` and more: `ORU-OBR-22` or `ORU-OBR-2.1`, not `ORU-OBRA`.
fn is_below(id: &str, above: &str) -> bool {
    id.strip_prefix(above).is_some_and(|rest| rest.starts_with(['-', '.']))
}

/// The requirements below, 2 in front of 14.
fn family<'a>(above: &str, catalogue: &'a Catalogue) -> Vec<&'a Requirement> {
    let mut family: Vec<_> = catalogue.iter().filter(|r| is_below(&r.id, above)).collect();
    family.sort_by_cached_key(|r| {
        let parts = r.id.split(['-', '.']).map(|part| (part.parse().unwrap_or(u32::MAX), part.to_owned()));
        parts.collect::<Vec<_>>()
    });
    family
}

fn unknown(id: &str, catalogue: &Catalogue) -> String {
    match did_you_mean(id, catalogue.iter().map(|requirement| requirement.id.as_str())) {
        none if none.is_empty() => format!("there is no requirement `{id}`; `iris-conformance coverage` lists all ids"),
        near => format!("there is no requirement `{id}`{near}"),
    }
}

impl<'a> Explanation<'a> {
    fn of(requirement: &'a Requirement, catalogue: &'a Catalogue, features: &Features) -> Explanation<'a> {
        let id = requirement.id.as_str();
        let element = id.split_once('-').and_then(|(_, path)| name(&path.parse().ok()?));
        let related =
            catalogue.iter().map(|r| r.id.as_str()).filter(|other| is_below(other, id) || is_below(id, other));
        let shorter = |id: &&'a str| id.rsplit_once(['-', '.']).map(|(above, _)| above);
        let above = std::iter::successors(Some(id), shorter).find(|above| catalogue.get(above).is_none()).unwrap_or(id);
        Explanation {
            requirement,
            element,
            fields: lines(id),
            scenarios: tested(id, features),
            related: related.collect(),
            family: above,
            family_size: family(above, catalogue).len(),
        }
    }

    fn human(&self) -> String {
        let Requirement { id, level, subject, basis, text, source, untested, item, premise: _ } = self.requirement;
        let mut out = format!("{id}\n");
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(out, "  {key:<9} {value}");
        };
        line("text", text);
        line("level", &format!("{}, asked of the {}", in_capitals(*level), party(*subject)));
        line("basis", in_words(*basis));
        line("source", source);
        item.iter().for_each(|item| line("depends", &format!("{item}, unpublished: the contract file decides it")));
        if let Some(element) = self.element.as_ref().filter(|_| self.fields.is_empty()) {
            line("HL7 name", element);
        }
        for field in &self.fields {
            let Line { message, path, usage, .. } = field;
            line(
                "field",
                &format!("{message} {path}{}", field.name.as_ref().map(|name| format!(", {name}")).unwrap_or_default()),
            );
            line("", usage);
            if let Some(data_type) = &field.data_type {
                line("", &format!("type {data_type}"));
            }
            if let Some(value) = &field.value {
                line("", &format!("value {value}"));
            }
            if !field.allowed.is_empty() {
                line("", &format!("allowed {}", field.allowed.join(" or ")));
            }
        }
        if self.scenarios.is_empty() {
            let why = untested.as_ref().map_or_else(String::new, |why| format!("; {why}"));
            line("tested", &format!("by no scenario{why}"));
        }
        // the rows of an outline together
        for rows in self.scenarios.chunk_by(|one, next| (&one.file, &one.slug) == (&next.file, &next.slug)) {
            let [Tested { file, line: number, name, .. }, more @ ..] = rows else { continue };
            let more = if more.is_empty() { String::new() } else { format!(" (and {} rows more)", more.len()) };
            line("tested", &format!("{file}:{number}: {name}{more}"));
        }
        if !self.related.is_empty() {
            line("related", &self.related.join(" "));
        }
        line("family", &format!("`explain {}` lists {} ids", self.family, self.family_size));
        out
    }
}

fn in_capitals(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
        Level::May => "MAY",
        Level::Probe => "PROBE (recorded only)",
    }
}

fn party(subject: Subject) -> &'static str {
    match subject {
        Subject::Proxy => "proxy",
        Subject::Emr => "EMR",
        Subject::Cloud => "IRIS cloud",
        Subject::Harness => "harness",
    }
}

fn in_words(basis: Basis) -> &'static str {
    match basis {
        Basis::Published => "published by IRIS",
        Basis::Older => "published by IRIS in an older revision",
        Basis::Standard => "a general standard, such as HL7 v2 or MLLP",
        Basis::Deduction => "follows from what IRIS published",
        Basis::Ruling => "a ruling of the specification; nothing public decides it, or public texts disagree",
    }
}

/// The lines of the field tables that carry the id.
fn lines(id: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for table in [Mapping::oru(), Mapping::mdm(), Mapping::dft()] {
        for segment in &table.segments {
            if segment.id == id {
                let usage = segment
                    .list
                    .map_or_else(|| "once".to_owned(), |list| format!("one for each item of the list {list:?}"));
                lines.push(Line {
                    message: &table.message,
                    path: segment.segment.clone(),
                    name: hl7::names::segment(&segment.segment).map(str::to_owned),
                    usage,
                    data_type: None,
                    allowed: &[],
                    value: None,
                });
            }
            lines.extend(
                segment.fields.iter().filter(|field| field.id == id).map(|field| of_field(&table.message, field)),
            );
        }
    }
    lines
}

fn of_field(message: &'static str, field: &'static Field) -> Line {
    let usage = match field.usage {
        Usage::R => "R: always filled",
        Usage::Re => "RE: filled when the input is known",
        Usage::C => "C: filled on a condition",
        Usage::O => "O: optional",
        Usage::X => "X: always empty",
    };
    Line {
        message,
        path: field.path.to_string(),
        name: name(&field.path),
        usage: usage.to_owned(),
        data_type: field.data_type.map(|data_type| format!("{data_type:?}").to_ascii_uppercase()),
        allowed: &field.allowed,
        value: field.value.as_ref().map(ToString::to_string),
    }
}

/// The HL7 name of an element, such as `Patient Name / Family Name`; of a run, the names of its first and last.
fn name(path: &FieldPath) -> Option<String> {
    let name_of = |field: u16, component: Option<u16>| {
        let name = hl7::names::field(&path.segment, field.into())?;
        let part = component.and_then(|part| hl7::names::component(&path.segment, field.into(), part.into()));
        Some(part.map_or_else(|| name.to_owned(), |part| format!("{name} / {part}")))
    };
    let first = name_of(path.field, path.component)?;
    let last = match (path.component, path.run_to) {
        (_, None) => return Some(first),
        (None, Some(last)) => name_of(last, None)?,
        (Some(_), last) => name_of(path.field, last)?,
    };
    Some(format!("{first} to {last}"))
}

/// The scenarios with the id among their tags; of an outline the rows.
fn tested(id: &str, features: &Features) -> Vec<Tested> {
    let all = features.scenarios();
    let with_id = all.filter(|(feature, scenario)| requirement_ids(feature, scenario).iter().any(|tag| tag == id));
    let tested = with_id.map(|(feature, scenario)| {
        let ScenarioId { title, slug, .. } = features.id(feature, scenario);
        let file = feature.path.as_deref().map_or_else(String::new, shown);
        Tested { file, line: scenario.position.line, name: title, slug }
    });
    tested.collect()
}
