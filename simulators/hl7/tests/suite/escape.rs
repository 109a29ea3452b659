//! Escape sequences.

use crate::generate::delimiters;
use hl7::{Delimiters, escape, unescape};
use proptest::prelude::*;
use std::borrow::Cow;

proptest! {
    #[test]
    fn an_escaped_value_is_read_back_and_holds_no_delimiter(value in any::<Vec<u8>>(), d in delimiters()) {
        let escaped = escape(&value, &d);
        prop_assert_eq!(unescape(&escaped, &d), &value[..]);
        prop_assert!(!escaped.iter().any(|b| [d.field, d.component, d.repetition, d.subcomponent].contains(b)));
    }
}

#[test]
fn delimiters_are_escaped_with_their_letters_oru_enc_05() {
    let d = Delimiters::default();
    assert_eq!(escape(b"\\|^&~", &d), &b"\\E\\\\F\\\\S\\\\T\\\\R\\"[..]);
    assert_eq!(escape(b"\\F\\", &d), &b"\\E\\F\\E\\"[..]);
    assert!(matches!(escape(b"SMITH#\r\xe9", &d), Cow::Borrowed(_)));
    let other = Delimiters {
        field: b'*',
        component: b':',
        repetition: b'+',
        escape: b'?',
        subcomponent: b'%',
        truncation: None,
    };
    assert_eq!(escape(b"a*b?^", &other), &b"a?F?b?E?^"[..]);
}

#[test]
fn sequences_are_decoded_esc_010_to_esc_015() {
    let d = Delimiters::default();
    assert_eq!(unescape(b"a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", &d), &b"a|b^c&d~e\\f"[..]);
    assert_eq!(unescape(b"\\X0D\\\\X4a4B\\\\Xff\\", &d), &b"\rJK\xff"[..]);
    let other = Delimiters {
        field: b'*',
        component: b':',
        repetition: b'+',
        escape: b'?',
        subcomponent: b'%',
        truncation: None,
    };
    assert_eq!(unescape(b"?F??S??T??R??E?\\F\\", &other), &b"*:%+?\\F\\"[..]);
}

#[test]
fn formatting_unknown_and_unterminated_sequences_stay_as_sent_esc_016_esc_017() {
    let d = Delimiters::default();
    for value in [
        &b"\\H\\bold\\N\\"[..],
        b"line\\.br\\line",
        b"\\Z9\\",
        b"\\F",
        b"O\\Hara",
        b"\\",
        b"\\\\",
        b"\\X\\",
        b"\\X4\\",
        b"\\X4G\\",
        b"\\x41\\",
        b"\\f\\",
        b"\\FF\\",
    ] {
        assert_eq!(unescape(value, &d), value, "{}", String::from_utf8_lossy(value));
    }
    // The sequence `\Z9\` is complete, so its second backslash does not begin another one.
    assert_eq!(unescape(b"\\Z9\\T\\T\\", &d), &b"\\Z9\\T&"[..]);
}
