//! `run --watch`: again whenever something changes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Exit;
use crate::proxy::asked_to_end;

/// How long nothing may change before a run begins: editors and compilers write in several steps.
const QUIET: Duration = Duration::from_millis(300);

/// Runs, and again after each change of the files and folders, until the program is asked to end.
pub(super) fn repeat(
    inputs: impl Fn() -> Vec<PathBuf>,
    once: impl Fn() -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let runtime = super::runtime()?;
    loop {
        // a file is replaced rather than written by many programs, so its folder is watched
        let inputs: BTreeSet<PathBuf> = inputs().iter().filter_map(|path| path.canonicalize().ok()).collect();
        let (changes, mut changed) = mpsc::channel(1);
        let watched = inputs.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let ours = |path: &PathBuf| watched.iter().any(|input| path.starts_with(input));
            // a run opens all of its files, which is an event too
            let changes_something =
                |event: Event| !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(ours);
            if event.is_ok_and(changes_something) {
                let _ = changes.try_send(()); // one that waits already is enough
            }
        })
        .context("cannot watch files")?;
        for input in &inputs {
            let (path, mode) = match (input.is_dir(), input.parent()) {
                (false, Some(folder)) => (folder, RecursiveMode::NonRecursive),
                _ => (input.as_path(), RecursiveMode::Recursive),
            };
            watcher.watch(path, mode).with_context(|| format!("cannot watch {}", path.display()))?;
        }
        match once() {
            Ok(Exit::Interrupted) => return Ok(Exit::Interrupted),
            Ok(_) => {}
            // half-written features and profiles are part of the work
            Err(error) => eprintln!("error: {error:#}"),
        }
        eprintln!("\nwaiting for a change; Ctrl-C ends");
        let again = runtime.block_on(async {
            let change = async {
                let first = changed.recv().await;
                while let Ok(Some(())) = timeout(QUIET, changed.recv()).await {}
                first.is_some()
            };
            tokio::select! {
                _ = asked_to_end() => false,
                change = change => change,
            }
        });
        if !again {
            return Ok(Exit::Interrupted);
        }
    }
}
