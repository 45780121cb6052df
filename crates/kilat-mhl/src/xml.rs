//! XML by pull, bounded against whoever wrote it: no document types, no entities of its own, no long
//! or deep pieces; and the C4 id of every byte that was read.
//!
//! Namespaces are not told apart: the elements that count are known by their place.

use std::io::{self, BufRead, BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use sha2::{Digest, Sha512};

use crate::C4Id;

/// Longest piece, a tag or a text: paths end at 4 KiB, each of their characters may be written as `&quot;`.
const MAX_PIECE_BYTES: u64 = 32 * 1024;
/// Elements within each other. The standard needs six, and allows anything below `metadata`.
const MAX_DEPTH: usize = 32;
/// Attributes of one element. The standard has three.
const MAX_ATTRIBUTES: usize = 16;
/// Read from the place at once.
const BLOCK: usize = 64 * 1024;

/// Why some bytes are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum XmlFault {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Bytes that are no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Not well formed.
    #[error("it is not XML: {0}")]
    Malformed(String),
    /// It ends before it is closed.
    #[error("it is cut off")]
    CutOff,
    /// `<!DOCTYPE …>`.
    #[error("it declares a document type, which no manifest needs")]
    DocType,
    /// `&name;`.
    #[error("it uses the entity {0:?}, which no manifest needs")]
    Entity(String),
    /// Elements within each other.
    #[error("its elements stand more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A tag or text.
    #[error("a piece of it is longer than {MAX_PIECE_BYTES} bytes")]
    TooLong,
    /// All of it.
    #[error("it is longer than {0} bytes")]
    TooBig(u64),
}

/// What comes next. Where it stands is [`Xml::at`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Open(Vec<(String, String)>),
    /// With the text since the last tag.
    Close(String),
    End,
}

/// A document as it is read.
pub(crate) struct Xml<R> {
    reader: Reader<Bounded<R>>,
    buffer: Vec<u8>,
    /// Names of the open elements, as in `hashlist/hashes/hash`.
    at: String,
    depth: usize,
    /// The element at the end of `at` is closed already.
    is_closed: bool,
    text: String,
}

impl<R: Read> Xml<R> {
    /// At most `max_bytes` are read.
    pub(crate) fn new(inner: R, max_bytes: u64) -> Self {
        let bounded = Bounded {
            inner: BufReader::with_capacity(BLOCK, inner),
            hash: Sha512::new(),
            piece_left: MAX_PIECE_BYTES,
            left: max_bytes,
            max_bytes,
            overflow: None,
        };
        let mut reader = Reader::from_reader(bounded);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), at: String::new(), depth: 0, is_closed: false, text: String::new() }
    }

    /// Names of the elements around and of the last token, outermost first.
    pub(crate) fn at(&self) -> &str {
        &self.at
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> u64 {
        self.reader.buffer_position()
    }

    pub(crate) fn next(&mut self) -> Result<Token, XmlFault> {
        if std::mem::take(&mut self.is_closed) {
            self.at.truncate(self.at.rfind('/').unwrap_or(0));
            self.depth -= 1;
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().piece_left = MAX_PIECE_BYTES;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.reader.get_mut().overflow.take().unwrap_or_else(|| fault(error))),
            };
            match event {
                Event::Start(tag) => {
                    if self.depth == MAX_DEPTH {
                        return Err(XmlFault::TooDeep);
                    }
                    let attributes = attributes(&tag)?;
                    if self.depth > 0 {
                        self.at.push('/');
                    }
                    self.at.push_str(tag.local_name().into_inner());
                    self.depth += 1;
                    self.text.clear();
                    return Ok(Token::Open(attributes));
                }
                Event::End(_) => {
                    self.is_closed = true;
                    return Ok(Token::Close(std::mem::take(&mut self.text)));
                }
                Event::Text(text) => self.text.push_str(&text.xml10_content()),
                Event::CData(text) => self.text.push_str(&text.xml10_content()),
                Event::GeneralRef(name) => {
                    let is_char = name.is_char_ref();
                    let c = if is_char { name.resolve_char_ref().map_err(fault)? } else { predefined(&name) };
                    self.text.push(c.ok_or_else(|| XmlFault::Entity(name.chars().take(40).collect()))?);
                }
                Event::DocType(_) => return Err(XmlFault::DocType),
                Event::Decl(decl) => {
                    let encoding = decl.encoding().transpose().map_err(|error| malformed(&error))?;
                    if encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
                        return Err(XmlFault::NotUtf8);
                    }
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Empty(_) => return Err(XmlFault::Malformed("an element without an end".to_owned())),
                Event::Eof if self.depth > 0 => return Err(XmlFault::CutOff),
                Event::Eof => return Ok(Token::End),
            }
            if self.text.len() as u64 > MAX_PIECE_BYTES {
                return Err(XmlFault::TooLong);
            }
        }
    }

    /// The C4 id of the whole, reading what is left of it.
    pub(crate) fn finish(self) -> Result<C4Id, XmlFault> {
        let mut bounded = self.reader.into_inner();
        loop {
            bounded.piece_left = MAX_PIECE_BYTES;
            let read = bounded.fill_buf().map(<[u8]>::len);
            match read {
                Ok(0) => return Ok(C4Id(bounded.hash.finalize().into())),
                Ok(read) => bounded.consume(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(bounded.overflow.take().unwrap_or(XmlFault::Io(error))),
            }
        }
    }
}

fn attributes(tag: &BytesStart<'_>) -> Result<Vec<(String, String)>, XmlFault> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| malformed(&error))?;
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(XmlFault::TooLong);
        }
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(fault)?;
        attributes.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
    }
    Ok(attributes)
}

fn predefined(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

fn malformed(error: &dyn std::fmt::Display) -> XmlFault {
    XmlFault::Malformed(error.to_string().chars().take(200).collect())
}

fn fault(error: quick_xml::Error) -> XmlFault {
    match error {
        quick_xml::Error::Io(error) => XmlFault::Io(io::Error::new(error.kind(), error.to_string())),
        quick_xml::Error::Encoding(_) => XmlFault::NotUtf8,
        // A tag that the end of the bytes leaves open.
        quick_xml::Error::Syntax(_) => XmlFault::CutOff,
        quick_xml::Error::IllFormed(_)
        | quick_xml::Error::InvalidAttr(_)
        | quick_xml::Error::Escape(_)
        | quick_xml::Error::Namespace(_) => malformed(&error),
    }
}

/// Hashes what is read, and ends it where a piece or the whole is too long.
struct Bounded<R> {
    inner: BufReader<R>,
    hash: Sha512,
    piece_left: u64,
    left: u64,
    max_bytes: u64,
    /// Why it was ended.
    overflow: Option<XmlFault>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let read = available.len().min(out.len());
        out[..read].copy_from_slice(&available[..read]);
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.inner.fill_buf()?;
        if available.is_empty() {
            return Ok(&[]);
        }
        if self.piece_left == 0 || self.left == 0 {
            self.overflow = Some(if self.left == 0 { XmlFault::TooBig(self.max_bytes) } else { XmlFault::TooLong });
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = usize::try_from(self.piece_left.min(self.left)).unwrap_or(usize::MAX);
        Ok(&available[..available.len().min(most)])
    }

    fn consume(&mut self, read: usize) {
        self.hash.update(&self.inner.buffer()[..read]);
        self.inner.consume(read);
        self.piece_left -= read as u64;
        self.left -= read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Result<Vec<String>, XmlFault> {
        let mut xml = Xml::new(text, 1 << 20);
        let mut told = Vec::new();
        loop {
            match xml.next()? {
                Token::Open(attributes) => told.push(format!("<{} {attributes:?}", xml.at())),
                Token::Close(text) => told.push(format!(">{} {text}", xml.at())),
                Token::End => return Ok(told),
            }
        }
    }

    #[test]
    fn elements_are_told_by_their_place_with_their_text() {
        let told =
            all(b"<?xml version=\"1.0\" encoding=\"utf-8\"?><a x:b=\"1&lt;\"><c>d&amp;&#101;<![CDATA[<]]></c><f/></a>");
        let known = ["<a [(\"b\", \"1<\")]", "<a/c []", ">a/c d&e<", "<a/f []", ">a/f ", ">a "];
        assert_eq!(told.expect("well formed"), known);
    }

    #[test]
    fn what_is_hostile_is_refused_by_its_name() {
        let deep = "<a>".repeat(33);
        let long = format!("<a>{}</a>", "x".repeat(40_000));
        let many = format!("<a>{}</a>", "x&#120;".repeat(40_000));
        let big = format!("<a>{}</a>", "<b/>".repeat(300_000));
        for (text, why) in [
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "document type"),
            ("<a>&b;</a>", "entity \"b\""),
            ("<a b=\"&c;\"/>", "not XML"),
            (&deep, "deep"),
            (&long, "longer than"),
            (&many, "longer than"),
            (&big, "longer than 1048576 bytes"),
            ("<a><b></a></b>", "not XML"),
            ("<a><b>", "cut off"),
            ("<a", "cut off"),
            ("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", "not UTF-8"),
        ] {
            let error = all(text.as_bytes()).expect_err(why).to_string();
            assert!(error.contains(why), "{error}: {why}");
        }
        assert!(matches!(all(b"<a>\xff</a>"), Err(XmlFault::NotUtf8)));
    }
}
