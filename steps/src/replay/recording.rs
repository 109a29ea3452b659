//! What a journal says that the EMR and the cloud did.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Direction, Event, Link, What};

/// Something that is done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A connection is made.
    Open(u64),
    /// Bytes are sent in one portion.
    Send(u64, Vec<u8>),
    /// An answer came: the content of a frame.
    Answer(u64, Vec<u8>),
    /// Nothing more was sent on the connection.
    HalfClose(u64),
    /// The connection was ended by the side that is played, in order or by a reset.
    Close {
        /// The connection.
        connection: u64,
        /// Whether it was reset.
        reset: bool,
    },
    /// A message came to the EMR for the first time.
    Deliver(Delivered),
}

/// A message to the EMR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Its bytes.
    pub content: Vec<u8>,
    /// The bytes that the EMR answered each time it came; empty for none.
    pub replies: Vec<Vec<u8>>,
}

/// An [`Act`] and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Microseconds since the recording began.
    pub at_us: u64,
    /// What was done.
    pub act: Act,
}

/// What is played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Name of the scenario in the journal.
    pub scenario: String,
    /// In the order of the journal.
    pub steps: Vec<Step>,
}

/// A journal that cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// There are several scenarios in it.
    #[error("the journal holds {0} scenarios; choose one with --scenario, such as \"{1}\"")]
    Several(usize, String),
    /// The scenario is not in it.
    #[error("the journal has no scenario \"{0}\"{1}")]
    Unknown(String, String),
    /// Nothing happened on the wire.
    #[error("the journal has no HL7 on the wire that is to be played, so there is nothing to play again")]
    Empty,
    /// The journal is not complete.
    #[error("the journal has left out {0} bytes of the wire at event {1}, so it cannot be played; record less at once")]
    Omitted(usize, u64),
}

/// The names of the scenarios in a journal.
pub fn scenarios(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.scenario.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

impl Recording {
    /// The scenario of that name, or the only one: what was sent on `link`, and with `orders` also what came to the EMR.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn new(events: &[Event], scenario: Option<&str>, link: Link) -> Result<Recording, RecordingError> {
        let names = scenarios(events);
        let scenario = match (scenario, names.as_slice()) {
            (None, []) => return Err(RecordingError::Empty),
            (None, [only]) => only.clone(),
            (None, [first, ..]) => return Err(RecordingError::Several(names.len(), first.clone())),
            (Some(asked), _) => match names.iter().find(|name| *name == asked) {
                Some(name) => name.clone(),
                None => {
                    let hint = yaml::did_you_mean(asked, names.iter().map(String::as_str));
                    return Err(RecordingError::Unknown(asked.to_owned(), hint));
                }
            },
        };
        let mut recording = Recording { scenario: scenario.clone(), steps: Vec::new() };
        let mut results: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut last: BTreeMap<u64, usize> = BTreeMap::new();
        for event in events.iter().filter(|event| event.scenario == scenario) {
            let step = |act| Step { at_us: event.at_us, act };
            if let What::Bytes { link: Link::Orders | Link::Results, omitted: omitted @ 1.., .. } = &event.what {
                return Err(RecordingError::Omitted(*omitted, event.seq));
            }
            if let Some(act) = act(&event.what, link) {
                recording.steps.push(step(act));
            } else if link == Link::Orders {
                recording.result(&event.what, step, &mut results, &mut last);
            }
        }
        recording.answers_behind_what_they_answer();
        let plays = |step: &Step| matches!(step.act, Act::Send(..) | Act::Deliver(_));
        if recording.steps.iter().any(plays) { Ok(recording) } else { Err(RecordingError::Empty) }
    }

    /// A simulator writes down what it has sent when it is sent, and the answer may have come by then.
    fn answers_behind_what_they_answer(&mut self) {
        let mut waits: BTreeMap<u64, Option<Step>> = BTreeMap::new();
        let mut ordered = Vec::new();
        for step in std::mem::take(&mut self.steps) {
            match &step.act {
                Act::Answer(connection, _) if !waits.get(connection).is_some_and(Option::is_none) => {
                    // nothing was sent since the connection was made or the last answer came
                    ordered.extend(waits.insert(*connection, Some(step)).flatten());
                }
                Act::Answer(connection, _) => {
                    waits.remove(connection);
                    ordered.push(step);
                }
                Act::Send(connection, _) => {
                    let early = waits.insert(*connection, None).flatten();
                    if early.is_some() {
                        waits.remove(connection);
                    }
                    ordered.push(step);
                    ordered.extend(early);
                }
                Act::HalfClose(connection) | Act::Close { connection, .. } => {
                    ordered.extend(waits.remove(connection).flatten());
                    ordered.push(step);
                }
                Act::Open(_) | Act::Deliver(_) => ordered.push(step),
            }
        }
        ordered.extend(waits.into_values().flatten());
        self.steps = ordered;
    }

    /// A message to the EMR, or the EMR's answer to the last one on the connection.
    fn result(
        &mut self,
        what: &What,
        step: impl Fn(Act) -> Step,
        known: &mut BTreeMap<Vec<u8>, usize>,
        last: &mut BTreeMap<u64, usize>,
    ) {
        match what {
            What::Frame { link: Link::Results, direction: Direction::In, connection, content } => {
                let index = *known.entry(content.clone()).or_insert_with(|| {
                    let delivered = Delivered { content: content.clone(), replies: Vec::new() };
                    self.steps.push(step(Act::Deliver(delivered)));
                    self.steps.len() - 1
                });
                if let Act::Deliver(delivered) = &mut self.steps[index].act {
                    delivered.replies.push(Vec::new());
                }
                last.insert(*connection, index);
            }
            What::Bytes { link: Link::Results, direction: Direction::Out, connection, bytes, .. } => {
                if let Some(Act::Deliver(delivered)) = last.get(connection).map(|index| &mut self.steps[*index].act)
                    && let Some(reply) = delivered.replies.last_mut()
                {
                    reply.extend_from_slice(bytes);
                }
            }
            _ => {}
        }
    }
}

/// What it means for the side that is played: the EMR on the orders wire, the proxy on the results wire.
fn act(what: &What, played: Link) -> Option<Act> {
    let sends = if played == Link::Orders { Direction::Out } else { Direction::In };
    Some(match what {
        What::Opened { link, connection, .. } if *link == played => Act::Open(*connection),
        What::Bytes { link, connection, direction, bytes, .. } if *link == played && *direction == sends => {
            Act::Send(*connection, bytes.clone())
        }
        What::Frame { link, connection, direction, content } if *link == played && *direction != sends => {
            Act::Answer(*connection, content.clone())
        }
        What::Fact { name, id, data } if name == "connection.half_closed" => {
            let direction = serde_json::from_value::<Direction>(data.get("direction")?.clone()).ok()?;
            (direction == sends).then_some(Act::HalfClose(id.parse().ok()?))?
        }
        What::Closed { link, connection, how } if *link == played => {
            Act::Close { connection: *connection, reset: how.contains("reset") }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_written_down_too_early_comes_behind_what_it_answers() {
        let acts = [
            Act::Open(1),
            Act::Answer(1, b"A".to_vec()),
            Act::Send(1, b"a".to_vec()),
            Act::Send(1, b"b".to_vec()),
            Act::Answer(1, b"B".to_vec()),
            Act::Answer(1, b"C".to_vec()),
            Act::Close { connection: 1, reset: false },
        ];
        let order = |acts: &[Act], indexes: [usize; 7]| indexes.map(|index| acts[index].clone());
        let steps = acts.iter().map(|act| Step { at_us: 0, act: act.clone() }).collect();
        let mut recording = Recording { scenario: String::new(), steps };
        recording.answers_behind_what_they_answer();
        let ordered: Vec<Act> = recording.steps.into_iter().map(|step| step.act).collect();
        assert_eq!(ordered, order(&acts, [0, 2, 1, 3, 4, 5, 6]));
    }
}
