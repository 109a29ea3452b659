//! The charges of an order (07-dft, section 7).

use jiff::tz::TimeZone;

use crate::error::BuildError;
use crate::grading::Grading;
use crate::icd;
use crate::mapping::List;
use crate::narrative::{age, birth_date};
use crate::order::Order;
use crate::profile::{
    ChargeCode, ChargeOption, CodeSource, ComponentModifier, Dft, DiagnosisText, MissingEye, Namespace, Profile,
};
use crate::study::{EyeState, Study};
use crate::values::{Item, Lists};

/// What tells one FT1 from another.
#[derive(Default)]
pub(crate) struct Charge {
    /// Components 1 to 3 of FT1-7 and FT1-25, encoded.
    pub(crate) code: Vec<u8>,
    pub(crate) text: Vec<u8>,
    pub(crate) system: Vec<u8>,
    /// FT1-4 is the instant of capture, not of grading.
    pub(crate) at_capture: bool,
    /// FT1-22
    pub(crate) unit_cost: String,
    /// FT1-23.2
    pub(crate) namespace: String,
    /// FT1-26, repetitions joined.
    pub(crate) modifiers: String,
}

/// How many of the eyes that count are ungradable (DFT-MOD-003 to DFT-MOD-005).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ungradable {
    None,
    Some,
    All,
}

/// The charges with their diagnoses.
pub(crate) fn lists(order: &Order, grading: &Grading, study: &Study, profile: &Profile) -> Result<Lists, BuildError> {
    let derived = icd::derived(order, study, profile);
    // DFT-C9
    let dx = if profile.dft.dx_submitted { icd::diagnoses(order, study, profile) } else { derived.clone() };
    let dx = dx.into_iter().map(|dx| {
        let of_charges = profile.dft.dx_text == DiagnosisText::Comma && derived.contains(&dx);
        let value = if of_charges { icd::with_comma(dx.text) } else { dx.text };
        Item { identifier: icd::dotted(&dx.code), value, ..Item::default() }
    });
    let charges = charges(order, grading, study, &profile.dft)?;
    let charges = charges.into_iter().zip(1..).map(|(charge, n)| Item { n, charge, ..Item::default() });
    Ok(Lists::from([(List::Dx, dx.collect()), (List::Charges, charges.collect())]))
}

fn charges(order: &Order, grading: &Grading, study: &Study, options: &Dft) -> Result<Vec<Charge>, BuildError> {
    let ungradable = ungradable(study, options.mod_missing_eye);
    let not_charged = if ungradable == Ungradable::All { "NC" } else { "" };
    let namespace = |namespace: &Namespace| match namespace {
        Namespace::Msh5 => options.msh5.clone(),
        Namespace::Msh6 => options.msh6.clone(),
        Namespace::Text(text) => text.clone(),
    };
    let unit_cost = |text: &str| text.replace("{filler}", &order.filler.to_string());
    let professional = professional(order, options);
    match options.ft1_option {
        ChargeOption::Professional => {
            let component = match options.o1_component {
                ComponentModifier::None => "",
                ComponentModifier::Professional => "26",
            };
            let namespace = namespace(&options.order_namespace);
            // DFT-MOD-008: no 52 in this option.
            let modifiers = joined(component, if options.o1_nc { not_charged } else { "" });
            let mut charges = vec![Charge { namespace: namespace.clone(), modifiers, ..professional }];
            if options.cpt2 && no_retinopathy(study, ungradable) && is_adult(order, grading, options)? {
                charges.push(Charge {
                    code: b"3072F".into(), // DFT-FT1-7-C
                    text: b"No evidence of retinopathy in the prior year".into(),
                    at_capture: true,
                    unit_cost: unit_cost(&options.unit_cost_cpt2),
                    namespace,
                    ..Charge::default()
                });
            }
            Ok(charges)
        }
        ChargeOption::ProfessionalAndTechnical if options.cpt2 => Err(BuildError::new(
            "DFT-FT1-S07",
            "dft.cpt2 is defined for dft.ft1_option 1 only; switch it off or choose option 1",
        )),
        ChargeOption::ProfessionalAndTechnical => {
            let reduced = if ungradable == Ungradable::Some { "52" } else { not_charged };
            let component = |modifier| if options.o2_component { modifier } else { "" };
            let shared = |charge: Charge, modifier| Charge {
                unit_cost: unit_cost(&options.unit_cost),
                namespace: namespace(&options.o2_order_namespace),
                modifiers: joined(component(modifier), reduced),
                ..charge
            };
            let technical = Charge { at_capture: true, ..of(&options.code_technical) };
            Ok(vec![shared(professional, "26"), shared(technical, "TC")])
        }
    }
}

/// DFT-MOD-001: the component modifier first.
fn joined(component: &str, reduction: &str) -> String {
    let modifiers = [component, reduction];
    modifiers.into_iter().filter(|modifier| !modifier.is_empty()).collect::<Vec<_>>().join("~")
}

/// DFT-MOD-002
fn ungradable(study: &Study, missing: MissingEye) -> Ungradable {
    let counting = [&study.right, &study.left]
        .into_iter()
        .filter(|eye| missing == MissingEye::Count || !matches!(eye, EyeState::Excluded { .. }));
    let (gradable, ungradable): (Vec<_>, Vec<_>) = counting.partition(|eye| eye.exam().is_some());
    match (gradable.is_empty(), ungradable.is_empty()) {
        (_, true) => Ungradable::None,
        (false, false) => Ungradable::Some,
        (true, false) => Ungradable::All,
    }
}

/// DFT-FT1-S05: nothing but the answer to Diabetic Retinopathy is looked at.
fn no_retinopathy(study: &Study, ungradable: Ungradable) -> bool {
    ungradable == Ungradable::None && study.exams().all(|exam| exam.result("Diabetic Retinopathy") == Some("None"))
}

/// DFT-FT1-S04
fn is_adult(order: &Order, grading: &Grading, options: &Dft) -> Result<bool, BuildError> {
    let graded = grading.graded.to_zoned(TimeZone::UTC).date();
    Ok(age(birth_date(&order.dob)?, graded)? >= options.cpt2_min_age.into())
}

/// DFT-FT1-7-P1 to DFT-FT1-7-P3
fn professional(order: &Order, options: &Dft) -> Charge {
    let mut charge = of(&options.code_professional);
    if options.code_source == CodeSource::Fixed {
        return charge;
    }
    let (code, text) = (order.service_component(1), order.service_component(2));
    let is_cpt = matches!(code, [digits @ .., last]
        if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit) && last.is_ascii_alphanumeric());
    if is_cpt && code != charge.code {
        return Charge { code: code.into(), text: text.into(), system: b"CPT".into(), ..charge };
    }
    if charge.text.is_empty() {
        charge.text = text.into();
    }
    charge
}

fn of(ChargeCode { code, text, system }: &ChargeCode) -> Charge {
    let [code, text, system] = [code, text, system].map(|component| component.clone().into_bytes());
    Charge { code, text, system, ..Charge::default() }
}
