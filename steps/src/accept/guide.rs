//! The way through the cases.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use cloud::contract::Contract;
use journal::{Event, Journal, Peer, What};

use super::answers::{Answers, Question};
use super::case::{Case, Ended, Halt, Step};
use super::judge::Judge;
use super::state::State;
use super::talk::Talk;
use crate::report::{RunReport, ScenarioReport, Verdict, failure};
use crate::suite::features::ScenarioId;
use crate::suite::requirements::Catalogue;
use crate::world::Stop;

// on a terminal only
const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// What is played for the one whose acceptance it is.
pub(crate) trait Party: Sized {
    /// The word behind `accept`.
    const NAME: &'static str;
    /// What is about to happen, for the person.
    const WELCOME: &'static str;
    const QUESTIONS: &'static [Question];
    const CASES: &'static [Case];

    /// Starts what listens.
    ///
    /// # Errors
    /// An answer that cannot be used, such as a port that is taken.
    async fn start(state: &State, answers: &Answers, judge: Judge, journal: Journal) -> anyhow::Result<Self>;

    /// Who is accepted and where, for reports.
    fn accepted(answers: &Answers) -> String;

    /// What to know before the first case: where is listened, and whether others can reach it.
    fn ready(&self) -> String;

    async fn run(&mut self, case: &Case, talk: &mut Talk) -> Step;

    /// What is wrong with what crossed the wires in a case that is over, shown and judged.
    fn found(&mut self, events: &[Event], talk: &Talk) -> Option<Stop>;

    /// Why a failure is a warning only.
    fn excuse(&self, stop: &Stop, case: &Case) -> Option<String>;

    /// What the requirements say, for people.
    fn catalogue(&self) -> &Catalogue;

    async fn end(self);
}

/// How one start goes.
pub(crate) struct Guide {
    /// Where the state is kept, if it is.
    pub(crate) state_file: Option<PathBuf>,
    /// The only cases to be tried, whether they were before or not; all that are open if there are none.
    pub(crate) only: Vec<String>,
}

impl Guide {
    /// Goes through the cases that are open.
    ///
    /// # Errors
    /// What ends it before its time: [`Halt::Stop`] is never among it.
    pub(crate) async fn run<P: Party>(&self, state: &mut State, judge: Judge, talk: &mut Talk) -> Step {
        self.ask::<P>(state, talk).await?;
        let answers = state.answers.clone().unwrap_or_default();
        let cases: Vec<&Case> = P::CASES.iter().filter(|case| (case.applies)(&answers)).collect();
        if let Some(wrong) = self.only.iter().find(|id| !cases.iter().any(|case| case.id == **id)) {
            let known: Vec<_> = cases.iter().map(|case| case.id).collect();
            let problem = anyhow!("there is no case `{wrong}`; the cases here are {}", known.join(", "));
            return Err(Halt::Unanswered(problem));
        }
        state.starts += 1;
        self.save(state)?;
        let journal = Journal::new(format!("accept {}", P::NAME));
        let mut party = P::start(state, &answers, judge, journal.clone()).await?;
        talk.say(format!("\n{}", party.ready()));
        let mut outcome = Ok(());
        for (number, case) in (1..).zip(&cases) {
            let chosen = self.only.iter().any(|id| id == case.id);
            // what could not be tried is open still
            let judged = |ended: &&Ended| !matches!(verdict(ended), Verdict::Error | Verdict::Blocked);
            let earlier = state.of(case.id).filter(judged).map(|ended| verdict(ended).word());
            if !chosen && (!self.only.is_empty() || earlier.is_some()) {
                if let Some(earlier) = earlier {
                    talk.say(format!("[{number}/{}] {}: {earlier} before", cases.len(), case.title));
                }
                continue;
            }
            talk.say(format!("\n{BOLD}[{number}/{}] {}{PLAIN}  ({})", cases.len(), case.title, case.id));
            for (row, ids) in case.requirements.chunks(7).enumerate() {
                talk.say(format!("  {} {}", if row == 0 { "proves" } else { "      " }, ids.join(" ")));
            }
            outcome = self.case(&mut party, case, state, &journal, talk).await;
            if outcome.is_err() {
                break;
            }
        }
        party.end().await;
        outcome
    }

    /// The answers, unless they are known from an earlier start.
    async fn ask<P: Party>(&self, state: &mut State, talk: &mut Talk) -> Step {
        if talk.is_attended() && state.answers.is_some() {
            talk.say("Going on with the answers of the earlier start (--restart asks again).");
            return Ok(());
        }
        if let Talk::File(_, given) = &*talk {
            let cases = P::CASES.iter().filter(|case| (case.applies)(&with_defaults(P::QUESTIONS, given)));
            let gaps = talk.gaps(P::QUESTIONS, &cases.collect::<Vec<_>>());
            if !gaps.is_empty() {
                return Err(Halt::Unanswered(anyhow!("answers are missing or wrong\n  {}", gaps.join("\n  "))));
            }
        }
        talk.say(format!("{}\n", P::WELCOME));
        let mut answers = Answers::new();
        for question in P::QUESTIONS {
            if question.applies(&answers) {
                let known = state.proposed.get(question.key).map(String::as_str);
                answers.insert(question.key.to_owned(), talk.answer(question, known).await?);
            }
        }
        state.answers = Some(answers);
        Ok(self.save(state)?)
    }

    /// One case, as often as the person wants.
    async fn case<P: Party>(
        &self,
        party: &mut P,
        case: &Case,
        state: &mut State,
        journal: &Journal,
        talk: &mut Talk,
    ) -> Step {
        let mut begun = talk.begin(case).await;
        loop {
            let first = journal.read(<[Event]>::len);
            let began = Instant::now();
            let mut tried = match std::mem::replace(&mut begun, Ok(())) {
                Ok(()) => party.run(case, talk).await,
                not_begun => not_begun,
            };
            let mut events = since(journal, first);
            let found = party.found(&events, talk).map_or(Ok(()), |stop| Err(Halt::Stop(stop)));
            tried = tried.and(found);
            let stop = match tried {
                Ok(()) => None,
                Err(Halt::Stop(stop)) => Some(stop),
                Err(halt) => return Err(halt),
            };
            let stop = stop.or_else(|| panic(&events));
            let excuse = stop.as_ref().and_then(|stop| party.excuse(stop, case));
            let word = Verdict::of(stop.as_ref(), excuse.is_some()).word().to_owned();
            journal.record(
                Peer::Harness,
                What::Verdict { verdict: word, detail: stop.as_ref().map_or_else(String::new, Stop::summary) },
            );
            events = since(journal, first);
            let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let ended = Ended { case: case.id.to_owned(), stop, excuse, milliseconds, events };
            self.say(&ended, case, party, talk);
            let verdict = verdict(&ended);
            state.keep(ended);
            self.save(state)?;
            if matches!(verdict, Verdict::Passed | Verdict::Skipped) || !talk.try_again().await? {
                return Ok(());
            }
        }
    }

    fn say<P: Party>(&self, ended: &Ended, case: &Case, party: &P, talk: &Talk) {
        match &ended.stop {
            None => talk.say(format!("  => {GREEN}passed{PLAIN}")),
            Some(Stop::Skipped(why)) => talk.say(format!("  => {YELLOW}{why}{PLAIN}")),
            Some(_) => {
                let colour = if verdict(ended) == Verdict::Warning { YELLOW } else { RED };
                talk.say(format!("  => {colour}{}{PLAIN}", verdict(ended).word()));
                // how a run tells it, less what stands above: the name, the place in a file, the requirements
                let described = failure::describe(&scenario::<P>(ended, case), party.catalogue());
                let known = |line: &&str| ["step ", "proves "].iter().any(|name| line.trim_start().starts_with(name));
                described.lines().skip(1).filter(|line| !known(line)).for_each(|line| talk.say(format!("  {line}")));
            }
        }
    }

    fn save(&self, state: &State) -> anyhow::Result<()> {
        self.state_file.as_ref().map_or(Ok(()), |file| state.save(file))
    }
}

fn with_defaults(questions: &[Question], given: &Answers) -> Answers {
    let answer = |question: &Question| {
        let text = given.get(question.key).map_or("", String::as_str);
        Some((question.key.to_owned(), question.accept(text).ok()?))
    };
    questions.iter().filter_map(answer).collect()
}

fn verdict(ended: &Ended) -> Verdict {
    Verdict::of(ended.stop.as_ref(), ended.excuse.is_some())
}

/// The events from a position on, their times counted from the first of them.
fn since(journal: &Journal, first: usize) -> Vec<Event> {
    let mut events = journal.read(|events| events[first..].to_vec());
    let began = events.first().map_or(0, |event| event.at_us);
    for (seq, event) in (0..).zip(&mut events) {
        event.seq = seq;
        event.at_us -= began;
    }
    events
}

/// A defect of the harness.
fn panic(events: &[Event]) -> Option<Stop> {
    events.iter().find_map(|event| match &event.what {
        What::Panic { task, message } => {
            Some(Stop::Error(format!("a defect of this program: {task} panicked: {message}")))
        }
        _ => None,
    })
}

fn scenario<P: Party>(ended: &Ended, case: &Case) -> ScenarioReport {
    let id = ScenarioId {
        feature: format!("accept {}", P::NAME),
        slug: case.id.to_owned(),
        row: 0,
        title: case.title.to_owned(),
    };
    let mut events = ended.events.clone();
    for event in &mut events {
        event.scenario = id.to_string();
    }
    ScenarioReport {
        id,
        requirements: case.requirements.iter().map(|&id| id.to_owned()).collect(),
        stop: ended.stop.clone(),
        excuse: ended.excuse.clone(),
        duration: Duration::from_millis(ended.milliseconds),
        ..ScenarioReport::default()
    }
    .with_events(events)
}

/// The acceptance as a run: its cases are the scenarios, and a case that was not tried is one that did not run.
pub(crate) fn report<P: Party>(state: &State, contract: &Contract) -> RunReport {
    let answers = state.answers.clone().unwrap_or_default();
    let cases: Vec<&Case> = P::CASES.iter().filter(|case| (case.applies)(&answers)).collect();
    let scenarios: Vec<ScenarioReport> =
        cases.iter().filter_map(|case| Some(scenario::<P>(state.of(case.id)?, case))).collect();
    RunReport {
        contract: format!("{} {}", contract.name, contract.version),
        placeholder_for: contract.placeholder_for.clone(),
        not_binding: contract.not_binding.clone(),
        profile: P::accepted(&answers),
        seed: state.seed,
        duration: scenarios.iter().map(|scenario| scenario.duration).sum(),
        scenarios,
        selected: cases.len(),
        ..RunReport::of_this_program()
    }
}
