//! The rules beside the field tables (rules.yaml), and the table of a message under a profile.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::options::Choosable;
use crate::mapping::{Field, List, Mapping, Segment};

/// `rules.yaml`; the file explains its keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    messages: Vec<Message>,
    pub(super) segments: Vec<Extra>,
    pub(super) notes: Notes,
    alternatives: Vec<Alternative>,
    pub(super) charges: Charges,
}

/// The requirements for a message as a whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) message: String,
    pub(super) sequence: Vec<String>,
    #[serde(default)]
    pub(super) standard_sequence: Vec<String>,
    pub(super) order: String,
    pub(super) other: Option<String>,
    pub(super) ends: String,
    pub(super) control: String,
    pub(super) tail: Option<String>,
    pub(super) trim: Option<String>,
    pub(super) escape: Option<String>,
    pub(super) repeat: Option<String>,
    pub(super) person: Option<String>,
}

/// A segment that only an option brings.
#[derive(Deserialize)]
pub(super) struct Extra {
    pub(super) message: String,
    pub(super) option: String,
    #[serde(flatten)]
    pub(super) segment: Segment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notes {
    pub(super) narrative: Vec<Field>,
    pub(super) note: Vec<Field>,
}

/// Lines that an option puts in the place of others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternative {
    pub(super) option: Choosable,
    pub(super) id: Option<String>,
    #[serde(default = "yes")]
    pub(super) hint: bool,
    /// Whether it goes before the lines of a kind of charge, too.
    #[serde(default)]
    pub(super) charges: bool,
    messages: Vec<String>,
    #[serde(rename = "for")]
    list: Option<List>,
    pub(super) lines: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Charges {
    pub(super) single: Vec<Field>,
    pub(super) cpt2: Vec<Field>,
    pub(super) professional: Vec<Field>,
    pub(super) technical: Vec<Field>,
}

/// A discrete observation with its values.
#[derive(Deserialize)]
pub(super) struct Diagnosis {
    pub(super) observation: String,
    pub(super) results: Vec<Answer>,
    /// Those of the older set, where they differ (05-discrete-results, section 8).
    pub(super) rev_b: Option<Vec<Answer>>,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) id: String,
    pub(super) result: String,
    pub(super) flag: String,
}

fn yes() -> bool {
    true
}

impl Rules {
    pub(super) fn get() -> &'static Self {
        static RULES: LazyLock<Rules> =
            LazyLock::new(|| serde_yaml::from_str(include_str!("rules.yaml")).expect("the embedded rules are tested"));
        &RULES
    }

    /// The rules for the messages of a table.
    pub(super) fn of(&'static self, table: &Mapping) -> &'static Message {
        let found = self.messages.iter().find(|message| message.message == table.message);
        found.expect("every table has its rules, as the tests show")
    }

    /// The alternatives for a field of one kind of segment.
    pub(super) fn alternatives(
        message: &str,
        segment: &str,
        list: Option<List>,
        field: u16,
    ) -> impl Iterator<Item = &'static Alternative> {
        static INDEX: LazyLock<Index> = LazyLock::new(index);
        let of_field = INDEX.get(segment).and_then(|fields| fields.get(&field)).map_or(&[][..], Vec::as_slice);
        of_field.iter().copied().filter(move |alternative| {
            alternative.list.is_none_or(|only| Some(only) == list)
                && alternative.messages.iter().any(|name| name == message)
        })
    }
}

/// The alternatives by segment and field.
type Index = BTreeMap<&'static str, BTreeMap<u16, Vec<&'static Alternative>>>;

fn index() -> Index {
    let mut index = Index::new();
    for alternative in &Rules::get().alternatives {
        for line in &alternative.lines {
            let fields = index.entry(line.path.segment.as_str()).or_default();
            let of_field = fields.entry(line.path.field).or_default();
            if !of_field.iter().any(|known| std::ptr::eq(*known, alternative)) {
                of_field.push(alternative);
            }
        }
    }
    index
}

impl Alternative {
    /// Its lines for one field.
    pub(super) fn of(&self, segment: &str, field: u16) -> Vec<&Field> {
        let lines = self.lines.iter();
        lines.filter(|line| line.path.segment == segment && line.path.field == field).collect()
    }
}
