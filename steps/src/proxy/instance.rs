//! One running proxy process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use journal::{Event, Journal, Peer, What};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::output::{Lines, Output};
use super::watch::Watch;
use super::{Launch, Resources, Searcher, StopSignal, Trace, platform, search};

/// A killed process that is not gone by then is the system's problem.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// A proxy process of a scenario, with its own working and temporary folder (CON-062).
pub struct Instance {
    name: String,
    journal: Journal,
    commands: mpsc::UnboundedSender<Order>,
    work_dir: TempDir,
    temp_dir: TempDir,
    output: Arc<Mutex<Output>>,
    process: u32,
    seen: Watch,
}

#[derive(Clone, Copy)]
enum Order {
    Stop(StopSignal),
    Kill,
    Pause,
    Resume,
}

/// A hand on a process of a scenario, for faults.
#[derive(Clone)]
pub struct Remote(mpsc::UnboundedSender<Order>);

impl Remote {
    /// Kills the process and its group.
    pub fn kill(&self) {
        self.order(Order::Kill);
    }

    /// Asks the process to stop.
    pub fn stop(&self, signal: StopSignal) {
        self.order(Order::Stop(signal));
    }

    /// Takes the processor away from the process; see [`CAN_PAUSE`](super::CAN_PAUSE).
    pub fn pause(&self) {
        self.order(Order::Pause);
    }

    /// Gives it back.
    pub fn resume(&self) {
        self.order(Order::Resume);
    }

    fn order(&self, order: Order) {
        let _ = self.0.send(order); // the process may be gone
    }
}

/// A proxy that did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program cannot be run.
    #[error("cannot start the proxy {command}: {source}; check `command` in the profile")]
    Spawn {
        /// The command.
        command: String,
        /// Why.
        source: std::io::Error,
    },
    /// A folder or file cannot be written.
    #[error("cannot prepare {what}: {source}")]
    Prepare {
        /// What.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// A text of the profile holds a name that nothing is known of.
    #[error("the profile uses {{{0}}}, which is no placeholder; `iris-conformance run --help` lists them")]
    Placeholder(String),
    /// The process ended before it was ready.
    #[error("the proxy exited before it was ready: {0}")]
    ExitedEarly(String),
    /// The process is not ready in time.
    #[error("the proxy was not ready within {} ms ({how}); its last output: {output}", .within.as_millis())]
    NotReady {
        /// The limit.
        within: Duration,
        /// What was waited for.
        how: &'static str,
        /// The last lines of its output.
        output: String,
    },
}

impl Instance {
    /// Starts the process and waits until it is ready. With `disk_full` it can write nothing to any file; see
    /// [`CAN_FILL_DISK`](super::CAN_FILL_DISK).
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        name: &str,
        launch: &Launch,
        folder: &Path,
        placeholders: &BTreeMap<String, String>,
        journal: &Journal,
        disk_full: bool,
    ) -> Result<Instance, StartError> {
        let folder_for = |what: &str| {
            tempfile::Builder::new()
                .prefix(&format!("iris-conformance-{what}-"))
                .tempdir()
                .map_err(|source| StartError::Prepare { what: format!("a folder for the proxy ({what})"), source })
        };
        let (work_dir, temp_dir) = (folder_for("work")?, folder_for("tmp")?);
        let mut placeholders = placeholders.clone();
        placeholders.insert("work_dir".to_owned(), work_dir.path().display().to_string());
        let fill = |text: &str| fill(text, &placeholders);

        for (path, content) in &launch.files {
            let path = fill(path)?;
            std::fs::write(&path, fill(content)?).map_err(|source| StartError::Prepare { what: path, source })?;
        }
        let command = program(&fill(&launch.command)?, folder);
        let program = if disk_full { platform::without_disk(&command) } else { Command::new(&command) };
        let mut wrapped = CommandWrap::from(program);
        let settings = wrapped.command_mut();
        for argument in &launch.args {
            settings.arg(fill(argument)?);
        }
        for (variable, value) in &launch.env {
            settings.env(variable, fill(value)?);
        }
        for variable in ["TMPDIR", "TMP", "TEMP"] {
            settings.env(variable, temp_dir.path());
        }
        settings.current_dir(work_dir.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        platform::group(&mut wrapped);
        wrapped.wrap(KillOnDrop);
        let before = journal.read(<[Event]>::len);
        let child =
            wrapped.spawn().map_err(|source| StartError::Spawn { command: command.display().to_string(), source })?;

        let (commands, orders) = mpsc::unbounded_channel();
        let output = Arc::default();
        let process = child.id().unwrap_or_default();
        let (name, journal, seen) = (name.to_owned(), journal.clone(), Watch::default());
        let instance = Instance { name, journal, commands, work_dir, temp_dir, output, process, seen };
        instance.record("started", format!("process {process}"));
        instance.watch(child, orders);
        instance.ready(launch, &fill, before).await?;
        instance.record("ready", String::new());
        Ok(instance)
    }

    /// Drains the output and waits for the end, in tasks of their own.
    fn watch(&self, mut child: Box<dyn ChildWrapper>, mut orders: mpsc::UnboundedReceiver<Order>) {
        let (stdout, stderr) = (child.stdout().take(), child.stderr().take());
        let out = stdout.map(|pipe| self.drain("stdout", pipe));
        let err = stderr.map(|pipe| self.drain("stderr", pipe));
        let (journal, name) = (self.journal.clone(), self.name.clone());
        let (seen, process, folders) = (self.seen.clone(), self.process, self.folders());
        self.journal.spawn(Peer::Harness, "proxy process", async move {
            let watching = AbortOnDropHandle::new(journal.spawn(
                Peer::Harness,
                "watch over the proxy's host",
                seen.run(process, folders),
            ));
            let record = |state: &str, detail: String| {
                journal.record(Peer::Proxy, What::Process { instance: name.clone(), state: state.to_owned(), detail });
            };
            let mut killed = false;
            let status = loop {
                let order = tokio::select! {
                    status = child.wait() => break status,
                    order = orders.recv(), if !killed => order,
                };
                let (what, done) = match order {
                    Some(Order::Stop(signal)) => ("stop", platform::request_stop(child.as_mut(), signal)),
                    Some(Order::Kill) | None => {
                        killed = true;
                        ("kill", child.start_kill())
                    }
                    Some(Order::Pause) => ("pause", platform::pause(child.as_mut())),
                    Some(Order::Resume) => ("resume", platform::resume(child.as_mut())),
                };
                record("signalled", done.map_or_else(|e| format!("{what}: {e}"), |()| what.to_owned()));
            };
            drop(watching);
            let _ = child.start_kill(); // whatever is left of its group
            for drained in [out, err].into_iter().flatten() {
                let _ = drained.await; // all output is in the journal before the end is
            }
            record("exited", status.map_or_else(|e| e.to_string(), |status| status.to_string()));
        });
    }

    fn drain(
        &self,
        stream: &'static str,
        mut pipe: impl AsyncRead + Unpin + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        let (journal, name, output) = (self.journal.clone(), self.name.clone(), self.output.clone());
        self.journal.spawn(Peer::Harness, "proxy output", async move {
            let (mut buffer, mut lines) = (vec![0; 8 * 1024], Lines::default());
            let record = |line: &[u8]| {
                let detail = String::from_utf8_lossy(line).into_owned();
                journal.record(Peer::Proxy, What::Process { instance: name.clone(), state: stream.to_owned(), detail });
            };
            while let Ok(n @ 1..) = pipe.read(&mut buffer).await {
                let (kept, cut) = output.lock().unwrap_or_else(PoisonError::into_inner).keep(&buffer[..n]);
                lines.push(&buffer[..kept]).iter().for_each(|line| record(line));
                if cut {
                    record(b"(it writes too much: the rest of its output is neither kept nor searched)");
                }
            }
            lines.rest().iter().for_each(|line| record(line));
        })
    }

    /// Waits for the heartbeat or for a listener; an early end is an error of its own.
    async fn ready(
        &self,
        launch: &Launch,
        fill: &impl Fn(&str) -> Result<String, StartError>,
        before: usize,
    ) -> Result<(), StartError> {
        let within = Duration::from_millis(launch.ready.within_ms);
        let heartbeat = launch.ready.heartbeat;
        let fresh = move |events: &[Event]| {
            events
                .get(before..)
                .unwrap_or_default()
                .iter()
                .any(|e| heartbeat && matches!(&e.what, What::Fact { name, .. } if name == "proxy.heartbeat"))
        };
        let signs = async {
            let name = self.name.clone();
            self.journal
                .eventually(within, |events| fresh(events).then_some(None).or_else(|| exit_of(events, &name).map(Some)))
                .await
        };
        let (how, sign) = match &launch.ready.tcp {
            Some(address) => {
                let address = fill(address)?;
                let listens = async {
                    // nobody announces a listener to its peers, so it is tried
                    while tokio::net::TcpStream::connect(&address).await.is_err() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                tokio::select! {
                    () = listens => return Ok(()),
                    sign = signs => ("a listener on its orders port", sign),
                }
            }
            None => ("a heartbeat", signs.await),
        };
        match sign {
            Ok(None) => Ok(()),
            Ok(Some(exit)) => Err(StartError::ExitedEarly(format!("{exit}; its last output: {}", self.last_output()))),
            Err(_) => Err(StartError::NotReady { within, how, output: self.last_output() }),
        }
    }

    /// A hand on the process.
    pub fn remote(&self) -> Remote {
        Remote(self.commands.clone())
    }

    /// Asks the process to stop, and kills it when the grace period is over; says how it ended.
    pub async fn stop(&self, launch: &Launch) -> String {
        let _ = self.commands.send(Order::Stop(launch.stop.signal));
        match self.exited(Duration::from_millis(launch.stop.grace_ms)).await {
            Some(exit) => exit,
            None => {
                self.kill().await;
                format!("killed after {} ms of grace", launch.stop.grace_ms)
            }
        }
    }

    /// Kills the process and its group, and waits until it is gone.
    pub async fn kill(&self) {
        let _ = self.commands.send(Order::Kill);
        if self.exited(KILL_LIMIT).await.is_none() {
            self.record("leaked", "the process is still there after it was killed".to_owned());
        }
    }

    /// How the process ended, if it does within the limit.
    pub async fn exited(&self, limit: Duration) -> Option<String> {
        self.journal.eventually(limit, |events| exit_of(events, &self.name)).await.ok()
    }

    /// Whether the process still runs.
    pub fn runs(&self) -> bool {
        self.journal.read(|events| exit_of(events, &self.name).is_none())
    }

    /// Its working and its temporary folder.
    pub fn folders(&self) -> [PathBuf; 2] {
        [self.work_dir.path().to_owned(), self.temp_dir.path().to_owned()]
    }

    /// Everything that it wrote to its standard output and error.
    pub fn output(&self) -> Vec<u8> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).kept().to_vec()
    }

    /// The traces that the process left in its folders, its output, and on its host while it ran: of `canaries` everywhere but in
    /// the `results` folder, of `secrets` everywhere but in command line and environment, where a profile may have put them.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn traces(&self, canaries: &Searcher, secrets: &Searcher, results: &Path) -> std::io::Result<Vec<Trace>> {
        if self.runs() {
            self.seen.look(self.process, &self.folders(), true);
        }
        let mut traces = search(canaries, &self.folders(), &self.output())?;
        traces.extend(search(secrets, &self.folders(), &self.output())?);
        traces.extend(self.seen.search(canaries, secrets, results));
        Ok(traces)
    }

    /// What the process holds of its host; nothing where the system does not tell.
    pub fn resources(&self) -> Option<Resources> {
        platform::resources(self.process)
    }

    /// The instance's name: `A`, `B`, ...
    pub fn name(&self) -> &str {
        &self.name
    }

    fn last_output(&self) -> String {
        let output = self.output();
        let text = String::from_utf8_lossy(&output);
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        if lines.is_empty() { "nothing".to_owned() } else { lines.into_iter().rev().collect::<Vec<_>>().join(" | ") }
    }

    fn record(&self, state: &str, detail: String) {
        self.journal
            .record(Peer::Proxy, What::Process { instance: self.name.clone(), state: state.to_owned(), detail });
    }
}

fn exit_of(events: &[Event], instance: &str) -> Option<String> {
    events.iter().rev().find_map(|e| match &e.what {
        What::Process { instance: i, state, detail } if i == instance && state == "exited" => Some(detail.clone()),
        _ => None,
    })
}

/// A path with a separator is relative to the profile's folder, a bare name is found on PATH (CON-060).
pub(super) fn program(command: &str, folder: &Path) -> PathBuf {
    let path = Path::new(command);
    if path.components().count() > 1 { folder.join(path) } else { path.to_owned() }
}

/// Replaces `{names}`; `{` that begins no name stays.
fn fill(text: &str, placeholders: &BTreeMap<String, String>) -> Result<String, StartError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        filled.push_str(before);
        let name = from[1..].split('}').next().unwrap_or("");
        let is_name = from.contains('}')
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_lowercase() || b"_.".contains(&b));
        if is_name {
            let value = placeholders.get(name).ok_or_else(|| StartError::Placeholder(name.to_owned()))?;
            filled.push_str(value);
            rest = &from[name.len() + 2..];
        } else {
            filled.push('{');
            rest = &from[1..];
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_060_placeholders_are_replaced_and_json_braces_are_not() {
        let values = BTreeMap::from([("proxy.orders".to_owned(), "127.0.0.1:6661".to_owned())]);
        assert_eq!(fill(r#"{ "orders": "{proxy.orders}" }"#, &values).unwrap(), r#"{ "orders": "127.0.0.1:6661" }"#);
        assert!(matches!(fill("{proxy.order}", &values), Err(StartError::Placeholder(name)) if name == "proxy.order"));
    }
}
