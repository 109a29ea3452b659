//! `iris-conformance generate`

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use emr::Personality;
use jiff::Timestamp;
use journal::Seed;

use super::Exit;
use crate::generate::{Answer, Generator, Gradings, Kind, Sender, to_folder, to_stdout};

const EXAMPLES: &str = "\
Examples:
  iris-conformance generate orm
  iris-conformance generate orm --emr athena --count 20 --seed 7 --out orders
  iris-conformance generate oru --grading \"ungradable in both eyes\" > result.hl7
  iris-conformance generate orm --emr my-emr.yaml --to emr-proxy.test:6661 --now

All patients are synthetic. Equal options give equal bytes on every machine, except with --now.
Exit codes: 0 done, 1 a message was not accepted, 2 wrong usage, 3 a message could not be made, written or sent.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Generate {
    /// What to make; results, charges and documents belong to the orders that `orm` makes with the same options
    kind: Kind,
    /// Seed of patients, orders and gradings
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many messages
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// The EMR that orders: athena, cerner, ecw, epic, ochin, or a personality file that ends with .yaml
    #[arg(long, value_name = "EMR", default_value = "epic", value_parser = personality)]
    emr: Personality,
    /// What the grader found, by name, or `any` (the default) for a choice by the seed; a wrong name lists the right ones
    #[arg(long, value_name = "NAME")]
    grading: Option<Gradings>,
    /// How the customer wants results (YAML); the defaults of IRIS if left out
    #[arg(long, value_name = "FILE", value_parser = profile)]
    profile: Option<results::Profile>,
    /// Write each message to a file of its own in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "to")]
    out: Option<PathBuf>,
    /// Replace files that are there already
    #[arg(long, requires = "out")]
    force: bool,
    /// Send each message to an MLLP listener and wait for its acknowledgement
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    to: Option<String>,
    /// Seconds that connecting, and sending a message and receiving its acknowledgement, may take
    #[arg(long, value_name = "S", default_value_t = 30, requires = "to", value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// The first order is made now, and not on 2017-04-10
    #[arg(long)]
    now: bool,
}

pub(super) fn personality(name: &str) -> Result<Personality, emr::PersonalityError> {
    match name.rsplit_once('.') {
        Some((_, "yaml" | "yml")) => Personality::load(Path::new(name)),
        _ => Personality::named(name),
    }
}

fn profile(path: &str) -> Result<results::Profile, String> {
    yaml::load(Path::new(path)).map_err(|error| error.to_string())
}

pub(super) fn address(text: &str) -> Result<String, &'static str> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    if matches!(port, Some(Ok(1..))) {
        Ok(text.to_owned())
    } else {
        Err("write a host and a port, such as localhost:6661")
    }
}

impl Generate {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        if self.kind == Kind::Orm && (self.grading.is_some() || self.profile.is_some()) {
            let wrong = "an order is made before there is a result; --grading and --profile are for oru, dft and mdm";
            super::wrong_usage(wrong);
        }
        let start = if self.now { Ok(Timestamp::now()) } else { "2017-04-10T14:00:00Z".parse() };
        let generator = Generator {
            kind: self.kind,
            personality: self.emr,
            gradings: self.grading.unwrap_or(Gradings::Any),
            profile: self.profile.unwrap_or_default(),
            seed: Seed::new(self.seed),
            start: start.context("the clock shows no time")?,
        };
        match (self.out, self.to) {
            (Some(folder), _) => write(&generator, self.count, &folder, self.force),
            (None, Some(to)) => send(&generator, self.count, &to, Duration::from_secs(self.timeout)),
            (None, None) => print(&generator, self.count),
        }
    }
}

fn print(generator: &Generator, count: u32) -> anyhow::Result<Exit> {
    for index in 0..count {
        match to_stdout(&generator.message(index)?) {
            // whoever reads has seen enough
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written.context("cannot write to standard output")?,
        }
    }
    Ok(Exit::Passed)
}

fn write(generator: &Generator, count: u32, folder: &Path, force: bool) -> anyhow::Result<Exit> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for index in 0..count {
        super::print(&format!("{}\n", to_folder(&generator.message(index)?, folder, force)?.display()))?;
    }
    Ok(Exit::Passed)
}

fn send(generator: &Generator, count: u32, to: &str, limit: Duration) -> anyhow::Result<Exit> {
    super::runtime()?.block_on(async {
        let mut sender = Sender::connect(to, limit).await?;
        let mut accepted = 0;
        for index in 0..count {
            let message = generator.message(index)?;
            let answer = sender.send(&message).await;
            let control_id = hl7::show::bytes(&message.control_id);
            super::print(&format!("{:04}  {control_id}  {}  {answer}\n", message.number, message.placer))?;
            accepted += u32::from(answer.is_accepted());
            if matches!(answer, Answer::None(_)) {
                break; // an answer that comes later must not be taken for that of the next message
            }
        }
        eprintln!("{accepted} of {count} messages accepted by {to}");
        Ok(if accepted == count { Exit::Passed } else { Exit::Failed })
    })
}
