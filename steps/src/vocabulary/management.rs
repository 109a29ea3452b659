//! Managing the proxy: settings that change, heartbeats (CON-050, CON-051).

use cucumber::{given, then, when};
use journal::{Event, What};

use super::{facts, seen_facts};
use crate::world::{Outcome, World, error};

/// The orders port moves in the settings, and the proxy is told that settings changed.
#[when(expr = "IRIS moves the orders port to another number")]
async fn moves_port(world: &mut World) -> Outcome {
    world.move_orders_port()?;
    world.cloud()?.announce_settings().map_err(error)
}

/// The pause between attempts changes in the settings, and the proxy has read it before the scenario goes on.
#[given(expr = "the proxy is told to wait {int} ms between attempts")]
async fn retry_delay(world: &mut World, ms: u64) -> Outcome {
    set(world, "retry_delay_ms", &ms.to_string()).await
}

/// A setting of the proxy, by its meaning in the contract, changes, and the proxy has read it before the scenario goes on.
#[given(expr = "the setting {word} of the proxy is {string}")]
async fn setting(world: &mut World, meaning: String, value: String) -> Outcome {
    set(world, &meaning, &value).await
}

async fn set(world: &World, meaning: &str, value: &str) -> Outcome {
    let reads = |events: &[Event]| {
        let read = |e: &&Event| matches!(&e.what, What::Http { role, .. } if role == "settings");
        events.iter().filter(read).count()
    };
    let before = world.journal.read(reads);
    world.cloud()?.set_setting(meaning, value);
    world.cloud()?.announce_settings().map_err(error)?;
    let again = |events: &[Event]| (reads(events) > before).then_some(());
    world.expect("CON-050", "the settings are read again", again, |_| "they are not".to_owned()).await?;
    let queue = world.cloud()?.contract().queues.notifications.name.to_ascii_lowercase();
    let done = |events: &[Event]| {
        facts(events, "queue.completed").iter().any(|(_, data)| data["queue"] == *queue).then_some(())
    };
    world.expect("CON-050", "the notification is completed", done, |events| seen_facts(events, "queue.")).await
}

/// The proxy listens on the new port.
#[then(expr = "the proxy listens on the new orders port")]
async fn listens(world: &mut World) -> Outcome {
    let deadline = tokio::time::Instant::now() + world.deadline();
    loop {
        match world.connect_orders().await {
            Ok(connection) => {
                connection.close().await;
                return Ok(());
            }
            // nobody announces a listener to its peers, so it is tried
            Err(_) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await
            }
            Err(stop) => return Err(stop),
        }
    }
}

/// IRIS asks the proxy for a sign of life.
#[when(expr = "IRIS pings the proxy")]
async fn pings(world: &mut World) -> Outcome {
    world.cloud()?.ping(world.seed.uuid("ping")).map_err(error)
}

/// IRIS asks so many times for a sign of life, each time with another id.
#[when(expr = "IRIS pings the proxy {int} times")]
async fn pings_often(world: &mut World, times: u32) -> Outcome {
    (0..times).try_for_each(|number| world.cloud()?.ping(world.seed.uuid(&format!("ping {number}"))).map_err(error))
}

/// Each of so many pings is answered with a heartbeat that has its id (CON-050).
#[then(expr = "the proxy answers each of the {int} pings with a heartbeat")]
async fn heartbeats(world: &mut World, times: u32) -> Outcome {
    let missing = |events: &[Event]| {
        let answered = facts(events, "proxy.heartbeat");
        let ids = (0..times).map(|number| world.seed.uuid(&format!("ping {number}")).to_string());
        ids.filter(|id| !answered.iter().any(|(_, data)| data["Id"] == id.as_str())).count()
    };
    let all = |events: &[Event]| (missing(events) == 0).then_some(());
    world
        .expect("CON-050", format!("{times} heartbeats"), all, |events| format!("{} are missing", missing(events)))
        .await
}

/// Something comes on the management queue; [0x00] is a byte. What the contract does not name asks the proxy for nothing.
#[when(expr = "IRIS puts {string} on the management queue")]
async fn no_notification(world: &mut World, body: String) -> Outcome {
    let body = super::transport::bytes(&body, |_| None)?.concat();
    world.cloud()?.send_notification(body, "no-notification").map_err(error)
}

/// The heartbeat with the id of the ping comes (CON-050).
#[then(expr = "the proxy answers the ping with a heartbeat")]
async fn heartbeat(world: &mut World) -> Outcome {
    let id = world.seed.uuid("ping").to_string();
    let came = |events: &[Event]| {
        facts(events, "proxy.heartbeat").iter().any(|(_, data)| data["Id"] == id.as_str()).then_some(())
    };
    world.expect("CON-050", format!("a heartbeat with id {id}"), came, |events| seen_facts(events, "proxy.")).await
}
