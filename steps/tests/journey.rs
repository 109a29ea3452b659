//! The walk of `docs/reproducing.md`, typed from an empty folder: from a faulty proxy at a customer to a scenario that shows it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use regex::Regex;

/// The command lines of the walk.
fn lines() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reproducing.md");
    let text = fs::read_to_string(page).unwrap().replace("\r\n", "\n").replace("\\\n", " ");
    let blocks = text.split("```sh walked\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

fn command(line: &str, folder: &Path) -> Command {
    let line = line.split('#').next().unwrap().replace('"', "");
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("iris-conformance"), "{line}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    command.args(words).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A command that goes on in a terminal of its own, and what it has said so far.
struct Terminal {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    said: String,
}

impl Terminal {
    fn open(line: &str, folder: &Path, ready: &str) -> Terminal {
        let mut child = command(line, folder).stderr(Stdio::inherit()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains(ready) {
            assert!(output.read_line(&mut said).unwrap() > 0, "{line} ended: {said}");
        }
        Terminal { child, output, said }
    }

    fn wait(mut self) -> (String, Option<i32>) {
        self.output.read_to_string(&mut self.said).unwrap();
        (std::mem::take(&mut self.said), self.child.wait().unwrap().code())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // asked to end, so that it ends its proxy as well; where nobody can ask, or it has ended, this does no harm
        let asked = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Replaces what differs from walk to walk.
fn masked(text: &str, folder: &Path) -> String {
    let folder = folder.display().to_string();
    let lines = text.lines().map(|line| match line.split_once(&folder) {
        Some((before, path)) => format!("{before}FOLDER{}\n", path.replace('\\', "/")),
        None => format!("{line}\n"),
    });
    let mut text: String = lines.collect();
    for (pattern, name) in [
        (r"(?m)^(suite|contract|  placeholders)[ ,].*\n", ""),
        (r"(?s)  wire log .*?\n\n", "  wire log  WIRES\n\n"),
        (r"\d{14}", "TIME"),
        (r" +\d+\.\d\d s  ", "  N s  "),
        (r"\d+(\.\d)? (s|ms)\b", "N $2"),
        (r"\b\d+ (events|files|attempts|bytes)\b", "N $1"),
        (r"ACK AA for (\w+) +\n", "ACK AA for $1\n"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, name).into_owned();
    }
    text
}

#[test]
fn the_walk_of_the_page_works_from_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap();
    // four ports of this process, none of those that systems and runs give away
    let first = 10_000 + std::process::id() % 1_000 * 4;
    let here = |line: &str| {
        let ports = [("6661", first), ("6662", first + 1), ("6671", first + 2), ("6672", first + 3)];
        let line = ports.iter().fold(line.to_owned(), |line, (port, ours)| line.replace(port, &ours.to_string()));
        // a recording as long as it must be, and a search as long as it may be
        line.replace("--for 30 ", "--for 8 ").replace("shrink ", "shrink --for 300 ")
    };
    let (mut proxy, mut recording) = (None, None);
    let mut transcript = String::new();
    let mut tell = |line: &str, said: &str, code: Option<i32>| {
        transcript += &format!("$ {line}\n{}[{}]\n\n", masked(said, &path), code.unwrap_or(-1));
    };
    for page in lines() {
        let line = here(&page);
        if line.contains("simulate proxy") {
            proxy = Some(Terminal::open(&line, &path, "It stops after"));
            continue;
        }
        if line.contains("record mllp") {
            recording = Some((page, Terminal::open(&line, &path, "Recording to")));
            continue;
        }
        let output = command(&line, &path).output().unwrap();
        let said = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
        let ports = [("6661", first), ("6662", first + 1), ("6671", first + 2), ("6672", first + 3)];
        let said = ports.iter().fold(said, |said, (port, ours)| said.replace(&format!(":{ours}"), &format!(":{port}")));
        tell(&page, &said, output.status.code());
        if let Some((_, code)) = page.split_once("# exit code ") {
            assert_eq!(output.status.code(), code.parse().ok(), "{page}\n{said}");
        }
        if page.contains("config init") {
            // as the page says
            let file = path.join("faulty.yaml");
            let text = fs::read_to_string(&file).unwrap();
            let faulty = text.replace("args: [reference-proxy]", "args: [reference-proxy, --defect, order-upper-case]");
            assert_ne!(text, faulty);
            fs::write(file, faulty).unwrap();
        }
        if let Some((page, terminal)) = recording.take() {
            let (said, code) = terminal.wait();
            let said =
                ports.iter().fold(said, |said, (port, ours)| said.replace(&format!(":{ours}"), &format!(":{port}")));
            tell(&page, &said, code);
        }
    }
    drop(proxy);

    // `IRIS_UPDATE_TRANSCRIPTS=1` writes it
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journey/reproducing.txt");
    if std::env::var_os("IRIS_UPDATE_TRANSCRIPTS").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &transcript).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(expected, transcript, "{} differs", golden.display());
}
