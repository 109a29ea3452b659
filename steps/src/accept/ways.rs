//! The ways to go on that a person or a file of answers can choose.

/// One way to go on.
pub(super) struct Way {
    /// As it is typed.
    pub(super) word: &'static str,
    pub(super) label: &'static str,
    /// What else is asked of those who take it.
    pub(super) asks: Option<&'static str>,
}

const fn way(word: &'static str, label: &'static str) -> Way {
    Way { word, label, asks: None }
}

const SKIP: Way =
    Way { word: "skip", label: "skip this case", asks: Some("Why is it skipped? (stands in the report)") };
const STOP: Way = way("stop", "stop here; the next start goes on with this case");

pub(super) const BEGIN: [Way; 3] = [way("run", "run it"), SKIP, STOP];
pub(super) const ACT: [Way; 3] = [way("done", "done"), SKIP, STOP];
const NO: Way = Way { word: "no", label: "no", asks: Some("What is to be seen instead?") };
pub(super) const LOOK: [Way; 4] = [way("yes", "yes"), NO, SKIP, STOP];
pub(super) const LATE: [Way; 4] = [way("wait", "wait once more"), way("fail", "it will not come: failed"), SKIP, STOP];
pub(super) const AFTER: [Way; 3] =
    [way("again", "try the case again"), way("on", "keep this and go on"), way("stop", "keep this and stop here")];

/// What a file may say: `run, or skip: and why`.
pub(super) fn expected(ways: &[Way]) -> String {
    let word =
        |way: &Way| if way.asks.is_some() { format!("`{}: ` and why", way.word) } else { format!("`{}`", way.word) };
    ways.iter().filter(|way| way.word != "stop").map(word).collect::<Vec<_>>().join(", or ")
}

/// `skip: no time` or `skip`; the beginning of a word will do.
pub(super) fn parse(line: &str, ways: &[Way]) -> Option<(usize, String)> {
    let (word, text) = line.split_once(':').unwrap_or((line, ""));
    let word = word.trim().to_ascii_lowercase();
    let fits = |way: &Way| !word.is_empty() && way.word.starts_with(&word);
    let exact = ways.iter().position(|way| way.word == word);
    let mut near = ways.iter().enumerate().filter(|(_, way)| fits(way)).map(|(index, _)| index);
    let first = near.next();
    let index = exact.or(if near.next().is_some() { None } else { first })?;
    Some((index, text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_word_will_do_if_it_is_one_word_only() {
        let parse = |line| parse(line, &BEGIN);
        assert_eq!(parse("run"), Some((0, String::new())));
        assert_eq!(parse(" R "), Some((0, String::new())));
        assert_eq!(parse("skip: no time: none"), Some((1, "no time: none".to_owned())));
        assert_eq!(parse("sk"), Some((1, String::new())));
        for wrong in ["s", "", "later", ": why"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
