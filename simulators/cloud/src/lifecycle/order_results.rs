//! OrderResults (08 section 8), in the property order of the reference example.

use base64::prelude::{BASE64_STANDARD, Engine};
use results::{Diagnosis, Eye};
use serde::Serialize;
use serde_json::Number;

use super::codes::{Coded, GENDER, GENDER_CONTEXT, LATERALITY, find};
use super::events::VERSION;
use super::json::{Day, Instant};
use super::order::{Graded, Image, Order};
use super::request::{Address, Camera, Cpt, HealthPlan, Name, Provider};
use super::settings::{EnumStyle, NormalFindings, Settings};
use super::tenancy::{Patient, Site};

macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $kind:ty,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(rename_all = "PascalCase")]
        #[allow(missing_docs)] // the names are those of the specification
        pub struct $name { $($(#[$attr])* pub $field: $kind,)* }
    )* };
}

objects! {
    /// One message of the queue `results`. Serialize it to get its JSON.
    OrderResults {
        version: &'static str,
        timestamp: Instant,
        transaction_id: String,
        result_code: &'static str,
        site: SiteResult,
        results_document: ResultsDocument,
        image_details: ImageDetails,
        images: Vec<ImageResult>,
        order: OrderResult,
        patient: PatientResult,
        ordering_provider: Option<Provider>,
        gradings: Gradings,
        camera_operator: CameraOperator,
        health_plan: Option<HealthPlan>,
        cpt: Option<Cpt>,
        #[serde(flatten)]
        library: Option<LibraryFields>,
    }
    /// LIFE-RS-16
    LibraryFields {
        referring_provider: Option<Provider>,
        success: bool,
        error_message: Option<String>,
        result_object_type: &'static str,
    }
    /// LIFE-RS-05
    SiteResult {
        local_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<Address>,
    }
    /// LIFE-RS-17 to LIFE-RS-19
    ResultsDocument {
        r#type: &'static str,
        encoding: &'static str,
        content: Option<String>,
    }
    /// LIFE-RS-20 to LIFE-RS-24
    ImageDetails {
        total_count: usize,
        right_eye_count: usize,
        right_eye_original_count: usize,
        right_eye_enhanced_count: usize,
        left_eye_count: usize,
        left_eye_original_count: usize,
        left_eye_enhanced_count: usize,
        single_eye_only: bool,
    }
    /// LIFE-RS-26 to LIFE-RS-33
    ImageResult {
        #[serde(rename = "OrderImageID", skip_serializing_if = "Option::is_none")]
        order_image_id: Option<u64>,
        local_id: Option<String>,
        taken: Option<Instant>,
        received: Instant,
        file_name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        container_name: Option<String>,
        laterality: Option<Coded>,
        image_context: &'static str,
        parent_local_id: Option<String>,
        group_id: Option<Number>,
        group_ordinal: Option<Number>,
        camera: Option<Camera>,
    }
    /// LIFE-RS-34 to LIFE-RS-41
    OrderResult {
        patient_order_id: u64,
        created_time: Instant,
        serviced_time: Instant,
        status: &'static str,
        evaluation_types: Vec<Coded>,
        scheduled_time: Option<Instant>,
        local_id: Option<String>,
        department_id: Option<String>,
        encounter_number: Option<String>,
        study_instance_unique_id: Option<String>,
        orderable_identifier: Option<String>,
        additional_info: Option<String>,
        state: Option<String>,
        single_eye_only: bool,
        missing_eye_reason: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expedite: Option<bool>,
    }
    /// LIFE-RS-42 to LIFE-RS-45
    PatientResult {
        patient_id: u64,
        local_id: String,
        name: Name,
        dob: Option<Day>,
        gender: Coded,
        genders: Vec<GenderResult>,
        phone: Option<String>,
    }
    /// LIFE-RQ-56, LIFE-RQ-57
    GenderResult {
        context: &'static str,
        gender: Coded,
    }
    /// LIFE-RS-46 to LIFE-RS-54
    Gradings {
        notes: Vec<Note>,
        graded_time: Instant,
        queued_time: Instant,
        care_plan_name: String,
        care_plan_description: String,
        pathology: bool,
        urgent: bool,
        emergent: bool,
        #[serde(rename = "OD", skip_serializing_if = "Option::is_none")]
        right: Option<EyeSideGrading>,
        #[serde(rename = "OS", skip_serializing_if = "Option::is_none")]
        left: Option<EyeSideGrading>,
        dx_codes: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        diagnosis_codes: Option<Vec<Cpt>>,
        provider: Provider,
    }
    /// LIFE-RS-46
    Note {
        date: Instant,
        text: String,
    }
    /// LIFE-RS-55 to LIFE-RS-58
    EyeSideGrading {
        #[serde(skip_serializing_if = "Option::is_none")]
        gradable: Option<bool>,
        missing_eye_reason: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ungradable_reasons: Option<Vec<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        findings: Option<Vec<FindingResult>>,
    }
    /// LIFE-RS-58, LIFE-RS-59
    FindingResult {
        finding: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<String>,
    }
    /// LIFE-RS-13
    CameraOperator {
        user_name: Option<String>,
        name: Option<Name>,
        notes: Vec<Note>,
    }
}

/// What a result is made of.
pub(super) struct Source<'a> {
    pub(super) order: &'a Order,
    pub(super) graded: &'a Graded,
    pub(super) patient: &'a Patient,
    pub(super) site: &'a Site,
    pub(super) settings: &'a Settings,
    pub(super) submitted_dx: &'a [Diagnosis],
}

fn given<T: Default + PartialEq>(value: &T) -> Option<&T> {
    (*value != T::default()).then_some(value)
}

impl OrderResults {
    pub(super) fn new(of: &Source, code: &'static str, now: Instant, transaction_id: String, report: &[u8]) -> Self {
        let Source { order, graded, patient, site, settings, .. } = of;
        let (request, grading) = (&order.request, &graded.grading);
        let as_id = settings.json_enum_style == EnumStyle::Id;
        let library = settings.results_library_fields;
        let person = &patient.part;
        let genders = person.genders.iter().filter_map(|one| {
            let context = find(GENDER_CONTEXT, &one.context)?;
            Some(GenderResult { context, gender: Coded::of(GENDER, find(GENDER, &one.gender)?, as_id) })
        });
        let types = order.types.iter().map(|kind| match as_id {
            true => Coded::Id(kind.number()),
            false => Coded::Text(kind.to_string()),
        });
        let operator = &request.camera_operator;
        let graded_time = Instant(grading.graded);
        Self {
            version: VERSION,
            timestamp: now,
            transaction_id,
            result_code: code,
            site: SiteResult {
                local_id: site.local_id.clone(),
                name: site.name.clone(),
                address: given(&site.address).cloned(),
            },
            results_document: ResultsDocument {
                r#type: "PDF",
                encoding: "Base64",
                content: Some(BASE64_STANDARD.encode(report)),
            },
            image_details: details(order),
            images: order.images.iter().map(|image| image_result(image, as_id, library)).collect(),
            order: OrderResult {
                patient_order_id: order.id,
                created_time: Instant(order.created),
                serviced_time: Instant(order.serviced()),
                status: "Complete",
                evaluation_types: types.collect(),
                scheduled_time: request.order.scheduled_time,
                local_id: request.order.local_id.clone(),
                department_id: request.order.department_id.clone(),
                encounter_number: request.order.encounter_number.clone(),
                study_instance_unique_id: request.order.study_instance_unique_id.clone(),
                orderable_identifier: request.order.orderable_identifier.clone(),
                additional_info: request.order.additional_info.clone(),
                state: order.state_of_exam.clone(),
                single_eye_only: order.single_eye(),
                missing_eye_reason: request.order.missing_eye_reason.clone(),
                expedite: library.then_some(false),
            },
            patient: PatientResult {
                patient_id: patient.id,
                local_id: patient.local_id.clone(),
                name: person.name.clone(),
                dob: person.dob,
                gender: Coded::of(GENDER, person.gender(), as_id),
                genders: genders.collect(),
                phone: person.phone.clone(),
            },
            ordering_provider: given(&request.ordering_provider).cloned(),
            gradings: gradings(of, graded_time, library),
            camera_operator: CameraOperator {
                user_name: request.camera_operator_user_name.clone().or_else(|| operator.email.clone()),
                name: given(&operator.name).cloned(),
                notes: Vec::new(),
            },
            health_plan: given(&request.health_plan).cloned(),
            cpt: given(&request.cpt()).cloned(),
            library: library.then(|| LibraryFields {
                referring_provider: given(&request.referring_provider).cloned(),
                success: true,
                error_message: None,
                result_object_type: "OrderResult",
            }),
        }
    }
}

fn gradings(of: &Source, graded_time: Instant, library: bool) -> Gradings {
    let Source { order, graded, settings, submitted_dx, .. } = of;
    let grading = &graded.grading;
    let undotted = |dx: &Diagnosis| dx.code.trim().replace('.', "").to_uppercase(); // ICD-060
    let submitted = submitted_dx.iter().filter(|_| settings.results_dx_submitted); // ICD-042
    let mut dx: Vec<&Diagnosis> = Vec::new();
    for one in submitted.chain(&graded.dx) {
        if !dx.iter().any(|known| undotted(known) == undotted(one)) {
            dx.push(one);
        }
    }
    let (plan, text) = grading.plan.as_ref().map_or(("", ""), |plan| (plan.name.as_str(), plan.text.as_str()));
    let grader = &grading.grader;
    let text_of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let described = |dx: &&Diagnosis| Cpt {
        code: Some(undotted(dx)),
        description: Some(String::from_utf8_lossy(&dx.text).into_owned()),
    };
    Gradings {
        notes: grading.notes.iter().map(|text| Note { date: graded_time, text: text.clone() }).collect(),
        graded_time,
        queued_time: order.queued.map_or(graded_time, Instant),
        care_plan_name: plan.to_owned(),
        care_plan_description: text.to_owned(),
        pathology: graded.pathology,
        urgent: graded.level == results::Level::Urgent,
        emergent: graded.level == results::Level::Emergent,
        right: eye(&grading.right, order.images_of("OD").next().is_some(), settings.results_normal_findings),
        left: eye(&grading.left, order.images_of("OS").next().is_some(), settings.results_normal_findings),
        dx_codes: dx.iter().map(|one| undotted(one)).collect(),
        diagnosis_codes: library.then(|| dx.iter().map(described).collect()),
        provider: Provider {
            npi: text_of(&grader.npi),
            taxonomy: text_of(&grader.taxonomy),
            name: Name { first: text_of(&grader.given), last: text_of(&grader.family), title: None },
            email: graded.grader_email.clone(),
            degrees: text_of(&grader.degrees),
            associations: None,
        },
    }
}

/// LIFE-086: no images and no reason, no node.
fn eye(eye: &Eye, has_images: bool, normal: NormalFindings) -> Option<EyeSideGrading> {
    let node = EyeSideGrading { gradable: None, missing_eye_reason: None, ungradable_reasons: None, findings: None };
    match eye {
        Eye::Gradable(findings) => {
            let negative = |result: &Option<String>| matches!(result.as_deref(), Some("None" | "No Observable"));
            let shown = findings.iter().filter(|f| normal == NormalFindings::Explicit || !negative(&f.result));
            let shown = shown.map(|f| FindingResult { finding: f.finding.clone(), result: f.result.clone() });
            let findings = Some(shown.collect());
            Some(EyeSideGrading { gradable: Some(true), ungradable_reasons: Some(Vec::new()), findings, ..node })
        }
        Eye::Ungradable { reason: None } if !has_images => None,
        Eye::Ungradable { reason } => {
            // LIFE-RS-56: one item in any case; the published one when the grader gave none
            let reason = reason.as_deref().unwrap_or("Key anatomy missing or not clearly visible").to_owned();
            Some(EyeSideGrading { gradable: Some(false), ungradable_reasons: Some(vec![reason]), ..node })
        }
        Eye::Excluded { reason: None } => None,
        Eye::Excluded { reason } => Some(EyeSideGrading { missing_eye_reason: reason.clone(), ..node }),
    }
}

/// LIFE-067
fn details(order: &Order) -> ImageDetails {
    let count = |eye, original| order.images_of(eye).filter(|image| image.is_original() == original).count();
    let [right, right_enhanced, left, left_enhanced] =
        [count("OD", true), count("OD", false), count("OS", true), count("OS", false)];
    ImageDetails {
        total_count: right + right_enhanced + left + left_enhanced,
        right_eye_count: right + right_enhanced,
        right_eye_original_count: right,
        right_eye_enhanced_count: right_enhanced,
        left_eye_count: left + left_enhanced,
        left_eye_original_count: left,
        left_eye_enhanced_count: left_enhanced,
        single_eye_only: order.single_eye(),
    }
}

fn image_result(image: &Image, as_id: bool, library: bool) -> ImageResult {
    ImageResult {
        order_image_id: library.then_some(image.id),
        local_id: image.local_id.clone(),
        taken: image.taken,
        received: Instant(image.received),
        file_name: image.file.clone(),
        container_name: library.then(|| image.container.clone()),
        laterality: image.laterality.map(|side| Coded::of(LATERALITY, side, as_id)),
        image_context: image.context,
        parent_local_id: image.parent_local_id.clone(),
        group_id: image.group_id.clone(),
        group_ordinal: image.group_ordinal.clone(),
        camera: image.camera.clone(),
    }
}
