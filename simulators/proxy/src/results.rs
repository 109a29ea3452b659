//! From the signal to the receipt: one result or charge (CON-040 to CON-046, CON-073 to CON-076).

use std::collections::VecDeque;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hl7::Message;
use serde::Deserialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bus::{self, Handler, Settlement};
use crate::cloud::{Cloud, Receipt};
use crate::emr::{Emr, Outcome, Reply};
use crate::repeat::few_times;
use crate::settings::Settings;

/// Signals that are remembered after their delivery; see [`Courier::done`].
const REMEMBERED: usize = 256;

const NOT_ACCEPTED: Settlement = Settlement::DeadLetter("EmrNotAccepted", "the EMR did not accept the message"); // CON-044
const UNREADABLE: Settlement = Settlement::DeadLetter("Unreadable", "the signal cannot be read"); // CON-075
const UNREADABLE_DELIVERY: Settlement = Settlement::DeadLetter("Unreadable", "the delivery is no HL7 message");
const UNSUPPORTED: Settlement = Settlement::DeadLetter("Unsupported", "file delivery is not built yet"); // CON-047

/// CON-040
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Signal {
    delivery_id: Uuid,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    Oru,
    Mdm,
    Dft,
    File,
}

/// Takes results to the EMR, one after the other.
pub(crate) struct Courier {
    cloud: Arc<Cloud>,
    settings: watch::Receiver<Arc<Settings>>,
    stop: CancellationToken,
    emr: Emr,
    /// What is finished but for its receipt or its settlement, which a lost connection may have swallowed. CON-076: the same
    /// signal coming again must not be sent again. A signal put into the queue anew has another sequence number.
    done: VecDeque<Done>,
}

struct Done {
    delivery: Uuid,
    sequence: Option<i64>,
    /// None once it is posted.
    receipt: Option<Receipt>,
    settlement: Settlement,
}

impl Handler for Courier {
    async fn handle(&mut self, message: &bus::Message) -> Settlement {
        let Ok(signal) = serde_json::from_slice::<Signal>(&message.body) else {
            log!("results: a signal cannot be read");
            return UNREADABLE;
        };
        let id = signal.delivery_id;
        let again =
            |done: &Done| message.sequence.is_some() && (done.delivery, done.sequence) == (id, message.sequence);
        let known = self.done.iter().position(again);
        let mut done = match known.and_then(|known| self.done.remove(known)) {
            Some(done) => done,
            None => match self.deliver(&signal).await {
                Ok((receipt, settlement)) => {
                    Done { delivery: id, sequence: message.sequence, receipt: Some(receipt), settlement }
                }
                Err(settlement) => {
                    log!("delivery {id}: {settlement:?}");
                    return settlement;
                }
            },
        };
        let mut settlement = done.settlement;
        if let Some(receipt) = &done.receipt {
            let limit = self.settings.borrow().cloud_timeout;
            match few_times("receipt", || self.cloud.receipt(id, receipt, limit)).await {
                Some(()) => done.receipt = None,
                None => settlement = Settlement::Abandon, // CON-076
            }
        }
        log!("delivery {id}: {settlement:?}");
        self.done.push_back(done);
        if self.done.len() > REMEMBERED {
            self.done.pop_front();
        }
        settlement
    }
}

impl Courier {
    pub(crate) fn new(cloud: Arc<Cloud>, settings: watch::Receiver<Arc<Settings>>, stop: CancellationToken) -> Courier {
        Courier { cloud, settings, stop, emr: Emr::default(), done: VecDeque::new() }
    }

    /// What became of the delivery, or what to do with the signal when there is nothing to report.
    async fn deliver(&mut self, signal: &Signal) -> Result<(Receipt, Settlement), Settlement> {
        let (id, kind) = (signal.delivery_id, signal.kind);
        if kind == Kind::File {
            return Err(UNSUPPORTED);
        }
        let limit = self.settings.borrow().cloud_timeout;
        let content = match few_times("delivery", || self.cloud.delivery(id, limit)).await {
            Some(Some(content)) => content,
            Some(None) => return Err(Settlement::Complete), // CON-075
            None => return Err(Settlement::Abandon),        // CON-076
        };
        let Some(control_id) = sendable(&content) else {
            return Ok((receipt(Reply::not_sent("the delivery is no HL7 message"), 0), UNREADABLE_DELIVERY));
        };
        let (reply, sends) = self.send(id, kind, &content, &control_id).await?;
        let settlement = if reply.outcome == Outcome::Accepted { Settlement::Complete } else { NOT_ACCEPTED };
        Ok((receipt(reply, sends), settlement))
    }

    /// Tries until the EMR accepts or the attempts are used up: the reply to the last send, and the number of sends. A charge is
    /// sent once at most.
    async fn send(
        &mut self,
        id: Uuid,
        kind: Kind,
        content: &Bytes,
        control_id: &[u8],
    ) -> Result<(Reply, u32), Settlement> {
        let charge = kind == Kind::Dft;
        let mut claimed = false;
        let (mut last, mut sends) = (Reply::not_sent("no byte could be sent to the EMR"), 0);
        let mut attempt = 0;
        loop {
            let settings = self.settings.borrow().clone();
            if attempt >= settings.max_attempts {
                break;
            }
            if attempt > 0 {
                let go_on = tokio::select! {
                    () = self.stop.cancelled() => false,
                    () = tokio::time::sleep(settings.retry_delay) => true,
                };
                if !go_on {
                    // CON-079. A claimed charge could never be sent by another: it ends here, to be seen.
                    if claimed { break } else { return Err(Settlement::Abandon) }
                }
            }
            attempt += 1;
            if let Err(error) = self.emr.connect(&settings.results_address, settings.ack_timeout).await {
                log!("delivery {id}: {kind:?}, attempt {attempt}: cannot connect to the EMR: {}", error.kind());
                continue; // CON-073
            }
            if charge && !claimed {
                // CON-042, CON-073: the connection stands, and no byte is written.
                match few_times("claim", || self.cloud.claim(id, settings.cloud_timeout)).await {
                    Some(true) => claimed = true,
                    Some(false) => return Err(Settlement::Complete), // CON-042, CON-075
                    None => return Err(Settlement::Abandon),         // CON-076
                }
            }
            let Some(reply) = self.emr.exchange(content, control_id, settings.ack_timeout).await else {
                log!("delivery {id}: {kind:?}, attempt {attempt}: the connection closed before the first byte");
                continue; // DFT-TX-006
            };
            sends += 1;
            let code = reply.code.map(|code| code.to_string()).unwrap_or_default();
            log!("delivery {id}: {kind:?}, attempt {attempt}: {:?} {code}", reply.outcome);
            let finished = charge || reply.outcome == Outcome::Accepted;
            last = reply;
            if finished {
                break;
            }
        }
        Ok((last, sends))
    }
}

/// MSH-10 of a content that can be sent unchanged in a frame (MLLP-002, MLLP-040).
fn sendable(content: &[u8]) -> Option<Vec<u8>> {
    let message = Message::parse(content).ok()?;
    mllp::forbidden_byte(content).is_none().then(|| message.control_id().to_vec())
}

/// CON-044, CON-074
fn receipt(reply: Reply, attempts: u32) -> Receipt {
    Receipt {
        outcome: reply.outcome,
        attempts,
        ack_code: reply.code.map(|code| code.to_string()),
        ack: reply.ack.map(|ack| STANDARD.encode(ack)),
        reason: reply.reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hl7::ack::Code;

    #[test]
    fn a_signal_is_read_as_the_contract_writes_it_con_040() {
        let text = r#"{"DeliveryId":"67e55044-10b1-426f-9247-bb680e5fe0c8","Kind":"DFT","IrisOrderId":273013}"#;
        let signal: Signal = serde_json::from_str(text).unwrap();
        assert_eq!(
            (signal.delivery_id.to_string().as_str(), signal.kind),
            ("67e55044-10b1-426f-9247-bb680e5fe0c8", Kind::Dft)
        );
        assert!(serde_json::from_str::<Signal>(&text.replace("DFT", "ADT")).is_err());
        assert!(serde_json::from_str::<Signal>(r#"{"Kind":"ORU"}"#).is_err());
    }

    #[test]
    fn a_receipt_is_written_as_the_contract_says_con_044() {
        let reply = Reply {
            outcome: Outcome::Rejected,
            code: Some(Code::AE),
            ack: Some(b"ack".to_vec()),
            reason: Some("no".to_owned()),
        };
        assert_eq!(
            serde_json::to_string(&receipt(reply, 2)).unwrap(),
            r#"{"Outcome":"Rejected","Attempts":2,"AckCode":"AE","Ack":"YWNr","Reason":"no"}"#
        );
        assert_eq!(
            serde_json::to_string(&receipt(Reply::not_sent("cannot connect to the EMR"), 0)).unwrap(),
            r#"{"Outcome":"NotSent","Attempts":0,"AckCode":null,"Ack":null,"Reason":"cannot connect to the EMR"}"#
        );
    }

    #[test]
    fn only_hl7_without_control_bytes_is_sent_mllp_002_mllp_040() {
        let message = b"MSH|^~\\&|IRIS||||||ORU^R01|42|P|2.4\rOBX|1\r";
        assert_eq!(sendable(message), Some(b"42".to_vec()));
        assert_eq!(sendable(b"{}"), None);
        assert_eq!(sendable(&[&message[..], b"OBX|\x1c\r"].concat()), None);
    }
}
