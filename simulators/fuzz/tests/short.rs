//! Two thousand inputs for each entry point: any bytes, and the examples of `corpus/` with a few of their bytes changed.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 2, "{name} has examples");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A change: where, how many bytes go, and what comes.
fn change() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..8),
        proptest::collection::vec(
            prop_oneof![Just(b'|'), Just(b'^'), Just(b'\r'), Just(b'\\'), Just(0x0b), Just(0x1c)],
            1..4
        ),
    ];
    (any::<Index>(), 0_usize..8, bytes)
}

#[test]
fn every_entry_point_keeps_its_promises() {
    for (name, run) in fuzz::ALL {
        let examples = corpus(name);
        examples.iter().for_each(|example| run(example));
        let mut runner = TestRunner::new(Config { cases: 2000, failure_persistence: None, ..Config::default() });
        let changed = (any::<Index>(), proptest::collection::vec(change(), 1..6)).prop_map(|(which, changes)| {
            let mut bytes = examples[which.index(examples.len())].clone();
            for (at, gone, new) in changes {
                let at = at.index(bytes.len() + 1);
                let end = (at + gone).min(bytes.len());
                bytes.splice(at..end, new);
            }
            bytes
        });
        let any_bytes = proptest::collection::vec(any::<u8>(), 0..300);
        let checked = runner.run(&prop_oneof![3 => changed, 1 => any_bytes], |bytes| {
            run(&bytes);
            Ok(())
        });
        checked.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
