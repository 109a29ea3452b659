//! Orders and acknowledgements: messages that others make, by tables that only check (03-orm; 02-mllp-and-ack, section 2).
//!
//! They are read as tolerantly as a receiver reads: trailing blanks and delimiters mean nothing (ESC-005, ESC-007), what has no
//! line is ignored (ESC-008).

use std::borrow::Cow;

use super::Scope;
use super::fields::describe;
use super::forms;
use super::report::{Problem, seen};
use super::view::{Place, Segment};
use crate::mapping::{Field, Form, Mapping, Usage};
use crate::order_profile::{LocationSource, OrderProfile, PatientIdSource, TypeComponent};

pub(super) fn check(scope: &mut Scope<'_, '_>, table: &Mapping) {
    let view = scope.view;
    for rule in &table.segments {
        for (segment, n) in view.named(&rule.segment).zip(1..) {
            if n > 1 && rule.list.is_none() {
                break; // a surplus segment is reported as such
            }
            fields(scope, segment, &rule.fields);
            if rule.segment == "DG1" {
                set_id(scope, segment, n);
            }
        }
    }
    if table.message == "ORM^O01" {
        let first = |name: &str| view.named(name).next();
        first("ORC").into_iter().for_each(|orc| control(scope, orc));
        agreed_texts(scope);
    }
}

fn fields(scope: &mut Scope<'_, '_>, segment: &Segment<'_>, lines: &[Field]) {
    let mut missing = None;
    for line in lines {
        let path = &line.path;
        if missing == Some(path.field) {
            continue; // of a field that is missing, no component is reported
        }
        let repetition = repetition(scope, segment, path.field.into());
        let place = match (path.component, repetition) {
            (None, _) => segment.field(path.field.into()),
            (Some(component), Some(repetition)) => repetition.component(component.into(), &scope.view.delimiters),
            (Some(component), None) => segment.component(path.field.into(), component.into()),
        };
        if path.is_run() {
            let run = path.field..=path.last_field();
            let filled = run.map(|n| segment.field(n.into())).find(|place| is_filled(scope, place));
            scope_add(scope, filled.map(|place| Problem::new(&line.id, &place, "nothing")));
        } else if !is_filled(scope, &place) {
            if is_required(line, scope.orders) {
                let problem = Problem::new(&line.id, &place, describe(line));
                let option = elsewhere(scope, line).filter(|_| path.component.is_none());
                scope.report.add(problem.allowed_by(option));
                missing = path.component.is_none().then_some(path.field);
            }
        } else {
            let problem = wrong(scope, line, &place);
            scope_add(scope, problem);
        }
    }
    for field in lines.iter().filter(|line| line.path.component.is_none()).map(|line| line.path.field) {
        types(scope, segment, field.into());
    }
}

fn scope_add(scope: &mut Scope<'_, '_>, problem: Option<Problem>) {
    problem.into_iter().for_each(|problem| scope.report.add(problem));
}

/// A value that the line does not allow.
fn wrong(scope: &Scope<'_, '_>, line: &Field, place: &Place<'_>) -> Option<Problem> {
    let whole = matches!(line.form, Some(Form::AckType)) || line.path.field <= 2 && line.path.segment == "MSH";
    let value = if whole { Cow::Borrowed(significant(place.raw())) } else { text(scope, place) };
    if !line.allowed.is_empty() && !line.allowed.iter().any(|allowed| allowed.as_bytes() == &value[..]) {
        return Some(Problem::new(&line.id, place, describe(line)));
    }
    let expected = forms::break_of_form(line.form?, &value)?;
    let id = if line.form == Some(Form::Icd10) { "ORM-DX-002" } else { &line.id };
    Some(Problem::new(id, place, expected))
}

/// Lines with usage C depend on what is agreed (03-orm, section 4).
fn is_required(line: &Field, orders: Option<&OrderProfile>) -> bool {
    let patient = orders.map_or(PatientIdSource::Pid2, |orders| orders.patient_id.source);
    let clinic = orders.map_or(LocationSource::Pv1, |orders| orders.location.source);
    match (line.usage, line.path.segment.as_str(), line.path.field) {
        (Usage::R, ..) => true,
        (Usage::C, "PID", 2) => patient == PatientIdSource::Pid2,
        (Usage::C, "PID", 3) => patient == PatientIdSource::Pid3,
        (Usage::C, "PV1", 3) => clinic == LocationSource::Pv1,
        (Usage::C, "ORC", 13) => clinic == LocationSource::Orc,
        (Usage::C, "MSH", 4) => orders.is_some_and(|orders| orders.parent_entity.is_some()),
        _ => false,
    }
}

/// The agreement by which a missing value would come from another field that is filled.
fn elsewhere(scope: &Scope<'_, '_>, line: &Field) -> Option<&'static str> {
    let filled = |name: &str, field| {
        scope.view.named(name).next().is_some_and(|segment| is_filled(scope, &segment.component(field, 1)))
    };
    match line.id.as_str() {
        "ORM-PID-2" if filled("PID", 3) => Some("patient_id.source: PID-3"),
        "ORM-PV1-3" if filled("ORC", 13) => Some("location.source: ORC-13.1"),
        _ => None,
    }
}

/// How one repetition of a field is selected (03-orm, sections 4.1 and 4.2).
struct Selection<'s> {
    component: usize,
    untyped: &'static str,
    wanted: Option<&'s str>,
    none: &'static str,
    /// For a single repetition of another type; without it any type will do.
    other: Option<&'static str>,
}

fn selection<'s>(scope: &Scope<'s, '_>, segment: &str, field: usize) -> Option<Selection<'s>> {
    let orders = scope.orders;
    let source = orders.map_or(PatientIdSource::Pid2, |orders| orders.patient_id.source);
    let wanted = orders.map(|orders| orders.patient_id.r#type.as_str());
    let patient = |untyped| Some(Selection { component: 5, untyped, wanted, none: "ORM-PAT-003", other: None });
    match (segment, field, source) {
        ("PID", 2, PatientIdSource::Pid2) => patient("ORM-PID-2.5"),
        ("PID", 3, PatientIdSource::Pid3) => patient("ORM-PID-3.5"),
        ("ORC", 12, _) => {
            let nine = orders.is_some_and(|orders| orders.provider.type_component == TypeComponent::Nine);
            Some(Selection {
                component: if nine { 9 } else { 13 },
                untyped: if nine { "ORM-ORC-12.9" } else { "ORM-ORC-12.13" },
                wanted: orders.map(|orders| orders.provider.r#type.as_str()),
                none: "ORM-PRV-002",
                other: Some("ORM-PRV-005"),
            })
        }
        _ => None,
    }
}

/// The repetition that counts.
fn repetition<'a>(scope: &Scope<'_, 'a>, segment: &Segment<'a>, field: usize) -> Option<Place<'a>> {
    let selection = selection(scope, segment.name, field)?;
    let filled: Vec<_> = segment.repetitions(field).filter(|place| is_filled(scope, place)).collect();
    let is_wanted = |place: &&Place<'_>| {
        let found = place.component(selection.component, &scope.view.delimiters);
        selection.wanted.is_some_and(|wanted| text(scope, &found)[..] == *wanted.as_bytes())
    };
    filled.iter().find(is_wanted).or(filled.first()).cloned()
}

/// The types of the repetitions of a field (ORM-PAT-003, ORM-PRV-002, ORM-PRV-005).
fn types(scope: &mut Scope<'_, '_>, segment: &Segment<'_>, field: usize) {
    let Some(selection) = selection(scope, segment.name, field) else { return };
    let filled: Vec<_> = segment.repetitions(field).filter(|place| is_filled(scope, place)).collect();
    let d = scope.view.delimiters;
    let typed: Vec<_> = filled.iter().map(|place| place.component(selection.component, &d)).collect();
    let Some(first) = typed.first() else { return };
    let wanted = selection.wanted.map(str::as_bytes);
    let fits = |place: &Place<'_>| wanted.is_none_or(|wanted| text(scope, place)[..] == *wanted);
    let expected = format!("the agreed identifier type {}", seen(wanted.unwrap_or_default()));
    let problem = if typed.len() == 1 {
        let other = selection.other.filter(|_| is_filled(scope, first) && !fits(first));
        other.map(|id| Problem::new(id, first, expected))
    } else if let Some(untyped) = typed.iter().find(|place| !is_filled(scope, place)) {
        Some(Problem::new(selection.untyped, untyped, "an identifier type in each repetition"))
    } else {
        (!typed.iter().any(fits)).then(|| Problem::new(selection.none, first, expected))
    };
    scope_add(scope, problem);
}

/// ORM-DG1-1: a sender counts, although a receiver should not insist (ORM-C26).
fn set_id(scope: &mut Scope<'_, '_>, segment: &Segment<'_>, n: usize) {
    let place = segment.field(1);
    if is_filled(scope, &place) && text(scope, &place)[..] != *n.to_string().as_bytes() {
        scope.report.add(Problem::new("ORM-DG1-1", &place, format!("`{n}`")));
    }
}

/// ORC-1 (03-orm, section 5)
fn control(scope: &mut Scope<'_, '_>, orc: &Segment<'_>) {
    let place = orc.field(1);
    let code = text(scope, &place).into_owned();
    let base = [&b"NW"[..], b"CA"];
    let agreed = scope.orders.map_or(base.contains(&&code[..]), |orders| {
        orders.order_control.keys().any(|agreed| agreed.as_bytes() == code)
    });
    if agreed || code.is_empty() {
        return;
    }
    let (id, option) = match &code[..] {
        b"XO" => ("ORM-OC-XO", Some("order_control: XO")),
        b"XR" => ("ORM-OC-XR", Some("order_control: XR")),
        b"CR" => ("ORM-OC-CR", Some("order_control: CR")),
        _ => ("ORM-OC-OTHER", None),
    };
    scope.report.add(Problem::new(id, &place, "`NW`, `CA` or another agreed order control code").allowed_by(option));
}

/// Clinics and parent entities, if they are agreed (ORM-KEY-002, ORM-KEY-003).
fn agreed_texts(scope: &mut Scope<'_, '_>) {
    let Some(orders) = scope.orders else { return };
    let (name, field) = match orders.location.source {
        LocationSource::Pv1 => ("PV1", 3),
        LocationSource::Orc => ("ORC", 13),
    };
    if let (Some(known), Some(segment)) = (&orders.known_locations, scope.view.named(name).next()) {
        let place = segment.component(field, 1);
        let clinic = String::from_utf8_lossy(&text(scope, &place)).into_owned();
        if !clinic.is_empty() && !known.contains_key(&clinic) {
            scope.report.add(Problem::new("ORM-KEY-002", &place, "an agreed clinic"));
        }
    }
    if let (Some(known), Some(header)) = (&orders.parent_entity, scope.view.named("MSH").next()) {
        let place = header.field(4);
        let entity = String::from_utf8_lossy(&text(scope, &place)).into_owned();
        if !entity.is_empty() && !known.contains(&entity) {
            scope.report.add(Problem::new("ORM-KEY-003", &place, "an agreed parent entity"));
        }
    }
}

/// The decoded first component and sub-component.
fn text<'a>(scope: &Scope<'_, '_>, place: &Place<'a>) -> Cow<'a, [u8]> {
    let d = &scope.view.delimiters;
    let first = |raw: &'a [u8], delimiter: u8| raw.split(|byte| *byte == delimiter).next().unwrap_or_default();
    let raw = first(first(first(place.raw(), d.repetition), d.component), d.subcomponent);
    hl7::unescape(significant(raw), d)
}

/// Whether any component holds something.
fn is_filled(scope: &Scope<'_, '_>, place: &Place<'_>) -> bool {
    let d = &scope.view.delimiters;
    let declares =
        place.path.field <= 2 && scope.view.segments.first().is_some_and(|msh| msh.range.contains(&place.range.start));
    let delimiter = |byte: &u8| !declares && (*byte == d.component || *byte == d.repetition);
    place.raw().split(delimiter).any(|part| !significant(part).is_empty())
}

/// Without trailing blanks; no bytes for the explicit null.
fn significant(raw: &[u8]) -> &[u8] {
    let end = raw.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    match &raw[..end] {
        b"\"\"" => b"",
        value => value,
    }
}
