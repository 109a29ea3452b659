//! Messages by the field tables, and how much a deviation weighs.

use hl7::Message;
use journal::{Direction, Event, Link, What};
use results::Profile;
use results::check::{Agreements, Problem};
use results::order_profile::OrderProfile;

use crate::cli::check::carets;
use crate::suite::binding::Binding;
use crate::suite::requirements::Catalogue;
use crate::world::Stop;

/// What messages are judged by.
pub(crate) struct Judge {
    pub(crate) catalogue: Catalogue,
    pub(crate) binding: Binding,
    /// How results are wanted; none where the customer has not said it.
    pub(crate) results: Option<Profile>,
    pub(crate) orders: OrderProfile,
}

/// A message that crossed a wire.
pub(crate) struct Crossed {
    pub(crate) content: Vec<u8>,
    /// `ORU^R01 170410145907 (713 bytes)`
    pub(crate) name: String,
    /// MSH-9.1.
    pub(crate) kind: String,
    /// The order to which it belongs; empty if it names none.
    pub(crate) placer: String,
}

impl Crossed {
    pub(crate) fn of(content: &[u8]) -> Crossed {
        let size = format!("({} bytes)", content.len());
        let Ok(message) = Message::parse(content) else {
            let (kind, placer, name) = (String::new(), String::new(), format!("no HL7 {size}"));
            return Crossed { content: content.to_vec(), name, kind, placer };
        };
        let text = |path: &str| message.text(path).unwrap_or_default().trim_end().to_owned();
        let (kind, trigger) = message.message_type();
        let places = match kind.as_str() {
            "DFT" => ["FT1-23.1", "ORC-2.1"],
            "MDM" => ["TXA-14.1", "ORC-2.1"],
            _ => ["ORC-2.1", "OBR-2.1"],
        };
        let placer = places.map(text).into_iter().find(|placer| !placer.is_empty()).unwrap_or_default();
        let name = format!("{kind}^{trigger} {} {size}", text("MSH-10"));
        Crossed { content: content.to_vec(), name, kind, placer }
    }
}

/// The messages on a link in one direction, seen from the EMR.
pub(crate) fn crossed(events: &[Event], on: Link, way: Direction) -> Vec<Crossed> {
    let content = |event: &Event| match &event.what {
        What::Frame { link, direction, content, .. } if *link == on && *direction == way => Some(Crossed::of(content)),
        _ => None,
    };
    events.iter().filter_map(content).collect()
}

impl Judge {
    pub(crate) fn problems(&self, content: &[u8]) -> Vec<Problem> {
        let agreed = Agreements { results: self.results.as_ref(), orders: Some(&self.orders) };
        results::check::check(content, &agreed).unwrap_or_else(|error| {
            vec![Problem {
                requirement: "ACK-027".to_owned(),
                path: "MSH".to_owned(),
                range: 0..content.len().min(1),
                expected: "an HL7 message, which begins with MSH".to_owned(),
                seen: error.to_string(),
                option: None,
            }]
        })
    }

    /// The problems with marks under their places.
    pub(crate) fn shown(&self, name: &str, content: &[u8], problems: &[Problem]) -> String {
        carets(name, content, problems, &self.catalogue)
    }

    /// What the problems mean for a case: the first one that binds, or else the first one.
    pub(crate) fn stop(&self, name: &str, problems: &[Problem]) -> Option<Stop> {
        let stop = |problem: &Problem| Stop::Failed {
            requirement: problem.requirement.clone(),
            expected: format!("{}: {}", problem.path, problem.expected),
            seen: format!("{} in {name}{}", problem.seen, more(problems.len())),
        };
        let binds = problems.iter().find(|problem| self.binding.excuse(&stop(problem), &[]).is_none());
        binds.or(problems.first()).map(stop)
    }
}

fn more(problems: usize) -> String {
    match problems {
        0 | 1 => String::new(),
        2 => ", and 1 problem more".to_owned(),
        n => format!(", and {} problems more", n - 1),
    }
}
