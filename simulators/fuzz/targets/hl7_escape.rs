//! See `fuzz::hl7_escape`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::hl7_escape(data));
