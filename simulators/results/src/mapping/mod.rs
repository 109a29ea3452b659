//! The tables that say, field by field, what a message holds. One table serves to build a message, to check one that somebody
//! else made, and to document it.

mod expression;
mod path;
mod when;

use std::sync::LazyLock;

use serde::Deserialize;

pub use expression::Expression;
pub(crate) use expression::{Instant, Moment, Piece, Spelling, Text, Who};
pub use path::FieldPath;
pub use when::When;

use crate::error::MappingError;

/// One message type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// MSH-9, e.g. `ORU^R01`.
    pub message: String,
    /// The segments in the order in which they are sent.
    pub segments: Vec<Segment>,
}

/// One kind of segment.
#[derive(Debug, Deserialize)]
#[serde(try_from = "SegmentYaml")]
pub struct Segment {
    /// Its name, e.g. `OBX`.
    pub segment: String,
    /// The requirement that places it.
    pub id: String,
    /// The option under which it is sent; `None`: always.
    pub when: Option<When>,
    /// The list that has one item per segment; `None`: the segment occurs once.
    pub list: Option<List>,
    /// The field up to which it is written even if the rest is empty; `None`: up to the last filled one.
    pub last: Option<u16>,
    /// The option under which `last` is one field less.
    pub shorter: Option<When>,
    /// Its fields in ascending order. A field without a line is empty.
    pub fields: Vec<Field>,
    /// Whether the table only checks the segment: its lines have no values, and fields without a line are ignored (ESC-008).
    pub check_only: bool,
}

/// One line of the table: a field, a component, or a run of either.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Where.
    pub path: FieldPath,
    /// The requirement.
    pub id: String,
    /// The option under which the line applies; `None`: always. A path can have several lines if at most one applies.
    pub when: Option<When>,
    /// Whether it is filled.
    pub usage: Usage,
    /// HL7 data type; not stated for runs.
    #[serde(rename = "type")]
    pub data_type: Option<DataType>,
    /// The only values that may occur when the field is filled; empty: any.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// The list that has one item per repetition of the field.
    #[serde(rename = "for")]
    pub list: Option<List>,
    /// What it holds; `None` exactly for [`Usage::X`], and in segments that are only checked.
    pub value: Option<Expression>,
    /// How a value must look where the data type does not say it.
    pub form: Option<Form>,
}

/// How a value must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A calendar date, `yyyyMMdd`.
    Date,
    /// A calendar date and time, `yyyyMMddHHmmss`.
    Second,
    /// 1 to 20 characters.
    ControlId,
    /// An HL7 version from 2.1 to 2.8 (VER-006).
    Version,
    /// An ICD-10-CM code, with or without dot (ORM-DX-005).
    Icd10,
    /// Anything but a name of ICD-9 (ORM-C24).
    NotIcd9,
    /// 8-4-4-4-12 hexadecimal digits in upper case (MDM-TXA-12).
    Guid,
    /// `ACK`, `ACK^O01` or `ACK^O01^ACK` with any trigger, or `ORR^O02` (ACK-005, ACK-028).
    AckType,
}

/// Whether a field is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Usage {
    /// Always.
    R,
    /// When the input is known.
    #[serde(rename = "RE")]
    Re,
    /// On a condition that the requirement states.
    C,
    /// At will.
    O,
    /// Never.
    X,
}

/// The lists that a segment or field can repeat over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// Discrete observations.
    Discrete,
    /// The identifier of the observation in the segment before, if it stands in an NTE of its own (DISC-190).
    Note,
    /// Lines of the narrative, or all of them as one.
    Narrative,
    /// Lines of the narrative that stand in NTE (ORU-NAR-F3).
    NarrativeNte,
    /// The link to the report or the path of its file, if sent.
    Link,
    /// The report itself, if sent.
    Pdf,
    /// Diagnoses.
    Dx,
    /// Charges.
    Charges,
}

/// HL7 data types that occur in results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are those of the HL7 standard, chapter 2")]
pub enum DataType {
    Ce,
    Cp,
    Cx,
    Ed,
    Ei,
    Ft,
    Hd,
    Id,
    Is,
    Msg,
    Nm,
    Pl,
    Pt,
    Rp,
    Si,
    Sps,
    St,
    Ts,
    Vid,
    Xcn,
    Xpn,
}

/// A segment as written in the file, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentYaml {
    segment: String,
    id: String,
    when: Option<When>,
    #[serde(rename = "for")]
    list: Option<List>,
    last: Option<u16>,
    shorter: Option<When>,
    fields: Vec<Field>,
    #[serde(default)]
    check_only: bool,
}

impl Mapping {
    /// The table of ORU^R01.
    pub fn oru() -> &'static Self {
        static TABLE: LazyLock<Mapping> =
            LazyLock::new(|| embedded("oru.yaml", include_str!("../../mapping/oru.yaml")));
        &TABLE
    }

    /// The table of MDM^T02.
    pub fn mdm() -> &'static Self {
        static TABLE: LazyLock<Mapping> =
            LazyLock::new(|| embedded("mdm.yaml", include_str!("../../mapping/mdm.yaml")));
        &TABLE
    }

    /// The table of DFT^P03.
    pub fn dft() -> &'static Self {
        static TABLE: LazyLock<Mapping> =
            LazyLock::new(|| embedded("dft.yaml", include_str!("../../mapping/dft.yaml")));
        &TABLE
    }

    /// The table by which an ORM^O01 is checked; it makes no message.
    pub fn orm() -> &'static Self {
        static TABLE: LazyLock<Mapping> =
            LazyLock::new(|| embedded("orm.yaml", include_str!("../../mapping/orm.yaml")));
        &TABLE
    }

    /// The table by which an acknowledgement is checked; it makes no message.
    pub fn ack() -> &'static Self {
        static TABLE: LazyLock<Mapping> =
            LazyLock::new(|| embedded("ack.yaml", include_str!("../../mapping/ack.yaml")));
        &TABLE
    }

    /// Reads a table; `file` is the name that errors show.
    pub fn parse(file: &str, yaml: &str) -> Result<Self, MappingError> {
        serde_yaml::from_str(yaml).map_err(|problem| MappingError { file: file.into(), problem })
    }
}

fn embedded(file: &str, yaml: &str) -> Mapping {
    Mapping::parse(file, yaml).expect("the embedded mapping files are checked by tests")
}

impl TryFrom<SegmentYaml> for Segment {
    type Error = String;

    fn try_from(yaml: SegmentYaml) -> Result<Self, String> {
        let SegmentYaml { segment, id, when, list, last, shorter, fields, check_only } = yaml;
        for field in &fields {
            let path = &field.path;
            if path.segment != segment {
                return Err(format!("{path}: the line stands under segment {segment}; move it or correct the path"));
            }
            if last.is_some_and(|last| path.last_field() > last) {
                return Err(format!(
                    "{path}: lies behind the last field of the segment; raise `last` or remove the line"
                ));
            }
            match (field.usage, &field.value) {
                (Usage::X, Some(_)) => {
                    return Err(format!("{path}: usage X means always empty; remove `value` or change `usage`"));
                }
                (Usage::X, None) => {}
                (_, None) if check_only => {}
                (_, None) => {
                    return Err(format!("{path}: no value; add `value`, or set usage X if the field is always empty"));
                }
                (_, Some(_)) if path.is_run() => {
                    return Err(format!("{path}: a run of fields cannot have a value; use one line each"));
                }
                (_, Some(value)) => {
                    if value.uses_item() && list.is_none() && field.list.is_none() {
                        return Err(format!(
                            "{path}: {{item....}} has no list to come from; add `for` to the line or the segment"
                        ));
                    }
                }
            }
        }
        for pair in fields.windows(2) {
            let (before, after) = (&pair[0].path, &pair[1].path);
            let alternatives = pair[0].when.zip(pair[1].when).is_some_and(|(one, other)| one.excludes(other));
            // ORM-PID-5 and ORM-PID-5.1 are rules of their own.
            let inside =
                check_only && before.component.is_none() && after.component.is_some() && before.field == after.field;
            if !(inside || alternatives || before.ends_before(after)) {
                return Err(format!(
                    "{after}: follows {before}, but paths must ascend and occur once; move or remove the line, or let a \
                     different `when` choose between them"
                ));
            }
        }
        Ok(Self { segment, id, when, list, last, shorter, fields, check_only })
    }
}
