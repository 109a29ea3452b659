//! See `fuzz::hl7_diff`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::hl7_diff(data));
