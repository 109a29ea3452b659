//! Guided acceptance at a customer: of an installed proxy against the real test cloud, where the harness is the EMR
//! (`accept proxy`), or of an EMR, where the harness is proxy and cloud (`accept emr`).

mod answers;
mod case;
mod emr;
mod guide;
mod judge;
mod proxy;
mod state;
mod talk;
mod ways;

pub(crate) use answers::{load, template};
pub(crate) use case::Halt;
pub(crate) use emr::EmrParty;
pub(crate) use guide::{Guide, Party, report};
pub(crate) use judge::Judge;
pub(crate) use proxy::ProxyParty;
pub(crate) use state::State;
pub(crate) use talk::Talk;
