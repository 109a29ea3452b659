//! `iris-conformance config`: examples of all files that users write.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{Exit, print, schema};

/// What an example says first, for editors.
const SCHEMA_LINE: &str = "# yaml-language-server: $schema=";

#[derive(Subcommand)]
#[command(after_help = "Examples:\n  \
    iris-conformance config init my-proxy.yaml     then change it, and `run --profile my-proxy.yaml`\n  \
    iris-conformance config contract my-contract.yaml\n  \
    iris-conformance config faults                 print it\n\n\
    `iris-conformance schema --out DIR` writes what editors need to check the files.")]
pub(super) enum Config {
    /// How a proxy is started or reached: for `run --profile`
    Init(Target),
    /// What proxy and cloud say to each other: for `--contract`
    Contract(Target),
    /// A customer of the simulated cloud: for `simulate cloud --organization`
    Organization(Target),
    /// What goes wrong, where and when: for `--faults`
    Faults(Target),
    /// How a customer wants results, documents and charges: for `check --profile` and `generate --profile`
    Results(Target),
    /// What is agreed about orders: for `check --orders`
    Orders(Target),
    /// How the orders of an EMR look: for `generate --emr`
    Personality(Target),
}

/// Where to write.
#[derive(Args)]
pub(super) struct Target {
    /// File to write; standard output if left out
    file: Option<PathBuf>,
    /// Replace a file that is there already
    #[arg(long, requires = "file")]
    force: bool,
}

impl Config {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let (name, target) = match self {
            Config::Init(target) => ("profile", target),
            Config::Contract(target) => ("contract", target),
            Config::Organization(target) => ("organization", target),
            Config::Faults(target) => ("faults", target),
            Config::Results(target) => ("results", target),
            Config::Orders(target) => ("orders", target),
            Config::Personality(target) => ("personality", target),
        };
        let text = example(name);
        let Some(file) = target.file else {
            print(&text)?;
            return Ok(Exit::Passed);
        };
        let mut options = OpenOptions::new();
        let options = if target.force { options.create(true).truncate(true) } else { options.create_new(true) };
        let written = options.write(true).open(&file).and_then(|mut open| open.write_all(text.as_bytes()));
        written.with_context(|| format!("cannot write {} (--force replaces a file)", file.display()))?;
        print(&format!("{} written; every key is explained in it\n", file.display()))?;
        Ok(Exit::Passed)
    }
}

/// The names of the examples.
pub(super) const EXAMPLES: [&str; 7] =
    ["profile", "contract", "organization", "faults", "results", "orders", "personality"];

/// Path below an ejected folder, and text.
pub(super) fn examples() -> Vec<(String, String)> {
    EXAMPLES.iter().map(|name| (format!("examples/{name}.yaml"), example(name))).collect()
}

/// The example of that name, with its schema in the first line.
fn example(name: &str) -> String {
    let text = match name {
        "profile" => crate::proxy::REFERENCE,
        "contract" => cloud::contract::REFERENCE,
        "organization" => include_str!("config/organization.yaml"),
        "faults" => faults::EXAMPLE,
        "results" => results::profile::EXAMPLE,
        "orders" => include_str!("config/orders.yaml"),
        _ => emr::EXAMPLE,
    };
    format!("{SCHEMA_LINE}{}\n{text}", schema::file(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<T: serde::de::DeserializeOwned>(name: &str) -> T {
        yaml::parse(&example(name), name).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_example_can_be_used_and_shows_the_defaults() {
        parse::<crate::proxy::Profile>("profile");
        parse::<cloud::contract::Contract>("contract");
        assert!(!faults::Plan::parse(&example("faults"), "faults").unwrap().rules.is_empty());
        emr::Personality::parse("personality", &example("personality")).unwrap();
        assert_eq!(parse::<results::Profile>("results"), results::Profile::default());
        assert_eq!(
            parse::<results::order_profile::OrderProfile>("orders"),
            results::order_profile::OrderProfile::default()
        );
        let organization = parse::<cloud::lifecycle::Organization>("organization");
        let defaults = cloud::lifecycle::Settings::default();
        assert_eq!(format!("{:?}", organization.settings), format!("{defaults:?}"));
    }
}
