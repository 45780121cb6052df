//! A viewer's or program's message: read or refused, and a refusal does not carry the message back whole.

#![no_main]

use kilat_wire::parse_client;
use libfuzzer_sys::fuzz_target;

/// Longest refusal: an answer must not be larger than what asked for it by much.
const MAX_REFUSAL: usize = 2_000;

fuzz_target!(|text: &str| {
    if let Err(mistake) = parse_client(text) {
        assert!(!mistake.code.is_empty() && !mistake.message.is_empty());
        let id = mistake.id.map_or(0, |id| id.len());
        assert!(mistake.message.len() + id < MAX_REFUSAL, "{} bytes", mistake.message.len() + id);
    }
});
