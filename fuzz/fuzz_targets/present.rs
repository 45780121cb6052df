//! Cookie, authorization, host, origin and query of a call, as the guard reads them.

#![no_main]

use kilat_server::fuzzing::present;
use libfuzzer_sys::fuzz_target;

const NAMES: [&[u8]; 5] = [b"cookie", b"authorization", b"host", b"origin", b"sec-fetch-site"];

// One header a line, its first byte says which; the line behind them all is the query.
fuzz_target!(|data: &[u8]| {
    let mut lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let query = lines.pop().and_then(|query| std::str::from_utf8(query).ok());
    let headers: Vec<(&[u8], &[u8])> = lines
        .iter()
        .filter_map(|line| line.split_first())
        .map(|(which, value)| (NAMES[usize::from(*which) % NAMES.len()], value))
        .collect();
    present(&headers, query);
});
