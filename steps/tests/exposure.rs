//! Whatever listens does so on loopback, and says so where it was told otherwise. Nothing is sent here.

use std::path::Path;
use std::process::Command;

const LINE: &str = "Listening on 0.0.0.0: others on the network can reach it, so use synthetic data only.\n";

/// Standard output and error of the program, which ends by itself.
fn said(arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_iris-conformance")).args(arguments).current_dir(folder).output();
    let output = output.expect("the program starts");
    [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
}

#[test]
fn a_bench_listens_on_loopback_and_says_so_where_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = ["cloud", "--https-port", "0", "--amqps-port", "0"];
    let proxy = ["proxy", "--results", "127.0.0.1:9"];
    for (party, told) in [(&["emr"][..], "0.0.0.0:0"), (&cloud, "0.0.0.0"), (&proxy, "0.0.0.0:0")] {
        let bench =
            |listen: &str| said(&[&["simulate"], party, &["--listen", listen, "--for", "1"]].concat(), folder.path());
        let alone = bench(&told.replace("0.0.0.0", "127.0.0.1"));
        assert!(alone.contains("It stops after 1 s") && !alone.contains("others on the network"), "{alone}");
        let open = bench(told);
        assert_eq!(open.matches(LINE).count(), 1, "{open}");
    }
    for party in [&["emr"][..], &cloud, &["all"]] {
        let default = said(&[&["simulate"], party, &["--for", "1"]].concat(), folder.path());
        assert!(default.contains("It stops after 1 s") && !default.contains("others on the network"), "{default}");
    }
}

#[test]
fn a_tap_says_where_it_is_not_on_loopback() {
    let folder = tempfile::tempdir().unwrap();
    for (listen, journal, open) in [("0.0.0.0:0", "open.jsonl", true), ("127.0.0.1:0", "alone.jsonl", false)] {
        let arguments = ["--listen", listen, "--to", "127.0.0.1:9", "--journal", journal, "--for", "1"];
        let said = said(&[&["record", "mllp"], &arguments[..]].concat(), folder.path());
        let line = "others on the network can reach it, and 127.0.0.1:9 behind it.\n";
        assert_eq!(said.contains(line), open, "{said}");
        assert!(said.contains("events are in"), "{said}");
    }
}

#[test]
fn a_run_and_a_load_say_where_the_emr_is_not_on_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let profile = |listen: &str| {
        let proxy = format!("{{ attach: {{ orders: \"127.0.0.1:9\", results_listen: \"{listen}:0\" }} }}");
        let text = format!("name: x\nproxy: {proxy}\ntiming: {{ deadline: 200 }}\n");
        std::fs::write(folder.path().join("profile.yaml"), text).unwrap();
    };
    for arguments in
        [&["run", "--name", "orders/accepted", "--timeout", "1"][..], &["load", "--rate", "1", "--duration", "1"]]
    {
        let arguments = [arguments, &["--profile", "profile.yaml"]].concat();
        profile("0.0.0.0");
        let open = said(&arguments, folder.path());
        assert_eq!(open.matches(LINE).count(), 1, "{open}");
        profile("127.0.0.1");
        let alone = said(&arguments, folder.path());
        assert!(!alone.is_empty() && !alone.contains("others on the network"), "{alone}");
    }
}
