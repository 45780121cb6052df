//! A virtual camera on the loopback interface, for people: `virtual_camera FOLDER [PORT]`. Each line on its input
//! releases the shutter once; `unplug`, `plug`, `doze`, `wake`, `stall`, `unstall` do what they say.

use std::io::{self, BufRead, Write};
use std::path::Path;

use kilat_demo::{CameraOptions, VirtualCamera};

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let card = args.next().ok_or_else(|| io::Error::other("say which folder is the card"))?;
    let port = args.next().map_or(Ok(0), |port| port.parse()).map_err(io::Error::other)?;
    let camera = VirtualCamera::open(Path::new(&card), CameraOptions { port, has_raw: true, ..Default::default() })?;
    let mut out = io::stdout();
    writeln!(out, "gphoto2 --port {} --list-files", camera.port())?;
    for line in io::stdin().lock().lines() {
        match line?.trim() {
            "unplug" => camera.unplug(),
            "plug" => camera.plug()?,
            "doze" => camera.doze(),
            "wake" => camera.wake(),
            "stall" => camera.stall(),
            "unstall" => camera.unstall(),
            _ => writeln!(out, "{:?}", camera.shoot(1)?)?,
        }
    }
    Ok(())
}
