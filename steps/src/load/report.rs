//! What came of a load: as JSON, in words, and joined from several machines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use hdrhistogram::Histogram;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ledger::histogram;
use super::mix::Flow;
use super::resources::{Sample, growth};

/// Name and version of the layout.
pub const SCHEMA: &str = "iris-conformance/load/1";

/// A saved load.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadReport {
    /// Name and version of the layout: `iris-conformance/load/1`.
    pub schema: String,
    /// The program that made it, with its version.
    pub program: String,
    /// What was under load.
    pub target: String,
    /// Contract name.
    pub contract: String,
    /// The seed.
    pub seed: u64,
    /// Which parts of a shared load are in it.
    pub shards: Vec<Shard>,
    /// When it began.
    pub began: Timestamp,
    /// Whether something was made to go wrong: then messages may be refused, or go without an answer.
    pub disturbed: bool,
    /// Messages a second of all shards and flows together; null for as many as were answered.
    pub rate: Option<f64>,
    /// Connections with orders, of each shard.
    pub connections: usize,
    /// How long messages were due, in seconds.
    pub duration_s: f64,
    /// How long it took until the last message was settled, in seconds.
    pub lasted_s: f64,
    /// What was in use meanwhile; nothing for several machines.
    pub samples: Vec<Sample>,
    /// What came of each flow.
    pub flows: BTreeMap<Flow, FlowReport>,
}

/// One of the parts of a load that several machines make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, from 1.
    pub part: u16,
    /// Of how many.
    pub of: u16,
}

impl Default for Shard {
    fn default() -> Shard {
        Shard { part: 1, of: 1 }
    }
}

impl Shard {
    /// Begins the ids of its messages.
    pub(super) fn prefix(self) -> String {
        format!("L{:03}", self.part)
    }

    /// Its share of the rate.
    pub(super) fn share(self) -> f64 {
        1.0 / f64::from(self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((part, of)) if (1..=of).contains(&part) && of <= 999 => Ok(Shard { part, of }),
            _ => Err("write it as 2/8: a part from 1, of at most 999".to_owned()),
        }
    }
}

/// What came of the messages of one flow.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowReport {
    /// Messages that were due.
    pub due: u64,
    /// Accepted, and once at least on the other side.
    pub settled: u64,
    /// Accepted, and never on the other side.
    pub lost: u64,
    /// Times that a message came to the other side once more.
    pub repeated: u64,
    /// Answered with something else than AA.
    pub refused: u64,
    /// Not answered, or not to be sent.
    pub failed: u64,
    /// Why messages were refused or failed, the first 20 reasons, with their numbers.
    pub reasons: BTreeMap<String, u64>,
    /// Latencies of the settled messages: microseconds (upper ends of the histogram's steps) and how many took so long.
    pub latency: Latency,
    /// What was settled in each second since the start.
    pub seconds: Vec<Second>,
}

/// A histogram as it is saved: value and count, ascending. Joining two loses nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency(pub Vec<(u64, u64)>);

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Latency {
        let steps = histogram.iter_recorded().map(|step| (step.value_iterated_to(), step.count_since_last_iteration()));
        Latency(steps.collect())
    }
}

impl Latency {
    /// The histogram that was saved.
    pub fn histogram(&self) -> Histogram<u64> {
        let mut all = histogram();
        self.0.iter().for_each(|(value, count)| all.saturating_record_n(*value, *count));
        all
    }
}

/// What was settled in one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Second {
    /// Which second, from 0.
    pub at: u64,
    /// Messages settled.
    pub settled: u64,
    /// Half of them took so long at most, in microseconds.
    pub p50_us: u64,
    /// 99 of 100 took so long at most, in microseconds.
    pub p99_us: u64,
    /// The longest, in microseconds.
    pub max_us: u64,
}

impl FlowReport {
    fn add(&mut self, other: FlowReport) {
        self.due += other.due;
        self.settled += other.settled;
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.refused += other.refused;
        self.failed += other.failed;
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        let mut latency = self.latency.histogram();
        other.latency.0.iter().for_each(|(value, count)| latency.saturating_record_n(*value, *count));
        self.latency = (&latency).into();
        let mut seconds: BTreeMap<u64, Second> = self.seconds.iter().map(|second| (second.at, *second)).collect();
        for second in other.seconds {
            let sum = seconds.entry(second.at).or_insert(Second { settled: 0, ..second });
            sum.settled += second.settled;
            // percentiles of parts have no sum; the worst part is shown
            sum.p50_us = sum.p50_us.max(second.p50_us);
            sum.p99_us = sum.p99_us.max(second.p99_us);
            sum.max_us = sum.max_us.max(second.max_us);
        }
        self.seconds = seconds.into_values().collect();
    }

    /// What must not be: each message is settled, and orders and charges come once (ACK-022, ACK-030).
    fn broken(&self, flow: Flow, disturbed: bool) -> Vec<String> {
        let once = matches!(flow, Flow::Orm | Flow::Dft);
        let what = [
            ("lost: accepted, and not on the other side", self.lost),
            ("on the other side more than once", if once { self.repeated } else { 0 }),
            ("refused", if disturbed { 0 } else { self.refused }),
            ("without an answer", if disturbed { 0 } else { self.failed }),
        ];
        let what = what.into_iter().filter(|(_, count)| *count > 0);
        what.map(|(what, count)| format!("{}: {count} {what}", flow.name())).collect()
    }
}

/// A limit that a load must keep: `p99=50`, `orm.p99.9=200`, `max=1000` in milliseconds, `rate=100` in settled messages a second,
/// `growth=16` in MiB and `open=10` in descriptors and tasks, of harness and proxy each.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    flow: Option<Flow>,
    measure: Measure,
    bound: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Measure {
    Percentile(f64),
    Max,
    Rate,
    Growth,
    Open,
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Limit, String> {
        let wrong = || {
            "write it as p99=50, max=1000 (milliseconds) or rate=100 (a second), for one kind as orm.p99=50".to_owned()
        };
        let (name, bound) = text.split_once('=').ok_or_else(wrong)?;
        let flow = Flow::ALL.into_iter().find(|flow| name.starts_with(&format!("{}.", flow.name())));
        let measure = match flow.map_or(name, |flow| &name[flow.name().len() + 1..]) {
            "max" => Measure::Max,
            "rate" => Measure::Rate,
            "growth" if flow.is_none() => Measure::Growth,
            "open" if flow.is_none() => Measure::Open,
            other => {
                let percent = other.strip_prefix('p').and_then(|percent| percent.parse().ok());
                Measure::Percentile(percent.filter(|percent| (0.0..=100.0).contains(percent)).ok_or_else(wrong)?)
            }
        };
        let bound = bound.parse().ok().filter(|bound: &f64| bound.is_finite() && *bound >= 0.0).ok_or_else(wrong)?;
        Ok(Limit { flow, measure, bound })
    }
}

impl LoadReport {
    /// Whether a file says of itself that it is a saved load.
    pub fn is_one(path: &Path) -> bool {
        let mut head = [0; 64];
        let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut head)).unwrap_or_default();
        String::from_utf8_lossy(&head[..read]).contains("iris-conformance/load/")
    }

    /// Reads a saved load.
    ///
    /// # Errors
    /// A file that cannot be read or is none; it is named.
    pub fn read(path: &Path) -> anyhow::Result<LoadReport> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let saved: LoadReport =
            serde_json::from_slice(&bytes).with_context(|| format!("{} is no saved load", path.display()))?;
        ensure!(
            saved.schema == SCHEMA,
            "{} has the layout {}, this program reads {SCHEMA}",
            path.display(),
            saved.schema
        );
        Ok(saved)
    }

    /// Joins the parts of a load that several machines made at a time.
    ///
    /// # Errors
    /// Parts that do not belong together, or come twice.
    pub fn merge(parts: Vec<LoadReport>) -> anyhow::Result<LoadReport> {
        let mut parts = parts.into_iter();
        let Some(mut sum) = parts.next() else { bail!("there is nothing to join") };
        for part in parts {
            let plan = |load: &LoadReport| {
                (load.target.clone(), load.contract.clone(), load.seed, load.rate.map(f64::to_bits))
            };
            ensure!(
                plan(&part) == plan(&sum)
                    && part.shards.iter().all(|shard| sum.shards.iter().all(|other| other.of == shard.of)),
                "these loads do not belong together: target, contract, seed, rate and number of shards must be the same"
            );
            if let Some(twice) = part.shards.iter().find(|shard| sum.shards.contains(shard)) {
                bail!("shard {}/{} comes twice", twice.part, twice.of);
            }
            sum.shards.extend(&part.shards);
            sum.disturbed |= part.disturbed;
            sum.began = sum.began.min(part.began);
            sum.lasted_s = sum.lasted_s.max(part.lasted_s);
            sum.samples.clear(); // of different machines
            for (flow, report) in part.flows {
                sum.flows.entry(flow).or_default().add(report);
            }
        }
        sum.shards.sort_unstable();
        Ok(sum)
    }

    /// What was broken, of what always must hold and of the limits.
    pub fn broken(&self, limits: &[Limit]) -> Vec<String> {
        let mut broken: Vec<String> =
            self.flows.iter().flat_map(|(flow, report)| report.broken(*flow, self.disturbed)).collect();
        if let Some(shard) = self.shards.first() {
            let missing = (1..=shard.of).filter(|part| !self.shards.iter().any(|shard| shard.part == *part));
            if self.shards.len() > 1 {
                broken.extend(missing.map(|part| format!("shard {part}/{} is missing", shard.of)));
            }
        }
        for limit in limits {
            if matches!(limit.measure, Measure::Growth | Measure::Open) {
                broken.extend(self.grown(limit));
                continue;
            }
            for (flow, report) in self.flows.iter().filter(|(flow, _)| limit.flow.is_none_or(|of| of == **flow)) {
                let latency = report.latency.histogram();
                let (name, seen) = match limit.measure {
                    Measure::Percentile(percent) => {
                        (format!("p{percent}"), latency.value_at_percentile(percent) as f64 / 1e3)
                    }
                    Measure::Max | Measure::Growth | Measure::Open => ("max".to_owned(), latency.max() as f64 / 1e3),
                    Measure::Rate => ("rate".to_owned(), report.settled as f64 / self.lasted_s.max(1e-9)),
                };
                if limit.measure == Measure::Rate && seen < limit.bound {
                    broken.push(format!("{}: {seen:.1} settled a second are less than {}", flow.name(), limit.bound));
                } else if limit.measure != Measure::Rate && seen > limit.bound {
                    broken.push(format!("{}: {name} is {seen:.3} ms, more than {} ms", flow.name(), limit.bound));
                }
            }
        }
        broken
    }

    /// What has grown beyond a limit since the first quarter of the load.
    fn grown(&self, limit: &Limit) -> Vec<String> {
        type Of = fn(&Sample) -> f64;
        let all: &[(&str, Of)] = match limit.measure {
            Measure::Growth => &[("MiB of the harness", |s| s.harness_mib), ("MiB of the proxy", |s| s.proxy_mib)],
            _ => &[
                ("descriptors of the harness", |s| s.harness_open as f64),
                ("descriptors of the proxy", |s| s.proxy_open as f64),
                ("tasks of the harness", |s| s.tasks as f64),
            ],
        };
        let more = all.iter().map(|(what, of)| (what, growth(&self.samples, of)));
        let more = more.filter(|(_, more)| *more > limit.bound);
        more.map(|(what, more)| format!("{more:.1} more {what}, and {} are allowed", limit.bound)).collect()
    }

    /// The load in words.
    pub fn text(&self) -> String {
        let rate =
            self.rate.map_or_else(|| "as fast as it answers".to_owned(), |rate| format!("{rate} messages a second"));
        let mut text = format!(
            "Load on {}: {rate} for {} s, {} connections for orders, seed {}\n\n",
            self.target, self.duration_s, self.connections, self.seed
        );
        let _ = writeln!(
            text,
            "{:<5}{:>9}{:>9}{:>7}{:>10}{:>9}{:>8}{:>10}{:>11}{:>9}{:>9}{:>9}{:>9}",
            "",
            "due",
            "settled",
            "lost",
            "repeated",
            "refused",
            "failed",
            "a second",
            "p50 ms",
            "p90",
            "p99",
            "p99.9",
            "max"
        );
        for (flow, report) in &self.flows {
            let latency = report.latency.histogram();
            let [p50, p90, p99, p999] = [50.0, 90.0, 99.0, 99.9].map(|at| latency.value_at_percentile(at) as f64 / 1e3);
            let _ = writeln!(
                text,
                "{:<5}{:>9}{:>9}{:>7}{:>10}{:>9}{:>8}{:>10.1}{p50:>11.2}{p90:>9.2}{p99:>9.2}{p999:>9.2}{:>9.2}",
                flow.name(),
                report.due,
                report.settled,
                report.lost,
                report.repeated,
                report.refused,
                report.failed,
                report.settled as f64 / self.lasted_s.max(1e-9),
                latency.max() as f64 / 1e3,
            );
            for (reason, count) in &report.reasons {
                let _ = writeln!(text, "     {count:>9} {reason}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(part: u16, latencies: &[u64]) -> LoadReport {
        let mut latency = histogram();
        latencies.iter().for_each(|us| latency.record(*us).unwrap());
        let settled = latencies.len() as u64;
        let second = Second { at: 0, settled, p50_us: 1, p99_us: 2, max_us: latency.max() };
        let flow = FlowReport {
            due: settled,
            settled,
            latency: (&latency).into(),
            seconds: vec![second],
            ..Default::default()
        };
        LoadReport {
            schema: SCHEMA.to_owned(),
            program: "p".to_owned(),
            target: "t".to_owned(),
            contract: "c".to_owned(),
            seed: 1,
            shards: vec![Shard { part, of: 2 }],
            began: Timestamp::UNIX_EPOCH,
            samples: Vec::new(),
            disturbed: false,
            rate: Some(10.0),
            connections: 1,
            duration_s: 1.0,
            lasted_s: 1.0,
            flows: BTreeMap::from([(Flow::Orm, flow)]),
        }
    }

    #[test]
    fn joined_histograms_are_exactly_those_of_all_messages() {
        let (one, other): (Vec<u64>, Vec<u64>) =
            ((1..5_000).map(|n| n * 7).collect(), (1..3_000).map(|n| n * n).collect());
        let both = LoadReport::merge(vec![part(2, &other), part(1, &one)]).unwrap();
        let together = part(1, &[one, other].concat());
        assert_eq!(both.flows[&Flow::Orm].latency, together.flows[&Flow::Orm].latency);
        assert_eq!(both.flows[&Flow::Orm].seconds[0].settled, 7_998);
        assert!(both.broken(&[]).is_empty());
        assert!(LoadReport::merge(vec![part(1, &[1]), part(1, &[1])]).is_err());
    }

    #[test]
    fn a_limit_is_broken_when_it_is_passed_and_not_when_it_is_met() {
        let load = part(1, &[1_000, 2_000, 50_000]);
        for (limit, kept) in
            [("p50=2", true), ("p50=1.9", false), ("orm.max=51", true), ("max=49", false), ("oru.max=1", true)]
        {
            assert_eq!(load.broken(&[limit.parse().unwrap()]).is_empty(), kept, "{limit}");
        }
        assert!(load.broken(&["rate=3".parse().unwrap()]).is_empty());
        assert_eq!(load.broken(&["rate=4".parse().unwrap()]), ["orm: 3.0 settled a second are less than 4"]);
        for wrong in ["p101=1", "p99", "q=1", "p99=-1", "adt.p99=1"] {
            assert!(wrong.parse::<Limit>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_must_not_be_is_named_with_its_number() {
        let mut load = part(1, &[1]);
        let flow = load.flows.get_mut(&Flow::Orm).unwrap();
        (flow.lost, flow.repeated, flow.refused, flow.failed) = (1, 2, 3, 4);
        let charges = flow.clone();
        load.flows.insert(Flow::Oru, charges);
        let broken = load.broken(&[]);
        assert_eq!(broken.len(), 7, "a result may come again: {broken:?}");
        assert_eq!(broken[1], "orm: 2 on the other side more than once");
        load.disturbed = true;
        assert_eq!(load.broken(&[]).len(), 3);
    }
}
