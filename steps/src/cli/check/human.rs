//! For people: the segment with a mark under the place.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use results::check::{MOST_PROBLEMS, Problem};

use super::Checked;
use crate::suite::requirements::{self, Catalogue};

/// How many bytes of a segment are shown.
const WIDTH: usize = 110;

pub(super) fn write(all: &[Checked], catalogue: &Catalogue) -> String {
    let mut out = String::new();
    for checked in all {
        let Checked { file, number, kind, control_id, content, .. } = checked;
        let found = match checked.problems.len() {
            0 => "no problem".to_owned(),
            1 => "1 problem".to_owned(),
            MOST_PROBLEMS => format!("the first {MOST_PROBLEMS} problems"),
            n => format!("{n} problems"),
        };
        out += &format!("{file}: message {number}, {kind} {control_id} ({} bytes): {found}\n", content.len());
        for problem in &checked.problems {
            out += &format!("\n{}\n", describe(checked, problem, catalogue));
        }
        out += if checked.problems.is_empty() { "" } else { "\n" };
    }
    let clean = all.iter().filter(|checked| checked.problems.is_empty()).count();
    let problems: usize = all.iter().map(|checked| checked.problems.len()).sum();
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    out + &format!("{}, {clean} without problem; {}\n", count(all.len(), "message"), count(problems, "problem"))
}

/// One problem.
pub(super) fn describe(checked: &Checked, problem: &Problem, catalogue: &Catalogue) -> String {
    let requirement = catalogue.get(&problem.requirement);
    let path = problem.path.parse::<hl7::Path>().map_or(problem.path.clone(), |path| path.label());
    let title = match requirement {
        Some(requirement) => format!("{path}: {}", requirement.text),
        None => path,
    };
    let excerpt = Excerpt::of(&checked.content, &problem.range);
    let expected = format!("expected {}", hl7::show::bytes(problem.expected.as_bytes()));
    let place = AnnotationKind::Primary.span(excerpt.place.clone()).label(expected);
    let note = |name: &'static str, text: String| Level::NOTE.with_name(Some(name)).message(text);
    let at = checked.offset + problem.range.start;
    let within = match checked.offset {
        0 => String::new(),
        _ => format!(" (byte {} of message {})", problem.range.start, checked.number),
    };
    let at = format!("{}, byte {at}{within}", checked.file);
    let rule = requirement.map(|requirement| {
        let level = format!("{:?}", requirement.level).to_uppercase();
        note("rule", format!("{level}, {}", requirements::explained(requirement.basis)))
    });
    let option = problem.option.map(|option| {
        note(
            "allowed by",
            format!("`{option}` in a file for {}", if is_of_orders(option) { "--orders" } else { "--profile" }),
        )
    });
    let group = Level::ERROR
        .primary_title(title)
        .id(problem.requirement.as_str())
        .element(Snippet::source(excerpt.text).line_start(excerpt.number).fold(false).annotation(place))
        .element(note("seen", problem.seen.clone()))
        .element(note("where", at))
        .elements(rule)
        .elements(option);
    Renderer::styled().term_width(WIDTH * 2).render(&[group])
}

fn is_of_orders(option: &str) -> bool {
    ["patient_id", "location", "order_control"].iter().any(|key| option.starts_with(key))
}

/// The part of a segment around a place, printable.
struct Excerpt {
    text: String,
    place: Range<usize>,
    /// Number of the segment, from 1.
    number: usize,
}

impl Excerpt {
    fn of(content: &[u8], range: &Range<usize>) -> Self {
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let at = range.start.min(content.len());
        // an end belongs to the segment that it ends
        let start = content[..at].iter().rposition(is_end).map_or(0, |end| end + 1);
        let start = if start == at && at > 0 && at == content.len() {
            content[..at - 1].iter().rposition(is_end).map_or(0, |end| end + 1)
        } else {
            start
        };
        let end = content[at..].iter().position(is_end).map_or(content.len(), |length| at + length);
        let segments = content[..start].split(is_end).filter(|line| !line.is_empty()).count();
        let end = end.max(range.end.min(content.len()).min(end + 1)); // the end itself may be the place
        let line = &content[start..end];
        let place = at - start..range.end.clamp(at, end) - start;

        let from = if line.len() <= WIDTH { 0 } else { place.start.saturating_sub(WIDTH / 3) };
        let to = line.len().min(from + WIDTH).max(place.start);
        let place = place.start..place.end.min(to);
        let before = if from > 0 { "..." } else { "" };
        let show = |range: Range<usize>| hl7::show::bytes(&line[range]);
        let head = before.to_owned() + &show(from..place.start);
        let marked = show(place.clone());
        let after = if to < line.len() { "..." } else { "" };
        let text = format!("{head}{marked}{}{after}", show(place.end..to));
        Self { place: head.len()..head.len() + marked.len(), text, number: segments + 1 }
    }
}
