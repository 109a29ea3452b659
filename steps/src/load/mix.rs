//! Which kinds of messages, and how many of each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Messages of one kind, in their direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// Orders, from the EMR to IRIS.
    Orm,
    /// Results, from IRIS to the EMR.
    Oru,
    /// Documents, from IRIS to the EMR.
    Mdm,
    /// Charges, from IRIS to the EMR.
    Dft,
}

impl Flow {
    /// All of them.
    pub const ALL: [Flow; 4] = [Flow::Orm, Flow::Oru, Flow::Mdm, Flow::Dft];

    /// The message type, in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Flow::Orm => "orm",
            Flow::Oru => "oru",
            Flow::Mdm => "mdm",
            Flow::Dft => "dft",
        }
    }

    /// The message of the suite that is sent again and again, each time under another control id. Orders are made by a
    /// personality.
    pub(super) fn example(self) -> &'static str {
        match self {
            Flow::Orm => "new-order",
            Flow::Oru => "result-normal",
            Flow::Mdm => "document-normal",
            Flow::Dft => "charge-diagnosed",
        }
    }
}

/// Weights of the flows: `orm=6,oru=3,dft=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix(Vec<(Flow, u32)>);

/// A text that is no mix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no part of a mix; write it as orm=6,oru=3,mdm=1,dft=1: each kind once, with a weight from 1 to 1000")]
pub struct MixError(String);

impl FromStr for Mix {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Mix, MixError> {
        let mut weights: Vec<(Flow, u32)> = Vec::new();
        for part in text.split(',') {
            let wrong = || MixError(part.to_owned());
            let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
            let flow = Flow::ALL.into_iter().find(|flow| flow.name() == name.trim()).ok_or_else(wrong)?;
            let weight = weight.trim().parse().ok().filter(|weight| (1..=1000).contains(weight)).ok_or_else(wrong)?;
            if weights.iter().any(|(known, _)| *known == flow) {
                return Err(wrong());
            }
            weights.push((flow, weight));
        }
        Ok(Mix(weights))
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(flow, weight)| format!("{}={weight}", flow.name())).collect();
        f.write_str(&parts.join(","))
    }
}

impl Mix {
    /// The flows with their shares, which add up to 1.
    pub(super) fn shares(&self) -> impl Iterator<Item = (Flow, f64)> {
        let all: u32 = self.0.iter().map(|(_, weight)| weight).sum();
        self.0.iter().map(move |(flow, weight)| (*flow, f64::from(*weight) / f64::from(all)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_shared_out_by_weight() {
        let mix: Mix = "orm=6, oru=3,dft".parse().unwrap();
        assert_eq!(mix.shares().collect::<Vec<_>>(), [(Flow::Orm, 0.6), (Flow::Oru, 0.3), (Flow::Dft, 0.1)]);
        assert_eq!(mix.to_string(), "orm=6,oru=3,dft=1");
        for wrong in ["", "adt=1", "orm=0", "orm=1001", "orm=x", "orm=1,orm=2", "orm=1,,oru=1"] {
            assert!(wrong.parse::<Mix>().is_err(), "{wrong}");
        }
    }
}
