//! What IRIS makes of an order and its grading: the HL7 messages ORU^R01, MDM^T02 and DFT^P03, and the report.
//!
//! Everything here is a pure function of its arguments (ORU-GEN-05). The fields of a message are listed in `mapping/*.yaml`, one
//! line each; findings, care plans and codes are tables beside them.
//!
//! ```
//! let order = results::Order { dob: b"19581012".to_vec(), ..Default::default() };
//! let grading = results::grading_by_name("normal in both eyes").unwrap();
//! let context = results::Context { now: grading.graded, token: "0".repeat(128), document_id: String::new(), pdf: Vec::new(), file_path: String::new() };
//! let message = results::oru(&order, &grading, &results::Profile::default(), &context).unwrap();
//! assert!(message.starts_with(b"MSH|^~\\&|IRIS|"));
//! ```

mod blocks;
mod care_plan;
mod catalogue;
mod charges;
pub mod check;
mod custom;
mod encode;
mod error;
mod evaluation;
mod grading;
mod icd;
pub mod mapping;
mod narrative;
mod observations;
mod order;
pub mod order_profile;
pub mod paper;
/// The options of a customer.
pub mod profile;
mod report;
mod study;
mod values;

pub use care_plan::{CarePlan, pathology};
pub use custom::{CustomSet, CustomSetError};
pub use error::{BuildError, MappingError};
pub use evaluation::{EvaluationType, UnknownEvaluation};
pub use grading::{Eye, Finding, Grader, Grading, Level, Plan, grading_by_name, grading_evaluations, grading_names};
pub use order::{Context, Diagnosis, Order, Person};
pub use profile::Profile;
pub use report::report;

use mapping::Mapping;
use study::Study;
use values::Values;

/// The result as ORU^R01.
pub fn oru(order: &Order, grading: &Grading, profile: &Profile, context: &Context) -> Result<Vec<u8>, BuildError> {
    blocks::check(profile, "ORU-SEG-07")?;
    let order = order.effective();
    Ok(encode::message(Mapping::oru(), &Values::of_result(&order, grading, profile, context)?))
}

/// The result as MDM^T02.
pub fn mdm(order: &Order, grading: &Grading, profile: &Profile, context: &Context) -> Result<Vec<u8>, BuildError> {
    blocks::check(profile, "MDM-SEG-06")?;
    let id = context.document_id.as_str();
    let groups: Vec<_> = id.split('-').map(str::len).collect();
    if groups != [8, 4, 4, 4, 12] || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F' | b'-')) {
        let message =
            format!("the document id `{id}` is no GUID in upper case; give it as 8-4-4-4-12 digits of 0-9A-F");
        return Err(BuildError::new("MDM-TXA-12", message));
    }
    let order = order.effective();
    Ok(encode::message(Mapping::mdm(), &Values::of_result(&order, grading, profile, context)?))
}

/// The charge as DFT^P03.
pub fn dft(order: &Order, grading: &Grading, profile: &Profile, context: &Context) -> Result<Vec<u8>, BuildError> {
    let order = order.effective();
    Ok(encode::message(Mapping::dft(), &Values::of_charge(&order, grading, profile, context)?))
}

/// The plan of the default table for a grading (CPL-004), whether or not the grading brings its own.
pub fn care_plan(order: &Order, grading: &Grading, profile: &Profile) -> Result<&'static CarePlan, BuildError> {
    Ok(care_plan::by_rank(&Study::check(order, grading, profile)?))
}

/// The ICD-10-CM codes that follow from a grading, undotted, with their descriptions (ICD-040, ICD-042).
pub fn derived_diagnoses(order: &Order, grading: &Grading, profile: &Profile) -> Result<Vec<Diagnosis>, BuildError> {
    Ok(icd::derived(order, &Study::check(order, grading, profile)?, profile))
}
