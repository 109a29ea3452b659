//! Link C2: receiving, scripting, listening.

mod common;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use common::{
    LIMIT, ORU, Proxy, always, closed, closings, engine, engine_late_by, frame, frames, malformed, portions, soon,
};
use emr::{Answer, Rule};
use journal::{Direction, Event, Link, What};
use tokio::net::TcpStream;

fn message(kind: &str, id: &str) -> Vec<u8> {
    format!("MSH|^~\\&|IRIS||||||{kind}|{id}|P|2.4\rPID|1||MRN{id}\r").into_bytes()
}

/// The acknowledgement of [`message`], with the engine's own number.
fn ack(kind: &str, code: &str, id: &str, number: u64) -> Vec<u8> {
    frame(format!("MSH|^~\\&|||IRIS||20170410102837||{kind}|{number}|P|2.4\rMSA|{code}|{id}\r").as_bytes())
}

/// Sends a message and reads MSA-1 of the answer.
async fn code(proxy: &mut Proxy, kind: &str, id: &str) -> String {
    proxy.send(&frame(&message(kind, id))).await;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\x1c\r") {
        answer.extend(proxy.read(1).await);
    }
    let answer = hl7::Message::parse(&answer[1..answer.len() - 2]).unwrap();
    assert_eq!(answer.text("MSA-2").unwrap(), id);
    answer.text("MSA-1").unwrap().into_owned()
}

#[tokio::test]
async fn frames_cut_anywhere_or_joined_are_each_answered_in_order_mllp_010_mllp_011_mllp_012() {
    let (emr, journal) = engine().await;
    let mut proxy = Proxy::connect(&emr).await;
    proxy.0.set_nodelay(true).unwrap();
    for byte in frame(&message("ORU^R01", "1")) {
        proxy.send(&[byte]).await;
    }
    let first = ack("ACK", "AA", "1", 7001);
    assert_eq!(proxy.read(first.len()).await, first);

    let joined = [frame(&message("DFT^P03", "2")), b"\r\n ".to_vec(), frame(&message("MDM^T02", "3"))].concat();
    proxy.send(&joined).await;
    let both = [ack("ACK", "AA", "2", 7002), ack("ACK", "AA", "3", 7003)].concat();
    assert_eq!(proxy.read(both.len()).await, both);
    let contents = [message("ORU^R01", "1"), message("DFT^P03", "2"), message("MDM^T02", "3")];
    assert_eq!(frames(&journal.events(), Link::Results, Direction::In), contents);
}

#[tokio::test]
async fn the_journal_holds_every_byte_and_the_life_of_the_connection() {
    let (emr, journal) = engine().await;
    let mut proxy = Proxy::connect(&emr).await;
    let from = proxy.0.local_addr().unwrap();
    let sent = [b"junk".to_vec(), frame(ORU), b"\x0bMSH|half".to_vec()].concat();
    proxy.send(&sent).await;
    let answer = frame(b"MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK|7001|T|2.4\rMSA|AA|170410145907\r");
    assert_eq!(proxy.read(answer.len()).await, answer);
    drop(proxy);
    assert_eq!(closed(&journal, 1).await, "closed by the proxy");
    emr.stop().await;

    let events = journal.events();
    assert_eq!(portions(&events, Link::Results, Direction::In).concat(), sent);
    assert_eq!(portions(&events, Link::Results, Direction::Out).concat(), answer);
    assert_eq!(frames(&events, Link::Results, Direction::In), [ORU]);
    assert_eq!(frames(&events, Link::Results, Direction::Out), [&answer[1..answer.len() - 2]]);
    let bad = [
        ("bytes outside a frame (MLLP-020)".to_owned(), b"junk".to_vec()),
        ("the data ended before FS CR (MLLP-021)".to_owned(), b"MSH|half".to_vec()),
    ];
    assert_eq!(malformed(&events), bad);
    let opened = What::Opened { link: Link::Results, connection: 1, remote: from.to_string() };
    assert_eq!(events[0].what, opened);
    assert_eq!(closings(&events).len(), 1);
}

#[tokio::test]
async fn two_connections_are_served_at_once_top_029() {
    let (emr, _) = engine().await;
    let (mut one, mut other) = (Proxy::connect(&emr).await, Proxy::connect(&emr).await);
    let half = frame(&message("ORU^R01", "1"));
    one.send(&half[..20]).await;
    assert_eq!(code(&mut other, "ORU^R01", "2").await, "AA");
    one.send(&half[20..]).await;
    let expected = ack("ACK", "AA", "1", 7002);
    assert_eq!(one.read(expected.len()).await, expected);
}

#[tokio::test]
async fn a_large_result_is_received_and_one_beyond_the_limit_is_not_mllp_016() {
    let (emr, journal) = engine().await;
    let mut proxy = Proxy::connect(&emr).await;
    let pdf = |size| [message("ORU^R01", "1"), b"OBX|1|ED|".to_vec(), vec![b'A'; size], b"\r".to_vec()].concat();
    let large = pdf(3 * 1024 * 1024);
    proxy.send(&frame(&large)).await;
    let expected = ack("ACK", "AA", "1", 7001);
    assert_eq!(proxy.read(expected.len()).await, expected);
    assert_eq!(frames(&journal.events(), Link::Results, Direction::In), [large]);
    proxy.send(&frame(&pdf(5 * 1024 * 1024))).await;
    assert_eq!(code(&mut proxy, "ORU^R01", "2").await, "AA");
    assert_eq!(malformed(&journal.events())[0].0, "the frame is longer than allowed (MLLP-016)");
}

#[tokio::test]
async fn content_without_a_readable_header_is_rejected_and_the_connection_stays() {
    let (emr, _) = engine().await;
    emr.script().add(always(Answer::Accept));
    let mut proxy = Proxy::connect(&emr).await;
    proxy.send(&frame(b"PID|1\r")).await;
    let expected = frame(b"MSH|^~\\&|||||20170410102837||ACK|7001|P|2.4\rMSA|AR||the message has no readable MSH\r");
    assert_eq!(hl7::show::bytes(&proxy.read(expected.len()).await), hl7::show::bytes(&expected));
    assert_eq!(code(&mut proxy, "ORU^R01", "1").await, "AA");
}

#[tokio::test]
async fn an_acknowledgement_is_not_answered_and_not_counted_ack_013() {
    let (emr, journal) = engine().await;
    emr.script().add(Rule { nth: Some(1..=1), answers: vec![Answer::Error], ..Rule::default() });
    let mut proxy = Proxy::connect(&emr).await;
    proxy.send(&ack("ACK^R01", "AA", "1", 1)).await;
    assert_eq!(code(&mut proxy, "ORU^R01", "2").await, "AE");
    assert_eq!(frames(&journal.events(), Link::Results, Direction::In).len(), 2);
}

#[tokio::test]
async fn the_last_rule_that_fits_decides_and_its_answers_are_used_in_turn_ack_087() {
    let (emr, _) = engine().await;
    let mut proxy = Proxy::connect(&emr).await;
    emr.script().add(always(Answer::Reject));
    let answers = vec![Answer::Error, Answer::Accept];
    emr.script().add(Rule { kind: Some("ORU".into()), answers, ..Rule::default() });
    assert_eq!(code(&mut proxy, "ORU^R01", "1").await, "AE");
    assert_eq!(code(&mut proxy, "DFT^P03", "2").await, "AR");
    assert_eq!(code(&mut proxy, "ORU^R01", "3").await, "AA");
    assert_eq!(code(&mut proxy, "ORU^R01", "4").await, "AA");
    emr.script().clear();
    assert_eq!(code(&mut proxy, "DFT^P03", "5").await, "AA");
}

#[tokio::test]
async fn rules_count_messages_over_the_scenario_and_look_at_elements() {
    let (emr, _) = engine().await;
    let mut proxy = Proxy::connect(&emr).await;
    let path = "PID-3".parse().unwrap();
    assert_eq!(code(&mut proxy, "DFT^P03", "1").await, "AA");
    let answers = vec![Answer::Error];
    emr.script().add(Rule { kind: Some("DFT".into()), nth: Some(2..=3), answers, ..Rule::default() });
    emr.script().add(Rule { nth: Some(5..=5), answers: vec![Answer::CommitReject], ..Rule::default() });
    let path_equals = Some((path, b"MRN7".to_vec()));
    emr.script().add(Rule { path_equals, answers: vec![Answer::Reject], ..Rule::default() });
    for (kind, id, expected) in [
        ("ORU^R01", "2", "AA"),
        ("DFT^P03", "3", "AE"),
        ("DFT^P03", "4", "AE"),
        ("DFT^P03", "5", "CR"),
        ("DFT^P03", "6", "AA"),
        ("DFT^P03", "7", "AR"),
    ] {
        assert_eq!(code(&mut proxy, kind, id).await, expected, "{kind} {id}");
    }
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_frame_leaves_no_complete_frame_dft_amo_07() {
    for answer in [Answer::ResetInFrame, Answer::CloseInFrame] {
        let (emr, journal) = engine().await;
        let mut proxy = Proxy::connect(&emr).await;
        // the connection was in use before the rule was made
        assert_eq!(code(&mut proxy, "DFT^P03", "1").await, "AA");
        emr.script().add(Rule { kind: Some("DFT".into()), answers: vec![answer], ..Rule::default() });
        assert_eq!(code(&mut proxy, "ORU^R01", "2").await, "AA");
        // all of it in one write
        proxy.send(&frame(&message("DFT^P03", "3"))).await;
        let (received, _) = proxy.read_to_end().await;
        assert_eq!(received, b"");
        closed(&journal, 1).await;
        let events = journal.events();
        let complete = [message("DFT^P03", "1"), message("ORU^R01", "2")];
        assert_eq!(frames(&events, Link::Results, Direction::In), complete);
        let begun = b"MSH|^~\\&|IRIS||||||DFT^P03|3|P|2.4\r".to_vec();
        assert_eq!(malformed(&events), [("the data ended before FS CR (MLLP-021)".to_owned(), begun)]);
    }
}

#[tokio::test]
async fn a_rule_on_another_segment_is_decided_before_an_answer_in_the_middle_of_the_frame() {
    let (emr, journal) = engine().await;
    emr.script().add(always(Answer::ResetInFrame));
    let path_equals = Some(("PID-3".parse().unwrap(), b"MRN1".to_vec()));
    emr.script().add(Rule { path_equals, answers: vec![Answer::Error], ..Rule::default() });
    let mut proxy = Proxy::connect(&emr).await;
    assert_eq!(code(&mut proxy, "ORU^R01", "1").await, "AE");
    proxy.send(&frame(&message("ORU^R01", "2"))).await;
    assert_eq!(proxy.read_to_end().await, (Vec::new(), Err(ErrorKind::ConnectionReset)));
    assert_eq!(closed(&journal, 1).await, "reset by the engine");
}

#[tokio::test]
async fn a_late_ack_comes_late_and_holds_up_nothing_ack_081() {
    let delay = Duration::from_millis(200);
    let (emr, _) = engine_late_by(delay).await;
    emr.script().add(Rule { nth: Some(1..=1), answers: vec![Answer::Late], ..Rule::default() });
    let mut proxy = Proxy::connect(&emr).await;
    let began = Instant::now();
    proxy.send(&frame(&message("ORU^R01", "1"))).await;
    assert_eq!(code(&mut proxy, "ORU^R01", "2").await, "AA");
    let late = ack("ACK^R01", "AA", "1", 7001);
    assert_eq!(proxy.read(late.len()).await, late);
    assert!(began.elapsed() >= delay);
}

#[tokio::test]
async fn the_portions_of_an_answer_are_writes_of_their_own_ack_080_ack_086() {
    let (first, second) = (ack("ACK^R01", "AA", "1", 7001), ack("ACK^R01", "AA", "1", 7002));
    for (answer, writes) in [
        (Answer::AcceptTrigger, vec![first.clone()]),
        (Answer::ByteByByte, first.iter().map(|byte| vec![*byte]).collect()),
        (Answer::Two, vec![first.clone(), second.clone()]),
        (Answer::TwoJoined, vec![[first.clone(), second.clone()].concat()]),
    ] {
        let (emr, journal) = engine().await;
        emr.script().add(always(answer));
        let mut proxy = Proxy::connect(&emr).await;
        proxy.send(&frame(&message("ORU^R01", "1"))).await;
        proxy.read(writes.concat().len()).await;
        drop(proxy);
        closed(&journal, 1).await;
        assert_eq!(portions(&journal.events(), Link::Results, Direction::Out), writes, "{answer}");
    }
}

#[tokio::test]
async fn a_listener_that_is_down_refuses_and_returns_on_the_same_port_ack_085_top_028() {
    let (emr, journal) = engine().await;
    let address = emr.results_address();
    let mut proxy = Proxy::connect(&emr).await;
    assert_eq!(code(&mut proxy, "ORU^R01", "1").await, "AA");
    for round in 0..3 {
        emr.stop_listening().await;
        emr.stop_listening().await;
        let (received, _) = proxy.read_to_end().await;
        assert_eq!(received, b"");
        for _ in 0..100 {
            let refused = soon(TcpStream::connect(address)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "round {round}");
        }
        emr.resume_listening().await.unwrap();
        emr.resume_listening().await.unwrap();
        assert_eq!(emr.results_address(), address);
        proxy = Proxy::connect(&emr).await;
        assert_eq!(code(&mut proxy, "ORU^R01", "2").await, "AA");
    }
    assert_eq!(closings(&journal.events()).len(), 3);
}

#[tokio::test]
async fn connections_can_be_closed_while_new_ones_are_accepted() {
    let (emr, journal) = engine().await;
    let mut one = Proxy::connect(&emr).await;
    assert_eq!(code(&mut one, "ORU^R01", "1").await, "AA");
    emr.close_results_connections();
    assert_eq!(one.read_to_end().await, (Vec::new(), Ok(())));
    assert_eq!(closed(&journal, 1).await, "closed by the engine");
    let mut other = Proxy::connect(&emr).await;
    assert_eq!(code(&mut other, "ORU^R01", "2").await, "AA");
}

#[tokio::test]
async fn a_stopped_engine_leaves_nothing_open_and_nothing_panicked() {
    let (emr, journal) = engine().await;
    let address = emr.results_address();
    emr.script().add(always(Answer::Late));
    let (mut idle, mut waiting) = (Proxy::connect(&emr).await, Proxy::connect(&emr).await);
    waiting.send(&frame(ORU)).await;
    let received = |events: &[Event]| frames(events, Link::Results, Direction::In).first().map(drop);
    journal.eventually(LIMIT, received).await.unwrap();
    soon(emr.stop()).await;
    assert_eq!(idle.read_to_end().await.1, Ok(()));
    assert_eq!(waiting.read_to_end().await.0, b"");
    assert_eq!(soon(TcpStream::connect(address)).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let events = journal.events();
    assert_eq!(closings(&events).len(), 2);
    assert!(!events.iter().any(|event| matches!(event.what, What::Panic { .. } | What::Fact { .. })));
}
