//! The cases of `accept emr`.

use crate::accept::answers::{Answers, text};
use crate::accept::case::Case;

fn always(_: &Answers) -> bool {
    true
}

fn orders(answers: &Answers) -> bool {
    text(answers, "orders.from") == "emr"
}

fn changes(answers: &Answers) -> bool {
    orders(answers) && text(answers, "orders.changes") == "yes"
}

fn cancels(answers: &Answers) -> bool {
    orders(answers) && text(answers, "orders.cancels") == "yes"
}

fn charges(answers: &Answers) -> bool {
    text(answers, "results.charges") == "yes"
}

/// What every acknowledgement of the EMR has to be like.
const ANSWERED: &[&str] = &["ACK-001", "ACK-004", "ACK-006", "ACK-009", "ACK-010", "ACK-045"];

const fn result(id: &'static str, title: &'static str, look: &'static str) -> Case {
    Case { id, title, requirements: ANSWERED, act: None, look: Some(look), applies: always }
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "order",
        title: "An order comes and is conforming",
        requirements: &[
            "MLLP-001",
            "ORM-SEG-001",
            "ORM-SEG-002",
            "ORM-SEG-003",
            "ORM-SEG-004",
            "ORM-MSH-10",
            "ORM-PID-5",
            "ORM-PID-7",
            "ORM-PID-8",
            "ORM-ORC-1",
            "ORM-ORC-2.1",
            "ORM-ORC-9",
            "ORM-ORC-12",
        ],
        act: Some("in your EMR, order an IRIS eye exam for a test patient, and let the order go out."),
        look: None,
        applies: orders,
    },
    Case {
        id: "order-another",
        title: "A second order has numbers of its own",
        requirements: &["ORM-MSH-10", "ORM-ORC-2.1", "MLLP-006"],
        act: Some(
            "order another exam, for another test patient. Further orders are welcome: each result then gets its own.",
        ),
        look: None,
        applies: orders,
    },
    Case {
        id: "order-changed",
        title: "An order is changed (XO)",
        requirements: &["ORM-OC-XO", "ORM-ORC-1", "ORM-ORC-2.1"],
        act: Some("change something about an order that has come, such as the patient's name."),
        look: None,
        applies: changes,
    },
    Case {
        id: "order-cancelled",
        title: "An order is cancelled (CA)",
        requirements: &["ORM-OC-CA", "ORM-OC-003", "ORM-ORC-2.1"],
        act: Some("order one more exam, and cancel that order."),
        look: None,
        applies: cancels,
    },
    Case {
        id: "order-refused",
        title: "Somebody learns that an order was refused (AE)",
        requirements: &["ACK-009", "ACK-011"],
        act: Some("order one more exam. It will be refused with the text \"refused for the acceptance\"."),
        look: Some("Does your engine or EMR show somebody that order {order} was refused?"),
        applies: orders,
    },
    result(
        "result-normal",
        "A normal result",
        "Does the chart of patient {patient}, order {order}, show a result that is normal in both eyes?",
    ),
    result(
        "result-severe",
        "A severe result",
        "Does the chart of patient {patient}, order {order}, show severe (right) and proliferative retinopathy (left), marked as abnormal?",
    ),
    result(
        "result-one-eye-missing",
        "A result of one eye",
        "Does the chart of patient {patient}, order {order}, show a result of the right eye, and none of the left?",
    ),
    result(
        "result-ungradable",
        "A result without diagnosis, since no image can be graded",
        "Does the chart of patient {patient}, order {order}, show that neither eye could be graded?",
    ),
    result(
        "result-corrected",
        "A corrected result",
        "Does the chart of patient {patient}, order {order}, show moderate retinopathy of the right eye, in place of what came before?",
    ),
    result(
        "result-pdf",
        "A result with the report as PDF",
        "Can the report of patient {patient}, order {order}, be opened in the EMR?",
    ),
    Case {
        id: "charge",
        title: "A charge (DFT)",
        requirements: &["ACK-001", "ACK-004", "ACK-006", "ACK-009", "ACK-010", "ACK-045", "ACK-030"],
        act: None,
        look: Some("Is there one charge for patient {patient}, order {order}?"),
        applies: charges,
    },
    Case {
        id: "result-repeated",
        title: "A result that comes twice, as after a lost acknowledgement",
        requirements: &["ACK-034", "ACK-045"],
        act: None,
        look: Some("Does the chart of patient {patient}, order {order}, show the result once?"),
        applies: always,
    },
    Case {
        id: "results-connection",
        title: "Several results on one connection, and on a new one",
        requirements: &["MLLP-006", "MLLP-014", "MLLP-015", "TOP-029", "ORU-RCV-06"],
        act: None,
        look: None,
        applies: always,
    },
];
