//! Values that are a keyword or free text, and switches.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A text, or a keyword that stands for its absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<K> {
    text: Option<String>,
    keyword: PhantomData<K>,
}

/// The keyword of a [`Word`].
pub trait Keyword {
    /// As written in a profile.
    const WORD: &'static str;
}

impl<K> Word<K> {
    /// The text; `None` for the keyword.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl<K> Default for Word<K> {
    fn default() -> Self {
        Self { text: None, keyword: PhantomData }
    }
}

impl<'de, K: Keyword> Deserialize<'de> for Word<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self { text: (text != K::WORD).then_some(text), keyword: PhantomData })
    }
}

/// Declares the keyword of a [`Word`].
macro_rules! keyword {
    ($name:ident, $word:literal) => {
        #[doc = concat!("The keyword `", $word, "`.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {}
        impl words::Keyword for $name {
            const WORD: &'static str = $word;
        }
    };
}
pub(super) use keyword;

/// How a switch may be written.
#[derive(schemars::JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "for the schema")]
pub(super) enum Switch {
    Word(OnOff),
    Bool(bool),
}

/// The words of a switch.
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
#[expect(dead_code, reason = "for the schema")]
pub(super) enum OnOff {
    On,
    Off,
}

/// `on`, `off`, `true` or `false`.
pub(super) fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    text(deserializer, |text| match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        other => Err(format!("`{other}` is no switch; write on or off")),
    })
}

/// `UTC` or a zone of the IANA database.
pub(super) fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<jiff::tz::TimeZone, D::Error> {
    text(deserializer, |name| {
        jiff::tz::TimeZone::get(name).map_err(|problem| {
            format!("`{name}` is no time zone ({problem}); write UTC or a name such as America/Chicago")
        })
    })
}

/// A value read from text. As the text is refused while it is read, the error names the option.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: fn(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    struct Text<T>(fn(&str) -> Result<T, String>);

    impl<T> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(read))
}
