//! The discrete block: identifiers, values, flags, order and severity (05-discrete-results).

use std::sync::LazyLock;

use serde::Deserialize;

use super::Scope;
use super::options;
use super::report::{Problem, seen};
use super::rules::{Answer, Diagnosis};
use super::structure::Part;
use super::view::{Place, Segment};
use crate::profile::{EyeOrder, Observations, SeverityMiddle, UnlistedValues};

/// The order within an eye (DISC-151).
const FINDINGS: [&str; 9] =
    ["DIABRETIN", "MACEDEMA", "HIVRETIN", "AMD", "DRYAMD", "WETAMD", "GLAUCOMA", "OTHERRETIN", "QUALAPP"];

/// What `mapping/findings.yaml` says about values and conditions.
#[derive(Deserialize)]
struct Findings {
    diagnoses: Vec<Diagnosis>,
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    id: String,
    condition: String,
    level: String,
}

fn findings() -> &'static Findings {
    static FINDINGS: LazyLock<Findings> = LazyLock::new(|| {
        serde_yaml::from_str(include_str!("../../mapping/findings.yaml")).expect("the embedded findings are tested")
    });
    &FINDINGS
}

/// One observation.
struct Line<'v, 'a> {
    segment: &'v Segment<'a>,
    /// Where its identifier stands: OBX-3.1, or NTE-3 (DISC-190).
    identifier: Place<'a>,
    /// 0 right, 1 left; none for severity and unknown identifiers.
    eye: Option<usize>,
    /// Without the eye.
    finding: &'a str,
}

impl<'a> Line<'_, 'a> {
    fn value(&self) -> Place<'a> {
        self.segment.field(5)
    }

    fn flag(&self) -> Place<'a> {
        self.segment.field(8)
    }

    fn rank(&self) -> usize {
        FINDINGS.iter().position(|known| *known == self.finding).unwrap_or(FINDINGS.len())
    }
}

pub(super) fn check(scope: &mut Scope<'_, '_>, parts: &[Part<'_, '_>]) {
    if matches!(scope.options.profile.observations, Observations::Custom(_)) {
        return; // the set is the customer's
    }
    let lines = lines(parts);
    for line in &lines {
        let id = line.identifier.raw();
        let twice = lines.iter().take_while(|other| other.segment.range != line.segment.range);
        if line.finding.is_empty() {
            if !line.identifier.is_empty() {
                let problem = Problem::new("DISC-002", &line.identifier, "SEVERITY, or RIGHT or LEFT and a finding");
                scope.report.add(problem.allowed_by(options::named("observations: custom:<file.csv>")));
            }
        } else if twice.into_iter().any(|other| other.identifier.raw() == id) {
            scope.report.add(Problem::new("DISC-002", &line.identifier, "each observation once"));
        }
    }
    order(scope, &lines);
    for line in lines.iter().filter(|line| line.eye.is_some()) {
        value(scope, line);
    }
    for eye in 0..2 {
        let of_eye: Vec<_> = lines.iter().filter(|line| line.eye == Some(eye)).collect();
        gradability(scope, &of_eye);
    }
    severity(scope, &lines);
}

fn lines<'v, 'a>(parts: &[Part<'v, 'a>]) -> Vec<Line<'v, 'a>> {
    let line = |(index, part): (usize, &Part<'v, 'a>)| {
        let note = parts.get(index + 1).filter(|next| next.kind == "note");
        let identifier = note.map_or(part.segment.component(3, 1), |note| note.segment.field(3));
        let name = std::str::from_utf8(identifier.raw()).unwrap_or_default();
        let sides = [name.strip_prefix("RIGHT"), name.strip_prefix("LEFT")];
        let eye = sides.iter().position(|rest| rest.is_some_and(|rest| FINDINGS.contains(&rest)));
        let finding = match eye {
            Some(eye) => sides[eye].unwrap_or_default(),
            None if name == "SEVERITY" => name,
            None => "",
        };
        Line { segment: part.segment, identifier, eye, finding }
    };
    parts.iter().enumerate().filter(|(_, part)| part.kind == "discrete").map(line).collect()
}

/// DISC-150, DISC-151, DISC-154: each kind of disorder once.
fn order(scope: &mut Scope<'_, '_>, lines: &[Line<'_, '_>]) {
    if let Some(late) = lines.iter().skip(1).find(|line| line.finding == "SEVERITY") {
        scope.report.add(Problem::new("DISC-001", &late.identifier, "SEVERITY in front of all other observations"));
    }
    let eyes: Vec<_> = lines.iter().filter(|line| line.eye.is_some()).collect();
    let left_first = scope.options.profile.eye_order == EyeOrder::LeftFirst;
    let side = |line: &Line<'_, '_>, left_first: bool| line.eye.map(|eye| if left_first { 1 - eye } else { eye });
    let wrong = |left_first| eyes.windows(2).find(|pair| side(pair[0], left_first) > side(pair[1], left_first));
    if wrong(left_first).is_some() {
        let (id, expected) = if left_first {
            ("DISC-154", "the left eye in front of the right one")
        } else {
            ("DISC-150", "the right eye in front of the left one")
        };
        let option = options::named("eye_order: left_first").filter(|_| !left_first && wrong(true).is_none());
        if let Some(first) = eyes.iter().find(|line| side(line, left_first) == Some(1)) {
            scope.report.add(Problem::new(id, &first.identifier, expected).allowed_by(option));
        }
    }
    for pair in eyes.windows(2) {
        if pair[0].eye == pair[1].eye && pair[0].rank() > pair[1].rank() {
            let expected = format!("in front of {}", seen(pair[0].identifier.raw()));
            scope.report.add(Problem::new("DISC-151", &pair[1].identifier, expected));
        }
    }
}

/// The value of an observation, and the flag that it asks for (sections 4, 5 and 6).
fn value(scope: &mut Scope<'_, '_>, line: &Line<'_, '_>) {
    match line.finding {
        "QUALAPP" => {
            let (good, bad) = &scope.options.profile.quality_text;
            let text = line.value();
            let shown = format!("`{good}` or `{bad}`");
            if text.raw() != good.as_bytes() && text.raw() != bad.as_bytes() {
                let option = options::named("quality_text").filter(|_| !text.is_empty());
                scope.report.add(Problem::new("DISC-130", &text, shown).allowed_by(option));
            }
            flag(scope, line, "DISC-132", "", None);
        }
        "OTHERRETIN" => suspected(scope, line),
        _ => diagnosis(scope, line),
    }
}

fn diagnosis(scope: &mut Scope<'_, '_>, line: &Line<'_, '_>) {
    let row = findings().diagnoses.iter().find(|row| row.observation == line.finding);
    let current = row.map(|row| &row.results);
    let older = row.and_then(|row| row.rev_b.as_ref());
    let is_older = scope.options.profile.observations == Observations::RevB;
    let (table, other) = if is_older { (older.or(current), None) } else { (current, older) }; // DISC-174
    let answer = |table: Option<&'static Vec<Answer>>| {
        table.and_then(|table| table.iter().find(|row| row.result.as_bytes() == line.value().raw()))
    };
    let option = options::named("observations: rev_b");
    let fits_other = answer(other).is_some_and(|row| row.flag.as_bytes() == line.flag().value());
    match (answer(table), table) {
        (Some(row), _) => flag(scope, line, &row.id, &row.flag, option.filter(|_| fits_other)),
        (None, Some(table)) => {
            let pass = scope.options.profile.unlisted_values == UnlistedValues::Pass;
            if pass {
                return flag(scope, line, "DISC-024", "A", None);
            }
            let values: Vec<_> = table.iter().map(|row| row.result.as_str()).collect();
            let option = if fits_other { option } else { options::named("unlisted_values: pass") };
            let option = option.filter(|_| fits_other || line.flag().value() == b"A");
            let problem = Problem::new("DISC-024", &line.value(), format!("one of {}", values.join(", ")));
            scope.report.add(problem.allowed_by(option));
        }
        (None, None) => {}
    }
}

/// DISC-101 to DISC-108. The levels behind the flags are the defaults; the flag of a text that no list contains is free.
fn suspected(scope: &mut Scope<'_, '_>, line: &Line<'_, '_>) {
    let text = String::from_utf8_lossy(line.value().raw()).into_owned();
    if text == "None" {
        return flag(scope, line, "DISC-101", "", None);
    }
    let older = scope.options.profile.observations == Observations::RevB;
    let mut highest = 0;
    let mut id = "DISC-104".to_owned();
    let texts: Vec<_> = text.split(',').collect();
    for text in &texts {
        let known = findings().conditions.iter().find(|row| row.condition == *text);
        let level = match known {
            Some(row) => row.level.as_str(),
            None if text.starts_with("Suspected ") => "referable", // DISC-SUS-17
            None => return,
        };
        if texts.len() == 1 {
            id = known.map_or("DISC-SUS-17", |row| &row.id).to_owned();
        }
        let rank = match level {
            "not_referable" => 0,
            "referable" => 1,
            _ if older => 1, // DISC-173
            _ => 2,
        };
        highest = highest.max(rank);
    }
    flag(scope, line, &id, ["", "A", "AA"][highest], None);
}

fn flag(scope: &mut Scope<'_, '_>, line: &Line<'_, '_>, id: &str, expected: &str, option: Option<&'static str>) {
    let flag = line.flag();
    if flag.value() != expected.as_bytes() && matches!(flag.value(), b"" | b"A" | b"AA") {
        let shown = if expected.is_empty() { "no flag".into() } else { format!("`{expected}`") };
        let expected = format!("{shown} for {}", seen(line.value().raw()));
        scope.report.add(Problem::new(id, &flag, expected).allowed_by(option));
    }
}

/// DISC-004, DISC-025, DISC-100, DISC-133
fn gradability(scope: &mut Scope<'_, '_>, lines: &[&Line<'_, '_>]) {
    let Some(last) = lines.last() else { return }; // an excluded eye (DISC-136)
    let find = |finding: &str| lines.iter().find(|line| line.finding == finding);
    let Some(quality) = find("QUALAPP") else {
        let missing = "the image quality of the eye, QUALAPP, behind this observation";
        scope.report.add(Problem::new("DISC-004", &last.identifier, missing));
        return;
    };
    if quality.value().raw() == scope.options.profile.quality_text.1.as_bytes() {
        for line in lines.iter().filter(|line| line.finding != "QUALAPP") {
            let expected = "only QUALAPP for an eye that is not gradable";
            scope.report.add(Problem::new("DISC-133", &line.identifier, expected));
        }
        return;
    }
    let Some(other) = find("OTHERRETIN") else {
        let missing = "the suspected conditions of the eye, OTHERRETIN, in front of this observation";
        scope.report.add(Problem::new("DISC-100", &quality.identifier, missing));
        return;
    };
    if other.value().raw() == b"None"
        && let Some(open) = lines.iter().find(|line| line.value().raw() == b"Indeterminable")
    {
        let expected = "Indeterminable only beside a suspected condition of the same eye";
        scope.report.add(Problem::new("DISC-025", &open.value(), expected));
    }
}

/// DISC-040 to DISC-046, over the flags that the message has.
fn severity(scope: &mut Scope<'_, '_>, lines: &[Line<'_, '_>]) {
    let of_eyes = || lines.iter().filter(|line| line.eye.is_some());
    let gradable = of_eyes()
        .any(|line| line.finding != "QUALAPP" || line.value().raw() == scope.options.profile.quality_text.0.as_bytes());
    let found = lines.iter().find(|line| line.finding == "SEVERITY");
    let missing = lines.first().map(|line| line.segment.place());
    let profile = scope.options.profile;
    if !gradable {
        match (found, &profile.ungradable_severity) {
            (Some(line), None) => {
                let problem = Problem::new("DISC-045", &line.identifier, "no SEVERITY when no eye is gradable");
                scope.report.add(problem.allowed_by(options::named("ungradable_severity")));
            }
            (Some(line), Some(agreed)) => {
                if line.value().raw() != agreed.value.as_bytes() || line.flag().value() != agreed.flag.as_bytes() {
                    let expected = format!("`{}` with flag `{}`", agreed.value, agreed.flag);
                    scope.report.add(Problem::new("DISC-046", &line.value(), expected));
                }
            }
            (None, Some(_)) => {
                let problem = missing.map(|place| Problem::new("DISC-046", &place, "SEVERITY first"));
                problem.into_iter().for_each(|problem| scope.report.add(problem));
            }
            (None, None) => {}
        }
        return;
    }
    let Some(line) = found else {
        let problem = missing.map(|place| Problem::new("DISC-001", &place, "SEVERITY first"));
        return problem.into_iter().for_each(|problem| scope.report.add(problem));
    };
    let highest = of_eyes().map(|line| line.flag().value().len().min(2)).max().unwrap_or(0);
    let alert = match profile.severity_middle {
        Some(middle) => middle == SeverityMiddle::Alert,
        None => profile.observations == Observations::RevB, // ORU-OPT-20
    };
    let (id, value, flag) = match highest {
        0 => ("DISC-041", "NORMAL", ""),
        1 => ("DISC-042", if alert { "ALERT" } else { "ABNORMAL" }, "A"),
        _ => ("DISC-043", "CRITICAL", "AA"),
    };
    let because = ["no eye has a flag", "the highest flag is A", "the highest flag is AA"][highest];
    if line.value().raw() != value.as_bytes() {
        let option =
            options::named("severity_middle: ALERT").filter(|_| highest == 1 && line.value().raw() == b"ALERT");
        let expected = format!("`{value}`, since {because}");
        scope.report.add(Problem::new(id, &line.value(), expected).allowed_by(option));
    }
    if line.flag().value() != flag.as_bytes() {
        let shown = if flag.is_empty() { "no flag".into() } else { format!("`{flag}`") };
        scope.report.add(Problem::new(id, &line.flag(), format!("{shown}, since {because}")));
    }
}
