//! The suite's own rules, checked on small suites made for it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use steps::suite::features::Features;
use steps::suite::requirements::Catalogue;
use steps::suite::{Suite, lint};

const CATALOGUE: &str = "source: test\nrequirements:\n  - { id: ACK-021, level: MUST, subject: proxy, basis: standard, text: A conforming order is accepted. }\n";

fn suite(folder: &Path, feature: &str) -> Suite {
    fs::create_dir_all(folder.join("features/requirements")).unwrap();
    fs::write(folder.join("features/requirements/all.yaml"), CATALOGUE).unwrap();
    fs::write(folder.join("features/a.feature"), feature).unwrap();
    Suite::at(folder).unwrap()
}

fn findings(feature: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("snapshots/a/b")).unwrap();
    fs::write(folder.path().join("snapshots/a/b/orphan.snap"), "").unwrap();
    let suite = suite(folder.path(), feature);
    let features = Features::load(&suite).unwrap();
    let all = lint::check(&suite, &features, &Catalogue::load(&suite).unwrap()).unwrap();
    all.into_iter().filter(|finding| !finding.contains("no scenario uses the step")).collect()
}

#[test]
fn lint_finds_unknown_ids_missing_ids_undefined_steps_and_orphan_snapshots() {
    let found = findings(
        "Feature: f\n  @ACK-021\n  Scenario: good\n    When the EMR sends the order \"x\"\n\
         \x20 @ACK-999\n  Scenario: unknown\n    When the EMR sends the order \"x\"\n\
         \x20 Scenario: none\n    When the EMR sings\n",
    );
    let all = found.join("\n");
    assert_eq!(found.len(), 4, "{all}");
    assert!(all.contains("a.feature:9: no step fits \"the EMR sings\""), "{all}");
    assert!(all.contains("a.feature:6: the requirement id ACK-999 is not in features/requirements"), "{all}");
    assert!(all.contains("a.feature:8: the scenario has no requirement id"), "{all}");
    assert!(all.contains("orphan.snap: no scenario asks for it"), "{all}");
}

#[test]
fn a_scenario_id_is_path_name_and_row_and_does_not_depend_on_lines() {
    let folder = tempfile::tempdir().unwrap();
    let feature = "Feature: f\n\n  @ACK-021\n  Scenario Outline: The EMR sends <order>\n    When the EMR sends the order \"<order>\"\n\n\
                   \x20   Examples:\n      | order |\n      | a |\n      | b |\n    @x\n    Examples:\n      | order |\n      | c |\n";
    let ids = |feature: &str| -> Vec<(String, usize, String)> {
        let features = Features::load(&suite(folder.path(), feature)).unwrap();
        features.scenarios().map(|(f, s)| features.id(f, s)).map(|id| (id.to_string(), id.row, id.slug)).collect()
    };
    let expected = [("a", 1), ("b", 2), ("c", 3)];
    let expected = expected.map(|(o, row)| (format!("a: The EMR sends {o}"), row, "the-emr-sends-order".to_owned()));
    assert_eq!(ids(feature), expected);
    assert_eq!(ids(&feature.replace("Feature: f\n", "Feature: f\n  A line more.\n")), expected);
}

#[test]
fn the_suite_itself_is_clean() {
    let output = Command::new(env!("CARGO_BIN_EXE_iris-conformance")).arg("lint").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn list_shows_outline_rows_and_obeys_the_filters() {
    let output = Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
        .args(["list", "--tags", "@ACK-087 and not @charges"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("results/answers: A result refused at first and then accepted  [ACK-087"), "{text}");
}

#[test]
fn top_122_what_rests_on_an_unpublished_item_is_tagged_with_it() {
    let list = |tags: &str| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_iris-conformance")).args(["list", "--tags", tags]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    // a claim is a request of the EMR API, which is not public (TOP-100)
    let claim = "charges/at-most-once: A charge that another instance has claimed is not sent";
    let line = list("@TOP-100").lines().find(|line| line.starts_with(claim)).unwrap().to_owned();
    assert!(line.ends_with("  @contract TOP-100"), "{line}");
    assert!(list("@contract").contains(claim));
    let published = list("not @contract");
    assert!(!published.contains(claim) && published.contains("orders/accepted:"), "{published}");
}

#[test]
fn every_step_is_described() {
    let undescribed: Vec<_> =
        steps::vocabulary::all().into_iter().filter(|s| s.about.is_empty() || s.expression.is_empty()).collect();
    assert!(undescribed.is_empty(), "{undescribed:?}");
    assert!(steps::vocabulary::all().len() >= 60, "steps of a module were not linked");
}

/// The ids that stand in the sources of a simulator, one by one or as `LIFE-RQ-18 to LIFE-RQ-22`.
fn ids_in_sources(simulator: &str) -> HashSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../simulators").join(simulator);
    let files = walkdir::WalkDir::new(root).into_iter().map_while(Result::ok).map(|entry| entry.into_path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let text: String = sources.map(|path| fs::read_to_string(path).unwrap()).collect();
    let id = regex::Regex::new(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+").unwrap();
    let range = regex::Regex::new(r"([A-Z]+(?:-[A-Z]+)*-)(\d+) to (?:[A-Z-]+-)?-?(\d+)").unwrap();
    let mut ids: HashSet<String> = id.find_iter(&text).map(|id| id.as_str().to_owned()).collect();
    for found in range.captures_iter(&text) {
        let (prefix, first, last) = (&found[1], &found[2], &found[3]);
        let (from, to): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
        ids.extend((from..=to).map(|number| format!("{prefix}{number:0width$}", width = first.len())));
    }
    ids
}

#[test]
fn what_the_catalogue_says_a_simulator_tests_stands_in_its_sources() {
    let catalogue = Catalogue::load(&Suite::built_in()).unwrap();
    let claims: Vec<_> = catalogue
        .iter()
        .filter_map(|requirement| {
            let reason = requirement.untested.as_deref()?.split_once("simulators/")?.1;
            reason.contains(" tests it").then(|| (&requirement.id, reason.split(' ').next().unwrap_or_default()))
        })
        .collect();
    let simulators: HashSet<&str> = claims.iter().map(|(_, simulator)| *simulator).collect();
    let ids: HashMap<&str, _> =
        simulators.into_iter().map(|simulator| (simulator, ids_in_sources(simulator))).collect();
    let untrue: Vec<_> = claims.iter().filter(|(id, simulator)| !ids[simulator].contains(*id)).collect();
    assert!(claims.len() > 300, "{} claims", claims.len());
    assert!(untrue.is_empty(), "{untrue:?}");
}

#[test]
fn no_reason_excuses_a_must_on_the_proxy_without_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let requirement = |id: &str, subject: &str, reason: &str| {
        format!("  - {{ id: {id}, level: MUST, subject: {subject}, basis: ruling, text: t{reason} }}\n")
    };
    let text = [
        "source: s\ncomplete: true\nrequirements:\n".to_owned(),
        requirement("AAA-1", "proxy", ", untested: because"),
        requirement("AAA-2", "cloud", ", untested: because"),
        requirement("AAA-3", "cloud", ""),
        requirement("AAA-4", "proxy", ""),
    ]
    .concat();
    let requirements = folder.path().join("features/requirements");
    fs::create_dir_all(&requirements).unwrap();
    fs::write(requirements.join("a.yaml"), text).unwrap();
    let gaps = Catalogue::load(&Suite::at(folder.path()).unwrap()).unwrap().gaps(&["AAA-4".to_owned()].into());
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(gaps[0].contains("AAA-1 binds the proxy and has no scenario"), "{gaps:?}");
    assert!(gaps[1].contains("AAA-3 has no scenario"), "{gaps:?}");
}
