//! A queue with the bare AMQP of a broker, by the acceptor of fe2o3-amqp.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fe2o3_amqp::acceptor::{ConnectionAcceptor, LinkAcceptor, LinkEndpoint, SaslAnonymousMechanism, SessionAcceptor};
use fe2o3_amqp::types::messaging::{
    ApplicationProperties, Body, Data, Message, MessageAnnotations, Outcome, Properties,
};
use fe2o3_amqp::types::primitives::{Symbol, Value};
use fe2o3_amqp::{Receiver, Sender};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::DEADLINE;

/// How the proxy settled a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Settled {
    Completed,
    Abandoned,
    DeadLettered(String),
    Otherwise(String),
}

type Waiting = (i64, String, oneshot::Sender<Settled>);

pub struct Queue {
    pub port: u16,
    waiting: mpsc::UnboundedSender<Waiting>,
    sequence: AtomicI64,
    connection: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Queue {
    pub async fn start(name: &'static str, tls: Arc<ServerConfig>) -> Queue {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (waiting, messages) = mpsc::unbounded_channel();
        let messages = Arc::new(Mutex::new(messages));
        let connection = Arc::new(Mutex::new(None));
        let current = connection.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = tokio::spawn(serve(name, stream, tls.clone(), messages.clone()));
                *current.lock().await = Some(served);
            }
        });
        Queue { port, waiting, sequence: AtomicI64::new(0), connection }
    }

    /// Puts a message into the queue.
    pub fn put(&self, body: &str) -> oneshot::Receiver<Settled> {
        self.sequence.fetch_add(1, Ordering::Relaxed);
        self.hand_out(body)
    }

    /// Puts a message into the queue and waits until the proxy has settled it.
    pub async fn deliver(&self, body: &str) -> Settled {
        timeout(DEADLINE, self.put(body)).await.expect("the message is settled").expect("the link stands")
    }

    /// Hands out the last message once more.
    pub async fn redeliver(&self, body: &str) -> Settled {
        timeout(DEADLINE, self.hand_out(body)).await.expect("the message is settled").expect("the link stands")
    }

    fn hand_out(&self, body: &str) -> oneshot::Receiver<Settled> {
        let (sender, settled) = oneshot::channel();
        self.waiting.send((self.sequence.load(Ordering::Relaxed), body.to_owned(), sender)).unwrap();
        settled
    }

    /// Cuts the proxy's connection.
    pub async fn cut(&self) {
        self.connection.lock().await.take().expect("a connection").abort();
    }
}

/// One connection of one session: requests to `$cbs` are granted, the queue is handed out as credit allows.
async fn serve(
    name: &'static str,
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    messages: Arc<Mutex<mpsc::UnboundedReceiver<Waiting>>>,
) {
    let stream = TlsAcceptor::from(tls).accept(stream).await.unwrap();
    let acceptor =
        ConnectionAcceptor::builder().container_id("bus").sasl_acceptor(SaslAnonymousMechanism::new()).build();
    let mut connection = acceptor.accept(stream).await.unwrap();
    let mut session = SessionAcceptor::new().accept(&mut connection).await.unwrap();
    let links = LinkAcceptor::new();
    let answers = Arc::new(Mutex::new(HashMap::new()));
    let mut tasks = tokio::task::JoinSet::new();
    while let Ok(link) = links.accept(&mut session).await {
        match link {
            LinkEndpoint::Receiver(requests) => {
                tasks.spawn(grant(requests, answers.clone()));
            }
            LinkEndpoint::Sender(sender) => {
                let source = sender.source().as_ref().and_then(|source| source.address.clone());
                if source.as_deref() == Some(name) {
                    tasks.spawn(hand_out(sender, messages.clone()));
                } else {
                    let target = sender.target().as_ref().and_then(|target| target.address.clone()).unwrap();
                    answers.lock().await.insert(target, sender);
                }
            }
        }
    }
}

async fn grant(mut requests: Receiver, answers: Arc<Mutex<HashMap<String, Sender>>>) {
    while let Ok(request) = requests.recv::<Body<Value>>().await {
        requests.accept(&request).await.unwrap();
        let asked = request.into_message().properties.unwrap();
        let properties = Properties::builder().correlation_id(asked.message_id.unwrap()).build();
        let status = ApplicationProperties::builder().insert("status-code", 202).build();
        let answer = Message::builder().properties(properties).application_properties(status).value(()).build();
        answers.lock().await.get_mut(&asked.reply_to.unwrap()).unwrap().send(answer).await.unwrap();
    }
}

async fn hand_out(mut sender: Sender, messages: Arc<Mutex<mpsc::UnboundedReceiver<Waiting>>>) {
    let mut messages = messages.lock().await;
    while let Some((sequence, body, settled)) = messages.recv().await {
        let annotations = MessageAnnotations::builder().insert(Symbol::from("x-opt-sequence-number"), sequence).build();
        let message = Message::builder().message_annotations(annotations).data(Data::from(body.into_bytes())).build();
        let outcome = match sender.send(message).await {
            Ok(Outcome::Accepted(_)) => Settled::Completed,
            Ok(Outcome::Modified(modified)) if modified.delivery_failed == Some(true) => Settled::Abandoned,
            Ok(Outcome::Rejected(rejected)) => {
                let info = rejected.error.and_then(|error| error.info).unwrap_or_default();
                match info.into_inner().swap_remove("DeadLetterReason") {
                    Some(Value::String(reason)) => Settled::DeadLettered(reason),
                    reason => Settled::Otherwise(format!("rejected: {reason:?}")),
                }
            }
            other => Settled::Otherwise(format!("{other:?}")),
        };
        let _ = settled.send(outcome);
    }
}
