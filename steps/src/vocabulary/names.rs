//! The host names under which a proxy finds IRIS (01-topology, section 5).

use std::collections::BTreeSet;

use cloud::contract::Environment;
use cucumber::gherkin::Step;
use cucumber::{given, then};
use journal::{Event, Peer, What};

use crate::world::{Outcome, World, error};

/// Like "an EMR, a proxy and the IRIS cloud are connected", with the published host names of an environment (test or
/// production) instead of `localhost`; so do all other names of IRIS lead to the mock cloud. Ports are the run's.
#[given(expr = "an EMR, a proxy that finds IRIS by its published {word} names, and the IRIS cloud are connected")]
async fn by_published_names(world: &mut World, environment: String) -> Outcome {
    let environment: Environment = environment.parse().map_err(error)?;
    world.start_parties().await?;
    world.publish_names(environment)?;
    world.start_proxy().await?;
    super::parties::agree(world, "provider.type", "SERDOTON") // that of all published orders
}

/// The proxy has connected to the hosts of the table, by exactly these names, and to none besides: columns host and requirement.
#[then(expr = "the proxy has connected to these hosts and to no others")]
async fn connected_to(world: &mut World, step: &Step) -> Outcome {
    let rows = step.table.as_ref().map_or(&[][..], |table| table.rows.get(1..).unwrap_or_default());
    let mut expected = BTreeSet::new();
    for row in rows {
        let [host, requirement] = row.as_slice() else {
            return Err(error("a row has two cells: host, requirement"));
        };
        expected.insert(host.as_str());
        let contacted = |events: &[Event]| contacted(events).contains(host).then_some(());
        world.expect(requirement, format!("a connection to {host}"), contacted, seen).await?;
    }
    let other = |events: &[Event]| contacted(events).into_iter().find(|host| !expected.contains(host.as_str()));
    let names = expected.iter().copied().collect::<Vec<_>>().join(", ");
    world.expect_never("TOP-047", format!("connections to {names} only"), other).await
}

/// The server names with which the proxy opened its connections.
fn contacted(events: &[Event]) -> BTreeSet<String> {
    let opened = events.iter().filter_map(|event| match &event.what {
        What::Opened { remote, .. } if event.peer == Peer::Cloud => remote.split_once(" for "),
        _ => None,
    });
    opened.map(|(_, host)| host.to_owned()).collect()
}

fn seen(events: &[Event]) -> String {
    let hosts: Vec<String> = contacted(events).into_iter().collect();
    format!("connections to {}", hosts.join(", "))
}
