//! `run --watch`: again whenever something changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use notify_debouncer_mini::notify::RecursiveMode;
use notify_debouncer_mini::{DebounceEventResult, new_debouncer};
use tokio::sync::mpsc;

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
        let mut debouncer = new_debouncer(QUIET, move |events: DebounceEventResult| {
            let ours = |path: &Path| watched.iter().any(|input| path.starts_with(input));
            if events.is_ok_and(|events| events.iter().any(|event| ours(&event.path))) {
                let _ = changes.try_send(()); // one that waits already is enough
            }
        })
        .context("cannot watch files")?;
        for input in &inputs {
            let (path, mode) = match (input.is_dir(), input.parent()) {
                (false, Some(folder)) => (folder, RecursiveMode::NonRecursive),
                _ => (input.as_path(), RecursiveMode::Recursive),
            };
            debouncer.watcher().watch(path, mode).with_context(|| format!("cannot watch {}", path.display()))?;
        }
        match once() {
            Ok(Exit::Interrupted) => return Ok(Exit::Interrupted),
            Ok(_) => {}
            // half-written features and profiles are part of the work
            Err(error) => eprintln!("error: {error:#}"),
        }
        eprintln!("\nwaiting for a change; Ctrl-C ends");
        let again = runtime.block_on(async {
            tokio::select! {
                _ = asked_to_end() => false,
                change = changed.recv() => change.is_some(),
            }
        });
        if !again {
            return Ok(Exit::Interrupted);
        }
    }
}
