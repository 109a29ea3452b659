//! The snapshots as files: a checkout or an editor that changes line ends would make every comparison worthless.
//!
//! This test stands beside the snapshots because `cargo insta review` looks where a package has its targets.

use std::path::{Path, PathBuf};

fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let entries =
        walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("the folder can be read").into_path());
    entries.filter(|path| path.to_string_lossy().ends_with(".snap.hl7")).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../snapshots")
}

#[test]
fn mllp_003_every_snapshot_ends_its_segments_with_cr_alone() {
    let all = snapshots(&folder());
    assert!(all.len() >= 15, "only {} snapshots found", all.len());
    for path in all {
        let bytes = std::fs::read(&path).expect("a snapshot can be read");
        let whole = bytes.starts_with(b"MSH|^~\\&|");
        let block = path.starts_with(folder().join("results/discrete")) && bytes.starts_with(b"OBX|1|ST|");
        assert!(whole || block, "{} is neither a message nor a discrete block", path.display());
        assert!(bytes.ends_with(b"\r") && !bytes.contains(&b'\n'), "{} has other line ends than CR", path.display());
    }
}

#[test]
fn the_snapshot_of_a_normal_result_has_its_34_segments() {
    // ORU-NAR-32: 5 segments before the observations, 9 discrete lines, 18 + 1 narrative lines, 1 link
    let path = folder().join("results/content/both-eyes-are-normal/normal.snap.hl7");
    let bytes = std::fs::read(path).expect("the snapshot is there");
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\r').count(), 5 + 9 + 19 + 1);
}
