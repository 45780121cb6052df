//! The answer to PROPFIND: which files and folders there are, how long, how old, and how much room is left.

use std::io::{self, Read};

use jiff::fmt::rfc2822;
use kilat_core::Millis;

use crate::address::percent_decoded;
use crate::xml;

/// What one entry of an answer says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Resource {
    /// Its path's segments.
    pub(super) path: Vec<String>,
    pub(super) is_folder: bool,
    pub(super) size_bytes: Option<u64>,
    pub(super) changed: Option<Millis>,
    pub(super) free_bytes: Option<u64>,
    pub(super) used_bytes: Option<u64>,
}

impl Resource {
    pub(super) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// What PROPFIND asks for.
pub(super) const WANTED: &[u8] = b"<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propfind xmlns:D=\"DAV:\"><D:prop>\
    <D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:quota-available-bytes/><D:quota-used-bytes/>\
    </D:prop></D:propfind>";

/// Tells `each` of every entry as it is read.
pub(super) fn read(source: impl Read, mut each: impl FnMut(Resource)) -> io::Result<()> {
    let mut now = Resource::default();
    xml::walk(source, |element| match (element.parent(), element.name()) {
        ("response", "href") => now.path = segments(element.text.trim()),
        ("resourcetype", "collection") => now.is_folder = true,
        ("prop", "getcontentlength") => now.size_bytes = element.text.trim().parse().ok(),
        ("prop", "getlastmodified") => {
            let parsed = rfc2822::DateTimeParser::new().parse_timestamp(element.text.trim());
            now.changed = parsed.ok().map(|at| Millis(at.as_millisecond()));
        }
        ("prop", "quota-available-bytes") => now.free_bytes = element.text.trim().parse().ok(),
        ("prop", "quota-used-bytes") => now.used_bytes = element.text.trim().parse().ok(),
        ("multistatus", "response") => each(std::mem::take(&mut now)),
        _ => {}
    })
}

/// The path's segments of a link that may name the server too.
fn segments(href: &str) -> Vec<String> {
    let path = match href.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => href,
    };
    path.split('/').filter(|segment| !segment.is_empty()).map(percent_decoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_room_are_read_whatever_the_prefix() {
        let xml = r#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">
            <d:response><d:href>/dav/Fotos%20A/</d:href><d:propstat><d:prop>
              <d:resourcetype><d:collection/></d:resourcetype>
              <d:quota-available-bytes>1000</d:quota-available-bytes></d:prop></d:propstat></d:response>
            <d:response><d:href>https://host/dav/Fotos%20A/a&amp;b%23.JPG</d:href><d:propstat><d:prop>
              <d:resourcetype/><d:getcontentlength>12</d:getcontentlength>
              <d:getlastmodified>Mon, 12 Jan 1998 09:25:56 GMT</d:getlastmodified>
            </d:prop></d:propstat></d:response></d:multistatus>"#;
        let mut seen = Vec::new();
        read(xml.as_bytes(), |resource| seen.push(resource)).expect("well formed");
        let [folder, file] = seen.try_into().expect("two");
        assert!(folder.is_folder && folder.free_bytes == Some(1_000) && folder.path == ["dav", "Fotos A"]);
        assert!(!file.is_folder && file.size_bytes == Some(12) && file.name() == "a&b#.JPG" && file.path.len() == 3);
        assert_eq!(file.changed, Millis::from_rfc3339("1998-01-12T09:25:56Z"));
    }
}
