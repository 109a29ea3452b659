//! The cases of `accept proxy`.

use crate::accept::answers::{Answers, text};
use crate::accept::case::Case;

fn always(_: &Answers) -> bool {
    true
}

fn changes(answers: &Answers) -> bool {
    text(answers, "order.changes") == "yes"
}

fn results(answers: &Answers) -> bool {
    text(answers, "results.kind") != "mdm"
}

fn documents(answers: &Answers) -> bool {
    text(answers, "results.kind") == "mdm"
}

fn charges(answers: &Answers) -> bool {
    text(answers, "results.charges") == "yes"
}

macro_rules! normal {
    () => {
        Some("in the IRIS portal, upload images for order {order}, patient {patient}, and have it graded as normal in both eyes.")
    };
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "order",
        title: "A good order reaches IRIS and is accepted",
        requirements: &[
            "ACK-001",
            "ACK-002",
            "ACK-003",
            "ACK-004",
            "ACK-005",
            "ACK-006",
            "ACK-007",
            "ACK-008",
            "ACK-009",
            "ACK-010",
            "ACK-020",
            "ACK-021",
            "ACK-022",
            "ORM-OC-NW",
        ],
        act: None,
        look: Some("Does the IRIS portal show order {order}, patient {patient}?"),
        applies: always,
    },
    Case {
        id: "order-refused",
        title: "An order without a patient's name, and an ADT, are refused",
        requirements: &["ACK-023", "ACK-024", "ACK-101", "ACK-020"],
        act: None,
        look: None,
        applies: always,
    },
    Case {
        id: "order-repeated",
        title: "An order that is sent twice is answered twice",
        requirements: &["ACK-020", "ACK-029"],
        act: None,
        look: None,
        applies: always,
    },
    Case {
        id: "order-changed",
        title: "An order is changed (XO)",
        requirements: &["ORM-OC-XO", "ACK-021"],
        act: None,
        look: Some("Does the IRIS portal show order {order}, patient {patient}, with the changed name?"),
        applies: changes,
    },
    Case {
        id: "order-cancelled",
        title: "An order is cancelled (CA)",
        requirements: &["ORM-OC-CA", "ACK-021"],
        act: None,
        look: Some("Does the IRIS portal show order {order}, patient {patient}, as cancelled, or no more?"),
        applies: always,
    },
    Case {
        id: "orders-reconnected",
        title: "Orders after the connection was closed and opened again",
        requirements: &["MLLP-014", "MLLP-015", "TOP-026", "ACK-021"],
        act: None,
        look: None,
        applies: always,
    },
    Case {
        id: "result",
        title: "A result (ORU) arrives, and only once",
        requirements: &[
            "MLLP-040",
            "MLLP-041",
            "ACK-035",
            "TOP-010",
            "VER-001",
            "ORM-ORC-2.1",
            "ORM-PID-5",
            "ORM-PID-7",
        ],
        act: normal!(),
        look: None,
        applies: results,
    },
    Case {
        id: "document",
        title: "A result as document (MDM) arrives, and only once",
        requirements: &[
            "MLLP-040",
            "MLLP-041",
            "ACK-035",
            "TOP-010",
            "VER-005",
            "ORM-ORC-2.1",
            "ORM-PID-5",
            "ORM-PID-7",
        ],
        act: normal!(),
        look: None,
        applies: documents,
    },
    Case {
        id: "charge",
        title: "A charge (DFT) that is answered AE comes only once",
        requirements: &["ACK-030", "DFT-TX-001", "DFT-TX-002", "DFT-AMO-02"],
        act: normal!(),
        look: None,
        applies: charges,
    },
    Case {
        id: "result-refused",
        title: "A result that is answered AE, then AR, then AA",
        requirements: &["ACK-034", "ACK-037", "ACK-038", "ACK-067", "ACK-068"],
        act: normal!(),
        look: None,
        applies: always,
    },
    Case {
        id: "result-slow-answer",
        title: "A result whose acknowledgement is late",
        requirements: &["ACK-081", "ACK-038"],
        act: normal!(),
        look: None,
        applies: always,
    },
    Case {
        id: "results-refused-connection",
        title: "A result while this program does not listen for results",
        requirements: &["MLLP-042", "ACK-085", "TOP-028"],
        act: normal!(),
        look: None,
        applies: always,
    },
];
