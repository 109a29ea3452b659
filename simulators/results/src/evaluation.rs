use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an order asks for (10-codes, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names are the codes of IRIS")]
#[expect(non_camel_case_types, reason = "the names are the codes of IRIS")]
#[repr(u8)]
pub enum EvaluationType {
    DR = 1,
    Glaucoma = 2,
    HIV = 3,
    DRME = 4,
    DR_REFNOREF = 6,
    AMD = 7,
    DR_AMD = 8,
    SP = 9,
    DR_AREDS_GLAUC = 12,
    AI_Eyenuk_O1 = 13,
}

/// A code or number that is no evaluation type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no evaluation type; give one of: {list} (EVL-20)", list = EvaluationType::ALL.map(|known| known.to_string()).join(", "))]
pub struct UnknownEvaluation(String);

impl EvaluationType {
    /// All of them, by number.
    pub const ALL: [Self; 10] = [
        Self::DR,
        Self::Glaucoma,
        Self::HIV,
        Self::DRME,
        Self::DR_REFNOREF,
        Self::AMD,
        Self::DR_AMD,
        Self::SP,
        Self::DR_AREDS_GLAUC,
        Self::AI_Eyenuk_O1,
    ];

    /// Its number in JSON (EVL-01 to EVL-13).
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The type of a number; 5, 10 and 11 are not published and so refused (EVL-20).
    pub fn from_number(number: u8) -> Result<Self, UnknownEvaluation> {
        let known = Self::ALL.into_iter().find(|known| known.number() == number);
        known.ok_or_else(|| UnknownEvaluation(number.to_string()))
    }

    /// Whether a person reads the images, who needs a licence for the order's state (EVL-22); else an AI does.
    pub fn is_read_by_a_person(self) -> bool {
        !matches!(self, Self::DR_REFNOREF | Self::DR_AREDS_GLAUC | Self::AI_Eyenuk_O1)
    }
}

/// The code, e.g. `DR_AMD`.
impl fmt::Display for EvaluationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f) // the names are the codes
    }
}

/// Reads a code, exactly as it is written (FND-010).
impl FromStr for EvaluationType {
    type Err = UnknownEvaluation;

    fn from_str(code: &str) -> Result<Self, UnknownEvaluation> {
        let known = Self::ALL.into_iter().find(|known| known.to_string() == code);
        known.ok_or_else(|| UnknownEvaluation(code.into()))
    }
}
