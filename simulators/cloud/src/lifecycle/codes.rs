//! The enumerations of 08 section 10 that have ids, and the names of US states.

use serde::Serialize;

use super::json::Code;

type Enumeration = &'static [(u8, &'static str)];

/// LIFE-EN-01
pub(super) const GENDER_CONTEXT: Enumeration = &[(0, "Unknown"), (1, "IdentityGender"), (2, "BirthGender")];
/// LIFE-EN-05
#[rustfmt::skip]
pub(super) const GENDER: Enumeration = &[
    (0, "U"), (1, "M"), (2, "F"), (3, "N"), (4, "O"), (5, "TM"), (6, "TF"), (7, "ND"), (8, "EQ"), (9, "NL"), (10, "X"),
];
/// LIFE-EN-09; `Secondary` is another spelling (LIFE-C15).
#[rustfmt::skip]
pub(super) const IMAGE_CONTEXT: Enumeration = &[
    (0, "Primary"), (1, "SecondaryViewField"), (2, "Unknown"), (3, "Component"), (4, "Aggregate"), (5, "Enhancement"),
    (6, "AddedLate"),
];
/// The ids are those of the TypeScript library; OU is no side of an image (LIFE-C16).
pub(super) const LATERALITY: Enumeration = &[(1, "OD"), (0, "OS")];
/// The ids are those of the TypeScript library; its other codes fail validation (LIFE-051).
pub(super) const ORDER_CONTROL: Enumeration = &[(1, "NW"), (2, "XO"), (4, "CA"), (11, "ResendResult")];

/// The code that is meant (LIFE-023).
pub(super) fn find(enumeration: Enumeration, given: &Code) -> Option<&'static str> {
    let known = enumeration.iter().find(|(id, code)| given.0 == *code || given.0.parse() == Ok(*id));
    known.map(|(_, code)| *code)
}

/// A code as results write it: its text, or its id (`json.enum_style`, LIFE-024).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs)] // the names say it
pub enum Coded {
    Text(String),
    Id(u8),
}

impl Coded {
    pub(super) fn of(enumeration: Enumeration, code: &str, as_id: bool) -> Self {
        match enumeration.iter().find(|(_, known)| *known == code) {
            Some((id, _)) if as_id => Self::Id(*id),
            _ => Self::Text(code.to_owned()),
        }
    }
}

/// The abbreviation of a US state that is given by it or by its name, in any case (LIFE-010).
pub(super) fn us_state(text: &str) -> Option<&'static str> {
    let known = STATES.iter().find(|(short, name)| short.eq_ignore_ascii_case(text) || name.eq_ignore_ascii_case(text));
    known.map(|(short, _)| *short)
}

#[rustfmt::skip]
const STATES: &[(&str, &str)] = &[
    ("AL", "Alabama"), ("AK", "Alaska"), ("AZ", "Arizona"), ("AR", "Arkansas"), ("CA", "California"), ("CO", "Colorado"),
    ("CT", "Connecticut"), ("DE", "Delaware"), ("DC", "District of Columbia"), ("FL", "Florida"), ("GA", "Georgia"),
    ("HI", "Hawaii"), ("ID", "Idaho"), ("IL", "Illinois"), ("IN", "Indiana"), ("IA", "Iowa"), ("KS", "Kansas"),
    ("KY", "Kentucky"), ("LA", "Louisiana"), ("ME", "Maine"), ("MD", "Maryland"), ("MA", "Massachusetts"), ("MI", "Michigan"),
    ("MN", "Minnesota"), ("MS", "Mississippi"), ("MO", "Missouri"), ("MT", "Montana"), ("NE", "Nebraska"), ("NV", "Nevada"),
    ("NH", "New Hampshire"), ("NJ", "New Jersey"), ("NM", "New Mexico"), ("NY", "New York"), ("NC", "North Carolina"),
    ("ND", "North Dakota"), ("OH", "Ohio"), ("OK", "Oklahoma"), ("OR", "Oregon"), ("PA", "Pennsylvania"), ("PR", "Puerto Rico"),
    ("RI", "Rhode Island"), ("SC", "South Carolina"), ("SD", "South Dakota"), ("TN", "Tennessee"), ("TX", "Texas"),
    ("UT", "Utah"), ("VT", "Vermont"), ("VA", "Virginia"), ("WA", "Washington"), ("WV", "West Virginia"), ("WI", "Wisconsin"),
    ("WY", "Wyoming"),
];
