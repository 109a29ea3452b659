//! A program that a test takes for a proxy: it accepts connections on the address of its first argument and ignores
//! everything. Without an argument it ends at once.

use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    let Some(address) = std::env::args().nth(1) else {
        eprintln!("no address given");
        std::process::exit(7);
    };
    let listener = TcpListener::bind(address)?;
    let mut kept = Vec::new();
    for connection in listener.incoming() {
        kept.push(connection?);
    }
    Ok(())
}
