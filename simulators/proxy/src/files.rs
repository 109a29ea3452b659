//! Results as files (CON-047, CON-078): which path a template means, and how a file comes to be there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::DateTime;
use tempfile::TempPath;
use uuid::Uuid;

use crate::defects::{self, Flaw};

/// How many files of one name there may be.
const MAX_SAME_NAME: u32 = 1000;

/// What Windows keeps for devices, whatever the extension (FILE-085).
const DEVICES: &[&str] = &[
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2",
    "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// Replaces the tokens of date and time, in one pass and by one reading of the clock (FILE-020 to FILE-027, FILE-065).
pub(crate) fn expand(template: &str, now: DateTime) -> String {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        let token = after.split_once('}').and_then(|(name, after)| Some((date(name, now)?, after)));
        match token {
            Some((value, after)) => {
                path.push_str(&value);
                rest = after;
            }
            None => {
                path.push('{'); // FILE-025: the text stays as it is
                rest = after;
            }
        }
    }
    path + rest
}

/// FILE-050 to FILE-063
fn date(token: &str, now: DateTime) -> Option<String> {
    let lower;
    let token = if defects::has(Flaw::TokenCaseIgnored) && token == token.to_uppercase() {
        lower = token.replace("YYYY", "yyyy").replace("DD", "dd");
        &lower
    } else {
        token
    };
    let (token, day) = match token.strip_prefix("YEST_") {
        Some(token) if defects::has(Flaw::YesterdayIsToday) => (token, now),
        Some(token) => (token, now.checked_sub(1.day()).ok()?),
        None => (token, now),
    };
    let format = match token {
        "yyyy" => "%Y",
        "MM" => "%m",
        "dd" => "%d",
        "yyyyMMdd_HHmmss" => "%Y%m%d_%H%M%S",
        "yyyyMMdd" => "%Y%m%d",
        "MMddyyyy" => "%m%d%Y",
        _ => return None,
    };
    Some(day.strftime(format).to_string())
}

/// Where an expanded path leads, below the root in any case; or why it cannot be used (FILE-080 to FILE-086, FILE-091).
pub(crate) fn place(root: &Path, expanded: &str) -> Result<PathBuf, &'static str> {
    let unified = |path: &str| path.replace('\\', "/");
    let (base, path) = (unified(&root.to_string_lossy()), unified(expanded));
    let begins = path.get(..base.len()).is_some_and(|begin| match cfg!(windows) {
        true => begin.eq_ignore_ascii_case(&base),
        false => begin == base,
    });
    let path = match begins.then(|| &path[base.len()..]) {
        Some(below) if base.ends_with('/') => below,
        Some(below) if below.starts_with('/') => &below[1..],
        _ => &path,
    };
    let mut place = root.to_owned();
    for level in path.split('/') {
        if !defects::has(Flaw::WritesAnywhere) {
            usable(level)?;
        }
        place.push(level);
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.strip_prefix('.') {
        Some(extension) if !extension.contains('.') => Err("the file name is nothing but an extension"), // FILE-043
        _ => Ok(place),
    }
}

fn usable(level: &str) -> Result<(), &'static str> {
    let stem = level.split('.').next().unwrap_or_default().trim_end();
    match () {
        () if level.is_empty() => Err("a level of the path is empty"), // FILE-042, FILE-084
        () if level.ends_with(['.', ' ']) => Err("a level of the path ends in a dot or blank"), // FILE-083, FILE-086
        () if level.contains(|c: char| matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') || c < ' ') => {
            Err("a level of the path holds a character that no file name may hold") // FILE-081, FILE-082
        }
        () if DEVICES.iter().any(|device| device.eq_ignore_ascii_case(stem)) => {
            Err("a level of the path is the name of a device") // FILE-085
        }
        () => Ok(()),
    }
}

/// Writes a file under a name that is free, complete or not at all (FILE-009, FILE-010, FILE-088). A file that holds the same
/// already is left alone (FILE-098).
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    if !defects::has(Flaw::NoFolderMade) {
        fs::create_dir_all(folder)?; // FILE-008
    }
    if defects::has(Flaw::PartLeftBehind) {
        fs::write(folder.join("report.part"), content)?;
    }
    if defects::has(Flaw::ChecksNameFirst) {
        return defects::write_after_look(path, content, |number| numbered(path, number));
    }
    if defects::has(Flaw::OverwritesFiles) {
        return fs::write(path, content);
    }
    if defects::has(Flaw::WritesInPlace) {
        return defects::write_in_place(path, content);
    }
    let part = folder.join(format!(".{}.part", Uuid::new_v4()));
    let mut file = File::create_new(&part)?;
    let mut part = TempPath::try_from_path(part)?; // goes away whatever happens
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    for number in 1..=MAX_SAME_NAME {
        let target = numbered(path, number);
        match part.persist_noclobber(&target) {
            Ok(()) => return Ok(()),
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
            Err(_) if fs::read(&target)? == content && !defects::has(Flaw::NumbersEqualFiles) => return Ok(()),
            Err(error) => part = error.path,
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// `name.pdf`, `name (2).pdf`, and so on.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!(" ({number})"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests;
