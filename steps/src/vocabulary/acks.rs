//! How the EMR answers results, charges and documents (02-mllp-and-ack, section 2.5).

use cucumber::{given, then, when};
use emr::Rule;
use journal::{Direction, Event, Link};

use super::parameters::{AnswerName, Kind};
use super::{facts, frames, seen_facts};
use crate::world::{Outcome, World};

/// Every message of the kind gets this answer.
#[given(expr = "the EMR answers every {kind} with {answer}")]
async fn every(world: &mut World, kind: Kind, answer: AnswerName) -> Outcome {
    let answers = vec![answer.answer()?];
    world.emr()?.script().add(Rule { kind: Some(kind.name().to_owned()), nth: None, path_equals: None, answers });
    Ok(())
}

/// Documents that HL7 2.4 does not allow get an application error with code 100 (MDM-RCV-03).
#[given(expr = "the EMR takes only documents that HL7 2.4 allows")]
async fn strict(world: &mut World) -> Outcome {
    world.emr()?.script().be_strict();
    Ok(())
}

/// The first message of the kind gets one answer, all that follow another.
#[given(expr = "the EMR answers the first {kind} with {answer} and then with {answer}")]
async fn first_then(world: &mut World, kind: Kind, first: AnswerName, then: AnswerName) -> Outcome {
    let answers = vec![first.answer()?, then.answer()?];
    world.emr()?.script().add(Rule { kind: Some(kind.name().to_owned()), nth: None, path_equals: None, answers });
    Ok(())
}

/// The EMR's listener is down: connects are refused.
#[given(expr = "the EMR does not listen for results")]
async fn deaf(world: &mut World) -> Outcome {
    world.emr()?.stop_listening().await;
    Ok(())
}

/// The EMR's listener is back, on the same port.
#[when(expr = "the EMR listens for results again")]
async fn listens_again(world: &mut World) -> Outcome {
    world.emr()?.resume_listening().await.map_err(|e| crate::world::error(format!("the EMR cannot listen again: {e}")))
}

/// The EMR's listener is back as soon as the proxy has fetched a result that it could not deliver.
#[when(expr = "the EMR listens for results again once the proxy has the result")]
async fn listens_again_later(world: &mut World) -> Outcome {
    let fetched = |events: &[Event]| (!facts(events, "delivery.fetched").is_empty()).then_some(());
    world.expect("CON-041", "a fetched delivery", fetched, |events| seen_facts(events, "delivery.")).await?;
    listens_again(world).await
}

/// All connections for results are closed by the EMR; new ones are taken.
#[when(expr = "the EMR closes its results connections")]
async fn closes(world: &mut World) -> Outcome {
    world.emr()?.close_results_connections();
    Ok(())
}

/// So many acknowledgements of results have left the EMR.
#[then(expr = "the EMR has sent {int} acknowledgements")]
async fn has_sent(world: &mut World, count: usize) -> Outcome {
    let sent = |events: &[Event]| frames(events, Link::Results, Direction::Out).count();
    let seen = |events: &[Event]| format!("{} acknowledgements", sent(events));
    world
        .expect("ACK-036", format!("{count} acknowledgements"), |events| (sent(events) >= count).then_some(()), seen)
        .await
}
