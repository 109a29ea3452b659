//! The program by itself: copied into an empty folder, without environment, source tree and home.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The program in a folder of its own.
struct Alone {
    folder: TempDir,
}

impl Alone {
    fn new() -> Alone {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(env!("CARGO_BIN_EXE_iris-conformance"), program(folder.path())).unwrap();
        Alone { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_in(self.folder.path(), arguments)
    }

    fn run_in(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(program(self.folder.path()));
        command.args(arguments).current_dir(folder).env_clear();
        // without these a Windows program has no sockets and no temporary folder
        for name in ["SystemRoot", "TEMP", "TMP"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.output().unwrap()
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", all(&output));
        all(&output)
    }
}

fn program(folder: &Path) -> PathBuf {
    folder.join(format!("iris{}", std::env::consts::EXE_SUFFIX))
}

fn all(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

#[test]
fn every_command_works_with_nothing_but_the_program() {
    let alone = Alone::new();
    let run = alone.succeeds(&["run", "--name", "charges/content: Both|results/reference|resilience/faults: A bad"]);
    assert!(run.starts_with("suite built in, SHA-256 "), "{run}");
    assert!(run.contains(" 0 failed"), "{run}");
    assert!(alone.succeeds(&["lint"]).contains(" 0 findings"));
    assert!(alone.succeeds(&["coverage"]).contains("proxy MUST"));
    let explained = alone.succeeds(&["explain", "CON-042"]);
    assert!(explained.contains("tested    features/charges/at-most-once.feature:"), "{explained}");
    alone.succeeds(&["generate", "orm", "--out", "orders"]);
    let order = fs::read_dir(alone.path("orders")).unwrap().next().unwrap().unwrap().path();
    assert!(alone.succeeds(&["check", &order.display().to_string()]).contains("no problem"));
}

#[test]
fn an_ejected_suite_is_the_same_suite_and_counts_when_it_is_changed() {
    let alone = Alone::new();
    alone.succeeds(&["eject", "mine"]);
    let mine = alone.path("mine");
    let one = ["run", "--name", "charges/content: Both"];
    let digest = |text: &str| text.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    let built_in = digest(&alone.succeeds(&one));
    let there = all(&alone.run_in(&mine, &one));
    assert!(there.starts_with(&format!("suite {}, SHA-256 ", mine.canonicalize().unwrap().display())), "{there}");
    assert_eq!(digest(&there), built_in);

    let refused = alone.run(&["eject", "mine"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(all(&refused).contains("nothing was written") && all(&refused).contains("--force"), "{}", all(&refused));
    alone.succeeds(&["eject", "mine", "--force"]);

    // a snapshot that differs: what differs is told, and proposed in the folder only
    let snapshot = mine.join("snapshots/charges/content/both-eyes-are-normal/normal.snap.hl7");
    let accepted = fs::read_to_string(&snapshot).unwrap();
    fs::write(&snapshot, accepted.replace("92250", "92251")).unwrap();
    let output = alone.run(&[&one[..], &["--suite", "mine"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    assert!(all(&output).contains("FT1-25") && all(&output).contains("92251"), "{}", all(&output));
    let feature = Path::new("mine").join("features/charges/content.feature").display().to_string();
    assert!(all(&output).contains(&feature), "{}", all(&output));
    assert!(alone.run(&one).status.success(), "the suite inside the program is untouched");
}

#[test]
fn a_folder_without_a_suite_is_named() {
    let alone = Alone::new();
    let output = alone.run(&["list", "--suite", "nowhere"]);
    assert_eq!(output.status.code(), Some(3));
    let text = all(&output);
    assert!(text.contains("nowhere holds no suite") && text.contains("iris-conformance eject"), "{text}");
}
