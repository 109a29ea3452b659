//! Defects on demand: each breaks one requirement, so that a suite can show that it would notice (`--defect NAME`,
//! `--list-defects`). Without one, every function here gives back what it got.
//!
//! The entries are in [`table`]; the proxy calls the functions below at the places where a defect can act.

mod beside;
mod bytes;
mod table;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ::bytes::Bytes;
use reqwest::{Client, RequestBuilder, Url};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion};

use crate::Config;
use crate::bus::Settlement;
use crate::emr::{Outcome, Receipt};
use crate::settings::Settings;

/// A defect.
#[derive(Debug)]
pub(crate) struct Defect {
    /// Its name on the command line.
    name: &'static str,
    /// The requirement that it breaks.
    breaks: &'static str,
    /// What goes wrong, in a few words.
    says: &'static str,
    acts: Act,
}

/// Where a defect acts.
#[derive(Debug)]
enum Act {
    /// On an order as it came, before it is looked at.
    Received(fn(&[u8]) -> Vec<u8>),
    /// On the bytes of an order that go to the cloud.
    Order(fn(&[u8]) -> Vec<u8>),
    /// On the cloud's acknowledgement.
    Ack(fn(&[u8]) -> Vec<u8>),
    /// On the proxy's own acknowledgement of an order.
    OwnAck(fn(ack: &[u8], order: &[u8]) -> Vec<u8>),
    /// On the frame around an acknowledgement.
    AckFrame(fn(&[u8]) -> Vec<u8>),
    /// On a message that goes to the EMR.
    Result(fn(&[u8]) -> Vec<u8>),
    /// On the frame around it.
    ResultFrame(fn(&[u8]) -> Vec<u8>),
    /// On the content of a file.
    File(fn(&[u8]) -> Vec<u8>),
    /// On what the environment says.
    Config(fn(&mut Config)),
    /// On what the settings say.
    Settings(fn(&mut Settings)),
    /// On what the EMR's answer is taken for.
    Answer(fn(&mut Receipt)),
    /// On what the cloud is told.
    Receipt(fn(&mut Receipt)),
    /// On how a signal is settled.
    Settlement(fn(Settlement) -> Settlement),
    /// On a request to the EMR API; the body as far as there is one.
    Request(fn(RequestBuilder, body: &[u8]) -> RequestBuilder),
    /// Beside the work, whenever content passes.
    Beside(fn(&[u8])),
    /// A host that is contacted for every delivery.
    Contact(&'static str),
    /// At one place of the proxy's code.
    Flaw(Flaw),
}

/// What the proxy's code does otherwise with a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    AckFirst,
    AnswersUnreadAsAccepted,
    BusNotReopened,
    ChargeHeldBack,
    ChargeRepeated,
    ChargeRepeatedAfter(Outcome),
    ChargeRepeatedOnNewSettings,
    ClaimAfterSending,
    ClaimRepeated,
    ClaimIgnored,
    ClaimLeftOut,
    ClosesAfterOneOrder,
    ClosesOnFiller,
    ClosesWhenIdle,
    DoesNotWaitForAck,
    DropsSecondFrame,
    ForgetsItsReceipts,
    ForwardsAnything,
    ForwardsPartialFrames,
    GivesUpOnEmr,
    IgnoresPing,
    IgnoresSettingsChange,
    KeepsOldConnections,
    NoReceipt,
    OpensAConnectionEach,
    OwnClaimIgnored,
    PatientInHeartbeat,
    PatientInLinkName,
    PatientInProperty,
    NoToken,
    NoVtNeeded,
    OneReadIsOneFrame,
    ReadsStaleAnswers,
    RenewsNoLock,
    RetriesNoToken,
    StopsAtNonsense,
    StopsAtOnce,
    TakesAnyBody,
    TakesHalfABody,
    TrustsAnybody,
    WritesInPlace,
    WritesAnywhere,
    OverwritesFiles,
    TokenCaseIgnored,
    YesterdayIsToday,
    NoFolderMade,
    PartLeftBehind,
    Tls12,
    LosesFailedFiles,
    ExtensionAdded,
    ChecksNameFirst,
    NumbersEqualFiles,
    ConnectionsEndWithPort,
    StopsManaging,
    OnePingOnly,
}

static ACTIVE: OnceLock<&'static Defect> = OnceLock::new();

/// What the command line asks for: a defect to have, or the list.
///
/// # Errors
/// An argument that is neither.
pub(crate) fn from_arguments(arguments: impl Iterator<Item = String>) -> Result<bool, String> {
    let arguments: Vec<String> = arguments.collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(false),
        ["--list-defects"] => Ok(true),
        ["--defect", name] => {
            let known = table::DEFECTS.iter().find(|defect| defect.name == name);
            let defect = known.ok_or_else(|| format!("there is no defect {name}; --list-defects names all"))?;
            ACTIVE.set(defect).map_err(|_| "one defect at a time".to_owned())?;
            Ok(false)
        }
        _ => Err("the arguments are --defect NAME or --list-defects; all else comes from the environment".to_owned()),
    }
}

/// One line for each defect: name, requirement and words, with tabs between.
pub(crate) fn list() -> String {
    let line = |defect: &Defect| format!("{}\t{}\t{}\n", defect.name, defect.breaks, defect.says);
    table::DEFECTS.iter().map(line).collect()
}

fn act() -> Option<&'static Act> {
    ACTIVE.get().map(|defect| &defect.acts)
}

/// Whether the proxy has this flaw.
pub(crate) fn has(flaw: Flaw) -> bool {
    matches!(act(), Some(Act::Flaw(active)) if *active == flaw)
}

/// A text, which names the last patient as well with this flaw.
pub(crate) fn named(flaw: Flaw, text: String) -> String {
    if has(flaw) { format!("{text} {}", beside::last_patient()) } else { text }
}

/// Whether a charge is sent again after this.
pub(crate) fn repeats_charge(outcome: Outcome, new_settings: bool) -> bool {
    match act() {
        Some(Act::Flaw(Flaw::ChargeRepeated)) => true,
        Some(Act::Flaw(Flaw::ChargeRepeatedAfter(when))) => *when == outcome,
        Some(Act::Flaw(Flaw::ChargeRepeatedOnNewSettings)) => new_settings,
        _ => false,
    }
}

/// Whether a charge is held back because the EMR refused something.
pub(crate) fn holds_charge_back() -> bool {
    has(Flaw::ChargeHeldBack) && beside::REFUSED.load(Ordering::Relaxed)
}

/// Whether a claim that was not given is taken for given: because none counts, or because this proxy got it earlier.
pub(crate) fn claims_anyway(id: uuid::Uuid) -> bool {
    has(Flaw::ClaimIgnored) || has(Flaw::OwnClaimIgnored) && claims().contains(&id)
}

/// A claim that this proxy got.
pub(crate) fn claimed(id: uuid::Uuid) {
    if has(Flaw::OwnClaimIgnored) {
        claims().push(id);
    }
}

fn claims() -> std::sync::MutexGuard<'static, Vec<uuid::Uuid>> {
    static CLAIMS: Mutex<Vec<uuid::Uuid>> = Mutex::new(Vec::new());
    CLAIMS.lock().unwrap_or_else(PoisonError::into_inner)
}

macro_rules! on_bytes {
    ($($(#[$doc:meta])* $name:ident: $act:ident;)*) => { $(
        $(#[$doc])*
        pub(crate) fn $name(bytes: Bytes) -> Bytes {
            match act() {
                Some(Act::$act(change)) => change(&bytes).into(),
                _ => bytes,
            }
        }
    )* };
}

on_bytes! {
    /// An order as it came.
    received: Received;
    /// An order on its way to the cloud.
    order: Order;
    /// The cloud's acknowledgement on its way to the EMR.
    ack: Ack;
    /// A message on its way to the EMR.
    result: Result;
    /// The same in its frame.
    result_frame: ResultFrame;
    /// A file on its way to the disk.
    file: File;
}

/// The proxy's own acknowledgement.
pub(crate) fn own_ack(ack: Vec<u8>, order: &[u8]) -> Vec<u8> {
    match act() {
        Some(Act::OwnAck(change)) => change(&ack, order),
        _ => ack,
    }
}

/// The frame of an acknowledgement, if it is another one than it should be.
pub(crate) fn ack_frame(ack: &[u8]) -> Option<Vec<u8>> {
    match act() {
        Some(Act::AckFrame(change)) => Some(change(&mllp::frame(ack))),
        _ => None,
    }
}

/// The environment as read.
pub(crate) fn config(mut config: Config) -> Config {
    if let Some(Act::Config(change)) = act() {
        change(&mut config);
    }
    config
}

/// Contacts a host that nobody asked for; `like` is a URL of the service that should be asked.
pub(crate) async fn contact(http: &Client, like: &Url) {
    if let Some(Act::Contact(host)) = act() {
        let mut url = like.clone();
        // a defect that cannot act shows as one that nothing kills
        let _ = (url.set_host(Some(host)), http.get(url).send().await);
    }
}

/// The settings as read.
pub(crate) fn settings(mut settings: Settings) -> Settings {
    if let Some(Act::Settings(change)) = act() {
        change(&mut settings);
    }
    settings
}

/// What the EMR's answer is taken for.
pub(crate) fn answer(mut receipt: Receipt) -> Receipt {
    if receipt.outcome == Outcome::Rejected {
        beside::REFUSED.store(true, Ordering::Relaxed);
    }
    if let Some(Act::Answer(change)) = act() {
        change(&mut receipt);
    }
    receipt
}

/// What the cloud is told.
pub(crate) fn receipt(mut receipt: Receipt) -> Receipt {
    if let Some(Act::Receipt(change)) = act() {
        change(&mut receipt);
    }
    receipt
}

/// How a signal is settled.
pub(crate) fn settlement(settlement: Settlement) -> Settlement {
    match act() {
        Some(Act::Settlement(change)) => change(settlement),
        _ => settlement,
    }
}

/// A request to the EMR API.
pub(crate) fn request(request: RequestBuilder, body: &[u8]) -> RequestBuilder {
    match act() {
        Some(Act::Request(change)) => change(request, body),
        _ => request,
    }
}

/// A request with its token (CON-013).
pub(crate) fn authorized(request: RequestBuilder, token: &str) -> RequestBuilder {
    let is_order = || {
        let request = request.try_clone().and_then(|request| request.build().ok());
        request.is_some_and(|request| request.url().path().ends_with("/orders"))
    };
    if has(Flaw::NoToken) && is_order() { request } else { request.bearer_auth(token) }
}

/// The versions of TLS that the proxy speaks.
pub(crate) fn tls_versions<'a>(
    agreed: &'a [&'static SupportedProtocolVersion],
) -> &'a [&'static SupportedProtocolVersion] {
    if has(Flaw::Tls12) { rustls::ALL_VERSIONS } else { agreed }
}

/// Takes every certificate for good.
#[derive(Debug)]
pub(crate) struct TrustAnybody;

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Writes a file in small portions where everybody can see it grow.
pub(crate) fn write_in_place(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    for portion in content.chunks(content.len() / 10 + 1) {
        file.write_all(portion)?;
        std::thread::sleep(Duration::from_millis(20)); // a slow disk
    }
    Ok(())
}

/// Writes a file under a name that was free a moment ago.
pub(crate) fn write_after_look(
    path: &Path,
    content: &[u8],
    free: impl Fn(u32) -> std::path::PathBuf,
) -> io::Result<()> {
    let target = (1..).map(&free).find(|target| !target.exists()).unwrap_or_else(|| path.to_owned());
    std::thread::sleep(Duration::from_millis(100)); // a slow disk
    std::fs::write(target, content)
}

/// Whether this is not the first call.
pub(crate) fn again() -> bool {
    static CALLED: AtomicBool = AtomicBool::new(false);
    CALLED.swap(true, Ordering::Relaxed)
}

/// Content passes by.
pub(crate) fn passes(content: &[u8]) {
    if ACTIVE.get().is_some() {
        beside::remember(content);
    }
    if let Some(Act::Beside(act)) = act() {
        act(content);
    }
}
