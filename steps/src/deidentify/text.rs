//! Texts that people write: what is known to be harmless stays, all else goes.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::Date;
use regex::bytes::Regex;

use super::Work;
use super::pseudonym::moved;

/// Words of results, care plans, code tables and everyday language, in small letters.
static WORDS: LazyLock<HashSet<&[u8]>> =
    LazyLock::new(|| include_str!("words.txt").split_whitespace().map(str::as_bytes).collect());

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a test compiles the patterns that are built in")
}

static STAMP: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)\b(?:18|19|20)\d{6}(?:\d{2}|\d{4}|\d{6})?\b"));
static DATE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u)\b(\d{4})-(\d\d)-(\d\d)\b|\b(\d\d?)([/-])(\d\d?)[/-](\d{4}|\d\d)\b"));
static GUID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u)[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32,}"));
static DIAGNOSIS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u)^[A-TV-Z]\d[0-9AB](?:[0-9A-Z]{1,4})?$|^\d{4}[FTU]$"));

/// How much of a text is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Known words, and numbers of up to three digits.
    Words,
    /// Also numbers of up to five digits and any piece of up to three characters.
    Codes,
    /// Also codes of diagnoses and procedures.
    Diagnoses,
}

/// Everything but separators is masked that is not harmless; `escape` is the message's escape character, if there is one.
pub(super) fn cleaned(work: &Work, text: &[u8], kept: Kept, escape: Option<u8>, days: i64) -> Vec<u8> {
    let mut new = text.to_vec();
    let mut done = vec![false; text.len()];
    if let Some(escape) = escape {
        escapes(work, &mut new, &mut done, escape);
    }
    let mut searched = new.clone();
    let mut found = vec![false; new.len()];
    work.known.replace(&mut searched, &mut found);
    for token in tokens(&new, &done) {
        if is_word(&new[token.clone()]) && found[token.clone()].contains(&false) {
            found[token].fill(false); // a name by accident within a known word
        }
    }
    for at in 0..new.len() {
        if found[at] && !done[at] {
            new[at] = searched[at];
            done[at] = true;
        }
    }
    put(&mut new, &mut done, &STAMP, |stamp| moved(stamp, days));
    put(&mut new, &mut done, &DATE, |date| written_date(date, days));
    put(&mut new, &mut done, &GUID, |id| Some(work.known.or_mask(id, &work.key)));
    for token in tokens(&new, &done) {
        if !is_harmless(&new[token.clone()], kept) {
            let masked = work.known.or_mask(&new[token.clone()], &work.key);
            new[token].copy_from_slice(&masked);
        }
    }
    new
}

/// Whether a whole value is one of the known words.
pub(super) fn is_word(value: &[u8]) -> bool {
    WORDS.contains(&value.to_ascii_lowercase()[..])
}

fn is_harmless(token: &[u8], kept: Kept) -> bool {
    let digits = token.iter().all(u8::is_ascii_digit);
    let (longest, shortest) = if kept == Kept::Words { (3, 0) } else { (5, 3) };
    is_word(token)
        || (digits && token.len() <= longest)
        || (token.is_ascii() && token.len() <= shortest)
        || (kept == Kept::Diagnoses && DIAGNOSIS.is_match(token))
}

/// Runs of letters, digits and bytes beyond ASCII that nothing has replaced.
fn tokens(text: &[u8], done: &[bool]) -> Vec<Range<usize>> {
    let belongs = |at: usize| !done[at] && (text[at].is_ascii_alphanumeric() || text[at] >= 0x80);
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let length = (at..text.len()).take_while(|at| belongs(*at)).count();
        if length > 0 {
            tokens.push(at..at + length);
        }
        at += length.max(1);
    }
    tokens
}

/// Escape sequences stay; the bytes of hexadecimal ones are masked.
fn escapes(work: &Work, text: &mut [u8], done: &mut [bool], escape: u8) {
    let mut from = 0;
    while let Some(start) = text[from..].iter().position(|byte| *byte == escape).map(|at| from + at) {
        let Some(length) = text[start + 1..].iter().take(200).position(|byte| *byte == escape) else { return };
        let (inside, end) = (start + 1..start + 1 + length, start + length + 1);
        let sequence = text[inside.clone()].to_vec();
        match sequence.split_first() {
            Some((b'X', digits)) if digits.len() % 2 == 0 && digits.iter().all(u8::is_ascii_hexdigit) => {
                let byte = |pair: &[u8]| str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
                let bytes: Vec<u8> = digits.chunks(2).filter_map(byte).collect();
                let hidden: String = work.key.mask(&bytes).iter().map(|byte| format!("{byte:02X}")).collect();
                text[inside.start + 1..inside.end].copy_from_slice(hidden.as_bytes());
            }
            Some((b'F' | b'S' | b'T' | b'R' | b'E' | b'H' | b'N', [])) => {}
            Some((b'.', _)) if sequence.len() <= 6 => {}
            _ => {
                from = start + 1; // no escape sequence, so a text like any other
                continue;
            }
        }
        done[start..=end].fill(true);
        from = end + 1;
    }
}

fn put(text: &mut [u8], done: &mut [bool], what: &Regex, with: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    let before = text.to_vec();
    for found in what.find_iter(&before) {
        let free = !done[found.range()].iter().any(|done| *done);
        if let Some(new) = with(found.as_bytes()).filter(|new| free && new.len() == found.len()) {
            text[found.range()].copy_from_slice(&new);
            done[found.range()].fill(true);
        }
    }
}

/// A date as people write it; where the new one would be longer or shorter, its digits are masked later.
fn written_date(date: &[u8], days: i64) -> Option<Vec<u8>> {
    let found = DATE.captures(date)?;
    let number =
        |group: usize| found.get(group).and_then(|part| str::from_utf8(part.as_bytes()).ok()?.parse::<i16>().ok());
    let american = found.get(4).is_some();
    let (year, month, day) =
        if american { (number(7)?, number(4)?, number(6)?) } else { (number(1)?, number(2)?, number(3)?) };
    let short = year < 100;
    let year = if short { 2000 + year - if year > 40 { 100 } else { 0 } } else { year };
    let date_of = |month: i16, day: i16| Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    let new = date_of(month, day).or_else(|| date_of(day, month))?.checked_sub(days.days()).ok()?;
    if !american {
        return Some(new.strftime("%Y-%m-%d").to_string().into_bytes());
    }
    let like = |group: usize, value: i8| match found.get(group).map_or(0, |part| part.len()) {
        2 => format!("{value:02}"),
        _ => format!("{}", value % 10), // a digit in place of a digit
    };
    let year = if short { format!("{:02}", new.year() % 100) } else { format!("{:04}", new.year()) };
    let between = if found.get(5).is_some_and(|sign| sign.as_bytes() == b"-") { '-' } else { '/' };
    Some(format!("{}{between}{}{between}{year}", like(4, new.month()), like(6, new.day())).into_bytes())
}
