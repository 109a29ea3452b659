//! What a proxy does on its host while it runs: files that appear and vanish, open files that have no name any more, command lines
//! and environments of its processes (TOP-065). The system is asked again and again, so what lives shorter than a look is not seen.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::traces::relative;
use super::{Searcher, Trace, platform};

/// The pause between two looks at the folders.
const PAUSE: Duration = Duration::from_millis(5);
/// Processes and open files are looked at every so many looks.
const SELDOM: u32 = 3;
/// What is kept of all files, in bytes, and of one.
const MAX_KEPT: usize = 32 * 1024 * 1024;
const MAX_FILE: u64 = 1024 * 1024;

/// Something that was seen: where, and its bytes.
type Sight<Place> = (Place, Vec<u8>);

/// What the watch has seen so far.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// Names and contents of files in the proxy's folders.
    files: Vec<Sight<String>>,
    /// Files that were open elsewhere, or had no name any more.
    open: Vec<Sight<PathBuf>>,
    /// What a file was like when its content was kept.
    known: HashMap<PathBuf, (u64, Option<SystemTime>)>,
    /// Command lines and environments; they may hold the secrets that a profile puts there.
    processes: Vec<Sight<String>>,
    kept: usize,
}

impl Watch {
    /// Looks until it is dropped.
    pub(super) async fn run(self, process: u32, folders: [PathBuf; 2]) {
        for look in 0_u32.. {
            self.look(process, &folders, look % SELDOM == 0);
            tokio::time::sleep(PAUSE).await; // nobody announces what a process does on its host
        }
    }

    /// One look at everything.
    pub(super) fn look(&self, process: u32, folders: &[PathBuf], thorough: bool) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for folder in folders {
            // files come and go meanwhile: what cannot be read is gone
            for entry in walkdir::WalkDir::new(folder).min_depth(1).into_iter().flatten() {
                let Ok(about) = entry.metadata() else { continue };
                let state = (about.len(), about.modified().ok());
                if seen.known.get(entry.path()) == Some(&state) {
                    continue;
                }
                seen.known.insert(entry.path().to_owned(), state);
                let name = relative(entry.path(), folder);
                let content = if about.is_file() { platform::beginning(entry.path(), MAX_FILE) } else { Vec::new() };
                seen.keep(
                    |seen| &mut seen.files,
                    format!("the name of a file seen for a while, {name}"),
                    name.as_bytes(),
                );
                seen.keep(|seen| &mut seen.files, format!("the file {name} as it was for a while"), &content);
            }
        }
        if !thorough {
            return;
        }
        for (number, described) in platform::processes(process) {
            seen.keep(
                |seen| &mut seen.processes,
                format!("command line or environment of process {number}"),
                &described,
            );
            for (name, content) in platform::open_files(number, folders, MAX_FILE) {
                seen.keep(|seen| &mut seen.open, name, &content);
            }
        }
    }

    /// The traces in everything that was seen: of `canaries` everywhere but in open files of the `results` folder (TOP-066), of
    /// `secrets` in files.
    pub(super) fn search(&self, canaries: &Searcher, secrets: &Searcher, results: &Path) -> Vec<Trace> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = seen.open.iter().filter(|(path, _)| !path.starts_with(results));
        let open = open.map(|(path, bytes)| (format!("the open file {}", path.display()), bytes));
        let files: Vec<_> = seen.files.iter().map(|(place, bytes)| (place.clone(), bytes)).chain(open).collect();
        let processes = seen.processes.iter().flat_map(|(place, bytes)| canaries.traces(bytes, place));
        let both = |(place, bytes): &(String, &Vec<u8>)| {
            let mut traces = canaries.traces(bytes, place);
            traces.extend(secrets.traces(bytes, place));
            traces
        };
        files.iter().flat_map(both).chain(processes).collect()
    }
}

impl Seen {
    /// Keeps what is new, as long as there is room.
    fn keep<P: PartialEq>(&mut self, list: impl Fn(&mut Seen) -> &mut Vec<Sight<P>>, place: P, bytes: &[u8]) {
        let room = MAX_KEPT - self.kept;
        let list = list(self);
        let sight = (place, bytes.to_vec());
        if !bytes.is_empty() && bytes.len() <= room && !list.contains(&sight) {
            list.push(sight);
            self.kept += bytes.len();
        }
    }
}
