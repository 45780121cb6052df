//! Pulls the plug of a mounted ext4: what its page cache holds never reaches the disk.
//!
//! The only unsafe code here: one system call that rustix does not know.

#![expect(unsafe_code, reason = "the ioctl EXT4_IOC_SHUTDOWN has no safe wrapper")]

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::ioctl::{Setter, ioctl};

/// `_IOR('X', 125, __u32)` of the kernel's `fs/ext4/ext4.h`.
const EXT4_IOC_SHUTDOWN: rustix::ioctl::Opcode = 0x8004_587d;
/// `EXT4_GOING_FLAGS_NOLOGFLUSH`: not even the journal is written out.
const NO_LOG_FLUSH: u32 = 2;

/// Everything on the file system of `folder` fails from here on, and nothing more is written.
pub(super) fn pull_the_plug(folder: &Path) -> io::Result<()> {
    let folder = File::open(folder)?;
    // SAFETY: this opcode reads one `__u32` from the pointer that `Setter` passes, and keeps nothing of it.
    unsafe { ioctl(&folder, Setter::<EXT4_IOC_SHUTDOWN, u32>::new(NO_LOG_FLUSH)) }?;
    Ok(())
}
