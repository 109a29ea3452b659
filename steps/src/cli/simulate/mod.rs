//! `iris-conformance simulate`

mod all;
mod cloud;

use clap::{Args, Subcommand};

use super::Exit;
use crate::suite::Suite;

#[derive(Args)]
pub(super) struct Simulate {
    #[command(subcommand)]
    party: Party,
}

#[derive(Subcommand)]
enum Party {
    /// The IRIS cloud: login, settings, EMR API and bus, for a proxy that runs on its own
    Cloud(cloud::SimulateCloud),
    /// EMR, proxy and IRIS cloud, wired together on free loopback ports
    All(all::SimulateAll),
}

impl Simulate {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        match self.party {
            Party::Cloud(options) => options.execute(),
            Party::All(options) => options.execute(suite),
        }
    }
}
