//! A bundle that was tampered with is not accepted, and none holds a secret.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

type Entries = Vec<(String, Vec<u8>)>;
/// A change of a bundle.
type Tampering = Box<dyn FnOnce(&mut Entries)>;

const CLIENT_SECRET: &str = "canary-client-secret-5e0c";
const BUS_KEY: &str = "Y2FuYXJ5LWJ1cy1rZXktNWUwYy1hYmNkZWZnaGlqa2w=";
const LITERAL: &str = "canary-in-the-environment";

fn call(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    program.args(arguments).env_remove("GITHUB_ACTIONS").output().expect("the program starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// A signed bundle, its public key, and another one; made once.
struct Made {
    _folder: TempDir,
    bundle: PathBuf,
    public: PathBuf,
    other: PathBuf,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for key in ["key.pem", "other.pem"] {
            assert!(call(&["evidence", "keygen", "--out", text(&path(key))]).status.success());
        }
        let reference = include_str!("../src/proxy/reference.yaml")
            .replace("    env:", &format!("    env:\n      LITERAL: {LITERAL}"));
        let cloud = format!("cloud: {{ client_secret: {CLIENT_SECRET}, bus_key: \"{BUS_KEY}\" }}\n");
        std::fs::write(path("profile.yaml"), format!("{reference}\n{cloud}")).unwrap();
        let (profile, bundle, key) = (path("profile.yaml"), path("evidence.zip"), path("key.pem"));
        let common = ["run", "--name", "charges/content: Both eyes are normal", "--profile", text(&profile)];
        let output = call(&[&common[..], &["--bundle", text(&bundle), "--sign", text(&key)]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (public, other) = (path("key.pem.pub"), path("other.pem.pub"));
        Made { bundle, public, other, _folder: folder }
    })
}

fn entries() -> Entries {
    let mut archive = ZipArchive::new(File::open(&made().bundle).unwrap()).unwrap();
    let mut entries = Entries::new();
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        entries.push((entry.name().to_owned(), bytes));
    }
    entries
}

fn archive(entries: &Entries, path: &Path) {
    let mut zip = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// What `verify` says of a changed bundle, with its exit code.
fn verify(change: impl FnOnce(&mut Entries), key: Option<&Path>) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.zip");
    let mut changed = entries();
    change(&mut changed);
    archive(&changed, &path);
    verify_file(&path, key)
}

fn verify_file(path: &Path, key: Option<&Path>) -> (Option<i32>, String) {
    let key = key.map(|key| vec!["--key", text(key)]).unwrap_or_default();
    let output = call(&[&["verify", text(path)], &key[..]].concat());
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn bytes<'a>(entries: &'a mut Entries, name: &str) -> &'a mut Vec<u8> {
    &mut entries.iter_mut().find(|(entry, _)| entry == name).expect("every bundle has it").1
}

/// Replaces text in a file.
fn replace(entries: &mut Entries, name: &str, from: &str, to: &str) {
    let file = bytes(entries, name);
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.contains(from), "{name} has {from}");
    *file = text.replacen(from, to, 1).into_bytes();
}

/// Puts the right digest of a file into the manifest, as somebody does who knows the format.
fn seal(entries: &mut Entries, name: &str) {
    let content = bytes(entries, name).clone();
    let mut manifest: Value = serde_json::from_slice(bytes(entries, "manifest.json")).unwrap();
    manifest["files"][name]["sha256"] = steps::evidence::bundle::sha256(&content).into();
    manifest["files"][name]["size"] = content.len().into();
    *bytes(entries, "manifest.json") = serde_json::to_vec(&manifest).unwrap();
}

#[test]
fn a_bundle_as_it_was_made_is_accepted() {
    let (code, said) = verify_file(&made().bundle, Some(&made().public));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("signed by the key") && said.contains("1 scenarios: 1 passed"), "{said}");
    let (code, said) = verify(|_| (), None);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("by whom was not checked: give --key"), "{said}");
}

#[test]
fn every_kind_of_tampering_is_named_with_its_file() {
    let key = Some(made().public.as_path());
    let cases: [(&str, Tampering); 11] = [
        ("journal.jsonl was changed", Box::new(|e| bytes(e, "journal.jsonl")[10] ^= 1)),
        ("junit.xml is missing", Box::new(|e| e.retain(|(name, _)| name != "junit.xml"))),
        ("\"extra.txt\" was added", Box::new(|e| e.push(("extra.txt".to_owned(), b"x".to_vec())))),
        ("\"../../evil\" was added", Box::new(|e| e.push(("../../evil".to_owned(), b"x".to_vec())))),
        // a bomb is not read to its end
        ("junit.xml is longer", Box::new(|e| *bytes(e, "junit.xml") = vec![0; 200 << 20])),
        ("junit.xml has 3 bytes", Box::new(|e| bytes(e, "junit.xml").truncate(3))),
        (
            "it is about another manifest",
            Box::new(|e| {
                bytes(e, "profile.yaml").push(b'\n');
                seal(e, "profile.yaml");
            }),
        ),
        (
            "report.json and manifest.json disagree about the verdicts",
            Box::new(|e| {
                replace(e, "report.json", "\"verdict\":\"passed\"", "\"verdict\":\"failed\"");
                seal(e, "report.json");
            }),
        ),
        (
            "report.json and manifest.json disagree about the suite",
            Box::new(|e| {
                replace(e, "manifest.json", "\"features/", "\"features/x");
            }),
        ),
        (
            "report.json is no saved run",
            Box::new(|e| {
                *bytes(e, "report.json") = b"{}".to_vec();
                seal(e, "report.json");
            }),
        ),
        ("attestation.json is missing", Box::new(|e| e.retain(|(name, _)| name != "attestation.json"))),
    ];
    for (expected, change) in cases {
        let (code, said) = verify(change, key);
        assert_eq!(code, Some(1), "{expected}: {said}");
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn so_many_entries_and_bytes_are_looked_at_and_no_more() {
    let with =
        |count: usize| move |e: &mut Entries| e.extend((e.len()..count).map(|n| (format!("{n}.txt"), Vec::new())));
    let (code, said) = verify(with(64), None);
    assert!(code == Some(1) && said.contains("\"63.txt\" was added"), "{said}");
    let (code, said) = verify(with(65), None);
    assert!(code == Some(2) && said.contains("it has 65 entries"), "{said}");

    let announcing = |most: u64| {
        move |e: &mut Entries| {
            let mut manifest: Value = serde_json::from_slice(bytes(e, "manifest.json")).unwrap();
            let files = manifest["files"].as_object_mut().unwrap();
            let others = files.iter().filter(|(name, _)| *name != "report.json");
            let others: u64 = others.map(|(_, file)| file["size"].as_u64().unwrap()).sum();
            files["report.json"]["size"] = (most - others).into();
            *bytes(e, "manifest.json") = serde_json::to_vec(&manifest).unwrap();
        }
    };
    let (code, said) = verify(announcing(8 << 30), None);
    assert!(code == Some(1) && !said.contains("announces more") && said.contains("report.json has "), "{said}");
    let (code, said) = verify(announcing((8 << 30) + 1), None);
    assert!(code == Some(1) && said.contains("announces more than 8589934592 bytes"), "{said}");
}

#[test]
fn a_signature_of_somebody_else_is_none() {
    let (code, said) = verify(|_| (), Some(&made().other));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("attestation.json: it is not signed by this key"), "{said}");
}

#[test]
fn what_is_no_bundle_is_exit_2() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let whole = std::fs::read(&made().bundle).unwrap();
    let behind = [whole.clone(), b"something".to_vec()].concat();
    for (what, content) in [
        ("text", b"no zip at all, but longer than its end".to_vec()),
        ("empty", Vec::new()),
        ("cut", whole[..9999].to_vec()),
        ("behind", behind),
    ] {
        std::fs::write(&path, content).unwrap();
        let (code, said) = verify_file(&path, None);
        assert_eq!(code, Some(2), "{what}: {said}");
        assert!(said.contains("x.zip is no evidence bundle"), "{what}: {said}");
    }
    assert_eq!(verify(|e| e.retain(|(name, _)| name != "manifest.json"), None).0, Some(2));
    assert_eq!(verify_file(&folder.path().join("none"), None).0, Some(2));
    assert_eq!(verify_file(&made().bundle, Some(&made().bundle)).0, Some(2));
}

/// A file as it is, and what stands in it as base64: the bytes of journal and report.
fn layers(bytes: Vec<u8>) -> Vec<Vec<u8>> {
    let base64 = regex::bytes::Regex::new("[A-Za-z0-9+/]{16,}={0,2}").unwrap();
    let decode = |text: &[u8]| STANDARD.decode(&text[..text.len() / 4 * 4]).ok();
    let decoded: Vec<_> = base64.find_iter(&bytes).filter_map(|found| decode(found.as_bytes())).collect();
    [vec![bytes], decoded].concat()
}

#[test]
fn a_bundle_holds_no_secret() {
    // a token is told from JSON in base64 by its second part
    let pattern =
        "secret-[0-9a-f]{32}|eyJ[A-Za-z0-9_-]{20,}[.]eyJ|sig=[A-Za-z0-9%+/]{20,}|SharedAccessKey=[A-Za-z0-9+/=]{20,}";
    let pattern = regex::bytes::Regex::new(pattern).unwrap();
    let entries = entries();
    assert!(entries.len() >= 9, "{}", entries.len());
    let journal = entries.iter().find(|(name, _)| name == "journal.jsonl").unwrap().1.clone();
    let holds = |layer: &[u8], text: &str| layer.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(layers(journal).iter().any(|layer| holds(layer, "access_token")), "the login is in the journal, in base64");
    for (name, bytes) in entries {
        for layer in layers(bytes) {
            for secret in [CLIENT_SECRET, BUS_KEY, LITERAL] {
                assert!(!holds(&layer, secret), "{name} holds {secret}");
            }
            let found = pattern.find(&layer).map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
            assert_eq!(found, None, "{name}");
        }
    }
}

#[test]
fn equal_content_gives_equal_archives_and_a_key_is_never_overwritten() {
    let mut archive = ZipArchive::new(File::open(&made().bundle).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    assert_eq!(names[..2], ["manifest.json", "attestation.json"]);
    assert!(names[2..].is_sorted(), "{names:?}");
    for number in 0..archive.len() {
        let time = archive.by_index(number).unwrap().last_modified().map(|time| time.to_string());
        assert_eq!(time.as_deref(), Some("1980-01-01 00:00:00"));
    }
    let private = made().public.with_extension("");
    assert_eq!(call(&["evidence", "keygen", "--out", text(&private)]).status.code(), Some(3));
}
