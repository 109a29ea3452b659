//! `iris-emr-proxy`: the reference proxy as a program.

fn main() -> std::process::ExitCode {
    proxy::main(std::env::args().skip(1))
}
