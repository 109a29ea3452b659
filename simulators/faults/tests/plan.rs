//! Plans as people write them, with their mistakes.

use faults::{Class, Fault, Faults, Place, Plan, Rule, Subject};
use journal::{Journal, Seed};

fn error(rule: &str) -> String {
    Plan::parse(&format!("faults:\n  - {rule}\n"), "plan.yaml").unwrap_err().to_string()
}

#[test]
fn a_plan_names_every_fault_that_there_is() {
    let text = include_str!("../every_fault.yaml");
    let plan = Plan::parse(text, "every_fault.yaml").unwrap();
    let mut names: Vec<&str> = plan.rules.iter().map(|rule| rule.fault.name()).collect();
    names.dedup();
    let all = [
        "latency",
        "bandwidth",
        "split",
        "join",
        "corrupt",
        "truncate",
        "drop",
        "reset",
        "half_close",
        "stall",
        "refuse",
        "certificate",
        "tls",
        "status",
        "clock_skew",
        "detach",
        "forced_close",
        "lost_lock",
        "duplicate",
        "reorder",
        "kill",
        "stop",
        "pause",
        "disk_full",
    ];
    assert_eq!(names, all);
}

#[test]
fn an_error_says_file_line_and_what_to_do() {
    let unknown =
        Plan::parse("faults:\n  - on: orders\n    whn: {}\n    do: drop\n", "plan.yaml").unwrap_err().to_string();
    assert!(unknown.starts_with("plan.yaml: faults[0]: unknown field `whn`"), "{unknown}");
    assert!(unknown.contains("line 3 column 5"), "{unknown}");
    for (rule, says) in [
        ("{ on: orders, do: { status: { code: 503 } } }", "status cannot act on orders; it acts on login"),
        ("{ on: orders, do: refuse }", "refuse cannot act on orders; it acts on results"),
        ("{ on: emr_api, when: { type: ORU }, do: drop }", "write `request`, for example orders"),
        (
            "{ on: emr_api, when: { request: order }, do: drop }",
            "there is no request order; requests are orders, deliv",
        ),
        ("{ on: emr_api, when: { control_id: x }, do: drop }", "need HL7 messages"),
        ("{ on: emr_api, towards: peer, do: { status: { code: 503 } } }", "leave `towards` out"),
        ("{ on: orders, when: { path: { PID3: x } }, do: drop }", "write PID-3.1, for example"),
        ("{ on: orders, when: { nth: 0 }, do: drop }", "count from 1"),
        ("{ on: orders, when: { probability: 2 }, do: drop }", "a number from 0 to 1"),
        ("{ on: emr_api, do: { status: { code: 99 } } }", "write one from 200 to 599"),
        ("{ on: orders, do: explode }", "unknown variant `explode`"),
        ("{ on: mars, do: drop }", "unknown variant `mars`, expected one of `orders`"),
    ] {
        let error = error(rule);
        assert!(
            error.starts_with("plan.yaml: ") && error.contains(says) && error.contains("line 2"),
            "{rule}: {error}"
        );
    }
}

#[test]
fn a_plan_for_the_cloud_alone_has_no_rule_for_others() {
    let plan = Plan::parse("faults: [{ on: blob, do: drop }, { on: results, do: drop }]", "p").unwrap();
    let error = plan.for_cloud("plan.yaml".as_ref()).unwrap_err().to_string();
    assert_eq!(error, "plan.yaml: rule 2 acts on results, which is not played here; take it out");
}

/// Which of a hundred requests a rule with a probability hits.
fn lucky(seed: u64, with: &[Rule]) -> Vec<usize> {
    let faults = Faults::new(Journal::new("s"), Seed::new(seed));
    let plan = "faults: [{ on: emr_api, when: { probability: 0.3 }, do: { status: { code: 503 } } }]";
    faults.apply(&Plan::parse(plan, "p").unwrap());
    with.iter().cloned().for_each(|rule| faults.add(rule));
    let subject = Subject::of_request("orders");
    let hit = |faults: &Faults| faults.meet(&[Place::EmrApi], Class::Answer, &subject);
    (0..100)
        .filter(|_| {
            faults.meet(&[Place::Login], Class::Answer, &Subject::of_request("tokens"));
            matches!(hit(&faults), Some(Fault::Status(status)) if status.code == 503)
        })
        .collect()
}

#[test]
fn equal_seeds_hit_equal_messages_whatever_other_rules_do() {
    let first = lucky(1, &[]);
    assert!((15..50).contains(&first.len()), "{first:?}");
    assert_eq!(lucky(1, &[]), first);
    let other = Rule::new(Place::Login, Fault::Status(status(429)));
    assert_eq!(lucky(1, &[other]), first);
    assert_ne!(lucky(2, &[]), first);
}

fn status(code: u16) -> faults::Status {
    faults::Status { code, retry_after: None, body: String::new() }
}

#[test]
fn of_two_rules_that_fit_the_first_acts_until_it_is_used_up() {
    let faults = Faults::new(Journal::new("s"), Seed::new(1));
    for code in [429, 503] {
        faults.add(Rule::new(Place::EmrApi, Fault::Status(status(code))).request("orders").times(1));
    }
    let met = || faults.meet(&[Place::EmrApi], Class::Answer, &Subject::of_request("orders"));
    let codes: Vec<_> = (0..3).map(|_| met().map(|fault| fault.name())).collect();
    assert_eq!(codes, [Some("status"), Some("status"), None]);
    faults.add(Rule::new(Place::Cloud, Fault::Status(status(500))));
    assert!(met().is_some(), "the cloud is all of its parts");
    faults.lift();
    assert!(met().is_none());
}
