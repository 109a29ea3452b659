//! One rule of a plan: where, when, how often, what.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hl7::{Message, Path};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Class, Fault, Place, Towards};

/// A fault and its triggers.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
pub struct Rule {
    /// Where.
    pub on: Place,
    /// For faults of bytes: which way.
    pub towards: Towards,
    /// What must hold.
    pub when: When,
    /// How often at most; always if left out.
    pub times: Option<u64>,
    /// What happens.
    pub fault: Fault,
}

/// Conditions, all of which must hold; one that is left out does.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// MSH-9 of the message, `ORU` or `ORU^R01`; for signals their kind.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// MSH-10 of the message.
    pub control_id: Option<String>,
    /// Elements of the message, and their texts.
    pub path: BTreeMap<String, String>,
    /// What is asked of the cloud: orders, deliveries, claims, receipts, heartbeats, tokens, settings, blobs (uploads) or
    /// blob_reads.
    pub request: Option<String>,
    /// Only the n-th time that the conditions above hold, from 1.
    pub nth: Option<u64>,
    /// Every n-th time.
    pub every: Option<u64>,
    /// With this probability, from 0 to 1.
    pub probability: Option<f64>,
}

/// Names of requests that rules can be about.
const REQUESTS: [&str; 9] =
    ["orders", "deliveries", "claims", "receipts", "heartbeats", "tokens", "settings", "blobs", "blob_reads"];

/// A rule as it stands in a file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    on: Place,
    #[serde(default)]
    towards: Towards,
    #[serde(default)]
    when: When,
    times: Option<u64>,
    #[serde(rename = "do", with = "serde_yaml::with::singleton_map")]
    #[schemars(with = "Fault")]
    fault: Fault,
}

impl TryFrom<Written> for Rule {
    type Error = String;

    fn try_from(Written { on, towards, when, times, fault }: Written) -> Result<Rule, String> {
        let rule = Rule { on, towards, when, times, fault };
        rule.check()?;
        Ok(rule)
    }
}

impl Rule {
    /// A rule without conditions.
    pub fn new(on: Place, fault: Fault) -> Rule {
        Rule { on, towards: Towards::Proxy, when: When::default(), times: None, fault }
    }

    /// At most so often.
    pub fn times(self, times: u64) -> Rule {
        Rule { times: Some(times), ..self }
    }

    /// Only for requests of this name.
    pub fn request(mut self, name: &str) -> Rule {
        self.when.request = Some(name.to_owned());
        self
    }

    /// What cannot be, and what to write instead.
    fn check(&self) -> Result<(), String> {
        let Rule { on, when, times, fault, towards } = self;
        let (name, class) = (fault.name(), fault.class());
        if !class.acts_at(*on) {
            return Err(format!("{name} cannot act on {on}; it acts on {}", class.places()));
        }
        if *towards == Towards::Peer && class != Class::Bytes {
            return Err(format!("{name} does not act on bytes; leave `towards` out"));
        }
        let reads_hl7 = when.control_id.is_some() || !when.path.is_empty();
        if reads_hl7 && !(on.is_mllp() || class == Class::Process) {
            return Err("control_id and path need HL7 messages, which are on orders and results only".to_owned());
        }
        let has_type = on.is_mllp() || matches!(class, Class::Signal | Class::Process);
        if when.kind.is_some() && !has_type {
            return Err(format!("{name} on {on} sees no message type; for HTTPS write `request`, for example orders"));
        }
        if let Some(request) = &when.request {
            let sees =
                matches!(class, Class::Bytes | Class::Answer) && (*on == Place::Cloud || Place::HTTPS.contains(on));
            if !sees {
                return Err(format!("{name} on {on} sees no request; leave `request` out"));
            }
            if !REQUESTS.contains(&request.as_str()) {
                return Err(format!("there is no request {request}; requests are {}", REQUESTS.join(", ")));
            }
        }
        for path in when.path.keys() {
            path.parse::<Path>()
                .map_err(|error| format!("{path} is no element: {error}; write PID-3.1, for example"))?;
        }
        if when.nth == Some(0) || when.every == Some(0) || *times == Some(0) {
            return Err("nth, every and times count from 1".to_owned());
        }
        if when.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err("a probability is a number from 0 to 1".to_owned());
        }
        if let Fault::Status(status) = fault
            && !(200..=599).contains(&status.code)
        {
            return Err(format!("{} is no HTTP status that answers; write one from 200 to 599", status.code));
        }
        Ok(())
    }
}

/// What a rule is asked about.
#[derive(Clone, Debug, Default)]
pub struct Subject<'a> {
    message: Option<Cow<'a, Message>>,
    kind: Option<String>,
    request: Option<String>,
}

impl<'a> Subject<'a> {
    /// An HL7 message.
    pub fn of_message(message: &'a Message) -> Subject<'a> {
        Subject { message: Some(Cow::Borrowed(message)), ..Subject::default() }
    }

    /// An MLLP frame, or bytes that are none.
    pub(crate) fn of_frame(frame: &[u8]) -> Subject<'static> {
        let end = frame.strip_suffix(&[mllp::FS, mllp::CR]);
        let content = end.and_then(|frame| frame.strip_prefix(&[mllp::VT]));
        Subject { message: content.and_then(|c| Message::parse(c).ok()).map(Cow::Owned), ..Subject::default() }
    }

    /// A request to the cloud.
    pub fn of_request(name: &str) -> Subject<'static> {
        Subject { request: Some(name.to_owned()), ..Subject::default() }
    }

    /// A signal of this kind.
    pub fn of_signal(kind: &str) -> Subject<'static> {
        Subject { kind: Some(kind.to_owned()), ..Subject::default() }
    }

    /// Whether the conditions hold that look into it.
    pub(crate) fn fits(&self, when: &When) -> bool {
        let is = |wanted: &Option<String>, seen: Option<&str>| wanted.as_deref().is_none_or(|w| seen == Some(w));
        let message = self.message.as_deref();
        let kind = when.kind.as_deref().is_none_or(|wanted| match message {
            Some(message) => {
                let (code, trigger) = message.message_type();
                wanted == code || wanted == format!("{code}^{trigger}")
            }
            None => self.kind.as_deref() == Some(wanted),
        });
        let control_id = message.map(|message| String::from_utf8_lossy(message.control_id()));
        kind && is(&when.request, self.request.as_deref())
            && is(&when.control_id, control_id.as_deref())
            && when.path.iter().all(|(path, text)| message.is_some_and(|m| m.text(path).as_deref() == Some(text)))
    }

    /// In a word or two, for the journal; nothing of a patient.
    pub(crate) fn label(&self) -> String {
        match (&self.message, &self.kind, &self.request) {
            (Some(message), ..) => {
                let (code, trigger) = message.message_type();
                format!("{code}^{trigger} {}", String::from_utf8_lossy(message.control_id()))
            }
            (_, Some(kind), _) => format!("signal of {kind}"),
            (.., Some(request)) => format!("request for {request}"),
            _ => "connection".to_owned(),
        }
    }
}
