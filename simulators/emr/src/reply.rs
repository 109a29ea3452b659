//! The bytes of an answer.

use hl7::ack::{Builder, Code, ErrorDetail};
use hl7::{Message, Path};
use mllp::{CR, FS, frame};

use crate::Answer;

/// What is done on the connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Each is one write.
    pub portions: Vec<Vec<u8>>,
    /// Whether they are written late (ACK-081).
    pub late: bool,
    /// What comes then.
    pub end: Option<End>,
}

/// How the engine ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    Reset,
}

impl End {
    /// As the journal tells it.
    pub(crate) fn how(self) -> &'static str {
        match self {
            End::Close => "closed by the engine",
            End::Reset => "reset by the engine",
        }
    }
}

impl Answer {
    /// How the answer ends the connection, if it does.
    pub(crate) fn end(self) -> Option<End> {
        match self {
            Answer::Close | Answer::CloseInFrame => Some(End::Close),
            Answer::Reset | Answer::ResetInFrame => Some(End::Reset),
            _ => None,
        }
    }
}

/// The answer to a message.
pub(crate) fn reply(answer: Answer, acks: &Acks<'_>) -> Reply {
    Reply { portions: portions(answer, acks), late: answer == Answer::Late, end: answer.end() }
}

/// The answer to content that is no HL7 message: there is nothing to follow a script with.
pub(crate) fn reply_to_unreadable(time: String, control_id: u64) -> Reply {
    let text = Some("the message has no readable MSH".to_owned());
    let builder = Builder { time, control_id: control_id.to_string(), code: Code::AR, text, error: None };
    Reply { portions: vec![frame(&builder.build_unreadable())], late: false, end: None }
}

fn portions(answer: Answer, acks: &Acks<'_>) -> Vec<Vec<u8>> {
    let good = || frame(acks.ack(Code::AA).bytes());
    match answer {
        Answer::WithoutVt => vec![good()[1..].to_vec()],
        Answer::WithoutFs => vec![good().into_iter().filter(|byte| *byte != FS).collect()],
        Answer::WithoutFinalCr => vec![good().strip_suffix(&[CR]).unwrap_or_default().to_vec()],
        Answer::Two => vec![good(), good()],
        Answer::TwoJoined => vec![[good(), good()].concat()],
        Answer::ByteByByte => good().chunks(1).map(<[u8]>::to_vec).collect(),
        Answer::Silence | Answer::Close | Answer::Reset | Answer::ResetInFrame | Answer::CloseInFrame => Vec::new(),
        _ => vec![frame(&content(answer, acks))],
    }
}

fn content(answer: Answer, acks: &Acks<'_>) -> Vec<u8> {
    let good = || acks.ack(Code::AA);
    let message = match answer {
        Answer::Accept => set(good(), "MSH-9", b"ACK"),
        Answer::AcceptStructure => set(good(), "MSH-9.3", b"ACK"),
        Answer::AcceptText => set(good(), "MSA-3", b"stored"),
        Answer::AcceptErr => acks.build(acks.of, Code::AA, Some(0)),
        Answer::AcceptSegments => {
            let mut ack = with(good(), &["NTE|1||stored", "ZAK|1"]);
            ack.insert_segment(0, b"SFT|EMR|1.0|Engine|1"); // behind MSH, where v2.5 has it
            ack
        }
        Answer::AcceptVersion => {
            let other = if acks.of.raw("MSH-12.1") == Some(b"2.5.1") { "2.4" } else { "2.5.1" };
            set(good(), "MSH-12", other.as_bytes())
        }
        // swapped in front of the builder, which swaps them back
        Answer::AcceptNotSwapped => acks.build(&acks.swapped(), Code::AA, None),
        Answer::AcceptEmptyHeader => {
            ["MSH-3", "MSH-4", "MSH-5", "MSH-6"].iter().fold(good(), |ack, path| set(ack, path, b""))
        }
        Answer::Error => acks.ack(Code::AE),
        // ACK-012: both layouts, whatever the version of the message
        Answer::ErrorErr => with(acks.ack(Code::AE), &["ERR|PID^1^3^101"]),
        Answer::ErrorErr25 => with(acks.ack(Code::AE), &["ERR||PID^1^3|101^Required field missing^HL70357|E"]),
        Answer::ErrorSequence => acks.build(acks.of, Code::AE, Some(100)),
        Answer::Reject => acks.ack(Code::AR),
        Answer::RejectErr => acks.build(acks.of, Code::AR, Some(207)),
        Answer::CommitAccept => acks.ack(Code::CA),
        Answer::CommitError => acks.ack(Code::CE),
        Answer::CommitReject => acks.ack(Code::CR),
        Answer::CodeEmpty => set(good(), "MSA-1", b""),
        Answer::CodeUnknown => set(good(), "MSA-1", b"XX"),
        Answer::CodeLowerCase => set(good(), "MSA-1", b"aa"),
        Answer::IdEmpty => set(good(), "MSA-2", b""),
        Answer::IdOfAnother => {
            let other = set(acks.of.clone(), "MSH-10", &another_id(acks.of.control_id()));
            acks.build(&other, Code::AA, None)
        }
        Answer::WithoutMsa => without_msa(good()),
        Answer::WithoutMsh => return behind_header(&good()).to_vec(),
        Answer::CutMsh => return [b"MSH|^~\\&\r", behind_header(&good())].concat(),
        // the escape character twice, as in ESC-C1
        Answer::IllegalDelimiters => return [b"MSH|^\\~\\&", &good().bytes()[b"MSH|^~\\&".len()..]].concat(),
        Answer::AcceptLf => return good().bytes().iter().map(|byte| if *byte == CR { b'\n' } else { *byte }).collect(),
        Answer::NoHl7 => return b"Service temporarily unavailable".to_vec(),
        Answer::EmptyFrame => return Vec::new(),
        Answer::Oru => with(without_msa(set(good(), "MSH-9", b"ORU^R01")), &["OBR|1", "OBX|1|ST|||none||||||F"]),
        Answer::Orr => set(good(), "MSH-9", b"ORR^O02"),
        Answer::Adt => with(without_msa(set(good(), "MSH-9", b"ADT^A08")), &["EVN|A08", "PID|1"]),
        Answer::Echo => acks.of.clone(),
        _ => good(),
    };
    message.into_bytes()
}

/// Acknowledgements of one message.
pub(crate) struct Acks<'a> {
    /// The message.
    pub of: &'a Message,
    /// MSH-7.
    pub time: String,
    /// Gives the next MSH-10.
    pub next_control_id: &'a dyn Fn() -> u64,
}

impl Acks<'_> {
    /// As in the example of section 2.2, with the trigger in MSH-9.
    fn ack(&self, code: Code) -> Message {
        self.build(self.of, code, None)
    }

    fn build(&self, of: &Message, code: Code, error: Option<u16>) -> Message {
        let error = error.map(|code| ErrorDetail { location: None, code });
        let control_id = (self.next_control_id)().to_string();
        let builder = Builder { time: self.time.clone(), control_id, code, text: None, error };
        Message::parse(builder.build(of)).expect("an acknowledgement that was just built begins with MSH|^~\\&")
    }

    fn swapped(&self) -> Message {
        [("MSH-3", "MSH-5"), ("MSH-5", "MSH-3"), ("MSH-4", "MSH-6"), ("MSH-6", "MSH-4")]
            .iter()
            .fold(self.of.clone(), |message, (to, from)| set(message, to, self.of.raw(from).unwrap_or_default()))
    }
}

/// Sets an element of MSH or MSA.
fn set(mut message: Message, path: &str, raw: &[u8]) -> Message {
    let path: Path = path.parse().expect("the path is a constant");
    message.set(&path, raw).expect("the segment is there and the value comes from an equal element or is a constant");
    message
}

/// Adds segments at the end.
fn with(mut message: Message, segments: &[&str]) -> Message {
    for segment in segments {
        message.insert_segment(usize::MAX, segment.as_bytes());
    }
    message
}

fn without_msa(mut message: Message) -> Message {
    message.remove_segment("MSA", 1);
    message
}

fn behind_header(message: &Message) -> &[u8] {
    let end = message.bytes().iter().position(|byte| *byte == CR).map_or(0, |end| end + 1);
    &message.bytes()[end..]
}

/// Differs in the last byte only, so that a careless comparison is found out.
fn another_id(id: &[u8]) -> Vec<u8> {
    let (last, rest) = id.split_last().unwrap_or((&b'0', b""));
    [rest, if *last == b'0' { b"1" } else { b"0" }].concat()
}
