//! The steps that scenarios are written with, one file a subject. `iris-conformance steps` prints them from here.

pub(crate) mod acknowledgement;
mod acks;
mod changes;
mod cloud;
mod content;
mod customers;
mod faults;
mod files;
mod gradings;
mod management;
mod names;
mod orders;
mod parameters;
mod parties;
mod privacy;
mod proxy;
mod resources;
pub(crate) mod results;
mod transport;

pub(crate) use parties::order_profile;

use ::cucumber::codegen::{StepConstructor, WorldInventory, inventory};
use journal::{Direction, Event, Link, What};

pub use customers::Customer;
pub use resources::Use;

use crate::world::World;

/// How a step names a snapshot, for the check that no snapshot is an orphan.
pub const SNAPSHOT_NAME: &str = r#"matches the snapshot "([^"]+)"$"#;

/// The sources of the steps, from which their descriptions are taken.
const SOURCES: &[(&str, &str)] = &[
    ("acks.rs", include_str!("acks.rs")),
    ("changes.rs", include_str!("changes.rs")),
    ("cloud.rs", include_str!("cloud.rs")),
    ("content.rs", include_str!("content.rs")),
    ("customers.rs", include_str!("customers.rs")),
    ("faults.rs", include_str!("faults.rs")),
    ("files.rs", include_str!("files.rs")),
    ("gradings.rs", include_str!("gradings.rs")),
    ("management.rs", include_str!("management.rs")),
    ("names.rs", include_str!("names.rs")),
    ("orders.rs", include_str!("orders.rs")),
    ("parties.rs", include_str!("parties.rs")),
    ("privacy.rs", include_str!("privacy.rs")),
    ("proxy.rs", include_str!("proxy.rs")),
    ("resources.rs", include_str!("resources.rs")),
    ("results.rs", include_str!("results.rs")),
    ("transport.rs", include_str!("transport.rs")),
];

/// A step as a scenario author sees it.
#[derive(Clone, Debug)]
pub struct StepInfo {
    /// `Given`, `When` or `Then`.
    pub keyword: &'static str,
    /// The text with its parameters.
    pub expression: String,
    /// What it does.
    pub about: String,
    /// Source file.
    pub file: String,
    /// Line of its attribute.
    pub line: u32,
}

/// All registered steps, in the order of files and lines.
pub fn all() -> Vec<StepInfo> {
    fn of<T: StepConstructor<World> + inventory::Collect>(keyword: &'static str) -> Vec<StepInfo> {
        let info = |step: &T| {
            let (location, ..) = step.inner();
            let (expression, about) = describe(location.path, location.line);
            StepInfo { keyword, expression, about, file: location.path.to_string(), line: location.line }
        };
        inventory::iter::<T>().map(info).collect()
    }
    let mut steps = of::<<World as WorldInventory>::Given>("Given");
    steps.extend(of::<<World as WorldInventory>::When>("When"));
    steps.extend(of::<<World as WorldInventory>::Then>("Then"));
    steps.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    steps
}

/// Expression and doc comment of the step whose attribute stands in that line.
fn describe(file: &str, line: u32) -> (String, String) {
    let source = SOURCES.iter().find(|(name, _)| file.ends_with(name)).map_or("", |(_, source)| source);
    let lines: Vec<&str> = source.lines().collect();
    let at = (line as usize).saturating_sub(1).min(lines.len());
    let attribute = lines[at..].iter().find(|l| l.contains('"')).copied().unwrap_or("");
    let expression = attribute.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map_or("", |(text, _)| text);
    let docs = lines[..at]
        .iter()
        .rev()
        .skip_while(|l| l.trim_start().starts_with("#["))
        .map_while(|l| l.trim_start().strip_prefix("///"));
    let mut docs: Vec<&str> = docs.map(str::trim).collect();
    docs.reverse();
    (expression.to_owned(), docs.join(" "))
}

/// The contents of frames on a link, in order; the EMR records both links.
fn frames(events: &[Event], wanted: Link, way: Direction) -> impl Iterator<Item = &[u8]> {
    events.iter().filter_map(move |event| match &event.what {
        What::Frame { link, direction, content, .. } if *link == wanted && *direction == way => {
            Some(content.as_slice())
        }
        _ => None,
    })
}

/// The messages of a kind (MSH-9.1) that the EMR received, in order.
fn received<'a>(events: &'a [Event], kind: &str) -> Vec<&'a [u8]> {
    frames(events, Link::Results, Direction::In)
        .filter(|content| {
            // the header alone: a result may have many megabytes
            let header = content.split(|byte| *byte == b'\r').next().unwrap_or_default();
            hl7::Message::parse(header).is_ok_and(|header| header.message_type().0 == kind)
        })
        .collect()
}

/// The facts of a name, in order: identity and details.
fn facts<'a>(events: &'a [Event], wanted: &str) -> Vec<(&'a str, &'a serde_json::Value)> {
    events
        .iter()
        .filter_map(|event| match &event.what {
            What::Fact { name, id, data } if name == wanted => Some((id.as_str(), data)),
            _ => None,
        })
        .collect()
}

/// The facts whose name begins so, in words, for "seen".
fn seen_facts(events: &[Event], prefix: &str) -> String {
    let facts: Vec<String> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Fact { name, id, data } if name.starts_with(prefix) => Some(format!("{name} {id} {data}")),
            _ => None,
        })
        .collect();
    if facts.is_empty() { format!("no {prefix}…") } else { facts.join("; ") }
}
