//! The rules for single fields, as tables in the order of 03-orm, section 3.

use super::fields::Fields;
use super::{LocationSource, OrderProfile, PatientIdSource, Refusal};

/// What one field or component must hold.
pub(super) struct Rule {
    requirement: &'static str,
    field: usize,
    /// 0: the whole field.
    component: usize,
    /// Whether the profile asks for the rule.
    when: fn(&OrderProfile) -> bool,
    /// The error of table 0357 when there is no value; none where a value is optional.
    missing: Option<u16>,
    test: Option<Test>,
}

/// What a value that is there must be like.
struct Test {
    requirement: &'static str,
    error: u16,
    expected: &'static str,
    holds: fn(&[u8], &OrderProfile) -> bool,
}

const fn optional(requirement: &'static str, field: usize, component: usize) -> Rule {
    Rule { requirement, field, component, when: |_| true, missing: None, test: None }
}

const fn required(requirement: &'static str, field: usize, component: usize) -> Rule {
    optional(requirement, field, component).missing(101)
}

impl Rule {
    const fn missing(mut self, error: u16) -> Rule {
        self.missing = Some(error);
        self
    }

    const fn when(mut self, when: fn(&OrderProfile) -> bool) -> Rule {
        self.when = when;
        self
    }

    const fn test(self, error: u16, expected: &'static str, holds: fn(&[u8], &OrderProfile) -> bool) -> Rule {
        let requirement = self.requirement;
        self.test_of(requirement, error, expected, holds)
    }

    /// A test that another requirement than that of the field asks for.
    const fn test_of(
        mut self,
        requirement: &'static str,
        error: u16,
        expected: &'static str,
        holds: fn(&[u8], &OrderProfile) -> bool,
    ) -> Rule {
        self.test = Some(Test { requirement, error, expected, holds });
        self
    }

    fn check(&self, fields: &Fields, repetition: usize, profile: &OrderProfile) -> Result<(), Refusal> {
        if !(self.when)(profile) {
            return Ok(());
        }
        let at = (self.field, repetition, self.component);
        let value = fields.value(self.field, repetition, self.component.max(1));
        let empty = if self.component == 0 { !fields.has(self.field) } else { value.is_empty() };
        match (empty, self.missing, &self.test) {
            (true, Some(error), _) => Err(fields.refuse(self.requirement, error, at, "required, but missing")),
            (false, _, Some(test)) if !(test.holds)(&value, profile) => {
                Err(fields.refuse(test.requirement, test.error, at, &format!("must be {}", test.expected)))
            }
            _ => Ok(()),
        }
    }
}

/// Checks the rules in turn; `repetition` is the one to look at in repeating fields.
pub(super) fn check(rules: &[Rule], fields: &Fields, repetition: usize, profile: &OrderProfile) -> Result<(), Refusal> {
    rules.iter().try_for_each(|rule| rule.check(fields, repetition, profile))
}

/// MSH-9, which is looked at before the structure of the message.
pub(super) const MESSAGE_TYPE: &[Rule] = &[
    required("ORM-MSH-9", 9, 0).missing(200),
    required("ORM-MSH-9.1", 9, 1).missing(200).test(200, "ORM", |v, _| v == b"ORM"),
    required("ORM-MSH-9.2", 9, 2).missing(201).test(201, "O01 (letter O, zero, one)", |v, _| v == b"O01"),
    optional("ORM-MSH-9.3", 9, 3).test(200, "empty or ORM_O01", |v, _| v == b"ORM_O01"), // VER-011
];

pub(super) const MSH: &[Rule] = &[
    required("ORM-MSH-4", 4, 0).when(|p| p.parent_entity.is_some()).test_of(
        "ORM-KEY-003",
        204,
        "an agreed parent entity",
        |v, p| p.parent_entity.iter().flatten().any(|known| known.as_bytes() == v),
    ),
    required("ORM-MSH-7", 7, 0),
    required("ORM-MSH-10", 10, 0)
        .test(102, "1 to 20 characters", |v, _| (1..=20).contains(&String::from_utf8_lossy(v).chars().count())),
    required("ORM-MSH-11", 11, 0).test(202, "P or T", |v, _| one_of(v, &["P", "T"])),
    optional("ORM-MSH-12", 12, 0).test_of("VER-009", 203, "a version from 2.1 to 2.8", |v, _| one_of(v, VERSIONS)),
];

/// PID-2 or PID-3, in the selected repetition.
pub(super) const PATIENT_ID: &[Rule] = &[
    required("ORM-PID-2", 2, 0).when(mrn_in_pid_2),
    required("ORM-PID-2.1", 2, 1).when(mrn_in_pid_2),
    required("ORM-PID-3", 3, 0).when(|p| !mrn_in_pid_2(p)),
    required("ORM-PID-3.1", 3, 1).when(|p| !mrn_in_pid_2(p)),
];

pub(super) const PID: &[Rule] = &[
    required("ORM-PID-5", 5, 0),
    required("ORM-PID-5.1", 5, 1),
    required("ORM-PID-5.2", 5, 2),
    required("ORM-PID-7", 7, 0).test(102, "a calendar date as yyyyMMdd", |v, _| is_date(v)),
    required("ORM-PID-8", 8, 0).test(103, "M or F", |v, _| one_of(v, &["M", "F"])),
];

pub(super) const PV1: &[Rule] = &[
    required("ORM-PV1-3", 3, 0).when(clinic_in_pv1),
    required("ORM-PV1-3.1", 3, 1).when(clinic_in_pv1).test_of("ORM-KEY-002", 204, "a known clinic", is_clinic),
];

pub(super) const ORC: &[Rule] = &[
    required("ORM-ORC-2.1", 2, 1),
    required("ORM-ORC-9", 9, 0).test(102, "a calendar date and time as yyyyMMddHHmmss", |v, _| is_date_time(v)),
];

/// ORC-12, in the selected repetition.
pub(super) const PROVIDER: &[Rule] = &[
    required("ORM-ORC-12", 12, 0),
    required("ORM-ORC-12.1", 12, 1),
    required("ORM-ORC-12.2", 12, 2),
    required("ORM-ORC-12.3", 12, 3),
];

pub(super) const ENTERER: &[Rule] = &[
    required("ORM-ORC-13", 13, 0).when(|p| !clinic_in_pv1(p)),
    required("ORM-ORC-13.1", 13, 1).when(|p| !clinic_in_pv1(p)).test_of(
        "ORM-KEY-002",
        204,
        "a known clinic",
        is_clinic,
    ),
];

pub(super) const DG1: &[Rule] = &[
    required("ORM-DG1-1", 1, 0),
    required("ORM-DG1-2", 2, 0).test(103, "10, ICD10, ICD-10 or ICD-10-CM", |v, _| {
        one_of(v, &["10", "ICD10", "ICD-10", "ICD-10-CM"]) // ORM-C24
    }),
    required("ORM-DG1-3", 3, 0),
    required("ORM-DG1-3.1", 3, 1).test_of("ORM-DX-002", 103, "an ICD-10 code", |v, _| is_icd_10(v)),
    optional("ORM-DG1-3.3", 3, 3).test(103, "ICD-10", |v, _| !names_icd_9(v)),
    required("ORM-DG1-4", 4, 0),
];

/// VER-006.
const VERSIONS: &[&str] = &["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"];

fn mrn_in_pid_2(profile: &OrderProfile) -> bool {
    profile.patient_id.source == PatientIdSource::Pid2
}

fn clinic_in_pv1(profile: &OrderProfile) -> bool {
    profile.location.source == LocationSource::Pv1
}

fn is_clinic(value: &[u8], profile: &OrderProfile) -> bool {
    profile.known_locations.as_ref().is_none_or(|known| known.keys().any(|code| code.as_bytes() == value))
}

fn one_of(value: &[u8], allowed: &[&str]) -> bool {
    allowed.iter().any(|text| text.as_bytes() == value)
}

/// `yyyyMMdd`, and the day exists.
fn is_date(value: &[u8]) -> bool {
    digits(value, 8).is_some_and(|text| jiff::civil::Date::strptime("%Y%m%d", text).is_ok())
}

/// `yyyyMMddHHmmss`, and the moment exists.
fn is_date_time(value: &[u8]) -> bool {
    digits(value, 14).is_some_and(|text| jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", text).is_ok())
}

fn digits(value: &[u8], length: usize) -> Option<&str> {
    let digits = value.len() == length && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| digits)
}

/// Letter, digit, letter or digit, then up to four more, with or without a dot in front of these (ORM-DX-005).
fn is_icd_10(code: &[u8]) -> bool {
    let Some(([a, b, c], rest)) = code.split_first_chunk() else {
        return false;
    };
    let part = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let (dot, rest) = rest.strip_prefix(b".").map_or((false, rest), |rest| (true, rest));
    let length = usize::from(dot)..=4;
    a.is_ascii_uppercase() && b.is_ascii_digit() && part(c) && length.contains(&rest.len()) && rest.iter().all(part)
}

/// `I9`, `I9C`, `ICD9`, `ICD-9-CM` and the like (ORM-C24).
fn names_icd_9(system: &[u8]) -> bool {
    let plain: Vec<u8> = system.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase).collect();
    plain.starts_with(b"I9") || plain.starts_with(b"ICD9")
}
