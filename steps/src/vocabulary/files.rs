//! Results as files (09-file-delivery): where they must appear, and where nothing may.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use emr::Cut;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use journal::{Event, Peer};
use tokio_util::sync::CancellationToken;

use super::changes::numbered;
use super::results::placer;
use super::{facts, orders, seen_facts};
use crate::report::probes::PROBE;
use crate::world::{Outcome, Stop, World, error, failed};

/// The grading of orders that these steps grade themselves.
const GRADING: &str = "normal in both eyes";

/// Reports are delivered as files beside the messages; `{root}` is the results folder, other tokens are those of FILE-030 ff.
#[given(expr = "IRIS delivers reports as files named {string}")]
async fn as_files(world: &mut World, template: String) -> Outcome {
    deliver(world, &template, true)
}

/// Reports are delivered as files, and nothing else is delivered (FILE-003).
#[given(expr = "IRIS delivers nothing but files named {string}")]
async fn only_files(world: &mut World, template: String) -> Outcome {
    deliver(world, &template, false)
}

fn deliver(world: &World, template: &str, messages: bool) -> Outcome {
    let template = template.replace("{root}", &world.results_folder()?.to_string_lossy());
    world.cloud()?.set_up(|organization| {
        let settings = &mut organization.settings;
        (settings.deliver_file, settings.deliver_hl7, settings.file_template) = (true, messages, template);
    });
    Ok(())
}

/// Below the results folder is a file of this name with the bytes of the last order's report (FILE-006). Date tokens stand for
/// the moment of delivery, in the host's time zone or UTC (FILE-066, FILE-067).
#[then(expr = "the file {string} holds the report")]
async fn holds(world: &mut World, name: String) -> Outcome {
    let order = placer(&world.last_order()?.content);
    let delivered = delivered(world, &order).await?;
    is_written(world, &delivered, &name, "FILE-006")
}

/// The report of every order is in a file below the results folder, so that none has taken the place of another (FILE-088).
#[then(expr = "every report is in a file of its own")]
async fn every_report(world: &mut World) -> Outcome {
    for order in &world.orders {
        let placer = placer(&order.content);
        let delivered = delivered(world, &placer).await?;
        let holding = delivered.files.values().filter(|content| **content == delivered.report).count();
        if holding != 1 {
            return failed("FILE-088", format!("one file with the report of {placer}"), format!("{holding} files"));
        }
    }
    Ok(())
}

/// The last order's report is in at least one file below the results folder; in how many is reported (`--json`, probes; FILE-089).
#[then(expr = "the report is there, and how many files hold it is recorded")]
async fn recorded(world: &mut World) -> Outcome {
    let delivered = delivered(world, &placer(&world.last_order()?.content)).await?;
    let holding = delivered.files.values().filter(|content| **content == delivered.report).count();
    world.journal.fact(Peer::Harness, PROBE, "FILE-089", serde_json::json!({ "files": delivered.files.len() }));
    if holding > 0 { Ok(()) } else { failed("FILE-006", "a file with the report", "none") }
}

/// So many files are below the results folder once the quiet period is over.
#[then(expr = "{int} file(s) is/are in the results folder")]
async fn so_many(world: &mut World, count: usize) -> Outcome {
    let folder = world.results_folder()?.to_owned();
    world.expect_never("FILE-010", "", |_| None).await?;
    let files = files(&folder);
    if files.len() == count {
        Ok(())
    } else {
        failed("FILE-010", format!("{count} files"), format!("{:?}", files.keys()))
    }
}

/// For each row an order is sent, with `value` at `path` if they are given (several values are set apart by " ; "), and graded; its
/// report must have the name `file` when reports are named `template`; with "or nothing" behind it IRIS may also be told that it
/// was not written.
#[then(expr = "each of these templates names the file")]
async fn templates(world: &mut World, step: &Step) -> Outcome {
    for (number, row) in (1..).zip(rows(step)?) {
        let cell = |name| row.get(name).copied().unwrap_or_default();
        deliver(world, cell("template"), true)?;
        let checked = async {
            let delivered = order_and_grade(world, number, cell("path"), cell("value")).await?;
            is_written(world, &delivered, cell("file"), cell("requirement"))
        };
        checked.await.map_err(|stop| blamed(stop, cell("requirement"), cell("template")))?;
    }
    Ok(())
}

/// For each row an order with `value` at `path` is sent and graded; [0x20] is a blank. Either its report appears once below the results folder, or
/// IRIS is told that it was not written; no other result is replaced, nothing appears elsewhere, and the proxy goes on (FILE-080).
#[then(expr = "each of these orders is written safely or visibly not at all")]
async fn safely(world: &mut World, step: &Step) -> Outcome {
    for (number, row) in (1..).zip(rows(step)?) {
        let cell = |name| row.get(name).copied().unwrap_or_default();
        let checked = async {
            let delivered = order_and_grade(world, number, cell("path"), cell("value")).await?;
            is_safe(world, &delivered, cell("requirement"))
        };
        checked.await.map_err(|stop| blamed(stop, cell("requirement"), cell("value")))?;
    }
    Ok(())
}

/// An order is sent and graded while somebody looks at the results folder all the time: a file with the ending `.pdf` is whole
/// whenever it is seen (FILE-009).
#[then(expr = "no report is seen in part while it is written")]
async fn never_in_part(world: &mut World) -> Outcome {
    let folder = world.results_folder()?.to_owned();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let watching = tokio::spawn(async move {
        let mut sizes: BTreeSet<(PathBuf, usize)> = BTreeSet::new();
        while !stopped.is_cancelled() {
            sizes.extend(files(&folder).into_iter().map(|(name, content)| (name, content.len())));
            tokio::time::sleep(Duration::from_millis(1)).await; // looks again: nobody announces a file
        }
        sizes
    });
    let delivered = order_and_grade(world, 1, "", "").await;
    stop.cancel();
    let sizes = watching.await.map_err(error)?;
    let report = delivered?.report;
    let part =
        sizes.iter().find(|(name, size)| name.extension().is_some_and(|end| end == "pdf") && *size != report.len());
    match part {
        None => Ok(()),
        Some((name, size)) => {
            failed("FILE-009", format!("{} bytes at once", report.len()), format!("{} with {size}", name.display()))
        }
    }
}

/// Waits for the next second of this machine's clock, which names of files may hold (FILE-069).
#[when(expr = "the next second has begun")]
async fn next_second(_world: &mut World) -> Outcome {
    let rest = 1_000 - u64::from(Timestamp::now().subsec_millisecond().unsigned_abs());
    tokio::time::sleep(Duration::from_millis(rest)).await; // the clock is the host's: nothing announces it
    Ok(())
}

/// A file stands where the results folder should be, so that nothing can be written (FILE-095).
#[given(expr = "the results folder cannot be used")]
async fn unusable(world: &mut World) -> Outcome {
    let folder = world.results_folder()?;
    std::fs::remove_dir_all(folder).map_err(error)?;
    std::fs::write(folder, b"in the way").map_err(error)
}

/// The cause is removed (FILE-011).
#[when(expr = "the results folder can be used again")]
async fn usable(world: &mut World) -> Outcome {
    let folder = world.results_folder()?;
    std::fs::remove_file(folder).map_err(error)?;
    std::fs::create_dir(folder).map_err(error)
}

/// OBX-5 of the last result names the file below the results folder that holds the report (FILE-013).
#[then(expr = "the path in OBX-5 of the ORU is that of the file")]
async fn pointer(world: &mut World) -> Outcome {
    let order = placer(&world.last_order()?.content);
    let delivered = delivered(world, &order).await?;
    let content = world.first(super::parameters::Kind(cloud::Kind::Oru)).await?;
    let message = hl7::Message::parse(content).map_err(error)?;
    let pointers = (1..=message.count("OBX")).filter(|n| message.raw(&format!("OBX[{n}]-2")) == Some(&b"RP"[..]));
    let paths: Vec<String> =
        pointers.filter_map(|n| message.text(&format!("OBX[{n}]-5.1")).map(|text| text.into_owned())).collect();
    let written: Vec<&PathBuf> = delivered.files.keys().collect();
    let wanted: Vec<String> = written
        .iter()
        .map(|name| world.results_folder().map(|folder| folder.join(name).to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()?;
    let unified = |path: &String| path.replace('\\', "/");
    if paths.iter().map(unified).eq(wanted.iter().map(unified)) {
        return Ok(());
    }
    failed("FILE-013", format!("{wanted:?}"), format!("{paths:?}"))
}

/// What a delivery of a file led to.
struct Delivered {
    /// Outcome of the receipt (CON-044).
    outcome: String,
    /// The instants between which it was written.
    window: (Timestamp, Timestamp),
    report: Vec<u8>,
    /// All files below the results folder, by their path in it.
    files: BTreeMap<PathBuf, Vec<u8>>,
}

async fn order_and_grade(world: &mut World, number: usize, path: &str, value: &str) -> Result<Delivered, Stop> {
    let mut message = numbered(&world.message("new-order")?, number)?;
    for (path, value) in path.split_whitespace().zip(value.split(" ; ")) {
        let value = value.replace("[0x20]", " "); // a table cuts blanks off
        message.set(&path.parse().map_err(error)?, value.as_bytes()).map_err(error)?;
    }
    let content = message.into_bytes();
    world.send_order(content.clone(), &Cut::Whole).await?;
    orders::accepted(world).await?;
    world.grade_last_order(GRADING)?;
    delivered(world, &placer(&content)).await
}

/// Waits for the receipt of the order's newest file.
async fn delivered(world: &World, order: &str) -> Result<Delivered, Stop> {
    let report = world.cloud()?.report(order).ok_or_else(|| Stop::Blocked("the order has no report".to_owned()))?;
    let file = world.cloud()?.deliveries().into_iter().rfind(|delivery| delivery.kind == cloud::Kind::File);
    let id = file.ok_or_else(|| Stop::Blocked("IRIS delivers no files".to_owned()))?.id.to_string();
    let of = |events: &[Event], name: &str| {
        let found = facts(events, name).into_iter().rfind(|(fact, _)| *fact == id);
        found.map(|(_, data)| data["Outcome"].as_str().unwrap_or_default().to_owned())
    };
    let told = |events: &[Event]| of(events, "delivery.receipt");
    let outcome =
        world.expect("CON-044", "a receipt for the file", told, |events| seen_facts(events, "delivery.")).await?;
    let wall = |name: &str| {
        world.journal.read(|events| {
            let is = |event: &&Event| matches!(&event.what, journal::What::Fact { name: fact, id: of, .. } if fact == name && *of == id);
            events.iter().find(is).map(|event| event.wall)
        })
    };
    let now = Timestamp::now();
    let window = (wall("delivery.queued").unwrap_or(now), wall("delivery.receipt").unwrap_or(now));
    Ok(Delivered { outcome, window, report, files: files(world.results_folder()?) })
}

fn is_written(world: &World, delivered: &Delivered, name: &str, requirement: &str) -> Outcome {
    let (name, or_nothing) = name.strip_suffix(" or nothing").map_or((name, false), |name| (name, true));
    if or_nothing && delivered.outcome == "NotSent" {
        return Ok(());
    }
    let names = possible(name, delivered.window);
    let there = names.iter().find_map(|name| delivered.files.get(name));
    match there {
        Some(content) if *content == delivered.report => Ok(()),
        Some(content) => failed(
            "FILE-006",
            format!("the {} bytes of the report", delivered.report.len()),
            format!("{} other bytes in {name}", content.len()),
        ),
        None => {
            let seen = format!("{:?}; IRIS was told {}", delivered.files.keys(), delivered.outcome);
            failed(requirement, format!("{names:?} below {}", world.results_folder()?.display()), seen)
        }
    }
}

fn is_safe(world: &mut World, delivered: &Delivered, requirement: &str) -> Outcome {
    let folder = world.results_folder()?.to_owned();
    let outside: Vec<PathBuf> = files(folder.parent().unwrap_or(&folder))
        .into_keys()
        .filter(|path| !path.starts_with(folder.file_name().unwrap_or_default()))
        .collect();
    if !outside.is_empty() {
        return failed(requirement, "nothing outside the results folder", format!("{outside:?}"));
    }
    let before = std::mem::replace(&mut world.files_seen, delivered.files.clone());
    if let Some((name, _)) = before.iter().find(|(name, content)| delivered.files.get(*name) != Some(content)) {
        return failed(requirement, "no other result is touched", format!("{} is another one now", name.display()));
    }
    let new: Vec<_> = delivered.files.iter().filter(|(name, _)| !before.contains_key(*name)).collect();
    match (delivered.outcome.as_str(), new.as_slice()) {
        ("Accepted", [(_, content)]) if **content == delivered.report => Ok(()),
        // the same content is there already (FILE-098)
        ("Accepted", []) if before.values().any(|content| *content == delivered.report) => Ok(()),
        ("NotSent", []) => Ok(()),
        (outcome, new) => {
            let names: Vec<_> = new.iter().map(|(name, content)| (name, content.len())).collect();
            let expected = "one file with the report and Accepted, or none and NotSent";
            failed(requirement, expected, format!("{names:?} and {outcome}"))
        }
    }
}

/// The cells of a table by the names of their columns.
fn rows(step: &Step) -> Result<Vec<BTreeMap<&str, &str>>, Stop> {
    let table = step.table.as_ref().ok_or_else(|| Stop::Error("the step needs a table".to_owned()))?;
    let (header, rows) = table.rows.split_first().ok_or_else(|| Stop::Error("the table is empty".to_owned()))?;
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    Ok(rows
        .iter()
        .map(|row| names.iter().copied().zip(row.iter().map(String::as_str)))
        .map(Iterator::collect)
        .collect())
}

fn blamed(stop: Stop, requirement: &str, what: &str) -> Stop {
    match stop {
        Stop::Failed { requirement: broken, expected, seen } => {
            let requirement = if broken.is_empty() || broken == requirement {
                requirement.to_owned()
            } else {
                format!("{broken} {requirement}")
            };
            Stop::Failed { requirement, expected: format!("`{what}`: {expected}"), seen }
        }
        Stop::Blocked(why) => Stop::Blocked(format!("{requirement} `{what}`: {why}")),
        other => other,
    }
}

/// All files below a folder, by their path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    // a file that is gone again is none
    files
        .filter_map(|entry| {
            let name = entry.path().strip_prefix(folder).ok()?.to_owned();
            Some((name, std::fs::read(entry.path()).ok()?))
        })
        .collect()
}

/// The paths that a name with date tokens may mean in a span of time.
fn possible(name: &str, (from, to): (Timestamp, Timestamp)) -> BTreeSet<PathBuf> {
    let mut names = BTreeSet::new();
    let mut at = from;
    loop {
        for zone in [TimeZone::system(), TimeZone::UTC] {
            names.insert(PathBuf::from(dated(name, at.to_zoned(zone).datetime()).replace('\\', "/")));
        }
        if at >= to {
            return names;
        }
        at = at.checked_add(1.second()).unwrap_or(to).min(to);
    }
}

/// FILE-050 to FILE-061
fn dated(name: &str, now: DateTime) -> String {
    let formats = [
        ("yyyyMMdd_HHmmss", "%Y%m%d_%H%M%S"),
        ("yyyyMMdd", "%Y%m%d"),
        ("MMddyyyy", "%m%d%Y"),
        ("yyyy", "%Y"),
        ("MM", "%m"),
        ("dd", "%d"),
    ];
    formats.iter().fold(name.to_owned(), |name, (token, format)| {
        let yesterday = now.checked_sub(1.day()).unwrap_or(now);
        let name = name.replace(&format!("{{YEST_{token}}}"), &yesterday.strftime(format).to_string());
        name.replace(&format!("{{{token}}}"), &now.strftime(format).to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_tokens_mean_each_second_of_the_span() {
        let at = |text: &str| text.parse().unwrap();
        let names = possible(
            r"{YEST_MMddyyyy}\{yyyyMMdd_HHmmss}.pdf",
            (at("2024-09-01T09:04:20Z"), at("2024-09-01T09:04:21Z")),
        );
        for expected in ["08312024/20240901_090420.pdf", "08312024/20240901_090421.pdf"] {
            assert!(names.contains(Path::new(expected)), "FILE-053, FILE-061: {names:?}");
        }
    }
}
