//! Packs the suite, so that the program needs no other file, and keeps the source tree's path out of it.

use std::io;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};

#[path = "src/suite/tree.rs"]
mod tree;

fn main() -> io::Result<()> {
    let variable = |name| std::env::var_os(name).ok_or_else(|| io::Error::other(format!("cargo sets no {name}")));
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("..");
    pack(&tree::read(&root)?, &PathBuf::from(variable("OUT_DIR")?).join("suite.tar.gz"))?;
    // insta asks cargo for the workspace otherwise; all paths that it gets from us are absolute
    println!("cargo::rustc-env=INSTA_WORKSPACE_ROOT=.");
    for input in ["build.rs", "src/suite/tree.rs", "../features", "../snapshots"] {
        println!("cargo::rerun-if-changed={input}");
    }
    Ok(())
}

/// Equal files give an equal archive: sorted by name, without times and owners.
fn pack(files: &tree::Files, to: &Path) -> io::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(std::fs::File::create(to)?, Compression::best()));
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, &content[..])?;
    }
    archive.into_inner()?.finish()?.sync_all()
}
