//! What the proxy must not keep or tell (TOP-060, TOP-065). Every scenario is searched when it ends; these steps do it
//! where a scenario is about it.

use cucumber::then;

use crate::proxy::Searcher;
use crate::world::{Outcome, Stop, World, error, failed};

/// No value of any patient of the scenario, and no secret, is in the proxy's folders or output.
#[then(expr = "the proxy has left no trace of the patient on its host")]
async fn no_trace(world: &mut World) -> Outcome {
    if world.canaries.is_empty() {
        return Err(Stop::Blocked("the scenario has no canary values to search for".to_owned()));
    }
    world.proxy()?;
    match world.search_for_traces()?.first() {
        None => Ok(()),
        Some(trace) => {
            failed("TOP-060", "no trace", format!("{} at offset {} of {}", trace.value, trace.offset, trace.place))
        }
    }
}

/// No value of any patient of the scenario is in a path, query or header of a request to IRIS.
#[then(expr = "no address or header of a request to IRIS holds a trace of the patient")]
async fn no_trace_in_requests(world: &mut World) -> Outcome {
    let searcher = Searcher::new(&world.canaries).map_err(error)?;
    for request in world.cloud()?.requests().await {
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
        for text in std::iter::once(request.url.to_string()).chain(headers) {
            if let Some((trace, _)) = searcher.find(text.as_bytes()).next() {
                return failed("TOP-065", "no trace", format!("{trace} of {text}"));
            }
        }
    }
    Ok(())
}

/// The last answer to an order holds none of the patient's values; its control id is the EMR's own and may stand there.
#[then(expr = "the ACK names no value of the patient beyond its control id")]
async fn no_trace_in_ack(world: &mut World) -> Outcome {
    let order = world.last_order()?;
    let Ok(answer) = &order.answer else { return failed("ACK-020", "one answer to the order", "none") };
    let text = String::from_utf8_lossy(answer);
    match world.canaries.iter().find(|canary| text.contains(canary.as_str())) {
        None => Ok(()),
        Some(canary) => {
            failed("CON-032", "a reason without patient data", format!("{canary} in {}", hl7::show::bytes(answer)))
        }
    }
}
