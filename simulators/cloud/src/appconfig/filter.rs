//! Which key-values a request asks for: filters of keys, labels and tags, and the place where the last page ended.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use url::form_urlencoded::Serializer;

use super::problem::Problem;
use super::store::{Id, Item};
use crate::http::Call;

/// Most alternatives of a filter.
const MAX_ALTERNATIVES: usize = 5;

/// A selection of key-values.
#[derive(Debug)]
pub(super) struct Selection {
    key: Pattern,
    label: Pattern,
    tags: Vec<(String, String)>,
    /// The last item of the page before.
    pub(super) after: Option<Id>,
}

impl Selection {
    pub(super) fn of(call: &Call<'_>) -> Result<Selection, Problem> {
        let key = call.query("key").filter(|key| !key.is_empty());
        let tags = call.request.url.query_pairs().filter(|(name, _)| name.eq_ignore_ascii_case("tags"));
        let tag = |text: &str| {
            let (name, value) =
                text.split_once('=').ok_or_else(|| Problem::invalid("tags", "tags: must be name=value"))?;
            Ok((name.to_owned(), value.to_owned()))
        };
        let after = call.query("after").map(|token| read_token(&token)).transpose()?;
        Ok(Selection {
            key: Pattern::parse("key", key.as_deref())?,
            label: Pattern::parse("label", call.query("label").as_deref())?,
            tags: tags.map(|(_, text)| tag(&text)).collect::<Result<_, Problem>>()?,
            after,
        })
    }

    pub(super) fn fits(&self, (key, label): &Id, item: &Item) -> bool {
        self.key.fits(Some(key))
            && self.label.fits(label.as_deref())
            && self.tags.iter().all(|(name, value)| item.tags.get(name) == Some(value))
    }
}

/// A filter: alternatives separated by commas, each with an optional star at its end. A backslash takes the meaning from
/// the next character; `\0`, NUL and the empty text stand for "no label".
#[derive(Debug)]
pub(super) struct Pattern(Vec<Alternative>);

#[derive(Debug, Default)]
struct Alternative {
    text: String,
    /// What begins with the text fits as well.
    open: bool,
    /// Only what has no label fits.
    none: bool,
}

impl Pattern {
    /// Reads the parameter `name`; without it everything fits.
    pub(super) fn parse(name: &str, text: Option<&str>) -> Result<Pattern, Problem> {
        let Some(text) = text else { return Ok(Pattern(vec![Alternative { open: true, ..Alternative::default() }])) };
        let invalid = |place: usize| Problem::invalid(name, &format!("{name}({}): Invalid character", place + 1));
        let mut alternatives = vec![Alternative::default()];
        let mut characters = text.chars().enumerate();
        while let Some((place, character)) = characters.next() {
            let last = alternatives.len() - 1;
            let current = &mut alternatives[last];
            match character {
                ',' => alternatives.push(Alternative::default()),
                _ if current.open || current.none => return Err(invalid(place)),
                '*' => current.open = true,
                '\0' if current.text.is_empty() => current.none = true,
                '\\' => match characters.next() {
                    Some((_, '0')) if name == "label" && current.text.is_empty() => current.none = true,
                    Some((_, escaped)) => current.text.push(escaped),
                    None => return Err(invalid(place)),
                },
                other => current.text.push(other),
            }
        }
        if alternatives.len() > MAX_ALTERNATIVES {
            return Err(Problem::invalid(name, &format!("{name}: more than {MAX_ALTERNATIVES} alternatives")));
        }
        Ok(Pattern(alternatives))
    }

    /// Whether a text fits; `None` is "no label".
    pub(super) fn fits(&self, text: Option<&str>) -> bool {
        self.0.iter().any(|one| match text {
            None => one.none || one.text.is_empty(),
            Some(_) if one.none => false,
            Some(text) if one.open => text.starts_with(&one.text),
            Some(text) => text == one.text,
        })
    }
}

/// Bytes as a text that needs no escapes in an address.
pub(super) fn token(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read_token(token: &str) -> Result<Id, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let id = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    id.ok_or_else(|| Problem::invalid("after", "after: is no continuation token of this store"))
}

/// The address of the page behind `id`: this request's, with another `after`.
pub(super) fn next_link(call: &Call<'_>, id: &Id) -> String {
    let url = &call.request.url;
    let same = url.query_pairs().filter(|(name, _)| !name.eq_ignore_ascii_case("after"));
    let after = token(&serde_json::to_vec(id).unwrap_or_default());
    let query = Serializer::new(String::new()).extend_pairs(same).append_pair("after", &after).finish();
    format!("{}?{query}", url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_020_filters_are_read_as_documented() {
        let fits = |filter: &str, text: Option<&str>| Pattern::parse("label", Some(filter)).unwrap().fits(text);
        for (filter, good, bad) in [
            ("abc", Some("abc"), Some("abcd")),
            ("abc*", Some("abcd"), Some("ab")),
            ("abc,xyz", Some("xyz"), Some("abc,xyz")),
            ("a\\*b", Some("a*b"), Some("acb")),
            ("a\\,b", Some("a,b"), Some("a")),
            ("a\\\\b", Some("a\\b"), Some("ab")),
            ("\0", None, Some("")),
            ("\\0", None, Some("0")),
            ("", None, Some("x")),
            ("prod,\0", None, Some("test")),
        ] {
            assert!(fits(filter, good), "CON-020: {filter:?}");
            assert!(!fits(filter, bad), "CON-020: {filter:?}");
        }
        assert!(fits("*", None) && fits("*", Some("x")));
        for wrong in ["*abc", "a*b", "abc\\", "1,2,3,4,5,6"] {
            assert!(Pattern::parse("key", Some(wrong)).is_err(), "{wrong}");
        }
    }
}
