//! `iris-conformance generate`: exit codes, bytes, files, wires.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use emr::{Answer, Emr, Options, Personality, Rule};
use faults::Faults;
use hl7::Message;
use journal::{Clock, Direction, Event, Journal, Link, What};
use steps::generate::{Generator, Gradings, Kind};

const LIMIT: Duration = Duration::from_secs(10);

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    program.arg("generate").args(arguments);
    program
}

fn generate(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the program starts")
}

fn bytes(arguments: &[&str]) -> Vec<u8> {
    let output = generate(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    output.stdout
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The messages that stand one after the other.
fn messages(bytes: &[u8]) -> Vec<Message> {
    let starts = bytes.windows(4).enumerate().filter(|(_, window)| *window == b"MSH|").map(|(at, _)| at);
    let mut ends: Vec<usize> = starts.collect();
    ends.push(bytes.len());
    ends.windows(2).map(|pair| Message::parse(&bytes[pair[0]..pair[1]]).unwrap()).collect()
}

fn value(message: &Message, path: &str) -> String {
    message.text(path).unwrap_or_default().into_owned()
}

#[test]
fn equal_seeds_give_equal_bytes_and_other_seeds_other_patients() {
    for kind in ["orm", "oru", "dft", "mdm"] {
        let with_seed = |seed: &str| bytes(&[kind, "--count", "3", "--seed", seed]);
        let first = with_seed("7");
        assert_eq!(first, with_seed("7"), "{kind}");
        // MLLP-003: segments end with CR, the last one too
        assert!(first.ends_with(b"\r") && !first.contains(&b'\n'), "{kind}");
        let mrn = |bytes: &[u8]| messages(bytes).iter().map(|m| value(m, "PID-2.1")).collect::<Vec<_>>();
        let (one, other) = (mrn(&first), mrn(&with_seed("8")));
        assert_eq!(one.len(), 3, "{kind}");
        assert!(one.iter().all(|mrn| mrn.starts_with("MRN") && !other.contains(mrn)), "{kind}: {one:?} {other:?}");
    }
}

#[test]
fn the_clock_is_fixed_unless_now_is_asked_for() {
    let order = &messages(&bytes(&["orm"]))[0];
    assert_eq!(value(order, "MSH-7"), "20170410140000");
    let order = &messages(&bytes(&["orm", "--now"]))[0];
    assert!(value(order, "MSH-7").as_str() > "20260101000000", "{}", value(order, "MSH-7"));
}

#[test]
fn results_belong_to_the_orders_of_the_same_options() {
    for emr in Personality::names().filter(|emr| *emr != "ecw") {
        let of = |kind: &str| messages(&bytes(&[kind, "--count", "4", "--seed", "5", "--emr", emr]));
        let orders = of("orm");
        for (kind, placer) in [("oru", "ORC-2.1"), ("dft", "FT1-23.1"), ("mdm", "TXA-14.1")] {
            let results = of(kind);
            assert_eq!(results.len(), 4, "{emr} {kind}");
            for (order, result) in orders.iter().zip(&results) {
                assert_eq!(value(result, "MSH-9.1"), kind.to_uppercase());
                // ORM-ORC-2.1, ORM-PID-5, ORM-PID-18, VER-001
                assert_eq!(value(result, placer), value(order, "ORC-2.1"), "{emr} {kind}");
                assert_eq!(result.raw("PID-5.1"), order.raw("PID-5.1"), "{emr} {kind}");
                assert_eq!(value(result, "PID-18"), value(order, "PID-18"), "{emr} {kind}");
                assert_eq!(value(result, "MSH-12"), value(order, "MSH-12"), "{emr} {kind}");
                // ORM-PV1-3.1
                assert_eq!(value(result, "PV1-3"), value(order, "PV1-3.1"), "{emr} {kind}");
            }
        }
    }
}

#[test]
fn esc_002_results_use_the_standard_delimiters_whatever_the_order_used() {
    let order = bytes(&["orm", "--emr", "ecw"]);
    assert!(order.starts_with(b"MSH^~|\\&^ECW^"), "ESC-003");
    let order = Message::parse(order).unwrap();
    let result = Message::parse(bytes(&["oru", "--emr", "ecw"])).unwrap();
    assert!(result.bytes().starts_with(b"MSH|^~\\&|IRIS|"), "ESC-002");
    assert_eq!(value(&result, "PV1-3"), value(&order, "ORC-13.1"), "ORM-KEY-002");
    assert_eq!(value(&result, "OBR-4.2"), "Fundus photography", "ORM-OBR-4");
}

#[test]
fn a_grading_is_taken_by_name_or_chosen_by_the_seed() {
    let ungradable = bytes(&["oru", "--count", "3", "--grading", "ungradable in both eyes"]);
    for result in messages(&ungradable) {
        let text = String::from_utf8_lossy(result.bytes()).into_owned();
        assert!(text.contains("RIGHTQUALAPP") && text.contains("Not Gradable Image"), "{text}");
        assert!(!text.contains("RIGHTDIABRETIN"), "{text}");
    }
    let any = messages(&bytes(&["oru", "--count", "40", "--grading", "any"]));
    let discrete = |result: &Message| {
        let text = String::from_utf8_lossy(result.bytes()).into_owned();
        text.split('\r').filter(|segment| segment.contains("|ST|")).collect::<Vec<_>>().join("\n")
    };
    let different: std::collections::BTreeSet<_> = any.iter().map(discrete).collect();
    assert!(different.len() >= 5, "40 results hold {} different findings", different.len());
}

#[test]
fn a_results_profile_is_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profile.yaml");
    std::fs::write(&path, "recv_app: EPIC\nrecv_fac: ANCL\nenvironment: production\n").unwrap();
    let path = path.display().to_string();
    let result = Message::parse(bytes(&["oru", "--profile", &path])).unwrap();
    let header = ["MSH-5", "MSH-6", "MSH-11"].map(|path| value(&result, path));
    assert_eq!(header, ["EPIC", "ANCL", "P"], "ORU-OPT-01");

    std::fs::write(&path, "recv_app: EPIC\nrecv_fax: ANCL\n").unwrap();
    let output = generate(&["oru", "--profile", &path]);
    assert_eq!(output.status.code(), Some(2));
    let text = stderr(&output);
    assert!(text.contains("profile.yaml: unknown field `recv_fax`") && text.contains("line 2"), "{text}");
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn files_hold_the_bytes_of_standard_output_and_are_not_replaced_without_force() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/orders");
    let path = out.display().to_string();
    let arguments = ["orm", "--count", "3", "--out", path.as_str()];
    bytes(&arguments);
    let written = files(&out);
    let placers: Vec<_> = messages(&bytes(&["orm", "--count", "3"])).iter().map(|m| value(m, "ORC-2.1")).collect();
    let names: Vec<_> = (1..).zip(&placers).map(|(n, placer)| format!("000{n}-orm-{placer}.hl7")).collect();
    assert_eq!(written.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), names);
    let joined: Vec<u8> = written.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    assert_eq!(joined, bytes(&["orm", "--count", "3"]));

    std::fs::write(out.join(&names[1]), "mine").unwrap();
    std::fs::remove_file(out.join(&names[0])).unwrap();
    let refused = generate(&arguments);
    assert_eq!(refused.status.code(), Some(3));
    let text = stderr(&refused);
    assert!(text.contains(&names[1]) && text.contains("is there already; give another folder, or --force"), "{text}");
    assert_eq!(files(&out)[1].1, b"mine");
    bytes(&[&arguments[..], &["--force"]].concat());
    assert_eq!(files(&out), written);
}

#[test]
fn a_personality_of_ones_own_is_taken_and_one_that_iris_would_refuse_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    let mine = "about: Mine\norder_profile: { provider: { type: X } }\ntemplate: |\n  MSH|^~\\&|MINE|||IRIS|{{ time }}||ORM^O01|{{ message_id }}|T|2.6\n  PID||{{ patient.mrn }}|||{{ patient.family }}^{{ patient.given }}||{{ patient.birth_date }}|{{ patient.sex }}\n  PV1||O|A1\n  ORC|NW|a/b|||||||{{ time }}|||1^A^B^^^^^^X^^^^X\n";
    std::fs::write(&path, mine).unwrap();
    let (file, out) = (path.display().to_string(), folder.path().join("out"));
    let order = Message::parse(bytes(&["orm", "--emr", &file])).unwrap();
    assert_eq!((value(&order, "MSH-3"), value(&order, "MSH-12")), ("MINE".into(), "2.6".into()));
    bytes(&["orm", "--emr", &file, "--out", &out.display().to_string()]);
    assert_eq!(files(&out)[0].0, "0001-orm-a_b.hl7");

    std::fs::write(&path, mine.replace("^^^^^^X^^^^X", "^^^^^^Y^^^^Y")).unwrap();
    let refused = generate(&["orm", "--emr", &file]);
    assert_eq!(refused.status.code(), Some(3));
    let text = stderr(&refused);
    assert!(text.contains("IRIS would refuse this EMR's order") && text.contains("ORC-12"), "{text}");
    assert!(text.contains("ORM-PRV-005"), "{text}");

    std::fs::write(&path, mine.replace("patient.sex", "patient.gender")).unwrap();
    let wrong = generate(&["orm", "--emr", &file]);
    assert_eq!(wrong.status.code(), Some(2));
    let text = stderr(&wrong);
    assert!(text.contains("mine.yaml: `patient.gender`: there is no such value, at line 5"), "{text}");
}

#[test]
fn wrong_usage_exits_2_and_says_what_is_right() {
    for (arguments, expected) in [
        (&["omg"][..], "[possible values: orm, oru, dft, mdm]"),
        (&["orm", "--count", "0"], "0 is not in 1..=100000"),
        (&["orm", "--emr", "Epic"], "\n  epic    Epic, as in the published sample segments"),
        (&["orm", "--emr", "none.yaml"], "cannot read the personality none.yaml"),
        (&["oru", "--grading", "fine"], "normal in both eyes"),
        (&["orm", "--grading", "any"], "--grading and --profile are for oru, dft and mdm"),
        (&["orm", "--force"], "--out <DIR>"),
        (&["orm", "--timeout", "3"], "--to <HOST:PORT>"),
        (&["orm", "--to", "localhost"], "write a host and a port, such as localhost:6661"),
        (&["orm", "--to", "a:1", "--out", "b"], "cannot be used with"),
    ] {
        let output = generate(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_program_in_peace() {
    let mut child = program(&["orm", "--count", "2000"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}

async fn engine() -> (Emr, Journal) {
    let journal = Journal::new("test");
    let clock = Clock::fixed("2017-04-10T10:28:37Z".parse().unwrap());
    let results_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let options =
        Options { results_listen, max_content: 1024 * 1024, clock, ack_delay_late: LIMIT, faults: Faults::default() };
    (Emr::start(journal.clone(), options).await.unwrap(), journal)
}

/// Runs the program against an engine that answers so; gives its output and the frames that arrived.
async fn sent(answers: &[Answer], arguments: &[&str]) -> (Output, Vec<Vec<u8>>) {
    let (emr, journal) = engine().await;
    emr.script().add(Rule { answers: answers.to_vec(), ..Rule::default() });
    let to = emr.results_address().to_string();
    let output =
        tokio::process::Command::from(program(&[arguments, &["--to", &to]].concat())).kill_on_drop(true).output();
    let output = tokio::time::timeout(LIMIT, output).await.expect("the program ends in time").unwrap();
    emr.stop().await;
    let frame = |event: &Event| match &event.what {
        What::Frame { link: Link::Results, direction: Direction::In, content, .. } => Some(content.clone()),
        _ => None,
    };
    (output, journal.events().iter().filter_map(frame).collect())
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn messages_are_sent_in_frames_and_each_answer_gets_a_line_mllp_001() {
    let (output, frames) = sent(&[], &["oru", "--count", "3"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(frames.concat(), bytes(&["oru", "--count", "3"]));
    let ids: Vec<_> = frames.iter().map(|frame| Message::parse(frame.as_slice()).unwrap()).collect();
    let expected = |(n, m): (usize, &Message)| format!("000{n}  {}  {}  AA", value(m, "MSH-10"), value(m, "ORC-2.1"));
    assert_eq!(lines(&output), (1..).zip(&ids).map(expected).collect::<Vec<_>>());
    assert!(stderr(&output).starts_with("3 of 3 messages accepted by 127.0.0.1:"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_message_that_is_not_accepted_exits_1_and_the_next_is_sent() {
    let answers = [Answer::Accept, Answer::Error, Answer::IdOfAnother, Answer::NoHl7, Answer::Accept];
    let (output, frames) = sent(&answers, &["oru", "--count", "5"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(frames.len(), 5);
    let lines = lines(&output);
    assert!(lines[0].ends_with("  AA") && lines[4].ends_with("  AA"), "{lines:?}");
    assert!(lines[1].contains("  AE"), "{lines:?}");
    assert!(lines[2].contains("AA for another message: MSA-2 is `"), "ACK-072: {lines:?}");
    assert!(lines[3].contains("is not HL7"), "ACK-075: {lines:?}");
    assert!(stderr(&output).starts_with("2 of 5 messages accepted by"), "{}", stderr(&output));
}

#[tokio::test]
async fn silence_and_a_closed_connection_end_the_program_with_1() {
    for (answer, expected) in
        [(Answer::Silence, "no answer within 1 s"), (Answer::Close, "the connection was closed without an answer")]
    {
        let (output, frames) = sent(&[answer], &["mdm", "--count", "3", "--timeout", "1"]).await;
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert_eq!(frames.len(), 1, "{answer}: nothing may follow, ACK-081");
        assert!(lines(&output)[0].ends_with(expected), "{:?}", lines(&output));
        assert!(stderr(&output).starts_with("0 of 3 messages accepted by"), "{}", stderr(&output));
    }
}

#[test]
fn an_address_where_nobody_listens_exits_3() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = generate(&["orm", "--to", &format!("127.0.0.1:{port}")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("is its MLLP listener running?"), "{}", stderr(&output));
}

#[test]
fn every_kind_can_be_made_for_every_personality_and_many_seeds() {
    for name in Personality::names() {
        for kind in [Kind::Orm, Kind::Oru, Kind::Dft, Kind::Mdm] {
            for seed in 0..10 {
                let generator = Generator {
                    kind,
                    personality: Personality::named(name).unwrap(),
                    gradings: Gradings::Any,
                    profile: results::Profile::default(),
                    seed: journal::Seed::new(seed),
                    start: "2017-04-10T14:00:00Z".parse().unwrap(),
                };
                for index in [0, 1, 99_999] {
                    let message =
                        generator.message(index).unwrap_or_else(|error| panic!("{name} {kind:?} {seed}: {error:#}"));
                    assert_eq!(message.number, index + 1);
                    assert_eq!(mllp::forbidden_byte(&message.content), None, "MLLP-002: {name} {kind:?} {seed}");
                }
            }
        }
    }
}
