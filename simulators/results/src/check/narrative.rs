//! The lines of the narrative that repeat what stands in fields (04-oru, section 11.4). The others are free text.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::Scope;
use super::facts::Input;
use super::options;
use super::report::Problem;
use super::structure::Part;
use super::view::Place;
use crate::mapping::{Instant, Text};
use crate::profile::{Clock, NarrativeName, Signature};

const SIGNED: &str = "This result was electronically signed by ";

/// A line and where it stands; in the form with all lines in one OBX the place is the whole text.
struct Line<'a> {
    place: Place<'a>,
    text: String,
}

pub(super) fn check(scope: &mut Scope<'_, '_>, parts: &[Part<'_, '_>]) {
    let lines = lines(scope, parts);
    let signature = lines.iter().find(|line| line.text.starts_with(SIGNED));
    if let Some(first) = lines.first() {
        patient(scope, &lines, first);
        match signature {
            Some(line) => signed(scope, line),
            None => {
                let expected = format!("a line `{SIGNED}...`");
                let seen = "a narrative without it";
                scope.report.add(Problem::new("ORU-NAR-29", &first.place, expected).seen(seen));
            }
        }
    }
    interpreter(scope, signature);
    if let (Some(profile), Some(last)) = (scope.options.agreed, lines.last())
        && last.text != profile.disclaimer
    {
        let expected = format!("`{}`, as agreed in the profile", profile.disclaimer);
        scope.report.add(Problem::new("ORU-NAR-31", &last.place, expected));
    }
}

fn lines<'a>(scope: &Scope<'_, 'a>, parts: &[Part<'_, 'a>]) -> Vec<Line<'a>> {
    let narrative = parts.iter().filter(|part| part.kind == "narrative").map(|part| part.segment);
    let texts = narrative.map(|segment| segment.field(if segment.name == "NTE" { 3 } else { 5 }));
    let lines = texts.flat_map(|place| {
        let whole = String::from_utf8_lossy(place.raw()).into_owned();
        let parts: Vec<_> = whole.split(r"\.br\").map(str::to_owned).collect();
        parts.into_iter().map(move |text| Line { place: place.clone(), text })
    });
    lines
        .map(|line| {
            let text = hl7::unescape(line.text.as_bytes(), &scope.view.delimiters).into_owned();
            Line { text: String::from_utf8_lossy(&text).into_owned(), ..line }
        })
        .collect()
}

/// The lines that name the patient (ORU-NAR-10, -12, -13, -16, -40).
fn patient(scope: &mut Scope<'_, '_>, lines: &[Line<'_>], first: &Line<'_>) {
    let (Some(family), Some(given)) = (text(scope, Text::Family), text(scope, Text::Given)) else { return };
    let forms = [format!("{given} {family}"), format!("{family}, {given}")];
    let agreed = usize::from(scope.options.profile.narrative_name == NarrativeName::FamilyCommaGiven);
    let title = |form: usize| format!("Retinal Study Result for {}", forms[form]);
    let mut name = &forms[agreed];
    if first.text != title(agreed) {
        let other = first.text == title(1 - agreed);
        let option = options::named("narrative_name: family_comma_given").filter(|_| other && agreed == 0);
        let id = if other { "ORU-NAR-40" } else { "ORU-NAR-10" };
        scope.report.add(Problem::new(id, &first.place, format!("`{}`", title(agreed))).allowed_by(option));
        if other {
            name = &forms[1 - agreed];
        }
    }
    let mut expect = |line: Option<&Line<'_>>, id: &str, expected: String| {
        if let Some(line) = line.filter(|line| line.text != expected) {
            scope.report.add(Problem::new(id, &line.place, format!("`{expected}`")));
        }
    };
    let line = |start: &str| lines.iter().find(|line| line.text.starts_with(start));
    let recommended = "Based on the findings of the study, the following is recommended for ";
    expect(line(recommended), "ORU-NAR-16", format!("{recommended}{name}"));

    let utc = scope.options.profile.obs_zone == TimeZone::UTC;
    let captured = instant(scope, Instant::Captured).filter(|_| utc).map(DateTime::date);
    let dob = text(scope, Text::Dob).and_then(|dob| Date::strptime("%Y%m%d", dob).ok());
    if let (Some(line), Some(captured), Some(dob)) =
        (lines.iter().find(|line| line.text.contains(" y/o, ")), captured, dob)
    {
        let sex = text(scope, Text::Sex).unwrap_or_default();
        let mrn = text(scope, Text::Mrn).unwrap_or_default();
        let born = dob.strftime("%m-%d-%Y");
        let of_age = |age: &str| format!("{name}, a {age} y/o, {sex} (DOB: {born}, MRN: {mrn})");
        let expected = of_age(&age(dob, captured).to_string());
        let stated = line.text.split_once(", a ").and_then(|(_, rest)| rest.split_once(" y/o, "));
        let only_age = stated.is_some_and(|(age, _)| line.text == of_age(age));
        if line.text != expected {
            let id = if only_age { "ORU-TIM-10" } else { "ORU-NAR-12" };
            scope.report.add(Problem::new(id, &line.place, format!("`{expected}`")));
        }
    }
    if let (Some(line), Some(captured)) = (line("presented to "), captured) {
        let expected = format!(" on {} for a retinal imaging study of ", captured.strftime("%m-%d-%Y"));
        if !line.text.contains(&expected) {
            scope.report.add(Problem::new("ORU-NAR-13", &line.place, format!("`{}`", expected.trim())));
        }
    }
}

/// ORU-TIM-10
fn age(born: Date, on: Date) -> i32 {
    let before = (on.month(), on.day()) < (born.month(), born.day());
    i32::from(on.year()) - i32::from(born.year()) - i32::from(before)
}

impl<'a> Line<'a> {
    /// The place of a part of the line, if the line has no escape sequences in front of it.
    fn part(&self, part: &str) -> Place<'a> {
        let raw = self.place.raw();
        let at = raw.windows(part.len().max(1)).position(|window| window == part.as_bytes());
        at.map_or(self.place.clone(), |at| {
            let start = self.place.range.start + at;
            Place { range: start..start + part.len(), ..self.place.clone() }
        })
    }
}

/// The name in the signature and what follows it.
fn signer(line: &Line<'_>) -> Option<(String, String)> {
    let rest = line.text.strip_prefix(SIGNED)?;
    let (signer, _) = rest.rsplit_once(" on ")?;
    let (family, rest) = signer.split_once(", ")?;
    let end = rest.find(',').unwrap_or(rest.len());
    Some((format!("{family}, {}", &rest[..end]), rest[end..].into()))
}

/// The signature line (ORU-NAR-29, -41 to -43; ORU-TIM-09).
fn signed(scope: &mut Scope<'_, '_>, line: &Line<'_>) {
    let stamp = line.text.strip_suffix(" UTC time.").and_then(|text| text.rsplit_once(" on ")).map(|(_, stamp)| stamp);
    let time = stamp.and_then(|stamp| DateTime::strptime("%m-%d-%Y %H:%M:%S", stamp).ok());
    let (Some(time), Some((name, credentials))) = (time, signer(line)) else {
        let expected = format!("`{SIGNED}<name> on MM-dd-yyyy HH:mm:ss UTC time.`");
        scope.report.add(Problem::new("ORU-NAR-29", &line.place, expected));
        return;
    };
    let found = match credentials.as_str() {
        "," => Signature::Name,
        rest if rest.contains("NPI: ") || rest.contains("Taxonomy: ") || rest.is_empty() => Signature::Full,
        _ => Signature::Degree,
    };
    let agreed = scope.options.profile.signature;
    if found != agreed {
        let (id, expected) = match agreed {
            Signature::Full => ("ORU-NAR-41", "family, given, degrees, NPI: ..., Taxonomy: ..."),
            Signature::Degree => ("ORU-NAR-42", "family, given, degrees"),
            Signature::Name => ("ORU-NAR-43", "family, given and one comma"),
        };
        let option = match found {
            Signature::Degree => options::named("signature: degree"),
            Signature::Name => options::named("signature: name"),
            Signature::Full => None,
        };
        let place = line.part(&format!("{name}{credentials}"));
        scope.report.add(Problem::new(id, &place, expected).allowed_by(option));
    }
    if let (Some(family), Some(given)) = (grader(scope, 1), grader(scope, 2)) {
        let expected = format!("{family}, {given}");
        if name != expected {
            scope.report.add(Problem::new("ORU-NAR-41", &line.part(&name), format!("`{expected}`, the grader")));
        }
    }
    let Some(graded) = instant(scope, Instant::Graded) else { return };
    if !is_same(scope, graded, time) {
        let apart = graded.duration_until(time).as_secs().abs();
        // a zone is a multiple of a quarter of an hour, within half a day and a bit
        let option = options::named("obs_zone").filter(|_| apart % 900 == 0 && apart <= 14 * 3600);
        let option = option.filter(|option| !scope.options.has(option));
        let place = scope.facts.instant(Instant::Graded).map(|place| place.path.to_string()).unwrap_or_default();
        let expected = format!("`{}`, as in {place}", graded.strftime("%m-%d-%Y %H:%M:%S"));
        scope
            .report
            .add(Problem::new("ORU-TIM-09", &line.part(stamp.unwrap_or_default()), expected).allowed_by(option));
    }
}

/// Whether the narrative's UTC time is that of the field, which is in the zone and on the clock of the profile (ORU-TIM-05, -06).
fn is_same(scope: &Scope<'_, '_>, field: DateTime, narrative: DateTime) -> bool {
    let profile = scope.options.profile;
    let half_day = profile.obs_clock == Clock::Hours12;
    if profile.obs_zone == TimeZone::UTC {
        return field == narrative;
    }
    let shift = |time: DateTime, hours: i64| time.checked_add(jiff::Span::new().hours(hours)).unwrap_or(time);
    let hours: &[i64] = if half_day { &[0, 12, -12] } else { &[0] };
    hours.iter().any(|hours| {
        let Ok(zoned) = shift(field, *hours).to_zoned(profile.obs_zone.clone()) else { return false };
        let utc = zoned.with_time_zone(TimeZone::UTC).datetime();
        utc == narrative || (half_day && (shift(utc, 12) == narrative || shift(utc, -12) == narrative))
    })
}

/// OBR-32.5 against OBR-32.2, OBR-32.3 and the signature (ORU-OBR-32.5).
fn interpreter(scope: &mut Scope<'_, '_>, signature: Option<&Line<'_>>) {
    let Some(place) = scope.view.named("OBR").next().map(|obr| obr.component(32, 5)) else { return };
    let (Some(family), Some(given)) = (grader(scope, 1), grader(scope, 2)) else { return };
    if place.is_empty() || scope.options.has("obr32: xcn") {
        return;
    }
    let found = hl7::unescape(place.raw(), &scope.view.delimiters).into_owned();
    let found = String::from_utf8_lossy(&found).into_owned();
    let name = format!("{given} {family}");
    let signed = signature.and_then(signer).filter(|(signed, rest)| {
        *signed == format!("{family}, {given}") && (rest.contains("NPI: ") || rest.contains("Taxonomy: "))
    });
    let (right, expected) = match (found.strip_prefix(&name), &signed) {
        (Some(rest), Some((_, credentials))) => {
            (rest == credentials, format!("`{name}{credentials}`, as in the signature"))
        }
        (rest, _) => {
            let parts = |rest: &str| rest.is_empty() || rest.starts_with(", ");
            let spaced = |rest: &str| rest.match_indices(',').all(|(at, _)| rest[at + 1..].starts_with(' '));
            let right = rest.is_some_and(|rest| parts(rest) && spaced(rest));
            (right, format!("`{name}`, then credentials, each behind a comma and a blank"))
        }
    };
    if !right {
        scope.report.add(Problem::new("ORU-OBR-32.5", &place, expected));
    }
}

/// A fact, decoded.
fn text(scope: &Scope<'_, '_>, text: Text) -> Option<String> {
    decoded(scope, Input::Text(text))
}

/// Family name (1) and given name (2) of the grader, decoded.
fn grader(scope: &Scope<'_, '_>, component: usize) -> Option<String> {
    decoded(scope, Input::Grader(component))
}

fn decoded(scope: &Scope<'_, '_>, input: Input) -> Option<String> {
    let value = hl7::unescape(scope.facts.get(input)?.value(), &scope.view.delimiters).into_owned();
    Some(String::from_utf8_lossy(&value).into_owned())
}

fn instant(scope: &Scope<'_, '_>, instant: Instant) -> Option<DateTime> {
    let value = std::str::from_utf8(scope.facts.instant(instant)?.value()).ok()?;
    DateTime::strptime("%Y%m%d%H%M%S", value).ok()
}
