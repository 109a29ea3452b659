//! What the steps of one scenario share: handles only.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud::contract::{Contract, Environment, Role};
use cloud::lifecycle::Organization;
use cloud::{Cloud, TestCa};
use emr::{Emr, OrdersConnection};
use faults::{Class, Faults, Place, Plan, Subject};
use journal::{Clock, Event, Journal, Link, Peer, Seed, What};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::ports::free_port;
use crate::proxy::{Instance, Launch, Profile, Proxy, Remote, Searcher, Trace};
use crate::suite::Suite;
use crate::suite::binding::Binding;
use crate::suite::features::ScenarioId;
use crate::vocabulary::Use;

/// The instant that the cloud's clock shows when a scenario begins: the send time of the reference messages.
const BEGIN: &str = "2017-04-10T14:59:07Z";

/// What all scenarios of a run share.
#[derive(Clone)]
pub struct Run {
    /// The contract of the run (TOP-120).
    pub contract: Contract,
    /// Which requirements bind under it.
    pub binding: Binding,
    /// The proxy profile.
    pub profile: Profile,
    /// The folders of the suite.
    pub suite: Suite,
    /// The run's seed.
    pub seed: Seed,
    /// The test CA.
    pub ca: Arc<TestCa>,
    /// Its certificate as a file.
    pub ca_file: PathBuf,
    /// What goes wrong in every scenario.
    pub faults: Plan,
    /// A hosts file that leads all names of the contract to this machine.
    pub hosts_file: PathBuf,
    /// How long one scenario may take.
    pub time_limit: Duration,
    /// Whether bytes that differ from their snapshot are put forward for review.
    pub proposes_snapshots: bool,
}

impl Run {
    /// The contract's file for the proxy; empty for the one that is built in.
    fn contract_file(&self) -> String {
        if self.contract.is_built_in() {
            return String::new();
        }
        std::path::absolute(&self.contract.file)
            .map_or_else(|_| self.contract.file.clone(), |p| p.display().to_string())
    }
}

/// Why a scenario did not pass.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Stop {
    /// A requirement is broken.
    Failed {
        /// The requirement that was checked; empty: those of the scenario's tags.
        requirement: String,
        /// What had to be.
        expected: String,
        /// What was.
        seen: String,
    },
    /// A step could not do its work because of what came before.
    Blocked(String),
    /// The harness, the proxy's start or the environment broke.
    Error(String),
    /// The contract takes the ground from the scenario, so it was not run.
    Skipped(String),
}

/// As JSON: cucumber carries a step's error as text, and the runner reads it back.
impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

impl Stop {
    /// In one line, for people.
    pub fn summary(&self) -> String {
        match self {
            Stop::Failed { requirement, expected, seen } => format!("{requirement}: expected {expected}; seen {seen}"),
            Stop::Blocked(why) | Stop::Error(why) | Stop::Skipped(why) => why.clone(),
        }
    }
}

/// What a step gives.
pub type Outcome = Result<(), Stop>;

/// A requirement is broken.
pub fn failed<T>(requirement: &str, expected: impl ToString, seen: impl ToString) -> Result<T, Stop> {
    Err(Stop::Failed { requirement: requirement.to_owned(), expected: expected.to_string(), seen: seen.to_string() })
}

/// The harness or its environment broke.
pub fn error(what: impl ToString) -> Stop {
    Stop::Error(what.to_string())
}

/// An order that the simulated EMR sent.
#[derive(Clone, Debug)]
pub struct SentOrder {
    /// The bytes of the message.
    pub content: Vec<u8>,
    /// The content of the answer, or why there is none.
    pub answer: Result<Vec<u8>, String>,
}

/// The state of one scenario.
#[derive(cucumber::World)]
#[world(init = World::empty)]
pub struct World {
    run: Option<Arc<Run>>,
    /// Which scenario it is.
    pub id: ScenarioId,
    /// What happens in it.
    pub journal: Journal,
    /// The cloud's clock.
    pub clock: Clock,
    /// What goes wrong.
    pub faults: Faults,
    /// The process that faults act on.
    pub newest: watch::Sender<Option<Remote>>,
    /// The task that lets them act.
    pub process_faults: Option<AbortHandle>,
    /// The scenario's seed.
    pub seed: Seed,
    began: Instant,
    emr: Option<Emr>,
    cloud: Option<Cloud>,
    /// Kept connection for orders.
    pub connection: Option<OrdersConnection>,
    /// Proxy processes, the newest last.
    pub proxies: Vec<Instance>,
    placeholders: BTreeMap<String, String>,
    orders_address: String,
    /// Options of results that the scenario set, as in the specification (`res.document`), with their YAML values.
    results_options: BTreeMap<String, String>,
    /// Orders sent so far.
    pub orders: Vec<SentOrder>,
    /// The customers of a shared link.
    pub customers: Vec<crate::vocabulary::Customer>,
    /// Values that the proxy must leave no trace of (TOP-065).
    pub canaries: Vec<String>,
    /// Parts of reports, which the proxy must leave no trace of either.
    pub fragments: Vec<Vec<u8>>,
    /// What the proxy used of its host when a step looked.
    pub noted: Option<Use>,
    /// What a table of an order's values set and no message to the EMR may hold: requirement, path and text.
    pub marks: Vec<(String, String, String)>,
    /// How many orders and deliveries the cloud keeps; nothing for all.
    keeps: Option<usize>,
    /// What must appear in no output, once the cloud has stopped.
    secrets: Vec<String>,
    /// The deliberate end of a proxy: its exit is no finding.
    pub exit_expected: bool,
    /// Holds the results folder and nothing else; goes away with the scenario.
    results_parent: Option<TempDir>,
    results_folder: PathBuf,
    /// The files that steps have seen in the results folder.
    pub files_seen: BTreeMap<PathBuf, Vec<u8>>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("id", &self.id).finish_non_exhaustive()
    }
}

impl World {
    fn empty() -> World {
        World {
            run: None,
            id: ScenarioId::default(),
            journal: Journal::new(""),
            clock: Clock::system(),
            faults: Faults::default(),
            newest: watch::Sender::default(),
            process_faults: None,
            seed: Seed::new(0),
            began: Instant::now(),
            emr: None,
            cloud: None,
            connection: None,
            proxies: Vec::new(),
            placeholders: BTreeMap::new(),
            orders_address: String::new(),
            results_options: BTreeMap::new(),
            orders: Vec::new(),
            customers: Vec::new(),
            canaries: Vec::new(),
            fragments: Vec::new(),
            noted: None,
            marks: Vec::new(),
            keeps: None,
            secrets: Vec::new(),
            exit_expected: false,
            results_parent: None,
            results_folder: PathBuf::new(),
            files_seen: BTreeMap::new(),
        }
    }

    /// A world of no scenario, to try whether everything starts.
    pub fn preflight(run: Arc<Run>) -> World {
        let mut world = World::empty();
        let run = Arc::new(Run { faults: Plan::default(), ..(*run).clone() });
        world.begin(run, ScenarioId { feature: "preflight".to_owned(), ..ScenarioId::default() });
        world
    }

    /// A world of no scenario for people to act in.
    pub(crate) fn bench(run: Arc<Run>) -> World {
        const MOST_EVENTS: usize = 20_000;
        const KEPT_ORDERS: usize = 5_000;
        World::lasting(run, "bench", Journal::bounded("bench", MOST_EVENTS), KEPT_ORDERS)
    }

    /// A world of no scenario that lasts for long: its clock is the machine's, its journal is bounded, and its cloud keeps the
    /// newest orders only.
    pub(crate) fn lasting(run: Arc<Run>, name: &str, journal: Journal, kept_orders: usize) -> World {
        let mut world = World::empty();
        world.begin(run, ScenarioId { feature: name.to_owned(), ..ScenarioId::default() });
        world.journal = journal;
        world.faults = Faults::new(world.journal.clone(), world.seed.derive("faults"));
        world.clock = Clock::system();
        world.keeps = Some(kept_orders);
        world
    }

    /// Begins a scenario.
    pub fn begin(&mut self, run: Arc<Run>, id: ScenarioId) {
        self.journal = Journal::new(id.to_string());
        self.clock = Clock::fixed(BEGIN.parse().unwrap_or(jiff::Timestamp::UNIX_EPOCH));
        self.seed = run.seed.derive(&id.to_string());
        self.faults = Faults::new(self.journal.clone(), self.seed.derive("faults"));
        self.began = Instant::now();
        self.id = id;
        self.run = Some(run);
    }

    /// What all scenarios share.
    pub fn run(&self) -> &Run {
        self.run.as_deref().expect("the before hook begins every scenario")
    }

    /// The simulated EMR.
    ///
    /// # Errors
    /// [`Stop::Blocked`] when no step has connected it.
    pub fn emr(&self) -> Result<&Emr, Stop> {
        self.emr.as_ref().ok_or_else(|| Stop::Blocked("no step has connected an EMR".to_owned()))
    }

    /// The mock cloud.
    ///
    /// # Errors
    /// [`Stop::Blocked`] when no step has connected it.
    pub fn cloud(&self) -> Result<&Cloud, Stop> {
        self.cloud.as_ref().ok_or_else(|| Stop::Blocked("no step has connected the IRIS cloud".to_owned()))
    }

    /// The newest proxy process.
    ///
    /// # Errors
    /// [`Stop::Blocked`] when the proxy was not started by the harness.
    pub fn proxy(&self) -> Result<&Instance, Stop> {
        self.proxies.last().ok_or_else(|| {
            Stop::Blocked("the harness has not started the proxy, so it cannot act on its process".to_owned())
        })
    }

    /// How the profile starts a proxy.
    ///
    /// # Errors
    /// [`Stop::Blocked`] for a profile that attaches.
    pub fn launch(&self) -> Result<Launch, Stop> {
        match &self.run().profile.proxy {
            Proxy::Launch(launch) => Ok(launch.clone()),
            Proxy::Attach(_) => Err(Stop::Blocked(
                "the profile attaches to a running proxy, so its process cannot be acted on".to_owned(),
            )),
        }
    }

    /// The folder below which the proxy may write files (CON-047).
    ///
    /// # Errors
    /// [`Stop::Blocked`] for a profile that attaches: its files are out of reach.
    pub fn results_folder(&self) -> Result<&Path, Stop> {
        self.results_parent.as_ref().map(|_| self.results_folder.as_path()).ok_or_else(|| {
            Stop::Blocked("the profile attaches to a running proxy, whose files cannot be looked at".to_owned())
        })
    }

    /// How long something that must happen may take: the profile's limit, cut by the scenario's.
    pub fn deadline(&self) -> Duration {
        self.run().profile.timing.deadline().min(self.time_limit().saturating_sub(self.elapsed()))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn time_limit(&self) -> Duration {
        self.run().time_limit
    }

    /// The quiet period in which nothing more may happen.
    pub fn quiet(&self) -> Duration {
        self.run().profile.timing.quiet()
    }

    /// Waits for something that must happen.
    ///
    /// # Errors
    /// [`Stop::Failed`] with the requirement, what was expected, and what `seen` says of the journal instead.
    pub async fn expect<T>(
        &self,
        requirement: &str,
        expected: impl ToString,
        query: impl FnMut(&[Event]) -> Option<T>,
        seen: impl FnOnce(&[Event]) -> String,
    ) -> Result<T, Stop> {
        match self.journal.eventually(self.deadline(), query).await {
            Ok(found) => Ok(found),
            Err(timed_out) => failed(requirement, expected, format!("{} ({timed_out})", self.journal.read(seen))),
        }
    }

    /// Checks that something does not happen in the quiet period.
    ///
    /// # Errors
    /// [`Stop::Failed`] with what happened.
    pub async fn expect_never(
        &self,
        requirement: &str,
        expected: impl ToString,
        query: impl FnMut(&[Event]) -> Option<String>,
    ) -> Outcome {
        match self.journal.never(self.quiet(), query).await {
            Ok(()) => Ok(()),
            Err(seen) => failed(requirement, expected, seen),
        }
    }

    /// Starts EMR and cloud, then the proxy, and waits until the proxy is ready.
    ///
    /// # Errors
    /// [`Stop::Error`] when a part does not start.
    pub async fn connect_all(&mut self) -> Outcome {
        self.start_parties().await?;
        self.start_proxy().await
    }

    /// Gives the cloud of this scenario a certificate of another authority than the one that the proxy is told to trust.
    ///
    /// # Errors
    /// [`Stop::Blocked`] for a profile that attaches, whose CA is fixed; [`Stop::Error`] when no certificate can be made.
    pub fn distrust_cloud(&mut self) -> Outcome {
        self.launch()?;
        let run = self.run.as_deref().expect("the before hook begins every scenario");
        let ca = Arc::new(TestCa::new(&run.contract.all_hosts()).map_err(error)?);
        self.run = Some(Arc::new(Run { ca, ..run.clone() }));
        Ok(())
    }

    /// Starts EMR and cloud and tells the cloud the proxy's settings.
    ///
    /// # Errors
    /// [`Stop::Error`] when a part does not start.
    pub async fn start_parties(&mut self) -> Outcome {
        let (orders, results_listen) = match &self.run().profile.proxy {
            Proxy::Launch(_) => (free_port().map_err(error)?.to_string(), free_port().map_err(error)?),
            Proxy::Attach(attach) => {
                let listen = attach
                    .results_listen
                    .parse()
                    .map_err(|e| error(format!("results_listen {}: {e}", attach.results_listen)))?;
                (attach.orders.clone(), listen)
            }
        };
        self.start_emr(results_listen).await?;
        let results = self.emr()?.results_address().to_string();
        self.start_cloud(orders, results).await
    }

    /// Starts the EMR, which listens for results.
    ///
    /// # Errors
    /// [`Stop::Error`] when it cannot listen.
    pub(crate) async fn start_emr(&mut self, results_listen: SocketAddr) -> Outcome {
        let timing = self.run().profile.timing;
        let options = emr::Options {
            results_listen,
            clock: self.clock.clone(),
            ack_delay_late: Duration::from_millis(timing.ack_timeout + timing.ack_timeout / 4),
            max_content: mllp::DEFAULT_MAX_CONTENT,
            faults: self.faults.clone(),
        };
        let emr = Emr::start(self.journal.clone(), options).await;
        self.emr = Some(emr.map_err(|e| error(format!("the EMR cannot listen on {results_listen}: {e}")))?);
        Ok(())
    }

    /// Starts the cloud and tells it the proxy's settings: where it takes orders, and where the EMR takes results.
    ///
    /// # Errors
    /// [`Stop::Error`] when it does not start.
    pub(crate) async fn start_cloud(&mut self, orders: String, results: String) -> Outcome {
        if matches!(self.run().profile.proxy, Proxy::Launch(_)) {
            let parent = tempfile::Builder::new().prefix("iris-conformance-files-").tempdir().map_err(error)?;
            self.results_folder = parent.path().join("results");
            std::fs::create_dir(&self.results_folder).map_err(error)?;
            self.results_parent = Some(parent);
        }
        let run = self.run();
        let timing = run.profile.timing;
        let fixed = &run.profile.cloud;
        let cloud = Cloud::start(cloud::Options {
            contract: run.contract.clone(),
            ca: run.ca.clone(),
            journal: self.journal.clone(),
            faults: self.faults.clone(),
            clock: self.clock.clone(),
            seed: self.seed.derive("cloud"),
            listen: IpAddr::from(Ipv4Addr::LOCALHOST),
            https_port: fixed.https_port,
            amqps_port: fixed.amqps_port,
            organization_amqps_port: 0,
            amqp_port: None,
            organizations: vec![Organization::default()],
            keys: fixed
                .client_secret
                .clone()
                .zip(fixed.bus_key.clone())
                .map(|(client_secret, bus)| cloud::Keys { client_secret, bus }),
            keeps: self.keeps,
        })
        .await
        .map_err(error)?;
        cloud.set_clinic("TEST CLINIC");
        cloud.set_credentials("OP0001", "MD", "DR"); // the ordering provider of the reference messages
        for (meaning, value) in [
            ("orders_listen", orders.clone()),
            ("results_address", results.clone()),
            ("ack_timeout_ms", timing.ack_timeout.to_string()),
            ("max_attempts", timing.max_attempts.to_string()),
            ("retry_delay_ms", timing.retry_delay.to_string()),
            ("cloud_timeout_ms", timing.cloud_timeout.to_string()),
            ("frame_timeout_ms", timing.frame_timeout.to_string()),
            ("files_root", self.results_folder.display().to_string()),
            ("sentinel", "1".to_owned()),
        ] {
            cloud.set_setting(meaning, &value);
        }
        let mut placeholders = cloud.placeholders();
        placeholders.insert("cloud.ca_file".to_owned(), run.ca_file.display().to_string());
        placeholders.insert("cloud.hosts_file".to_owned(), run.hosts_file.display().to_string());
        placeholders.insert("contract_file".to_owned(), run.contract_file());
        placeholders.insert("proxy.orders".to_owned(), orders.clone());
        placeholders.insert("emr.results".to_owned(), results);
        placeholders.insert("profile_dir".to_owned(), run.profile.folder.display().to_string());
        placeholders.insert("self".to_owned(), std::env::current_exe().map_err(error)?.display().to_string());
        self.placeholders = placeholders;
        self.orders_address = orders;
        self.cloud = Some(cloud);
        self.set_results_option("dft.enabled", "off")?; // scenarios about charges turn them on
        self.apply_faults(&self.run().faults.clone())
    }

    /// Takes a proxy that runs elsewhere and a cloud that was started with this world's journal for its own; either may be missing.
    pub(crate) fn adopt(&mut self, orders_address: Option<String>, cloud: Option<Cloud>) {
        self.orders_address = orders_address.unwrap_or_default();
        self.cloud = cloud;
    }

    /// The next proxy gets the published host names of an environment instead of `localhost` (CON-004).
    ///
    /// # Errors
    /// [`Stop::Blocked`] when these names would not lead the proxy to the mock cloud.
    pub fn publish_names(&mut self, environment: Environment) -> Outcome {
        let host = self.run().contract.host(Role::EmrApi, environment);
        let here = (host, 443).to_socket_addrs().is_ok_and(|mut all| all.all(|address| address.ip().is_loopback()));
        if !here && !self.launch()?.mentions("{cloud.hosts_file}") {
            return Err(Stop::Blocked(format!(
                "{host} does not lead here: let the profile use {{cloud.hosts_file}}, or put the lines of `simulate cloud --hosts` \
                 into this machine's hosts file"
            )));
        }
        let published = self.cloud()?.published_placeholders(environment);
        self.placeholders.extend(published);
        Ok(())
    }

    /// Sets an option of the results profile by its name in the specification, e.g. `res.document`; the value is YAML.
    ///
    /// # Errors
    /// [`Stop::Error`] for an unknown option or value.
    pub fn set_results_option(&mut self, option: &str, value: &str) -> Outcome {
        self.results_options.insert(option.to_owned(), value.to_owned());
        let profile = results_profile(&self.results_options).map_err(|e| error(format!("{option} {value}: {e}")))?;
        self.cloud()?.set_results_profile(profile);
        Ok(())
    }

    /// Starts one more proxy process; with a profile that attaches, waits until the running one listens.
    ///
    /// # Errors
    /// [`Stop::Error`] when it does not become ready.
    pub async fn start_proxy(&mut self) -> Outcome {
        let Ok(launch) = self.launch() else { return self.running_proxy().await };
        let name = char::from(b'A' + u8::try_from(self.proxies.len().min(25)).unwrap_or(25)).to_string();
        let disk_full = self.faults.meet(&[Place::Proxy], Class::Start, &Subject::default()).is_some();
        let folder = &self.run().profile.folder;
        let instance = Instance::start(&name, &launch, folder, &self.placeholders, &self.journal, disk_full).await;
        let instance = instance.map_err(error)?;
        self.newest.send_replace(Some(instance.remote()));
        self.proxies.push(instance);
        Ok(())
    }

    async fn running_proxy(&self) -> Outcome {
        let (address, deadline) = (self.orders_address(), self.deadline());
        let listens = async {
            // nobody announces a listener to its peers, so it is tried
            while tokio::net::TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let late = |_| error(format!("no proxy listens for orders on {address} within {} ms", deadline.as_millis()));
        tokio::time::timeout(deadline, listens).await.map_err(late)
    }

    /// Where the proxy listens for orders.
    pub fn orders_address(&self) -> &str {
        &self.orders_address
    }

    /// Moves the proxy's orders listener to a fresh port; the settings say so at once.
    ///
    /// # Errors
    /// [`Stop::Blocked`] without a cloud.
    pub fn move_orders_port(&mut self) -> Outcome {
        self.orders_address = free_port().map_err(error)?.to_string();
        self.placeholders.insert("proxy.orders".to_owned(), self.orders_address.clone());
        self.cloud()?.set_setting("orders_listen", &self.orders_address);
        Ok(())
    }

    /// Reads a whole message of `features/messages`.
    ///
    /// # Errors
    /// [`Stop::Error`] when there is none of that name.
    pub fn message(&self, name: &str) -> Result<Vec<u8>, Stop> {
        self.run().suite.read(&format!("features/messages/{name}.hl7")).map(<[u8]>::to_vec).map_err(error)
    }

    /// Searches folders and output of all proxy processes for canaries (TOP-060) and secrets.
    ///
    /// # Errors
    /// [`Stop::Error`] when a file cannot be read.
    pub fn search_for_traces(&self) -> Result<Vec<Trace>, Stop> {
        let canaries = Searcher::new(&self.values_of_patients()).map_err(error)?;
        let secrets = self.cloud.as_ref().map_or_else(|| self.secrets.clone(), Cloud::secrets);
        let secrets = Searcher::new(&secrets).map_err(error)?;
        // where the profile attaches there is no folder, and no proxy either
        let results = self.results_parent.as_ref().map_or(Path::new("/nowhere"), TempDir::path);
        let mut traces = Vec::new();
        for proxy in &self.proxies {
            traces.extend(proxy.traces(&canaries, &secrets, results).map_err(error)?);
        }
        Ok(traces)
    }

    /// All that the proxy must leave no trace of, but for secrets (TOP-065).
    pub fn values_of_patients(&self) -> Vec<Vec<u8>> {
        self.canaries.iter().map(|text| text.clone().into_bytes()).chain(self.fragments.iter().cloned()).collect()
    }

    /// Ends everything that the scenario started.
    pub async fn end(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
        if let Some(task) = self.process_faults.take() {
            task.abort();
        }
        for proxy in &self.proxies {
            proxy.kill().await;
        }
        if let Some(emr) = self.emr.take() {
            emr.stop().await;
        }
        if let Some(cloud) = self.cloud.take() {
            let mut secrets = cloud.secrets();
            cloud.stop().await;
            secrets.extend(self.journal.read(signatures));
            self.journal.redact(&secrets);
            self.secrets = secrets;
        }
    }

    /// A proxy process that ended without being told to.
    pub fn unexpected_exit(&self) -> Option<String> {
        if self.exit_expected {
            return None;
        }
        self.journal.read(|events| {
            events.iter().find_map(|e| match &e.what {
                What::Process { instance, state, detail } if state == "exited" => {
                    Some(format!("proxy {instance} ended: {detail}"))
                }
                _ => None,
            })
        })
    }

    /// The first panic of a simulator's task.
    pub fn panic(&self) -> Option<String> {
        self.journal.read(|events| {
            events.iter().find_map(|e| match (&e.what, e.peer) {
                (What::Panic { task, message }, peer) => {
                    Some(format!("{task} ({}) panicked: {message}", peer_name(peer)))
                }
                _ => None,
            })
        })
    }
}

/// The results profile with these options, by their names in the specification (`res.document`), with their YAML values.
///
/// # Errors
/// An unknown option or value.
pub fn results_profile(options: &BTreeMap<String, String>) -> Result<results::Profile, serde_yaml::Error> {
    let mut yaml = String::new();
    let mut group = "";
    for (option, value) in options {
        let (of, name) = option.split_once('.').unwrap_or(("", option));
        if of != group && of != "res" {
            yaml.push_str(&format!("{of}:\n"));
        }
        group = of;
        let indent = if of == "res" { "" } else { "  " };
        yaml.push_str(&format!("{indent}{name}: {value}\n"));
    }
    serde_yaml::from_str(&yaml)
}

/// The signatures that the proxy showed to the bus: whoever has one may act as the proxy until it expires.
fn signatures(events: &[Event]) -> Vec<String> {
    let shown = events.iter().filter_map(|event| match &event.what {
        What::Bytes { link: Link::Amqp, bytes, .. } => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    });
    let signature = |rest: &str| rest.split('&').next().unwrap_or_default().to_owned();
    shown.flat_map(|text| text.split("sig=").skip(1).map(signature).collect::<Vec<_>>()).collect()
}

fn peer_name(peer: Peer) -> &'static str {
    match peer {
        Peer::Emr => "EMR",
        Peer::Proxy => "proxy",
        Peer::Cloud => "cloud",
        Peer::Harness => "harness",
    }
}
