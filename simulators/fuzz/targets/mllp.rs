//! See `fuzz::mllp`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::mllp(data));
