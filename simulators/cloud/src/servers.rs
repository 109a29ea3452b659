//! The wiremock servers behind the front door: one for a scenario; for a cloud that runs for long one after the other, because
//! wiremock keeps every request that it has matched.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Mutex;
use wiremock::{Match, Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::contract::Role;
use crate::http::{Bound, Service, Unknown};
use crate::state::State;

/// Requests that a server of a cloud that runs for long answers; some 10 KiB each are kept until it goes.
pub(crate) const MOST_REQUESTS: usize = 1_000;

/// The servers, of which the newest takes new connections.
pub(crate) struct Servers {
    state: Arc<State>,
    /// Requests that a server answers; all if it is none.
    most: Option<usize>,
    newest: Mutex<Arc<Server>>,
}

/// A server that holds all routes of the contract.
pub(crate) struct Server {
    /// Only its end takes it away.
    mock: Option<MockServer>,
    answered: Arc<AtomicUsize>,
}

impl Servers {
    /// Starts the first. Without `most` it is the only one, and its requests can be asked for.
    pub(crate) async fn start(state: Arc<State>, most: Option<usize>) -> io::Result<Servers> {
        let newest = Mutex::new(Arc::new(Server::start(&state, most).await?));
        Ok(Servers { state, most, newest })
    }

    /// The server for a new connection, to be held for as long as the connection lasts.
    pub(crate) async fn newest(&self) -> io::Result<Arc<Server>> {
        let mut newest = self.newest.lock().await;
        if self.most.is_some_and(|most| newest.answered.load(Ordering::Relaxed) >= most) {
            *newest = Arc::new(Server::start(&self.state, self.most).await?);
        }
        Ok(newest.clone())
    }
}

impl Server {
    async fn start(state: &Arc<State>, most: Option<usize>) -> io::Result<Server> {
        let builder = MockServer::builder().listener(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?);
        let mock = if most.is_none() { builder } else { builder.disable_request_recording() }.start().await;
        let answered = Arc::new(AtomicUsize::new(0));
        let counted = |answer| Counted { answer, answered: answered.clone(), most };
        for (role, operation, route) in state.contract.routes() {
            let bound = Bound { state: state.clone(), role, operation, route: route.clone() };
            mount(&mock, bound.clone(), counted(Box::new(bound))).await;
        }
        for role in [Role::Settings, Role::Blob] {
            let service = Service { state: state.clone(), role };
            mount(&mock, service.clone(), counted(Box::new(service))).await;
        }
        let unknown = counted(Box::new(Unknown(state.clone())));
        Mock::given(wiremock::matchers::any()).respond_with(unknown).with_priority(u8::MAX).mount(&mock).await;
        Ok(Server { mock: Some(mock), answered })
    }

    pub(crate) fn mock(&self) -> &MockServer {
        self.mock.as_ref().expect("only its end takes it away")
    }
}

async fn mount(server: &MockServer, matcher: impl Match + 'static, answer: Counted) {
    Mock::given(matcher).respond_with(answer).mount(server).await;
}

impl Drop for Server {
    /// wiremock's server blocks its thread when it is dropped. In a task whose turn is used up it would do so for ever, so it is
    /// dropped on a thread of its own.
    fn drop(&mut self) {
        let mock = self.mock.take();
        std::thread::spawn(move || drop(mock));
    }
}

/// Counts answers. One that is the last of its server or comes later closes its connection, so that its client finds the next
/// server.
struct Counted {
    answer: Box<dyn Respond>,
    answered: Arc<AtomicUsize>,
    most: Option<usize>,
}

impl Respond for Counted {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let response = self.answer.respond(request);
        let answered = self.answered.fetch_add(1, Ordering::Relaxed) + 1;
        if self.most.is_some_and(|most| answered >= most) {
            return response.insert_header("Connection", "close");
        }
        response
    }
}
