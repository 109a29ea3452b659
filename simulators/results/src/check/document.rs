//! The report: a link, a file or the PDF itself (04-oru, section 11.5).

use base64::prelude::{BASE64_STANDARD, Engine};

use super::Scope;
use super::options;
use super::report::Problem;
use super::structure::Part;
use super::view::Place;
use crate::mapping::Text;
use crate::profile::Ampersand;

pub(super) fn check(scope: &mut Scope<'_, '_>, parts: &[Part<'_, '_>]) {
    for part in parts {
        match part.kind {
            "link" if part.segment.field(5).raw().windows(3).any(|bytes| bytes == b"://") => {
                link(scope, &part.segment.field(5));
            }
            "pdf" => {
                let components: Vec<_> = (1..=5).map(|n| part.segment.component(5, n)).collect();
                pdf(scope, &components);
            }
            _ => {}
        }
    }
}

/// ORU-DOC-06 to ORU-DOC-09. The value is not cut into components: bare `&` belongs to it (ESC-023).
fn link(scope: &mut Scope<'_, '_>, place: &Place<'_>) {
    let raw = place.raw();
    let part =
        |from: usize, to: usize| Place { range: place.range.start + from..place.range.start + to, ..place.clone() };
    let question = raw.iter().position(|byte| *byte == b'?').unwrap_or(raw.len());
    let base = part(0, question);
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'|' | b'^' | b'~' | b'\\' | b'&');
    match scope.options.agreed.map(|profile| profile.link_base.as_str()) {
        Some(agreed) if agreed.as_bytes() != base.raw() => {
            scope.report.add(Problem::new("ORU-DOC-07", &base, format!("`{agreed}`, as agreed in the profile")));
        }
        None if !base.raw().iter().all(plain) || !base.raw().starts_with(b"http") => {
            scope.report.add(Problem::new("ORU-DOC-07", &base, "an http(s) address without blanks and delimiters"));
        }
        _ => {}
    }

    let escaped = scope.options.profile.link_ampersand == Ampersand::Escaped;
    let (right, wrong, option) = match escaped {
        false => (&b"&"[..], &br"\T\"[..], options::named("link_ampersand: escaped")),
        true => (&br"\T\"[..], &b"&"[..], None),
    };
    if let Some(at) = find(raw, wrong) {
        let shown = String::from_utf8_lossy(right);
        let problem = Problem::new("ORU-DOC-08", &part(at, at + wrong.len()), format!("`{shown}` between parameters"));
        scope.report.add(problem.allowed_by(option));
    }

    let mut parameters = Vec::new();
    let mut at = (question + 1).min(raw.len());
    loop {
        let rest = &raw[at..];
        let next = [find(rest, b"&").map(|n| (n, 1)), find(rest, br"\T\").map(|n| (n, 3))];
        match next.into_iter().flatten().min() {
            Some((length, delimiter)) => {
                parameters.push(part(at, at + length));
                at += length + delimiter;
            }
            None => {
                parameters.push(part(at, raw.len()));
                break;
            }
        }
        if parameters.len() > 20 {
            break;
        }
    }
    let order = scope.facts.text(Text::Filler).map(|filler| String::from_utf8_lossy(filler).into_owned());
    let order = order.map(|filler| format!("patientOrderId={filler}"));
    let end = part(raw.len(), raw.len());
    let addendum = scope.options.profile.link_addendum;
    let mut expect = |index: usize, expected: &str, holds: &dyn Fn(&[u8]) -> bool, id: &str| {
        let found = parameters.get(index).unwrap_or(&end);
        if !holds(found.raw()) {
            scope.report.add(Problem::new(id, found, expected));
        }
    };
    let number = |found: &[u8]| {
        found.strip_prefix(b"patientOrderId=").is_some_and(|id| !id.is_empty() && id.iter().all(u8::is_ascii_digit))
    };
    match &order {
        Some(order) => expect(0, &format!("`{order}`"), &|found| found == order.as_bytes(), "ORU-DOC-06"),
        None => expect(0, "`patientOrderId=` and the IRIS order number", &number, "ORU-DOC-06"),
    }
    expect(1, "`asPdf=True`", &|found| found == b"asPdf=True", "ORU-DOC-06");
    expect(2, "`isPreliminary=False`", &|found| found == b"isPreliminary=False", "ORU-DOC-06");
    let token = |found: &[u8]| {
        let token = found.strip_prefix(b"auth=").unwrap_or_default();
        token.len() == 128 && token.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
    };
    expect(3, "`auth=` and 128 characters of 0-9A-F", &token, "ORU-DOC-09");
    if addendum {
        expect(4, "`asAddendum=False`", &|found| found == b"asAddendum=False", "ORU-DOC-06");
    } else if let Some(more) = parameters.get(4) {
        let known = more.raw() == b"asAddendum=False";
        let option = options::named("link_addendum: on").filter(|_| known);
        scope.report.add(Problem::new("ORU-DOC-06", more, "no further parameter").allowed_by(option));
    }
}

/// ORU-DOC-10, ORU-DOC-11, ORU-DOC-12
fn pdf(scope: &mut Scope<'_, '_>, components: &[Place<'_>]) {
    for (place, expected) in components.iter().zip(["PDF", "TEXT", "", "Base64"]) {
        if place.raw() != expected.as_bytes() {
            scope.report.add(Problem::new("ORU-DOC-10", place, format!("`{expected}`")));
        }
    }
    let Some(data) = components.get(4) else { return };
    match BASE64_STANDARD.decode(data.raw()) {
        Err(_) => {
            let expected = "base64 (A-Z a-z 0-9 + /, padded with =) in one run";
            scope.report.add(Problem::new("ORU-DOC-11", data, expected));
        }
        Ok(bytes) if !bytes.starts_with(b"%PDF-") => {
            let seen = format!("{} bytes of base64 that are no PDF", data.raw().len());
            scope.report.add(Problem::new("ORU-DOC-12", data, "a PDF, which begins with %PDF-").seen(seen));
        }
        Ok(_) => {}
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
