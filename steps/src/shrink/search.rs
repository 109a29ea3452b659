//! Trying smaller cases against a proxy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use hl7::Message;

use super::minimize::minimize;
use super::{Case, Item};
use crate::replay::{Finding, Recording, Rule, Stage, against};
use crate::world::{Run, Stop};

/// Candidates tried at the same time; the first one in their order counts, so that the result is the same whoever is faster.
const AT_ONCE: usize = 4;

/// How long to try.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attempts at most.
    pub attempts: usize,
    /// Time at most.
    pub time: Duration,
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attempts {
    /// Number of them.
    pub count: usize,
    /// Whether a limit ended the search.
    pub ended_early: bool,
}

/// The smallest case.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its messages.
    pub case: Case,
    /// What it breaks.
    pub finding: Finding,
    /// What it took.
    pub attempts: Attempts,
}

/// Why nothing was shrunk.
#[derive(Debug, thiserror::Error)]
pub enum NotShrunk {
    /// All rules were kept.
    #[error(
        "the recording breaks no rule against this proxy, so there is nothing to shrink; `replay` shows differences"
    )]
    NoFailure,
    /// The failure needs more than messages.
    #[error(
        "the recording breaks {0}, but its messages alone, each sent whole, do not: it needs the portions, pauses or connections \
         of the recording, and cannot be shrunk"
    )]
    NotByMessages(&'static str),
    /// A good proxy fails too.
    #[error("the reference proxy breaks {0} as well with these messages, so no scenario can tell the two apart")]
    ReferenceToo(&'static str),
    /// The harness broke.
    #[error("{0}")]
    Broken(String),
}

struct Search<'a> {
    run: &'a Arc<Run>,
    /// The reference proxy, which must keep the rule; none where it is itself under test.
    reference: Option<&'a Arc<Run>>,
    rule: Rule,
    scenario: &'a str,
    limits: Limits,
    began: Instant,
    attempts: Attempts,
    at_once: usize,
}

/// The end of the search.
enum Halt {
    Limit,
    Broken(String),
}

/// Shrinks the first failure of a recording: messages, then their segments, fields and characters.
///
/// # Errors
/// [`NotShrunk`].
pub async fn shrink(
    recording: &Recording,
    run: &Arc<Run>,
    reference: Option<&Arc<Run>>,
    at_once: bool,
    limits: Limits,
) -> Result<Found, NotShrunk> {
    let whole = findings(run, recording).await.map_err(|stop| NotShrunk::Broken(stop.summary()))?;
    let rule = whole.iter().map(|finding| finding.rule).find(|rule| *rule != Rule::AsRecorded);
    let rule = rule.ok_or(NotShrunk::NoFailure)?;
    let began = Instant::now();
    let at_once = if at_once { AT_ONCE } else { 1 };
    let (scenario, attempts) = (recording.scenario.as_str(), Attempts { count: 1, ended_early: false });
    let mut search = Search { run, reference, rule, scenario, limits, began, attempts, at_once };
    let mut case = Case::of(recording);
    let all = vec![case.clone()];
    let culprit = whole.iter().find(|finding| finding.rule == rule).map(|finding| &finding.message);
    // the message that the finding names is often enough
    let alone = case.0.iter().filter(|item| Some(item.content()) == culprit.map(Vec::as_slice)).cloned();
    let alone: Vec<Case> = alone.take(1).map(|item| Case(vec![item])).collect();
    let ended = async {
        if search.first(&alone).await?.is_some() {
            case = alone[0].clone();
        } else if search.first(&all).await?.is_some() {
            minimize(&mut case.0, 1, async |candidates| search.first_items(candidates).await).await?;
        } else {
            return Ok(false);
        }
        for index in 0..case.0.len() {
            search.message(&mut case, index).await?;
        }
        Ok(true)
    };
    match ended.await {
        Ok(true) => {}
        Ok(false) => return Err(search.why_not(&case).await),
        Err(Halt::Limit) => search.attempts.ended_early = true,
        Err(Halt::Broken(why)) => return Err(NotShrunk::Broken(why)),
    }
    let last = findings(run, &case.recording(scenario)).await.map_err(|stop| NotShrunk::Broken(stop.summary()))?;
    let finding = last.into_iter().find(|finding| finding.rule == rule);
    let finding = finding.ok_or(NotShrunk::NotByMessages(rule.requirement()))?;
    Ok(Found { case, finding, attempts: search.attempts })
}

async fn findings(run: &Arc<Run>, recording: &Recording) -> Result<Vec<Finding>, Stop> {
    let stage = Stage::start(run.clone(), &recording.scenario, None).await?;
    let played = against(Ok(&stage), recording, 0.0).await;
    stage.end().await;
    played.map(|played| played.findings)
}

impl Search<'_> {
    async fn breaks(&self, run: &Arc<Run>, case: &Case) -> Result<bool, Halt> {
        let findings = findings(run, &case.recording(self.scenario)).await;
        let findings = findings.map_err(|stop| Halt::Broken(stop.summary()))?;
        Ok(findings.iter().any(|finding| finding.rule == self.rule))
    }

    /// Fails with the proxy and not with the reference.
    async fn tells_apart(&self, case: &Case) -> Result<bool, Halt> {
        if !self.breaks(self.run, case).await? {
            return Ok(false);
        }
        match self.reference {
            Some(reference) => Ok(!self.breaks(reference, case).await?),
            None => Ok(true),
        }
    }

    /// The first of the cases that fails.
    async fn first(&mut self, cases: &[Case]) -> Result<Option<usize>, Halt> {
        for (some, from) in cases.chunks(self.at_once).zip((0..).step_by(self.at_once)) {
            if self.attempts.count + some.len() > self.limits.attempts || self.began.elapsed() > self.limits.time {
                return Err(Halt::Limit);
            }
            self.attempts.count += some.len();
            let tried = join_all(some.iter().map(|case| self.tells_apart(case))).await;
            for (fails, index) in tried.into_iter().zip(from..) {
                if fails? {
                    return Ok(Some(index));
                }
            }
        }
        Ok(None)
    }

    async fn first_items(&mut self, candidates: Vec<Vec<Item>>) -> Result<Option<usize>, Halt> {
        let cases: Vec<Case> = candidates.into_iter().map(Case).collect();
        self.first(&cases).await
    }

    /// Shrinks one message of the case.
    async fn message(&mut self, case: &mut Case, index: usize) -> Result<(), Halt> {
        let content = case.0[index].content().to_vec();
        let Ok(message) = Message::parse(content) else { return Ok(()) };
        let d = message.delimiters();
        let end: &[u8] = if message.bytes().contains(&b'\r') { b"\r" } else { b"\n" };
        let lines: Vec<Vec<u8>> = message.segments().map(|segment| segment.bytes().to_vec()).collect();
        let [header, rest @ ..] = &lines[..] else { return Ok(()) };
        let header = header.clone();
        let join = |lines: &[Vec<u8>]| -> Vec<u8> {
            [std::slice::from_ref(&header), lines]
                .concat()
                .into_iter()
                .flat_map(|line| [&line[..], end].concat())
                .collect()
        };
        if join(rest) != message.bytes() {
            return Ok(()); // mixed ends of segments may be the cause
        }
        let mut rest = rest.to_vec();
        let outcome =
            minimize(&mut rest, 0, async |tried| self.first_with(case, index, &tried, |t| join(t)).await).await;
        case.0[index] = case.0[index].with(join(&rest));
        outcome?;
        for line in 0..rest.len() {
            let fields: Vec<Vec<u8>> = rest[line].split(|byte| *byte == d.field).map(<[u8]>::to_vec).collect();
            let filled = (1..fields.len()).filter(|at| !fields[*at].is_empty()).map(|at| (at, fields[at].clone()));
            let mut filled: Vec<(usize, Vec<u8>)> = filled.collect();
            let written = |filled: &[(usize, Vec<u8>)]| {
                let last = filled.last().map_or(0, |(at, _)| *at);
                let mut line = fields[0].clone();
                for at in 1..=last {
                    line.push(d.field);
                    line.extend_from_slice(filled.iter().find(|(n, _)| *n == at).map_or(&[][..], |(_, value)| value));
                }
                line
            };
            let with = |filled: &[(usize, Vec<u8>)]| {
                let mut lines = rest.clone();
                lines[line] = written(filled);
                join(&lines)
            };
            let outcome =
                minimize(&mut filled, 0, async |tried| self.first_with(case, index, &tried, |t| with(t)).await);
            let mut outcome = outcome.await;
            for at in 0..filled.len() {
                if outcome.is_err() {
                    break;
                }
                let mut value = filled[at].1.clone();
                let whole = filled.clone();
                let with = |value: &[u8]| {
                    let mut filled = whole.clone();
                    filled[at].1 = value.to_vec();
                    with(&filled)
                };
                outcome =
                    minimize(&mut value, 1, async |tried| self.first_with(case, index, &tried, |t| with(t)).await)
                        .await;
                filled[at].1 = value;
            }
            rest[line] = written(&filled);
            if join(&rest) != case.0[index].content() {
                // only what was tried stands in the case
                let tried = case.0[index].with(join(&rest));
                let mut with = case.clone();
                with.0[index] = tried;
                if outcome.is_ok() && self.first(std::slice::from_ref(&with)).await?.is_some() {
                    *case = with;
                }
            }
            outcome?;
        }
        Ok(())
    }

    async fn first_with<T>(
        &mut self,
        case: &Case,
        index: usize,
        tried: &[Vec<T>],
        content: impl Fn(&[T]) -> Vec<u8>,
    ) -> Result<Option<usize>, Halt> {
        let with = |parts: &Vec<T>| {
            let mut case = case.clone();
            case.0[index] = case.0[index].with(content(parts));
            case
        };
        let cases: Vec<Case> = tried.iter().map(with).collect();
        self.first(&cases).await
    }

    async fn why_not(&self, case: &Case) -> NotShrunk {
        match (self.reference, self.breaks(self.run, case).await) {
            (Some(_), Ok(true)) => NotShrunk::ReferenceToo(self.rule.requirement()),
            (_, Err(Halt::Broken(why))) => NotShrunk::Broken(why),
            _ => NotShrunk::NotByMessages(self.rule.requirement()),
        }
    }
}
