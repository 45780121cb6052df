//! C4 ids: SHA-512 in base 58, always 90 characters. What a chain names its manifests by.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use sha2::{Digest, Sha512};

/// Digits of base 58 without those that look alike.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// What every id begins with.
const PREFIX: &str = "c4";
/// Digits after it: enough for 512 bits.
const DIGITS: usize = 88;

/// The C4 id of some bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct C4Id(pub [u8; 64]);

/// A text that is no C4 id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a C4 id")]
pub struct ParseC4Error;

impl fmt::Display for C4Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = self.0;
        let mut digits = [ALPHABET[0]; DIGITS];
        for digit in digits.iter_mut().rev() {
            let mut rest = 0_u32;
            for byte in &mut number {
                rest = rest << 8 | u32::from(*byte);
                *byte = (rest / 58) as u8;
                rest %= 58;
            }
            *digit = ALPHABET[rest as usize];
        }
        f.write_str(PREFIX)?;
        digits.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for C4Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for C4Id {
    type Err = ParseC4Error;

    fn from_str(text: &str) -> Result<Self, ParseC4Error> {
        let digits = text.strip_prefix(PREFIX).filter(|digits| digits.len() == DIGITS).ok_or(ParseC4Error)?;
        let mut number = [0_u8; 64];
        for digit in digits.bytes() {
            let digit = ALPHABET.iter().position(|known| *known == digit).ok_or(ParseC4Error)?;
            let mut carry = digit as u32;
            for byte in number.iter_mut().rev() {
                carry += u32::from(*byte) * 58;
                *byte = carry as u8;
                carry >>= 8;
            }
            if carry != 0 {
                return Err(ParseC4Error);
            }
        }
        Ok(Self(number))
    }
}

/// Hashes what passes through it.
#[derive(Debug)]
pub(crate) struct C4Writer<W> {
    inner: W,
    hash: Sha512,
}

impl<W: Write> C4Writer<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hash: Sha512::new() }
    }

    pub(crate) fn finish(self) -> (W, C4Id) {
        (self.inner, C4Id(self.hash.finalize().into()))
    }
}

impl<W: Write> Write for C4Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_id_of_nothing_is_the_published_one() {
        let id = C4Id(Sha512::new().finalize().into());
        let known = "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT";
        assert_eq!(id.to_string(), known);
        assert_eq!(known.parse(), Ok(id));
    }

    #[test]
    fn a_number_beyond_512_bits_is_no_id() {
        assert_eq!(format!("c4{}", "z".repeat(88)).parse::<C4Id>(), Err(ParseC4Error));
        assert_eq!(format!("c4{}", "0".repeat(88)).parse::<C4Id>(), Err(ParseC4Error));
        assert_eq!("c4é".parse::<C4Id>(), Err(ParseC4Error));
    }

    proptest! {
        #[test]
        fn any_id_reads_back_as_it_was_written(bytes in proptest::collection::vec(any::<u8>(), 64)) {
            let id = C4Id(bytes.try_into().expect("64 bytes"));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
