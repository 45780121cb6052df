//! One file of a card on its way into the intake.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;

use kilat_core::Stop;
use kilat_ingest::{Intake, IntakeError, Offer, Receiving};
use rustix::fs::OFlags;

use super::list::{CardFile, open_below};

/// Read at once: what card readers deliver best.
const BLOCK: usize = 1 << 20;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadFault {
    /// The card cannot be read there.
    #[error("{0}")]
    Card(#[from] io::Error),
    /// It is not what the listing said any more.
    #[error("it changed while it was read")]
    Changed,
    /// The intake does not take it.
    #[error("{0}")]
    Intake(#[source] IntakeError),
    /// Reading was stopped.
    #[error("stopped")]
    Stopped,
}

/// Reads one file; what came of it is gone unless all came. `told` hears of the bytes. Blocks on card and disk.
pub(super) fn read(
    root: BorrowedFd<'_>,
    file: &CardFile,
    (intake, offer): (&Intake, Offer),
    stop: &Stop,
    mut told: impl FnMut(u64),
) -> Result<Receiving, ReadFault> {
    let mut opened = File::from(open_below(root, &file.path, OFlags::RDONLY)?);
    let meta = opened.metadata()?;
    if !meta.is_file() || meta.len() != file.size_bytes {
        return Err(ReadFault::Changed);
    }
    let mut part = intake.begin(offer).map_err(ReadFault::Intake)?;
    let mut block = vec![0; BLOCK];
    loop {
        if stop.is_asked() {
            return Err(ReadFault::Stopped);
        }
        match opened.read(&mut block) {
            Ok(0) if part.size_bytes() == file.size_bytes => return Ok(part),
            Ok(0) => return Err(ReadFault::Changed),
            Ok(read) => part.write(&block[..read]).map_err(ReadFault::Intake)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        told(part.size_bytes());
    }
}
