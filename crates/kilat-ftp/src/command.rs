//! A command as it came: its word, and the rest of the line, which is bytes of any origin.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A byte that begins a telnet command, which some clients put before `ABOR`.
const TELNET: u8 = 0xff;
/// From here up, bytes behind that one are telnet's.
const TELNET_COMMANDS: u8 = 0xf0;

/// A line that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// In capitals.
    pub(crate) word: String,
    argument: Vec<u8>,
}

impl Command {
    /// Of a line without its end.
    pub(crate) fn parse(line: &[u8]) -> Self {
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        while let [TELNET, TELNET_COMMANDS..=u8::MAX, rest @ ..] = line {
            line = rest;
        }
        let (word, argument) = match line.iter().position(|byte| *byte == b' ') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &b""[..]),
        };
        Self { word: String::from_utf8_lossy(word).to_ascii_uppercase(), argument: argument.to_vec() }
    }

    /// The rest of the line, for what is no path.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.argument).trim().to_owned()
    }

    /// The same in capitals.
    pub(crate) fn option(&self) -> String {
        self.text().to_ascii_uppercase()
    }

    /// The number that it begins with.
    pub(crate) fn number(&self) -> Option<u64> {
        self.text().split(' ').next()?.parse().ok()
    }

    /// The path that it names; none where it names none.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        (!self.argument.is_empty()).then(|| PathBuf::from(OsString::from_vec(self.argument.clone())))
    }

    /// The same behind options as those of `ls`, which many clients send along.
    pub(crate) fn path_behind_options(&self) -> Option<PathBuf> {
        let mut rest = &self.argument[..];
        while rest.first() == Some(&b'-') {
            rest = rest.iter().position(|byte| *byte == b' ').map_or(&b""[..], |at| &rest[at + 1..]);
        }
        (!rest.is_empty()).then(|| PathBuf::from(OsString::from_vec(rest.to_vec())))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_line_is_a_word_and_whatever_bytes_follow() {
        let stor = Command::parse(b"stor  DSC 1 \xff.JPG\r");
        assert_eq!(stor.word, "STOR");
        assert_eq!(stor.path(), Some(OsString::from_vec(b" DSC 1 \xff.JPG".to_vec()).into()));
        assert_eq!(Command::parse(b"\xff\xf4\xff\xf2ABOR\r").word, "ABOR");
        assert_eq!(Command::parse(b"NOOP").path(), None);
        assert_eq!(Command::parse(b"ALLO 8000000 R 10").number(), Some(8_000_000));
        assert_eq!(Command::parse(b"ALLO").number(), None);
        assert_eq!(Command::parse(b"").word, "");
    }

    #[test]
    fn a_list_is_of_the_path_behind_its_options() {
        let path = |line: &[u8]| Command::parse(line).path_behind_options();
        assert_eq!(path(b"LIST -la /DCIM/100 NZ9"), Some(Path::new("/DCIM/100 NZ9").into()));
        assert_eq!(path(b"LIST -a"), None);
        assert_eq!(path(b"LIST"), None);
        assert_eq!(path(b"LIST x"), Some(Path::new("x").into()));
    }
}
