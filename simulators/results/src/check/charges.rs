//! FT1: the kinds of charge, diagnoses and modifiers (07-dft, section 7).

use std::ops::Range;

use super::Scope;
use super::forms;
use super::options;
use super::report::Problem;
use super::rules::Rules;
use super::view::{Place, Segment};
use crate::mapping::Field;
use crate::profile::{ChargeOption, ComponentModifier};

/// What an FT1 charges.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The only or first charge of option 1.
    Single,
    /// CPT II, the second charge of option 1.
    Cpt2,
    /// The first charge of option 2.
    Professional,
    /// The second charge of option 2.
    Technical,
}

/// An FT1 of the message, by its bytes.
pub(super) struct Charge {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

impl Kind {
    /// The lines that are those of this kind only.
    pub(super) fn lines(self) -> &'static [Field] {
        let charges = &Rules::get().charges;
        match self {
            Kind::Single => &charges.single,
            Kind::Cpt2 => &charges.cpt2,
            Kind::Professional => &charges.professional,
            Kind::Technical => &charges.technical,
        }
    }
}

/// Tells the charges apart by number and code; reports what the profile does not allow (DFT-FT1-S01, S02, S06).
pub(super) fn kinds(scope: &mut Scope<'_, '_>) -> Vec<Charge> {
    let segments: Vec<_> = scope.view.named("FT1").collect();
    let two = scope.options.profile.dft.ft1_option == ChargeOption::ProfessionalAndTechnical;
    let (Some(first), second) = (segments.first(), segments.get(1)) else { return Vec::new() };
    let is_cpt2 = second.is_some_and(|second| second.component(7, 1).raw() == b"3072F");
    let add = |scope: &mut Scope<'_, '_>, id, at: &Segment<'_>, expected: &str, option: &'static str| {
        let option = options::named(option).filter(|option| !scope.options.has(option));
        scope.report.add(Problem::new(id, &at.place(), expected).allowed_by(option));
        option.into_iter().for_each(|option| scope.options.assume(option));
    };
    match second {
        Some(second) if is_cpt2 && !scope.options.has("dft.cpt2: true") => {
            add(scope, "DFT-FT1-S02", second, "no CPT II charge by default", "dft.cpt2: true");
        }
        Some(second) if !is_cpt2 && !two => {
            add(scope, "DFT-FT1-S06", second, "one charge by default", "dft.ft1_option: 2");
        }
        Some(second) if is_cpt2 && two => {
            // DFT-FT1-S07
            scope.report.add(Problem::new(
                "DFT-FT1-S07",
                &second.place(),
                "the technical charge; CPT II goes with option 1",
            ));
        }
        None if two => {
            let missing = scope.view.missing("FT1");
            scope.report.add(Problem::new("DFT-FT1-S06", &missing, "a second FT1 with the technical charge"));
        }
        _ => {}
    }
    for surplus in segments.iter().skip(2) {
        scope.report.add(Problem::new("DFT-STR-002", &surplus.place(), "at most two FT1"));
    }
    let kinds = match second {
        Some(_) if is_cpt2 => [Kind::Single, Kind::Cpt2],
        Some(_) => [Kind::Professional, Kind::Technical],
        None if two => [Kind::Professional, Kind::Technical],
        None => [Kind::Single, Kind::Cpt2],
    };
    let ranges = [Some(first), second].into_iter().flatten().map(|segment| segment.range.clone());
    kinds.into_iter().zip(ranges).map(|(kind, range)| Charge { kind, range }).collect()
}

pub(super) fn check(scope: &mut Scope<'_, '_>, charges: &[Charge]) {
    let view = scope.view;
    let segments: Vec<_> = view.named("FT1").collect();
    let Some(first) = segments.first() else { return };
    for (segment, charge) in segments.iter().zip(charges) {
        modifiers(scope, segment, charge.kind);
        // DFT-FT1-25: the procedure is the transaction code.
        let (code, procedure) = (segment.field(7), segment.field(25));
        if charge.kind != Kind::Cpt2 && !procedure.is_empty() && procedure.raw() != code.raw() {
            let expected = format!("{}, as in {}", super::report::seen(code.raw()), code.path);
            scope.report.add(Problem::new("DFT-FT1-25", &procedure, expected));
        }
    }
    diagnoses(scope, first);
    for (segment, charge) in segments.iter().zip(charges).skip(1) {
        let (one, other) = (first.field(19), segment.field(19));
        if one.raw() != other.raw() {
            let expected = format!("the same list as in {}", one.path);
            scope.report.add(Problem::new("DFT-DX-006", &other, expected));
        }
        // DFT-FT1-S03, DFT-C13: a retinopathy code is no normal result, unless it came with the order, which nobody sees here.
        let sick =
            segment.repetitions(19).find(|dx| is_retinopathy(&undotted(dx.component(1, &view.delimiters).raw())));
        if let (Kind::Cpt2, Some(sick)) = (charge.kind, sick) {
            scope.report.add(Problem::new("DFT-FT1-S03", &sick, "CPT II only for a result without retinopathy"));
        }
        let charges_differ = segment.component(25, 1).raw() != first.component(25, 1).raw();
        if charge.kind == Kind::Technical && segment.field(26).is_empty() && !charges_differ {
            // DFT-FT1-25-M
            let expected = "another code than that of the professional charge";
            scope.report.add(Problem::new("DFT-FT1-25-M", &segment.component(25, 1), expected));
        }
    }
}

/// FT1-19 (07-dft, section 7.2)
fn diagnoses(scope: &mut Scope<'_, '_>, segment: &Segment<'_>) {
    if segment.field(19).is_empty() {
        return; // DFT-DX-005
    }
    let d = &scope.view.delimiters;
    let mut codes: Vec<Vec<u8>> = Vec::new();
    for dx in segment.repetitions(19).take(1000) {
        let (code, text, system) = (dx.component(1, d), dx.component(2, d), dx.component(3, d));
        let plain = undotted(code.raw());
        if !forms::is_icd_10(code.raw()) {
            scope.report.add(Problem::new("DFT-DX-001", &code, "an ICD-10-CM code"));
        } else if plain.len() > 3 && code.raw().get(3) != Some(&b'.') {
            let dotted = String::from_utf8_lossy(&plain).into_owned();
            let expected = format!("`{}.{}`, with the dot", &dotted[..3], &dotted[3..]);
            scope.report.add(Problem::new("DFT-DX-002", &code, expected));
        } else if codes.contains(&plain) {
            scope.report.add(Problem::new("DFT-DX-004", &code, "each code once"));
        } else if names_no_eye(&plain) && !scope.options.has("dx.laterality: none") {
            let option = options::named("dx.laterality: none");
            let expected = "a code of seven characters, the last of which names the eye";
            scope.report.add(Problem::new("DFT-DX-012", &code, expected).allowed_by(option));
        }
        if text.is_empty() {
            scope.report.add(Problem::new("DFT-DX-009", &text, "the text of the code"));
        }
        if system.raw() != b"ICD-10-CM" {
            scope.report.add(Problem::new("DFT-DX-010", &system, "`ICD-10-CM`"));
        }
        codes.push(plain);
    }
}

fn undotted(code: &[u8]) -> Vec<u8> {
    code.iter().copied().filter(|byte| *byte != b'.').collect()
}

/// `E11.3...` and the like with a stage of retinopathy.
fn is_retinopathy(code: &[u8]) -> bool {
    matches!(code, [b'E', b'0' | b'1', b'0' | b'1' | b'3' | b'8' | b'9', b'3', b'1'..=b'5', ..])
}

/// A staged retinopathy code of six characters (DFT-DX-012); unspecified stages (`E11.31-`) have no eye.
fn names_no_eye(code: &[u8]) -> bool {
    is_retinopathy(code) && code.len() == 6 && code[4] != b'1'
}

/// FT1-26 (07-dft, section 7.3)
fn modifiers(scope: &mut Scope<'_, '_>, segment: &Segment<'_>, kind: Kind) {
    let field = segment.field(26);
    let options = &scope.options.profile.dft;
    let component = match kind {
        Kind::Single if options.o1_component == ComponentModifier::Professional => Some("26"),
        Kind::Single | Kind::Cpt2 => None,
        Kind::Professional if options.o2_component => Some("26"),
        Kind::Technical if options.o2_component => Some("TC"),
        Kind::Professional | Kind::Technical => None,
    };
    let (id, status): (&str, &[&str]) = match kind {
        Kind::Cpt2 => ("DFT-MOD-010", &[""]),
        Kind::Single if options.o1_nc => ("DFT-MOD-008", &["", "NC"]),
        Kind::Single => ("DFT-MOD-008", &[""]),
        Kind::Professional | Kind::Technical => ("DFT-MOD-009", &["", "52", "NC"]),
    };
    let with = |component: Option<&str>| -> Vec<String> {
        let joined = |status: &&str| {
            [component.unwrap_or_default(), status]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("~")
        };
        status.iter().map(joined).collect()
    };
    let fits = |values: &[String]| values.iter().any(|value| value.as_bytes() == field.value());
    let expected = with(component);
    if fits(&expected) {
        return;
    }
    let other = match kind {
        Kind::Single if fits(&with(Some("26"))) => options::named("dft.o1_component: 26"),
        Kind::Professional | Kind::Technical if fits(&with(None)) => options::named("dft.o2_component: false"),
        _ => None,
    };
    let known = |place: &Place<'_>| matches!(place.raw(), b"26" | b"TC" | b"NC" | b"52" | b"");
    let unknown = segment.repetitions(26).find(|place| !known(place));
    let shown: Vec<_> =
        expected.iter().map(|v| if v.is_empty() { "nothing".into() } else { format!("`{v}`") }).collect();
    let problem = match unknown {
        Some(place) => Problem::new("DFT-MOD-001", &place, "`26`, `TC`, `NC` or `52`"),
        None => Problem::new(id, &field, shown.join(" or ")),
    };
    scope.report.add(problem.allowed_by(other));
}
