//! Drives the camera with a client of its own: a few packets, and nothing of libgphoto2.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::packet::{Fields, Packet, kind, u32_at};
use super::{CameraOptions, Fault, VirtualCamera};

const PATIENCE: Duration = Duration::from_secs(20);

struct Host {
    commands: TcpStream,
    events: TcpStream,
}

impl Host {
    fn connect(camera: &VirtualCamera) -> io::Result<Self> {
        let mut commands = TcpStream::connect(camera.address())?;
        commands.set_read_timeout(Some(PATIENCE))?;
        let greeting = Fields::default().bytes(&[7; 16]).marked_text("host").u32(0x0001_0000);
        commands.write_all(&greeting.packet(kind::INIT_COMMAND))?;
        let ack = Packet::read(&mut commands)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        assert_eq!(ack.kind, kind::INIT_COMMAND_ACK);
        let mut events = TcpStream::connect(camera.address())?;
        events.set_read_timeout(Some(PATIENCE))?;
        events.write_all(&Fields::default().u32(u32_at(&ack.body, 0)).packet(kind::INIT_EVENT))?;
        let ack = Packet::read(&mut events)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        assert_eq!(ack.kind, kind::INIT_EVENT_ACK);
        Ok(Self { commands, events })
    }

    /// The data that came, and the code at the end.
    fn ask(&mut self, operation: u16, params: &[u32]) -> io::Result<(Vec<u8>, u16)> {
        let request = Fields::default().u32(1).u16(operation).u32(9);
        let request = params.iter().fold(request, |request, param| request.u32(*param));
        self.commands.write_all(&request.packet(kind::REQUEST))?;
        let mut data = Vec::new();
        loop {
            let mut head = [0; 8];
            self.commands.read_exact(&mut head)?;
            let mut body = vec![0; u32_at(&head, 0) as usize - 8];
            self.commands.read_exact(&mut body)?;
            match u32_at(&head, 4) {
                kind::START_DATA => {}
                kind::DATA | kind::END_DATA => data.extend(&body[4..]),
                kind::RESPONSE => return Ok((data, u16::from_le_bytes([body[0], body[1]]))),
                other => panic!("a packet of kind {other}"),
            }
        }
    }

    /// The object that was added.
    fn event(&mut self) -> io::Result<u32> {
        let event = Packet::read(&mut self.events)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        assert_eq!(event.kind, kind::EVENT);
        Ok(u32_at(&event.body, 6))
    }
}

fn camera(card: &tempfile::TempDir) -> VirtualCamera {
    VirtualCamera::open(card.path(), CameraOptions::default()).expect("a camera")
}

#[test]
fn what_was_shot_is_announced_and_comes_byte_for_byte() {
    let card = tempfile::tempdir().expect("a folder");
    let camera = camera(&card);
    let mut host = Host::connect(&camera).expect("a session");
    let files = camera.shoot(1).expect("a frame");
    // Two folders and a file.
    let added = [(); 3].map(|()| host.event().expect("an event"));
    let (handles, code) = host.ask(0x1007, &[0x0001_0001, 0, added[1]]).expect("handles");
    assert_eq!((u32_at(&handles, 0), u32_at(&handles, 4), code), (1, added[2], 0x2001));
    let (bytes, code) = host.ask(0x1009, &[added[2]]).expect("the file");
    let written = std::fs::read(card.path().join(&files[0])).expect("the file on the card");
    assert_eq!(code, 0x2001);
    assert!(bytes == written, "{} of {} bytes", bytes.len(), written.len());
    let (part, _) = host.ask(0x101b, &[added[2], 100, 50]).expect("a part");
    assert_eq!(part, written[100..150]);
    assert_eq!(host.ask(0x100b, &[added[2]]).expect("an answer").1, 0x2005, "nothing can be deleted");
}

#[test]
fn a_camera_that_is_unplugged_in_a_download_is_gone_until_it_is_plugged_in() {
    let card = tempfile::tempdir().expect("a folder");
    let camera = camera(&card);
    camera.shoot(1).expect("a frame");
    let mut host = Host::connect(&camera).expect("a session");
    camera.cut(1_000, Fault::Unplug);
    host.ask(0x1009, &[3]).expect_err("the cable was pulled");
    assert!(camera.wait_for_cuts(1, PATIENCE));
    camera.unplug();
    Host::connect(&camera).err().expect("nothing is there");
    camera.plug().expect("the same port");
    let mut host = Host::connect(&camera).expect("a session");
    assert_eq!(host.ask(0x1009, &[3]).expect("the file").1, 0x2001);
}

#[test]
fn a_stalled_camera_says_nothing_until_it_goes_on_or_is_unplugged() {
    let card = tempfile::tempdir().expect("a folder");
    let camera = camera(&card);
    camera.shoot(1).expect("a frame");
    let mut host = Host::connect(&camera).expect("a session");
    camera.cut(5_000, Fault::Stall);
    let download = std::thread::spawn(move || host.ask(0x1009, &[3]));
    assert!(camera.wait_for_cuts(1, PATIENCE));
    assert!(!download.is_finished());
    camera.unstall();
    assert_eq!(download.join().expect("no panic").expect("the file").1, 0x2001);
}

#[test]
fn a_dozing_camera_answers_the_network_and_no_session() {
    let card = tempfile::tempdir().expect("a folder");
    let camera = camera(&card);
    let mut host = Host::connect(&camera).expect("a session");
    camera.doze();
    host.event().expect_err("the session ended");
    TcpStream::connect(camera.address()).expect("it is there");
    Host::connect(&camera).err().expect("it gives no session");
    camera.wake();
    Host::connect(&camera).expect("a session");
}
