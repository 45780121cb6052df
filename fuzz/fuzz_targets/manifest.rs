//! A chain and a manifest of any bytes: what is read of them stays below its folder, and every entry has a hash.

#![no_main]

use std::io::Read;
use std::ops::ControlFlow;

use kilat_core::ReadBack;
use kilat_mhl::{CheckFault, FileHash, Found, History, Place, PlaceError, RelPath};
use libfuzzer_sys::fuzz_target;

const CHAIN: &str = "ascmhl/ascmhl_chain.xml";
const MANIFEST: &str = "ascmhl/0001_x_2026-11-21_140405Z.mhl";

/// Two files: what comes before the first zero byte, and the rest.
struct Made {
    manifest: Vec<u8>,
    chain: Vec<u8>,
}

impl Place for Made {
    fn name(&self) -> String {
        "made up".to_owned()
    }

    fn open(&self, path: &RelPath) -> Result<Box<dyn Read + Send>, PlaceError> {
        let bytes = match path.as_str() {
            CHAIN => &self.chain,
            MANIFEST => &self.manifest,
            _ => return Err(PlaceError::Missing),
        };
        Ok(Box::new(std::io::Cursor::new(bytes.clone())))
    }

    fn check(&self, _path: &RelPath, _size_bytes: Option<u64>, _hash: &FileHash) -> Result<ReadBack, CheckFault> {
        Err(PlaceError::Missing.into())
    }

    fn list(&self, _below: Option<&RelPath>, each: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<(), PlaceError> {
        for (name, bytes) in [(CHAIN, &self.chain), (MANIFEST, &self.manifest)] {
            let path = name.parse().map_err(|_why| PlaceError::Unnamable)?;
            if each(Found::File(path, bytes.len() as u64)).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (manifest, chain) = bytes.split_at(end);
    let made = Made { manifest: manifest.to_vec(), chain: chain.get(1..).unwrap_or_default().to_vec() };
    let Ok(history) = History::read(&made) else { return };
    assert!(history.flaws().len() <= 1_000);
    for (path, listed) in history.expected() {
        assert!(path.segments().all(|segment| !matches!(segment, "" | "." | "..")), "{path:?}");
        assert!(!path.as_str().starts_with('/') && !path.as_str().chars().any(char::is_control), "{path:?}");
        assert_eq!(FileHash::parse(listed.hash.format(), &listed.hash.to_string()).as_ref(), Some(&listed.hash));
    }
    // Whatever was made up, no chain holds the C4 id of these bytes unless it was written for them.
    assert!(!history.flaws().is_empty() || !made.chain.is_empty());
});
