//! `deidentify`: nothing of a patient survives, everything else does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hl7::Message;
use journal::What;
use steps::proxy::Searcher;

fn program(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_iris-conformance")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// Deidentifies files and gives what became of each, by the lines that tell it.
fn deidentified(folder: &Path, files: &[&str], more: &[&str]) -> Vec<PathBuf> {
    let output = program(&[&["deidentify"], files, more].concat(), folder);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| folder.join(line.split_once(" is ").unwrap().1)).collect()
}

/// A canary that no word list knows, for each field.
fn canary(segment: &str, field: usize) -> String {
    format!("QZX{segment}{field:02}VKJW")
}

/// A segment with a canary in each of its fields, but for those that `set` says.
fn filled(segment: &str, fields: usize, set: &[(usize, &str)]) -> String {
    let value = |field| {
        set.iter().find(|(other, _)| *other == field).map_or(canary(segment, field), |(_, value)| (*value).to_owned())
    };
    let values: Vec<String> = (1..=fields).map(value).collect();
    format!("{segment}|{}\r", values.join("|"))
}

#[test]
fn no_canary_survives_in_any_form() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let hidden = STANDARD.encode(format!("Report for {} of {}", canary("PID", 5), canary("PID", 3)));
    let wide: Vec<u8> = canary("PID", 5).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = STANDARD.encode(wide);
    let hexadecimal: String = canary("PID", 5).bytes().map(|byte| format!("{byte:02X}")).collect();
    let reversed: String = canary("PID", 5).chars().rev().collect();
    let result = [
        "MSH|^~\\&|IRIS|IRIS|VENDOR|VENDOR|20170410145907||ORU^R01|4711|T|2.4\r".to_owned(),
        filled("PID", 30, &[(7, "19581012")]),
        filled("NK1", 20, &[]),
        filled("PV1", 45, &[(2, "O")]),
        filled("GT1", 20, &[]),
        filled("IN1", 36, &[]),
        filled("ORC", 20, &[(1, "RE")]),
        filled("OBR", 36, &[]),
        filled("DG1", 16, &[]),
        filled("NTE", 4, &[(3, &format!("{} was born on 10/12/1958 and has {}", canary("PID", 5), canary("PID", 3)))]),
        filled("OBX", 14, &[(2, "FT"), (5, &format!("seen: {}, 10-12-1958", canary("PID", 5)))]),
        filled("OBX", 14, &[(2, "ED"), (5, &format!("TXT^TEXT^^Base64^{hidden}"))]),
        filled("OBX", 14, &[(2, "ED"), (5, &format!("DOC^TEXT^^Base64^{wide}"))]),
        filled("NTE", 4, &[(3, &format!("{hexadecimal} {reversed} \\T\\ \\X{hexadecimal}\\ {hidden}"))]),
        filled("ZPD", 12, &[]),
        "not a segment QZXNON01VKJW\r".to_owned(),
    ]
    .concat();
    let name = format!("{}.hl7", canary("PID", 5));
    fs::write(folder.join(&name), &result).unwrap();
    let out = deidentified(folder, &[&name], &["--out", "out"]);
    let canaries: BTreeSet<Vec<u8>> = result
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.contains("QZX"))
        .map(|word| word.as_bytes().to_vec())
        .collect();
    assert!(canaries.len() > 200, "{}", canaries.len());
    let canaries: Vec<Vec<u8>> = canaries.into_iter().collect();
    let searcher = Searcher::new(&canaries).unwrap();
    assert!(!searcher.find(result.as_bytes()).is_empty(), "the search finds what is there");
    let new = fs::read(&out[0]).unwrap();
    let traces = searcher.find(&new);
    assert!(traces.is_empty(), "{traces:?}");
    assert!(!out[0].display().to_string().contains("QZX"));
    let text = String::from_utf8(new.clone()).unwrap();
    // the birth date moves alike wherever it is written; the year may stay
    let born = Message::parse(new.clone()).unwrap().text("PID-7").unwrap().into_owned();
    assert_ne!(born, "19581012");
    let (year, month, day) = (&born[..4], &born[4..6], &born[6..]);
    for (old, moved) in
        [("10/12/1958", format!("{month}/{day}/{year}")), ("10-12-1958", format!("{month}-{day}-{year}"))]
    {
        assert!(!text.contains(old) && text.contains(&moved), "{old}, {moved}: {text}");
    }

    // length and structure stay
    assert_eq!(new.len(), result.len());
    let separators = |bytes: &[u8]| {
        bytes.iter().enumerate().filter(|(_, b)| b"|^~\\\r".contains(b)).map(|(at, _)| at).collect::<Vec<_>>()
    };
    assert_eq!(separators(&new), separators(result.as_bytes()));
}

#[test]
fn relations_stay_within_a_key_and_change_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let order = |id: &str, placer: &str, born: &str| {
        format!(
            "MSH|^~\\&|EPIC|ANCL||IRIS|20170410102836|HJ123|ORM^O01|{id}|T|2.4\rPID|1||T1234^^^^MRN||DOE^JOHN||{born}|M\r\
             PV1||O|POC01\rORC|NW|{placer}^EPC\rOBR|1|{placer}^EPC||92250^FUNDUS PHOTOGRAPHY^EAP\r"
        )
    };
    fs::write(folder.join("a.hl7"), order("254", "2017041006", "19581012")).unwrap();
    fs::write(folder.join("b.hl7"), order("255", "2017041007", "19581012")).unwrap();
    let ack = "MSH|^~\\&|IRIS|IRIS|EPIC|ANCL|20170410102837||ACK|7001|T|2.4\rMSA|AA|254\r";
    fs::write(folder.join("ack.hl7"), ack).unwrap();
    fs::write(folder.join("key"), "sixteen bytes and more").unwrap();
    fs::write(folder.join("other"), "another sixteen bytes").unwrap();

    let files = ["a.hl7", "b.hl7", "ack.hl7"];
    let read = |paths: &[PathBuf]| {
        paths.iter().map(|path| Message::parse(fs::read(path).unwrap()).unwrap()).collect::<Vec<_>>()
    };
    let first = read(&deidentified(folder, &files, &["--out", "1", "--key", "key"]));
    let again = read(&deidentified(folder, &files, &["--out", "2", "--key", "key"]));
    let other = read(&deidentified(folder, &files, &["--out", "3", "--key", "other"]));
    assert_eq!(first, again, "the same key gives the same pseudonyms");

    let text = |message: &Message, path: &str| message.text(path).unwrap_or_default().into_owned();
    for path in ["PID-3.1", "PID-5.1", "PID-7"] {
        assert_eq!(text(&first[0], path), text(&first[1], path), "one patient: {path}");
        assert_ne!(text(&first[0], path), text(&other[0], path), "another key: {path}");
    }
    assert_ne!(text(&first[0], "PID-3.1"), "T1234");
    assert_eq!(text(&first[0], "ORC-2.1"), text(&first[0], "OBR-2.1"));
    assert_ne!(text(&first[0], "ORC-2.1"), text(&first[1], "ORC-2.1"));
    assert_eq!(text(&first[2], "MSA-2"), text(&first[0], "MSH-10"), "the acknowledgement's message");
    assert_eq!(text(&first[0], "OBR-4.1"), "92250");
}

/// All messages of the suite together: one patient is called IRIS, like the program that sends results.
#[test]
fn a_check_finds_the_same_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let messages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../features/messages");
    let mut files: Vec<String> = fs::read_dir(&messages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".hl7"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "{files:?}");
    for file in &files {
        fs::copy(messages.join(file), folder.join(file)).unwrap();
    }
    fs::write(folder.join("key"), "sixteen bytes and more").unwrap();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let out = deidentified(folder, &files, &["--out", "out", "--key", "key"]);
    let rules = |file: &str| {
        let found = program(&["check", file], folder);
        let text = said(&found);
        let mut rules: Vec<String> = text
            .lines()
            .filter_map(|line| line.split_once('[').filter(|(level, _)| ["error", "warning"].contains(level)))
            .map(|(_, rest)| rest.split(']').next().unwrap_or_default().to_owned())
            .collect();
        rules.sort();
        (found.status.code(), rules)
    };
    for (file, out) in files.iter().zip(&out) {
        assert_eq!(rules(out.to_str().unwrap()), rules(file), "{file}");
        let (before, after) = (fs::read(folder.join(file)).unwrap(), fs::read(out).unwrap());
        assert_eq!(before.len(), after.len(), "{file}");
        let d = Message::parse(before.clone()).unwrap().delimiters();
        let separators = [d.field, d.component, d.repetition, d.escape, d.subcomponent, b'\r', b'\n'];
        let places = |bytes: &[u8]| bytes.iter().map(|byte| separators.contains(byte)).collect::<Vec<_>>();
        assert_eq!(places(&before), places(&after), "{file}");
    }
}

#[test]
fn a_journal_keeps_its_relations_and_plays_the_same_without_its_patients() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let name = "Order, result and charge of one patient";
    let run = program(&["run", "--name", name, "--journal", "day.jsonl"], folder);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let out = deidentified(folder, &["day.jsonl"], &["--out", "out"]);
    let frames = |file: &Path| -> Vec<Message> {
        let (events, _) = steps::record::read(file).unwrap();
        let contents = events.into_iter().filter_map(|event| match event.what {
            What::Frame { content, .. } => Some(Message::parse(content).unwrap()),
            _ => None,
        });
        contents.collect()
    };
    let (before, after) = (frames(&folder.join("day.jsonl")), frames(&out[0]));
    assert_eq!((before.len(), after.len()), (6, 6), "order, result, charge, and their answers");

    // what is the same value in two places is the same pseudonym there, and what differs differs
    let paths =
        ["MSH-10", "MSA-2", "PID-2.1", "PID-3.1", "PID-5.1", "PID-7", "PID-18", "ORC-2.1", "OBR-2.1", "ORC-3.1"];
    let values = |messages: &[Message]| -> Vec<String> {
        let all =
            messages.iter().flat_map(|message| paths.map(|path| message.text(path).unwrap_or_default().into_owned()));
        all.collect()
    };
    let (old, new) = (values(&before), values(&after));
    for (a, b) in (0..old.len()).flat_map(|a| (0..a).map(move |b| (a, b))) {
        assert_eq!(old[a] == old[b], new[a] == new[b], "{} {} became {} {}", old[a], old[b], new[a], new[b]);
    }

    // neither the wires nor what else was noted holds a value of the patient
    let patients: BTreeSet<String> = before
        .iter()
        .flat_map(|message| {
            ["PID-3.1", "PID-5.1", "PID-5.2", "PID-11.1", "PID-13.1", "PID-19", "ORC-2.1"]
                .map(|path| message.text(path))
        })
        .flatten()
        .map(|value| value.into_owned())
        .filter(|value| value.len() >= 5)
        .collect();
    assert!(patients.len() >= 6, "{patients:?}");
    let patients: Vec<String> = patients.into_iter().collect();
    let searcher = Searcher::new(&patients).unwrap();
    let (day, clean) = (fs::read(folder.join("day.jsonl")).unwrap(), fs::read(&out[0]).unwrap());
    assert!(!searcher.find(&day).is_empty(), "the search finds what is there");
    assert_eq!(searcher.find(&clean), []);
    assert_eq!(day.len(), clean.len());

    let played = program(&["replay", out[0].to_str().unwrap()], folder);
    assert_eq!(played.status.code(), Some(0), "{}", said(&played));
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("a.hl7"), "MSH|^~\\&|A|B|||20170410||ACK|1|P|2.3\r").unwrap();
    fs::write(folder.join("b.hl7"), "no message").unwrap();
    let output = program(&["deidentify", "a.hl7", "b.hl7", "--out", "out"], folder);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("b.hl7 holds no HL7 message"), "{}", said(&output));
    assert!(!folder.join("out").exists());
}
