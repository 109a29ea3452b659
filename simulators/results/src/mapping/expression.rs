use std::fmt;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

/// What a field holds: literal HL7 text with `{input}` or `{input:format}` pieces.
///
/// | Format | Input | Written as |
/// | -- | -- | -- |
/// | none | text | escaped |
/// | `raw` | text | as it is, because it is encoded already (ORU-ENC-05) |
/// | `ts` | instant | `yyyyMMddHHmmss` (ORU-TIM-01) |
/// | `minute` | instant | `yyyyMMddHHmm` (MDM-TXA-4) |
/// | `control_id` | instant | `yyMMddHHmmss` (ORU-TIM-04) |
/// | `xcn` | person | person components (ORU-XCN) |
///
/// In every piece a control byte becomes one space (ORU-ENC-06).
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Expression {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Literal(String),
    Text(Text, Spelling),
    Instant(Instant, Moment),
    Person(Who),
}

/// How a text is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spelling {
    Escaped,
    Raw,
}

/// How an instant is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    Ts,
    Minute,
    ControlId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Instant {
    Now,
    Captured,
    Graded,
    /// TXA-4 (MDM-TXA-4).
    Activity,
    /// PV1-45 of a charge (DFT-C5).
    Discharge,
    #[serde(rename = "charge.date")]
    ChargeDate,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Who {
    Provider,
    Grader,
    /// PV1-7 and PV1-17 (ORU-C2, DFT-C4).
    Attending,
    /// OBR-32 in person style (ORU-XCN-1).
    Interpreter,
}

/// The texts that a mapping can name. `item....` and `charge....` are those of the current item of the list named by `for`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Text {
    Mrn,
    PidIdType,
    Family,
    Given,
    Dob,
    Sex,
    Ssn,
    Encounter,
    /// PID-18 of a result (ORU-C7).
    Account,
    /// PV1-19 of a result (ORU-C7).
    Visit,
    Location,
    /// PV1-3 of a result (ORU-C8).
    Place,
    Placer,
    Filler,
    Version,
    #[serde(rename = "order.version")]
    OrderVersion,
    Service,
    #[serde(rename = "service.code")]
    ServiceCode,
    #[serde(rename = "service.description")]
    ServiceDescription,
    #[serde(rename = "grader.id")]
    GraderId,
    #[serde(rename = "grader.family")]
    GraderFamily,
    #[serde(rename = "grader.given")]
    GraderGiven,
    #[serde(rename = "grader.full_name")]
    GraderFullName,
    #[serde(rename = "authenticator.id")]
    AuthenticatorId,
    #[serde(rename = "authenticator.family")]
    AuthenticatorFamily,
    #[serde(rename = "authenticator.given")]
    AuthenticatorGiven,
    #[serde(rename = "authenticator.degrees")]
    AuthenticatorDegrees,
    #[serde(rename = "authenticator.prefix")]
    AuthenticatorPrefix,
    ProviderType,
    SendFac,
    RecvApp,
    RecvFac,
    ProcessingId,
    Status,
    DocumentId,
    ObservationSystem,
    NarrativeType,
    NarrativeId,
    #[serde(rename = "narrative_text")]
    NarrativeLabel,
    NarrativeSystem,
    #[serde(rename = "dft.msh4")]
    DftMsh4,
    #[serde(rename = "dft.msh5")]
    DftMsh5,
    #[serde(rename = "dft.msh6")]
    DftMsh6,
    #[serde(rename = "dft.msh9")]
    DftMsh9,
    #[serde(rename = "dft.pid2_type")]
    DftPid2Type,
    #[serde(rename = "dft.pid3_type")]
    DftPid3Type,
    #[serde(rename = "item.n")]
    ItemN,
    #[serde(rename = "item.sub_id")]
    ItemSubId,
    #[serde(rename = "item.identifier")]
    ItemIdentifier,
    #[serde(rename = "item.value")]
    ItemValue,
    #[serde(rename = "item.flag")]
    ItemFlag,
    #[serde(rename = "item.note")]
    ItemNote,
    #[serde(rename = "charge.code")]
    ChargeCode,
    #[serde(rename = "charge.text")]
    ChargeLabel,
    #[serde(rename = "charge.system")]
    ChargeSystem,
    #[serde(rename = "charge.unit_cost")]
    ChargeUnitCost,
    #[serde(rename = "charge.namespace")]
    ChargeNamespace,
    #[serde(rename = "charge.modifiers")]
    ChargeModifiers,
}

impl Expression {
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether it names an input that only an item of a list has.
    pub(crate) fn uses_item(&self) -> bool {
        self.source.contains("{item.") || self.source.contains("{charge.")
    }
}

impl TryFrom<String> for Expression {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = source.as_str();
        while let Some((literal, more)) = rest.split_once('{') {
            pieces.extend(piece_of_text(literal, &source)?);
            let (inside, more) =
                more.split_once('}').ok_or_else(|| format!("`{source}`: `{{` without `}}`; close the piece"))?;
            pieces.push(piece(inside).map_err(|problem| format!("`{source}`: {problem}"))?);
            rest = more;
        }
        pieces.extend(piece_of_text(rest, &source)?);
        Ok(Self { source, pieces })
    }
}

fn piece_of_text(literal: &str, source: &str) -> Result<Option<Piece>, String> {
    if literal.contains('}') {
        return Err(format!("`{source}`: `}}` without `{{`; write a piece as {{input}} or {{input:format}}"));
    }
    Ok((!literal.is_empty()).then(|| Piece::Literal(literal.into())))
}

fn piece(inside: &str) -> Result<Piece, String> {
    let (name, format) = inside.split_once(':').map_or((inside, None), |(name, format)| (name, Some(format)));
    Ok(match format {
        None => Piece::Text(named(name)?, Spelling::Escaped),
        Some("raw") => Piece::Text(named(name)?, Spelling::Raw),
        Some("ts") => Piece::Instant(named(name)?, Moment::Ts),
        Some("minute") => Piece::Instant(named(name)?, Moment::Minute),
        Some("control_id") => Piece::Instant(named(name)?, Moment::ControlId),
        Some("xcn") => Piece::Person(named(name)?),
        Some(other) => {
            return Err(format!("unknown format `{other}`; use raw, ts, minute, control_id, xcn, or none"));
        }
    })
}

/// Finds an input by name; the error lists those that the format allows.
fn named<'a, T: Deserialize<'a>>(name: &'a str) -> Result<T, String> {
    let name: StrDeserializer<'a, Error> = name.into_deserializer();
    T::deserialize(name).map_err(|problem| problem.to_string().replace("variant", "input"))
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}
