//! A place in a channel's log, the same on every transport.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest epoch: ours are 26 characters.
const MAX_EPOCH_CHARS: usize = 64;

/// Everything up to `seq` was seen. Written `EPOCH:SEQ` where it must be one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cursor {
    /// The history that `seq` counts in; numbers of different ones cannot be compared.
    pub epoch: String,
    /// The last entry that was seen. Later ones have higher numbers, with gaps.
    pub seq: u64,
}

/// A text that is no cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.seq)
    }
}

impl fmt::Display for NoCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cursor is EPOCH:SEQ, as it came with the last message")
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;
    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (epoch, seq) = text.rsplit_once(':').ok_or(NoCursor)?;
        let is_epoch = !epoch.is_empty()
            && epoch.len() <= MAX_EPOCH_CHARS
            && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let seq = seq.parse().map_err(|_why| NoCursor)?;
        if is_epoch { Ok(Self { epoch: epoch.to_owned(), seq }) } else { Err(NoCursor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor { epoch: "01m870f7".to_owned(), seq: 417 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", "417", ":417", "a:", "a:-1", "a:1.5", "a b:1", "a\n:1", &format!("{}:1", "a".repeat(65))] {
            assert_eq!(wrong.parse::<Cursor>(), Err(NoCursor), "{wrong:?}");
        }
    }
}
