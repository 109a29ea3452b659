//! How the orders of one EMR look: message templates with synthetic values.

mod template;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use hl7::Message;
use jiff::Timestamp;
use journal::Seed;
use minijinja::{Environment, ErrorKind, Value, context};
use rand::RngExt;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

/// A personality file in which the format is explained.
pub const EXAMPLE: &str = include_str!("../personalities/epic.yaml");

/// The personalities that come with the crate. The format is explained in [`EXAMPLE`].
const BUILT_IN: &[(&str, &str)] = &[
    ("athena", include_str!("../personalities/athena.yaml")),
    ("cerner", include_str!("../personalities/cerner.yaml")),
    ("ecw", include_str!("../personalities/ecw.yaml")),
    ("epic", EXAMPLE),
    ("ochin", include_str!("../personalities/ochin.yaml")),
];

/// The name of the only template in its environment.
const TEMPLATE: &str = "message";

/// An EMR, as far as its orders tell: which fields it fills and how, delimiters, charset, agreements with IRIS.
#[derive(Clone, Debug)]
pub struct Personality {
    /// The name that errors show: a path, or `epic.yaml` of a built-in one.
    file: String,
    /// The file's text.
    yaml: String,
    about: String,
    charset: Charset,
    choices: BTreeMap<String, Choices>,
    templates: Environment<'static>,
}

/// A personality as it stands in its file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonalityFile {
    /// One line for lists.
    about: String,
    /// How characters become bytes.
    #[serde(default)]
    charset: Charset,
    /// What client and IRIS agreed on about orders.
    #[serde(default)]
    #[expect(dead_code, reason = "`Personality::order_profile` reads it as the type that its caller knows")]
    #[schemars(with = "serde_json::Value")]
    order_profile: IgnoredAny,
    /// Values of which the seed takes one for each order, by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<serde_json::Value>>")]
    choices: BTreeMap<String, Choices>,
    /// The message, one line a segment; `{{ name }}` is filled in.
    template: String,
}

/// How characters become bytes (MLLP-007).
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
enum Charset {
    #[default]
    #[serde(rename = "ASCII")]
    Ascii,
    #[serde(rename = "ISO-8859-1")]
    Latin1,
    #[serde(rename = "UTF-8")]
    Utf8,
}

/// Values of which the seed chooses one for each order.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Vec<Value>")]
struct Choices(Vec<Value>);

impl TryFrom<Vec<Value>> for Choices {
    type Error = &'static str;

    fn try_from(values: Vec<Value>) -> Result<Choices, &'static str> {
        if values.is_empty() {
            Err("the list is empty; give at least one value to choose from")
        } else {
            Ok(Choices(values))
        }
    }
}

/// A personality that cannot be used; says file, line and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonalityError {
    /// No personality has the name.
    #[error("there is no EMR called `{0}`; take the path of a personality file that ends with .yaml, or one of{all}", all = all())]
    Unknown(String),
    /// The file cannot be read.
    #[error("cannot read the personality {file}: {problem}")]
    Unreadable {
        /// Its path.
        file: String,
        /// Why.
        problem: String,
    },
    /// The file is wrong.
    #[error("{file}: {problem}")]
    Wrong {
        /// Its path.
        file: String,
        /// Why, with the line.
        problem: String,
    },
}

fn all() -> String {
    let built_in = Personality::names().filter_map(|name| Some((name, Personality::named(name).ok()?)));
    built_in.map(|(name, personality)| format!("\n  {name:<7} {}", personality.about)).collect()
}

impl Personality {
    /// The names of the built-in personalities.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A built-in personality.
    ///
    /// # Errors
    /// No personality has the name; the message lists those that exist.
    pub fn named(name: &str) -> Result<Personality, PersonalityError> {
        let known = BUILT_IN.iter().find(|(known, _)| *known == name);
        let (name, yaml) = known.ok_or_else(|| PersonalityError::Unknown(name.to_owned()))?;
        Personality::parse(&format!("{name}.yaml"), yaml)
    }

    /// The personality of a file.
    ///
    /// # Errors
    /// The file cannot be read or is wrong; the message names file and line.
    pub fn load(path: &Path) -> Result<Personality, PersonalityError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(yaml) => Personality::parse(&file, &yaml),
            Err(error) => Err(PersonalityError::Unreadable { file, problem: error.to_string() }),
        }
    }

    /// Reads a personality; `file` is the name that errors show. An order is made to prove that it can be used.
    ///
    /// # Errors
    /// The text is wrong; the message names file and line.
    pub fn parse(file: &str, yaml: &str) -> Result<Personality, PersonalityError> {
        let wrong = |problem: String| PersonalityError::Wrong { file: file.to_owned(), problem };
        let PersonalityFile { about, charset, choices, template, .. } =
            yaml::parse(yaml, file).map_err(|error| wrong(error.to_string()))?;
        let delimiters = Message::parse(template.as_str())
            .map_err(|error| wrong(format!("{error}, at line {}", line(yaml, 1))))?
            .delimiters();
        if let Some(name) = choices.keys().find(|name| template::NAMES.contains(&name.as_str())) {
            return Err(wrong(format!("choices.{name}: every order has such a value already; choose another name")));
        }
        let mut personality = Personality {
            file: file.to_owned(),
            yaml: yaml.to_owned(),
            about,
            charset,
            choices,
            templates: template::environment(delimiters),
        };
        let added = personality.templates.add_template_owned(TEMPLATE, template);
        added.map_err(|error| personality.in_template(&error))?;
        personality.order(Seed::new(0), 0, Timestamp::UNIX_EPOCH)?;
        Ok(personality)
    }

    /// The agreements between this EMR and IRIS (03-orm, section 4); the type's default if the file has none.
    ///
    /// # Errors
    /// The file's `order_profile` is no `T`; the message names file and line.
    pub fn order_profile<T: DeserializeOwned + Default>(&self) -> Result<T, PersonalityError> {
        // read from the text once more, so that an error knows its line
        #[derive(Deserialize)]
        struct Agreements<T: Default> {
            #[serde(default)]
            order_profile: T,
        }
        let agreements: Agreements<T> = yaml::parse(&self.yaml, &self.file).map_err(|error| self.wrong(error))?;
        Ok(agreements.order_profile)
    }

    /// The ORM^O01 of the order with this number, from 0, made and scheduled at the instant `at` (in UTC). Seed and number
    /// settle every value but the time.
    ///
    /// # Errors
    /// A value has no place in the message: it is undefined, holds a control byte, or is not in the charset.
    pub fn order(&self, seed: Seed, index: u32, at: Timestamp) -> Result<Vec<u8>, PersonalityError> {
        let text = self.render(seed, index, at).map_err(|error| self.in_template(&error))?;
        let mut order = Vec::with_capacity(text.len() + 1);
        for segment in text.split('\n').filter(|line| !line.is_empty()) {
            order.extend(self.charset.encode(segment).map_err(|problem| self.wrong(problem))?);
            order.push(b'\r');
        }
        Ok(order)
    }

    fn render(&self, seed: Seed, index: u32, at: Timestamp) -> Result<String, minijinja::Error> {
        let seed = seed.derive(&format!("order {index}"));
        let chosen = self.choices.iter().map(|(name, choices)| {
            let choice = seed.derive(name).rng().random_range(0..choices.0.len());
            (name.as_str(), choices.0[choice].clone())
        });
        let chosen = Value::from_iter(chosen);
        self.templates.get_template(TEMPLATE)?.render(context! { ..template::values(seed, index, at), ..chosen })
    }

    /// An error of the template, at the line of the file.
    fn in_template(&self, error: &minijinja::Error) -> PersonalityError {
        let source = self.templates.get_template(TEMPLATE).ok();
        let place = source.as_ref().zip(error.range()).and_then(|(source, range)| source.source().get(range));
        let what = match (error.kind(), error.detail()) {
            (ErrorKind::UndefinedError, _) => "there is no such value".to_owned(),
            (kind, detail) => detail.map_or_else(|| kind.to_string(), str::to_owned),
        };
        let place = place.map_or_else(String::new, |place| format!("`{place}`: "));
        self.wrong(format!("{place}{what}, at line {}", line(&self.yaml, error.line().unwrap_or(1))))
    }

    fn wrong(&self, problem: impl fmt::Display) -> PersonalityError {
        PersonalityError::Wrong { file: self.file.clone(), problem: problem.to_string() }
    }
}

/// The line of a personality file that holds the n-th line of the template.
fn line(yaml: &str, of_template: usize) -> usize {
    let key = yaml.lines().position(|line| line.starts_with("template:")).unwrap_or(0) + 1;
    let block = yaml.lines().nth(key - 1).is_some_and(|line| line.trim_end().ends_with(['|', '-', '+']));
    if block { key + of_template } else { key }
}

impl Charset {
    fn encode(self, text: &str) -> Result<Vec<u8>, String> {
        let (last, name) = match self {
            Charset::Utf8 => return Ok(text.as_bytes().to_vec()),
            Charset::Ascii => ('\u{7f}', "ASCII"),
            Charset::Latin1 => ('\u{ff}', "ISO-8859-1"),
        };
        let byte = |c: char| u8::try_from(c).ok().filter(|_| c <= last);
        let encoded = text.chars().map(|c| {
            byte(c).ok_or_else(|| format!("`{c}` is not in the charset {name}; set `charset` to one that has it"))
        });
        encoded.collect()
    }
}
