//! The reference order and what several tests need.

use results::{Context, Diagnosis, Eye, Finding, Grading, Level, Order, Person, Profile};

/// The reference order of the example messages.
pub fn order() -> Order {
    Order {
        mrn: b"ITCC20170410".to_vec(),
        family: b"DOE".to_vec(),
        given: b"JOHN".to_vec(),
        dob: b"19581012".to_vec(),
        sex: b"M".to_vec(),
        encounter: b"1234".to_vec(),
        location: b"POC01".to_vec(),
        placer: b"2017041006".to_vec(),
        provider: Person {
            id: b"OP0001".to_vec(),
            family: b"DOE".to_vec(),
            given: b"JACK".to_vec(),
            degrees: b"MD".to_vec(),
            prefix: b"DR".to_vec(),
        },
        service: b"92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO".to_vec(),
        version: b"2.4".to_vec(),
        clinic: b"TEST CLINIC".to_vec(),
        filler: 273013,
        submitted_dx: Vec::new(),
        sending_facility: b"ANCL".to_vec(),
        ssn: b"111-22-3333".to_vec(),
        evaluations: Vec::new(),
    }
}

/// The reference order with one submitted diagnosis.
pub fn order_with(code: &str, text: &str) -> Order {
    Order { submitted_dx: vec![Diagnosis { code: code.into(), text: text.into() }], ..order() }
}

/// The reference instant of sending, token, document id and report.
pub fn context() -> Context {
    Context {
        now: "2017-04-10T14:59:07Z".parse().unwrap(),
        token: "00112233445566778899AABBCCDDEEFF".repeat(4),
        document_id: "442B30D3-C963-434E-8886-3735CED1C5E8".into(),
        pdf: b"%PDF-1.4\n%%EOF\n".to_vec(),
        file_path: r"C:\results\04102017\POC01\2017041006.pdf".into(),
    }
}

pub fn profile(yaml: &str) -> Profile {
    serde_yaml::from_str(yaml).unwrap()
}

pub fn grading(name: &str) -> Grading {
    results::grading_by_name(name).unwrap()
}

pub fn grading_of(right: Eye, left: Eye) -> Grading {
    Grading { right, left, ..grading("normal in both eyes") }
}

pub fn diagnosis(finding: &str, result: &str) -> Finding {
    Finding { finding: finding.into(), result: Some(result.into()), level: None }
}

pub fn suspected(condition: &str) -> Finding {
    Finding { finding: condition.into(), result: None, level: None }
}

pub fn other(text: &str, level: Level) -> Finding {
    Finding { finding: "Other".into(), result: Some(text.into()), level: Some(level) }
}

/// A gradable eye with both diagnoses and more.
pub fn eye(retinopathy: &str, edema: &str, more: &[Finding]) -> Eye {
    let mut findings = vec![diagnosis("Diabetic Retinopathy", retinopathy), diagnosis("Macular Edema", edema)];
    findings.extend_from_slice(more);
    Eye::Gradable(findings)
}

pub fn normal() -> Eye {
    eye("None", "None", &[])
}

/// An eye as the data files of the tests write it.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub struct EyeYaml(#[serde(with = "serde_yaml::with::singleton_map")] pub Eye);

/// The segments of a message as text.
pub fn segments(message: &[u8]) -> Vec<String> {
    let text = String::from_utf8(message.to_vec()).unwrap();
    text.strip_suffix('\r').unwrap().split('\r').map(String::from).collect()
}

/// The texts of the narrative lines.
pub fn narrative(message: &[u8]) -> Vec<String> {
    let lines = segments(message).into_iter().filter(|segment| segment.contains("|FT|"));
    lines.map(|line| line.split('|').nth(5).unwrap().to_owned()).collect()
}
