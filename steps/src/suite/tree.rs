//! The files of a suite in a folder. The build script uses this too, so that what is packed is what a folder would give.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Folders of a suite below its root.
const FOLDERS: [&str; 2] = ["features", "snapshots"];
/// Endings of what belongs to a suite.
const ENDINGS: [&str; 4] = ["feature", "yaml", "hl7", "snap"];

/// Contents by path below the root, with `/` on every system.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Reads the files of the suite below `root`.
///
/// # Errors
/// A folder or file that cannot be read; the message names it.
pub fn read(root: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    for folder in FOLDERS.map(|folder| root.join(folder)).iter().filter(|folder| folder.exists()) {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type().is_file() && belongs(path) {
                let below = path.strip_prefix(root).unwrap_or(path).components();
                let name: Vec<_> = below.map(|part| part.as_os_str().to_string_lossy()).collect();
                let content = std::fs::read(path)
                    .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
                files.insert(name.join("/"), content);
            }
        }
    }
    Ok(files)
}

/// What a failed run puts beside a snapshot (`.snap.new`, `.snap.new.hl7`) is no part of the suite.
fn belongs(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
        && !path.file_name().is_some_and(|name| name.to_string_lossy().contains(".snap.new"))
}
