use super::*;

#[test]
fn an_id_without_scenario_says_so_and_one_with_scenarios_names_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let requirement = |id| format!("  - {{ id: {id}, level: SHOULD, subject: emr, basis: older, text: It works. }}\n");
    let catalogue = format!("source: A book\nrequirements:\n{}{}", requirement("ACK-001"), requirement("ACK-002"));
    let requirements = folder.path().join("features/requirements");
    std::fs::create_dir_all(&requirements).unwrap();
    std::fs::write(requirements.join("all.yaml"), catalogue).unwrap();
    let feature = "Feature: f\n  @ACK-002\n  Scenario: one\n    When a\n  @ACK-002\n  Scenario Outline: all <x>\n    When <x>\n\n    Examples:\n      | x |\n      | a |\n      | b |\n      | c |\n";
    std::fs::write(folder.path().join("features/a.feature"), feature).unwrap();
    let suite = Suite::at(folder.path()).unwrap();
    let (catalogue, features) = (Catalogue::load(&suite).unwrap(), Features::load(&suite).unwrap());
    let human = |id| Explanation::of(catalogue.get(id).unwrap(), &catalogue, &features).human();

    let without = "ACK-001\n  text      It works.\n  level     SHOULD, asked of the EMR\n  basis     published by IRIS in an older revision\n  source    A book\n  tested    by no scenario\n  family    `explain ACK` lists 2 ids\n";
    assert_eq!(human("ACK-001"), without);
    let with = human("ACK-002");
    assert!(with.contains("a.feature:3: one\n") && with.contains("a.feature:11: all a (and 2 rows more)\n"), "{with}");
}
