//! A simulated cloud for a proxy that runs on its own, and the doctor that says why it cannot be reached.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
}

/// A cloud on free ports; it ends with the test.
struct Simulated(Child, Vec<(String, String)>);

impl Simulated {
    fn start(folder: &Path) -> Self {
        Self::with(folder, &[])
    }

    fn with(folder: &Path, more: &[&str]) -> Self {
        let ports = ["--https-port", "0", "--amqps-port", "0", "--for", "60", "--ca-dir"];
        let mut command = program();
        command.args(["simulate", "cloud"]).args(ports).arg(folder).args(more).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let lines = lines.take_while(|line| !line.starts_with("It stops"));
        let pairs = lines.filter_map(|line| line.trim().split_once(' ').map(|(k, v)| (k.into(), v.trim().into())));
        let facts = pairs.collect();
        Self(child, facts)
    }

    fn fact(&self, name: &str) -> &str {
        self.1.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn doctor(&self, https_port: &str, ca_file: &Path) -> Output {
        let ports = ["--https-port", https_port, "--amqps-port", self.fact("cloud.amqps_port")];
        let mut command = program();
        command.args(["doctor", "--host", "localhost", "--ca-file"]).arg(ca_file).args(ports);
        command.output().unwrap()
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_doctor_finds_a_healthy_cloud_healthy_and_names_what_is_wrong_with_others() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = Simulated::start(folder.path());
    let (port, ca) = (cloud.fact("cloud.https_port").to_owned(), folder.path().join("test-ca.pem"));
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();

    let healthy = cloud.doctor(&port, &ca);
    assert_eq!((healthy.status.code(), text(&healthy).matches("ok    ").count()), (Some(0), 6), "{}", text(&healthy));

    let other = tempfile::tempdir().unwrap();
    program().args(["simulate", "cloud", "--hosts", "--ca-dir"]).arg(other.path()).output().unwrap();
    let distrusted = cloud.doctor(&port, &other.path().join("test-ca.pem"));
    assert_eq!(distrusted.status.code(), Some(1));
    assert!(text(&distrusted).contains("issued by a CA that is not trusted"), "{}", text(&distrusted));

    // bound and closed again: nothing listens there
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let absent = cloud.doctor(&free.to_string(), &ca);
    assert_eq!(absent.status.code(), Some(1));
    assert!(text(&absent).contains("nothing listens there"), "{}", text(&absent));

    let unreadable = cloud.doctor(&port, Path::new("no-such-file.pem"));
    assert_eq!(unreadable.status.code(), Some(3));
}

#[test]
fn a_customer_is_simulated_as_its_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customer.yaml");
    // the example of the documentation
    let page = include_str!("../../docs/cloud.md");
    let example = page.split("```yaml\nguid").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    std::fs::write(&file, format!("guid{example}")).unwrap();
    let cloud = Simulated::with(folder.path(), &["--organization", file.to_str().unwrap()]);
    assert_eq!(cloud.fact("client_guid"), "63e3c9ef-66ac-4154-b0c2-494515eb99a7");

    std::fs::write(&file, "sites: [{ lokal_id: x }]").unwrap();
    let arguments = ["simulate", "cloud", "--organization", file.to_str().unwrap(), "--ca-dir"];
    let refused = program().args(arguments).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("customer.yaml") && said.contains("lokal_id") && said.contains("line 1"), "{said}");
}

#[test]
fn con_004_the_hosts_lines_name_every_role_of_the_environment_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for (environment, names) in [
        ("test", ["login.microsoftonline.com", "config-proxy-qa.azconfig.io", "icemr-api-test.retinalscreenings.com"]),
        (
            "production",
            ["login.microsoftonline.com", "config-proxy-prodb.azconfig.io", "icemr-api.retinalscreenings.com"],
        ),
    ] {
        let arguments = ["simulate", "cloud", "--hosts", "--environment", environment, "--ca-dir"];
        let output = program().args(arguments).arg(folder.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!((output.status.code(), text.lines().filter(|line| !line.starts_with('#')).count()), (Some(0), 6));
        for name in names {
            assert!(text.contains(&format!("127.0.0.1 {name}\n")), "{text}");
        }
        assert!(text.contains("test-ca.pem"), "{text}");
    }
}
