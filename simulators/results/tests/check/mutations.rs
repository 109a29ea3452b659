//! One change, one problem: every rule is shown to bite, and to point at the right place.

use hl7::Message;
use results::profile::Profile;
use serde::Deserialize;

use crate::{check, example, shown};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    file: String,
    profile: Option<Profile>,
    cases: Vec<Case>,
}

/// Changes, and the problems; with `partial` there may be others that follow from the same change.
#[derive(Deserialize)]
#[serde(untagged)]
enum Case {
    Partial(Vec<Change>, Vec<Vec<String>>, String),
    Exact(Vec<Change>, Vec<Vec<String>>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Change {
    Set(String, String),
    Drop { drop: String },
    Add { after: String, add: String },
    Replace { from: String, to: String },
}

fn changed(bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    let mut message = Message::parse(bytes).unwrap();
    match change {
        Change::Set(path, value) => message.set(&path.parse().unwrap(), value.as_bytes()).unwrap(),
        Change::Drop { drop } => assert!(message.remove_segment(drop, 1), "no {drop}"),
        Change::Add { after, add } => {
            let after = message.segment(after, 1).unwrap().index();
            message.insert_segment(after, add.as_bytes());
        }
        Change::Replace { from, to } => {
            let text = String::from_utf8(message.into_bytes()).unwrap();
            assert!(text.contains(from), "no `{from}`");
            return text.replacen(from, to, 1).into_bytes();
        }
    }
    message.into_bytes()
}

#[test]
fn every_change_breaks_the_requirement_that_it_should() {
    let tables: Vec<Table> = serde_yaml::from_slice(&example("mutations.yaml")).unwrap();
    let mut wrong = String::new();
    for table in tables {
        let base = example(&table.file);
        assert_eq!(shown(&check(&base, table.profile.as_ref(), None)), [], "{}", table.file);
        for case in table.cases {
            let (changes, expected, exact) = match case {
                Case::Partial(changes, expected, word) => {
                    assert_eq!(word, "partial");
                    (changes, expected, false)
                }
                Case::Exact(changes, expected) => (changes, expected, true),
            };
            let message = changes.iter().fold(base.clone(), changed);
            let found = shown(&check(&message, table.profile.as_ref(), None));
            let entry = |row: &Vec<String>, n: usize| row.get(n).cloned().unwrap_or_default();
            let expected: Vec<_> = expected.iter().map(|row| (entry(row, 0), entry(row, 1), entry(row, 2))).collect();
            let fits = if exact {
                found.len() == expected.len() && found.iter().all(|one| expected.contains(one))
            } else {
                expected.iter().all(|one| found.contains(one))
            };
            if !fits {
                wrong += &format!("{}: {changes:?}\n  expected {expected:?}\n  found    {found:?}\n", table.file);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
