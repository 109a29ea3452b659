//! Fields against the lines of their table.

use super::Scope;
use super::facts::{self, Facts, Input, Shape};
use super::forms;
use super::options;
use super::persons;
use super::report::{Problem, seen};
use super::rules::{Alternative, Rules};
use super::view::{Place, Segment};
use crate::mapping::{Field, Form, List, Moment, Text, Usage};

/// The table's lines for one segment of the message.
pub(super) struct Lines<'t> {
    pub(super) list: Option<List>,
    pub(super) last: Option<u16>,
    pub(super) base: &'t [Field],
    /// Lines that go before those of `base`, such as those of a kind of charge.
    pub(super) instead: &'t [Field],
}

impl<'t> Lines<'t> {
    /// The highest field number with a line.
    fn end(&self) -> u16 {
        self.base.iter().map(|line| line.path.last_field()).max().unwrap_or(0)
    }

    /// Whether a field belongs to a run of fields that are always empty, such as PV1-20 to PV1-43; no option fills one of those.
    fn is_in_empty_run(&self, field: u16) -> bool {
        let at = self.base.partition_point(|line| line.path.last_field() < field);
        let of_run = |line: &Field| line.path.component.is_none() && line.path.is_run() && line.usage == Usage::X;
        self.base.get(at).is_some_and(|line| line.path.field <= field && of_run(line))
    }

    fn of(&self, field: u16) -> Vec<&'t Field> {
        let covers = |line: &&Field| line.path.field <= field && field <= line.path.last_field();
        let instead: Vec<_> = self.instead.iter().filter(covers).collect();
        if !instead.is_empty() {
            return instead;
        }
        // paths ascend; what an option changes stands in rules.yaml
        let from = self.base.partition_point(|line| line.path.last_field() < field);
        let lines = self.base[from..].iter().take_while(|line| line.path.field <= field);
        lines.filter(|line| options::by_default(line.when)).collect()
    }
}

/// Notes what the fields of a segment say about the inputs.
pub(super) fn learn<'a>(scope: &Scope<'_, 'a>, segment: &Segment<'a>, lines: &Lines<'_>, facts: &mut Facts<'a>) {
    for number in 1..=lines.end() {
        if segment.field(number.into()).is_empty() {
            continue;
        }
        let (of_field, firm) = in_force(scope, segment, lines, number);
        for line in of_field {
            let place = match line.path.component {
                Some(component) => segment.component(number.into(), component.into()),
                None => segment.field(number.into()),
            };
            match Shape::of(line.value.as_ref()) {
                Shape::One { before: "", input, moment: None | Some(Moment::Ts), after: "" } => {
                    let whole = line.path.component.is_none()
                        && input != Input::Text(Text::Service)
                        && place.components(&scope.view.delimiters) > 1;
                    let place = if whole { place.component(1, &scope.view.delimiters) } else { place };
                    facts.found(input, place, firm);
                }
                Shape::Person(who) => {
                    let (first, _) = persons::positions(scope);
                    for (component, input) in
                        [1, 2, 3, first].into_iter().zip(facts::of_person(who, scope.rules.message == "DFT^P03"))
                    {
                        facts.found(input, segment.component(number.into(), component), firm);
                    }
                }
                Shape::One { .. } | Shape::Free => {}
            }
        }
    }
}

/// Checks all fields of a segment.
pub(super) fn check(scope: &mut Scope<'_, '_>, segment: &Segment<'_>, lines: &Lines<'_>) {
    for number in 1..=lines.end() {
        if segment.field(number.into()).raw().is_empty() && lines.is_in_empty_run(number) {
            continue;
        }
        let (of_field, _) = in_force(scope, segment, lines, number);
        let problems = judge(scope, segment, number, &of_field);
        if problems.is_empty() {
            continue;
        }
        let of_charge = lines.instead.iter().any(|line| line.path.field == number);
        let fitting = others(scope, segment, lines, number)
            .filter(|other| other.hint && !of_charge && !scope.options.holds(other.option))
            .find(|other| judge(scope, segment, number, &other.of(segment.name, number)).is_empty());
        report(scope, segment.field(number.into()), problems, fitting);
    }
    let Some(tail) = &scope.rules.tail else { return };
    let last = usize::from(lines.last.unwrap_or_else(|| lines.end()));
    let short = scope.options.has("pid_tail: off") && segment.name == "PID";
    if segment.fields() > last {
        let surplus = segment.field(last + 1);
        scope.report.add(Problem::new(tail, &surplus, format!("no field behind {last}")));
    } else if let Some(last) = lines.last.filter(|last| segment.fields() < usize::from(*last) && !short) {
        // the requirement of a missing field says more than that of the length
        let end = segment.field(usize::from(last));
        let missing = in_force(scope, segment, lines, last).0.iter().any(|line| line.usage == Usage::R);
        if !missing {
            let option = (segment.name == "PID").then_some("pid_tail: off").and_then(options::named);
            let expected = format!("delimiters up to field {last}");
            let seen = format!("{} fields", segment.fields());
            scope.report.add(Problem::new(tail, &end, expected).seen(seen).allowed_by(option));
        }
    }
}

/// The lines for a field under the profile, and whether they are the same under every profile.
fn in_force<'t>(scope: &Scope<'_, '_>, segment: &Segment<'_>, lines: &Lines<'t>, field: u16) -> (Vec<&'t Field>, bool) {
    let mut firm = true;
    for other in others(scope, segment, lines, field) {
        firm = false;
        if scope.options.holds(other.option) {
            return (other.of(segment.name, field), false);
        }
    }
    (lines.of(field), firm)
}

fn others(
    scope: &Scope<'_, '_>,
    segment: &Segment<'_>,
    lines: &Lines<'_>,
    field: u16,
) -> impl Iterator<Item = &'static Alternative> {
    let list = lines.list;
    let charge = lines.instead.iter().any(|line| line.path.field == field);
    Rules::alternatives(&scope.rules.message, segment.name, list, field).filter(move |other| !charge || other.charges)
}

fn report(scope: &mut Scope<'_, '_>, field: Place<'_>, problems: Vec<Problem>, fitting: Option<&'static Alternative>) {
    let option = fitting.map(|other| other.option.name());
    match (&problems[..], fitting.and_then(|other| other.id.as_ref())) {
        // several lines of one field, and one option that explains them all
        ([first, _, ..], Some(id)) => {
            let expected = format!("{} in {}, and {} more differences", first.expected, first.path, problems.len() - 1);
            let problem = Problem::new(id, &field, expected);
            scope.report.add(problem.allowed_by(option));
        }
        _ => problems.into_iter().for_each(|problem| {
            let option = option.or(problem.option);
            scope.report.add(problem.allowed_by(option));
        }),
    }
}

fn judge(scope: &Scope<'_, '_>, segment: &Segment<'_>, number: u16, lines: &[&Field]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(last) = lines.last() else {
        let place = segment.field(number.into());
        if !place.is_empty() && scope.rules.tail.is_some() {
            let requirement = scope.rules.other.as_ref().or(scope.rules.tail.as_ref());
            problems.extend(requirement.map(|id| Problem::new(id, &place, "nothing")));
        }
        return problems;
    };
    if last.list.is_some() || last.id == "DFT-MOD-001" {
        return problems; // repeating fields have rules of their own
    }
    let field = segment.field(number.into());
    if field.raw().is_empty() && lines.iter().all(|line| line.usage == Usage::X) {
        return problems;
    }
    let repeats = segment.repetitions(number.into()).nth(1);
    if let (Some(second), Some(id), false) = (repeats, &scope.rules.repeat, takes_delimiters(last)) {
        problems.push(Problem::new(id, &second, "one value; a `~` in a value is written `\\R\\`"));
    }
    if last.path.component.is_none() {
        line(scope, segment, last, &field, &mut problems);
    } else {
        let whole = segment.component(number.into(), 1);
        let count = segment.repetitions(number.into()).next().unwrap_or(whole).components(&scope.view.delimiters);
        let highest = last.path.run_to.or(last.path.component).unwrap_or(1);
        for component in 1..=count.max(highest.into()).min(100) {
            let place = segment.component(number.into(), component);
            let covers = |line: &&&Field| {
                let first = line.path.component.unwrap_or(1);
                (usize::from(first)..=usize::from(line.path.run_to.unwrap_or(first))).contains(&component)
            };
            match lines.iter().find(covers) {
                Some(rule) => line(scope, segment, rule, &place, &mut problems),
                None if place.is_empty() => {}
                None => problems.push(Problem::new(&last.id, &place, "nothing")),
            }
        }
    }
    if let Some(trim) = &scope.rules.trim
        && field.raw().ends_with(&[scope.view.delimiters.component])
        && !takes_delimiters(last)
    {
        problems.push(Problem::new(trim, &field, "no delimiters behind the last component"));
    }
    problems
}

/// Fields whose bytes come from elsewhere already encoded, or are no values (ORU-ENC-05).
pub(super) fn takes_delimiters(line: &Field) -> bool {
    use crate::mapping::DataType::{Ed, Rp};
    matches!(line.data_type, Some(Rp | Ed))
        || matches!(line.id.as_str(), "ORU-OBR-4" | "ORU-MSH-2" | "MDM-MSH-1" | "DFT-MSH-2")
}

fn line(scope: &Scope<'_, '_>, segment: &Segment<'_>, line: &Field, place: &Place<'_>, problems: &mut Vec<Problem>) {
    let value = place.value();
    let shape = Shape::of(line.value.as_ref());
    let fact = match shape {
        Shape::One { input, .. } => scope.facts.get(input),
        _ => None,
    };
    if value.is_empty() {
        let agreed = |input| facts::agreed(input, &scope.options).or(facts::constant(input, &scope.options));
        if matches!(shape, Shape::One { input, .. } if agreed(input) == Some("")) {
            return; // the customer wants nothing there
        }
        match (line.usage, fact) {
            (Usage::R, None) => problems.push(Problem::new(&line.id, place, describe(line))),
            (Usage::R | Usage::Re, Some(fact)) => {
                problems.push(Problem::new(&line.id, place, format!("{}, as in {}", seen(fact.raw()), fact.path)));
            }
            _ => {}
        }
        return;
    }
    if line.usage == Usage::X {
        problems.push(Problem::new(&line.id, place, "nothing"));
        return;
    }
    if line.data_type.is_some_and(forms::is_primitive) && !takes_delimiters(line) {
        let d = &scope.view.delimiters;
        let bare = |byte: &u8| *byte == d.component || *byte == d.subcomponent;
        if let (true, Some(id)) = (value.iter().any(bare), &scope.rules.escape) {
            problems.push(Problem::new(id, place, "text without bare delimiters; `&` is written `\\T\\`, `^` `\\S\\`"));
            return;
        }
    }
    if !line.allowed.is_empty() && !line.allowed.iter().any(|allowed| allowed.as_bytes() == value) {
        problems.push(Problem::new(&line.id, place, describe(line)));
        return;
    }
    let form = line.form.or((line.id == "MDM-TXA-12").then_some(Form::Guid));
    let form = form.and_then(|form| forms::break_of_form(form, value));
    if let Some(expected) = form.or_else(|| forms::break_of_type(line.data_type?, value)) {
        problems.push(Problem::new(&line.id, place, expected));
        return;
    }
    match shape {
        Shape::One { before, input, moment, after } => {
            problems.extend(differs(scope, line, place, (before, input, moment, after)));
        }
        Shape::Person(who) => persons::check(scope, segment, line, place.path.field, who, problems),
        Shape::Free => problems.extend(agreed_text(scope, line, place)),
    }
}

/// A value that does not say what the rest of the message, or the profile, says.
fn differs(
    scope: &Scope<'_, '_>,
    line: &Field,
    place: &Place<'_>,
    (before, input, moment, after): (&str, Input, Option<Moment>, &str),
) -> Option<Problem> {
    if let Some(agreed) = facts::agreed(input, &scope.options)
        && before.is_empty()
        && hl7::escape(agreed.as_bytes(), &scope.view.delimiters) != place.value()
    {
        return Some(Problem::new(&line.id, place, format!("{}, as agreed in the profile", seen(agreed.as_bytes()))));
    }
    if matches!(moment, Some(Moment::Ts)) && !forms::is_second(&String::from_utf8_lossy(place.value())) {
        return Some(Problem::new(&line.id, place, "an existing moment as yyyyMMddHHmmss"));
    }
    if input == Input::Text(Text::Dob) && !forms::is_date(&String::from_utf8_lossy(place.value())) {
        return Some(Problem::new(&line.id, place, "an existing calendar day as yyyyMMdd"));
    }
    if let Some(constant) = facts::constant(input, &scope.options) {
        let expected = hl7::escape(constant.as_bytes(), &scope.view.delimiters);
        // MSH-9 is one value here, not two components
        let fits = expected == place.value() || constant.as_bytes() == place.value();
        let words = if constant.is_empty() { "nothing".to_owned() } else { seen(constant.as_bytes()) };
        return (!fits).then(|| Problem::new(&line.id, place, words));
    }
    let fact = scope.facts.get(input)?;
    let known = match moment {
        Some(Moment::Minute) => fact.value().get(..12)?,
        Some(Moment::ControlId) => fact.value().get(2..)?,
        Some(Moment::Ts) | None => fact.value(),
    };
    let expected = [before.as_bytes(), known, after.as_bytes()].concat();
    if expected == place.value() {
        return None;
    }
    // point at the surplus component when the first one is right
    let first = place.component(1, &scope.view.delimiters);
    let count = place.components(&scope.view.delimiters);
    let surplus =
        (2..=count.min(100)).map(|n| place.component(n, &scope.view.delimiters)).find(|part| !part.is_empty());
    let at = surplus.filter(|_| after.is_empty() && place.path.field > 0 && first.raw() == expected);
    Some(match at {
        Some(part) => Problem::new(&line.id, &part, "nothing"),
        None => Problem::new(&line.id, place, format!("{}, as in {}", seen(&expected), fact.path)),
    })
}

/// Texts that the tables do not take from the profile.
fn agreed_text(scope: &Scope<'_, '_>, line: &Field, place: &Place<'_>) -> Option<Problem> {
    let profile = scope.options.agreed?;
    let agreed = match line.id.as_str() {
        "ORU-PID-2.5" => profile.pid_id_type.text()?,
        "DISC-219" => &profile.observation_system,
        _ => return None,
    };
    (agreed.as_bytes() != place.value())
        .then(|| Problem::new(&line.id, place, format!("`{agreed}`, as agreed in the profile")))
}

/// What a line asks for, in words.
pub(super) fn describe(line: &Field) -> String {
    match &line.allowed[..] {
        [] => "a value".into(),
        [only] => format!("`{only}`"),
        [before @ .., last] => {
            let before: Vec<_> = before.iter().map(|allowed| format!("`{allowed}`")).collect();
            format!("{} or `{last}`", before.join(", "))
        }
    }
}
