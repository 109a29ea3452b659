use std::fmt;

use serde::Deserialize;

use crate::profile::{DiscreteLayout, Interpreter, Layout, Observations, Precision, Profile, SecondaryId};

/// An option of the profile on which a segment or a line of the table depends, e.g. `obr32=dated,undated`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct When(&'static Condition);

type Condition = (&'static str, fn(&Profile) -> bool);

/// Every condition that a table can state.
const CONDITIONS: &[Condition] = &[
    ("pid_tail=off", |profile| !profile.pid_tail),
    ("obr32=dated", |profile| profile.obr32 == Interpreter::Dated),
    ("obr32=dated,undated", |profile| matches!(profile.obr32, Interpreter::Dated | Interpreter::Undated)),
    ("obr32=xcn", |profile| profile.obr32 == Interpreter::Xcn),
    ("dg1=on", |profile| profile.dg1),
    ("discrete_layout=obx", |profile| profile.discrete_layout == DiscreteLayout::Obx),
    ("discrete_layout=obx_nte", |profile| profile.discrete_layout == DiscreteLayout::ObxNte),
    ("observations=rev_c,rev_b", |profile| !matches!(profile.observations, Observations::Custom(_))),
    ("observations=custom", |profile| matches!(profile.observations, Observations::Custom(_))),
    ("mdm.layout=documented", |profile| profile.mdm.layout == Layout::Documented),
    ("mdm.layout=standard", |profile| profile.mdm.layout == Layout::Standard),
    ("mdm.txa4_precision=minute", |profile| profile.mdm.txa4_precision == Precision::Minute),
    ("mdm.txa4_precision=second", |profile| profile.mdm.txa4_precision == Precision::Second),
    ("dft.pid19=empty", |profile| profile.dft.pid19 == SecondaryId::Empty),
    ("dft.pid19=echo", |profile| profile.dft.pid19 == SecondaryId::Echo),
];

impl When {
    /// Whether it applies to a customer.
    pub fn holds(self, profile: &Profile) -> bool {
        self.0.1(profile)
    }

    /// Whether both can never hold at once: the same option with other values.
    pub(crate) fn excludes(self, other: Self) -> bool {
        let [one, other] = [self, other].map(|when| when.0.0.split_once('=').unwrap_or_default());
        one.0 == other.0 && !one.1.split(',').any(|value| other.1.split(',').any(|other| other == value))
    }
}

impl TryFrom<String> for When {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        CONDITIONS.iter().find(|(name, _)| *name == text).map(Self).ok_or_else(|| {
            let names: Vec<_> = CONDITIONS.iter().map(|(name, _)| *name).collect();
            format!("unknown condition `{text}`; use one of: {}", names.join("; "))
        })
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.0)
    }
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
