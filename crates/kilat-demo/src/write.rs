//! The manners in which programs put a file into a folder.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// How a file comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Written and closed: `cp`, a camera's FTP.
    Close,
    /// Written under a temporary name beside it, then renamed: `rsync`, most tethering apps.
    Rename,
    /// Written in pieces with pauses: a slow card or network.
    Slow,
    /// Made as long as it will be, then filled: some tethering apps.
    Reserve,
    /// Written to one half and closed; the rest is added later.
    Halves,
}

impl Manner {
    /// Every manner.
    pub const ALL: [Self; 5] = [Self::Close, Self::Rename, Self::Slow, Self::Reserve, Self::Halves];
}

/// Pieces of a slow file.
const PIECES: usize = 8;

/// Writes a file; `pause` is called where a real program would take a while.
///
/// # Errors
/// The system's.
pub fn write(path: &Path, bytes: &[u8], manner: Manner, mut pause: impl FnMut()) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match manner {
        Manner::Close => std::fs::write(path, bytes),
        Manner::Rename => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let temporary = path.with_file_name(format!(".{name}.kd7Qx2"));
            std::fs::write(&temporary, bytes)?;
            std::fs::rename(&temporary, path)
        }
        Manner::Slow => {
            let mut file = File::create(path)?;
            for piece in bytes.chunks(bytes.len().div_ceil(PIECES).max(1)) {
                file.write_all(piece)?;
                pause();
            }
            Ok(())
        }
        Manner::Reserve => {
            let mut file = File::create(path)?;
            file.set_len(bytes.len() as u64)?;
            pause();
            file.seek(SeekFrom::Start(0))?;
            file.write_all(bytes)
        }
        Manner::Halves => {
            let half = bytes.len() / 2;
            std::fs::write(path, &bytes[..half])?;
            pause();
            let mut file = File::options().append(true).open(path)?;
            file.write_all(&bytes[half..])
        }
    }
}
