//! Bytes on the orders port, framed well or badly (02-mllp-and-ack, section 1).

use std::collections::BTreeMap;
use std::time::Duration;

use cucumber::{then, when};
use emr::Cut;
use hl7::Message;
use journal::{Direction, Event, Link, What};

use super::parameters::LinkName;
use crate::world::{Outcome, Stop, World, error, failed};

/// Sends bytes on one connection that stays open. [VT] [FS] [CR] [LF] [0x07] are bytes, [|] ends a TCP portion,
/// {name} is a message of features/messages.
#[when(expr = "the EMR sends the bytes {string}")]
async fn send_bytes(world: &mut World, text: String) -> Outcome {
    let portions = bytes(&text, |name| world.message(name).ok())?;
    let mut cuts: Vec<usize> = portions
        .iter()
        .scan(0, |end, portion| {
            *end += portion.len();
            Some(*end)
        })
        .collect();
    cuts.pop();
    let mut connection = match world.connection.take() {
        Some(connection) => connection,
        None => world.connect_orders().await?,
    };
    let cut = if cuts.is_empty() { Cut::Whole } else { Cut::At(cuts) };
    connection
        .send_raw(&portions.concat(), &cut)
        .await
        .map_err(|e| error(format!("cannot send on the orders port: {e}")))?;
    world.connection = Some(connection);
    Ok(())
}

/// Sends an order's frame one byte a TCP portion.
#[when(expr = "the EMR sends the order {string} byte by byte")]
async fn send_byte_by_byte(world: &mut World, name: String) -> Outcome {
    let content = world.message(&name)?;
    world.send_order(content, &Cut::EveryByte).await
}

/// Sends an order with so many bytes of text in one field (MLLP-016).
#[when(expr = "the EMR sends the order {string} with {int} bytes of text in {word}")]
async fn send_large(world: &mut World, name: String, size: usize, path: String) -> Outcome {
    let mut message = Message::parse(world.message(&name)?).map_err(error)?;
    message.set(&path.parse().map_err(error)?, &vec![b'x'; size]).map_err(error)?;
    world.send_order(message.into_bytes(), &Cut::Whole).await
}

/// Sends an order with so many segments of that name, copies of its first one that are numbered from 1 (ORM-NEG-707).
#[when(expr = "the EMR sends the order {string} with {int} segments {word}")]
async fn send_many_segments(world: &mut World, name: String, count: usize, segment: String) -> Outcome {
    let mut message = Message::parse(world.message(&name)?).map_err(error)?;
    let first = message.segment(&segment, 1).ok_or_else(|| error(format!("{name} has no segment {segment}")))?;
    let (index, rest) = (first.index(), first.bytes().splitn(3, |byte| *byte == b'|').nth(2).unwrap_or_default());
    let copies: Vec<Vec<u8>> =
        (1..=count).map(|number| [format!("{segment}|{number}|").as_bytes(), rest, b"\r"].concat()).collect();
    let copies = copies.concat();
    while message.remove_segment(&segment, 1) {}
    let at: usize = message.segments().take(index).map(|segment| segment.bytes().len() + 1).sum();
    let mut content = message.into_bytes();
    content.splice(at..at, copies);
    world.send_order(content, &Cut::Whole).await
}

/// Ends the connection that bytes were sent on.
#[when(expr = "the EMR closes the connection")]
async fn close(world: &mut World) -> Outcome {
    let connection = world.connection.take().ok_or_else(|| Stop::Blocked("no connection is open".to_owned()))?;
    connection.close().await;
    Ok(())
}

/// So many answers come on the open connection, with these control ids in MSA-2, in this order (ACK-020), and no more.
#[then(expr = "the EMR receives answers for {string} in this order")]
async fn answers_in_order(world: &mut World, ids: String) -> Outcome {
    let wanted: Vec<&str> = ids.split(", ").collect();
    let answers = |events: &[Event]| -> Vec<String> {
        let frames = super::frames(events, Link::Orders, Direction::In);
        frames
            .map(|f| Message::parse(f).ok().and_then(|m| m.text("MSA-2").map(|id| id.into_owned())).unwrap_or_default())
            .collect()
    };
    let seen = |events: &[Event]| format!("answers for {:?}", answers(events));
    world
        .expect("ACK-020", format!("answers for {wanted:?}"), |events| (answers(events) == wanted).then_some(()), seen)
        .await?;
    let more = |events: &[Event]| (answers(events).len() > wanted.len()).then(|| seen(events));
    world.expect_never("ACK-020", "one answer a message", more).await
}

/// No answer that accepts anything comes on the open connection in the quiet period; a refusal or a close may.
#[then(expr = "nothing is accepted on that connection")]
async fn nothing_accepted(world: &mut World) -> Outcome {
    let positive = |events: &[Event]| {
        super::frames(events, Link::Orders, Direction::In)
            .find(|frame| hl7::ack::read_order_response(frame).is_ok_and(|ack| ack.code.is_positive()))
            .map(hl7::show::bytes)
    };
    world.expect_never("ACK-025", "no positive answer", positive).await
}

/// No answer for this control id comes on any orders connection in the quiet period.
#[then(expr = "the EMR receives no answer for {string}")]
async fn no_answer_for(world: &mut World, id: String) -> Outcome {
    let answered = |events: &[Event]| {
        super::frames(events, Link::Orders, Direction::In)
            .find(|frame| Message::parse(*frame).is_ok_and(|m| m.text("MSA-2").is_some_and(|msa| msa == id)))
            .map(hl7::show::bytes)
    };
    world.expect_never("", format!("no answer for {id}"), answered).await
}

/// The proxy does not close the open connection for longer than one frame may take (MLLP-017).
#[then(expr = "the idle connection stays open longer than a frame may take")]
async fn stays_open(world: &mut World) -> Outcome {
    let number = world.connection.as_ref().ok_or_else(|| Stop::Blocked("no connection is open".to_owned()))?.number();
    let idle = Duration::from_millis(world.run().profile.timing.frame_timeout) + world.quiet();
    match world.journal.never(idle, |events| closed(events, number)).await {
        Ok(()) => Ok(()),
        Err(()) => failed("MLLP-017", "the connection stays open", "it is closed"),
    }
}

fn closed(events: &[Event], number: u64) -> Option<()> {
    let ended =
        |e: &Event| matches!(&e.what, What::Closed { link: Link::Orders, connection, .. } if *connection == number);
    events.iter().any(ended).then_some(())
}

/// The proxy closes the open connection in time (MLLP-028).
#[then(expr = "the proxy closes that connection")]
async fn proxy_closes(world: &mut World) -> Outcome {
    let number = world.connection.as_ref().ok_or_else(|| Stop::Blocked("no connection is open".to_owned()))?.number();
    world
        .expect(
            "MLLP-028",
            "the connection is closed",
            |events| closed(events, number),
            |_| "it is still open".to_owned(),
        )
        .await
}

/// The proxy still works: a conforming order on a new connection is accepted.
#[then(expr = "the next order is accepted")]
async fn next_is_accepted(world: &mut World) -> Outcome {
    let (patient, content) = world.synthetic_order("next order")?;
    world.canaries.extend(patient.canaries());
    world.send_order(content, &Cut::Whole).await?;
    let order = world.last_order()?;
    match order.answer.as_deref().map(hl7::ack::read_order_response) {
        Ok(Ok(ack)) if ack.code.is_positive() => Ok(()),
        _ => failed(
            "MLLP-020",
            "the next order is accepted",
            format!("{:?}", order.answer.as_deref().map(hl7::show::bytes)),
        ),
    }
}

/// The proxy leaves no more than one connection for results open (CON-046).
#[then(expr = "at most one results connection stays open")]
async fn one_connection(world: &mut World) -> Outcome {
    let open = |events: &[Event]| {
        events.iter().fold(0_i64, |open, event| match &event.what {
            What::Opened { link: Link::Results, .. } => open + 1,
            What::Closed { link: Link::Results, .. } => open - 1,
            _ => open,
        })
    };
    let seen = |events: &[Event]| format!("{} of them", open(events));
    world.expect("CON-046", "one connection at a time", |events| (open(events) <= 1).then_some(()), seen).await
}

/// Every frame from the proxy on the link (orders or results) begins with VT MSH, ends with CR FS CR, and nothing stands
/// outside (MLLP-001, MLLP-003, MLLP-040, MLLP-041).
#[then(expr = "every byte on the {link} link belongs to a well-formed frame")]
async fn well_formed(world: &mut World, wanted: LinkName) -> Outcome {
    let mut streams: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    world.journal.read(|events| {
        for event in events {
            if let What::Bytes { link, connection, direction: Direction::In, bytes, .. } = &event.what
                && *link == wanted.0
            {
                streams.entry(*connection).or_default().extend_from_slice(bytes);
            }
        }
    });
    if streams.is_empty() {
        return Err(Stop::Blocked("the proxy has sent nothing on this link".to_owned()));
    }
    match streams.values().find_map(|stream| frame_fault(stream)) {
        Some((requirement, expected, at)) => failed(requirement, expected, hl7::show::excerpt(at, 0, 60)),
        None => Ok(()),
    }
}

/// The first thing that is wrong with what should be nothing but frames: requirement, what should be, and the bytes.
fn frame_fault(mut stream: &[u8]) -> Option<(&'static str, &'static str, &[u8])> {
    while !stream.is_empty() {
        let Some(rest) = stream.strip_prefix(&[mllp::VT]) else { return Some(("MLLP-041", "frames only", stream)) };
        let end = rest.windows(2).position(|pair| pair == [mllp::FS, mllp::CR]);
        let Some(end) = end else { return Some(("MLLP-040", "FS CR at the end of the frame", rest)) };
        let content = &rest[..end];
        if !content.starts_with(b"MSH") {
            return Some(("MLLP-040", "MSH behind VT", rest));
        }
        if content.contains(&b'\n') || !content.ends_with(b"\r") {
            return Some(("MLLP-003", "CR alone at the end of each segment", content));
        }
        if let Some((at, _)) = mllp::forbidden_byte(content) {
            return Some(("MLLP-002", "no control byte but CR", &content[at..]));
        }
        if content.windows(4).any(|window| window == b"\rMSH") {
            return Some(("MLLP-005", "one message in a frame", content));
        }
        stream = &rest[end + 2..];
    }
    None
}

/// Reads the notation of byte steps into portions.
///
/// # Errors
/// [`Stop::Error`] for a name in brackets or braces that means nothing.
pub(super) fn bytes(text: &str, message: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<Vec<u8>>, Stop> {
    let mut portions = vec![Vec::new()];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '[' => rest.split_once(']').map_or(("", 0), |(token, _)| (&token[1..], token.len() + 1)),
            '{' => rest.split_once('}').map_or(("", 0), |(token, _)| (&token[1..], token.len() + 1)),
            _ => ("", 0),
        };
        let unknown = || error(format!("`{}` means nothing here; see the step's description", &rest[..length]));
        let mut add = |bytes: &[u8]| portions.last_mut().expect("there is always a portion").extend_from_slice(bytes);
        match (first, token) {
            (_, "") => {
                let plain = first.len_utf8();
                add(&rest.as_bytes()[..plain]);
                rest = &rest[plain..];
                continue;
            }
            ('{', name) => add(&message(name).ok_or_else(unknown)?),
            (_, "|") => portions.push(Vec::new()),
            (_, "VT") => add(&[mllp::VT]),
            (_, "FS") => add(&[mllp::FS]),
            (_, "CR") => add(&[mllp::CR]),
            (_, "LF") => add(b"\n"),
            (_, name) => {
                let byte = name.strip_prefix("0x").and_then(|hex| u8::from_str_radix(hex, 16).ok());
                add(&[byte.ok_or_else(unknown)?]);
            }
        }
        rest = &rest[length..];
    }
    Ok(portions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_of_byte_steps_gives_bytes_and_portions() {
        let message = |name: &str| (name == "new-order").then(|| b"MSH|\r".to_vec());
        let portions = bytes("[VT]{new-order}[FS][|][CR][0x07]x", message).unwrap();
        assert_eq!(portions, [b"\x0BMSH|\r\x1C".to_vec(), b"\r\x07x".to_vec()]);
        assert!(bytes("{old-order}", message).is_err());
        assert!(bytes("[XY]", message).is_err());
        assert_eq!(bytes("a[b", message).unwrap(), [b"a[b".to_vec()]);
    }

    #[test]
    fn only_whole_frames_with_one_message_pass() {
        let good = b"\x0bMSH|a\rMSA|b\r\x1c\r";
        assert_eq!(frame_fault(good), None);
        assert_eq!(frame_fault(&[&good[..], good].concat()), None);
        for (stream, requirement) in [
            (&good[1..], "MLLP-041"),
            (&[&good[..], b"\n"].concat(), "MLLP-041"),
            (&good[..good.len() - 1], "MLLP-040"),
            (b"\x0bPID|a\r\x1c\r", "MLLP-040"),
            (b"\x0bMSH|a\r\nMSA|b\r\x1c\r", "MLLP-003"),
            (b"\x0bMSH|a\rMSA|b\x1c\r", "MLLP-003"),
            (b"\x0bMSH|a\x07\r\x1c\r", "MLLP-002"),
            (b"\x0bMSH|a\rMSH|b\r\x1c\r", "MLLP-005"),
        ] {
            assert_eq!(frame_fault(stream).map(|fault| fault.0), Some(requirement), "{stream:?}");
        }
    }
}
