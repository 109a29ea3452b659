//! Plans of faults: what goes wrong on wires, in the cloud and with the process.

use std::time::Duration;

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use faults::{Class, Fault, Faults, Place, Plan, Subject};
use hl7::Message;
use journal::{Direction, Event, Journal, Link, Peer, What};
use tokio::sync::watch;

use crate::proxy::{CAN_FILL_DISK, CAN_PAUSE, Launch, Remote};
use crate::world::{Outcome, Stop, World, error};

/// Puts the rules of a plan into force, from now on; the plan is YAML, as README.md shows it.
#[given(expr = "these faults")]
async fn these(world: &mut World, step: &Step) -> Outcome {
    let text = step.docstring.as_deref().ok_or_else(|| error("the step needs a plan as its text"))?;
    let plan = Plan::parse(text, "the step's plan").map_err(error)?;
    world.apply_faults(&plan)
}

/// The same with a plan of features/faults.
#[given(expr = "the fault plan {string}")]
async fn plan(world: &mut World, name: String) -> Outcome {
    let file = format!("features/faults/{name}.yaml");
    let plan = Plan::parse(world.run().suite.text(&file).map_err(error)?, &file).map_err(error)?;
    world.apply_faults(&plan)
}

/// Starts a simulated EMR and the mock IRIS cloud; the proxy is started by a later step.
#[given(expr = "an EMR and the IRIS cloud are connected, and the proxy starts later")]
async fn without_proxy(world: &mut World) -> Outcome {
    world.launch()?;
    world.start_parties().await?;
    super::parties::agree(world, "provider.type", "SERDOTON") // as with a proxy
}

/// Starts the proxy and waits until it is ready.
#[when(expr = "the proxy starts")]
async fn starts(world: &mut World) -> Outcome {
    world.start_proxy().await
}

/// A fault of this name has acted; if it ends the process, the process has ended. Without it the scenario would prove
/// nothing, so it is blocked then.
#[then(expr = "the fault {word} has acted")]
async fn acted(world: &mut World, name: String) -> Outcome {
    let hit = |events: &[Event]| {
        let hit = |e: &Event| matches!(&e.what, What::Fault { name: seen, .. } if *seen == name);
        events.iter().any(hit).then_some(())
    };
    let never = |_| Stop::Blocked(format!("no message met the fault {name}, so the scenario shows nothing"));
    world.journal.eventually(world.deadline(), hit).await.map_err(never)?;
    if name == "kill" || name == "stop" {
        let ended = world.proxy()?.exited(world.deadline()).await;
        ended.ok_or_else(|| Stop::Blocked(format!("the proxy has not ended after {name}")))?;
    }
    Ok(())
}

impl World {
    /// Puts a plan into force.
    ///
    /// # Errors
    /// [`Stop::Blocked`] when it needs a process that the harness has not started, or what this system does not have.
    pub fn apply_faults(&mut self, plan: &Plan) -> Outcome {
        let faults = || plan.rules.iter().map(|rule| &rule.fault);
        let blocked = |what: &str| {
            Err(Stop::Blocked(format!(
                "this system cannot {what}; run the scenario on Linux or macOS, or leave it out"
            )))
        };
        if faults().any(|fault| matches!(fault, Fault::Pause(_))) && !CAN_PAUSE {
            return blocked("pause a process");
        }
        if faults().any(|fault| *fault == Fault::DiskFull) && !CAN_FILL_DISK {
            return blocked("start a process on a full disk");
        }
        if faults().any(|fault| matches!(fault.class(), Class::Process | Class::Start)) {
            let launch = self.launch()?;
            self.exit_expected |= faults().any(|fault| matches!(fault, Fault::Kill | Fault::Stop));
            if self.process_faults.is_none() {
                let (journal, faults) = (self.journal.clone(), self.faults.clone());
                let act = act_on_processes(journal, faults, self.newest.subscribe(), launch);
                let task = self.journal.spawn(Peer::Harness, "faults of processes", act);
                self.process_faults = Some(task.abort_handle());
            }
        }
        self.faults.apply(plan);
        Ok(())
    }
}

/// Lets every order that the EMR has sent, and every result that it has, meet the faults of processes.
async fn act_on_processes(journal: Journal, faults: Faults, newest: watch::Receiver<Option<Remote>>, launch: Launch) {
    const FOR_EVER: Duration = Duration::from_secs(24 * 3600);
    let mut next = journal.read(|events| events.last().map_or(0, |event| event.seq + 1));
    loop {
        let message = |events: &[Event]| message_from(events, next);
        let Ok((seq, message)) = journal.eventually(FOR_EVER, message).await else { return };
        next = seq + 1;
        let Some(message) = message else { continue };
        let Some(fault) = faults.meet(&[Place::Proxy], Class::Process, &Subject::of_message(&message)) else {
            continue;
        };
        let Some(proxy) = newest.borrow().clone() else { continue };
        match fault {
            Fault::Kill => proxy.kill(),
            Fault::Stop => proxy.stop(launch.stop.signal),
            Fault::Pause(pause) => {
                proxy.pause();
                tokio::time::sleep(Duration::from_millis(pause.ms)).await; // the fault itself, not a wait for something
                proxy.resume();
            }
            _ => {}
        }
    }
}

/// The first message between EMR and proxy from a number on, and its own number; nothing in its place if it cannot be parsed. By
/// number and not by place: a bench's journal drops its oldest events.
fn message_from(events: &[Event], next: u64) -> Option<(u64, Option<Message>)> {
    let begin = events.partition_point(|event| event.seq < next);
    events[begin..].iter().find_map(|event| match &event.what {
        What::Frame { link: Link::Results, direction: Direction::In, content, .. }
        | What::Frame { link: Link::Orders, direction: Direction::Out, content, .. } => {
            Some((event.seq, Message::parse(content.as_slice()).ok()))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_once_though_older_events_are_gone() {
        let journal = Journal::bounded("x", 3);
        let order = || {
            let content = b"MSH|^~\\&|\r".to_vec();
            What::Frame { link: Link::Orders, connection: 1, direction: Direction::Out, content }
        };
        for n in 0..9 {
            journal.fact(Peer::Cloud, "event", n, serde_json::Value::Null);
        }
        journal.record(Peer::Emr, order());
        assert!(matches!(journal.read(|events| message_from(events, 9)), Some((9, Some(_)))));
        assert!(journal.read(|events| message_from(events, 10)).is_none());
        journal.record(Peer::Emr, order());
        assert!(matches!(journal.read(|events| message_from(events, 10)), Some((10, Some(_)))));
    }
}
