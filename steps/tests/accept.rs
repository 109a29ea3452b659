//! `iris-conformance accept`: the journeys of a person and of a file of answers, with sound parties and faulty ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cloud::TestCa;
use cloud::contract::Contract;
use emr::{Answer, Cut, Emr, Options, OrdersConnection, Patient, Rule};
use faults::{Faults, Plan};
use journal::{Clock, Journal, Seed};
use serde_json::Value;
use steps::proxy::{Profile, Proxy};
use steps::suite::Suite;
use steps::suite::binding::Binding;
use steps::suite::features::ScenarioId;
use steps::suite::requirements::Catalogue;
use steps::world::{Run, World};
use tempfile::TempDir;

/// A port of loopback that nobody listens on.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// What a start of the program said, and how it ended.
struct Said {
    text: String,
    errors: String,
    code: Option<i32>,
}

/// Runs the program; `react` sees each line of output and may give one of input.
fn accept(arguments: &[&str], folder: &Path, mut react: impl FnMut(&str) -> Option<String>) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    program.arg("accept").args(arguments).current_dir(folder);
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take();
    let mut text = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let reply = react(&line);
        text += &(line + "\n");
        match (reply.as_deref(), &mut stdin) {
            (Some("<end>"), stdin) => *stdin = None,
            (Some(reply), Some(stdin)) => writeln!(stdin, "{reply}").unwrap(),
            _ => {}
        }
    }
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    Said { text, errors, code: child.wait().unwrap().code() }
}

/// The verdicts of a report by case.
fn verdicts(report: &Path) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let scenarios = report["scenarios"].as_array().unwrap();
    scenarios.iter().map(|s| (text(&s["scenario"]), text(&s["verdict"]))).collect()
}

/// The installed proxy of a customer, IRIS behind it, and a person at the portal.
struct Customer {
    world: World,
    /// Where the acceptance has to listen.
    results: SocketAddr,
    folder: TempDir,
}

impl Customer {
    async fn new(defect: Option<&str>) -> Customer {
        let folder = tempfile::tempdir().unwrap();
        let suite = Suite::built_in();
        let contract = Contract::load(None).unwrap();
        let binding = Binding::new(&Catalogue::load(&suite).unwrap(), &contract).unwrap();
        let mut profile = Profile::load(None).unwrap();
        if let Proxy::Launch(launch) = &mut profile.proxy {
            launch.command = env!("CARGO_BIN_EXE_iris-conformance").to_owned();
            launch.args.extend(defect.into_iter().flat_map(|defect| ["--defect".to_owned(), defect.to_owned()]));
        }
        // slower than in a run, since an acceptance is told its times in whole seconds
        (profile.timing.ack_timeout, profile.timing.retry_delay, profile.timing.max_attempts) = (500, 700, 5);
        let ca = TestCa::new(&contract.all_hosts()).unwrap();
        let (ca_file, hosts_file) = (folder.path().join("ca.pem"), folder.path().join("hosts"));
        std::fs::write(&ca_file, ca.pem()).unwrap();
        let hosts: String = contract.all_hosts().iter().map(|host| format!("127.0.0.1 {host}\n")).collect();
        std::fs::write(&hosts_file, hosts).unwrap();
        let run = Run {
            contract,
            binding,
            profile,
            suite,
            seed: Seed::new(1),
            ca: Arc::new(ca),
            ca_file,
            faults: Plan::default(),
            hosts_file,
            time_limit: Duration::from_secs(600),
            proposes_snapshots: false,
        };
        let mut world = World::preflight(Arc::new(run.clone()));
        world.begin(Arc::new(run), ScenarioId::default());
        world.clock.set(jiff::Timestamp::now());
        world.start_parties().await.unwrap();
        let results = free();
        let cloud = world.cloud().unwrap();
        cloud.set_setting("results_address", &results.to_string());
        cloud.set_order_profile(emr::Personality::named("epic").unwrap().order_profile().unwrap());
        cloud.set_results_profile(results::Profile::default());
        world.start_proxy().await.unwrap();
        Customer { world, results, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a person does when a line asks for it: an order is graded in the portal.
    fn portal(&self, line: &str) {
        if let Some((_, order)) = line.split_once("upload images for order ") {
            let placer = order.split(',').next().unwrap();
            let grading = results::grading_by_name("normal in both eyes").unwrap();
            self.world.cloud().unwrap().grade(placer, &grading).unwrap();
        }
    }

    /// A file of answers; each pair replaces one of the template.
    fn answers(&self, replaced: &[(&str, &str)]) -> String {
        let file = self.path("answers.yaml");
        let orders = self.world.orders_address().to_owned();
        let results = self.results.to_string();
        let own = [
            ("proxy.orders", orders.as_str()),
            ("results.listen", &results),
            ("wait.answer", "10"),
            ("wait.result", "10"),
            ("wait.quiet", "2"),
            ("wait.slow_answer", "1"),
            ("wait.outage", "1"),
            ("case.order.seen", "yes"),
            ("case.order-cancelled.seen", "yes"),
        ];
        write_answers("proxy", &file, &[&own, replaced].concat())
    }

    async fn end(mut self) {
        self.world.end().await;
    }
}

/// Fills in the template.
fn write_answers(party: &str, file: &Path, answers: &[(&str, &str)]) -> String {
    std::fs::remove_file(file).ok();
    let name = file.display().to_string();
    let said = accept(&[party, "--write-answers", &name], Path::new("."), |_| None);
    assert_eq!(said.code, Some(0), "{}", said.errors);
    let mut text = std::fs::read_to_string(file).unwrap();
    for (key, answer) in answers {
        let line = text.lines().find(|line| line.starts_with(&format!("{key}: "))).unwrap_or_else(|| panic!("{key}"));
        text = text.replace(&format!("\n{line}\n"), &format!("\n{key}: \"{answer}\"\n"));
    }
    std::fs::write(file, text).unwrap();
    name
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_proxy_is_accepted_without_a_person() {
    let customer = Customer::new(None).await;
    let answers = customer.answers(&[("case.order-cancelled", "skip: no rights in the portal")]);
    let arguments =
        ["proxy", "--answers", &answers, "--json", "report.json", "--html", "report.html", "--junit", "j.xml"];
    let said = accept(&arguments, customer.folder.path(), |line| {
        customer.portal(line);
        None
    });
    assert_eq!(said.code, Some(0), "{}{}", said.text, said.errors);
    let verdicts = verdicts(&customer.path("report.json"));
    let count = |word: &str| verdicts.iter().filter(|(_, verdict)| verdict == word).count();
    assert_eq!((verdicts.len(), count("passed"), count("skipped")), (10, 9, 1), "{verdicts:?}");
    assert!(said.text.contains("skipped by the person: no rights in the portal"), "{}", said.text);
    assert!(std::fs::read_to_string(customer.path("report.html")).unwrap().contains("accept proxy"));
    assert!(!customer.path("acceptance-proxy.json").exists(), "no state without --state");
    customer.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_proxies_are_not_accepted() {
    let mut missed: Vec<String> = Vec::new();
    for (defect, case, requirement) in [
        ("charge-repeated-refused", "charge", "ACK-030"),
        ("adt-accepted", "order-refused", "ACK-101"),
        ("ack-always-aa", "order-refused", "ACK-023"),
        ("ack-frame-without-vt", "order", "ACK-020"),
        ("one-order-a-connection", "orders-reconnected", ""),
        ("result-frame-without-cr", "result", "MLLP-040"),
        ("result-line-feeds", "result", ""),
        ("emr-given-up", "results-refused-connection", ""),
    ] {
        let customer = Customer::new(Some(defect)).await;
        let answers = customer.answers(&[]);
        let arguments = ["proxy", "--answers", &answers, "--case", case, "--json", "report.json"];
        let said = accept(&arguments, customer.folder.path(), |line| {
            customer.portal(line);
            None
        });
        let breaks = format!("breaks    {requirement}");
        if said.code != Some(1) || !said.text.contains("=> failed") || !said.text.contains(&breaks) {
            missed.push(format!("{defect}: {:?}\n{}{}", said.code, said.text, said.errors));
        }
        customer.end().await;
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Replaces what differs from start to start.
fn masked(text: &str, values: &[(&str, &str)]) -> String {
    let mut text = values.iter().fold(text.to_owned(), |text, (value, name)| text.replace(value, name));
    for (pattern, name) in [
        (r"ORD\d{10}", "ORDER"),
        (r"patient [A-Za-z]+, [A-Za-z]+( \(MRN MRN\d+\))?", "PATIENT"),
        (r" +\d+\.\d ms  ", "  N ms  "),
        (r"\d+ ms", "N ms"),
        (r"(NW|CA)[0-9A-Fa-f]{14}\d{4}", "MESSAGE"),
        (r"\d{14}", "TIME"),
        (r"\b\d{12}\b", "TIME"),
        (r"\d+ bytes", "N bytes"),
        (r"\d+\.\d s \(seed \d+", "N s (seed N"),
    ] {
        text = regex::Regex::new(pattern).unwrap().replace_all(&text, name).into_owned();
    }
    text
}

/// Compares with a transcript of `tests/accept/`; `IRIS_UPDATE_TRANSCRIPTS=1` writes it.
fn is_transcript(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accept").join(name);
    if std::env::var_os("IRIS_UPDATE_TRANSCRIPTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(expected, text, "{} differs", path.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_guided_stops_and_goes_on() {
    let customer = Customer::new(None).await;
    let (orders, results) = (customer.world.orders_address().to_owned(), customer.results.to_string());
    let folder = customer.folder.path();
    let first = |line: &str| {
        let answer = |text: &str| Some(text.to_owned());
        match line {
            _ if line.starts_with("> Where does the proxy listen") => answer(&orders),
            _ if line.starts_with("> Where is this program") => answer(&results),
            _ if line.starts_with("> Seconds that a result") => answer("ten"),
            _ if line.trim_start() == "write a whole number from 1" => None,
            _ if line.starts_with("> Seconds without") => answer("2"),
            _ if line.starts_with("> Run this case?") => answer("run"),
            _ if line.starts_with("> Does the IRIS portal") => answer("no: nothing"),
            _ if line.starts_with("> What now?") => answer("stop"),
            _ if line.starts_with("> ") => answer(""),
            _ => None,
        }
    };
    let mut asked = 0;
    let said = accept(&["proxy", "--state", "s.json"], folder, |line| {
        // the second time the answer is right
        asked += usize::from(line.starts_with("> Seconds that a result"));
        if asked == 2 && line.starts_with("> Seconds that a result") { Some("10".to_owned()) } else { first(line) }
    });
    assert_eq!(said.code, Some(130), "{}{}", said.text, said.errors);
    let values = [(orders.as_str(), "ORDERS"), (results.as_str(), "RESULTS")];
    let stopped = masked(&said.text, &values);

    let said = accept(&["proxy", "--state", "s.json"], folder, |line| {
        customer.portal(line);
        match line {
            _ if line.starts_with("> Does the IRIS portal show") => Some("yes".to_owned()),
            _ if line.starts_with("> Run this case?") => Some("run".to_owned()),
            _ if line.starts_with("> ") => Some("<end>".to_owned()),
            _ => None,
        }
    });
    assert_eq!(said.code, Some(2), "{}{}", said.text, said.errors);
    assert!(said.errors.contains("standard input has ended before `Done?"), "{}", said.errors);
    let gone_on = masked(&said.text, &values);

    let said = accept(&["proxy", "--state", "s.json", "--case", "order"], folder, |line| {
        if line.starts_with("> Run") {
            Some("skip".to_owned())
        } else {
            line.starts_with("> ").then(|| "not to be seen today".to_owned())
        }
    });
    let again = masked(&said.text, &values);
    is_transcript("proxy.txt", &format!("{stopped}\n--- second start ---\n{gone_on}\n--- third start ---\n{again}"));
    customer.end().await;
}

/// An EMR that sends orders and takes results.
struct Site {
    emr: Emr,
    orders: SocketAddr,
    folder: TempDir,
}

impl Site {
    async fn new(answers: &[Answer]) -> Site {
        let journal = Journal::new("customer");
        let options = Options {
            results_listen: "127.0.0.1:0".parse().unwrap(),
            max_content: mllp::DEFAULT_MAX_CONTENT,
            clock: Clock::system(),
            ack_delay_late: Duration::from_secs(2),
            faults: Faults::new(journal.clone(), Seed::new(1)),
        };
        let emr = Emr::start(journal, options).await.unwrap();
        if !answers.is_empty() {
            emr.script().add(Rule { answers: answers.to_vec(), ..Rule::default() });
        }
        Site { emr, orders: free(), folder: tempfile::tempdir().unwrap() }
    }

    fn answers(&self, replaced: &[(&str, &str)]) -> String {
        let (orders, results) = (self.orders.to_string(), self.emr.results_address().to_string());
        let own = [
            ("orders.listen", orders.as_str()),
            ("emr.results", &results),
            ("orders.provider_type", "SERDOTON"),
            ("orders.changes", "yes"),
            ("wait.answer", "5"),
            ("wait.order", "5"),
            ("case.order-refused.seen", "yes"),
            ("case.result-normal.seen", "yes"),
            ("case.result-severe.seen", "yes"),
            ("case.result-one-eye-missing.seen", "yes"),
            ("case.result-ungradable.seen", "yes"),
            ("case.result-corrected.seen", "yes"),
            ("case.result-pdf.seen", "yes"),
            ("case.charge.seen", "yes"),
            ("case.result-repeated.seen", "yes"),
        ];
        write_answers("emr", &self.folder.path().join("answers.yaml"), &[&own, replaced].concat())
    }

    /// Runs an acceptance; the person orders what a line asks for.
    async fn accept(&self, arguments: &[&str], make: impl Fn(&Patient, &str, &str) -> Vec<u8>) -> Said {
        let mut connection: Option<OrdersConnection> = None;
        let (mut number, mut order) = (0, Patient::synthetic(Seed::new(0)));
        let handle = tokio::runtime::Handle::current();
        let folder = self.folder.path();
        tokio::task::block_in_place(|| {
            accept(arguments, folder, |line| {
                let what = line.trim().strip_prefix("Please: ")?;
                let controls: &[&str] = match what {
                    _ if what.starts_with("change") => &["XO"],
                    _ if what.contains("cancel that order") => &["NW", "CA"],
                    _ => &["NW"],
                };
                handle.block_on(async {
                    for control in controls {
                        number += 1;
                        if *control == "NW" {
                            order = Patient::synthetic(Seed::new(number));
                        }
                        if connection.is_none() {
                            connection = Some(self.emr.connect(self.orders).await.unwrap());
                        }
                        let content = make(&order, control, &format!("C{number}"));
                        let link = connection.as_mut().unwrap();
                        link.order(&content, &Cut::Whole, Duration::from_secs(5)).await.unwrap();
                    }
                });
                None
            })
        })
    }
}

fn order(patient: &Patient, control: &str, control_id: &str) -> Vec<u8> {
    patient.order(control, control_id, jiff::Timestamp::now()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_emr_is_accepted_without_a_person() {
    let site = Site::new(&[]).await;
    let answers = site.answers(&[]);
    let said = site.accept(&["emr", "--answers", &answers, "--json", "report.json"], order).await;
    assert_eq!(said.code, Some(0), "{}{}", said.text, said.errors);
    let verdicts = verdicts(&site.folder.path().join("report.json"));
    assert_eq!(verdicts.len(), 14, "{verdicts:?}");
    assert!(verdicts.iter().all(|(_, verdict)| verdict == "passed"), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_an_emr_sees_what_is_wrong_and_tries_again() {
    // the first result is refused, as by an engine that is not set up
    let site = Site::new(&[Answer::Error, Answer::Accept]).await;
    let results = site.emr.results_address().to_string();
    let said = accept(&["emr", "--case", "result-normal", "--case", "charge"], site.folder.path(), |line| {
        let answer = match line {
            _ if !line.starts_with("> ") => return None,
            _ if line.contains("or are orders made up?") => "generated",
            _ if line.contains("listen for results") => &results,
            _ if line.contains("What now?") => "again",
            _ if line.contains("Is there one charge") => "skip: the billing system is not connected",
            _ if line.contains("Does the chart") => "yes",
            _ => "",
        };
        Some(answer.to_owned())
    });
    assert_eq!(said.code, Some(0), "{}{}", said.text, said.errors);
    is_transcript("emr.txt", &masked(&said.text, &[(&results, "RESULTS")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emr_that_takes_documents_is_accepted_with_made_up_orders() {
    let site = Site::new(&[]).await;
    let answers = site.answers(&[("orders.from", "generated"), ("results.kind", "mdm"), ("results.charges", "no")]);
    let said = site.accept(&["emr", "--answers", &answers, "--json", "report.json"], order).await;
    assert_eq!(said.code, Some(0), "{}{}", said.text, said.errors);
    assert!(said.text.contains("MDM^T02") && !said.text.contains("ORU^R01"), "{}", said.text);
    assert_eq!(verdicts(&site.folder.path().join("report.json")).len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_emrs_are_not_accepted() {
    for (answer, requirement) in [
        (Answer::IdOfAnother, "ACK-010"),
        (Answer::Error, "ACK-045"),
        (Answer::WithoutMsa, "ACK-020"),
        (Answer::WithoutVt, "ACK-020"),
        (Answer::Close, "ACK-020"),
        (Answer::Two, "ACK-020"),
    ] {
        let site = Site::new(&[answer]).await;
        let answers = site.answers(&[("orders.from", "generated"), ("wait.answer", "2")]);
        let said = site.accept(&["emr", "--answers", &answers, "--case", "result-normal"], order).await;
        assert_eq!(said.code, Some(1), "{answer}: {}{}", said.text, said.errors);
        assert!(said.text.contains(&format!("breaks    {requirement}")), "{answer}: {}", said.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deviations_of_an_order_are_shown_where_they_are() {
    let site = Site::new(&[]).await;
    let answers = site.answers(&[]);
    let wrong = |patient: &Patient, control: &str, id: &str| {
        let text = String::from_utf8(order(patient, control, id)).unwrap();
        let sex = format!("|{}||W|", patient.sex);
        assert!(text.contains(&sex), "{text}");
        text.replacen(&sex, "|U||W|", 1).into_bytes()
    };
    let said = site.accept(&["emr", "--answers", &answers, "--case", "order"], wrong).await;
    assert_eq!(said.code, Some(1), "{}{}", said.text, said.errors);
    for part in ["error[ORM-PID-8]", "PID-8 Administrative Sex", "^ expected", "refused:"] {
        assert!(said.text.contains(part), "{part}: {}", said.text);
    }
}

#[test]
fn a_missing_answer_is_named_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let answers = write_answers("emr", &folder.path().join("a.yaml"), &[("case.charge", "skip")]);
    let said = accept(&["emr", "--answers", &answers], folder.path(), |_| None);
    assert_eq!(said.code, Some(2));
    for part in ["`emr.results`: an answer is needed", "`case.charge`: write `run`, or `skip: ` and why"] {
        assert!(said.errors.contains(part), "{part}: {}", said.errors);
    }
    std::fs::write(folder.path().join("b.yaml"), "proxy.ordes: x:1\n").unwrap();
    let said = accept(&["proxy", "--answers", "b.yaml"], folder.path(), |_| None);
    assert_eq!(said.code, Some(2));
    assert!(said.errors.contains("nobody asks for `proxy.ordes`; did you mean proxy.orders?"), "{}", said.errors);
}

#[test]
fn who_cannot_be_reached_is_said_and_is_no_failure_of_his() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = free().to_string();
    let answers = [("proxy.orders", nowhere.as_str()), ("results.listen", "127.0.0.1:0")];
    let answers = [&answers[..], &[("case.order.seen", "yes"), ("case.order-cancelled.seen", "yes")]].concat();
    let answers = write_answers("proxy", &folder.path().join("a.yaml"), &answers);
    let said = accept(&["proxy", "--answers", &answers, "--case", "order"], folder.path(), |_| None);
    assert_eq!(said.code, Some(3), "{}{}", said.text, said.errors);
    assert!(said.text.contains(&format!("cannot connect to the proxy at {nowhere}")), "{}", said.text);
}

/// At a terminal, driven through a pseudo-terminal.
#[cfg(unix)]
#[test]
fn ctrl_c_at_a_terminal_keeps_the_answers() {
    use rexpect::session::{PtySession, spawn_command};
    let folder = tempfile::tempdir().unwrap();
    let start = || -> PtySession {
        let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
        program.args(["accept", "emr"]).current_dir(folder.path()).env("TERM", "xterm").env("NO_COLOR", "1");
        spawn_command(program, Some(20_000)).unwrap()
    };
    let code = |session: &PtySession| match session.process.wait().unwrap() {
        rexpect::process::wait::WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    };
    let keys = |session: &mut PtySession, keys: &str| {
        session.send(keys).unwrap();
        session.flush().unwrap();
    };
    let mut first = start();
    first.exp_string("or are orders made up?").unwrap();
    keys(&mut first, "\x1b[B\r"); // one down: generated
    first.exp_string("Where does your EMR listen").unwrap();
    keys(&mut first, "nonsense\r");
    first.exp_string("write a host and a port").unwrap();
    keys(&mut first, &"\x7f".repeat("nonsense".len()));
    keys(&mut first, "localhost:9\r");
    for question in [
        "Whose orders",
        "agreed options",
        "How are results",
        "charges (DFT)",
        "Seconds that your EMR",
        "Seconds that an order",
    ] {
        first.exp_string(question).unwrap();
        keys(&mut first, "\r");
    }
    first.exp_string("Run this case?").unwrap();
    keys(&mut first, "\x03");
    first.exp_string("The state is kept in acceptance-emr.json; the same command goes on.").unwrap();
    assert_eq!(code(&first), 130);

    let mut second = start();
    second.exp_string("Going on with the answers of the earlier start").unwrap();
    second.exp_string("Run this case?").unwrap();
    keys(&mut second, "\r");
    second.exp_string("cannot connect to the EMR at localhost:9").unwrap();
    second.exp_string("What now?").unwrap();
    keys(&mut second, "\x03");
    second.exp_eof().unwrap();
    assert_eq!(code(&second), 130);
}
