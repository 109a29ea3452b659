//! The HTTPS roles behind the front door, as wiremock routes bound by the contract.

use std::sync::Arc;
use std::time::Duration;

use journal::{Peer, What};
use regex::Regex;
use wiremock::{Match, Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::contract::{Operation, Role, Route};
use crate::state::State;

/// One request for a role.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    captures: Vec<(&'a str, String)>,
}

impl Call<'_> {
    /// A `{name}` of the route's path; empty if the route has none of that name.
    pub(crate) fn capture(&self, name: &str) -> &str {
        self.captures.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    /// A header as text; empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The role's URL under the name by which the client knows it.
    pub(crate) fn own_url(&self) -> String {
        format!("https://{}", self.header("host"))
    }
}

/// How an operation misbehaves when a scenario asks for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Answers with this status and, if given, a `Retry-After` of so many seconds.
    Status(u16, Option<u32>),
    /// Answers so much later.
    Delay(Duration),
    /// Answers 200 with this body, whatever was asked.
    Body(Vec<u8>),
}

/// An [`Effect`] on an operation, for a number of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Disturbance {
    /// Which operation.
    pub operation: Operation,
    /// What happens.
    pub effect: Effect,
    /// How many requests it hits; `None`: all until it is lifted.
    pub times: Option<u32>,
}

/// A role's operation at its route.
struct Bound {
    state: Arc<State>,
    role: Role,
    operation: Operation,
    method: String,
    path: Regex,
    names: Vec<String>,
}

impl Bound {
    fn new(state: Arc<State>, role: Role, operation: Operation, route: &Route) -> Result<Bound, regex::Error> {
        let names = Regex::new(r"\{(\w+)\}")?.captures_iter(&route.path).map(|c| c[1].to_owned()).collect();
        let pattern = regex::escape(&route.path);
        let pattern = Regex::new(r"\\\{\w+\\\}")?.replace_all(&pattern, "([^/]+)");
        let path = Regex::new(&format!("^{pattern}$"))?;
        Ok(Bound { state, role, operation, method: route.method.clone(), path, names })
    }

    /// CON-001: the virtual host decides, and localhost stands for all of them.
    fn host_fits(&self, request: &Request) -> bool {
        let host = request.headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or("");
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        matches!(name, "localhost" | "127.0.0.1") || self.state.contract.role_of_host(name) == Some(self.role)
    }
}

impl Match for Bound {
    fn matches(&self, request: &Request) -> bool {
        request.method.as_str() == self.method && self.path.is_match(request.url.path()) && self.host_fits(request)
    }
}

impl Respond for Bound {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let values = self.path.captures(request.url.path());
        let value = |i: usize| values.as_ref().and_then(|v| v.get(i + 1)).map_or("", |m| m.as_str()).to_owned();
        let captures = self.names.iter().enumerate().map(|(i, name)| (name.as_str(), value(i))).collect();
        let call = Call { request, captures };
        let (status, response) = match self.state.disturbance(self.operation) {
            Some(Effect::Status(status, retry_after)) => (status, plain(status, retry_after)),
            Some(Effect::Body(body)) => (200, ResponseTemplate::new(200).set_body_bytes(body)),
            Some(Effect::Delay(by)) => {
                let (status, response) = self.state.answer(self.role, self.operation, &call);
                (status, response.set_delay(by))
            }
            None => self.state.answer(self.role, self.operation, &call),
        };
        journal_request(&self.state, self.role.name(), request, status);
        response
    }
}

fn plain(status: u16, retry_after: Option<u32>) -> ResponseTemplate {
    let mut response = ResponseTemplate::new(status);
    if status == 401 {
        response = response.insert_header("WWW-Authenticate", "Bearer");
    }
    match retry_after {
        Some(seconds) => response.insert_header("Retry-After", seconds.to_string()),
        None => response,
    }
}

fn journal_request(state: &State, role: &str, request: &Request, status: u16) {
    let path = match request.url.query() {
        Some(query) => format!("{}?{query}", request.url.path()),
        None => request.url.path().to_owned(),
    };
    state
        .journal
        .record(Peer::Cloud, What::Http { role: role.to_owned(), method: request.method.to_string(), path, status });
}

/// Answers what no route fits; such a request is a finding (TOP-047).
struct Unknown(Arc<State>);

impl Respond for Unknown {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        journal_request(&self.0, "unknown", request, 404);
        ResponseTemplate::new(404)
    }
}

/// Starts the server that holds all routes of the contract.
pub(crate) async fn start(state: Arc<State>, listener: std::net::TcpListener) -> Result<MockServer, regex::Error> {
    let server = MockServer::builder().listener(listener).start().await;
    for (role, operation, route) in state.contract.routes() {
        let bound = Bound::new(state.clone(), role, operation, route)?;
        let responder = Bound::new(state.clone(), role, operation, route)?;
        Mock::given(bound).respond_with(responder).mount(&server).await;
    }
    Mock::given(wiremock::matchers::any()).respond_with(Unknown(state)).with_priority(u8::MAX).mount(&server).await;
    Ok(server)
}
