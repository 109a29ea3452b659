//! What holds for any traffic between EMR, proxy and the simulated cloud, whoever recorded it.

use cloud::{Cloud, Kind};
use hl7::Message;
use journal::{Direction, Event, Link, Peer, What};

/// Something that any traffic has to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The proxy sends frames only, on the orders wire.
    OrdersFramed,
    /// The proxy sends frames only, on the results wire.
    ResultsFramed,
    /// An order goes to IRIS byte for byte.
    OrderUnchanged,
    /// An order goes to IRIS once.
    OrderOnce,
    /// Every order is answered, once.
    OrderAnswered,
    /// The answer is that of IRIS.
    AnswerUnchanged,
    /// A result comes to the EMR byte for byte.
    ResultUnchanged,
    /// A result comes to the EMR.
    ResultSent,
    /// A charge is sent once.
    ChargeOnce,
    /// A result that the EMR has accepted is not sent again.
    AcceptedOnce,
    /// As in the recording.
    AsRecorded,
}

impl Rule {
    /// The requirement that is broken.
    pub fn requirement(self) -> &'static str {
        match self {
            Rule::OrdersFramed | Rule::ResultsFramed => "MLLP-040",
            Rule::OrderUnchanged | Rule::ResultUnchanged => "TOP-010",
            Rule::OrderOnce => "CON-030",
            Rule::OrderAnswered => "ACK-020",
            Rule::AnswerUnchanged => "CON-031",
            Rule::ResultSent => "CON-043",
            Rule::ChargeOnce => "ACK-030",
            Rule::AcceptedOnce => "ACK-035",
            Rule::AsRecorded => "",
        }
    }
}

/// A rule that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which one.
    pub rule: Rule,
    /// The message by which it was not kept.
    pub message: Vec<u8>,
    /// What had to be, and what was.
    pub detail: String,
}

/// All rules that were not kept, in the order of [`Rule`].
pub(super) fn check(cloud: &Cloud, events: &[Event]) -> Vec<Finding> {
    let mut findings = framing(events);
    findings.extend(orders(cloud, events));
    findings.extend(results(cloud, events));
    findings.sort_by_key(|finding| finding.rule);
    findings
}

fn framing(events: &[Event]) -> Vec<Finding> {
    let malformed = events.iter().filter_map(|event| match &event.what {
        What::Malformed { link, problem, bytes, .. } if event.peer == Peer::Emr => Some((*link, problem, bytes)),
        _ => None,
    });
    let finding = |(link, problem, bytes): (Link, &String, &Vec<u8>)| {
        let rule = if link == Link::Orders { Rule::OrdersFramed } else { Rule::ResultsFramed };
        let detail =
            format!("the proxy sent bytes that are no frame, {problem}: `{}`", hl7::show::excerpt(bytes, 0, 60));
        Finding { rule, message: last_before(events, link), detail }
    };
    malformed.map(finding).take(1).collect()
}

fn last_before(events: &[Event], on: Link) -> Vec<u8> {
    frames(events, on, if on == Link::Orders { Direction::Out } else { Direction::In })
        .last()
        .map(|(_, content)| content.to_vec())
        .unwrap_or_default()
}

fn frames(events: &[Event], on: Link, way: Direction) -> impl Iterator<Item = (u64, &[u8])> {
    events.iter().filter_map(move |event| match &event.what {
        What::Frame { link, connection, direction, content } if *link == on && *direction == way => {
            Some((*connection, content.as_slice()))
        }
        _ => None,
    })
}

fn orders(cloud: &Cloud, events: &[Event]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find =
        |rule, message: &[u8], detail: String| findings.push(Finding { rule, message: message.to_vec(), detail });
    let mut submitted = cloud.submissions();
    let sent: Vec<_> = frames(events, Link::Orders, Direction::Out).collect();
    let answers: Vec<_> = frames(events, Link::Orders, Direction::In).collect();
    let mut unused = answers.clone();
    let mut lost = Vec::new();
    for (connection, content) in &sent {
        let answer = take_answer(&mut unused, *connection, content, &sent);
        let at_iris = submitted.iter().position(|submission| submission.content == *content);
        let ack = at_iris.map(|at| submitted.remove(at).ack);
        match (answer, ack) {
            (None, _) if Message::parse(*content).is_ok() => {
                find(Rule::OrderAnswered, content, "no answer came".to_owned())
            }
            (Some(answer), Some(ack)) if answer != ack => {
                find(Rule::AnswerUnchanged, content, hl7::diff(&ack, answer).to_string());
            }
            (Some(answer), None) if accepts(answer) => lost.push(*content),
            _ => {}
        }
    }
    for submission in submitted {
        let known = sent.iter().any(|(_, content)| *content == submission.content);
        if known {
            find(Rule::OrderOnce, &submission.content, "the same order came to IRIS once more".to_owned());
            continue;
        }
        let id = super::answering::control_id(&submission.content);
        let same_id = sent.iter().find(|(_, content)| super::answering::control_id(content) == id);
        let original = same_id.or(sent.last()).map_or(&[][..], |(_, content)| *content);
        find(Rule::OrderUnchanged, original, hl7::diff(original, &submission.content).to_string());
        if let Some(at) = lost.iter().position(|content| *content == original) {
            lost.remove(at); // it came, with other bytes
        }
    }
    for content in lost {
        find(Rule::OrderUnchanged, content, "the order was accepted, and IRIS has not got these bytes".to_owned());
    }
    let connections: std::collections::BTreeSet<u64> = sent.iter().map(|(connection, _)| *connection).collect();
    for connection in connections {
        let of = |all: &[(u64, &[u8])]| all.iter().filter(|(other, _)| *other == connection).count();
        if of(&answers) > of(&sent) {
            let last = sent.iter().rfind(|(other, _)| *other == connection).map_or(&[][..], |(_, content)| content);
            find(Rule::OrderAnswered, last, format!("{} answers to {} messages", of(&answers), of(&sent)));
        }
    }
    findings
}

/// The first answer on the connection that names the message, or else the first that names none of all messages.
fn take_answer<'a>(
    unused: &mut Vec<(u64, &'a [u8])>,
    connection: u64,
    message: &[u8],
    sent: &[(u64, &[u8])],
) -> Option<&'a [u8]> {
    let names = |answer: &[u8]| Message::parse(answer).ok().and_then(|answer| answer.raw("MSA-2").map(<[u8]>::to_vec));
    let id = super::answering::control_id(message);
    let here = |answer: &&(u64, &[u8])| answer.0 == connection;
    let of_others = |named: &[u8]| sent.iter().any(|(_, other)| super::answering::control_id(other) == named);
    let named = unused.iter().position(|answer| here(&answer) && names(answer.1).as_deref() == Some(&id));
    let stray = || {
        let strange = |answer: &[u8]| names(answer).is_none_or(|named| !of_others(&named));
        unused.iter().position(|answer| here(&answer) && strange(answer.1))
    };
    named.or_else(stray).map(|at| unused.remove(at).1)
}

fn accepts(answer: &[u8]) -> bool {
    hl7::ack::read(answer).is_ok_and(|ack| ack.code.is_positive())
}

fn results(cloud: &Cloud, events: &[Event]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find =
        |rule, message: &[u8], detail: String| findings.push(Finding { rule, message: message.to_vec(), detail });
    let seen: Vec<_> = frames(events, Link::Results, Direction::In).map(|(_, content)| content).collect();
    let deliveries = cloud.deliveries();
    let mut altered = seen.iter().filter(|content| !deliveries.iter().any(|delivery| delivery.content == **content));
    for delivery in deliveries.iter().filter(|delivery| delivery.kind != Kind::File) {
        let content = &delivery.content;
        let same = deliveries.iter().filter(|other| other.content == *content).count();
        let times = seen.iter().filter(|other| **other == content).count();
        let accepted = accepted_before(events, content);
        if times == 0 {
            match altered.next() {
                Some(other) => find(Rule::ResultUnchanged, content, hl7::diff(content, other).to_string()),
                None => find(Rule::ResultSent, content, "it never came to the EMR".to_owned()),
            }
        } else if times > same && delivery.kind == Kind::Dft {
            find(Rule::ChargeOnce, content, format!("the charge came {times} times"));
        } else if let Some(accepted) = accepted
            && times > same.max(accepted)
        {
            find(
                Rule::AcceptedOnce,
                content,
                format!("it came {times} times, and was accepted at the {accepted}. time"),
            );
        }
    }
    findings
}

/// At which time the EMR accepted this message.
fn accepted_before(events: &[Event], content: &[u8]) -> Option<usize> {
    let mut times = 0;
    let mut asks = None;
    for event in events {
        match &event.what {
            What::Frame { link: Link::Results, connection, direction: Direction::In, content: other } => {
                asks = (other == content).then_some(*connection);
                times += usize::from(asks.is_some());
            }
            What::Frame { link: Link::Results, connection, direction: Direction::Out, content: answer }
                if asks == Some(*connection) && accepts(answer) =>
            {
                return Some(times);
            }
            _ => {}
        }
    }
    None
}
