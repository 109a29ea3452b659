//! The lines of the discrete block (05-discrete-results, sections 3 to 8).

use crate::catalogue::Flag;
use crate::error::BuildError;
use crate::grading::Side;
use crate::profile::{EyeOrder, Observations, Profile, SeverityMiddle};
use crate::study::{EyeState, Study};

/// One line of the discrete block.
pub(crate) struct Observation {
    pub(crate) identifier: String,
    pub(crate) value: String,
    /// OBX-8; empty, or any code of table 0078 (DISC-218).
    pub(crate) flag: String,
}

impl Study {
    /// The lines in the order in which they are sent.
    pub(crate) fn observations(&self, profile: &Profile) -> Result<Vec<Observation>, BuildError> {
        match &profile.observations {
            Observations::RevC | Observations::RevB => Ok(self.default_observations(profile)),
            Observations::Custom(set) => set.observations(self, profile),
            Observations::Unread(file) => {
                let message = format!(
                    "the observation set `{file}` was not read; read the profile with Profile::read, which takes the set from \
                     beside it"
                );
                Err(BuildError::new("DISC-211", message))
            }
        }
    }

    /// The eyes that are part of the study, in the order of the profile (DISC-150, DISC-154).
    pub(crate) fn evaluated(&self, profile: &Profile) -> impl Iterator<Item = (Side, &EyeState)> {
        let (right, left) = ((Side::Right, &self.right), (Side::Left, &self.left));
        let eyes = match profile.eye_order {
            EyeOrder::RightFirst => [right, left],
            EyeOrder::LeftFirst => [left, right],
        };
        eyes.into_iter().filter(|(_, state)| !matches!(state, EyeState::Excluded { .. })) // DISC-136
    }

    fn default_observations(&self, profile: &Profile) -> Vec<Observation> {
        let mut lines = Vec::new();
        lines.extend(self.severity(profile));
        for (side, state) in self.evaluated(profile) {
            let eye = match side {
                Side::Right => "RIGHT",
                Side::Left => "LEFT",
            };
            let mut line = |observation: &str, value: &str, flag: Flag| {
                let identifier = format!("{eye}{observation}");
                lines.push(Observation { identifier, value: value.into(), flag: flag.as_str().into() });
            };
            let (good, bad) = &profile.quality_text;
            let mut quality = bad;
            if let EyeState::Gradable(exam) = state {
                for answer in &exam.diagnoses {
                    line(answer.observation, &answer.result, answer.flag);
                }
                line("OTHERRETIN", exam.condition_list().as_deref().unwrap_or("None"), exam.condition_flag());
                quality = good;
            }
            line("QUALAPP", quality, Flag::None); // DISC-132
        }
        lines
    }

    /// DISC-040 to DISC-046
    fn severity(&self, profile: &Profile) -> Option<Observation> {
        let middle = profile.severity_middle.unwrap_or(match profile.observations {
            Observations::RevB => SeverityMiddle::Alert, // DISC-170
            _ => SeverityMiddle::Abnormal,
        });
        let (value, flag) = match (self.highest_flag(), middle) {
            (Some(Flag::None), _) => ("NORMAL", ""),
            (Some(Flag::A), SeverityMiddle::Abnormal) => ("ABNORMAL", "A"),
            (Some(Flag::A), SeverityMiddle::Alert) => ("ALERT", "A"),
            (Some(Flag::Aa), _) => ("CRITICAL", "AA"),
            (None, _) => {
                let wanted = profile.ungradable_severity.as_ref()?;
                (wanted.value.as_str(), wanted.flag.as_str())
            }
        };
        Some(Observation { identifier: "SEVERITY".into(), value: value.into(), flag: flag.into() })
    }
}
