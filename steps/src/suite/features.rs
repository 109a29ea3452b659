//! Feature files, outlines expanded.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cucumber::feature::Ext;
use cucumber::gherkin::{Feature, GherkinEnv, Scenario, Step};

use super::{Suite, requirements, shown};

/// Parsed features with outlines expanded, and the id of each scenario.
#[derive(Clone, Debug, Default)]
pub struct Features {
    /// In the order of the file names.
    pub all: Vec<Feature>,
    ids: HashMap<(PathBuf, usize), ScenarioId>,
}

/// What identifies a scenario: path and name, and for an outline the row. Lines do not, because they shift.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
pub struct ScenarioId {
    /// Feature path below the features folder, without its ending, with `/`.
    pub feature: String,
    /// The scenario's name as a file name; rows of an outline share it.
    pub slug: String,
    /// Row of the outline's examples, from 1; 0 for a plain scenario.
    pub row: usize,
    /// The scenario's name and, for an outline whose name does not tell its rows apart, the row's values.
    #[serde(rename = "scenario")]
    pub title: String,
}

impl std::fmt::Display for ScenarioId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.feature, self.title)
    }
}

impl ScenarioId {
    /// Folder of the scenario's snapshots below the suite's.
    pub fn snapshot_folder(&self) -> String {
        format!("snapshots/{}/{}", self.feature, self.slug)
    }
}

impl Features {
    /// Reads all feature files of a suite.
    ///
    /// # Errors
    /// A file that is no Gherkin; the message names file and place.
    pub fn load(suite: &Suite) -> anyhow::Result<Features> {
        let mut features = Features::default();
        for (file, _) in suite.files() {
            let Some(name) = file.strip_prefix("features/").and_then(|below| below.strip_suffix(".feature")) else {
                continue;
            };
            let path = suite.path(file);
            let mut feature = Feature::parse(suite.text(file)?, GherkinEnv::default())
                .with_context(|| format!("{} is no Gherkin", shown(&path)))?;
            feature.path = Some(path.clone());
            features.identify(name, &path, &feature);
            features.all.push(feature.expand_examples()?);
        }
        if features.all.is_empty() {
            bail!("there is no .feature file in {}", shown(&suite.path("features")));
        }
        Ok(features)
    }

    fn identify(&mut self, name: &str, path: &Path, feature: &Feature) {
        for scenario in feature.scenarios.iter().chain(feature.rules.iter().flat_map(|r| &r.scenarios)) {
            let id = |row, title| ScenarioId { feature: name.to_owned(), slug: slug(&scenario.name), row, title };
            if scenario.examples.is_empty() {
                self.ids.insert((path.to_owned(), scenario.position.line), id(0, scenario.name.clone()));
            }
            let mut number = 0;
            for examples in &scenario.examples {
                let rows = examples.table.as_ref().map_or(&[][..], |table| &table.rows);
                let Some((header, rows)) = rows.split_first() else { continue };
                for (index, row) in rows.iter().enumerate() {
                    number += 1;
                    let mut title = scenario.name.clone();
                    for (column, value) in header.iter().zip(row) {
                        title = title.replace(&format!("<{column}>"), value);
                    }
                    if title == scenario.name {
                        title = format!("{title} ({})", row.join(", "));
                    }
                    // where cucumber puts an expanded row
                    let line = examples.position.line + index + 2;
                    self.ids.insert((path.to_owned(), line), id(number, title));
                }
            }
        }
    }

    /// The id of a scenario of a feature.
    pub fn id(&self, feature: &Feature, scenario: &Scenario) -> ScenarioId {
        let path = feature.path.clone().unwrap_or_default();
        self.ids.get(&(path, scenario.position.line)).cloned().unwrap_or_default()
    }

    /// Every scenario with its feature.
    pub fn scenarios(&self) -> impl Iterator<Item = (&Feature, &Scenario)> {
        self.all.iter().flat_map(|feature| {
            let in_rules = feature.rules.iter().flat_map(|rule| &rule.scenarios);
            feature.scenarios.iter().chain(in_rules).map(move |scenario| (feature, scenario))
        })
    }
}

fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

/// All tags of a scenario, inherited ones included, and the ids that its step tables name in a column `requirement` and its row
/// of an outline in a column `proves`. Where the row names requirement ids in its cells, those are what its examples' tags mean
/// for it.
pub fn tags<'a>(feature: &'a Feature, scenario: &'a Scenario) -> Vec<&'a str> {
    let rule = feature.rules.iter().find(|r| r.scenarios.contains(scenario));
    let rule_tags = rule.into_iter().flat_map(|r| &r.tags);
    let mut tags: Vec<&str> = feature.tags.iter().chain(rule_tags).chain(&scenario.tags).map(String::as_str).collect();
    if let Some(examples) = scenario.examples.first() {
        let rows = examples.table.as_ref().map_or(&[][..], |table| &table.rows);
        let (header, row) = (rows.first().map_or(&[][..], Vec::as_slice), rows.get(1).map_or(&[][..], Vec::as_slice));
        if row.iter().any(|cell| requirements::is_id(cell)) {
            let of_another_row = |tag: &str| {
                requirements::is_id(tag)
                    && examples.tags.iter().any(|t| t == tag)
                    && !row.iter().any(|cell| cell == tag)
            };
            tags.retain(|tag| !of_another_row(tag));
        }
        tags.extend(ids_of_column(header, [row], "proves"));
    }
    tags.extend(scenario.steps.iter().flat_map(ids_of_rows));
    let mut seen = std::collections::HashSet::new();
    tags.retain(|tag| seen.insert(*tag));
    tags
}

/// The requirement ids that the rows of a step's table name.
fn ids_of_rows(step: &Step) -> Vec<&str> {
    let rows = step.table.as_ref().and_then(|table| table.rows.split_first());
    rows.map_or_else(Vec::new, |(header, rows)| ids_of_column(header, rows, "requirement"))
}

/// The requirement ids in the column of that name.
fn ids_of_column<'a>(
    header: &[String],
    rows: impl IntoIterator<Item = &'a (impl AsRef<[String]> + ?Sized + 'a)>,
    name: &str,
) -> Vec<&'a str> {
    let Some(column) = header.iter().position(|cell| cell == name) else { return Vec::new() };
    let cells = rows.into_iter().filter_map(|row| row.as_ref().get(column));
    cells.flat_map(|cell| cell.split_whitespace()).collect()
}

/// The requirement ids among a scenario's tags, its own first.
pub fn requirement_ids(feature: &Feature, scenario: &Scenario) -> Vec<String> {
    let mut ids: Vec<String> =
        tags(feature, scenario).into_iter().filter(|tag| requirements::is_id(tag)).map(str::to_owned).collect();
    ids.sort_by_key(|id| !scenario.tags.contains(id));
    ids
}
