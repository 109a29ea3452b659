//! Conditional requests (RFC 9110, section 13).

use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

/// Whether an `If-Match` or `If-None-Match` names what exists; `etag` is without its quotes, `None` if nothing exists.
pub(crate) fn names(header: &str, etag: Option<&str>) -> bool {
    let Some(etag) = etag else { return false };
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    header.split(',').map(plain).any(|tag| tag == "*" || tag == etag)
}

/// An instant as HTTP writes it.
pub(crate) fn http_date(instant: Timestamp) -> String {
    // it refuses only years before Christ
    DateTimePrinter::new().timestamp_to_rfc9110_string(&instant).unwrap_or_default()
}

/// The instant of an HTTP date.
pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_is_named_by_itself_in_a_list_or_by_a_star() {
        for header in ["\"v1\"", "v1", "W/\"v1\"", "\"v0\", \"v1\"", "*", "\"*\""] {
            assert!(names(header, Some("v1")), "{header}");
            assert!(!names(header, None), "{header}");
        }
        assert!(!names("\"v2\"", Some("v1")) && !names("", Some("v1")));
    }

    #[test]
    fn http_dates_are_those_of_rfc_9110() {
        let example = "Sun, 06 Nov 1994 08:49:37 GMT"; // RFC 9110, 5.6.7
        let instant: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(parse_http_date(example), Some(instant));
        assert_eq!(http_date(instant), example);
        assert_eq!(parse_http_date("yesterday"), None);
    }
}
