//! All defects. An entry: name, requirement that it breaks, words, and what it does.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{Request, RequestBuilder, Url};

use super::beside::{self, last_patient, patient, write};
use super::bytes::{backwards, each_segment, field, find, first, replaced, with_field, without};
use super::{Act, Defect, Flaw};
use crate::bus::Settlement;
use crate::emr::{Outcome, Receipt};

const fn defect(name: &'static str, breaks: &'static str, says: &'static str, acts: Act) -> Defect {
    Defect { name, breaks, says, acts }
}

/// Whether these bytes came before.
fn seen_before(content: &[u8]) -> bool {
    static SEEN: Mutex<BTreeSet<Vec<u8>>> = Mutex::new(BTreeSet::new());
    SEEN.lock().is_ok_and(|mut seen| !seen.insert(content.to_vec()))
}

fn taken_for(receipt: &mut Receipt, outcome: Outcome) {
    receipt.outcome = outcome;
}

fn code(receipt: &Receipt) -> &str {
    receipt.ack_code.as_deref().unwrap_or_default()
}

/// The EMR's answer.
fn ack(receipt: &Receipt) -> Vec<u8> {
    receipt.ack.as_deref().and_then(|ack| STANDARD.decode(ack).ok()).unwrap_or_default()
}

fn accept_if(receipt: &mut Receipt, good: bool) {
    if good {
        taken_for(receipt, Outcome::Accepted);
    }
}

fn refuse_if(receipt: &mut Receipt, bad: bool) {
    if bad && receipt.outcome == Outcome::Accepted {
        taken_for(receipt, Outcome::MalformedAck);
    }
}

fn component(bytes: &[u8], number: usize) -> &[u8] {
    bytes.split(|byte| *byte == b'^').nth(number - 1).unwrap_or_default()
}

fn changed(request: RequestBuilder, change: impl FnOnce(&mut Request)) -> RequestBuilder {
    let (client, request) = request.build_split();
    // cannot fail: the proxy made it
    let mut request = request.expect("a good request");
    change(&mut request);
    RequestBuilder::from_parts(client, request)
}

fn with_header(request: RequestBuilder, name: &'static str, value: &str) -> RequestBuilder {
    let value = HeaderValue::from_bytes(value.as_bytes()).unwrap_or(HeaderValue::from_static("unfit"));
    changed(request, |request| drop(request.headers_mut().insert(name, value)))
}

fn led(url: &mut Url, host: &str) {
    // cannot fail: the hosts are names
    let _ = url.set_host(Some(host));
}

#[rustfmt::skip]
pub(super) const DEFECTS: &[Defect] = &[
    // framing of acknowledgements
    defect("ack-frame-without-vt", "MLLP-040", "an acknowledgement's frame has no VT", Act::AckFrame(|frame| frame[1..].to_vec())),
    defect("ack-frame-without-fs", "MLLP-040", "an acknowledgement's frame has no FS", Act::AckFrame(|frame| replaced(frame, b"\x1c", b""))),
    defect("ack-frame-without-cr", "MLLP-040", "an acknowledgement's frame ends with FS", Act::AckFrame(|frame| frame[..frame.len() - 1].to_vec())),
    defect("ack-frame-and-lf", "MLLP-041", "an LF follows each acknowledgement", Act::AckFrame(|frame| [frame, b"\n"].concat())),
    defect("ack-line-feeds", "MLLP-003", "segments of acknowledgements end with CR LF", Act::AckFrame(|frame| replaced(&replaced(frame, b"\x1c\r", b"\x1c"), b"\r", b"\r\n").iter().flat_map(|byte| if *byte == 0x1c { vec![0x1c, b'\r'] } else { vec![*byte] }).collect())),
    // framing of orders
    defect("one-read-is-one-frame", "MLLP-010", "a frame must come in one TCP segment", Act::Flaw(Flaw::OneReadIsOneFrame)),
    defect("end-must-come-whole", "MLLP-012", "FS and CR must come in one TCP segment", Act::Flaw(Flaw::OneReadIsOneFrame)),
    defect("unended-segment-lost", "MLLP-018", "a last segment without CR is lost", Act::Received(|order| order[..order.iter().rposition(|byte| *byte == b'\r').map_or(0, |at| at + 1)].to_vec())),
    defect("answered-twice", "ACK-020", "every acknowledgement is sent twice", Act::AckFrame(|frame| [frame, frame].concat())),
    defect("second-frame-lost", "MLLP-011", "the second frame of one TCP segment is lost", Act::Flaw(Flaw::DropsSecondFrame)),
    defect("filler-closes", "MLLP-013", "a line end between frames closes the connection", Act::Flaw(Flaw::ClosesOnFiller)),
    defect("one-order-a-connection", "MLLP-014", "the connection closes after one order", Act::Flaw(Flaw::ClosesAfterOneOrder)),
    defect("idle-closes", "MLLP-017", "a silent connection is closed like an unfinished frame", Act::Flaw(Flaw::ClosesWhenIdle)),
    defect("no-vt-needed", "MLLP-020", "bytes without VT are taken for a frame", Act::Flaw(Flaw::NoVtNeeded)),
    defect("half-a-frame-forwarded", "MLLP-021", "what came of an unfinished frame is forwarded", Act::Flaw(Flaw::ForwardsPartialFrames)),
    defect("control-bytes-removed", "MLLP-025", "control bytes are removed from an order and the rest is forwarded", Act::Received(|order| order.iter().copied().filter(|byte| *byte >= b' ' || *byte == b'\r').collect())),
    defect("frame-never-times-out", "MLLP-028", "an unfinished frame is waited for for ever", Act::Settings(|settings| settings.frame_timeout = Duration::from_secs(86_400))),
    defect("nonsense-stops-it", "MLLP-029", "bytes that are no frame end the process", Act::Flaw(Flaw::StopsAtNonsense)),
    defect("orders-up-to-64k", "MLLP-016", "an order may have 64 KiB", Act::Settings(|settings| settings.max_message_bytes = 64 * 1024)),
    // acknowledgements of orders
    defect("ack-always-aa", "ACK-023", "a refusal of the cloud is relayed as AA", Act::Ack(|ack| replaced(&replaced(ack, b"MSA|AE", b"MSA|AA"), b"MSA|AR", b"MSA|AA"))),
    defect("ack-before-cloud", "ACK-025", "AA is sent before the cloud has the order", Act::Flaw(Flaw::AckFirst)),
    defect("ack-own-words", "CON-031", "MSA-3 of the cloud's acknowledgement is replaced", Act::Ack(|ack| with_field(ack, b"MSA", 3, |_| b"see IRIS".to_vec()))),
    defect("ack-control-id-cut", "ACK-010", "MSA-2 has 20 characters at most", Act::Ack(|ack| with_field(ack, b"MSA", 2, |id| id[..id.len().min(20)].to_vec()))),
    defect("ack-version-2.5", "ACK-008", "every acknowledgement is version 2.5", Act::Ack(|ack| with_field(ack, b"MSH", 12, |_| b"2.5".to_vec()))),
    defect("ack-without-err", "CON-031", "ERR is cut from acknowledgements", Act::Ack(|ack| without(ack, |segment| segment.starts_with(b"ERR")))),
    defect("aa-without-cloud", "CON-032", "AA is answered when the cloud fails", Act::OwnAck(|ack, _| replaced(ack, b"MSA|AE", b"MSA|AA"))),
    defect("own-ack-without-id", "CON-032", "the proxy's own acknowledgement has no MSA-2", Act::OwnAck(|ack, _| with_field(ack, b"MSA", 2, |_| Vec::new()))),
    defect("own-ack-names-patient", "CON-032", "the proxy's own acknowledgement names the patient", Act::OwnAck(|ack, order| with_field(ack, b"MSA", 3, |text| [text, b" ", field(order, b"PID", 5)].concat()))),
    defect("adt-forwarded", "ACK-101", "messages of any type are forwarded", Act::Flaw(Flaw::ForwardsAnything)),
    defect("order-without-id-accepted", "ACK-026", "an order without MSH-10 is answered AA", Act::OwnAck(|ack, order| if field(order, b"MSH", 9).is_empty() { replaced(ack, b"MSA|AE", b"MSA|AA") } else { ack.to_vec() })),
    defect("adt-accepted", "ACK-101", "messages of other types are answered AA", Act::OwnAck(|ack, _| replaced(ack, b"MSA|AR", b"MSA|AA"))),
    defect("any-body-relayed", "CON-071", "whatever the cloud answers with 200 is relayed", Act::Flaw(Flaw::TakesAnyBody)),
    defect("token-left-out", "CON-013", "orders go to IRIS without a token", Act::Flaw(Flaw::NoToken)),
    defect("token-not-replaced", "CON-013", "a refused token is used on", Act::Flaw(Flaw::RetriesNoToken)),
    defect("cloud-waited-for-60-s", "CON-032", "the cloud may take 60 s for an order", Act::Settings(|settings| settings.cloud_timeout = Duration::from_secs(60))),
    defect("repeated-order-refused", "CON-034", "an order that comes again is not forwarded", Act::Received(|order| if seen_before(order) { with_field(order, b"MSH", 9, |_| Vec::new()) } else { order.to_vec() })),
    defect("half-a-body-taken", "CON-041", "what came of a broken answer is taken for all of it", Act::Flaw(Flaw::TakesHalfABody)),
    // bytes of orders
    defect("order-trimmed", "TOP-010", "blanks at the ends of fields are cut from orders", Act::Order(|order| each_segment(order, |segment| Cow::Owned(segment.split(|byte| *byte == b'|').map(<[u8]>::trim_ascii).collect::<Vec<_>>().join(&b'|'))))),
    defect("order-line-feeds", "TOP-010", "segments of orders end with LF", Act::Order(|order| replaced(order, b"\r", b"\n"))),
    defect("order-upper-case", "TOP-010", "orders are written in capitals", Act::Order(|order| order.to_ascii_uppercase())),
    defect("order-utf-8", "TOP-010", "orders are re-encoded as UTF-8", Act::Order(|order| order.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes())),
    defect("order-ascii", "TOP-010", "bytes above 0x7F of orders become question marks", Act::Order(|order| order.iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' }).collect())),
    defect("order-last-cr-cut", "TOP-010", "the last CR of orders is cut", Act::Order(|order| order.strip_suffix(b"\r").unwrap_or(order).to_vec())),
    defect("order-msh-rewritten", "TOP-010", "MSH-3 of orders names the proxy", Act::Order(|order| with_field(order, b"MSH", 3, |_| b"IRISPROXY".to_vec()))),
    defect("order-unescaped", "TOP-010", "escape sequences of orders are decoded", Act::Order(|order| replaced(&replaced(order, b"\\T\\", b"&"), b"\\F\\", b"|"))),
    defect("order-first-repetition", "TOP-010", "only the first repetition of PID-3 goes on", Act::Order(|order| with_field(order, b"PID", 3, |ids| ids.split(|byte| *byte == b'~').next().unwrap_or_default().to_vec()))),
    defect("order-known-segments", "TOP-010", "only MSH, PID, PV1, ORC, OBR and DG1 of orders go on", Act::Order(|order| without(order, |segment| ![&b"MSH"[..], b"PID", b"PV1", b"ORC", b"OBR", b"DG1"].contains(&&segment[..segment.len().min(3)])))),
    defect("order-one-diagnosis", "TOP-010", "only DG1 with set id 1 goes on", Act::Order(|order| without(order, |segment| segment.starts_with(b"DG1|") && !segment.starts_with(b"DG1|1|")))),
    defect("order-trailing-delimiters-cut", "TOP-010", "trailing delimiters of orders are cut", Act::Order(|order| each_segment(order, |segment| { let end = segment.iter().rposition(|byte| *byte != b'|').map_or(0, |at| at + 1); Cow::Owned(segment[..end].to_vec()) }))),
    defect("order-null-emptied", "TOP-010", "\"\" in orders becomes an empty field", Act::Order(|order| replaced(order, b"|\"\"|", b"||"))),
    defect("order-with-own-segment", "TOP-010", "the proxy adds a segment to orders", Act::Order(|order| [order, b"ZPX|proxy\r"].concat())),
    defect("order-hex-decoded", "TOP-010", "hexadecimal escape sequences of orders are decoded", Act::Order(|order| replaced(order, b"\\X41\\", b"A"))),
    defect("order-line-breaks", "TOP-010", "\\.br\\ in orders becomes a blank", Act::Order(|order| replaced(order, b"\\.br\\", b" "))),
    defect("order-charset-undeclared", "TOP-010", "MSH-18 of orders is emptied", Act::Order(|order| with_field(order, b"MSH", 18, |_| Vec::new()))),
    defect("order-latin-1-converted", "TOP-010", "orders that declare 8859/1 are re-encoded as UTF-8", Act::Order(|order| if field(order, b"MSH", 17) == b"8859/1" { order.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes() } else { order.to_vec() })),
    defect("order-version-rewritten", "TOP-010", "MSH-12 of orders becomes 2.4", Act::Order(|order| with_field(order, b"MSH", 12, |_| b"2.4".to_vec()))),
    defect("order-limit-too-low", "CON-021", "an order may have one byte less than agreed", Act::Settings(|settings| settings.max_message_bytes -= 1)),
    defect("order-limit-too-high", "CON-070", "an order may have one byte more than agreed", Act::Settings(|settings| settings.max_message_bytes += 1)),
    defect("slow-sender-cut-off", "CON-021", "a frame may take 200 ms", Act::Settings(|settings| settings.frame_timeout = Duration::from_millis(200))),
    defect("order-facility-rewritten", "TOP-095", "MSH-4 of orders names the proxy's clinic", Act::Order(|order| with_field(order, b"MSH", 4, |_| b"CLINIC".to_vec()))),
    defect("order-known-by-number", "TOP-095", "an order of a known number is taken for the first one", Act::Order(|order| first(field(order, b"ORC", 2), order))),
    // requests
    defect("no-installation-header", "CON-030", "orders go without X-Iris-Installation", Act::Request(|request, _| changed(request, |request| drop(request.headers_mut().remove("X-Iris-Installation"))))),
    defect("json-content-type", "CON-030", "orders go as application/json", Act::Request(|request, _| with_header(request, "Content-Type", "application/json"))),
    defect("patient-in-address", "TOP-065", "the address of a request names the patient", Act::Request(|request, body| changed(request, |request| { request.url_mut().query_pairs_mut().append_pair("patient", &patient(body)); }))),
    defect("patient-in-header", "TOP-065", "a header of a request names the patient", Act::Request(|request, body| with_header(request, "X-Patient", &patient(body)))),
    defect("patient-in-base64-header", "TOP-065", "a header of a request names the patient in base64", Act::Request(|request, body| with_header(request, "X-Patient", &STANDARD.encode(patient(body))))),
    // bytes of results
    defect("result-trimmed", "TOP-010", "blanks at the ends of fields are cut from results", Act::Result(|result| each_segment(result, |segment| Cow::Owned(segment.split(|byte| *byte == b'|').map(<[u8]>::trim_ascii).collect::<Vec<_>>().join(&b'|'))))),
    defect("result-line-feeds", "MLLP-003", "segments of results end with CR LF", Act::ResultFrame(|frame| { let content = &frame[1..frame.len() - 2]; [b"\x0b", &replaced(content, b"\r", b"\r\n")[..], b"\x1c\r"].concat() })),
    defect("result-upper-case", "TOP-010", "results are written in capitals", Act::Result(|result| result.to_ascii_uppercase())),
    defect("result-utf-8", "TOP-010", "results are re-encoded as UTF-8", Act::Result(|result| result.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes())),
    defect("result-trailing-delimiters-cut", "TOP-010", "trailing delimiters of results are cut", Act::Result(|result| each_segment(result, |segment| { let end = segment.iter().rposition(|byte| *byte != b'|').map_or(0, |at| at + 1); Cow::Owned(segment[..end].to_vec()) }))),
    defect("result-unescaped", "TOP-010", "escape sequences of results are decoded", Act::Result(|result| replaced(&replaced(result, b"\\T\\", b"&"), b"\\E\\", b"\\"))),
    defect("result-order-of-obx", "TOP-010", "OBX segments of results come backwards", Act::Result(|result| backwards(result, b"OBX"))),
    defect("result-own-time", "TOP-010", "MSH-7 of results is the proxy's time", Act::Result(|result| with_field(result, b"MSH", 7, |_| b"20990101000000".to_vec()))),
    defect("result-own-control-id", "TOP-010", "MSH-10 of results is the proxy's", Act::Result(|result| with_field(result, b"MSH", 10, |_| b"PROXY1".to_vec()))),
    defect("result-own-sender", "TOP-010", "MSH-3 of results names the proxy", Act::Result(|result| with_field(result, b"MSH", 3, |_| b"IRISPROXY".to_vec()))),
    defect("result-hex-decoded", "TOP-010", "hexadecimal escape sequences of results are decoded", Act::Result(|result| replaced(result, b"\\X41\\", b"A"))),
    defect("result-ascii", "TOP-010", "bytes above 0x7F of results become question marks", Act::Result(|result| result.iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' }).collect())),
    defect("result-charset-undeclared", "TOP-010", "MSH-18 of results is emptied", Act::Result(|result| with_field(result, b"MSH", 18, |_| Vec::new()))),
    defect("result-version-rewritten", "TOP-010", "MSH-12 of results becomes 2.4", Act::Result(|result| with_field(result, b"MSH", 12, |_| b"2.4".to_vec()))),
    defect("result-1000-segments", "TOP-010", "a result has 1000 segments at most", Act::Result(|result| result.split_inclusive(|byte| *byte == b'\r').take(1000).collect::<Vec<_>>().concat())),
    defect("result-receiver-kept", "TOP-096", "every result has the MSH-5 and MSH-6 of the first one", Act::Result(|result| [5, 6].iter().fold(result.to_vec(), |result, number| with_field(&result, b"MSH", *number, |receiver| first(&[*number as u8], receiver))))),
    defect("result-known-by-number", "TOP-096", "a result of a known order number is sent as it was for the first", Act::Result(|result| match field(result, b"ORC", 2) { b"" => result.to_vec(), number => first(number, result) })),
    defect("result-without-last-segment", "TOP-010", "the last segment of results is lost", Act::Result(|result| { let end = result.len().saturating_sub(1); let cut = result[..end].iter().rposition(|byte| *byte == b'\r').map_or(0, |at| at + 1); result[..cut].to_vec() })),
    defect("result-cut-at-1-mib", "MLLP-016", "results are cut at 1 MiB", Act::Result(|result| result[..result.len().min(1024 * 1024)].to_vec())),
    defect("result-frame-without-vt", "MLLP-040", "a result's frame has no VT", Act::ResultFrame(|frame| frame[1..].to_vec())),
    defect("result-frame-without-cr", "MLLP-040", "a result's frame ends with FS", Act::ResultFrame(|frame| frame[..frame.len() - 1].to_vec())),
    defect("result-frame-and-lf", "MLLP-041", "an LF follows each result", Act::ResultFrame(|frame| [frame, b"\n"].concat())),
    defect("result-twice-in-a-frame", "MLLP-005", "a frame holds the result twice", Act::ResultFrame(|frame| { let content = &frame[1..frame.len() - 2]; [b"\x0b", content, content, b"\x1c\r"].concat() })),
    defect("charge-quantity-altered", "DFT-TX-009", "the type of charges is rewritten", Act::Result(|result| with_field(result, b"FT1", 6, |_| b"XX".to_vec()))),
    // sending to the EMR
    defect("no-wait-for-ack", "ACK-036", "the next result is sent without reading the acknowledgement", Act::Flaw(Flaw::DoesNotWaitForAck)),
    defect("two-attempts-more", "ACK-038", "a result is sent two times more often than agreed", Act::Settings(|settings| settings.max_attempts += 2)),
    defect("one-attempt", "CON-043", "a result is sent once, whatever is agreed", Act::Settings(|settings| settings.max_attempts = 1)),
    defect("charge-repeated", "ACK-030", "a charge is repeated like a result", Act::Flaw(Flaw::ChargeRepeated)),
    defect("claim-left-out", "CON-042", "a charge is sent without a claim", Act::Flaw(Flaw::ClaimLeftOut)),
    defect("claim-ignored", "DFT-TX-004", "a charge is sent although another has claimed it", Act::Flaw(Flaw::ClaimIgnored)),
    defect("connections-kept", "CON-046", "a new connection is opened beside the old one", Act::Flaw(Flaw::KeepsOldConnections)),
    defect("stale-answer-taken", "ACK-080", "a surplus acknowledgement is taken for the next answer", Act::Flaw(Flaw::ReadsStaleAnswers)),
    defect("emr-given-up", "TOP-028", "after a failure the EMR is not connected to again", Act::Flaw(Flaw::GivesUpOnEmr)),
    defect("silence-is-consent", "ACK-049", "no answer counts as accepted", Act::Flaw(Flaw::AnswersUnreadAsAccepted)),
    // what an answer is taken for
    defect("ae-accepted", "ACK-046", "AE counts as accepted", Act::Answer(|receipt| { let good = code(receipt) == "AE" && receipt.outcome == Outcome::Rejected; accept_if(receipt, good) })),
    defect("ar-accepted", "ACK-068", "AR counts as accepted", Act::Answer(|receipt| { let good = code(receipt) == "AR" && receipt.outcome == Outcome::Rejected; accept_if(receipt, good) })),
    defect("ce-accepted", "ACK-047", "CE counts as accepted", Act::Answer(|receipt| { let good = code(receipt) == "CE"; accept_if(receipt, good) })),
    defect("ca-refused", "ACK-047", "CA counts as refused", Act::Answer(|receipt| { let bad = code(receipt) == "CA"; refuse_if(receipt, bad) })),
    defect("foreign-id-accepted", "ACK-072", "an acknowledgement of another message counts", Act::Answer(|receipt| { let good = code(receipt) == "AA"; accept_if(receipt, good) })),
    defect("lower-case-accepted", "ACK-070", "MSA-1 in small letters counts", Act::Answer(|receipt| { let good = find(&ack(receipt), b"MSA|aa|").is_some(); accept_if(receipt, good) })),
    defect("echo-accepted", "ACK-079", "the message sent back counts as accepted", Act::Answer(|receipt| { let good = find(&ack(receipt), b"|ORU^R01|").is_some() && find(&ack(receipt), b"\rPID|").is_some(); accept_if(receipt, good) })),
    defect("no-msa-accepted", "ACK-073", "an acknowledgement without MSA counts as accepted", Act::Answer(|receipt| { let ack = ack(receipt); let good = find(&ack, b"ACK").is_some() && find(&ack, b"MSA").is_none(); accept_if(receipt, good) })),
    defect("no-hl7-accepted", "ACK-075", "any answer that is no HL7 counts as accepted", Act::Answer(|receipt| { let ack = ack(receipt); let good = !ack.is_empty() && find(&ack, b"MSH").is_none(); accept_if(receipt, good) })),
    defect("no-frame-accepted", "ACK-076", "an acknowledgement without its frame counts", Act::Answer(|receipt| { let ack = ack(receipt); let good = ack.first() == Some(&0x0b) || ack.last() == Some(&b'\r') && receipt.reason.as_deref() == Some("the ACK is not in a complete frame"); accept_if(receipt, good && find(&ack, b"MSA|AA").is_some()) })),
    defect("empty-frame-accepted", "ACK-077", "an empty frame counts as accepted", Act::Answer(|receipt| { let good = receipt.ack.as_deref() == Some(""); accept_if(receipt, good) })),
    defect("trigger-refused", "ACK-061", "MSH-9 of an acknowledgement must be ACK alone", Act::Answer(|receipt| { let bad = find(field(&ack(receipt), b"MSH", 8), b"^").is_some(); refuse_if(receipt, bad) })),
    defect("structure-refused", "ACK-062", "MSH-9 of an acknowledgement may have no third component", Act::Answer(|receipt| { let bad = !component(field(&ack(receipt), b"MSH", 8), 3).is_empty(); refuse_if(receipt, bad) })),
    defect("text-refused", "ACK-063", "an acknowledgement may hold MSH and MSA alone", Act::Answer(|receipt| { let bad = ack(receipt).split(|byte| *byte == b'\r').filter(|segment| !segment.is_empty()).count() > 2 || !field(&ack(receipt), b"MSA", 3).is_empty(); refuse_if(receipt, bad) })),
    defect("other-version-refused", "ACK-064", "an acknowledgement must have version 2.4 or 2.3", Act::Answer(|receipt| { let ack = ack(receipt); let bad = !ack.is_empty() && ![&b"2.3"[..], b"2.4"].contains(&field(&ack, b"MSH", 11)); refuse_if(receipt, bad) })),
    defect("unswapped-refused", "ACK-065", "MSH-5 of an acknowledgement must be IRIS", Act::Answer(|receipt| { let ack = ack(receipt); let bad = !ack.is_empty() && field(&ack, b"MSH", 4).is_empty() || field(&ack, b"MSH", 2) == b"IRIS"; refuse_if(receipt, bad) })),
    // what the cloud is told
    defect("no-receipt", "CON-044", "no receipt is posted", Act::Flaw(Flaw::NoReceipt)),
    defect("receipt-counts-wrong", "CON-044", "a receipt counts one send too many", Act::Receipt(|receipt| receipt.attempts += 1)),
    defect("receipt-always-accepted", "CON-044", "every receipt says Accepted", Act::Receipt(|receipt| receipt.outcome = Outcome::Accepted)),
    defect("receipt-without-ack", "CON-074", "a receipt does not quote the acknowledgement", Act::Receipt(|receipt| receipt.ack = None)),
    defect("lock-not-renewed", "CON-077", "the lock of a signal is not renewed", Act::Flaw(Flaw::RenewsNoLock)),
    defect("blob-not-waited-for", "CON-033", "an order by blob is answered AA although it was not stored", Act::OwnAck(|ack, _| replaced(ack, b"MSA|AE", b"MSA|AA"))),
    defect("receipt-forgotten", "CON-076", "a result is sent again when its receipt fails", Act::Flaw(Flaw::ForgetsItsReceipts)),
    defect("failure-of-the-cloud-completed", "CON-076", "a signal is completed although its delivery could not be had", Act::Settlement(|settlement| if settlement == Settlement::Abandon { Settlement::Complete } else { settlement })),
    defect("signal-given-back", "CON-044", "the signal of a delivered result is given back", Act::Settlement(|settlement| if settlement == Settlement::Complete { Settlement::Abandon } else { settlement })),
    defect("failure-completed", "CON-044", "the signal of a failed result is completed", Act::Settlement(|settlement| match settlement { Settlement::DeadLetter("EmrNotAccepted", _) => Settlement::Complete, other => other })),
    defect("dead-letter-reason", "CON-044", "dead letters have another reason", Act::Settlement(|settlement| match settlement { Settlement::DeadLetter("EmrNotAccepted", text) => Settlement::DeadLetter("Failed", text), other => other })),
    defect("unreadable-given-back", "CON-075", "an unreadable signal is given back", Act::Settlement(|settlement| match settlement { Settlement::DeadLetter("Unreadable", _) => Settlement::Abandon, other => other })),
    defect("unreadable-completed", "CON-075", "an unreadable signal is completed", Act::Settlement(|settlement| match settlement { Settlement::DeadLetter("Unreadable", _) => Settlement::Complete, other => other })),
    defect("bus-not-reopened", "TOP-005", "a lost connection to the bus is not opened again", Act::Flaw(Flaw::BusNotReopened)),
    // management
    defect("settings-change-ignored", "CON-050", "a change of settings is not read", Act::Flaw(Flaw::IgnoresSettingsChange)),
    defect("ping-ignored", "CON-050", "a ping is not answered", Act::Flaw(Flaw::IgnoresPing)),
    defect("one-ping-only", "CON-050", "only the first ping is answered", Act::Flaw(Flaw::OnePingOnly)),
    defect("management-stops", "CON-050", "a notification that cannot be read stops the management", Act::Flaw(Flaw::StopsManaging)),
    defect("moving-port-drops-orders", "CON-080", "orders in flight are dropped when the port moves", Act::Flaw(Flaw::ConnectionsEndWithPort)),
    defect("stops-at-once", "CON-079", "work in flight is not given back at a stop", Act::Flaw(Flaw::StopsAtOnce)),
    // traces
    defect("content-logged", "TOP-060", "content is logged", Act::Beside(|content| eprintln!("content {}", String::from_utf8_lossy(content)))),
    defect("patient-logged", "TOP-060", "the patient's name is logged", Act::Beside(|content| eprintln!("patient {}", patient(content)))),
    defect("content-logged-in-base64", "TOP-060", "content is logged in base64", Act::Beside(|content| eprintln!("content {}", STANDARD.encode(content)))),
    defect("content-logged-in-hex", "TOP-060", "content is logged in hexadecimal", Act::Beside(|content| eprintln!("content {}", content.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))),
    defect("content-printed", "TOP-060", "content is written to standard output", Act::Beside(|content| { let _ = std::io::stdout().write_all(content); })),
    defect("content-in-a-file", "TOP-060", "content is kept in a file of the working folder", Act::Beside(|content| write(Path::new("spool.hl7"), content))),
    defect("content-in-a-temporary-file", "TOP-060", "content is kept in a temporary file", Act::Beside(|content| write(&std::env::temp_dir().join("message.tmp"), content))),
    defect("content-in-utf-16", "TOP-060", "content is kept in a file in UTF-16", Act::Beside(|content| write(Path::new("trace.txt"), &String::from_utf8_lossy(content).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()))),
    defect("patient-in-a-file-name", "TOP-060", "a file is named after the patient", Act::Beside(|content| write(Path::new(&format!("{}.log", patient(content).replace(['^', '/', '\\'], "-"))), b""))),
    defect("secret-logged", "TOP-060", "the client secret is logged", Act::Beside(|_| eprintln!("secret {}", std::env::var("IRIS_CLIENT_SECRET").unwrap_or_default()))),
    defect("patient-logged-in-capitals", "TOP-060", "the patient's name is logged in other letters", Act::Beside(|content| eprintln!("patient {}", patient(content).to_lowercase()))),
    defect("patient-logged-backwards", "TOP-060", "the patient's name is logged backwards", Act::Beside(|content| eprintln!("patient {}", patient(content).chars().rev().collect::<String>()))),
    defect("notes-logged", "TOP-060", "the comments of orders and results are logged", Act::Beside(|content| eprintln!("note {}", String::from_utf8_lossy(field(content, b"NTE", 3))))),
    defect("diagnoses-logged", "TOP-060", "the text of the diagnosis is logged", Act::Beside(|content| eprintln!("diagnosis {}", String::from_utf8_lossy(field(content, b"DG1", 4))))),
    defect("relative-logged", "TOP-060", "the next of kin is logged", Act::Beside(|content| eprintln!("next of kin {}", String::from_utf8_lossy(field(content, b"NK1", 2))))),
    defect("insurance-logged", "TOP-060", "the number of the policy is logged", Act::Beside(|content| eprintln!("policy {}", String::from_utf8_lossy(field(content, b"IN1", 36))))),
    defect("content-in-a-removed-file", "TOP-060", "content is kept in an open file without a name", Act::Beside(beside::into_a_removed_file)),
    defect("content-in-a-file-for-a-moment", "TOP-060", "content is kept in a file that goes after a moment", Act::Beside(beside::into_a_file_for_a_moment)),
    defect("content-in-a-rotated-log", "TOP-060", "content is written to a log that is rotated and removed", Act::Beside(beside::into_a_rotated_log)),
    defect("content-packed", "TOP-060", "content is kept in a packed file", Act::Beside(beside::into_a_packed_file)),
    defect("report-spooled", "TOP-066", "a report is spooled in the temporary folder", Act::Beside(|content| if content.starts_with(b"%PDF") { write(&std::env::temp_dir().join("report.pdf"), content) })),
    defect("report-spooled-for-a-moment", "TOP-066", "a report is spooled for a moment", Act::Beside(|content| if content.starts_with(b"%PDF") { beside::into_a_file_for_a_moment(content) })),
    defect("report-copied", "TOP-066", "a report is kept a second time below its root", Act::Flaw(Flaw::PartLeftBehind)),
    defect("patient-on-a-command-line", "TOP-060", "a child gets the patient's name on its command line", Act::Beside(|content| beside::child(content, false))),
    defect("patient-in-an-environment", "TOP-060", "a child gets the patient's name in its environment", Act::Beside(|content| beside::child(content, true))),
    defect("patient-in-a-dead-letter", "TOP-065", "the description of a dead letter names the patient", Act::Settlement(|settlement| match settlement { Settlement::DeadLetter(reason, text) => Settlement::DeadLetter(reason, format!("{text}: {}", last_patient()).leak()), other => other })),
    defect("patient-in-a-dead-letter-in-base64", "TOP-065", "the description of a dead letter holds the patient's name in base64", Act::Settlement(|settlement| match settlement { Settlement::DeadLetter("EmrNotAccepted", text) => Settlement::DeadLetter("EmrNotAccepted", format!("{text}: {}", STANDARD.encode(last_patient())).leak()), other => other })),
    defect("patient-in-a-link-name", "TOP-065", "a link to the bus is named after the patient", Act::Flaw(Flaw::PatientInLinkName)),
    defect("patient-in-a-property", "TOP-065", "a property of a message to the bus names the patient", Act::Flaw(Flaw::PatientInProperty)),
    defect("patient-in-heartbeat", "TOP-065", "a heartbeat names the patient", Act::Flaw(Flaw::PatientInHeartbeat)),
    defect("own-ack-in-capitals", "CON-032", "the proxy's own acknowledgement quotes the patient's name in small letters", Act::OwnAck(|ack, order| with_field(ack, b"MSA", 3, |text| [text, b" ", &field(order, b"PID", 5).to_ascii_lowercase()[..]].concat()))),
    // resources
    defect("connection-to-iris-kept", "TOP-061", "every request opens one more connection to IRIS", Act::Flaw(Flaw::OpensAConnectionEach)),
    defect("files-kept-open", "TOP-061", "every message leaves a file open", Act::Beside(|_| beside::keep_a_file_open())),
    defect("memory-kept", "TOP-061", "every message stays in memory", Act::Beside(|content| { std::hint::black_box(content.to_vec().leak()); })),
    defect("messages-enciphered", "TOP-061", "every message is kept enciphered", Act::Beside(beside::into_an_enciphered_file)),
    defect("hangs-after-30", "MLLP-014", "nothing goes on after 30 messages", Act::Beside(|_| beside::hang_after(30))),
    defect("emr-waited-for-ever", "DFT-AMO-05", "an acknowledgement is waited for for ever", Act::Settings(|settings| settings.ack_timeout = Duration::from_secs(86_400))),
    // charges
    defect("charge-repeated-unanswered", "DFT-AMO-05", "a charge without answer is sent again", Act::Flaw(Flaw::ChargeRepeatedAfter(Outcome::NoAck))),
    defect("charge-repeated-refused", "DFT-AMO-02", "a refused charge is sent again", Act::Flaw(Flaw::ChargeRepeatedAfter(Outcome::Rejected))),
    defect("charge-repeated-malformed", "DFT-AMO-03", "a charge with a malformed answer is sent again", Act::Flaw(Flaw::ChargeRepeatedAfter(Outcome::MalformedAck))),
    defect("charge-repeated-on-new-settings", "DFT-TX-002", "an unanswered charge is sent again when the settings change", Act::Flaw(Flaw::ChargeRepeatedOnNewSettings)),
    defect("own-claim-ignored", "DFT-TX-005", "a charge is sent again to whoever claimed it before", Act::Flaw(Flaw::OwnClaimIgnored)),
    defect("claim-after-sending", "DFT-TX-004", "a charge is claimed when it has been sent", Act::Flaw(Flaw::ClaimAfterSending)),
    defect("claim-repeated", "DFT-TX-004", "a claim that was refused is asked for again", Act::Flaw(Flaw::ClaimRepeated)),
    defect("charge-held-back", "DFT-GEN-005", "no charge is sent after a refused result", Act::Flaw(Flaw::ChargeHeldBack)),
    defect("charges-merged", "DFT-TX-009", "a charge holds the one before as well", Act::Result(beside::merged)),
    defect("charge-quantity-two", "DFT-TX-009", "the quantity of charges is two", Act::Result(|result| with_field(result, b"FT1", 10, |_| b"2".to_vec()))),
    defect("charge-code-altered", "DFT-TX-009", "the procedure of charges is another", Act::Result(|result| with_field(result, b"FT1", 25, |_| b"92228".to_vec()))),
    // security
    defect("tls-1.2-spoken", "TOP-040", "TLS 1.2 is good enough", Act::Flaw(Flaw::Tls12)),
    defect("anybody-trusted", "CON-003", "any certificate is trusted", Act::Flaw(Flaw::TrustsAnybody)),
    // names
    defect("blobs-of-production", "TOP-EP-T1", "files go to the production account", Act::Config(|config| led(&mut config.blob, "irisicdprodb.blob.core.windows.net"))),
    defect("blobs-of-test", "TOP-EP-P1", "files go to the test account", Act::Config(|config| led(&mut config.blob, "irisicdqa.blob.core.windows.net"))),
    defect("results-of-production", "TOP-EP-T2", "results come from the production queue", Act::Config(|config| config.results_bus.host = "iris-clientresults-prodb.servicebus.windows.net".to_owned())),
    defect("results-of-test", "TOP-EP-P2", "results come from the test queue", Act::Config(|config| config.results_bus.host = "iris-clientresults-qa.servicebus.windows.net".to_owned())),
    defect("one-namespace", "TOP-EP-T3", "both queues are looked for in one namespace", Act::Config(|config| config.notification_bus.host.clone_from(&config.results_bus.host))),
    defect("management-of-test", "TOP-EP-P3", "the management queue is always that of the test environment", Act::Config(|config| config.notification_bus.host = "iris-organization-notification-qa.servicebus.windows.net".to_owned())),
    defect("settings-of-production", "TOP-EP-T4", "settings are always those of production", Act::Config(|config| led(&mut config.settings, "config-proxy-prodb.azconfig.io"))),
    defect("settings-of-test", "TOP-EP-P4", "settings are always those of the test environment", Act::Config(|config| led(&mut config.settings, "config-proxy-qa.azconfig.io"))),
    defect("login-elsewhere", "TOP-EP-T5", "tokens are asked for somewhere else", Act::Config(|config| led(&mut config.login, "localhost"))),
    defect("login-by-address", "TOP-EP-P5", "tokens are asked for at an address without name", Act::Config(|config| led(&mut config.login, "127.0.0.1"))),
    defect("api-of-production", "TOP-EP-T7", "orders always go to production", Act::Config(|config| led(&mut config.emr_api, "icemr-api.retinalscreenings.com"))),
    defect("api-of-test", "TOP-EP-P7", "orders always go to the test environment", Act::Config(|config| led(&mut config.emr_api, "icemr-api-test.retinalscreenings.com"))),
    defect("both-environments", "TOP-046", "production's settings are asked for as well", Act::Contact("config-proxy-prodb.azconfig.io")),
    defect("former-api", "TOP-050", "an API that was dropped is asked as well", Act::Contact("results-api.retinalscreenings.com")),
    defect("portal-asked", "TOP-051", "the portal is asked for something", Act::Contact("portal.retinalscreenings.com")),
    defect("link-followed", "TOP-054", "the link of a report is followed", Act::Contact("api.retinalscreenings.com")),
    defect("images-asked", "TOP-047", "the API for images is asked for something", Act::Contact("icd-api.retinalscreenings.com")),
    // files
    defect("file-altered", "FILE-006", "a line end is added to files", Act::File(|content| [content, b"\n"].concat())),
    defect("file-written-in-place", "FILE-009", "a file is written under its final name", Act::Flaw(Flaw::WritesInPlace)),
    defect("file-anywhere", "FILE-083", "a file may be written outside its root", Act::Flaw(Flaw::WritesAnywhere)),
    defect("file-empty-level", "FILE-042", "an empty level of a path is left out", Act::Flaw(Flaw::WritesAnywhere)),
    defect("file-token-case", "FILE-022", "{YYYY} is taken for {yyyy}", Act::Flaw(Flaw::TokenCaseIgnored)),
    defect("file-yesterday", "FILE-060", "{YEST_yyyyMMdd} is today", Act::Flaw(Flaw::YesterdayIsToday)),
    defect("file-extension", "FILE-005", ".pdf is added to names", Act::Flaw(Flaw::ExtensionAdded)),
    defect("file-folder-not-made", "FILE-008", "folders are not created", Act::Flaw(Flaw::NoFolderMade)),
    defect("file-part-left", "FILE-010", "a temporary file is left behind", Act::Flaw(Flaw::PartLeftBehind)),
    defect("file-lost", "FILE-011", "a file that cannot be written is told to be delivered", Act::Flaw(Flaw::LosesFailedFiles)),
    defect("file-name-checked-first", "FILE-088", "a name that was free a moment ago is written to", Act::Flaw(Flaw::ChecksNameFirst)),
    defect("file-numbered-again", "FILE-098", "a file that is there already is written once more", Act::Flaw(Flaw::NumbersEqualFiles)),
    defect("file-overwritten", "FILE-088", "a file replaces another of its name", Act::Flaw(Flaw::OverwritesFiles)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_every_entry_names_one_requirement() {
        let names: BTreeSet<&str> = DEFECTS.iter().map(|defect| defect.name).collect();
        assert_eq!(names.len(), DEFECTS.len());
        for defect in DEFECTS {
            assert!(defect.breaks.contains('-') && !defect.breaks.contains(' '), "{}", defect.name);
            assert!(!defect.says.is_empty() && !defect.says.ends_with('.'), "{}", defect.name);
        }
    }
}
