//! Job objects. Windows has no signals that another process without a console would receive.

use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject};

use super::StopSignal;

/// Puts the process and its children into a job object of their own, so that none is left behind.
pub(super) fn group(command: &mut CommandWrap) {
    command.wrap(JobObject);
}

/// Ends the job: there is no gentler way that every program understands.
pub(super) fn request_stop(child: &mut dyn ChildWrapper, _signal: StopSignal) -> std::io::Result<()> {
    child.start_kill()
}

/// Waits until this program is interrupted.
pub(crate) async fn asked_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
