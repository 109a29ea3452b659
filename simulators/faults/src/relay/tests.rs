use std::time::Duration;

use journal::Seed;

use super::*;
use crate::{Faults, Framing, Place, Plan};

fn line(rules: &str) -> Line {
    let faults = Faults::new(Journal::new("s"), Seed::new(1));
    faults.apply(&Plan::parse(&format!("faults: [{rules}]"), "test").unwrap());
    Line::new(faults, &Place::HTTPS, Framing::Exchange)
}

fn begins(bytes: &[u8]) -> Option<Exchange> {
    let request = bytes.starts_with(b"POST").then(|| "orders".to_owned())?;
    Some(Exchange { place: Place::EmrApi, request })
}

/// Asks twice through a line; gives what the proxy reads and how the relay ended.
async fn through(line: &Line, answers: [&'static [u8]; 2]) -> (Vec<u8>, Ended) {
    let wire = Wire { journal: Journal::new("s"), peer: Peer::Cloud, link: Link::Https, connection: 1 };
    let (mut proxy, outer) = tokio::io::duplex(64);
    let (inner, mut service) = tokio::io::duplex(64);
    let asked = async {
        let mut read = Vec::new();
        for answer in answers {
            let mut portion = [0; 64];
            let asked = proxy.write_all(b"POST").await.is_ok() && matches!(service.read(&mut portion).await, Ok(1..));
            if !asked || service.write_all(answer).await.is_err() {
                break;
            }
            let mut left = answer.len();
            while left > 0
                && let Ok(n @ 1..) = proxy.read(&mut portion).await
            {
                read.extend_from_slice(&portion[..n]);
                left -= n;
            }
        }
        drop(service);
        while let Ok(1..) = proxy.read_buf(&mut read).await {}
        read
    };
    let (ended, read) = tokio::join!(relay(outer, inner, line, Some(&wire), begins), asked);
    (read, ended)
}

#[tokio::test]
async fn without_a_fault_all_bytes_pass() {
    let (read, ended) = through(&line(""), [b"HTTP/1.1 200 OK", b" and so on"]).await;
    assert_eq!(read, b"HTTP/1.1 200 OK and so on");
    assert_eq!(ended, Ended { how: "closed by the cloud".to_owned(), reset: false });
}

#[tokio::test]
async fn a_fault_is_about_the_answer_to_its_request() {
    let cut = line("{ on: emr_api, when: { request: orders, nth: 2 }, do: { truncate: { after: 4 } } }");
    let (read, ended) = through(&cut, [b"HTTP/1.1", b"HTTP/1.1"]).await;
    assert_eq!((read, ended.how.as_str()), (b"HTTP/1.1HTTP".to_vec(), "cut by the cloud"));
    let other = line("{ on: emr_api, when: { request: receipts }, do: { truncate: { after: 4 } } }");
    assert_eq!(through(&other, [b"one", b"two"]).await.0, b"onetwo");
    let elsewhere = line("{ on: login, do: { truncate: { after: 4 } } }");
    assert_eq!(through(&elsewhere, [b"one", b"two"]).await.0, b"onetwo");
}

#[tokio::test]
async fn a_reset_is_left_to_the_caller() {
    let reset = line("{ on: cloud, do: { reset: { after: 2 } } }");
    let (read, ended) = through(&reset, [b"HTTP", b""]).await;
    assert_eq!((read, ended.reset), (b"HT".to_vec(), true));
}

#[tokio::test(start_paused = true)]
async fn latency_delays_every_answer() {
    let began = tokio::time::Instant::now();
    through(&line("{ on: emr_api, do: { latency: { ms: 3000 } } }"), [b"late", b"late"]).await;
    assert_eq!(began.elapsed(), Duration::from_secs(6));
}
