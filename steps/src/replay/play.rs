//! Doing again what was recorded, one thing after the other.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use emr::{Cut, Emr, NoAnswer, OrdersConnection};
use journal::{Direction, Link, What};
use tokio::time::{Instant, sleep, sleep_until};

use super::{Act, Finding, Recording, Rule, Stage, same_answer};
use crate::world::{Stop, error};

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// Broken rules first, then differences from the recording.
    pub findings: Vec<Finding>,
    /// Answers and messages that were compared.
    pub compared: usize,
}

/// Plays a recording against a proxy on its stage, or against whoever listens at `to`. A `speed` of 2 is twice as fast as it
/// was; 0 waits for answers only.
///
/// # Errors
/// What the harness could not do.
pub async fn against(
    target: Result<&Stage, (&Emr, SocketAddr, Duration)>,
    recording: &Recording,
    speed: f64,
) -> Result<Played, Stop> {
    let (emr, to, deadline) = match target {
        Ok(stage) => {
            let address = stage.world.orders_address();
            let mut found = tokio::net::lookup_host(address).await.map_err(error)?;
            let to = found.next().ok_or_else(|| error(format!("{address} has no address")))?;
            (stage.world.emr()?, to, stage.deadline())
        }
        Err(other) => other,
    };
    let mut player =
        Player { emr, to, deadline, open: HashMap::new(), last: HashMap::new(), played: Played::default() };
    let began = Instant::now();
    let first = recording.steps.first().map_or(0, |step| step.at_us);
    for step in &recording.steps {
        if speed > 0.0 {
            sleep_until(began + Duration::from_micros(step.at_us - first).div_f64(speed)).await;
        }
        match (&step.act, target) {
            (Act::Deliver(delivered), Ok(stage)) => {
                player.played.compared += 1;
                stage.deliver(delivered).await?;
            }
            (Act::Deliver(_), Err(_)) => {} // nobody is there to hand it over
            (act, _) => {
                player.act(act).await;
                let never_connected = player.open.is_empty() && player.played.compared == 0;
                if target.is_err() && matches!(act, Act::Open(_)) && never_connected {
                    return Err(error(format!("nobody takes connections at {to}; see --to")));
                }
            }
        }
    }
    if let Ok(stage) = target {
        sleep(stage.world.quiet()).await; // nothing more may come
    }
    for (_, connection) in std::mem::take(&mut player.open) {
        player.end(connection).await;
    }
    let mut played = player.played;
    if let Ok(stage) = target {
        played.findings.extend(repetitions(stage, recording));
        let mut broken = stage.findings()?;
        broken.append(&mut played.findings);
        played.findings = broken;
    }
    Ok(played)
}

struct Player<'a> {
    emr: &'a Emr,
    to: SocketAddr,
    deadline: Duration,
    open: HashMap<u64, OrdersConnection>,
    /// What was sent on each connection and is not answered yet.
    last: HashMap<u64, Vec<u8>>,
    played: Played,
}

impl Player<'_> {
    async fn act(&mut self, act: &Act) {
        match act {
            Act::Open(number) => match self.emr.connect(self.to).await {
                Ok(connection) => drop(self.open.insert(*number, connection)),
                Err(error) => self.differs(*number, format!("no connection to {}: {error}", self.to)),
            },
            Act::Send(number, bytes) => {
                self.last.entry(*number).or_default().extend_from_slice(bytes);
                let Some(connection) = self.open.get_mut(number) else { return };
                if let Err(error) = connection.send_raw(bytes, &Cut::Whole).await {
                    self.differs(*number, format!("{} bytes were not taken: {error}", bytes.len()));
                }
            }
            Act::Answer(number, recorded) => {
                self.played.compared += 1;
                let Some(connection) = self.open.get_mut(number) else { return };
                match connection.receive(self.deadline).await {
                    Ok(seen) => {
                        if let Some(differences) = same_answer(recorded, &seen) {
                            self.differs(*number, differences);
                        }
                        self.last.remove(number);
                    }
                    Err(NoAnswer::Deadline(limit)) => {
                        self.differs(*number, format!("no answer within {} ms", limit.as_millis()));
                    }
                    Err(error) => {
                        self.differs(*number, error.to_string());
                        if !matches!(error, NoAnswer::Malformed { .. }) {
                            self.open.remove(number); // one difference is enough
                        }
                    }
                }
            }
            Act::HalfClose(number) => {
                if let Some(connection) = self.open.get_mut(number) {
                    let _ = connection.half_close().await; // its answers tell whether it mattered
                }
            }
            Act::Close { connection: number, reset } => match (self.open.remove(number), reset) {
                (Some(connection), true) => connection.reset().await,
                (Some(connection), false) => self.end(connection).await,
                (None, _) => {}
            },
            Act::Deliver(_) => {}
        }
    }

    async fn end(&mut self, mut connection: OrdersConnection) {
        while let Ok(surplus) = connection.receive(Duration::from_millis(1)).await {
            let detail = format!("an answer more than was recorded: {}", hl7::show::excerpt(&surplus, 0, 80));
            self.found(surplus, detail);
        }
        connection.close().await;
    }

    fn differs(&mut self, connection: u64, detail: String) {
        let sent = self.last.remove(&connection).unwrap_or_default();
        self.found(sent.strip_prefix(&[mllp::VT]).unwrap_or(&sent).to_vec(), detail);
    }

    fn found(&mut self, message: Vec<u8>, detail: String) {
        self.played.findings.push(Finding { rule: Rule::AsRecorded, message, detail });
    }
}

/// Messages that came to the EMR another number of times than they were recorded, or in another order.
fn repetitions(stage: &Stage, recording: &Recording) -> Vec<Finding> {
    let came: Vec<Vec<u8>> = stage.world.journal.read(|events| {
        let content = |what: &What| match what {
            What::Frame { link: Link::Results, direction: Direction::In, content, .. } => Some(content.clone()),
            _ => None,
        };
        events.iter().filter_map(|event| content(&event.what)).collect()
    });
    let delivered = recording.steps.iter().filter_map(|step| match &step.act {
        Act::Deliver(delivered) => Some(delivered),
        _ => None,
    });
    let differs = delivered.filter_map(|delivered| {
        let times = came.iter().filter(|content| **content == delivered.content).count();
        let recorded = delivered.replies.len();
        let detail = format!("it came to the EMR {times} times, and {recorded} times when it was recorded");
        let finding = Finding { rule: Rule::AsRecorded, message: delivered.content.clone(), detail };
        (times != recorded).then_some(finding)
    });
    differs.collect()
}
