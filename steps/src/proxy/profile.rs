//! Proxy profiles: how a proxy is started or reached (CON-060).

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// How the reference proxy is started; a pattern for other profiles.
pub const REFERENCE: &str = include_str!("reference.yaml");

/// A proxy profile file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name, printed in reports; the file's name if it is left out.
    #[serde(default)]
    pub name: String,
    /// How the proxy is started or reached.
    #[serde(with = "serde_yaml::with::singleton_map")]
    #[schemars(with = "Proxy")]
    pub proxy: Proxy,
    /// Time limits.
    #[serde(default)]
    pub timing: Timing,
    /// Ports, CA and keys of the cloud, for a proxy that runs already.
    #[serde(default)]
    pub cloud: FixedCloud,
    /// Folder of the profile file, `{profile_dir}`.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Exactly one of the two.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // one per run
pub enum Proxy {
    /// The harness starts it.
    Launch(Launch),
    /// It runs already.
    Attach(Attach),
}

/// How to start a proxy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// The program: a path, a path relative to the profile's folder, or a name on PATH.
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment variables, besides those of the harness.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Files to write before it starts: path and content.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// How it is known to be ready.
    pub ready: Ready,
    /// How it is stopped.
    #[serde(default)]
    pub stop: Stop,
}

impl Launch {
    /// Whether any of its texts holds this one.
    pub fn mentions(&self, text: &str) -> bool {
        let pairs = self.env.iter().chain(&self.files).flat_map(|(name, value)| [name, value]);
        std::iter::once(&self.command).chain(&self.args).chain(pairs).any(|known| known.contains(text))
    }
}

/// When a proxy is ready: a TCP connection to the address succeeds, or its heartbeat has come.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// Address to connect to.
    #[serde(default)]
    pub tcp: Option<String>,
    /// Wait for a heartbeat (CON-051).
    #[serde(default)]
    pub heartbeat: bool,
    /// Milliseconds until the start has failed.
    pub within_ms: u64,
}

/// How a proxy is stopped.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// What asks it to stop.
    #[serde(default)]
    pub signal: StopSignal,
    /// Milliseconds until it is killed.
    pub grace_ms: u64,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { signal: StopSignal::Term, grace_ms: 5000 }
    }
}

/// What asks a process to stop. Windows has no signals: there both end the process at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopSignal {
    /// SIGTERM.
    #[default]
    Term,
    /// SIGINT.
    Interrupt,
}

/// A proxy that runs already.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    /// `host:port` of its orders listener.
    pub orders: String,
    /// `address:port` on which the simulated EMR listens for it.
    pub results_listen: String,
}

/// What a proxy that runs already has to know of the cloud beforehand.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FixedCloud {
    /// HTTPS port; 0 for any.
    pub https_port: u16,
    /// AMQP port; 0 for any.
    pub amqps_port: u16,
    /// Folder in which the test CA is kept (test-ca.pem is the one to trust), relative to the profile's; a new CA for each
    /// run if left out.
    pub ca_dir: Option<PathBuf>,
    /// Client secret of the login service; from the seed if left out.
    pub client_secret: Option<String>,
    /// Shared access key of both queues; from the seed if left out.
    pub bus_key: Option<String>,
}

/// Time limits, in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// How long the proxy waits for the EMR's ACK.
    pub ack_timeout: u64,
    /// The proxy's pause between attempts.
    pub retry_delay: u64,
    /// Sends of one ORU or MDM before the proxy gives up (TOP-110); a number.
    pub max_attempts: u32,
    /// How long the cloud may take to answer an order.
    pub cloud_timeout: u64,
    /// How long one frame may take to arrive at the proxy.
    pub frame_timeout: u64,
    /// The quiet period of the harness (ACK-089).
    pub quiet: u64,
    /// How long something that must happen may take.
    pub deadline: u64,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            ack_timeout: 200,
            retry_delay: 20,
            max_attempts: 3,
            cloud_timeout: 400,
            frame_timeout: 1000,
            quiet: 350,
            deadline: 5000,
        }
    }
}

impl Timing {
    /// The quiet period.
    pub fn quiet(&self) -> Duration {
        Duration::from_millis(self.quiet)
    }

    /// How long something that must happen may take.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline)
    }
}

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("cannot read the profile {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no profile.
    #[error("the profile {path} is wrong: {source}\n`iris-conformance config init` shows every key")]
    Yaml {
        /// The file.
        path: String,
        /// What and where.
        source: yaml::Error,
    },
    /// Values that do not fit together.
    #[error("the profile {path} is wrong: {problem}")]
    Wrong {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

impl Profile {
    /// The profile in `path`, or that of the reference proxy.
    ///
    /// # Errors
    /// [`ProfileError`], naming the file.
    pub fn load(path: Option<&Path>) -> Result<Profile, ProfileError> {
        match path {
            None => Profile::parse("(built in)", REFERENCE, Path::new(".")),
            Some(path) => {
                let name = path.display().to_string();
                let text =
                    std::fs::read_to_string(path).map_err(|source| ProfileError::Io { path: name.clone(), source })?;
                let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let folder =
                    std::path::absolute(folder).map_err(|source| ProfileError::Io { path: name.clone(), source })?;
                Profile::parse(&name, &text, &folder)
            }
        }
    }

    /// Where the EMR listens for a proxy that runs already.
    pub(crate) fn results_ip(&self) -> Option<IpAddr> {
        let Proxy::Attach(attach) = &self.proxy else { return None };
        attach.results_listen.parse().ok().map(|address: SocketAddr| address.ip())
    }

    /// The file of the program that is started; none where the proxy runs already, or the file is not found.
    pub fn program(&self) -> Option<PathBuf> {
        let Proxy::Launch(launch) = &self.proxy else { return None };
        if launch.command == "{self}" {
            return std::env::current_exe().ok();
        }
        let command = launch.command.replace("{profile_dir}", &self.folder.display().to_string());
        let command = super::instance::program(&command, &self.folder);
        let places: Vec<PathBuf> = match command.components().count() {
            1 => std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(&command)).collect(),
            _ => vec![command],
        };
        // on Windows a command may come without its ending
        let places = places.into_iter().flat_map(|place| {
            let mut with_ending = place.clone().into_os_string();
            with_ending.push(std::env::consts::EXE_SUFFIX);
            [place, with_ending.into()]
        });
        places.into_iter().find(|place| place.is_file())
    }

    fn parse(path: &str, text: &str, folder: &Path) -> Result<Profile, ProfileError> {
        let mut profile: Profile =
            yaml::parse(text, path).map_err(|source| ProfileError::Yaml { path: path.to_owned(), source })?;
        profile.folder = folder.to_owned();
        if profile.name.is_empty() {
            profile.name = path.to_owned();
        }
        let wrong = |problem: &str| ProfileError::Wrong { path: path.to_owned(), problem: problem.to_owned() };
        if profile.cloud.client_secret.is_some() != profile.cloud.bus_key.is_some() {
            return Err(wrong("cloud needs client_secret and bus_key, or neither"));
        }
        if let Proxy::Launch(launch) = &profile.proxy
            && launch.ready.tcp.is_none()
            && !launch.ready.heartbeat
        {
            return Err(wrong("ready needs tcp or heartbeat"));
        }
        let timing = profile.timing;
        if timing.quiet <= timing.ack_timeout + timing.retry_delay {
            // ACK-089: otherwise a second DFT could come after the verdict
            return Err(wrong("timing.quiet must be longer than ack_timeout and retry_delay together (ACK-089)"));
        }
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Profile, String> {
        Profile::parse("p.yaml", text, Path::new("/profiles")).map_err(|e| e.to_string())
    }

    #[test]
    fn con_060_the_sample_profiles_of_the_contract_are_read() {
        let launch = parse(
            r#"
proxy:
  launch:
    command: "/opt/iris/emr-proxy"
    args: ["--console"]
    env: { IRIS_LOGIN: "{cloud.login}", IRIS_CA_FILE: "{cloud.ca_file}" }
    files: { "{work_dir}/settings.json": "{ \"orders\": \"{proxy.orders}\" }" }
    ready: { tcp: "{proxy.orders}", within_ms: 10000 }
    stop: { signal: term, grace_ms: 5000 }
"#,
        )
        .unwrap();
        let Proxy::Launch(launch) = launch.proxy else { panic!("{launch:?}") };
        assert_eq!(launch.ready.tcp.as_deref(), Some("{proxy.orders}"));
        assert_eq!(launch.files.len(), 1);

        let attach =
            parse("name: x\nproxy:\n  attach: { orders: \"emr-proxy.test:6661\", results_listen: \"0.0.0.0:6662\" }\n")
                .unwrap();
        let Proxy::Attach(attach) = attach.proxy else { panic!("{attach:?}") };
        assert_eq!(attach.orders, "emr-proxy.test:6661");
    }

    #[test]
    fn a_wrong_profile_names_file_line_and_key() {
        let error = parse("name: x\nproxy:\n  lunch: {}\n").unwrap_err();
        assert!(error.contains("p.yaml") && error.contains("lunch"), "{error}");
        let error = parse("name: x\nproxy:\n  launch: { command: a, ready: { within_ms: 1 } }\n").unwrap_err();
        assert_eq!(error, "the profile p.yaml is wrong: ready needs tcp or heartbeat");
    }

    #[test]
    fn ack_089_a_quiet_period_shorter_than_a_resend_is_refused() {
        let error =
            parse("name: x\nproxy:\n  attach: { orders: a, results_listen: b }\ntiming: { quiet: 220 }\n").unwrap_err();
        assert!(error.contains("ACK-089"), "{error}");
    }
}
