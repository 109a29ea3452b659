//! The bytes below the fields: delimiters, segment ends, control bytes, escape sequences.

use hl7::ParseError;

use super::Scope;
use super::report::Problem;
use super::view::Place;

/// Where a header that cannot be read is wrong; an error if there is no header at all.
pub(super) fn header(message: &[u8], error: ParseError) -> Result<Problem, ParseError> {
    let separator = message.get(3).copied().unwrap_or(b'|');
    let rest = message.get(4..).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == separator || matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
    let field = |n: usize| rest.split(|byte| *byte == separator || *byte == b'\r').nth(n).unwrap_or_default();
    // MSH-9 can be found although the encoding characters are wrong
    let order = field(7).starts_with(b"ORM");
    let (path, range) = match error {
        ParseError::Length { .. } | ParseError::Equal { .. } => ("MSH-2", 4..4 + end),
        ParseError::Illegal { offset, .. } if offset > 3 => ("MSH-2", 4..4 + end),
        ParseError::Illegal { .. } => ("MSH-1", 3..4),
        ParseError::Empty | ParseError::NotMsh { .. } | ParseError::Cut { .. } => return Err(error),
    };
    let requirement = if order { format!("ORM-{path}") } else { "ESC-001".into() };
    let seen = super::report::seen(&message[range.clone()]);
    let expected = match path {
        "MSH-1" => "`|`, the field separator",
        _ => "`^~\\&`: component, repetition, escape and sub-component delimiter, all different",
    };
    Ok(Problem { requirement, path: path.into(), range, expected: expected.into(), seen, option: None })
}

pub(super) fn check(scope: &mut Scope<'_, '_>) {
    ends(scope);
    let closed = scope.rules.tail.is_some();
    let bad = |byte: u8| (byte < b' ' && !matches!(byte, b'\r' | b'\n')) || (closed && byte == 0x7f);
    let offsets: Vec<_> = (0..scope.view.bytes.len()).filter(|at| bad(scope.view.bytes[*at])).take(10).collect();
    for at in offsets {
        let place = Place { range: at..at + 1, ..around(scope, at) };
        scope.report.add(Problem::new(&scope.rules.control, &place, "no control bytes"));
    }
    if scope.rules.escape.is_some() && scope.view.bytes.contains(&b'\\') {
        escapes(scope);
    }
}

/// ORU-ENC-02, MLLP-003
fn ends(scope: &mut Scope<'_, '_>) {
    let (bytes, id) = (scope.view.bytes, &scope.rules.ends);
    let mut add = |at: usize, length: usize, expected: &str| {
        let place = Place { range: at..at + length, ..around(scope, at) };
        let problem = Problem::new(id, &place, expected);
        let nothing = if length == 0 { "the end of the message" } else { &problem.seen };
        let seen = nothing.to_owned();
        scope.report.add(problem.seen(seen));
    };
    if let Some(at) = bytes.iter().position(|byte| *byte == b'\n') {
        add(at, 1, "segments that end with CR alone (0x0D)");
    } else if !bytes.ends_with(b"\r") {
        add(bytes.len(), 0, "CR (0x0D) at the end of the last segment");
    } else if let Some(at) = bytes.windows(2).position(|pair| pair == b"\r\r") {
        add(at + 1, 1, "no empty segment");
    }
}

/// The field, or the segment, at an offset.
fn around<'a>(scope: &Scope<'_, 'a>, at: usize) -> Place<'a> {
    let segments = &scope.view.segments;
    let index = segments.partition_point(|segment| segment.range.start <= at).saturating_sub(1);
    let Some(segment) = segments.get(index) else { return scope.view.missing("MSH") };
    let field = (1..=segment.fields()).map(|number| segment.field(number)).find(|field| field.range.contains(&at));
    field.unwrap_or_else(|| segment.place())
}

/// ORU-ENC-05: in values the escape character only begins and ends sequences.
fn escapes(scope: &mut Scope<'_, '_>) {
    let Some(id) = &scope.rules.escape else { return };
    let view = scope.view;
    for segment in &view.segments {
        if !view.bytes[segment.range.clone()].contains(&b'\\') {
            continue;
        }
        for number in 1..=segment.fields() {
            let raw = segment.name == "OBX" && number == 5 && matches!(segment.field(2).raw(), b"RP" | b"ED");
            if raw || (segment.name == "MSH" && number == 2) || (segment.name == "OBR" && number == 4) {
                continue;
            }
            let field = segment.field(number);
            if let Some(at) = broken_escape(field.raw()) {
                let start = field.range.start + at;
                let place = Place { range: start..start + 1, ..field };
                let expected =
                    "an escape sequence: \\F\\, \\S\\, \\T\\, \\R\\, \\E\\ or \\X..\\; a backslash itself is \\E\\";
                scope.report.add(Problem::new(id, &place, expected));
            }
        }
    }
}

/// The offset of the first escape character that begins no known sequence.
fn broken_escape(value: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(open) = value[from..].iter().position(|byte| *byte == b'\\') {
        let open = from + open;
        let Some(length) = value[open + 1..].iter().position(|byte| *byte == b'\\') else { return Some(open) };
        let known = match &value[open + 1..open + 1 + length] {
            b"F" | b"S" | b"T" | b"R" | b"E" | b"H" | b"N" => true,
            [b'.', ..] => true,
            [b'X', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit),
            _ => false,
        };
        if !known {
            return Some(open);
        }
        from = open + length + 2;
    }
    None
}
