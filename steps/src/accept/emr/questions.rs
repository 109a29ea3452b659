//! What `accept emr` has to know.

use crate::accept::answers::{Form, Question};

const fn question(
    key: &'static str,
    ask: &'static str,
    help: &'static str,
    default: Option<&'static str>,
    form: Form,
) -> Question {
    Question { key, ask, help, default, form, only_if: None }
}

const fn if_orders_come(question: Question) -> Question {
    Question { only_if: Some(("orders.from", "emr")), ..question }
}

pub(super) const QUESTIONS: &[Question] = &[
    question(
        "orders.from",
        "Does your EMR send orders, or are orders made up?",
        "generated: results are for synthetic patients, which your EMR has to take.",
        Some("emr"),
        Form::OneOf(&["emr", "generated"]),
    ),
    if_orders_come(question(
        "orders.listen",
        "Where is this program to listen for orders (ADDRESS:PORT)?",
        "Set your EMR to send orders here. Use 0.0.0.0 if it is on another machine.",
        Some("127.0.0.1:6661"),
        Form::Listen,
    )),
    question(
        "emr.results",
        "Where does your EMR listen for results (HOST:PORT)?",
        "Address and port of the engine's MLLP listener, such as 10.0.0.7:6662.",
        None,
        Form::Address,
    ),
    if_orders_come(question(
        "orders.patient_id",
        "In which field of an order is the patient's id?",
        "",
        Some("PID-2"),
        Form::OneOf(&["PID-2", "PID-3"]),
    )),
    if_orders_come(question(
        "orders.patient_id_type",
        "The type of the patient's id?",
        "It matters only if the field repeats.",
        Some("MRN"),
        Form::Text,
    )),
    if_orders_come(question(
        "orders.provider_type",
        "The type of the ordering provider's id?",
        "",
        Some("NPI"),
        Form::Text,
    )),
    if_orders_come(question(
        "orders.clinic_field",
        "In which field of an order is the clinic?",
        "",
        Some("PV1-3.1"),
        Form::OneOf(&["PV1-3.1", "ORC-13.1"]),
    )),
    if_orders_come(question("orders.changes", "Does your EMR send changes (XO)?", "", Some("no"), Form::YesNo)),
    if_orders_come(question("orders.cancels", "Does your EMR send cancellations (CA)?", "", Some("yes"), Form::YesNo)),
    Question {
        only_if: Some(("orders.from", "generated")),
        ..question(
            "emr",
            "Whose orders are made up?",
            "athena, cerner, ecw, epic, ochin, or the path of a personality file (.yaml).",
            Some("epic"),
            Form::Text,
        )
    },
    question(
        "results.profile",
        "A file with the agreed options of results (YAML)?",
        "Empty: the defaults of IRIS.",
        Some(""),
        Form::File,
    ),
    question(
        "results.kind",
        "How are results to come: as ORU, or as MDM?",
        "",
        Some("oru"),
        Form::OneOf(&["oru", "mdm"]),
    ),
    question("results.charges", "Does your EMR take charges (DFT)?", "", Some("yes"), Form::YesNo),
    question("wait.answer", "Seconds that your EMR may take to acknowledge?", "", Some("30"), Form::Number),
    question("wait.order", "Seconds that an order may take to come?", "", Some("600"), Form::Number),
];
