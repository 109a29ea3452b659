//! The segments of an order: which, how many, in which order (03-orm, section 2).

use super::Refusal;
use super::fields::Fields;
use hl7::Message;

/// The segments that are read; others are ignored (ORM-SEG-007).
pub(super) struct Segments<'a> {
    pub(super) msh: Fields<'a>,
    pub(super) pid: Fields<'a>,
    pub(super) pv1: Fields<'a>,
    pub(super) orc: Fields<'a>,
    pub(super) obr: Option<Fields<'a>>,
    pub(super) dg1: Vec<Fields<'a>>,
}

/// Their order (ORM-SEG-009).
const SEQUENCE: [&str; 6] = ["MSH", "PID", "PV1", "ORC", "OBR", "DG1"];

/// Finds the segments.
pub(super) fn segments(message: &Message) -> Result<Segments<'_>, Refusal> {
    let mut found: [Vec<Fields>; 6] = Default::default();
    let mut ranks = Vec::new();
    for segment in message.segments() {
        if !is_segment_name(segment.name()) {
            let at = format!("segment {}", segment.index() + 1);
            return Err(Refusal::new("ORM-SEG-009", 100, &at, "its name is not three capital letters or digits"));
        }
        if let Some(rank) = SEQUENCE.iter().position(|name| name.as_bytes() == segment.name()) {
            let occurrence = found[rank].len() + 1;
            found[rank].push(Fields::new(segment, message.delimiters(), SEQUENCE[rank], occurrence));
            ranks.push(rank);
        }
    }
    let [msh, pid, pv1, orc, obr, dg1] = found;
    let segments = Segments {
        msh: one(&msh, "MSH", "ORM-SEG-001", "ORM-SEG-001")?,
        pid: one(&pid, "PID", "ORM-SEG-002", "ORM-SEG-002")?,
        pv1: one(&pv1, "PV1", "ORM-SEG-003", "ORM-SEG-003")?,
        orc: one(&orc, "ORC", "ORM-SEG-004", "ORM-SEG-008")?,
        obr: at_most_one(&obr, "OBR", "ORM-SEG-005")?,
        dg1,
    };
    match ranks.windows(2).find(|pair| pair[0] > pair[1]) {
        Some(pair) => Err(misplaced(SEQUENCE[pair[0]], SEQUENCE[pair[1]])),
        None => Ok(segments),
    }
}

fn one<'a>(
    found: &[Fields<'a>],
    name: &str,
    missing: &'static str,
    surplus: &'static str,
) -> Result<Fields<'a>, Refusal> {
    at_most_one(found, name, surplus)?.ok_or_else(|| Refusal::new(missing, 100, name, "required segment missing"))
}

fn at_most_one<'a>(found: &[Fields<'a>], name: &str, surplus: &'static str) -> Result<Option<Fields<'a>>, Refusal> {
    match found {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        _ => Err(Refusal::new(surplus, 100, &format!("{name}[2]"), "only one such segment is allowed")),
    }
}

fn misplaced(before: &str, after: &str) -> Refusal {
    let requirement = match (before, after) {
        ("DG1", _) => "ORM-SEG-006",
        (_, "PV1") => "ORM-SEG-003",
        _ => "ORM-SEG-009",
    };
    Refusal::new(requirement, 100, after, &format!("must not follow {before}"))
}

fn is_segment_name(name: &[u8]) -> bool {
    matches!(name, [a, b, c] if a.is_ascii_uppercase() && [b, c].iter().all(|x| x.is_ascii_uppercase() || x.is_ascii_digit()))
}
