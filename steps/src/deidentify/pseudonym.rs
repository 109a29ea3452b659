//! Values that stand for others: always the same under one key, and nothing that leads back without it.

use std::path::Path;

use fake::Fake;
use fake::faker::name::en::{FirstName, LastName};
use jiff::ToSpan;
use jiff::civil::Date;
use journal::Seed;
use ring::hmac;
use ring::rand::SystemRandom;

/// Days that dates move back, at most.
const MOST_DAYS: u64 = 3640;

/// What pseudonyms are made with. Whoever has it can test guesses, so it belongs to nobody but the owner of the data.
pub struct Key(hmac::Key);

/// No key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key {0}: {1}")]
    File(String, std::io::Error),
    /// It can be guessed.
    #[error("the key {0} has {1} bytes; it needs 16 at least, such as 32 random ones")]
    Short(String, usize),
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

impl Key {
    /// A key that nobody knows and that is gone with the program.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn random() -> Result<Key, KeyError> {
        hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map(Key).map_err(|_| KeyError::Random)
    }

    /// The key in a file.
    ///
    /// # Errors
    /// The file cannot be read, or is too short.
    pub fn read(file: &Path) -> Result<Key, KeyError> {
        let name = file.display().to_string();
        let bytes = std::fs::read(file).map_err(|e| KeyError::File(name.clone(), e))?;
        match bytes.len() {
            short @ 0..16 => Err(KeyError::Short(name, short)),
            _ => Ok(Key(hmac::Key::new(hmac::HMAC_SHA256, &bytes))),
        }
    }

    /// Letters and digits become others of their class, all else stays. Small letters and capitals are the same value. Text beyond
    /// ASCII keeps its number of bytes in UTF-8, and else its bytes beyond ASCII.
    pub(super) fn mask(&self, value: &[u8]) -> Vec<u8> {
        let hexadecimal = is_hexadecimal(value);
        for round in 0..8 {
            let mut random = self.stream(value, round);
            let masked = match str::from_utf8(value) {
                Ok(text) => text
                    .chars()
                    .map(|c| of_class(c, hexadecimal, random.next().unwrap_or_default()))
                    .collect::<String>()
                    .into_bytes(),
                Err(_) => value.iter().map(|byte| byte_of_class(*byte, random.next().unwrap_or_default())).collect(),
            };
            if masked != value || !value.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte > 0x7f) {
                return masked;
            }
        }
        value.iter().map(|byte| if byte.is_ascii_alphanumeric() { b'0' } else { *byte }).collect()
    }

    /// Each word of a name becomes a name of the same length; its letters are small or capital where the original's are.
    pub(super) fn name(&self, value: &[u8]) -> Vec<u8> {
        if !value.is_ascii() {
            return self.mask(value);
        }
        let words = value.split_inclusive(|byte| !byte.is_ascii_alphabetic());
        words
            .flat_map(|word| {
                let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let (letters, rest) = word.split_at(letters);
                [self.name_word(letters), self.mask(rest)].concat()
            })
            .collect()
    }

    fn name_word(&self, word: &[u8]) -> Vec<u8> {
        if word.len() < 3 {
            return self.mask(word);
        }
        let seed = self.stream(word, 0).take(8).fold(0, |number, byte| number << 8 | u64::from(byte));
        let mut random = Seed::new(seed).rng();
        for _ in 0..400 {
            let (first, last): (String, String) =
                (FirstName().fake_with_rng(&mut random), LastName().fake_with_rng(&mut random));
            let fits = |name: &String| name.len() == word.len() && !name.as_bytes().eq_ignore_ascii_case(word);
            if let Some(name) =
                [last, first].into_iter().find(|name| fits(name) && name.bytes().all(|b| b.is_ascii_alphabetic()))
            {
                return in_letters_of(word, name.as_bytes());
            }
        }
        self.mask(word)
    }

    /// How many days the dates of a patient move back: whole weeks, so that days of the week stay.
    pub(super) fn days(&self, patient: &str) -> i64 {
        let number = self.stream(patient.as_bytes(), 1).take(4).fold(0, |number, byte| number << 8 | u64::from(byte));
        (7 + number % (MOST_DAYS / 7) * 7) as i64
    }

    fn stream(&self, value: &[u8], round: u8) -> impl Iterator<Item = u8> + use<> {
        let (key, value) = (self.0.clone(), String::from_utf8_lossy(value).to_lowercase().into_bytes());
        (0u32..).flat_map(move |block| {
            let tag = hmac::sign(&key, &[&[round][..], &block.to_be_bytes(), &value].concat());
            tag.as_ref().to_vec()
        })
    }
}

fn is_hexadecimal(value: &[u8]) -> bool {
    value.iter().filter(|byte| byte.is_ascii_hexdigit()).count() >= 16
        && value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
        && value.iter().any(u8::is_ascii_digit)
}

fn of_class(c: char, hexadecimal: bool, random: u8) -> char {
    let letters = if hexadecimal { 6 } else { 26 };
    match c {
        '0'..='9' => char::from(b'0' + random % 10),
        'a'..='z' => char::from(b'a' + random % letters),
        'A'..='Z' => char::from(b'A' + random % letters),
        c if c.is_ascii() => c,
        c => match c.len_utf8() {
            2 => ['ä', 'é', 'ñ', 'ö', 'ø', 'ú', 'ç', 'í'][usize::from(random % 8)],
            3 => char::from_u32(0x4e00 + u32::from(random)).unwrap_or('一'),
            _ => char::from_u32(0x1f600 + u32::from(random % 64)).unwrap_or('😀'),
        },
    }
}

fn byte_of_class(byte: u8, random: u8) -> u8 {
    match byte {
        0x80.. => 0xe0 + random % 16,
        byte => of_class(char::from(byte), false, random) as u8,
    }
}

/// `other` in small letters and capitals as `like` has them.
pub(super) fn in_letters_of(like: &[u8], other: &[u8]) -> Vec<u8> {
    let same = |(like, other): (&u8, &u8)| {
        if like.is_ascii_uppercase() {
            other.to_ascii_uppercase()
        } else if like.is_ascii_lowercase() {
            other.to_ascii_lowercase()
        } else {
            *other
        }
    };
    like.iter().zip(other).map(same).collect()
}

/// An HL7 time stamp, its date moved back; nothing if it is none. Its precision stays.
pub(super) fn moved(stamp: &[u8], days: i64) -> Option<Vec<u8>> {
    let text = str::from_utf8(stamp).ok()?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let precise = match digits {
        4 | 6 => digits,
        8 | 10 | 12 | 14 => 8,
        _ => return None,
    };
    if !text[digits..].bytes().all(|byte| byte.is_ascii_digit() || b".+-".contains(&byte)) || text.len() > 26 {
        return None;
    }
    let number = |from: usize, to: usize, otherwise: i16| {
        if precise >= to { text[from..to].parse::<i16>().ok() } else { Some(otherwise) }
    };
    let (year, month, day) = (number(0, 4, 0)?, number(4, 6, 7)?, number(6, 8, 1)?);
    if !(1850..2200).contains(&year) {
        return None;
    }
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let written = date.checked_sub(days.days()).ok()?.strftime("%Y%m%d").to_string();
    Some([&written.as_bytes()[..precise], &stamp[precise..]].concat())
}

/// An id that is a time stamp without its century, as IRIS gives them (ORU-MSH-10): its date moved back.
pub(super) fn moved_id(id: &[u8], days: i64) -> Option<Vec<u8>> {
    let stamp = (id.len() == 12).then(|| [b"20", id].concat())?;
    moved(&stamp, days).map(|stamp| stamp[2..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key(hmac::Key::new(hmac::HMAC_SHA256, b"a key of the tests"))
    }

    #[test]
    fn masks_keep_length_and_classes_and_are_always_the_same() {
        let key = key();
        for value in ["MRN-4711/a", "Größe 12", "李明", "X", "63E3C9EF-66AC-4154-B0C2-494515EB99A7"] {
            let masked = String::from_utf8(key.mask(value.as_bytes())).unwrap();
            assert_eq!(masked.len(), value.len(), "{masked}");
            assert_ne!(masked, value);
            assert_eq!(key.mask(value.as_bytes()), masked.as_bytes());
            let class = |c: char| (c.is_ascii_digit(), c.is_ascii_lowercase(), c.is_ascii_uppercase());
            assert!(masked.chars().zip(value.chars()).all(|(a, b)| class(a) == class(b)), "{masked}");
        }
        assert_eq!(key.mask(b"mrn").to_ascii_uppercase(), key.mask(b"MRN"));
        assert!(is_hexadecimal(&key.mask(b"63E3C9EF-66AC-4154-B0C2-494515EB99A7")));
        assert!(key.mask(b"M\xfcller")[1] >= 0xe0);
    }

    #[test]
    fn names_become_names_of_the_same_length() {
        for name in ["DOE", "Hopkins", "JOHN S", "O'NEIL", "Al"] {
            let other = String::from_utf8(key().name(name.as_bytes())).unwrap();
            assert!(other.len() == name.len() && !other.eq_ignore_ascii_case(name), "{other}");
        }
    }

    #[test]
    fn dates_move_and_keep_their_precision_and_intervals() {
        assert_eq!(moved(b"20170410102836.12+0100", 7).unwrap(), b"20170403102836.12+0100");
        assert_eq!(moved(b"19581012", 14).unwrap(), b"19580928");
        assert_eq!(moved(b"1958", 7).unwrap(), b"1958");
        for none in ["19581312", "CANARY", "1958101", "20170410-no", ""] {
            assert_eq!(moved(none.as_bytes(), 7), None, "{none}");
        }
        assert!(key().days("a") % 7 == 0 && key().days("a") != key().days("b"));
    }
}
