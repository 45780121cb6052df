//! Cameras: from the shutter to a viewer's screen and to a proven copy, beside the stock tool; several at once; uploads by FTP.

mod cable;
mod ftp;
mod several;

pub use cable::cable;
pub use ftp::{STOCK, be_stock, ftp};
pub use several::several;

use std::fs;
use std::path::{Path, PathBuf};

use kilat_demo::{Body, CameraOptions, VirtualCamera};
use kilat_testkit::{Folders, Server, Start};

use crate::Outcome;

/// A JPEG of a camera of today is larger; a larger one measures the loopback interface more than Kilat.
const SIZE_BYTES: usize = 5_000_000;

/// A camera with an empty card.
fn camera(folder: &Path, place: u64) -> Outcome<VirtualCamera> {
    let card = folder.join(format!("card-{place}"));
    fs::create_dir_all(&card)?;
    let first = u32::try_from(place)? * 1_000 + 1;
    let options =
        CameraOptions { body: Body::A, seed: place + 1, first, size_bytes: Some(SIZE_BYTES), ..Default::default() };
    Ok(VirtualCamera::open(&card, options)?)
}

/// A server that pulls from these.
fn server(kilat: &Path, folders: &Folders, cameras: &[VirtualCamera]) -> Server {
    let arguments = cameras.iter().flat_map(|camera| ["--tether".to_owned(), camera.port()]).collect();
    Server::start_with(kilat, folders, &Start { arguments, ..Start::default() })
}

/// The name of the only file that was shot.
fn name_of(files: &[PathBuf]) -> Outcome<String> {
    let name = files.first().and_then(|path| path.file_name()).ok_or("a shot leaves a file")?;
    Ok(name.to_string_lossy().into_owned())
}
