//! Results, documents and charges that IRIS hands over to the proxy.

use std::time::Duration;

use cloud::{Cloud, Kind};

use super::exchange::Exchange;
use super::ledger::End;
use super::mix::Flow;

/// Hands messages over when they are due, until the time is over; with `most` only while fewer than so many are under way.
pub(super) async fn hand_over(cloud: &Cloud, exchange: &Exchange<'_>, most: Option<usize>) {
    let Exchange { ledger, pace, template, flow, .. } = exchange;
    let kind = match flow {
        Flow::Oru | Flow::Orm => Kind::Oru,
        Flow::Mdm => Kind::Mdm,
        Flow::Dft => Kind::Dft,
    };
    loop {
        while !pace.is_over() && most.is_some_and(|most| ledger.under_way(*flow) >= most) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let Some((number, from)) = pace.next().await else { return };
        ledger.due(*flow, number, from);
        let delivery = cloud.prepare(kind, template.with(&ledger.id(*flow, number)));
        // before the signal: the proxy may be quicker than what follows
        ledger.ended(*flow, number, End::Accepted, "", false);
        if let Err(error) = cloud.signal(&delivery) {
            ledger.ended(*flow, number, End::Failed, &error.to_string(), false);
        }
        tokio::task::yield_now().await;
    }
}
