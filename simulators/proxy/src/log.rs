//! Plain lines on standard error. TOP-060: events, ids, counts and codes only, never content, secret or token.

/// Writes one line with the time. A closed standard error is no reason to stop.
macro_rules! log {
    ($($what:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "{:.3} {}", jiff::Timestamp::now(), format_args!($($what)*));
    }};
}
