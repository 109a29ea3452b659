//! The HTTPS roles behind the front door, as wiremock routes bound by the contract.

use std::sync::Arc;

use faults::{Class, Fault, Status, Subject};
use journal::{Peer, What};
use wiremock::{Match, Request, Respond, ResponseTemplate};

use crate::contract::{Operation, Role, Route};
use crate::state::State;
use crate::{appconfig, blob};

/// One request for a role.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    captures: Vec<(&'a str, &'a str)>,
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

    /// A query parameter, decoded; its first value if there are several.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.request.url.query_pairs().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
    }

    /// The host's name without its port.
    pub(crate) fn host_name(&self) -> &str {
        host_name(self.request)
    }

    /// The role's URL under the name by which the client knows it.
    pub(crate) fn own_url(&self) -> String {
        format!("https://{}", self.header("host"))
    }
}

/// A role's operation at its route.
#[derive(Clone)]
pub(crate) struct Bound {
    pub(crate) state: Arc<State>,
    pub(crate) role: Role,
    pub(crate) operation: Operation,
    pub(crate) route: Route,
}

fn host_name(request: &Request) -> &str {
    let host = request.headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or("");
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Whether the host is no virtual one, so that the path alone says which role is meant.
fn is_local(request: &Request) -> bool {
    matches!(host_name(request), "localhost" | "127.0.0.1")
}

/// CON-001: the virtual host decides, and localhost stands for all of them.
fn host_fits(state: &State, role: Role, request: &Request) -> bool {
    is_local(request) || state.contract.role_of_host(host_name(request)) == Some(role)
}

impl Match for Bound {
    fn matches(&self, request: &Request) -> bool {
        request.method.as_str() == self.route.method
            && self.route.captures(request.url.path()).is_some()
            && host_fits(&self.state, self.role, request)
    }
}

impl Respond for Bound {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let captures = self.route.captures(request.url.path()).unwrap_or_default();
        perform(&self.state, self.role, self.operation, &Call { request, captures })
    }
}

/// An Azure service as a whole: its paths belong to Azure, so the contract does not bind them one by one.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) state: Arc<State>,
    pub(crate) role: Role,
}

impl Match for Service {
    fn matches(&self, request: &Request) -> bool {
        let first = request.url.path_segments().and_then(|mut path| path.next()).unwrap_or_default();
        let fits = match self.role {
            Role::Settings => appconfig::ROOTS.contains(&first),
            // on its own host every path is a container's or a blob's
            Role::Blob => !is_local(request) || self.state.contract.is_blob_account(first),
            _ => false,
        };
        fits && host_fits(&self.state, self.role, request)
    }
}

impl Respond for Service {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let operation = match self.role {
            Role::Blob => blob::operation(request),
            _ => Operation::KeyValue,
        };
        perform(&self.state, self.role, operation, &Call { request, captures: Vec::new() })
    }
}

/// Answers a request, unless a fault answers in its place, and writes it into the journal.
fn perform(state: &State, role: Role, operation: Operation, call: &Call<'_>) -> ResponseTemplate {
    let subject = Subject::of_request(operation.request());
    let (status, response) = match state.faults.meet(&[role.place()], Class::Answer, &subject) {
        Some(Fault::Status(status)) => (status.code, plain(status)),
        _ => state.answer(role, operation, call),
    };
    journal_request(state, role.name(), call.request, status);
    response
}

fn plain(Status { code, retry_after, body }: Status) -> ResponseTemplate {
    let mut response = ResponseTemplate::new(code).set_body_bytes(body);
    if code == 401 {
        response = response.insert_header("WWW-Authenticate", "Bearer");
    }
    match retry_after {
        Some(seconds) => response.insert_header("Retry-After", seconds.to_string()),
        None => response,
    }
}

fn journal_request(state: &State, role: &str, request: &Request, status: u16) {
    let path = match request.url.query() {
        Some(query) => format!("{}?{}", request.url.path(), without_signature(query)),
        None => request.url.path().to_owned(),
    };
    state
        .journal
        .record(Peer::Cloud, What::Http { role: role.to_owned(), method: request.method.to_string(), path, status });
}

/// A query without the signature of a shared access signature, which is as good as a key while it lasts.
fn without_signature(query: &str) -> String {
    let parts = query.split('&').map(|part| if part.starts_with("sig=") { "sig=***" } else { part });
    parts.collect::<Vec<_>>().join("&")
}

/// Answers what no route fits; such a request is a finding (TOP-047).
pub(crate) struct Unknown(pub(crate) Arc<State>);

impl Respond for Unknown {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        journal_request(&self.0, "unknown", request, 404);
        ResponseTemplate::new(404)
    }
}
