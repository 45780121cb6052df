//! Lists of what a connection sent, as `ls -l` prints them and as machines read them.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::session::About;

/// How a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `LIST`.
    Long,
    /// `NLST`.
    Names,
    /// `MLSD`.
    Facts,
}

/// A list, ready to be sent.
pub(crate) fn list(style: Style, files: &[(PathBuf, About)]) -> Vec<u8> {
    let mut text = Vec::new();
    for (path, about) in files {
        let name = name(path);
        match style {
            Style::Long => {
                let kind = if about.is_folder { 'd' } else { '-' };
                let at = civil(about.at).strftime("%b %d  %Y").to_string();
                let line = format!("{kind}rw-r--r-- 1 kilat kilat {:>12} {at} ", about.size_bytes);
                text.extend_from_slice(line.as_bytes());
            }
            Style::Names => {}
            Style::Facts => text.extend_from_slice(format!("{} ", facts(about)).as_bytes()),
        }
        text.extend(name);
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// What machines read of one.
pub(crate) fn facts(about: &About) -> String {
    let kind = if about.is_folder { "dir" } else { "file" };
    format!("type={kind};size={};modify={};", about.size_bytes, stamp(about.at))
}

/// A moment as machines read it, in UTC.
pub(crate) fn stamp(at: SystemTime) -> String {
    civil(at).strftime("%Y%m%d%H%M%S").to_string()
}

fn civil(at: SystemTime) -> jiff::civil::DateTime {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let at = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    jiff::tz::Offset::UTC.to_datetime(at.unwrap_or_default())
}

/// The last level of a path as its bytes, none of which starts a line of its own.
fn name(path: &Path) -> Vec<u8> {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.iter().map(|byte| if matches!(byte, b'\r' | b'\n' | 0) { b'?' } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_list_reads_as_clients_expect_it_and_a_name_starts_no_line() {
        let at = UNIX_EPOCH + Duration::from_secs(1_795_694_645);
        let files = [
            (PathBuf::from("/DCIM/DSC_1.JPG"), About { size_bytes: 8_000_000, at, is_folder: false }),
            (PathBuf::from("/DCIM/a\r\nb"), About { size_bytes: 0, at, is_folder: true }),
        ];
        let text = |style| String::from_utf8(list(style, &files)).expect("text");
        assert_eq!(
            text(Style::Long),
            "-rw-r--r-- 1 kilat kilat      8000000 Nov 26  2026 DSC_1.JPG\r\n\
             drw-r--r-- 1 kilat kilat            0 Nov 26  2026 a??b\r\n"
        );
        assert_eq!(text(Style::Names), "DSC_1.JPG\r\na??b\r\n");
        assert_eq!(
            text(Style::Facts),
            "type=file;size=8000000;modify=20261126120405; DSC_1.JPG\r\n\
             type=dir;size=0;modify=20261126120405; a??b\r\n"
        );
    }
}
