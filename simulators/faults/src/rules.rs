//! The rules that are in force in a scenario.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::{Journal, Peer, Seed, What};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;

use crate::{Class, Fault, Place, Plan, Rule, Subject, Towards};

/// The rules of a scenario. Clones share them.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    journal: Journal,
    seed: Seed,
    rules: Mutex<Vec<Active>>,
    /// How often all faults were lifted.
    lifted: watch::Sender<u64>,
}

#[derive(Debug)]
struct Active {
    rule: Rule,
    /// Its number in the scenario, from 1.
    number: usize,
    /// How often its conditions held.
    met: u64,
    /// How often it acted.
    acted: u64,
    /// Whether it acts.
    chance: ChaCha8Rng,
}

/// A fault that acts now, and the choices that it makes.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) fault: Fault,
    pub(crate) rng: ChaCha8Rng,
}

impl Active {
    /// Counts a meeting and says whether the rule would act. Chance is drawn at each meeting, so that a rule's choices depend on
    /// its own meetings alone.
    fn meets(&mut self, subject: &Subject<'_>) -> bool {
        let when = &self.rule.when;
        if !subject.fits(when) {
            return false;
        }
        self.met += 1;
        let lucky = when.probability.is_none_or(|p| self.chance.random_bool(p));
        let counted =
            when.nth.is_none_or(|nth| nth == self.met) && when.every.is_none_or(|n| self.met.is_multiple_of(n));
        lucky && counted && self.rule.times.is_none_or(|times| self.acted < times)
    }
}

impl Default for Faults {
    /// No rules, and nobody who looks at what they do.
    fn default() -> Faults {
        Faults::new(Journal::bounded("faults", 1), Seed::new(0))
    }
}

impl Faults {
    /// No rules yet. What they do is written to the journal; random choices follow from the seed.
    pub fn new(journal: Journal, seed: Seed) -> Faults {
        let (rules, lifted) = (Mutex::default(), watch::Sender::default());
        Faults(Arc::new(Inner { journal, seed, rules, lifted }))
    }

    /// Puts a rule into force, behind those that are.
    pub fn add(&self, rule: Rule) {
        let mut rules = self.rules();
        let number = rules.last().map_or(1, |last| last.number + 1);
        let chance = self.0.seed.derive(&format!("fault {number}")).rng();
        rules.push(Active { rule, number, met: 0, acted: 0, chance });
    }

    /// Puts all rules of a plan into force.
    pub fn apply(&self, plan: &Plan) {
        plan.rules.iter().cloned().for_each(|rule| self.add(rule));
    }

    /// Takes all rules away and ends what stalls.
    pub fn lift(&self) {
        self.rules().clear();
        self.0.lifted.send_modify(|times| *times += 1);
    }

    /// Something happens at all of these places, which are names for one: the fault, if any, that it meets. Of several rules
    /// the first acts, but all count.
    pub fn meet(&self, at: &[Place], class: Class, subject: &Subject<'_>) -> Option<Fault> {
        self.meet_if(at, class, subject, |_| true)
    }

    /// As [`Faults::meet`], without the faults that are not `possible` now, which do not count.
    pub fn meet_if(
        &self,
        at: &[Place],
        class: Class,
        subject: &Subject<'_>,
        possible: impl Fn(&Fault) -> bool,
    ) -> Option<Fault> {
        self.hit(at, class, subject, |rule| possible(&rule.fault)).map(|hit| hit.fault)
    }

    /// As [`Faults::meet`], of bytes.
    pub(crate) fn meet_bytes(&self, at: &[Place], towards: Towards, subject: &Subject<'_>) -> Option<Hit> {
        self.hit(at, Class::Bytes, subject, |rule| rule.towards == towards)
    }

    fn hit(&self, at: &[Place], class: Class, subject: &Subject<'_>, fits: impl Fn(&Rule) -> bool) -> Option<Hit> {
        let mut rules = self.rules();
        let mut first = None;
        for active in rules.iter_mut() {
            let rule = &active.rule;
            let concerned = rule.fault.class() == class && rule.on.is_among(at) && fits(rule);
            if concerned && active.meets(subject) && first.is_none() {
                active.acted += 1;
                first = Some(active);
            }
        }
        let active = first?;
        let Rule { on, towards, fault, .. } = &active.rule;
        let way = if class == Class::Bytes { format!(" {towards}") } else { String::new() };
        let detail = format!("rule {} on {on}: {}{way}", active.number, subject.label());
        self.0.journal.record(Peer::Harness, What::Fault { name: fault.name().to_owned(), detail });
        let choices = self.0.seed.derive(&format!("fault {} time {}", active.number, active.acted));
        Some(Hit { fault: fault.clone(), rng: choices.rng() })
    }

    /// Whether any rule is about bytes that go this way here.
    pub(crate) fn concern(&self, at: &[Place], towards: Towards) -> bool {
        let concerns = |active: &Active| {
            let Rule { on, towards: way, fault, .. } = &active.rule;
            fault.class() == Class::Bytes && *way == towards && on.is_among(at)
        };
        self.rules().iter().any(concerns)
    }

    /// Changes when all faults are lifted.
    pub(crate) fn lifted(&self) -> watch::Receiver<u64> {
        self.0.lifted.subscribe()
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Active>> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
