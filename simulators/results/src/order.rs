use crate::evaluation::EvaluationType;

/// What IRIS keeps of an order. Byte texts are decoded HL7 values in whatever charset they came (ORU-ENC-08); a text of the two
/// bytes `""` counts as empty (ORU-ENC-07).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Patient id (PID-2.1 or PID-3.1 of the order).
    pub mrn: Vec<u8>,
    /// Family name.
    pub family: Vec<u8>,
    /// Given name.
    pub given: Vec<u8>,
    /// Birth date, `yyyyMMdd`.
    pub dob: Vec<u8>,
    /// Sex code as received.
    pub sex: Vec<u8>,
    /// CSN, account or encounter number; may be empty.
    pub encounter: Vec<u8>,
    /// Point of care.
    pub location: Vec<u8>,
    /// Order number of the EMR.
    pub placer: Vec<u8>,
    /// Ordering provider.
    pub provider: Person,
    /// OBR-4 of the order as encoded there, with the standard delimiters (ORU-OBR-4).
    pub service: Vec<u8>,
    /// HL7 version of the order; empty means 2.4 (ORU-MSH-12).
    pub version: Vec<u8>,
    /// Name of the site in IRIS.
    pub clinic: Vec<u8>,
    /// Order number of IRIS.
    pub filler: u64,
    /// Diagnoses that came with the order, in its sequence.
    pub submitted_dx: Vec<Diagnosis>,
    /// MSH-4 of the order.
    pub sending_facility: Vec<u8>,
    /// PID-19 of the order; never sent except with `dft.pid19: echo` (DFT-C3).
    pub ssn: Vec<u8>,
    /// What was ordered; none means DR (EVL-24).
    pub evaluations: Vec<EvaluationType>,
}

/// A person of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Id, usually the NPI.
    pub id: Vec<u8>,
    /// Family name.
    pub family: Vec<u8>,
    /// Given name.
    pub given: Vec<u8>,
    /// Credentials known to IRIS, e.g. `MD`; may be empty.
    pub degrees: Vec<u8>,
    /// Title known to IRIS, e.g. `DR`; may be empty.
    pub prefix: Vec<u8>,
}

/// An ICD-10-CM code with its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The code, with or without the dot.
    pub code: String,
    /// Its description.
    pub text: Vec<u8>,
}

/// What a message takes from the moment of its making rather than from order or grading.
#[derive(Clone, Debug)]
pub struct Context {
    /// The instant at which the message is made (ORU-TIM-07).
    pub now: jiff::Timestamp,
    /// Link token, 128 characters `0-9A-F` (ORU-DOC-09); used when the profile asks for a link.
    pub token: String,
    /// GUID of the document, upper case, 8-4-4-4-12 (MDM-TXA-12); used by MDM.
    pub document_id: String,
    /// The report, see [`crate::report`]; used when the profile asks for it.
    pub pdf: Vec<u8>,
    /// Path of the report's file at the customer (FILE-013); used when the profile asks for a file pointer.
    pub file_path: String,
}

impl Order {
    /// The order with explicit nulls emptied and the default version filled in.
    pub(crate) fn effective(&self) -> Self {
        let mut order = self.clone();
        let person = &mut order.provider;
        let person = [&mut person.id, &mut person.family, &mut person.given, &mut person.degrees, &mut person.prefix];
        let texts = [
            &mut order.mrn,
            &mut order.family,
            &mut order.given,
            &mut order.dob,
            &mut order.sex,
            &mut order.encounter,
            &mut order.location,
            &mut order.placer,
            &mut order.service,
            &mut order.version,
            &mut order.clinic,
            &mut order.sending_facility,
            &mut order.ssn,
        ];
        let diagnoses = order.submitted_dx.iter_mut().map(|diagnosis| &mut diagnosis.text);
        for text in person.into_iter().chain(texts).chain(diagnoses) {
            if text == b"\"\"" {
                text.clear();
            }
        }
        if order.version.is_empty() {
            order.version = b"2.4".to_vec();
        }
        order
    }

    /// A component of OBR-4, counted from 1, still encoded.
    pub(crate) fn service_component(&self, number: usize) -> &[u8] {
        self.service.split(|byte| *byte == b'^').nth(number - 1).unwrap_or_default()
    }
}
