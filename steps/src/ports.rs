//! Ports for proxies, which are told their port before they listen on it.

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Below the ports that systems give to outgoing connections, so that none of those takes one before the proxy does, or while
/// the EMR is down.
const FIRST: u16 = 15_000;
/// Ports of one process; the first of them is its guard.
const BLOCK: u16 = 500;
const BLOCKS: u16 = 30;

/// The ports of this process. Whoever listens on the first port of a block has the whole block, until the process ends: a
/// probe alone would give two programs that start together the same port.
struct Block {
    _guard: TcpListener,
    ports: Range<u16>,
    next: u16,
}

impl Block {
    fn claim() -> Result<Block> {
        for block in 0..BLOCKS {
            let first = FIRST + block * BLOCK;
            if let Ok(guard) = listen(first) {
                let ports = first + 1..first + BLOCK;
                return Ok(Block { _guard: guard, next: ports.start, ports });
            }
        }
        let last = FIRST + BLOCK * BLOCKS - 1;
        Err(in_use(format!("every block of ports from {FIRST} to {last} is in use; end other runs")))
    }

    /// The next port that nobody listens on; the same one comes again after all others.
    fn free(&mut self) -> Result<SocketAddr> {
        for _ in self.ports.clone() {
            let port = self.next;
            self.next = if port + 1 == self.ports.end { self.ports.start } else { port + 1 };
            if let Ok(listener) = listen(port) {
                return listener.local_addr();
            }
        }
        Err(in_use(format!("every port of {:?} is in use", self.ports)))
    }
}

fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

fn in_use(what: String) -> Error {
    Error::new(ErrorKind::AddrInUse, what)
}

/// What is said of a listener that others can reach; nothing of one on loopback.
pub(crate) fn exposure(ip: IpAddr) -> String {
    match ip.is_loopback() {
        true => String::new(),
        false => format!("Listening on {ip}: others on the network can reach it, so use synthetic data only.\n"),
    }
}

/// A loopback address that nobody listens on, and that no other run of this program gives away.
///
/// # Errors
/// There is none.
pub(crate) fn free_port() -> Result<SocketAddr> {
    static OURS: Mutex<Option<Block>> = Mutex::new(None);
    let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *ours {
        Some(block) => block.free(),
        none => none.insert(Block::claim()?).free(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_programs_get_no_port_in_common_and_one_gets_every_port_once() {
        let (mut one, mut other) = (Block::claim().unwrap(), Block::claim().unwrap());
        let ports = |block: &mut Block| -> Vec<u16> { (0..100).map(|_| block.free().unwrap().port()).collect() };
        let (one, other) = (ports(&mut one), ports(&mut other));
        let all: std::collections::BTreeSet<u16> = one.iter().chain(&other).copied().collect();
        assert_eq!(all.len(), 200, "{one:?} {other:?}");
    }
}
