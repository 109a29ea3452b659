//! Messages on standard output and in files.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Generated;

/// Writes the message as it is; on a terminal one line a segment, behind it an empty one.
///
/// # Errors
/// Standard output takes nothing more.
pub fn to_stdout(message: &Generated) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        out.write_all(readable(&message.content).as_bytes())?;
        writeln!(out)?;
    } else {
        out.write_all(&message.content)?;
    }
    out.flush()
}

/// One line a segment; bytes that are no text as `<0xE9>`.
fn readable(content: &[u8]) -> String {
    let segments = content.split(|byte| *byte == b'\r').filter(|segment| !segment.is_empty());
    segments.map(|segment| format!("{}\n", hl7::show::bytes(segment))).collect()
}

/// Writes a file of its own in the folder, such as `0001-orm-ORD0000000001.hl7`, and gives its path.
///
/// # Errors
/// The file cannot be written, or it is there already and `force` is not set.
pub fn to_folder(message: &Generated, folder: &Path, force: bool) -> anyhow::Result<PathBuf> {
    // an order number can be anything, a file name cannot
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let placer: String = message.placer.chars().map(plain).collect();
    let path = folder.join(format!("{:04}-{}-{placer}.hl7", message.number, message.kind.name()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!force);
    let written = options.open(&path).and_then(|mut file| file.write_all(&message.content));
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            anyhow::bail!("{} is there already; give another folder, or --force to replace it", path.display())
        }
        written => written.with_context(|| format!("cannot write {}", path.display()))?,
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_terminal_gets_one_line_a_segment_and_nothing_that_could_disturb_it() {
        let shown = super::readable(b"MSH|^~\\&|A\rPID|M\xFCller\x1b[2J\r");
        assert_eq!(shown, "MSH|^~\\&|A\nPID|M<0xFC>ller<0x1B>[2J\n");
    }
}
