//! The reference EMR proxy: a program of its own, correct by the default contract (CON-001 to CON-080).
//!
//! Orders go from the EMR to the cloud (`orders`), results and charges from the cloud to the EMR (`results`, `emr`),
//! whenever one of two queues says so (`bus`). Nothing is kept on the host (TOP-060). A conformance run starts the proxy like
//! any other and never links it.

/// Writes one line to standard error. TOP-060: events, ids, counts and codes only, never content, secret or token.
macro_rules! log {
    ($($what:tt)*) => {{
        use std::io::Write as _;
        // A closed standard error is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{:.3} {}", jiff::Timestamp::now(), format_args!($($what)*));
    }};
}

mod bus;
mod cloud;
mod config;
mod contract;
mod defects;
mod emr;
mod files;
mod manage;
mod orders;
mod repeat;
mod requests;
mod results;
mod settings;
#[cfg_attr(unix, path = "stop/unix.rs")]
#[cfg_attr(windows, path = "stop/windows.rs")]
mod stop;

pub use config::Config;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use bus::Queue;
use cloud::Cloud;
use defects::Flaw;
use repeat::until_done;
use settings::Settings;

/// How long work in flight may go on after the stop signal (CON-079): less than the 5 s after which a profile kills by default.
const GRACE: Duration = Duration::from_secs(4);

/// What the parts of the proxy share.
#[derive(Clone)]
struct Shared {
    cloud: Arc<Cloud>,
    settings: watch::Receiver<Arc<Settings>>,
    stopping: CancellationToken,
}

/// Reads the command line (`--defect NAME`, `--list-defects`) and the environment (CON-061) and runs until SIGTERM or Ctrl-C, on Windows Ctrl-C or Ctrl-Break (CON-079).
///
/// Exit code 0 after a stop, 1 when the proxy failed, 2 when the environment is wrong.
pub fn main(arguments: impl Iterator<Item = String>) -> ExitCode {
    match defects::from_arguments(arguments) {
        Ok(false) => {}
        Ok(true) => {
            let listed = std::io::stdout().write_all(defects::list().as_bytes());
            return if listed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        Err(error) => {
            log!("{error}");
            return ExitCode::from(2);
        }
    }
    let config = Config::from_environment(|name| std::env::var(name).ok());
    let Ok(config) = config.inspect_err(|error| log!("configuration error: {error:#}")) else {
        return ExitCode::from(2);
    };
    let run = async { run(config, stop::signal()?).await };
    let ended = Runtime::new().map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run));
    match ended.inspect_err(|error| log!("failed: {error:#}")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
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
    if defects::has(Flaw::StopsAtOnce) {
        std::process::exit(0);
    }
    stopping.cancel();
    timeout(GRACE + Duration::from_millis(500), work).await.unwrap_or_else(|_| {
        log!("stopped with work unfinished");
        Ok(())
    })
}

async fn work(config: Config, stopping: CancellationToken) -> anyhow::Result<()> {
    let tls = config.tls()?;
    let cloud = Arc::new(Cloud::new(&config, &tls)?);
    // One round after the other costs time at every start, so everything that can goes in parallel.
    let start = async {
        let (settings, (), results, notifications) = tokio::join!(
            until_done("settings", || settings::read(&cloud)),
            until_done("token", || cloud.prepare()),
            until_done("results", || Queue::open(
                &tls,
                &config.results_bus,
                &config.contract.queues.results.name,
                &cloud
            )),
            until_done("notifications", || Queue::open(
                &tls,
                &config.notification_bus,
                &config.contract.queues.notifications.name,
                &cloud
            )),
        );
        let listener = until_done("orders listener", || orders::bind(&settings.listen)).await;
        (settings, results, notifications, listener)
    };
    let Some(started) = stopping.run_until_cancelled(start).await else { return Ok(()) };
    let (settings, results, notifications, listener) = started;
    // A closed standard output is no reason to stop.
    let _ = writeln!(std::io::stdout(), "ready orders={}", listener.local_addr()?);

    let (changed, settings) = watch::channel(Arc::new(settings));
    let manager = manage::Manager { cloud: cloud.clone(), settings: changed };
    let shared = Shared { cloud, settings, stopping: stopping.clone() };
    let mut tasks = JoinSet::new();
    tasks.spawn(bus::serve(results, results::Courier::new(shared.clone()), stopping.clone()));
    tasks.spawn(bus::serve(notifications, manager, stopping.clone()));
    tasks.spawn(orders::serve(listener, shared.clone()));
    tasks.spawn(async move {
        let heartbeat = until_done("heartbeat", || shared.cloud.heartbeat(None)); // CON-051
        shared.stopping.run_until_cancelled(heartbeat).await;
    });
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}
