//! Writes COUNT frames into DIR: `cargo run -p kilat-demo --example shoot -- DIR COUNT`.

use std::error::Error;
use std::path::PathBuf;

use jiff::ToSpan;
use kilat_demo::{Photographer, write};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder")?);
    let count: usize = arguments.next().and_then(|count| count.to_str()?.parse().ok()).ok_or("name a count")?;
    let mut photographer = Photographer::start(7)?;
    let mut taken = jiff::civil::date(2026, 11, 21).at(16, 0, 0, 0);
    for _ in 0..count {
        taken = taken.saturating_add(2.seconds());
        for shot in photographer.shoot(taken) {
            write(&folder.join(&shot.path), &shot.bytes, shot.manner, || {})?;
        }
    }
    Ok(())
}
