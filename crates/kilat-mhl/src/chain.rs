//! The chain: which generations there are, each with the C4 id of its manifest.
//!
//! It is written byte for byte as the public tool writes it, so that a reader can tell a changed byte
//! that changes no meaning, too.

use std::fmt::Write as _;
use std::io::Read;

use crate::writer::text;
use crate::xml::{Token, Xml, XmlFault};
use crate::{C4Id, RelPath};

/// The folder of the manifests, in the folder that they describe.
pub(crate) const FOLDER: &str = "ascmhl";
/// The chain's name in it.
pub(crate) const CHAIN: &str = "ascmhl_chain.xml";
/// Of manifests.
pub(crate) const EXTENSION: &str = "mhl";
/// Generations of one folder: one a day for 27 years.
pub(crate) const MAX_GENERATIONS: usize = 10_000;
/// Longest chain: 10,000 generations of 400 bytes.
pub(crate) const MAX_CHAIN_BYTES: u64 = 8 * 1024 * 1024;

/// One generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) c4: C4Id,
}

/// Why a chain cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ChainFault {
    /// Not XML that is read.
    #[error(transparent)]
    Xml(#[from] XmlFault),
    /// Another document.
    #[error("it is no chain of ASC MHL 2.0")]
    NotAChain,
    /// A generation without a name, number or C4 id that can be.
    #[error("its entry {0} is damaged")]
    Entry(usize),
    /// Too many.
    #[error("it names more than {MAX_GENERATIONS} generations")]
    TooMany,
}

/// The chain as text.
pub(crate) fn write(links: &[Link]) -> String {
    let mut out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ascmhldirectory xmlns=\"urn:ASC:MHL:DIRECTORY:v2.0\">\n"
            .to_owned();
    for Link { number, name, c4 } in links {
        let name = text(name);
        // Writing to a text cannot fail.
        write!(
            out,
            "  <hashlist sequencenr=\"{number}\">\n    <path>{name}</path>\n    <c4>{c4}</c4>\n  </hashlist>\n"
        )
        .unwrap_or(());
    }
    out.push_str("</ascmhldirectory>\n");
    out
}

pub(crate) fn read(inner: impl Read) -> Result<Vec<Link>, ChainFault> {
    let mut xml = Xml::new(inner, MAX_CHAIN_BYTES);
    let mut links = Vec::new();
    let (mut number, mut name, mut c4) = (None, None, None);
    let mut is_chain = false;
    loop {
        let token = xml.next()?;
        match (token, xml.at()) {
            (Token::Open(_), "ascmhldirectory") => is_chain = true,
            (Token::Open(attributes), "ascmhldirectory/hashlist") => {
                let text = attributes.into_iter().find(|(key, _)| key == "sequencenr");
                number = text.and_then(|(_, text)| text.parse().ok());
                (name, c4) = (None, None);
            }
            (Token::Close(text), "ascmhldirectory/hashlist/path") => name = manifest_name(&text).map(|_| text),
            (Token::Close(text), "ascmhldirectory/hashlist/c4") => c4 = text.parse().ok(),
            (Token::Close(_), "ascmhldirectory/hashlist") => {
                let (Some(number), Some(name), Some(c4)) = (number, name.take(), c4) else {
                    return Err(ChainFault::Entry(links.len() + 1));
                };
                if links.len() == MAX_GENERATIONS {
                    return Err(ChainFault::TooMany);
                }
                links.push(Link { number, name, c4 });
            }
            (Token::End, _) if is_chain => return Ok(links),
            (Token::End, _) => return Err(ChainFault::NotAChain),
            (Token::Open(_) | Token::Close(_), _) => {}
        }
    }
}

/// The number of a generation in its manifest's name; none for a name that is no manifest's.
pub(crate) fn manifest_name(name: &str) -> Option<u32> {
    let stem = name.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = stem.split_at(digits);
    let is_name = digits >= 4
        && (rest.is_empty() || rest.len() > 1 && rest.starts_with('_'))
        && !name.contains('/')
        && name.parse::<RelPath>().is_ok();
    number.parse().ok().filter(|_| is_name)
}

/// The folder that a manifest's name carries.
pub(crate) fn folder_of(name: &str) -> Option<&str> {
    let (_, rest) = name.strip_suffix(EXTENSION)?.strip_suffix('.')?.split_once('_')?;
    let (rest, _time) = rest.rsplit_once('_')?;
    rest.rsplit_once('_').map(|(folder, _date)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_reads_back_as_it_was_written() {
        let links = [
            Link { number: 1, name: "0001_Ayu & <Bima>_2026-11-25_060957Z.mhl".to_owned(), c4: C4Id([7; 64]) },
            Link { number: 2, name: "0002.mhl".to_owned(), c4: C4Id([0; 64]) },
        ];
        assert_eq!(read(write(&links).as_bytes()).expect("a chain"), links);
    }

    #[test]
    fn a_manifest_is_known_by_its_name() {
        assert_eq!(manifest_name("0012_a_b.mhl"), Some(12));
        assert_eq!(manifest_name("12345.mhl"), Some(12_345));
        for name in
            ["012_a.mhl", "0012a.mhl", "0012_.mhl", "0012_a.xml", "../0012_a.mhl", "0012_../a.mhl", "._0012_a.mhl"]
        {
            assert_eq!(manifest_name(name), None, "{name}");
        }
        assert_eq!(folder_of("0002_2026-11-21 Ayu_Bima_2026-11-21_140405Z.mhl"), Some("2026-11-21 Ayu_Bima"));
    }

    #[test]
    fn a_chain_that_leads_elsewhere_is_damaged() {
        let link = Link { number: 1, name: "0001_a.mhl".to_owned(), c4: C4Id([7; 64]) };
        let evil = write(&[link]).replace("0001_a.mhl", "../../0001_a.mhl");
        assert!(matches!(read(evil.as_bytes()), Err(ChainFault::Entry(1))));
        assert!(matches!(read(&b"<hashlist/>"[..]), Err(ChainFault::NotAChain)));
        assert!(matches!(read(&b"<ascmhldirectory>"[..]), Err(ChainFault::Xml(XmlFault::CutOff))));
    }
}
