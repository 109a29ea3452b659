//! From the signal to the receipt: one result or charge (CON-040 to CON-046, CON-073 to CON-076).

use std::collections::VecDeque;
use std::io;

use hl7::Message;
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use uuid::Uuid;

use crate::bus::{self, Handler, Settlement};
use crate::cloud::Delivery;
use crate::contract::{self, Zone};
use crate::defects::{self, Flaw};
use crate::emr::{Emr, Outcome, Receipt};
use crate::repeat::few_times;
use crate::{Shared, files};

/// Signals that are remembered after their delivery; see [`Courier::done`].
const REMEMBERED: usize = 256;

const NOT_ACCEPTED: Settlement = Settlement::DeadLetter("EmrNotAccepted", "the EMR did not accept the message"); // CON-044
const UNREADABLE: Settlement = Settlement::DeadLetter("Unreadable", "the signal cannot be read"); // CON-075
const UNREADABLE_DELIVERY: Settlement = Settlement::DeadLetter("Unreadable", "the delivery is no HL7 message");

/// CON-040
struct Signal {
    delivery_id: Uuid,
    kind: Kind,
}

impl Signal {
    fn read(template: &str, body: &[u8]) -> Option<Signal> {
        let values = contract::read(template, body)?;
        let kind = Kind::deserialize(StrDeserializer::<ValueError>::new(values.get("kind")?)).ok()?;
        Some(Signal { delivery_id: values.get("delivery_id")?.parse().ok()?, kind })
    }
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
    shared: Shared,
    emr: Emr,
    /// What is finished but for its receipt or its settlement, which a lost connection may have swallowed. CON-076: the same
    /// signal coming again must not be sent again. A signal put into the queue anew has another sequence number.
    done: VecDeque<Done>,
}

struct Done {
    signal: (Uuid, Option<i64>),
    /// None once it is posted.
    receipt: Option<Receipt>,
    settlement: Settlement,
}

impl Handler for Courier {
    async fn handle(&mut self, message: &bus::Message) -> Settlement {
        let template = &self.shared.cloud.contract().queues.results.signal;
        let Some(signal) = Signal::read(template, &message.body) else {
            log!("results: a signal cannot be read");
            return defects::settlement(UNREADABLE);
        };
        let settlement = self.settle(&signal, message.sequence).await.unwrap_or_else(|settlement| settlement);
        log!("delivery {}: {settlement:?}", signal.delivery_id);
        defects::settlement(settlement)
    }
}

impl Courier {
    pub(crate) fn new(shared: Shared) -> Courier {
        Courier { shared, emr: Emr::default(), done: VecDeque::new() }
    }

    /// Delivers, unless that is done, and reports. How to settle the signal, as an error when there is nothing to report.
    async fn settle(&mut self, signal: &Signal, sequence: Option<i64>) -> Result<Settlement, Settlement> {
        let id = signal.delivery_id;
        let known = self.done.iter().position(|done| sequence.is_some() && done.signal == (id, sequence));
        let mut done = match known.and_then(|known| self.done.remove(known)) {
            Some(done) => done,
            None => {
                let (receipt, settlement) = self.deliver(signal).await?;
                Done { signal: (id, sequence), receipt: Some(defects::receipt(receipt)), settlement }
            }
        };
        let mut settlement = done.settlement;
        if let Some(receipt) = &done.receipt {
            let limit = self.shared.settings.borrow().cloud_timeout;
            let told = async {
                match defects::has(Flaw::NoReceipt) {
                    true => Some(()),
                    false => few_times("receipt", || self.shared.cloud.receipt(id, receipt, limit)).await,
                }
            };
            match told.await {
                Some(()) => done.receipt = None,
                None => settlement = Settlement::Abandon, // CON-076
            }
        }
        if !defects::has(Flaw::ForgetsItsReceipts) {
            self.done.push_front(done);
        }
        self.done.truncate(REMEMBERED);
        Ok(settlement)
    }

    /// What became of the delivery, or how to settle the signal when there is nothing to report.
    async fn deliver(&mut self, signal: &Signal) -> Result<(Receipt, Settlement), Settlement> {
        let limit = self.shared.settings.borrow().cloud_timeout;
        let delivery = match few_times("delivery", || {
            self.shared.cloud.delivery(signal.delivery_id, signal.kind == Kind::File, limit)
        })
        .await
        {
            Some(Some(delivery)) => delivery,
            Some(None) => return Err(Settlement::Complete), // CON-075
            None => return Err(Settlement::Abandon),        // CON-076
        };
        defects::passes(&delivery.content);
        if signal.kind == Kind::File {
            return self.write(signal, delivery).await;
        }
        let content = delivery.content;
        let Some(control_id) = sendable(&content) else {
            return Ok((Receipt::new(Outcome::NotSent, "the delivery is no HL7 message"), UNREADABLE_DELIVERY));
        };
        let receipt = self.send(signal, &content, &control_id).await?;
        let settlement = if receipt.outcome == Outcome::Accepted { Settlement::Complete } else { NOT_ACCEPTED };
        Ok((receipt, settlement))
    }

    /// Writes a file (CON-047, CON-078). A path that cannot be used is not tried again.
    async fn write(&self, signal: &Signal, delivery: Delivery) -> Result<(Receipt, Settlement), Settlement> {
        let id = signal.delivery_id;
        let settings = self.shared.settings.borrow().clone();
        let not_written = |reason: &str| {
            log!("delivery {id}: not written");
            Ok((Receipt::new(Outcome::NotSent, reason), NOT_ACCEPTED))
        };
        let (Some(root), Some(template)) = (&settings.files_root, &delivery.template) else {
            return not_written("there is no Files:Root, or no path in the delivery");
        };
        let now = match self.shared.cloud.contract().files.zone {
            Zone::Local => Zoned::now(), // CON-078
            Zone::Utc => Zoned::now().with_time_zone(TimeZone::UTC),
        };
        let mut path = files::expand(template, now.datetime());
        if defects::has(Flaw::ExtensionAdded) && !path.ends_with(".pdf") {
            path.push_str(".pdf");
        }
        let path = match files::place(root, &path) {
            Ok(path) => path,
            Err(reason) => return not_written(reason),
        };
        let mut last = String::new();
        for attempt in 1..=settings.max_attempts {
            if attempt > 1 && self.shared.stopping.run_until_cancelled(sleep(settings.retry_delay)).await.is_none() {
                return Err(Settlement::Abandon); // CON-079
            }
            let (path, content) = (path.clone(), defects::file(delivery.content.clone()));
            let written = spawn_blocking(move || files::write(&path, &content)).await;
            let written = written.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
            match written.or_else(|error| if defects::has(Flaw::LosesFailedFiles) { Ok(()) } else { Err(error) }) {
                Ok(()) => {
                    let receipt = Receipt { attempts: 1, reason: None, ..Receipt::new(Outcome::Accepted, "") };
                    return Ok((receipt, Settlement::Complete));
                }
                Err(error) => {
                    log!("delivery {id}: attempt {attempt}: the file cannot be written: {}", error.kind());
                    last = format!("the file cannot be written: {}", error.kind());
                }
            }
        }
        not_written(&last)
    }

    /// Tries until the EMR accepts or the attempts are used up, and gives the receipt of the last send. A charge is sent once at
    /// most.
    async fn send(&mut self, signal: &Signal, content: &[u8], control_id: &[u8]) -> Result<Receipt, Settlement> {
        let (id, kind) = (signal.delivery_id, signal.kind);
        let charge = kind == Kind::Dft;
        let mut claimed = false;
        let mut last = Receipt::new(Outcome::NotSent, "no byte could be sent to the EMR");
        for attempt in 1.. {
            let settings = self.shared.settings.borrow().clone();
            if attempt > settings.max_attempts {
                break;
            }
            if attempt > 1 && self.shared.stopping.run_until_cancelled(sleep(settings.retry_delay)).await.is_none() {
                // CON-079. A claimed charge could never be sent by another: it ends here, to be seen.
                return if claimed { Ok(last) } else { Err(Settlement::Abandon) };
            }
            if let Err(error) = self.emr.connect(&settings.results_address, settings.ack_timeout).await {
                log!("delivery {id}: {kind:?}, attempt {attempt}: cannot connect to the EMR: {}", error.kind());
                continue; // CON-073
            }
            let late = defects::has(Flaw::ClaimAfterSending);
            if charge && !claimed && !defects::has(Flaw::ClaimLeftOut) && !late {
                // CON-042, CON-073: the connection stands, and no byte is written.
                match few_times("claim", || self.shared.cloud.claim(id, settings.cloud_timeout)).await {
                    Some(true) if defects::holds_charge_back() => return Err(Settlement::Complete),
                    Some(true) => {
                        claimed = true;
                        defects::claimed(id);
                    }
                    Some(false) if defects::claims_anyway(id) => claimed = true,
                    Some(false) if defects::has(Flaw::ClaimRepeated) => {
                        let _ = self.shared.cloud.claim(id, settings.cloud_timeout).await;
                        return Err(Settlement::Complete);
                    }
                    Some(false) => return Err(Settlement::Complete), // CON-042, CON-075
                    None => return Err(Settlement::Abandon),         // CON-076
                }
            }
            let Some(receipt) = self.emr.exchange(content, control_id, settings.ack_timeout).await else {
                log!("delivery {id}: {kind:?}, attempt {attempt}: the connection closed before the first byte");
                continue; // DFT-TX-006
            };
            if charge && late {
                let _ = self.shared.cloud.claim(id, settings.cloud_timeout).await;
            }
            last = Receipt { attempts: last.attempts + 1, ..receipt };
            let code = last.ack_code.as_deref().unwrap_or_default();
            log!("delivery {id}: {kind:?}, attempt {attempt}: {:?} {code}", last.outcome);
            let new_settings = *self.shared.settings.borrow() != settings;
            if charge && !defects::repeats_charge(last.outcome, new_settings) || last.outcome == Outcome::Accepted {
                break;
            }
        }
        Ok(last)
    }
}

/// MSH-10 of a content that can be sent unchanged in a frame (MLLP-002, MLLP-040).
fn sendable(content: &[u8]) -> Option<Vec<u8>> {
    let message = Message::parse(content).ok()?;
    mllp::forbidden_byte(content).is_none().then(|| message.control_id().to_vec())
}

#[cfg(test)]
mod tests;
