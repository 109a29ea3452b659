//! What `accept proxy` has to know.

use crate::accept::answers::{Form, Question};

const fn optional(key: &'static str, ask: &'static str, help: &'static str, form: Form) -> Question {
    Question { key, ask, help, default: Some(""), form, only_if: None }
}

const fn with(key: &'static str, ask: &'static str, help: &'static str, default: &'static str, form: Form) -> Question {
    Question { key, ask, help, default: Some(default), form, only_if: None }
}

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        key: "proxy.orders",
        ask: "Where does the proxy listen for orders (HOST:PORT)?",
        help: "Address and port to which your EMR sends orders, such as 10.0.0.5:6661.",
        default: None,
        form: Form::Address,
        only_if: None,
    },
    with(
        "results.listen",
        "Where is this program to listen for results (ADDRESS:PORT)?",
        "Set the proxy to send results here. Use 0.0.0.0 if it is on another machine.",
        "127.0.0.1:6662",
        Form::Listen,
    ),
    with(
        "emr",
        "Whose orders are sent?",
        "athena, cerner, ecw, epic, ochin, or the path of a personality file (.yaml).",
        "epic",
        Form::Text,
    ),
    optional("order.sending_application", "MSH-3 of your orders?", "Empty: as the EMR above has it.", Form::Text),
    optional("order.sending_facility", "MSH-4 of your orders?", "Empty: as the EMR above has it.", Form::Text),
    optional(
        "order.clinic",
        "The code of a clinic that IRIS knows?",
        "It is sent as the point of care. Empty: as the EMR above has it.",
        Form::Text,
    ),
    optional(
        "order.clinic_field",
        "Where does IRIS look for the clinic?",
        "Empty: as the EMR above has it.",
        Form::OneOf(&["", "PV1-3.1", "ORC-13.1"]),
    ),
    optional(
        "order.provider",
        "An ordering provider that IRIS knows (ID^FAMILY^GIVEN)?",
        "Sent in ORC-12 and OBR-16. Empty: a synthetic one.",
        Form::Text,
    ),
    optional(
        "order.provider_type",
        "The type of the provider's id?",
        "NPI, for example. Empty: as the EMR above has it.",
        Form::Text,
    ),
    optional(
        "order.patient_id",
        "Where does IRIS look for the patient's id?",
        "Empty: as the EMR above has it.",
        Form::OneOf(&["", "PID-2", "PID-3"]),
    ),
    optional(
        "order.patient_id_type",
        "The type of the patient's id?",
        "MRN, for example. Empty: as the EMR above has it.",
        Form::Text,
    ),
    with("order.changes", "Has it been agreed that XO changes an order?", "", "no", Form::YesNo),
    optional(
        "results.profile",
        "A file with the agreed options of results (YAML)?",
        "They then hold strictly. Empty: the defaults, and your own texts are free.",
        Form::File,
    ),
    with("results.kind", "How do results come: as ORU, or as MDM?", "", "oru", Form::OneOf(&["oru", "mdm"])),
    with("results.charges", "Does the proxy send charges (DFT)?", "", "yes", Form::YesNo),
    with("wait.answer", "Seconds that the proxy may take to answer an order?", "", "30", Form::Number),
    with("wait.result", "Seconds that a result may take once the exam is graded?", "", "600", Form::Number),
    with(
        "wait.quiet",
        "Seconds without a message before \"only once\" is believed?",
        "Longer than the proxy waits before it sends again.",
        "60",
        Form::Number,
    ),
    with("wait.slow_answer", "Seconds by which the slow acknowledgement is late?", "", "15", Form::Number),
    with("wait.outage", "Seconds for which results are refused once the exam is graded?", "", "20", Form::Number),
    with("resends", "How often may the proxy send the same result at most?", "", "5", Form::Number),
];
