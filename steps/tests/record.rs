//! `iris-conformance record` as a user meets it: between a client and a server of this test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use journal::{Direction, Event, What};

const LIMIT: Duration = Duration::from_secs(20);

/// Starts the program; gives it and the addresses that it prints.
fn record(arguments: &[&str], listeners: usize) -> (Child, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
        .arg("record")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let addresses = (0..listeners).map(|_| {
        let line = lines.next().expect("a line").expect("text");
        line.split(' ').next().expect("an address").to_owned()
    });
    let addresses = addresses.collect();
    thread::spawn(move || lines.for_each(drop));
    (child, addresses)
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    stream.set_nodelay(true).expect("an option");
    stream
}

fn events(journal: &Path) -> Vec<Event> {
    steps::record::read(journal).expect("a journal").0
}

#[test]
fn bytes_portions_and_half_closes_pass_unchanged_and_are_written_down() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let to = server.local_addr().expect("an address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("j.jsonl");
    let file_name = file.to_str().expect("text");
    let arguments = ["mllp", "--listen", "127.0.0.1:0", "--to", &to, "--journal", file_name, "--for", "3"];
    let (mut child, at) = record(&arguments, 1);
    let answering = thread::spawn(move || {
        let (mut stream, _) = server.accept().expect("a connection");
        let mut got = Vec::new();
        stream.read_to_end(&mut got).expect("all until the half close");
        stream.write_all(b"\x0bMSA|AA\r\x1c\r").expect("an answer after the half close");
        got
    });
    let mut client = connect(&at[0]);
    for portion in [&b"\x0bMSH|^~\\&"[..], b"|A\xff\x00\r\x1c", b"\r"] {
        client.write_all(portion).expect("sent");
        thread::sleep(Duration::from_millis(50)); // a portion of its own
    }
    client.shutdown(Shutdown::Write).expect("half closed");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).expect("an answer");
    assert_eq!(answer, b"\x0bMSA|AA\r\x1c\r");
    assert_eq!(answering.join().expect("the server"), b"\x0bMSH|^~\\&|A\xff\x00\r\x1c\r");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));

    let events = events(&file);
    let portions = events.iter().filter_map(|e| match &e.what {
        What::Bytes { direction: Direction::Out, bytes, .. } => Some(bytes.len()),
        _ => None,
    });
    assert_eq!(portions.collect::<Vec<_>>(), [9, 6, 1]);
    let frames = events.iter().filter_map(|e| match &e.what {
        What::Frame { direction, content, .. } => Some((*direction, content.as_slice())),
        _ => None,
    });
    let expected = [(Direction::Out, &b"MSH|^~\\&|A\xff\x00\r"[..]), (Direction::In, b"MSA|AA\r")];
    assert_eq!(frames.collect::<Vec<_>>(), expected);
    assert!(events.iter().any(|e| matches!(&e.what, What::Closed { how, .. } if how == "closed by the client")));
}

#[test]
fn a_server_that_is_not_there_and_a_full_journal_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("j.jsonl");
    let file_name = file.to_str().expect("text");
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string();
    let arguments = [
        "mllp",
        "--listen",
        "127.0.0.1:0",
        "--to",
        &nobody,
        "--journal",
        file_name,
        "--max-bytes",
        "600",
        "--for",
        "20",
    ];
    let (mut child, at) = record(&arguments, 1);
    for _ in 0..10 {
        // refused once the recording has ended
        if let Ok(mut client) = TcpStream::connect(&at[0]) {
            let _ = client.read(&mut [0; 1]);
        }
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert!(std::fs::metadata(&file).expect("a file").len() <= 600);
    assert!(!events(&file).is_empty());
    let again = Command::new(env!("CARGO_BIN_EXE_iris-conformance")).arg("record").args(arguments).output();
    let again = again.expect("the program starts");
    assert_eq!(again.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&again.stderr).contains("must be a new file"));
}

#[test]
fn tls_is_verified_towards_the_server_and_secrets_are_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca");
    let (ca_name, pem) = (ca.to_str().expect("text"), ca.join("test-ca.pem"));
    let mut cloud = Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
        .args(["simulate", "cloud", "--ca-dir", ca_name, "--https-port", "0", "--amqps-port", "0", "--for", "60"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(cloud.stdout.take().expect("it is piped")).lines();
    let mut found = lines.map_while(Result::ok).filter_map(|line| {
        line.trim().strip_prefix("cloud.https_port").map(|port| format!("localhost:{}", port.trim()))
    });
    let to = found.next().expect("a port");
    let post = |address: &str| -> Result<u16, reqwest::Error> {
        let provider = rustls::crypto::ring::default_provider();
        let _ = provider.install_default();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let root = reqwest::Certificate::from_pem(&std::fs::read(&pem).expect("a CA")).expect("PEM");
            let client = reqwest::Client::builder().tls_certs_only([root]).no_proxy().timeout(LIMIT).build()?;
            let request = client.post(format!("https://{address}/tenant/oauth2/v2.0/token"));
            let request = request.header("Authorization", "Bearer CANARY1").body("client_secret=CANARY2&grant_type=x");
            Ok(request.send().await?.status().as_u16())
        })
    };
    for (trust, passes) in [(true, true), (false, false)] {
        let file = folder.path().join(format!("{trust}.jsonl"));
        let mut arguments = vec!["tls", "--listen", "127.0.0.1:0", "--to", &to, "--ca-dir", ca_name, "--for", "5"];
        arguments.extend(["--journal", file.to_str().expect("text")]);
        if trust {
            arguments.extend(["--trust", pem.to_str().expect("text")]);
        }
        let (mut child, at) = record(&arguments, 1);
        let status = post(&at[0].replace("127.0.0.1", "localhost"));
        assert_eq!(status.is_ok(), passes, "{status:?}");
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
        let events = events(&file);
        let bytes = events.iter().filter_map(|e| match &e.what {
            What::Bytes { bytes, .. } => Some(String::from_utf8_lossy(bytes)),
            _ => None,
        });
        let text: String = bytes.collect();
        assert_eq!(text.contains("client_secret=*******&grant_type=x"), passes, "{text}");
        assert!(!text.contains("CANARY"), "{text}");
    }
    cloud.kill().expect("it is ours");
    cloud.wait().expect("it ends");
}
