//! What can be done, each through the function that the steps of scenarios use.

use std::collections::BTreeMap;

use emr::{Cut, Personality, Rule};
use faults::Plan;
use hl7::Message;
use hyper::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::server::Answer;
use super::{Bench, Live, view};
use crate::vocabulary::results::placer;
use crate::world::{Stop, World, error};

/// Actions of one bench: what they leave behind has to end somewhere.
const MOST_ACTIONS: u32 = 10_000;

/// An order of a personality, with elements changed; or a message as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    personality: Option<String>,
    raw: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grade {
    order: String,
    grading: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrder {
    order: String,
}

/// How the EMR answers the next message of a kind, or every one from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answering {
    kind: Option<String>,
    answer: String,
    #[serde(default)]
    every: bool,
}

/// Rules of a plan, or none any more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Faults {
    Plan(String),
    Lift(bool),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Connections {
    Close,
    Refuse,
    Accept,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Process {
    Start,
    Stop,
    Kill,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Do<T> {
    r#do: T,
}

/// Does it, one at a time.
pub(super) async fn act(live: &Live, action: &str, body: &[u8]) -> Answer {
    let mut bench = live.bench.lock().await;
    bench.count()?;
    let world = &mut bench.world;
    if let Some(missing) = missing(world, action) {
        return Err((StatusCode::CONFLICT, missing.to_owned()));
    }
    let done = match action {
        "order" => order(world, read(body)?).await,
        "grade" => read(body).map(|grade: Grade| self::grade(world, &grade))?,
        "answer" => read(body).map(|answering| answer(world, answering))?,
        "faults" => read(body).map(|faults| inject(world, faults))?,
        "connections" => connections(world, read::<Do<Connections>>(body)?.r#do).await,
        "cancel" => cancel(world, &read::<OfOrder>(body)?.order).await,
        "resend" => resend(world, &read::<OfOrder>(body)?.order),
        "proxy" => process(world, read::<Do<Process>>(body)?.r#do).await,
        _ => return Err((StatusCode::NOT_FOUND, format!("there is no action {action}; see docs/live-page.md"))),
    };
    done.map_err(|stop| (StatusCode::CONFLICT, stop.summary()))
}

/// Why this bench cannot do it, whoever asks and however.
fn missing(world: &World, action: &str) -> Option<&'static str> {
    match action {
        "order" | "cancel" if world.emr().is_ok() && world.orders_address().is_empty() => {
            Some("this bench knows no proxy to send orders to; start it with --to HOST:PORT")
        }
        "order" | "cancel" | "answer" | "connections" if world.emr().is_err() => {
            Some("this bench has no EMR: it is another program's")
        }
        "grade" | "resend" if world.cloud().is_err() => Some("this bench has no IRIS cloud: it is another program's"),
        "proxy" if world.proxy().is_err() => Some("this bench has no proxy: it is another program's"),
        _ => None,
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|e| (StatusCode::BAD_REQUEST, format!("the body: {e}")))
}

type Done = Result<Value, Stop>;

async fn order(world: &mut World, order: Order) -> Done {
    let content = match (order.raw, order.personality) {
        // pasted from an editor, lines end as they like
        (Some(raw), None) => raw.replace("\r\n", "\r").replace('\n', "\r").into_bytes(),
        (None, name) => {
            let personality = Personality::named(name.as_deref().unwrap_or("epic")).map_err(error)?;
            made(world, &personality)?
        }
        (Some(_), Some(_)) => return Err(error("an order has either a personality or raw")),
    };
    let content = if order.set.is_empty() { content } else { with(content, &order.set)? };
    sent(world, content).await
}

/// The next order of a personality; a cloud of this bench agrees with what it leaves out.
fn made(world: &World, personality: &Personality) -> Result<Vec<u8>, Stop> {
    if let Ok(cloud) = world.cloud() {
        cloud.set_order_profile(personality.order_profile().map_err(error)?);
    }
    let index = u32::try_from(world.orders.len()).map_err(error)?;
    personality.order(world.seed, index, world.clock.now()).map_err(error)
}

impl Live {
    /// Sends the next order of a personality.
    ///
    /// # Errors
    /// Why it was not sent, or not answered.
    pub(crate) async fn order(&self, personality: &Personality) -> Result<(), String> {
        let mut bench = self.bench.lock().await;
        bench.count().map_err(|(_, why)| why)?;
        let world = &mut bench.world;
        let content = made(world, personality).map_err(|stop| stop.summary())?;
        let done = sent(world, content).await.map_err(|stop| stop.summary())?;
        done["no_answer"].as_str().map_or(Ok(()), |why| Err(why.to_owned()))
    }
}

impl Bench {
    /// Counts one more action.
    fn count(&mut self) -> Result<(), (StatusCode, String)> {
        self.actions = one_more(self.actions)?;
        Ok(())
    }
}

fn one_more(actions: u32) -> Result<u32, (StatusCode, String)> {
    if actions >= MOST_ACTIONS {
        return Err((StatusCode::TOO_MANY_REQUESTS, format!("{MOST_ACTIONS} actions are the most; start it again")));
    }
    Ok(actions + 1)
}

fn with(content: Vec<u8>, values: &BTreeMap<String, String>) -> Result<Vec<u8>, Stop> {
    let mut message = Message::parse(content).map_err(error)?;
    for (path, value) in values {
        let path = path.parse().map_err(|e| error(format!("{path}: {e}")))?;
        message.set(&path, value.as_bytes()).map_err(error)?;
    }
    Ok(message.into_bytes())
}

async fn sent(world: &mut World, content: Vec<u8>) -> Done {
    world.send_order(content, &Cut::Whole).await?;
    let order = world.last_order()?;
    let answer = order.answer.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    Ok(json!({ "order": placer(&order.content), "answer": answer.as_ref().ok(), "no_answer": answer.as_ref().err() }))
}

/// The bytes of the first order with this number: what came later may be its cancellation.
fn content(world: &World, order: &str) -> Result<Vec<u8>, Stop> {
    let orders = view::orders(world).into_iter().map(|(content, _)| content);
    let mut found = orders.filter(|content| placer(content) == order);
    found.next().ok_or_else(|| error(format!("there is no order {order}")))
}

fn grade(world: &World, Grade { order, grading }: &Grade) -> Done {
    world.grade(&content(world, order)?, grading)?;
    Ok(json!({}))
}

fn answer(world: &World, Answering { kind, answer, every }: Answering) -> Done {
    let kinds = ["ORU", "DFT", "MDM"];
    if let Some(kind) = kind.as_deref().filter(|kind| !kinds.contains(kind)) {
        return Err(error(format!("{kind} is no kind; take {}", kinds.join(", "))));
    }
    let answer = answer.parse().map_err(error)?;
    let answers = if every { vec![answer] } else { vec![answer, emr::Answer::Accept] };
    world.emr()?.script().add(Rule { kind, nth: None, path_equals: None, answers });
    Ok(json!({}))
}

fn inject(world: &mut World, faults: Faults) -> Done {
    match faults {
        Faults::Plan(text) => world.apply_faults(&Plan::parse(&text, "the request's plan").map_err(error)?)?,
        Faults::Lift(true) => world.faults.lift(),
        Faults::Lift(false) => {}
    }
    Ok(json!({}))
}

async fn connections(world: &World, what: Connections) -> Done {
    let emr = world.emr()?;
    match what {
        Connections::Close => emr.close_results_connections(),
        Connections::Refuse => emr.stop_listening().await,
        Connections::Accept => emr.resume_listening().await.map_err(error)?,
    }
    Ok(json!({}))
}

async fn cancel(world: &mut World, order: &str) -> Done {
    let control_id = format!("CA{}", world.orders.len());
    let values = [("ORC-1", "CA".to_owned()), ("MSH-10", control_id)].map(|(path, value)| (path.to_owned(), value));
    let content = with(content(world, order)?, &BTreeMap::from(values))?;
    sent(world, content).await
}

fn resend(world: &World, order: &str) -> Done {
    world.cloud()?.resend(order).map_err(error)?;
    Ok(json!({}))
}

async fn process(world: &mut World, what: Process) -> Done {
    let launch = world.launch()?;
    let runs = world.proxy().is_ok_and(|proxy| proxy.runs());
    world.exit_expected = true;
    match what {
        Process::Start if runs => return Err(error("the proxy runs already")),
        Process::Start => world.start_proxy().await?,
        Process::Stop => drop(world.proxy()?.stop(&launch).await),
        Process::Kill => world.proxy()?.kill().await,
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bench_does_so_much_and_no_more() {
        assert_eq!(one_more(MOST_ACTIONS - 1).unwrap(), MOST_ACTIONS);
        assert_eq!(one_more(MOST_ACTIONS).unwrap_err().0, StatusCode::TOO_MANY_REQUESTS);
    }
}
