use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { message: 1_000, hard: 4_000 };

/// A client's frame.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [7, 99, 201, 4];
    let mut bytes = vec![head];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length @ 126..=65_535 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
    bytes
}

/// Everything that comes out of these bytes, given in pieces of this size.
fn read(bytes: &[u8], piece: usize) -> Result<Vec<Incoming>, Breach> {
    let mut decoder = Decoder::new(LIMITS);
    let mut heard = Vec::new();
    for mut input in bytes.chunks(piece) {
        while let Some(incoming) = decoder.next(&mut input)? {
            heard.push(incoming);
        }
    }
    assert!(decoder.head_bytes.capacity() <= 16);
    Ok(heard)
}

fn text(text: &str) -> Incoming {
    Incoming::Text(text.to_owned())
}

#[test]
fn messages_come_out_whole_however_the_bytes_are_cut() {
    let bytes = [
        frame(0x81, b"hello"),
        frame(0x01, "gr\u{fc}".as_bytes()),
        frame(0x89, b"ping"),
        frame(0x00, "\u{df} ".as_bytes()),
        frame(0x80, b"gott"),
        frame(0x82, &[0, 255]),
        frame(0x8a, b""),
        frame(0x81, &[b'a'; 300]),
        frame(0x88, &[0x03, 0xe8, b'b', b'y', b'e']),
    ]
    .concat();
    for piece in [1, 2, 3, 7, 1_000] {
        let heard = read(&bytes, piece).expect("well formed");
        let expected = [
            text("hello"),
            Incoming::Ping(b"ping".to_vec()),
            text("gr\u{fc}\u{df} gott"),
            Incoming::Binary(vec![0, 255]),
            Incoming::Pong,
            text(&"a".repeat(300)),
            Incoming::Close(Some(1000)),
        ];
        assert_eq!(heard, expected, "in pieces of {piece}");
    }
}

#[test]
fn a_message_above_the_limit_is_told_and_not_kept_and_the_next_one_is_read() {
    let bytes = [frame(0x81, &[b'a'; 1_001]), frame(0x81, b"next")].concat();
    assert_eq!(read(&bytes, 64), Ok(vec![Incoming::TooLarge, text("next")]));
    let pieces = [frame(0x01, &[b'a'; 900]), frame(0x00, &[b'a'; 900]), frame(0x80, b""), frame(0x81, b"n")].concat();
    assert_eq!(read(&pieces, 64), Ok(vec![Incoming::TooLarge, text("n")]));
    assert_eq!(read(&frame(0x81, &[b'a'; 4_001]), 64), Err(Breach::TooLarge));
    let endless: Vec<u8> =
        std::iter::once(frame(0x01, &[b'a'; 900])).chain((0..4).map(|_| frame(0x00, &[b'a'; 900]))).flatten().collect();
    assert_eq!(read(&endless, 64), Err(Breach::TooLarge));
}

#[test]
fn every_breach_of_the_protocol_ends_it_with_its_code() {
    let mut unmasked = frame(0x81, b"x");
    unmasked[1] &= 0x7f;
    let breaches = [
        (unmasked, 1002),
        (frame(0xc1, b"x"), 1002),
        (frame(0x83, b"x"), 1002),
        (frame(0x8b, b"x"), 1002),
        (frame(0x80, b"x"), 1002),
        ([frame(0x01, b"x"), frame(0x81, b"x")].concat(), 1002),
        (frame(0x09, b"x"), 1002),
        (frame(0x89, &[0; 126]), 1002),
        (frame(0x88, &[3]), 1002),
        (frame(0x88, &1005_u16.to_be_bytes()), 1002),
        (frame(0x88, &2999_u16.to_be_bytes()), 1002),
        (frame(0x88, &[0x03, 0xe8, 0xff]), 1007),
        (frame(0x81, &[0xc0, 0x80]), 1007),
        (frame(0x81, &[0xc3]), 1007),
        (frame(0x01, &[b'a', 0xff]), 1007),
    ];
    for (bytes, code) in breaches {
        assert_eq!(read(&bytes, 1).map_err(Breach::code), Err(code), "{bytes:x?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_and_nothing_above_the_limit_is_kept(bytes: Vec<u8>, piece in 1_usize..50) {
        let mut decoder = Decoder::new(LIMITS);
        'all: for mut input in bytes.chunks(piece) {
            loop {
                match decoder.next(&mut input) {
                    Ok(None) => break,
                    Ok(Some(_)) => {}
                    Err(_) => break 'all,
                }
            }
        }
        prop_assert!(decoder.message.is_none_or(|message| message.bytes.len() <= LIMITS.message));
    }

    #[test]
    fn what_a_client_sends_is_what_is_heard(texts: Vec<String>, piece in 1_usize..200) {
        let texts: Vec<String> = texts.into_iter().map(|text| text.chars().take(200).collect()).collect();
        let bytes: Vec<u8> = texts.iter().flat_map(|text| frame(0x81, text.as_bytes())).collect();
        let expected: Vec<Incoming> = texts.iter().map(|one| text(one)).collect();
        prop_assert_eq!(read(&bytes, piece), Ok(expected));
    }
}
