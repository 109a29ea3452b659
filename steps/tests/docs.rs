//! The documentation: what is made from the program is fresh, every command line in it is right, and the quick starts work.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::error::ErrorKind;

const PROGRAM: &str = env!("CARGO_BIN_EXE_iris-conformance");

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// Every page with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(docs()).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let pages = pages.chain([docs().join("../README.md")]);
    pages.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Compares a page with what the program says, and writes it where it differs.
fn is_fresh(page: &str, text: &str) -> bool {
    let path = docs().join(page);
    let fresh = fs::read_to_string(&path).is_ok_and(|written| written == text);
    if !fresh {
        fs::write(path, text).unwrap();
    }
    fresh
}

/// The help of a command and of those below it.
fn reference(command: &clap::Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let help = command.clone().render_long_help().to_string();
    *text += &format!("\n## {name}\n\n```\n{}\n```\n", help.trim_end());
    let below = command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    below.for_each(|below| reference(below, text));
}

#[test]
fn the_pages_that_are_made_from_the_program_are_fresh() {
    let output = Command::new(PROGRAM).args(["steps", "--format", "markdown"]).output().unwrap();
    let steps_fresh = is_fresh("steps.md", &String::from_utf8(output.stdout).unwrap());
    let mut commands = "# Commands\n\nWhat `iris-conformance help COMMAND` prints.\n".to_owned();
    let mut program = steps::cli::command().term_width(100);
    program.build(); // hands down the options that all commands have
    reference(&program, &mut commands);
    let commands_fresh = is_fresh("commands.md", &commands);
    assert!(
        steps_fresh && commands_fresh,
        "what was out of date in docs has been written anew; look at it and commit it"
    );
}

#[test]
fn every_page_is_in_the_index_and_every_link_leads_somewhere() {
    let index = fs::read_to_string(docs().join("README.md")).unwrap();
    let link = regex::Regex::new(r"\]\(([^)#:]+)(#[^)]*)?\)").unwrap();
    for (path, text) in pages() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name == "README.md" || index.contains(&format!("({name})")), "docs/README.md does not name {name}");
        for target in link.captures_iter(&text) {
            let to = path.parent().unwrap().join(&target[1]);
            assert!(to.exists(), "{}: the link to {} leads nowhere", path.display(), &target[1]);
        }
    }
}

/// The words of a shell's line up to what is no part of the command: a comment, a redirection, another command.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut inside) = (Vec::new(), String::new(), false, false);
    for character in line.chars().chain([' ']) {
        match character {
            '"' => (quoted, inside) = (!quoted, true),
            '#' | '>' | '|' | '&' | '<' if !quoted && !inside => break,
            ' ' if !quoted => {
                if inside {
                    words.push(std::mem::take(&mut word));
                }
                inside = false;
            }
            other => {
                word.push(other);
                inside = true;
            }
        }
    }
    words
}

/// The command lines of a page: lines of its blocks, and what stands in back quotes.
fn command_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut block = false;
    for line in text.replace("\\\n", " ").lines() {
        if line.starts_with("```") {
            block = !block;
        } else if block {
            lines.extend(line.trim().strip_prefix("iris-conformance ").map(str::to_owned));
        } else {
            let quoted = line.split('`').skip(1).step_by(2);
            lines.extend(quoted.filter_map(|quoted| quoted.strip_prefix("iris-conformance ").map(str::to_owned)));
        }
    }
    lines
}

#[test]
fn every_command_line_in_the_documentation_is_one_of_ours() {
    let mut count = 0;
    // those of commands.md are made from the program
    for (path, text) in pages().into_iter().filter(|(path, _)| !path.ends_with("commands.md")) {
        for line in command_lines(&text) {
            let words = words(&line);
            // a command alone is its name; the built-in proxy is a program of its own
            let name_alone = words.len() == 1 && steps::cli::command().find_subcommand(&words[0]).is_some();
            if name_alone || words[0] == "reference-proxy" {
                continue;
            }
            count += 1;
            let parsed =
                steps::cli::command().try_get_matches_from(["iris-conformance".to_owned()].iter().chain(&words));
            if let Err(error) = parsed {
                // files that the reader writes are not there yet
                let file = error.kind() == ErrorKind::ValueValidation && error.to_string().contains("cannot read");
                let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
                let mention = error.to_string().contains("but none was supplied"); // such as `generate --emr`
                assert!(file || help || mention, "{}: iris-conformance {line}\n{error}", path.display());
            }
        }
    }
    assert!(count > 30, "only {count} command lines found");
}

#[test]
fn the_quick_starts_work_from_an_empty_folder() {
    let text = fs::read_to_string(docs().join("quick-start.md")).unwrap();
    let sections: Vec<_> = text.split("\n## ").skip(1).collect();
    assert_eq!(sections.len(), 3);
    for section in sections {
        let folder = tempfile::tempdir().unwrap();
        let blocks: Vec<_> =
            section.split("```sh walked\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
        assert!(!blocks.is_empty());
        for line in blocks.iter().flat_map(|block| block.lines()) {
            let arguments = words(line.strip_prefix("iris-conformance ").unwrap());
            let output = Command::new(PROGRAM).args(arguments).current_dir(folder.path()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{line}\n{said}");
        }
    }
}
