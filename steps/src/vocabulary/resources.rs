//! What the proxy takes from its host and from its peers, before and after much work.

use cucumber::{then, when};
use journal::{Event, Link, Peer, What};

use super::facts;
use crate::world::{Outcome, Stop, World, error, failed};

/// What was in use when a step looked.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    memory: u64,
    descriptors: usize,
    /// Bytes in the proxy's folders.
    stored: u64,
}

/// Memory, open files and the size of the folders of the newest proxy are noted, to be compared later. Blocked where the system does
/// not tell them: this takes `/proc`.
#[when(expr = "the proxy's use of its host is noted")]
async fn note(world: &mut World) -> Outcome {
    world.noted = Some(in_use(world)?);
    Ok(())
}

/// IRIS hands over so many ORUs with so many bytes of base64, each when the one before was accepted.
#[when(expr = "IRIS delivers {int} ORUs with {int} bytes of PDF, and all are accepted")]
async fn many_large(world: &mut World, count: usize, size: usize) -> Outcome {
    let mut message = hl7::Message::parse(world.message("result-pdf")?).map_err(error)?;
    let path = format!("OBX[{}]-5", message.count("OBX")).parse().map_err(error)?;
    message.set(&path, &[b"PDF^TEXT^^Base64^".to_vec(), vec![b'A'; size]].concat()).map_err(error)?;
    let content = message.into_bytes();
    for _ in 0..count {
        let cloud = world.cloud()?;
        let delivery = cloud.prepare(cloud::Kind::Oru, content.clone());
        cloud.signal(&delivery).map_err(error)?;
        let id = delivery.id.to_string();
        let told = |events: &[Event]| {
            let all = facts(events, "delivery.receipt");
            all.iter().any(|(i, data)| *i == id && data["Outcome"] == "Accepted").then_some(())
        };
        let seen = |_: &[Event]| "none".to_owned();
        world.expect("MLLP-014", "a receipt for every ORU", told, seen).await?;
    }
    Ok(())
}

/// Since it was noted the proxy's memory has grown by so many MiB at most (TOP-061: it holds nothing that outlives a message).
#[then(expr = "its memory has grown by at most {int} MiB")]
async fn memory(world: &mut World, most: u64) -> Outcome {
    let (before, now) = (noted(world)?.memory, in_use(world)?.memory);
    let grown = now.saturating_sub(before) / (1024 * 1024);
    let seen = || format!("{grown} MiB more than the {} MiB before", before / (1024 * 1024));
    if grown <= most { Ok(()) } else { failed("TOP-061", format!("at most {most} MiB more"), seen()) }
}

/// Since it was noted the proxy holds so many more files and sockets open at most.
#[then(expr = "it has at most {int} more files and sockets open")]
async fn descriptors(world: &mut World, most: usize) -> Outcome {
    let (before, now) = (noted(world)?.descriptors, in_use(world)?.descriptors);
    let seen = || format!("{now}, {before} before");
    if now <= before + most { Ok(()) } else { failed("TOP-061", format!("at most {most} more"), seen()) }
}

/// Since it was noted the proxy has stored so many more KiB in its folders at most: what nobody can read is found by its size.
#[then(expr = "it has stored at most {int} KiB more")]
async fn stored(world: &mut World, most: u64) -> Outcome {
    let (before, now) = (noted(world)?.stored, in_use(world)?.stored);
    let grown = now.saturating_sub(before).div_ceil(1024);
    if grown <= most { Ok(()) } else { failed("TOP-061", format!("at most {most} KiB more"), format!("{grown} KiB")) }
}

/// So many connections of the proxy are open at most: to the EMR's listener for results, and to IRIS (HTTPS and AMQP together).
#[then(expr = "at most {int} connection(s) to the EMR and {int} to IRIS are open")]
async fn connections(world: &mut World, emr: usize, iris: usize) -> Outcome {
    let open = |wanted: &[Link], peer: Peer| {
        world.journal.read(|events| {
            let change = |event: &Event| match &event.what {
                What::Opened { link, .. } if wanted.contains(link) && event.peer == peer => 1,
                What::Closed { link, .. } if wanted.contains(link) && event.peer == peer => -1,
                _ => 0,
            };
            usize::try_from(events.iter().map(change).sum::<i64>()).unwrap_or(0)
        })
    };
    let seen = [open(&[Link::Results], Peer::Emr), open(&[Link::Https, Link::Amqp], Peer::Cloud)];
    match seen {
        [of_emr, of_iris] if of_emr <= emr && of_iris <= iris => Ok(()),
        [of_emr, _] if of_emr > emr => failed("CON-046", format!("at most {emr} to the EMR"), format!("{of_emr}")),
        [_, of_iris] => failed("TOP-061", format!("at most {iris} to IRIS"), format!("{of_iris}")),
    }
}

fn noted(world: &World) -> Result<Use, Stop> {
    world.noted.ok_or_else(|| Stop::Blocked("no step has noted the proxy's use of its host".to_owned()))
}

fn in_use(world: &World) -> Result<Use, Stop> {
    let proxy = world.proxy()?;
    let untold = || Stop::Blocked("this system does not tell what a process uses; it takes /proc".to_owned());
    let resources = proxy.resources().ok_or_else(untold)?;
    let mut stored = 0;
    for folder in proxy.folders() {
        let files = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
        stored += files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum::<u64>();
    }
    Ok(Use { memory: resources.memory, descriptors: resources.descriptors, stored })
}
