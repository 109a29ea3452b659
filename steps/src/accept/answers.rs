//! What has to be known beforehand: questions, answers, and the file of answers for a start without a person.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use serde_yaml::Value;

use super::case::Case;

/// The answers by their keys, such as `proxy.orders`.
pub(crate) type Answers = BTreeMap<String, String>;

/// Something that has to be known before the first case.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    pub(crate) key: &'static str,
    pub(crate) ask: &'static str,
    /// More about it, for those who do not know.
    pub(crate) help: &'static str,
    /// What holds if nothing else is said; none if it has to be said.
    pub(crate) default: Option<&'static str>,
    pub(crate) form: Form,
    /// Asked only if another answer is this one.
    pub(crate) only_if: Option<(&'static str, &'static str)>,
}

/// What an answer looks like.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Text,
    /// Host and port to connect to.
    Address,
    /// Address and port to listen on.
    Listen,
    YesNo,
    OneOf(&'static [&'static str]),
    /// A whole number from 1.
    Number,
    /// The path of a file, or nothing.
    File,
}

impl Question {
    /// The answer as it is kept.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead.
    pub(crate) fn accept(&self, text: &str) -> Result<String, String> {
        let text = text.trim();
        if text.is_empty() {
            return match self.default {
                Some(default) => Ok(default.to_owned()),
                None => Err("an answer is needed".to_owned()),
            };
        }
        let port = |text: &str| text.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let fits = match self.form {
            Form::Text => Ok(()),
            Form::Address if port(text).is_some_and(|port| port > 0) && !text.starts_with(':') => Ok(()),
            Form::Address => Err("write a host and a port, such as emr-proxy.test:6661".to_owned()),
            Form::Listen if text.parse::<SocketAddr>().is_ok() => Ok(()),
            Form::Listen => Err("write an address and a port, such as 127.0.0.1:6662 or 0.0.0.0:6662".to_owned()),
            Form::YesNo => {
                return match text.to_ascii_lowercase().as_str() {
                    "yes" | "y" | "true" => Ok("yes".to_owned()),
                    "no" | "n" | "false" => Ok("no".to_owned()),
                    _ => Err("write yes or no".to_owned()),
                };
            }
            Form::OneOf(all) if all.contains(&text) => Ok(()),
            Form::OneOf(all) => Err(format!("write one of {}", all.join(", "))),
            Form::Number if text.parse::<u32>().is_ok_and(|number| number > 0) => Ok(()),
            Form::Number => Err("write a whole number from 1".to_owned()),
            Form::File if Path::new(text).is_file() => Ok(()),
            Form::File => Err(format!("there is no file {text}")),
        };
        fits.map(|()| text.to_owned())
    }

    pub(crate) fn applies(&self, answers: &Answers) -> bool {
        self.only_if.is_none_or(|(key, value)| answers.get(key).is_some_and(|answer| answer == value))
    }
}

/// An answer; empty if the question was not asked.
pub(crate) fn text<'a>(answers: &'a Answers, key: &str) -> &'a str {
    answers.get(key).map_or("", String::as_str)
}

/// An answer in seconds.
pub(crate) fn seconds(answers: &Answers, key: &str) -> Duration {
    Duration::from_secs(text(answers, key).parse().unwrap_or(1))
}

/// Reads a file of answers. An empty answer counts as none.
///
/// # Errors
/// A file that cannot be read, or a key that nobody asks for; the message names it.
pub(crate) fn load(path: &Path, questions: &[Question], cases: &[Case]) -> anyhow::Result<Answers> {
    let file = path.display();
    let values: Option<BTreeMap<String, Value>> = yaml::load(path)?;
    let known: Vec<String> =
        questions.iter().map(|q| q.key.to_owned()).chain(cases.iter().flat_map(Case::keys)).collect();
    let mut answers = Answers::new();
    for (key, value) in values.unwrap_or_default() {
        if !known.contains(&key) {
            let hint = yaml::did_you_mean(&key, known.iter().map(String::as_str));
            bail!("{file}: nobody asks for `{key}`{hint}");
        }
        let answer = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::Number(number) => number.to_string(),
            _ => bail!("{file}: `{key}` must be a text, a number, yes or no"),
        };
        if !answer.trim().is_empty() {
            answers.insert(key, answer);
        }
    }
    Ok(answers)
}

/// A file of answers to be filled in.
pub(crate) fn template(command: &str, questions: &[Question], cases: &[Case]) -> String {
    let mut file = format!(
        "# Answers for a start without questions: iris-conformance accept {command} --answers FILE\n\
         # Lines that begin with # are explanations. Fill in what is empty; change what does not fit.\n\n\
         # What has to be known\n"
    );
    for question in questions {
        for line in [question.ask, question.help].into_iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(file, "# {line}");
        }
        if let Form::OneOf(all) = question.form {
            let named: Vec<&str> = all.iter().copied().filter(|one| !one.is_empty()).collect();
            let _ = writeln!(file, "# One of: {}", named.join(", "));
        }
        if let Some((key, value)) = question.only_if {
            let _ = writeln!(file, "# Needed only if {key} is {value}.");
        }
        let _ = writeln!(file, "{}: \"{}\"\n", question.key, question.default.unwrap_or_default());
    }
    file.push_str(
        "# The cases: `run`, or `skip: ` and why. Where somebody has to do something, `.done` is `done` if it is done while\n\
         # the program waits. Where somebody has to look at something, `.seen` is `yes`, `no: ` and what is to be seen, or\n\
         # `skip: ` and why; empty ones have to be filled in.\n\n",
    );
    for case in cases {
        let _ = writeln!(file, "# {}\ncase.{}: run", case.title, case.id);
        if let Some(act) = case.act {
            let _ = writeln!(file, "# {act}\ncase.{}.done: done", case.id);
        }
        if let Some(look) = case.look {
            let _ = writeln!(file, "# {look}\ncase.{}.seen: \"\"", case.id);
        }
        file.push('\n');
    }
    file
}
