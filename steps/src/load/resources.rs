//! What harness and proxy take from the machine while a load goes on.

use serde::{Deserialize, Serialize};

use crate::proxy::own_resources;
use crate::world::World;

/// What was in use at one moment. Memory and descriptors are nothing where the system does not tell them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Seconds since the start.
    pub at: u64,
    /// Memory of the harness, in MiB.
    pub harness_mib: f64,
    /// Files and sockets that the harness has open.
    pub harness_open: usize,
    /// Tasks of the harness that have not ended.
    pub tasks: usize,
    /// Memory of the proxy and its children, in MiB.
    pub proxy_mib: f64,
    /// Files and sockets that the proxy has open.
    pub proxy_open: usize,
}

impl Sample {
    pub(super) fn take(world: &World, at: u64) -> Sample {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let proxy = world.proxy().ok().and_then(|proxy| proxy.resources()).unwrap_or_default();
        // the proxy is a child of the harness
        let both = own_resources().unwrap_or_default();
        Sample {
            at,
            harness_mib: mib(both.memory.saturating_sub(proxy.memory)),
            harness_open: both.descriptors.saturating_sub(proxy.descriptors),
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            proxy_mib: mib(proxy.memory),
            proxy_open: proxy.descriptors,
        }
    }
}

/// How much more of something was in use in the last quarter than in the second one, on average: the first is for warming up.
/// Nothing for fewer than eight samples.
pub(super) fn growth(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let quarter = samples.len() / 4;
    if quarter < 2 {
        return 0.0;
    }
    let mean = |some: &[Sample]| some.iter().map(&of).sum::<f64>() / some.len() as f64;
    mean(&samples[samples.len() - quarter..]) - mean(&samples[quarter..2 * quarter])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rises_at_the_beginning_alone_is_no_growth() {
        let samples = |of: fn(u64) -> f64| {
            (0..40).map(|at| Sample { at, proxy_mib: of(at), ..Sample::default() }).collect::<Vec<_>>()
        };
        let proxy = |sample: &Sample| sample.proxy_mib;
        assert_eq!(growth(&samples(|at| if at < 10 { at as f64 } else { 10.0 }), proxy), 0.0);
        assert_eq!(growth(&samples(|at| at as f64), proxy), 20.0);
        assert_eq!(growth(&samples(|at| at as f64)[..7], proxy), 0.0);
    }
}
