//! Talking with the person: on a terminal, in plain lines, or with a file of answers.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use inquire::validator::Validation;
use inquire::{InquireError, Select, Text};
use tokio::sync::mpsc;

use super::answers::{Answers, Form, Question};
use super::case::{Case, Halt, Step};
use super::ways::{ACT, AFTER, BEGIN, LATE, LOOK, Way, expected, parse};
use crate::world::Stop;

/// How the person is reached.
pub(crate) enum Talk {
    /// Prompts that are moved through by arrow keys.
    Terminal,
    /// A line for each answer.
    Lines(mpsc::UnboundedReceiver<std::io::Result<String>>),
    /// Nobody is there; the answers are in a file.
    File(PathBuf, Answers),
}

impl Talk {
    /// With the person at the terminal, or at the other end of standard input.
    pub(crate) fn with_a_person() -> Talk {
        if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && std::io::stderr().is_terminal() {
            return Talk::Terminal;
        }
        let (to, lines) = mpsc::unbounded_channel();
        // a blocked read cannot be given up, so it has a thread of its own, which ends with the program
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        Talk::Lines(lines)
    }

    pub(crate) fn is_attended(&self) -> bool {
        !matches!(self, Talk::File(..))
    }

    /// Says something.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        anstream::println!("{}", text.as_ref());
    }

    /// The answer to a question; `known` is an earlier one.
    pub(crate) async fn answer(&mut self, question: &Question, known: Option<&str>) -> Step<String> {
        let default = known.or(question.default);
        match self {
            Talk::File(file, answers) => {
                let given = answers.get(question.key).map_or("", String::as_str);
                let wrong = |problem: String| anyhow!("{}: `{}`: {problem}", file.display(), question.key);
                question.accept(given).map_err(|problem| Halt::Unanswered(wrong(problem)))
            }
            Talk::Terminal => {
                let (ask, help, form) = (question.ask, question.help, question.form);
                let default = default.unwrap_or_default().to_owned();
                let asked = *question;
                let answer = blocking(move || {
                    let hint = hint(help);
                    if let Form::OneOf(all) = form {
                        let at = all.iter().position(|one| *one == default).unwrap_or(0);
                        let shown = all.iter().map(|one| if one.is_empty() { "(as it is)" } else { one }).collect();
                        let picked = Select::new(ask, shown).with_starting_cursor(at).with_help_message(&hint);
                        return picked.raw_prompt().map(|picked| all[picked.index].to_owned());
                    }
                    let prompt = Text::new(ask).with_help_message(&hint).with_validator(move |text: &str| {
                        Ok(asked
                            .accept(text)
                            .map_or_else(|wrong| Validation::Invalid(wrong.into()), |_| Validation::Valid))
                    });
                    let prompt = if default.is_empty() { prompt } else { prompt.with_default(&default) };
                    prompt.prompt()
                });
                let answer = answer.await?;
                question.accept(&answer).map_err(|problem| Halt::Broken(anyhow!("{problem}")))
            }
            Talk::Lines(_) => loop {
                let shown = default.filter(|default| !default.is_empty());
                let shown = shown.map_or_else(String::new, |default| format!(" [{default}]"));
                let mut prompt = format!("{}{shown}", question.ask);
                if let Form::OneOf(all) = question.form {
                    let named: Vec<&str> = all.iter().copied().filter(|one| !one.is_empty()).collect();
                    prompt += &format!(" ({})", named.join(", "));
                }
                if !question.help.is_empty() {
                    self.say(format!("  {}", question.help));
                }
                let line = self.line(&prompt).await?;
                let line = if line.trim().is_empty() { default.unwrap_or_default() } else { &line };
                match question.accept(line) {
                    Ok(answer) => return Ok(answer),
                    Err(problem) => self.say(format!("  {problem}")),
                }
            },
        }
    }

    /// What a file lacks or has wrong, a line each: so that a start without a person does not end in the middle.
    pub(crate) fn gaps(&self, questions: &[Question], cases: &[&Case]) -> Vec<String> {
        let Talk::File(file, answers) = self else { return Vec::new() };
        let get = |key: &str| answers.get(key).map_or("", String::as_str);
        let asked = questions.iter().filter(|question| question.applies(answers));
        let mut gaps: Vec<String> = asked
            .filter_map(|question| Some((question.key.to_owned(), question.accept(get(question.key)).err()?)))
            .map(|(key, problem)| format!("`{key}`: {problem}"))
            .collect();
        for case in cases {
            let ways: [&[Way]; 3] = [&BEGIN, &ACT, &LOOK];
            for key in case.keys() {
                let ways = ways[usize::from(key.ends_with(".done")) + 2 * usize::from(key.ends_with(".seen"))];
                let parsed =
                    parse(get(&key), ways).filter(|(index, text)| ways[*index].asks.is_none() || !text.is_empty());
                match parsed.map(|(index, _)| ways[index].word) {
                    Some("skip") => break, // nothing else is asked then
                    Some("stop") | None => gaps.push(format!("`{key}`: write {}", expected(ways))),
                    Some(_) => {}
                }
            }
        }
        gaps.iter().map(|gap| format!("{}: {gap}", file.display())).collect()
    }

    /// Whether a case is run: a reason if it is skipped.
    pub(crate) async fn begin(&mut self, case: &Case) -> Step {
        self.pick(&format!("case.{}", case.id), "Run this case?", &BEGIN).await.map(drop)
    }

    /// Lets the person do something; returns when it is done.
    pub(crate) async fn act(&mut self, case: &Case, what: &str) -> Step {
        self.say(format!("\n  Please: {what}\n"));
        self.pick(&format!("case.{}.done", case.id), "Done?", &ACT).await.map(drop)
    }

    /// Lets the person look at something; a reason if it is not as it should be.
    pub(crate) async fn look(&mut self, case: &Case, what: &str) -> Step<Result<(), String>> {
        let (word, text) = self.pick(&format!("case.{}.seen", case.id), what, &LOOK).await?;
        Ok(if word == "yes" { Ok(()) } else { Err(text) })
    }

    /// Whether what has not come is waited for once more.
    pub(crate) async fn wait_again(&mut self, what: &str) -> Step<bool> {
        if !self.is_attended() {
            return Ok(false);
        }
        Ok(self.pick("", what, &LATE).await?.0 == "wait")
    }

    /// Whether a case that did not pass is tried again.
    pub(crate) async fn try_again(&mut self) -> Step<bool> {
        if !self.is_attended() {
            return Ok(false);
        }
        Ok(self.pick("", "What now?", &AFTER).await?.0 == "again")
    }

    /// The word of the way, and what else was said.
    async fn pick(&mut self, key: &str, ask: &str, ways: &[Way]) -> Step<(&'static str, String)> {
        let (index, text) = match self {
            Talk::File(file, answers) => {
                let place = format!("{}: `{key}`", file.display());
                let expected = format!("write {}", expected(ways));
                let missing = || Halt::Unanswered(anyhow!("{place} has no answer; {expected}"));
                let given = answers.get(key).ok_or_else(missing)?.clone();
                self.say(format!("  {ask} {given}"));
                let wrong = || Halt::Unanswered(anyhow!("{place}: `{given}` is no answer; {expected}"));
                parse(&given, ways).ok_or_else(wrong)?
            }
            Talk::Terminal => {
                let labels: Vec<&'static str> = ways.iter().map(|way| way.label).collect();
                let question = ask.to_owned();
                let index = blocking(move || Select::new(&question, labels).raw_prompt().map(|p| p.index)).await?;
                (index, String::new())
            }
            Talk::Lines(_) => loop {
                let words: Vec<_> = ways.iter().map(|way| way.word).collect();
                // nobody has seen something by pressing Enter
                let by_default = Some(words[0]).filter(|word| *word != "yes");
                let enter = by_default.map_or_else(String::new, |word| format!("; Enter is {word}"));
                let line = self.line(&format!("{ask} [{}{enter}]", words.join(", "))).await?;
                let line = if line.trim().is_empty() { by_default.unwrap_or_default() } else { &line };
                match parse(line, ways) {
                    Some(picked) => break picked,
                    None => self.say(format!("  write one of {}", words.join(", "))),
                }
            },
        };
        let way = &ways[index];
        let text = match way.asks {
            Some(asks) if text.is_empty() => self.reason(asks).await?,
            _ => text,
        };
        match way.word {
            "skip" => Err(Halt::Stop(Stop::Skipped(format!("skipped by the person: {text}")))),
            "stop" => Err(Halt::Pause),
            word => Ok((word, text)),
        }
    }

    async fn reason(&mut self, ask: &'static str) -> Step<String> {
        match self {
            Talk::File(file, _) => Err(Halt::Unanswered(anyhow!("{}: {ask} Write it behind a colon", file.display()))),
            Talk::Terminal => blocking(move || Text::new(ask).prompt()).await,
            Talk::Lines(_) => self.line(ask).await,
        }
    }

    /// A line of standard input.
    async fn line(&mut self, prompt: &str) -> Step<String> {
        self.say(format!("> {prompt}"));
        let Talk::Lines(lines) = self else { return Ok(String::new()) };
        match lines.recv().await {
            Some(line) => Ok(line.context("cannot read standard input")?),
            None => Err(Halt::Unanswered(anyhow!(
                "standard input has ended before `{prompt}` was answered; start again with the same --state to go on, or give \
                 answers by --answers"
            ))),
        }
    }

    /// Says that something is waited for; on a terminal as long as the value lives.
    pub(crate) fn waiting(&self, what: &str, limit: Duration) -> Option<ProgressBar> {
        if !matches!(self, Talk::Terminal) {
            self.say(format!("  waiting for {what}, up to {} s", limit.as_secs()));
        }
        self.spinner(what, limit)
    }

    /// The same for what comes soon: nothing is said but on a terminal.
    pub(crate) fn spinner(&self, what: &str, limit: Duration) -> Option<ProgressBar> {
        if !matches!(self, Talk::Terminal) {
            return None;
        }
        let style = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})").ok()?;
        let text = format!("waiting for {what}, up to {} s", limit.as_secs());
        let bar = ProgressBar::new_spinner().with_style(style).with_message(text);
        bar.enable_steady_tick(Duration::from_millis(120));
        Some(bar)
    }
}

fn hint(help: &str) -> String {
    if help.is_empty() {
        "Enter takes what is shown; Ctrl-C stops, nothing is lost".to_owned()
    } else {
        help.to_owned()
    }
}

/// A prompt blocks its thread, and the wires must go on meanwhile.
async fn blocking<T: Send + 'static>(prompt: impl FnOnce() -> Result<T, InquireError> + Send + 'static) -> Step<T> {
    match tokio::task::spawn_blocking(prompt).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(InquireError::OperationCanceled | InquireError::OperationInterrupted)) => Err(Halt::Pause),
        Ok(Err(error)) => Err(Halt::Broken(anyhow!("cannot ask: {error}"))),
        Err(error) => Err(Halt::Broken(anyhow!("cannot ask: {error}"))),
    }
}
