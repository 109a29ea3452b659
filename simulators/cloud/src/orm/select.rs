//! Selection of one repetition by its identifier type (03-orm, sections 4.1 and 4.2).

use super::fields::Fields;
use super::{OrderProfile, PatientIdSource, Refusal, TypeComponent};

/// How one repetition of a field is selected.
struct Selection<'a> {
    field: usize,
    /// The component that holds the type.
    component: usize,
    /// Asks for a type in each of several repetitions.
    type_requirement: &'static str,
    wanted: &'a str,
    /// Requirement and error when no repetition has the type.
    none: (&'static str, u16),
    /// Requirement and error when a single repetition has another type; without it any type will do.
    other: Option<(&'static str, u16)>,
}

/// Field and repetition that hold the MRN; repetition 1 if the field is empty.
pub(super) fn patient_id(pid: &Fields, profile: &OrderProfile) -> Result<(usize, usize), Refusal> {
    let (field, type_requirement) = match profile.patient_id.source {
        PatientIdSource::Pid2 => (2, "ORM-PID-2.5"),
        PatientIdSource::Pid3 => (3, "ORM-PID-3.5"),
    };
    let wanted = &profile.patient_id.r#type;
    // ORM-PAT-002: a single repetition is taken whatever its type.
    let selection =
        Selection { field, component: 5, type_requirement, wanted, none: ("ORM-PAT-003", 101), other: None };
    Ok((field, select(pid, &selection)?))
}

/// The repetition of ORC-12 that counts; 1 if the field is empty.
pub(super) fn provider(orc: &Fields, profile: &OrderProfile) -> Result<usize, Refusal> {
    let type_requirement = match profile.provider.type_component {
        TypeComponent::Nine => "ORM-ORC-12.9",
        TypeComponent::Thirteen => "ORM-ORC-12.13",
    };
    let selection = Selection {
        field: 12,
        component: u8::from(profile.provider.type_component).into(),
        type_requirement,
        wanted: &profile.provider.r#type,
        none: ("ORM-PRV-002", 103),
        other: Some(("ORM-PRV-005", 103)),
    };
    select(orc, &selection)
}

fn select(fields: &Fields, selection: &Selection) -> Result<usize, Refusal> {
    let &Selection { field, component, type_requirement, .. } = selection;
    let wanted = selection.wanted.as_bytes();
    let refuse = |(requirement, error), repetition, why| {
        Err(fields.refuse(requirement, error, (field, repetition, component), why))
    };
    match (&fields.repetitions(field, component)[..], selection.other) {
        ([], _) => Ok(1),
        ([(only, found)], Some(other)) if !found.is_empty() && found != wanted => {
            refuse(other, *only, "must be the agreed identifier type")
        }
        ([(only, _)], _) => Ok(*only),
        (several @ [(first, _), ..], _) => {
            if let Some((untyped, _)) = several.iter().find(|(_, found)| found.is_empty()) {
                return refuse((type_requirement, 101), *untyped, "required in each repetition, but missing");
            }
            // ORM-PAT-005: exact, with regard to case. ORM-PAT-006: the first one.
            match several.iter().find(|(_, found)| found == wanted) {
                Some((repetition, _)) => Ok(*repetition),
                None => refuse(selection.none, *first, "no repetition has the agreed identifier type"),
            }
        }
    }
}
