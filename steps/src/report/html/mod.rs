//! The run as one HTML page that needs nothing else: no network, no other file.
//!
//! Everything that was seen goes into the page as data and is put on the screen as text. A policy lets the page run its own
//! script and nothing else, so that no text from a message can run or load anything.

mod data;
mod message;

pub(crate) use self::message::Shortened;

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, UndefinedBehavior, context};
use ring::digest::{SHA256, digest};

use super::RunReport;

const PAGE: &str = include_str!("page.html");
pub(crate) const STYLE: &str = include_str!("page.css");
/// How bytes are shown; strict mode is what it is included in.
pub(crate) const BYTES_SCRIPT: &str = include_str!("page/bytes.js");
const SCRIPT: &str = concat!(
    include_str!("page/base.js"),
    include_str!("page/bytes.js"),
    include_str!("page/summary.js"),
    include_str!("page/scenarios.js"),
    include_str!("page/message.js"),
    include_str!("page/requirements.js"),
    include_str!("page/main.js"),
);

/// The page.
///
/// # Errors
/// A report that cannot be written as JSON, which would be a defect of the harness.
pub fn write(run: &RunReport) -> anyhow::Result<String> {
    let data = script_safe(&serde_json::to_string(&data::page(run))?);
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let page = templates.render_str(
        PAGE, // not .html to minijinja: what goes in is ours, or escaped above
        context! {
            title => data::TITLE,
            style => STYLE,
            style_hash => hash(STYLE),
            script => SCRIPT,
            script_hash => hash(SCRIPT),
            data,
        },
    )?;
    Ok(page)
}

/// JSON that cannot end the script element in which it stands, nor begin a comment there.
fn script_safe(json: &str) -> String {
    let mut safe = String::with_capacity(json.len() + json.len() / 64);
    for c in json.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            // control and direction characters, which an editor or a terminal would obey
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}') =>
            {
                let _ = write!(safe, "\\u{:04x}", u32::from(c));
            }
            other => safe.push(other),
        }
    }
    safe
}

/// How a Content-Security-Policy names a script or style.
pub(crate) fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests;
