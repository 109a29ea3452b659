//! Link C1: the engine as client of a listener that stands for the proxy.

mod common;

use std::io::ErrorKind;
use std::time::Duration;

use common::{LIMIT, Proxy, closed, closings, engine, frame, frames, malformed, portions, soon};
use emr::{Cut, Emr, NoAnswer, OrdersConnection};
use journal::{Direction, Event, Journal, Link, What};
use tokio::net::TcpListener;

const ORDER: &[u8] = b"MSH|^~\\&|EPIC|ANCL||IRIS|20170410102836||ORM^O01|254|T|2.4\rPID|1\r";
const ACK: &[u8] = b"MSH|^~\\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|1|T|2.4\rMSA|AA|254\r";

/// An engine with a connection to a proxy that does what the test says.
async fn connected() -> (Emr, Journal, OrdersConnection, Proxy) {
    let (emr, journal) = engine().await;
    let (orders, proxy) = connect(&emr).await;
    (emr, journal, orders, proxy)
}

async fn connect(emr: &Emr) -> (OrdersConnection, Proxy) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let orders = emr.connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = soon(listener.accept()).await.unwrap();
    (orders, Proxy(stream))
}

/// Takes one frame with that content and gives an answer in a frame.
async fn answer(proxy: &mut Proxy, content: &[u8], answer: &[u8]) {
    let expected = frame(content);
    assert!(proxy.read(expected.len()).await == expected, "the proxy received other bytes");
    proxy.send(&frame(answer)).await;
}

#[tokio::test]
async fn an_order_is_cut_as_told_and_arrives_whole_mllp_010_mllp_012() {
    let whole = frame(ORDER);
    let at = |offsets: &[usize]| Cut::At(offsets.to_vec());
    let end = whole.len();
    for (cut, sizes) in [
        (Cut::Whole, vec![end]),
        (Cut::EveryByte, vec![1; end]),
        (at(&[1, end - 1]), vec![1, end - 2, 1]),
        (at(&[0, 5, 5, 4, end, end + 9]), vec![5, end - 5]),
        (at(&[]), vec![end]),
    ] {
        let (emr, journal, mut orders, mut proxy) = connected().await;
        let (received, ()) = tokio::join!(orders.order(ORDER, &cut, LIMIT), answer(&mut proxy, ORDER, ACK));
        assert_eq!(received.unwrap(), ACK, "{cut:?}");
        emr.stop().await;
        let events = journal.events();
        let sent = portions(&events, Link::Orders, Direction::Out);
        assert_eq!(sent.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{cut:?}");
        assert_eq!(sent.concat(), whole);
        assert_eq!(portions(&events, Link::Orders, Direction::In).concat(), frame(ACK));
        assert_eq!(frames(&events, Link::Orders, Direction::Out), [ORDER]);
        assert_eq!(frames(&events, Link::Orders, Direction::In), [ACK]);
    }
}

#[tokio::test]
async fn orders_follow_each_other_on_one_connection_and_go_over_two_at_once_mllp_014_top_027() {
    let (emr, journal, mut one, mut proxy_one) = connected().await;
    let (mut two, mut proxy_two) = connect(&emr).await;
    assert_eq!((one.number(), two.number()), (1, 2));
    for _ in 0..3 {
        let (first, second, ..) = tokio::join!(
            one.order(ORDER, &Cut::Whole, LIMIT),
            two.order(b"MSH|^~\\&|2\r", &Cut::EveryByte, LIMIT),
            answer(&mut proxy_one, ORDER, ACK),
            answer(&mut proxy_two, b"MSH|^~\\&|2\r", b"two"),
        );
        assert_eq!((first.unwrap(), second.unwrap()), (ACK.to_vec(), b"two".to_vec()));
    }
    assert_eq!(frames(&journal.events(), Link::Orders, Direction::Out).len(), 6);
    assert_eq!(closings(&journal.events()), []);
}

#[tokio::test]
async fn a_large_order_goes_through_a_proxy_that_reads_slowly_mllp_016() {
    let (_emr, journal, mut orders, mut proxy) = connected().await;
    let large = [ORDER, b"NTE|1||", &vec![b'x'; 1024 * 1024 * 3], b"\r"].concat();
    let (received, ()) = tokio::join!(orders.order(&large, &Cut::Whole, LIMIT), answer(&mut proxy, &large, ACK));
    assert_eq!(received.unwrap(), ACK);
    assert_eq!(frames(&journal.events(), Link::Orders, Direction::Out), [large]);
}

#[tokio::test]
async fn bytes_are_sent_as_they_are_and_frames_in_them_are_found() {
    let (_emr, journal, mut orders, mut proxy) = connected().await;
    let raw = b"GET / HTTP/1.1\r\n\x0bA\r\x0bB\r\x1c\r\x0bC\r\x1c\r\x0bD\x00".to_vec();
    orders.send_raw(&raw, &Cut::At(vec![18])).await.unwrap();
    assert_eq!(proxy.read(raw.len()).await, raw);
    assert_eq!(frames(&journal.events(), Link::Orders, Direction::Out), [b"B\r", b"C\r"]);
    // what was sent is not told as received
    assert_eq!(malformed(&journal.events()), []);
    proxy.send(&[frame(b"1"), frame(b"2")].concat()).await;
    assert_eq!(orders.receive(LIMIT).await.unwrap(), b"1");
    assert_eq!(orders.receive(LIMIT).await.unwrap(), b"2");
}

#[tokio::test]
async fn what_is_seen_instead_of_an_answer_is_told() {
    let (_emr, _, mut orders, mut proxy) = connected().await;
    let short = Duration::from_millis(20);
    let error = orders.order(ORDER, &Cut::Whole, short).await.unwrap_err();
    assert!(matches!(error, NoAnswer::Deadline(limit) if limit == short));
    assert_eq!(error.to_string(), "no answer from the proxy within 20 ms");

    proxy.send(b"HTTP/1.1 400\x0bMSH|cut").await;
    let error = orders.receive(LIMIT).await.unwrap_err().to_string();
    assert_eq!(error, "the proxy's answer is no MLLP frame, bytes outside a frame (MLLP-020): `HTTP/1.1 400`");
    drop(proxy.read(frame(ORDER).len()).await);
    drop(proxy);
    let error = orders.receive(LIMIT).await.unwrap_err().to_string();
    assert_eq!(error, "the proxy's answer is no MLLP frame, the data ended before FS CR (MLLP-021): `MSH|cut`");
    let error = orders.receive(LIMIT).await.unwrap_err();
    assert!(matches!(error, NoAnswer::Closed));
    assert_eq!(error.to_string(), "the proxy closed the connection without an answer");
}

#[tokio::test]
async fn a_reset_by_the_proxy_is_told_and_journalled() {
    let (_emr, journal, mut orders, proxy) = connected().await;
    proxy.0.set_zero_linger().unwrap();
    drop(proxy);
    let error = orders.receive(LIMIT).await.unwrap_err();
    assert!(matches!(&error, NoAnswer::Io(error) if error.kind() == ErrorKind::ConnectionReset), "{error}");
    assert!(error.to_string().starts_with("the connection to the proxy failed: "), "{error}");
    assert!(closed(&journal, 1).await.contains("reset"));
}

#[tokio::test]
async fn an_answer_given_before_the_whole_order_was_read_counts() {
    let (_emr, journal, mut orders, mut proxy) = connected().await;
    let large = vec![b'x'; 32 * 1024 * 1024];
    let refuse = async {
        proxy.send(&frame(b"refused")).await;
        let find = |events: &[Event]| frames(events, Link::Orders, Direction::In).pop();
        journal.eventually(LIMIT, find).await.unwrap();
        drop(proxy);
    };
    let (received, ()) = tokio::join!(orders.order(&large, &Cut::Whole, LIMIT), refuse);
    assert_eq!(received.unwrap(), b"refused");
}

#[tokio::test]
async fn an_unasked_answer_and_the_end_of_an_idle_connection_are_in_the_journal() {
    let (_emr, journal, _orders, mut proxy) = connected().await;
    proxy.send(&frame(ACK)).await;
    let find = |events: &[Event]| frames(events, Link::Orders, Direction::In).pop();
    assert_eq!(journal.eventually(LIMIT, find).await.unwrap(), ACK);
    drop(proxy);
    assert_eq!(closed(&journal, 1).await, "closed by the proxy");
}

#[tokio::test]
async fn a_half_closed_connection_still_receives() {
    let (_emr, _, mut orders, mut proxy) = connected().await;
    orders.send_raw(&frame(ORDER), &Cut::Whole).await.unwrap();
    orders.half_close().await.unwrap();
    assert_eq!(proxy.read_to_end().await, (frame(ORDER), Ok(())));
    proxy.send(&frame(ACK)).await;
    assert_eq!(orders.receive(LIMIT).await.unwrap(), ACK);
}

#[tokio::test]
async fn a_connection_is_closed_reset_or_dropped_and_the_proxy_sees_it_mllp_021() {
    let partial = b"\x0bMSH|half";
    for way in ["close", "reset", "drop"] {
        let (emr, journal, mut orders, mut proxy) = connected().await;
        orders.send_raw(partial, &Cut::Whole).await.unwrap();
        assert_eq!(proxy.read(partial.len()).await, partial);
        match way {
            "close" => soon(orders.close()).await,
            "reset" => soon(orders.reset()).await,
            _ => drop(orders),
        }
        let expected = if way == "reset" { Err(ErrorKind::ConnectionReset) } else { Ok(()) };
        assert_eq!(proxy.read_to_end().await, (Vec::new(), expected), "{way}");
        let how = if way == "reset" { "reset by the engine" } else { "closed by the engine" };
        assert_eq!(closed(&journal, 1).await, how);
        soon(emr.stop()).await;
        assert_eq!(closings(&journal.events()).len(), 1);
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_listen_is_an_error_and_no_connection() {
    let (emr, journal) = engine().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(emr.connect(address).await.err().unwrap().kind(), ErrorKind::ConnectionRefused);
    assert!(!journal.events().iter().any(|event| matches!(event.what, What::Opened { .. })));
}

#[tokio::test]
async fn when_too_many_answers_wait_reading_waits_and_none_is_lost() {
    const KEPT: usize = 64;
    const SENT: usize = 300; // with 100,000 bytes each more than the system keeps for a reader
    let (emr, journal, mut orders, mut proxy) = connected().await;
    let answer = |number: usize| [&vec![b'x'; 100_000][..], number.to_string().as_bytes()].concat();
    let sending = tokio::spawn(async move {
        for number in 0..SENT {
            proxy.send(&frame(&answer(number))).await;
        }
        proxy
    });
    let seen = |events: &[Event]| events.iter().filter(|event| matches!(event.what, What::Frame { .. })).count();
    // one more is in the hand of the reader, and part of the next may be
    journal.eventually(LIMIT, |events| (seen(events) > KEPT).then_some(())).await.unwrap();
    let quiet = Duration::from_millis(200);
    assert_eq!(journal.never(quiet, |events| Some(seen(events)).filter(|seen| *seen > KEPT + 2)).await, Ok(()));
    for number in 0..SENT {
        assert!(orders.receive(LIMIT).await.unwrap() == answer(number), "{number}");
    }
    drop(sending.await.unwrap());
    emr.stop().await;
}
