//! Signals that meet a fault when they are handed out.

use std::time::Duration;

use faults::{Class, Fault, Subject};
use tokio::time::Instant;

use super::Shared;
use super::broker::{Delivery, Part, Queue};

impl Shared {
    /// Hands out the next message of a queue with `take`, unless a fault is in the way.
    pub(super) fn hand_out(
        &self,
        name: &str,
        part: Part,
        take: impl FnOnce(&mut Queue) -> Option<(Delivery, Duration)>,
    ) -> Option<(Delivery, Duration)> {
        let (fault, taken) = self.with_queue(name, |queue| {
            let fault = (part == Part::Live).then(|| self.meet(queue)).flatten();
            match fault {
                Some(Fault::Detach(_)) => return (fault, None),
                Some(Fault::Reorder) => queue.swap_next(),
                _ => {}
            }
            let taken = take(queue);
            if let (Some(Fault::LostLock), Some((Delivery { token: Some(token), .. }, _))) = (&fault, &taken) {
                queue.lose(*token);
            }
            (fault, taken)
        })?;
        match fault {
            Some(Fault::Detach(detach)) => {
                self.refuse_for(name, detach.condition.into(), Duration::from_millis(detach.ms));
            }
            Some(Fault::ForcedClose(close)) => {
                let condition = close.condition.unwrap_or_else(|| "amqp:connection:forced".to_owned());
                self.end.send_modify(|end| end.condition = condition);
            }
            Some(Fault::Duplicate) => {
                let again = taken.as_ref().map(|(delivery, _)| vec![(*delivery.message).clone()]);
                // a queue that is full has no room for a duplicate either
                let _ = self.enqueue(name, again.unwrap_or_default());
            }
            _ => {}
        }
        taken
    }

    /// The fault that the next message of a queue meets.
    fn meet(&self, queue: &mut Queue) -> Option<Fault> {
        let place = queue.place()?;
        queue.expire(Instant::now());
        let (body, waiting) = queue.next_body()?;
        // CON-040, CON-050
        let signal: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let kind = signal.get("Kind").or(signal.get("Type")).and_then(|kind| kind.as_str()).unwrap_or("unknown kind");
        let possible = |fault: &Fault| *fault != Fault::Reorder || waiting > 1;
        self.config.faults.meet_if(&[place], Class::Signal, &Subject::of_signal(kind), possible)
    }
}
