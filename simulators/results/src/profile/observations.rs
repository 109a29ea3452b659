use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use crate::custom::CustomSet;

/// Which set of discrete observations is sent (ORU-OPT-17).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Observations {
    /// The set published in March 2026 (05-discrete-results, sections 3 to 7).
    #[default]
    RevC,
    /// The older set (section 8).
    RevB,
    /// A set of the customer (section 10).
    Custom(Arc<CustomSet>),
    /// The file name of such a set that nobody has read yet: no message can be built. See [`crate::Profile::read`].
    Unread(String),
}

impl<'de> Deserialize<'de> for Observations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "rev_c" => Ok(Self::RevC),
            "rev_b" => Ok(Self::RevB),
            _ => match text.strip_prefix("custom:") {
                Some(name) if !name.is_empty() && !name.contains(['/', '\\']) => {
                    Ok(CustomSet::embedded(name).map_or_else(|| Self::Unread(name.into()), Self::Custom))
                }
                _ => Err(de::Error::custom(format!(
                    "`{text}` is no observation set; write rev_c, rev_b or custom:<file.csv>, a file beside the profile"
                ))),
            },
        }
    }
}

/// Which eye comes first in the discrete block (DISC-154).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EyeOrder {
    /// Right before left.
    #[default]
    RightFirst,
    /// Left before right.
    LeftFirst,
}

/// SEVERITY of a wholly ungradable order: value and flag (DISC-046).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UngradableSeverity {
    /// OBX-5.
    pub value: String,
    /// OBX-8; may be empty.
    pub flag: String,
}

impl TryFrom<String> for UngradableSeverity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(',') {
            Some((value, flag)) if !value.is_empty() => Ok(Self { value: value.into(), flag: flag.into() }),
            _ => Err(format!("`{text}` is no severity of ungradable orders; write value,flag, e.g. UNGRADABLE,A")),
        }
    }
}

/// `off`, or value and flag.
pub(super) fn ungradable_severity<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<UngradableSeverity>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "off" { Ok(None) } else { text.try_into().map(Some).map_err(de::Error::custom) }
}

/// What becomes of results outside the lists (DISC-024).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnlistedValues {
    /// No message.
    #[default]
    Refuse,
    /// Reported verbatim with flag `A`.
    Pass,
}
