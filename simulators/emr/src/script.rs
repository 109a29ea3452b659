//! Which answer a message gets.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hl7::{Message, Path};

use crate::Answer;

/// An answer for the messages that meet all conditions; a condition that is `None` always holds.
///
/// An answer in the middle of the frame (ACK-084) is chosen when the MSH segment has arrived, hence only from rules with
/// conditions on MSH; if another rule cannot be decided so early, the answer is given behind the frame.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// MSH-9.1: `ORU`, `DFT` or `MDM`.
    pub kind: Option<String>,
    /// Which messages of the kind, or of all kinds if there is none, counted from 1 over the scenario.
    pub nth: Option<RangeInclusive<usize>>,
    /// An element, and its bytes as sent.
    pub path_equals: Option<(Path, Vec<u8>)>,
    /// The n-th use of the rule takes the n-th answer, the last one repeats; none stand for an accepting ACK.
    pub answers: Vec<Answer>,
}

/// The rules by which messages on C2 are answered. They are asked in turn, the one added last first; without a rule that
/// fits the answer is an accepting ACK.
#[derive(Debug, Default)]
pub struct Script(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rules: Vec<(Rule, usize)>,
    /// Whether documents have to be what HL7 2.4 allows (MDM-RCV-03).
    strict: bool,
    seen: HashMap<String, usize>,
}

impl Script {
    /// Adds a rule, which goes before all others.
    pub fn add(&self, rule: Rule) {
        self.lock().rules.push((rule, 0));
    }

    /// From now on a document that HL7 2.4 does not allow gets an application error, unless a rule fits (MDM-RCV-03).
    pub fn be_strict(&self) {
        self.lock().strict = true;
    }

    /// Removes all rules. Messages that were counted stay counted.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// The answer to a complete message.
    pub(crate) fn answer(&self, message: &Message) -> Answer {
        let mut state = self.lock();
        let by_default = if state.strict && !is_standard(message) { Answer::ErrorSequence } else { Answer::Accept };
        state.choose(message, false).unwrap_or(by_default)
    }

    /// The answer to a message of which only MSH is known, if it is one in the middle of the frame.
    pub(crate) fn answer_in_frame(&self, header: &Message) -> Option<Answer> {
        self.lock().choose(header, true)
    }

    /// Whether any rule can give an answer in the middle of the frame.
    pub(crate) fn answers_in_frame(&self) -> bool {
        self.lock().rules.iter().any(|(rule, _)| rule.answers.iter().any(|answer| answer.is_in_frame()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether HL7 2.4 allows the segments: an MDM^T02 is MSH, EVN, PID, PV1, TXA and OBX (MDM-RCV-03).
fn is_standard(message: &Message) -> bool {
    if message.message_type().0 != "MDM" {
        return true;
    }
    let mut names: Vec<&[u8]> = message.segments().map(|segment| segment.name()).collect();
    names.dedup();
    names == [&b"MSH"[..], b"EVN", b"PID", b"PV1", b"TXA", b"OBX"]
}

impl State {
    fn choose(&mut self, message: &Message, in_frame: bool) -> Option<Answer> {
        let (kind, _) = message.message_type();
        let all: usize = self.seen.values().sum();
        let of_kind = self.seen.get(&kind).copied().unwrap_or(0);
        for (rule, uses) in self.rules.iter_mut().rev() {
            let number = 1 + if rule.kind.is_some() { of_kind } else { all };
            if rule.kind.as_ref().is_some_and(|wanted| *wanted != kind)
                || rule.nth.as_ref().is_some_and(|nth| !nth.contains(&number))
            {
                continue;
            }
            if let Some((path, value)) = &rule.path_equals {
                if in_frame && !path.to_string().starts_with("MSH") {
                    return None;
                }
                if message.get(path).raw() != Some(value) {
                    continue;
                }
            }
            let answer = rule.answers.get(*uses).or(rule.answers.last()).copied().unwrap_or(Answer::Accept);
            if in_frame && !answer.is_in_frame() {
                return None;
            }
            *uses += 1;
            *self.seen.entry(kind).or_default() += 1;
            return Some(answer);
        }
        if !in_frame {
            *self.seen.entry(kind).or_default() += 1;
        }
        None
    }
}
