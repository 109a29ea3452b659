//! What is done with which field.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

/// How a field is treated; `fields.yaml` says what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Treatment {
    Id,
    Name,
    Provider,
    Address,
    Phone,
    Date,
    Code,
    Diagnosis,
    Text,
    Value,
    Mask,
}

/// How many values were replaced, by place.
pub type Counts = BTreeMap<String, usize>;

static TABLE: LazyLock<HashMap<(String, usize), Treatment>> = LazyLock::new(|| {
    let segments: HashMap<String, HashMap<Treatment, String>> =
        serde_yaml::from_str(include_str!("fields.yaml")).expect("a test reads the file that is built in");
    let mut table = HashMap::new();
    for (segment, treatments) in segments {
        for (treatment, fields) in treatments {
            for part in fields.split_whitespace() {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let number = |text: &str| text.parse::<usize>().expect("a test reads the file that is built in");
                for field in number(first)..=number(last) {
                    let twice = table.insert((segment.clone(), field), treatment);
                    assert!(twice.is_none(), "{segment}-{field} is named twice"); // a test reads the file
                }
            }
        }
    }
    table
});

pub(super) fn treatment(segment: &str, field: usize) -> Treatment {
    TABLE.get(&(segment.to_owned(), field)).copied().unwrap_or(Treatment::Mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_what_it_does_not_name_is_masked() {
        assert_eq!(treatment("PID", 5), Treatment::Name);
        assert_eq!(treatment("PV1", 8), Treatment::Provider);
        assert_eq!(treatment("ZPD", 1), Treatment::Mask);
        assert_eq!(treatment("PID", 40), Treatment::Mask);
    }
}
