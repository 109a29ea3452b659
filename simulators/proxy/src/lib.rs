//! The reference EMR proxy: a program of its own, correct by the default contract (CON-001 to CON-080).
//!
//! It carries orders from the EMR to the cloud (`orders`, `forward`) and results and charges from the cloud to the EMR
//! (`results`, `emr`), listens to two queues (`bus`) and keeps nothing on the host (TOP-060). A conformance run starts it like
//! any other proxy and never links it.

#[macro_use]
mod log;

mod bus;
mod cloud;
mod config;
mod emr;
mod forward;
mod manage;
mod orders;
mod repeat;
mod requests;
mod results;
mod sas;
mod settings;
mod stop;
mod tls;
mod token;

pub use config::{BusAddress, Config};

use std::future::Future;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use bus::Queue;
use cloud::Cloud;
use repeat::until_done;
use settings::Settings;

/// How long work in flight may go on after the stop signal (CON-079): less than the 5 s after which a profile kills by default.
const GRACE: Duration = Duration::from_secs(4);

/// Reads the environment (CON-061) and runs until SIGTERM or Ctrl-C, on Windows Ctrl-C or Ctrl-Break (CON-079).
///
/// Exit code 0 after a stop, 1 when the proxy failed, 2 when the environment is wrong.
pub fn main() -> ExitCode {
    let config = match Config::from_environment(|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(error) => {
            log!("configuration error: {error:#}");
            return ExitCode::from(2);
        }
    };
    let ended = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(async { run(config, stop::signal()?).await }));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log!("failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the proxy until `stop` is done and the work in flight is finished or given back (CON-079).
///
/// Until login, settings and queues can be reached it tries again and again. When it is ready it writes the line
/// `ready orders=HOST:PORT` to standard output and posts a heartbeat (CON-051).
///
/// # Errors
/// The CA file cannot be read, or a part of the proxy panicked.
pub async fn run(config: Config, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let stopping = CancellationToken::new();
    let mut work = Box::pin(work(config, stopping.clone()));
    tokio::select! {
        ended = &mut work => return ended,
        () = stop => log!("stopping"),
    }
    stopping.cancel();
    match tokio::time::timeout(GRACE + Duration::from_millis(500), work).await {
        Ok(ended) => ended,
        Err(_) => {
            log!("stopped with work unfinished");
            Ok(())
        }
    }
}

async fn work(config: Config, stopping: CancellationToken) -> anyhow::Result<()> {
    let tls = tls::client(&config.ca_file)?;
    let cloud = Arc::new(Cloud::new(&config, &tls)?);
    let open = |address: &BusAddress, queue| {
        let (tls, address) = (tls.clone(), address.clone());
        async move { until_done(queue, || Queue::open(&tls, &address, queue)).await }
    };
    // One round after the other costs time at every start, so everything that can goes in parallel.
    let started = async {
        let settings = until_done("settings", || settings::read(&cloud));
        let token = until_done("token", || cloud.prepare());
        let results = open(&config.results_bus, "results");
        let notifications = open(&config.notification_bus, "notifications");
        let (settings, (), results, notifications) = tokio::join!(settings, token, results, notifications);
        let listener = until_done("orders listener", || orders::bind(&settings.listen)).await;
        (settings, results, notifications, listener)
    };
    let (settings, results, notifications, listener) = tokio::select! {
        () = stopping.cancelled() => return Ok(()),
        started = started => started,
    };
    report_ready(&listener);

    let (settings_sender, settings) = watch::channel(Arc::<Settings>::new(settings));
    let courier = results::Courier::new(cloud.clone(), settings.clone(), stopping.clone());
    let manager = manage::Manager::new(cloud.clone(), settings_sender);
    let mut tasks = JoinSet::new();
    tasks.spawn(bus::serve(results, courier, stopping.clone()));
    tasks.spawn(bus::serve(notifications, manager, stopping.clone()));
    tasks.spawn(orders::serve(listener, cloud.clone(), settings, stopping.clone()));
    tasks.spawn(async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = until_done("heartbeat", || cloud.heartbeat(None)) => log!("heartbeat sent"), // CON-051
        }
    });
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

/// One line for whoever waits for the proxy.
fn report_ready(listener: &tokio::net::TcpListener) {
    if let Ok(address) = listener.local_addr() {
        let mut out = std::io::stdout().lock();
        // A closed standard output is no reason to stop.
        let _ = writeln!(out, "ready orders={address}").and_then(|()| out.flush());
    }
}
