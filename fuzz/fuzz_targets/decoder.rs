//! The WebSocket decoder: however the bytes are cut, the same is heard; nothing panics within small limits.

#![no_main]

use kilat_server::fuzzing::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((seed, bytes)) = data.split_first() else { return };
    let whole = decode([bytes], 1 << 20);
    let single = decode(bytes.chunks(1), 1 << 20);
    let random = decode(cut(bytes, *seed), 1 << 20);
    assert_eq!(whole, single);
    assert_eq!(whole, random);
    // What is too large is judged when it is seen, which the cuts decide: here only panics count.
    decode(cut(bytes, *seed), 16);
});

/// Pieces of 1 to 16 bytes that follow from the seed.
fn cut(mut bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed) + 1;
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, rest) = bytes.split_at(bytes.len().min((state >> 28) as usize + 1));
        bytes = rest;
        Some(piece)
    })
}
