//! `iris-conformance schema`: what editors need to check files of settings, made from the types that read them.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use clap::builder::PossibleValuesParser;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{Exit, config, print};

/// The catalogue has no example among those of [`config`].
const REQUIREMENTS: &str = "requirements";

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance schema profile > profile.schema.json\n  \
    iris-conformance schema --out .                      write all, beside your files\n\n\
    The files of `config` and `eject` name their schema in the first line. An editor with a YAML language server then explains\n\
    keys, completes them and marks mistakes.")]
pub(super) struct SchemaOf {
    /// Which file's
    #[arg(required_unless_present = "out", value_parser = PossibleValuesParser::new(names()))]
    name: Option<String>,
    /// Write the schema, or all of them, into this folder; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn names() -> impl Iterator<Item = &'static str> {
    config::EXAMPLES.into_iter().chain([REQUIREMENTS])
}

impl SchemaOf {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let chosen = names().filter(|name| self.name.as_ref().is_none_or(|asked| asked == name));
        for name in chosen {
            let text = schema(name)?;
            match &self.out {
                None => print(&text)?,
                Some(folder) => {
                    let file = folder.join(file(name));
                    std::fs::create_dir_all(folder)
                        .and_then(|()| std::fs::write(&file, text))
                        .with_context(|| format!("cannot write {}", file.display()))?;
                }
            }
        }
        Ok(Exit::Passed)
    }
}

/// The schemas of all examples: path below an ejected folder, and text.
pub(super) fn all() -> anyhow::Result<Vec<(String, String)>> {
    names().map(|name| Ok((format!("examples/{}", file(name)), schema(name)?))).collect()
}

/// As the first line of a file of settings names it.
pub(super) fn file(name: &str) -> String {
    format!("{name}.schema.json")
}

fn schema(name: &str) -> anyhow::Result<String> {
    let schema = match name {
        "profile" => of::<crate::proxy::Profile>(),
        "contract" => of::<cloud::contract::Contract>(),
        "organization" => of::<cloud::lifecycle::Organization>(),
        "faults" => of::<faults::PlanFile>(),
        "results" => of::<results::Profile>(),
        "orders" => of::<results::order_profile::OrderProfile>(),
        "personality" => of::<emr::PersonalityFile>(),
        _ => of::<crate::suite::requirements::CatalogueFile>(),
    };
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

/// Editors know this draft best.
fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<T>()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The keys that a schema of an object knows.
    fn keys(schema: &Value) -> Vec<&str> {
        schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    #[test]
    fn every_schema_knows_the_keys_of_its_example_and_every_example_the_keys_of_its_schema() {
        let examples: Vec<_> = config::examples();
        for (path, text) in examples {
            let name = path.trim_start_matches("examples/").trim_end_matches(".yaml").to_owned();
            let schema: Value = serde_json::from_str(&schema(&name).unwrap()).unwrap();
            let known = keys(&schema);
            assert!(!known.is_empty(), "{name}");
            let example: Value = serde_yaml::from_str(&text).unwrap();
            for key in example.as_object().unwrap().keys() {
                assert!(known.contains(&key.as_str()), "the schema of {name} does not know {key}");
            }
            for key in known {
                assert!(text.contains(key), "the example of {name} does not explain {key}");
            }
            assert!(text.starts_with(&format!("# yaml-language-server: $schema={}\n", file(&name))), "{name}");
        }
    }

    #[test]
    fn switches_words_and_choices_are_as_they_are_written() {
        let schema: Value = serde_json::from_str(&schema("results").unwrap()).unwrap();
        let text = schema.to_string();
        assert!(text.contains(r#"["on","off"]"#), "{text}");
        assert_eq!(schema["properties"]["version"]["type"], "string");
        assert_eq!(schema["additionalProperties"], false);
        let faults: Value = serde_json::from_str(&super::schema("faults").unwrap()).unwrap();
        assert!(keys(&faults["definitions"]["Rule"]).contains(&"do"), "{faults}");
    }
}
