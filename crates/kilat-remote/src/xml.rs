//! Answers in XML, walked as a stream: local names and texts, nothing kept but what the caller keeps.

use std::io::{self, BufReader, Read};

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

/// Deepest nesting that is read: answers of S3 and WebDAV have six levels.
const MAX_DEPTH: usize = 32;
/// Longest text of one element: keys and URLs have a few thousand bytes.
const MAX_TEXT: usize = 64 * 1024;

/// An element that ended.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    /// Its name and those around it, outermost first, without their prefixes.
    pub(crate) path: &'a [String],
    /// Its own text.
    pub(crate) text: &'a str,
}

impl Element<'_> {
    /// Its own name.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// The name of what it stands in.
    pub(crate) fn parent(&self) -> &str {
        self.path.iter().rev().nth(1).map_or("", String::as_str)
    }
}

/// Tells `each` of every element, as it ends.
pub(crate) fn walk(source: impl Read, mut each: impl FnMut(&Element<'_>)) -> io::Result<()> {
    let mut reader = Reader::from_reader(BufReader::new(source));
    let (mut path, mut texts, mut buffer) = (Vec::<String>::new(), Vec::<String>::new(), Vec::new());
    loop {
        match reader.read_event_into(&mut buffer).map_err(invalid)? {
            Event::Start(start) => {
                if path.len() == MAX_DEPTH {
                    return Err(invalid("it is nested too deep"));
                }
                path.push(local(start.local_name().as_ref()));
                texts.push(String::new());
            }
            Event::Empty(empty) => {
                path.push(local(empty.local_name().as_ref()));
                each(&Element { path: &path, text: "" });
                path.pop();
            }
            Event::End(_) => {
                let text = texts.pop().unwrap_or_default();
                each(&Element { path: &path, text: text.trim_matches(['\r', '\n', '\t']) });
                path.pop();
            }
            Event::Text(text) => add(&mut texts, &text.xml_content(XmlVersion::Implicit1_0))?,
            Event::CData(text) => add(&mut texts, &text.xml_content(XmlVersion::Implicit1_0))?,
            Event::GeneralRef(reference) => {
                if let Some(c) = reference.resolve_char_ref().map_err(invalid)? {
                    add(&mut texts, c.encode_utf8(&mut [0; 4]))?;
                } else {
                    let name = reference.xml_content(XmlVersion::Implicit1_0);
                    let resolved = quick_xml::escape::resolve_xml_entity(&name);
                    add(&mut texts, resolved.ok_or_else(|| invalid("it has an entity that XML does not know"))?)?;
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => return Err(invalid("it has a document type")),
            Event::Eof if path.is_empty() => return Ok(()),
            Event::Eof => return Err(invalid("it ends too early")),
        }
        buffer.clear();
    }
}

fn local(name: &(impl AsRef<[u8]> + ?Sized)) -> String {
    String::from_utf8_lossy(name.as_ref()).into_owned()
}

fn add(texts: &mut [String], more: &str) -> io::Result<()> {
    let Some(text) = texts.last_mut() else { return Ok(()) };
    if text.len() + more.len() > MAX_TEXT {
        return Err(invalid("it has too long a text"));
    }
    text.push_str(more);
    Ok(())
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_and_texts(xml: &str) -> io::Result<Vec<(String, String)>> {
        let mut seen = Vec::new();
        walk(xml.as_bytes(), |element| seen.push((element.path.join("/"), element.text.to_owned())))?;
        Ok(seen)
    }

    #[test]
    fn names_lose_their_prefixes_and_texts_their_escapes() {
        let seen = names_and_texts("<?xml version=\"1.0\"?>\n<D:a><D:b/><c>x &amp; &#228; <![CDATA[<y>]]></c></D:a>");
        let expected = [("a/b", ""), ("a/c", "x & ä <y>"), ("a", "")];
        assert_eq!(seen.expect("well formed"), expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }

    #[test]
    fn what_is_cut_deep_or_clever_is_refused() {
        for xml in ["<a><b>", &"<a>".repeat(100), "<!DOCTYPE a [<!ENTITY x \"y\">]><a/>", "<a>&x;</a>"] {
            assert!(names_and_texts(xml).is_err(), "{xml}");
        }
        assert!(names_and_texts(&format!("<a>{}</a>", "x".repeat(70_000))).is_err());
    }
}
