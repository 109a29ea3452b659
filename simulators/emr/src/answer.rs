//! The answers that the engine can give (file 02, section 2.5).

use std::fmt;
use std::str::FromStr;

/// How an answer is to be understood (ACK-045 to ACK-049).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The message is accepted (ACK-045), `CA` included (CON-043).
    Positive,
    /// The message is refused (ACK-046, ACK-047).
    Negative,
    /// What comes is no acknowledgement of the message (ACK-048).
    Malformed,
    /// Nothing comes in time (ACK-049).
    Absent,
    /// The specification does not decide it.
    Probe,
}

/// What is known about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The answer.
    pub answer: Answer,
    /// Its name in scenarios.
    pub name: &'static str,
    /// The requirement it comes from.
    pub requirement: &'static str,
    /// How it is to be understood.
    pub class: Class,
}

macro_rules! answers {
    ($($answer:ident $name:literal $requirement:literal $class:ident;)*) => {
        /// What the engine does when a message has arrived on C2.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Answer {
            $(#[doc = concat!($name, " (", $requirement, ")")] $answer,)*
        }

        const ALL: &[Variant] = &[
            $(Variant { answer: Answer::$answer, name: $name, requirement: $requirement, class: Class::$class },)*
        ];
    };
}

answers! {
    Accept              "an accepting ACK"                                 "ACK-060" Positive;
    AcceptTrigger       "an accepting ACK with trigger"                    "ACK-061" Positive;
    AcceptStructure     "an accepting ACK with structure"                  "ACK-062" Positive;
    AcceptText          "an accepting ACK with text"                       "ACK-063" Positive;
    AcceptErr           "an accepting ACK with an ERR of code 0"           "ACK-063" Positive;
    AcceptSegments      "an accepting ACK with extra segments"             "ACK-063" Positive;
    AcceptVersion       "an accepting ACK in another version"              "ACK-064" Positive;
    AcceptNotSwapped    "an accepting ACK with header fields not swapped"  "ACK-065" Positive;
    AcceptEmptyHeader   "an accepting ACK with empty header fields"        "ACK-065" Positive;
    AcceptLf            "an accepting ACK with LF line ends"               "ACK-066" Probe;
    Error               "an application error"                             "ACK-067" Negative;
    ErrorErr            "an application error with ERR"                    "ACK-067" Negative;
    ErrorErr25          "an application error with a v2.5 ERR"             "ACK-067" Negative;
    ErrorSequence       "an application error for the order of segments"   "MDM-RCV-03" Negative;
    Reject              "an application reject"                            "ACK-068" Negative;
    RejectErr           "an application reject with ERR"                   "ACK-068" Negative;
    CommitAccept        "an enhanced CA"                                   "ACK-047" Positive;
    CommitError         "an enhanced CE"                                   "ACK-069" Negative;
    CommitReject        "an enhanced CR"                                   "ACK-069" Negative;
    CodeEmpty           "an empty MSA-1"                                   "ACK-070" Malformed;
    CodeUnknown         "an unknown MSA-1"                                 "ACK-070" Malformed;
    CodeLowerCase       "a lower case MSA-1"                               "ACK-070" Malformed;
    IdEmpty             "an empty MSA-2"                                   "ACK-071" Malformed;
    IdOfAnother         "an ACK for another message"                       "ACK-072" Malformed;
    WithoutMsa          "an ACK without MSA"                               "ACK-073" Malformed;
    WithoutMsh          "an ACK without MSH"                               "ACK-074" Malformed;
    CutMsh              "an ACK with a cut MSH"                            "ACK-074" Malformed;
    IllegalDelimiters   "an ACK with illegal delimiters"                   "DFT-AMO-03" Malformed;
    NoHl7               "text that is no HL7"                              "ACK-075" Malformed;
    WithoutVt           "an ACK without VT"                                "ACK-076" Malformed;
    WithoutFs           "an ACK without FS"                                "ACK-076" Malformed;
    WithoutFinalCr      "an ACK without the final CR"                      "ACK-076" Malformed;
    EmptyFrame          "an empty frame"                                   "ACK-077" Malformed;
    Oru                 "an ORU instead of an ACK"                         "ACK-078" Malformed;
    Orr                 "an ORR instead of an ACK"                         "ACK-078" Malformed;
    Adt                 "an ADT instead of an ACK"                         "ACK-078" Malformed;
    Echo                "an echo of the message"                           "ACK-079" Malformed;
    Two                 "two ACKs"                                         "ACK-080" Positive;
    TwoJoined           "two ACKs joined"                                  "ACK-086" Positive;
    ByteByByte          "an ACK byte by byte"                              "ACK-086" Positive;
    Late                "a late ACK"                                       "ACK-081" Absent;
    Silence             "silence"                                          "ACK-082" Absent;
    Close               "a closed connection"                              "ACK-083" Absent;
    Reset               "a reset connection"                               "ACK-083" Absent;
    ResetInFrame        "a reset in the middle of the frame"               "ACK-084" Absent;
    CloseInFrame        "a close in the middle of the frame"               "DFT-AMO-07" Absent;
}

impl Answer {
    /// All answers, in the order of the specification.
    pub fn all() -> &'static [Variant] {
        ALL
    }

    /// What is known about this one.
    pub fn variant(self) -> &'static Variant {
        &ALL[self as usize]
    }

    /// Whether it is given before the message is complete (ACK-084).
    pub(crate) fn is_in_frame(self) -> bool {
        matches!(self, Answer::ResetInFrame | Answer::CloseInFrame)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.variant().name)
    }
}

/// A text that names no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the EMR knows no answer `{0}`; the answers are: {names}", names = names())]
pub struct UnknownAnswer(pub String);

fn names() -> String {
    ALL.iter().map(|variant| variant.name).collect::<Vec<_>>().join(", ")
}

impl FromStr for Answer {
    type Err = UnknownAnswer;

    fn from_str(name: &str) -> Result<Answer, UnknownAnswer> {
        let known = ALL.iter().find(|variant| variant.name == name);
        known.map(|variant| variant.answer).ok_or_else(|| UnknownAnswer(name.to_owned()))
    }
}
