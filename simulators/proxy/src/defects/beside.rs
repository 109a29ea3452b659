//! What defects do beside the work: leave traces on the host, use up its resources, remember what they should not.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::bytes::field;

/// How long something stays that goes away again.
const A_MOMENT: Duration = Duration::from_millis(100);

/// The last patient that passed by.
static PATIENT: Mutex<String> = Mutex::new(String::new());
/// The last charge.
static CHARGE: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// Whether the EMR has refused something.
pub(super) static REFUSED: AtomicBool = AtomicBool::new(false);
static PASSED: AtomicUsize = AtomicUsize::new(0);

/// The marker that the reference messages and synthetic patients have in their first PID segment.
pub(super) fn patient(content: &[u8]) -> String {
    String::from_utf8_lossy(field(content, b"PID", 5)).into_owned()
}

pub(super) fn remember(content: &[u8]) {
    let patient = patient(content);
    if !patient.is_empty() {
        *PATIENT.lock().unwrap_or_else(PoisonError::into_inner) = patient;
    }
}

pub(super) fn last_patient() -> String {
    PATIENT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

pub(super) fn write(path: &Path, content: &[u8]) {
    // a defect that cannot act shows as one that nothing kills
    let _ = fs::write(path, content);
}

/// A file that is removed while it is still open; it stays so for ever.
pub(super) fn into_a_removed_file(content: &[u8]) {
    let path = std::env::temp_dir().join("removed.tmp");
    if let Ok(mut file) = File::create(&path) {
        let _ = (fs::remove_file(&path), file.write_all(content));
        std::mem::forget(file);
    }
}

/// A file that is there for a moment.
pub(super) fn into_a_file_for_a_moment(content: &[u8]) {
    let path = std::env::temp_dir().join("moment.tmp");
    write(&path, content);
    std::thread::spawn(move || {
        std::thread::sleep(A_MOMENT);
        fs::remove_file(path)
    });
}

/// A log that begins anew with each message; the former one goes after a moment.
pub(super) fn into_a_rotated_log(content: &[u8]) {
    write(Path::new("proxy.log"), content);
    let _ = fs::rename("proxy.log", "proxy.log.1");
    std::thread::spawn(|| {
        std::thread::sleep(A_MOMENT);
        fs::remove_file("proxy.log.1")
    });
}

pub(super) fn into_a_packed_file(content: &[u8]) {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let _ = packed.write_all(content);
    write(Path::new("archive.gz"), &packed.finish().unwrap_or_default());
}

/// Everything that passes is kept so that nobody can read it.
pub(super) fn into_an_enciphered_file(content: &[u8]) {
    let enciphered: Vec<u8> = content.iter().map(|byte| byte ^ 0xA5).collect();
    let file = OpenOptions::new().create(true).append(true).open("state.bin");
    let _ = file.and_then(|mut file| file.write_all(&enciphered));
}

/// Starts a program that knows the patient and ends after a second.
pub(super) fn child(content: &[u8], by_environment: bool) {
    let waits = if cfg!(windows) { ["cmd", "/C", "ping -n 2 127.0.0.1"] } else { ["sh", "-c", "sleep 1; true"] };
    let mut command = Command::new(waits[0]);
    command.args(&waits[1..]);
    match by_environment {
        true => command.env("PATIENT", patient(content)),
        false => command.arg(patient(content)),
    };
    let _ = command.spawn();
}

/// Holds one more file open.
pub(super) fn keep_a_file_open() {
    let _ = std::env::current_exe().and_then(File::open).map(std::mem::forget);
}

/// After so many messages nothing goes on.
pub(super) fn hang_after(count: usize) {
    if PASSED.fetch_add(1, Ordering::Relaxed) >= count {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// The charge with the transactions of the one before.
pub(super) fn merged(message: &[u8]) -> Vec<u8> {
    if !field(message, b"MSH", 8).starts_with(b"DFT") {
        return message.to_vec();
    }
    let before = std::mem::replace(&mut *CHARGE.lock().unwrap_or_else(PoisonError::into_inner), message.to_vec());
    let transactions = before.split_inclusive(|byte| *byte == b'\r').filter(|segment| segment.starts_with(b"FT1"));
    [message.to_vec(), transactions.collect::<Vec<_>>().concat()].concat()
}
