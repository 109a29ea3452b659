//! The example messages of the specification: exactly the deviations that their tables list.

use results::order_profile::OrderProfile;
use results::profile::Profile;
use serde::Deserialize;

use crate::{check, example, shown};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    file: String,
    profile: Option<Profile>,
    orders: Option<OrderProfile>,
    problems: Vec<Vec<String>>,
    /// For readers.
    #[serde(rename = "silent", default)]
    _silent: Vec<Vec<String>>,
}

fn rows() -> Vec<Row> {
    serde_yaml::from_slice(&example("expected.yaml")).unwrap()
}

#[test]
fn every_example_message_has_exactly_the_listed_deviations() {
    let mut wrong = String::new();
    for row in rows() {
        let mut found = shown(&check(&example(&row.file), row.profile.as_ref(), row.orders.as_ref()));
        let entry = |row: &Vec<String>, n: usize| row.get(n).cloned().unwrap_or_default();
        let mut expected: Vec<_> =
            row.problems.iter().map(|row| (entry(row, 0), entry(row, 1), entry(row, 2))).collect();
        found.sort();
        expected.sort();
        for surplus in found.iter().filter(|found| !expected.contains(found)) {
            wrong += &format!("{}: not listed {surplus:?}\n", row.file);
        }
        for missing in expected.iter().filter(|expected| !found.contains(expected)) {
            wrong += &format!("{}: not found {missing:?}\n", row.file);
        }
        assert!(!wrong.is_empty() || found == expected, "{}: {found:?}", row.file);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_example_message_is_listed() {
    let listed: Vec<_> = rows().into_iter().map(|row| row.file).collect();
    for folder in ["oru", "mdm", "dft", "orm"] {
        let path = format!("{}/tests/data/check/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(path).unwrap() {
            let file = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(listed.contains(&file), "{file} is not listed");
        }
    }
}

#[test]
fn every_requirement_that_the_check_names_is_in_the_catalogue() {
    let root = env!("CARGO_MANIFEST_DIR");
    let texts = |folder: &str| -> Vec<(String, String)> {
        let entries = std::fs::read_dir(format!("{root}/{folder}")).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
    };
    let catalogue: String = texts("../../features/requirements").into_iter().map(|(_, text)| text).collect();
    let mut named = 0;
    for (file, text) in texts("src/check").into_iter().chain(texts("mapping")) {
        // `"ORU-OBX-8"` in code, `id: ORU-OBX-8` in tables
        let quoted = text.split('"').skip(1).step_by(2).filter(|_| file.ends_with(".rs"));
        let listed = text.split("id: ").skip(1).filter_map(|rest| rest.split([',', '\n', ' ']).next());
        for id in quoted.chain(listed.filter(|_| file.ends_with(".yaml"))) {
            let families = ["ORU-", "DISC-", "MDM-", "DFT-", "ORM-", "ACK-", "ESC-", "MLLP-", "VER-"];
            let is_id = families.iter().any(|family| id.starts_with(family)) && !id.contains([' ', '{', '`']);
            let is_id = is_id && !id.ends_with("-XCN"); // the beginning of several ids
            let known = || catalogue.contains(&format!("- id: {id}\n"));
            assert!(!is_id || known(), "{file}: {id} is not in the catalogue");
            named += usize::from(is_id);
        }
    }
    assert!(named > 400, "{named} ids were found; are they still written this way?");
}
