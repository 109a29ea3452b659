use super::*;
use crate::suite::Suite;

fn catalogue() -> Catalogue {
    Catalogue::load(&Suite::built_in()).unwrap()
}

fn contract(addition: &str) -> Contract {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    std::fs::write(&path, format!("{}{addition}", cloud::contract::REFERENCE)).unwrap();
    Contract::load(Some(&path)).unwrap()
}

fn binding(addition: &str) -> anyhow::Result<Binding> {
    Binding::new(&catalogue(), &contract(addition))
}

fn breaks(requirement: &str) -> Stop {
    Stop::Failed { requirement: requirement.to_owned(), expected: "one".to_owned(), seen: "none".to_owned() }
}

#[test]
fn a_deviation_from_a_should_is_a_warning_and_from_a_must_a_failure() {
    let catalogue = catalogue();
    let id = |level| catalogue.iter().find(|r| r.level == level && r.subject == Subject::Proxy).unwrap().id.clone();
    let (should, must) = (id(Level::Should), id(Level::Must));
    let binding = Binding::new(&catalogue, &contract("")).unwrap();
    assert!(binding.excuse(&breaks(&should), std::slice::from_ref(&must)).unwrap().contains(&should));
    assert_eq!(binding.excuse(&breaks(&must), std::slice::from_ref(&should)), None);
    assert_eq!(binding.excuse(&breaks(&format!("{should} {must}")), &[]), None);
    // a check that names no requirement breaks those of the scenario
    assert!(binding.excuse(&breaks(""), std::slice::from_ref(&should)).is_some());
    assert_eq!(binding.excuse(&breaks(""), &[should.clone(), must.clone()]), None);
    assert_eq!(binding.excuse(&breaks(""), &[]), None);
    // TOP-122: the item that a scenario depends on says nothing about the proxy
    assert!(binding.excuse(&breaks(""), &[should, "TOP-108".to_owned()]).is_some());
    assert_eq!(binding.excuse(&Stop::Blocked("x".to_owned()), &[]), None);
}

#[test]
fn a_ruling_that_the_contract_switches_off_is_a_warning_with_the_contracts_reason() {
    let off = "not_binding: [{ id: CON-078, because: the real proxy numbers files otherwise }]\n";
    let excuse = binding(off).unwrap().excuse(&breaks("CON-078"), &[]).unwrap();
    assert_eq!(excuse, "CON-078: not binding by the contract: the real proxy numbers files otherwise");
    assert_eq!(binding("").unwrap().excuse(&breaks("CON-078"), &[]), None);
}

#[test]
fn what_is_published_unknown_or_without_a_reason_cannot_be_switched_off() {
    let refused = |id: &str, because: &str| {
        binding(&format!("not_binding: [{{ id: {id}, because: '{because}' }}]\n")).unwrap_err().to_string()
    };
    let published = refused("TOP-060", "x");
    assert!(published.contains("mine.yaml: not_binding[0].id: TOP-060"), "{published}");
    assert!(published.contains("a published requirement cannot be switched off"), "{published}");
    assert!(refused("CON-999", "x").contains("is in no catalogue"));
    assert!(refused("CON-078", " ").contains("has no reason"));
}
