//! HTTP: routes, bounds, headers.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::guard::Guard;
use super::{Live, actions, view};
use crate::report::html;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
/// The page runs its own script and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Connections at the same time; one more is closed at once.
const MOST_CONNECTIONS: usize = 64;
/// How long head and body of a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an order, which holds a message, and of every other action.
const MOST_ORDER: usize = 16 * 1024 * 1024;
const MOST_OTHER: usize = 64 * 1024;

/// What a request gets: a status and JSON.
pub(super) type Answer = Result<Value, (StatusCode, String)>;

/// A page that is served. Dropping it ends its connections.
pub(crate) struct Page {
    guard: Rc<Guard>,
    address: String,
    task: AbortHandle,
}

impl Page {
    /// The address with the token, which a browser keeps to itself behind the `#`.
    pub(crate) fn link(&self) -> String {
        format!("http://{}/#{}", self.address, self.guard.token())
    }

    pub(crate) fn token(&self) -> &str {
        self.guard.token()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Live {
    /// Serves the page on a port of loopback, 0 for any; must be called on a `LocalSet`.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub(crate) async fn listen(self, port: u16) -> anyhow::Result<Page> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("cannot listen on port {port} for the page; choose another with --page PORT"))?;
        let address = listener.local_addr()?;
        let guard = Rc::new(Guard::new(address.port())?);
        let task = tokio::task::spawn_local(accept(listener, self, guard.clone())).abort_handle();
        Ok(Page { guard, address: address.to_string(), task })
    }
}

async fn accept(listener: TcpListener, live: Live, guard: Rc<Guard>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await; // out of handles: a moment for some to be given back
            continue;
        };
        while connections.try_join_next().is_some() {}
        if connections.len() >= MOST_CONNECTIONS {
            continue;
        }
        let (live, guard) = (live.clone(), guard.clone());
        let service = service_fn(move |request| {
            let (live, guard) = (live.clone(), guard.clone());
            async move { Ok::<_, Infallible>(respond(request, &live, &guard).await) }
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        // a browser that goes away in the middle is no trouble of ours
        connections.spawn_local(async move { drop(connection.await) });
    }
}

async fn respond(request: Request<Incoming>, live: &Live, guard: &Guard) -> Response<Full<Bytes>> {
    if !guard.is_ours(request.headers()) {
        return refusal(StatusCode::FORBIDDEN, "Host and Origin have to be those of this page");
    }
    let path = request.uri().path().to_owned();
    let (status, content_type, body) = match (request.method(), path.as_str()) {
        (&Method::GET, "/") => (StatusCode::OK, "text/html; charset=utf-8", PAGE.into()),
        (&Method::GET, "/page.js") => {
            (StatusCode::OK, "text/javascript; charset=utf-8", format!("{SCRIPT}{}", html::BYTES_SCRIPT).into())
        }
        (&Method::GET, "/page.css") => {
            (StatusCode::OK, "text/css; charset=utf-8", format!("{}{STYLE}", html::STYLE).into())
        }
        _ => return json_of(api(request, &path, live, guard).await),
    };
    answer(status, content_type, body)
}

async fn api(request: Request<Incoming>, path: &str, live: &Live, guard: &Guard) -> Answer {
    // what is shown names patients, synthetic as they are, so looking needs the token as well
    if !guard.knows_token(request.headers()) {
        return Err((StatusCode::FORBIDDEN, "the token is missing or wrong; it is printed at the start".to_owned()));
    }
    if *request.method() == Method::GET {
        let query = request.uri().query().unwrap_or_default();
        return match path.strip_prefix("/api/") {
            Some("state") => view::state(live).await,
            Some("messages") => view::messages(&live.journal, query).await,
            Some(path) if path.starts_with("messages/") => view::message(&live.journal, &path["messages/".len()..]),
            _ => Err((StatusCode::NOT_FOUND, format!("there is no {path}; see docs/live-page.md"))),
        };
    }
    let Some(action) = path.strip_prefix("/api/actions/").filter(|_| *request.method() == Method::POST) else {
        return Err((StatusCode::NOT_FOUND, format!("there is no {} {path}; see docs/live-page.md", request.method())));
    };
    let most = if action == "order" { MOST_ORDER } else { MOST_OTHER };
    let body = timeout(PATIENCE, Limited::new(request.into_body(), most).collect()).await;
    let body = body.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the body did not come within 10 s".to_owned()))?;
    let body =
        body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, format!("the body is over {most} bytes, or was cut off")))?;
    actions::act(live, action, &body.to_bytes()).await
}

fn json_of(answered: Answer) -> Response<Full<Bytes>> {
    match answered {
        Ok(value) => answer(StatusCode::OK, "application/json", value.to_string().into()),
        Err((status, problem)) => refusal(status, &problem),
    }
}

fn refusal(status: StatusCode, problem: &str) -> Response<Full<Bytes>> {
    answer(status, "application/json", json!({ "error": problem }).to_string().into())
}

fn answer(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}
