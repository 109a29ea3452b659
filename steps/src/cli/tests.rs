//! The command lines of the examples in `.ci/` are ones that this program takes.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use regex::Regex;
use serde::Deserialize as _;
use serde_yaml::Value;

use super::Cli;

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let examples = std::fs::read_dir(root.join(".ci/examples")).expect("the examples are there");
    examples.map(|entry| entry.unwrap().path()).chain([root.join(".github/workflows/ci.yml")]).collect()
}

fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Sequence(values) => values.iter().for_each(|value| texts(value, all)),
        Value::Mapping(values) => values.values().for_each(|value| texts(value, all)),
        _ => {}
    }
}

/// The arguments behind the program's name in a line of shell, with 1 for every variable.
fn command(line: &str) -> Option<Vec<String>> {
    let own = Regex::new(r"iris-conformance (?:run|report|load)\b|cargo run --release --quiet --").unwrap();
    let found = own.find(line)?;
    let from = line[found.start()..].trim_start_matches("cargo run --release --quiet --");
    let variable = Regex::new(r"\$\{\{.*?\}\}|\$\{?\w+\}?").unwrap();
    let plain = variable.replace_all(from, "1").replace(['"', '\''], "");
    let end = ["||", "&&", ";", "|"].iter().filter_map(|sign| plain.find(sign)).min().unwrap_or(plain.len());
    let words = plain[..end].split_whitespace().map(str::to_owned);
    Some(["iris-conformance".to_owned()].into_iter().chain(words.filter(|word| word != "iris-conformance")).collect())
}

#[test]
fn every_command_line_of_the_examples_is_understood() {
    let mut understood = 0;
    for file in files() {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let mut all = Vec::new();
        if name.ends_with("Jenkinsfile") {
            all.push(text);
        } else {
            for document in serde_yaml::Deserializer::from_str(&text) {
                texts(&Value::deserialize(document).unwrap_or_else(|e| panic!("{name}: {e}")), &mut all);
            }
        }
        let before = understood;
        for arguments in all.iter().flat_map(|text| text.lines()).filter_map(command) {
            Cli::try_parse_from(&arguments).map(drop).unwrap_or_else(|e| panic!("{name}: {arguments:?}\n{e}"));
            understood += 1;
        }
        assert!(understood >= before + 2, "{name} has two command lines");
    }
    assert!(understood >= 10, "{understood}");
}
