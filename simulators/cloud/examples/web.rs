//! For comparisons: a bare HTTPS server, and the same client for every server.
//!
//!     web serve FOLDER                                         prints its port and serves until its standard input ends;
//!                                                              its CA and certificate are kept in the folder
//!     web put|get|setting CA URL KEY CONNECTIONS SECONDS       asks again and again; prints requests a second
//!
//! `put` stores a blob of 64 KiB and `get` reads one of 300 bytes: the URL is that of an account of Blob storage, the key is the
//! account's. `setting` reads a key-value, which has about as many bytes: URL and key are those of App Configuration. Every request
//! is signed; the signature is the same each time, and made once.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use cloud::TestCa;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use url::Url;

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Bytes of a blob that is stored.
const LARGE: usize = 64 * 1024;
/// Bytes of a blob that is read, about as many as a key-value has.
const SMALL: usize = 300;

#[tokio::main]
async fn main() -> Result<(), Problem> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", folder] => serve(TestCa::kept_in(folder.as_ref(), &[])?).await,
        [what, ca, url, key, connections, seconds] => {
            let (url, connections, lasts) = (url.parse()?, connections.parse()?, Duration::from_secs(seconds.parse()?));
            println!("{:.0}", drive(what, ca.as_ref(), url, key, connections, lasts).await?);
            Ok(())
        }
        _ => Err("serve FOLDER, or put|get|setting CA URL KEY CONNECTIONS SECONDS".into()),
    }
}

/// Answers everything, as soon as all of it has been read, until standard input ends.
async fn serve(ca: TestCa) -> Result<(), Problem> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    let tls = TlsAcceptor::from(ca.server_config(&[b"http/1.1"]));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                tcp.set_nodelay(true)?;
                let stream = TokioIo::new(tls.accept(tcp).await?);
                hyper::server::conn::http1::Builder::new().serve_connection(stream, service_fn(answer)).await?;
                Ok::<_, Problem>(())
            });
        }
    });
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    Ok(())
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Problem> {
    let (status, body) = match *request.method() {
        Method::PUT => (201, &[][..]),
        _ => (200, &[b'x'; SMALL][..]),
    };
    request.into_body().collect().await?;
    Ok(Response::builder().status(status).body(Full::from(body))?)
}

/// Requests a second: each connection asks when it was answered.
async fn drive(
    what: &str,
    ca: &Path,
    url: Url,
    key: &str,
    connections: usize,
    lasts: Duration,
) -> Result<f64, Problem> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));

    let key = STANDARD.decode(key)?;
    let mut first = connect(&tls, &url).await?;
    if what == "setting" {
        let value = format!(r#"{{"value":"{}"}}"#, "x".repeat(SMALL / 2));
        expect(200, ask(&mut first, setting(&url, &key, Method::PUT, value)?).await?)?;
    } else {
        let container = blob(&url, &key, "bench?restype=container", Method::PUT, 0)?;
        ask(&mut first, container).await?; // 409 if it is there already
        expect(201, ask(&mut first, blob(&url, &key, "bench/small", Method::PUT, SMALL)?).await?)?;
    }
    let mut all = JoinSet::new();
    for number in 0..connections {
        let request = match what {
            "put" => blob(&url, &key, &format!("bench/{number}"), Method::PUT, LARGE)?,
            "get" => blob(&url, &key, "bench/small", Method::GET, 0)?,
            "setting" => setting(&url, &key, Method::GET, String::new())?,
            _ => return Err(format!("{what} is none of put, get, setting").into()),
        };
        let status = if what == "put" { 201 } else { 200 };
        let (tls, url) = (tls.clone(), url.clone());
        let mut connection = connect(&tls, &url).await?;
        all.spawn(async move {
            let (end, mut count) = (Instant::now() + lasts, 0);
            while Instant::now() < end {
                if connection.ready().await.is_err() {
                    connection = connect(&tls, &url).await?; // the server has closed it in good order
                }
                expect(status, ask(&mut connection, request.clone()).await?)?;
                count += 1;
            }
            Ok::<_, Problem>(count)
        });
    }
    let counts = all.join_all().await.into_iter().collect::<Result<Vec<u64>, _>>()?;
    Ok(counts.iter().sum::<u64>() as f64 / lasts.as_secs_f64())
}

async fn connect(tls: &TlsConnector, url: &Url) -> Result<SendRequest<Full<Bytes>>, Problem> {
    let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, url.port().ok_or("the URL has no port")?)).await?;
    tcp.set_nodelay(true)?;
    let stream = tls.connect(ServerName::try_from("localhost")?, tcp).await?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// The status of the answer, of which everything has been read.
async fn ask(connection: &mut SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> Result<u16, Problem> {
    connection.ready().await?;
    let answer = connection.send_request(request).await?;
    let status = answer.status().as_u16();
    answer.into_body().collect().await?;
    Ok(status)
}

fn expect(wanted: u16, status: u16) -> Result<(), Problem> {
    if status == wanted { Ok(()) } else { Err(format!("{status} where {wanted} was expected").into()) }
}

fn signature(key: &[u8], text: &str) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()))
}

/// A request for what is at `path` in an account, with `length` bytes and a shared access signature for the account.
fn blob(account: &Url, key: &[u8], path: &str, method: Method, length: usize) -> Result<Request<Full<Bytes>>, Problem> {
    let (version, expiry) = ("2021-12-02", "2100-01-01T00:00:00Z");
    let name = account.path().trim_matches('/');
    let signature = signature(key, &format!("{name}\nrwc\nb\nco\n\n{expiry}\n\n\n{version}\n\n"));
    let signature = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
    let and = if path.contains('?') { '&' } else { '?' };
    let target = format!("/{name}/{path}{and}sv={version}&ss=b&srt=co&sp=rwc&se={expiry}&sig={signature}");
    let request = Request::builder().method(method).uri(target).header("host", host(account));
    let request = request.header("x-ms-version", version).header("x-ms-blob-type", "BlockBlob");
    Ok(request.body(Full::from(vec![b'x'; length]))?)
}

/// A request for a key-value, signed as App Configuration wants it; good for 15 minutes.
fn setting(store: &Url, key: &[u8], method: Method, body: String) -> Result<Request<Full<Bytes>>, Problem> {
    let (host, date) = (host(store), jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, body.as_bytes()));
    let target = "/kv/bench?api-version=2023-11-01";
    let signature = signature(key, &format!("{method}\n{target}\n{date};{host};{hash}"));
    let signed = "SignedHeaders=x-ms-date;host;x-ms-content-sha256";
    let authorization = format!("HMAC-SHA256 Credential=conformance&{signed}&Signature={signature}");
    let request = Request::builder().method(method).uri(target).header("host", host).header("x-ms-date", date);
    let request = request.header("x-ms-content-sha256", hash).header("authorization", authorization);
    Ok(request.header("content-type", "application/vnd.microsoft.appconfig.kv+json").body(Full::from(body))?)
}

fn host(url: &Url) -> String {
    format!("localhost:{}", url.port().unwrap_or_default())
}
