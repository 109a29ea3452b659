//! The `iris-conformance` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The built-in proxy is a process of its own, started like any other: this program under another name. Nothing else
    // here knows the crate, so that the real proxy takes its place without a change.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == "reference-proxy") {
        return proxy::main(std::env::args().skip(2));
    }
    steps::cli::main()
}
