//! Which segments a message has, how often and in which order.

use super::Scope;
use super::charges::Charge;
use super::fields::Lines;
use super::options;
use super::report::Problem;
use super::rules::Rules;
use super::view::{Segment, View};
use crate::mapping::{Field, List, Mapping};
use crate::profile::{DiscreteLayout, Document, Narrative, Profile};

/// A segment and what it is for.
pub(super) struct Part<'v, 'a> {
    /// The name of the segment, or the block of results to which an OBX or NTE belongs.
    pub(super) kind: &'v str,
    pub(super) segment: &'v Segment<'a>,
}

pub(super) fn parts<'v, 'a>(view: &'v View<'a>, profile: &Profile) -> Vec<Part<'v, 'a>> {
    let mut parts: Vec<Part<'v, 'a>> = Vec::new();
    for segment in &view.segments {
        let before = parts.last();
        let kind = match segment.name {
            "OBX" => block(segment, profile),
            "NTE"
                if before
                    .is_some_and(|before| before.kind == "discrete" && before.segment.component(3, 1).is_empty()) =>
            {
                "note"
            }
            "NTE" => "narrative",
            name => name,
        };
        parts.push(Part { kind, segment });
    }
    parts
}

/// The block of an OBX, by its value type and identifier.
fn block(segment: &Segment<'_>, profile: &Profile) -> &'static str {
    let (value_type, identifier) = (segment.field(2).raw(), segment.component(3, 1).raw());
    if value_type == profile.narrative_type.as_bytes() && identifier == profile.narrative_id.as_bytes() {
        return "narrative"; // ORU-OPT-26
    }
    match (value_type, identifier) {
        (b"RP", _) => "link",
        (b"ED", _) => "pdf",
        (b"FT" | b"TX", _) | (_, b"Result") => "narrative",
        _ => "discrete",
    }
}

/// The lines of the table for a segment; none for one that the table does not know.
pub(super) fn lines<'t>(table: &'t Mapping, part: &Part<'_, '_>, charges: &[Charge]) -> Option<Lines<'t>> {
    let list = match part.kind {
        "discrete" => Some(List::Discrete),
        "narrative" => Some(List::Narrative),
        "link" => Some(List::Link),
        "pdf" => Some(List::Pdf),
        _ => None,
    };
    let rules = Rules::get();
    let of = |base: &'t [Field], last| Lines { list, last, base, instead: &[] };
    let has_notes = table.segments.iter().any(|segment| segment.list == Some(List::Narrative));
    if part.segment.name == "NTE" && has_notes {
        let note = part.kind == "note";
        let (base, last) = if note { (&rules.notes.note, 3) } else { (&rules.notes.narrative, 11) };
        return Some(of(base, Some(last)));
    }
    let extra = rules.segments.iter().filter(|extra| extra.message == table.message).map(|extra| &extra.segment);
    let by_default = table.segments.iter().filter(|segment| options::by_default(segment.when));
    let mut known = by_default.chain(extra);
    let found = known.find(|known| known.segment == part.segment.name && (list.is_none() || known.list == list))?;
    let charge = charges.iter().find(|charge| charge.range == part.segment.range);
    Some(Lines { instead: charge.map_or(&[], |charge| charge.kind.lines()), ..of(&found.fields, found.last) })
}

pub(super) fn check(scope: &mut Scope<'_, '_>, table: &Mapping, parts: &[Part<'_, '_>]) {
    extras(scope, parts);
    let rules = scope.rules;
    let standard = scope.options.has("mdm.layout: standard") && !rules.standard_sequence.is_empty();
    let sequence = if standard { &rules.standard_sequence } else { &rules.sequence };
    let rank = |kind: &str| {
        sequence.iter().position(|known| known == kind).map(|rank| match kind {
            "note" => rank - 1, // beside its OBX
            _ => rank,
        })
    };
    let mut before: Option<(usize, &str)> = None;
    for part in parts {
        let place = part.segment.place();
        match rank(part.kind) {
            Some(rank) => {
                if let Some((_, name)) = before.filter(|(highest, _)| *highest > rank) {
                    let id = misplaced(&rules.order, &rules.message, name, part.kind);
                    let expected = format!("in front of {name}; the order is {}", sequence.join(", "));
                    scope.report.add(Problem::new(id, &place, expected).seen(format!("behind {name}")));
                }
                before = Some((rank, part.kind));
            }
            None if part.segment.name == "?" => {
                let expected = "a segment name of three capital letters or digits";
                let id = rules.other.as_ref().unwrap_or(&rules.order);
                scope.report.add(Problem::new(id, &place, expected));
            }
            None => {
                if let Some(id) = &rules.other {
                    scope.report.add(Problem::new(id, &place, format!("only {}", sequence.join(", "))));
                }
            }
        }
    }
    let by_default = |segment: &&crate::mapping::Segment| options::by_default(segment.when);
    for segment in table.segments.iter().filter(|segment| segment.list.is_none()).filter(by_default) {
        let name = segment.segment.as_str();
        let mut found = scope.view.named(name);
        let optional = segment.id == "ORM-SEG-005";
        if found.next().is_none() && !optional {
            scope.report.add(Problem::new(&segment.id, &scope.view.missing(name), format!("a segment {name}")));
        }
        if name == "FT1" {
            continue; // how many there are says the kind of charge
        }
        let id = if segment.id == "ORM-SEG-004" { "ORM-SEG-008" } else { &segment.id };
        for surplus in found {
            scope.report.add(Problem::new(id, &surplus.place(), format!("one {name} in a message")));
        }
    }
}

/// The requirement that a segment of an order breaks by its position.
fn misplaced<'r>(order: &'r str, message: &str, before: &str, after: &str) -> &'r str {
    match (message, before, after) {
        ("ORM^O01", "DG1", _) => "ORM-SEG-006",
        ("ORM^O01", _, "PV1") => "ORM-SEG-003",
        _ => order,
    }
}

/// Segments that only an option brings: each option is reported once.
fn extras(scope: &mut Scope<'_, '_>, parts: &[Part<'_, '_>]) {
    let message = &scope.rules.message;
    for extra in Rules::get().segments.iter().filter(|extra| extra.message == *message) {
        let found = parts.iter().find(|part| part.segment.name == extra.segment.segment);
        let on = scope.options.has(&extra.option);
        match (found, options::named(&extra.option)) {
            (Some(part), Some(option)) if !on => {
                let problem = Problem::new(&extra.segment.id, &part.segment.place(), "no such segment by default");
                scope.report.add(problem.allowed_by(option));
                scope.options.assume(option);
            }
            // DG1 depends on the diagnoses
            (None, _) if on && extra.segment.list.is_none() => {
                let name = extra.segment.segment.as_str();
                let missing = scope.view.missing(name);
                scope.report.add(Problem::new(&extra.segment.id, &missing, format!("a segment {name}")));
            }
            _ => {}
        }
    }
    if let Some(note) = parts.iter().find(|part| part.kind == "note")
        && scope.options.profile.discrete_layout != DiscreteLayout::ObxNte
        && let Some(option) = options::named("discrete_layout: obx_nte")
    {
        let problem = Problem::new("DISC-002", &note.segment.place(), "the identifier in OBX-3.1, and no NTE");
        scope.report.add(problem.allowed_by(option));
        scope.options.assume(option);
    }
}

/// The blocks of a result: discrete observations, narrative, document.
pub(super) fn blocks(scope: &mut Scope<'_, '_>, parts: &[Part<'_, '_>]) {
    let first = |kind: &str| parts.iter().find(|part| part.kind == kind).map(|part| part.segment);
    let missing = scope.view.missing("OBX");
    let profile = scope.options.profile;
    match (first("discrete"), profile.discrete) {
        (None, true) => {
            let problem = Problem::new("ORU-SEG-04", &missing, "discrete observations");
            scope.report.add(problem.allowed_by(options::named("discrete: off")));
        }
        (Some(segment), false) => {
            scope.report.add(Problem::new("ORU-SEG-04", &segment.place(), "no discrete observations"));
        }
        _ => {}
    }

    let narrative = parts.iter().filter(|part| part.kind == "narrative").map(|part| part.segment);
    let narrative: Vec<_> = narrative.collect();
    let (found, option) = match &narrative[..] {
        [] => (Narrative::Off, "narrative: off"),
        [first, ..] if first.name == "NTE" => (Narrative::Nte, "narrative: nte"),
        [only] if only.field(5).raw().windows(5).any(|bytes| bytes == br"\.br\") => {
            (Narrative::Single, "narrative: single")
        }
        _ => (Narrative::Lines, ""),
    };
    if found != profile.narrative {
        let (id, expected) = match profile.narrative {
            Narrative::Lines if found == Narrative::Off => ("ORU-SEG-05", "the narrative, one OBX a line"),
            Narrative::Lines => ("ORU-NAR-F1", "the narrative as one OBX a line"),
            Narrative::Single => ("ORU-NAR-F2", "the narrative in one OBX"),
            Narrative::Nte => ("ORU-NAR-F3", "the narrative as one NTE a line"),
            Narrative::Off => ("ORU-NAR-F4", "no narrative"),
        };
        let place = narrative.first().map_or(missing.clone(), |segment| segment.place());
        scope.report.add(Problem::new(id, &place, expected).allowed_by(options::named(option)));
    }

    let (link, pdf) = (first("link"), first("pdf"));
    let is_url = |segment: &Segment<'_>| segment.field(5).raw().windows(3).any(|bytes| bytes == b"://");
    let (found, option) = match (link, pdf) {
        (None, None) => (Document::Off, "document: off"),
        (None, Some(_)) => (Document::Pdf, "document: pdf"),
        (Some(_), Some(_)) => (Document::LinkPdf, "document: link_pdf"),
        (Some(link), None) if is_url(link) => (Document::Link, ""),
        (Some(_), None) => (Document::File, "document: file"),
    };
    if found != profile.document {
        let (id, expected) = match profile.document {
            Document::Link => ("ORU-DOC-01", "the report as a link"),
            Document::Pdf => ("ORU-DOC-02", "the report as a PDF"),
            Document::LinkPdf => ("ORU-DOC-03", "the report as a link and then as a PDF"),
            Document::File => ("ORU-DOC-04", "the path of the report"),
            Document::Off => ("ORU-DOC-05", "no report"),
        };
        let place = link.or(pdf).map_or(missing, |segment| segment.place());
        scope.report.add(Problem::new(id, &place, expected).allowed_by(options::named(option)));
    }
    for kind in ["link", "pdf"] {
        for surplus in parts.iter().filter(|part| part.kind == kind).skip(1) {
            scope.report.add(Problem::new("ORU-SEG-06", &surplus.segment.place(), "one such OBX"));
        }
    }
}
