//! Uploads by FTP: Kilat, which hashes, syncs and files each photo before it answers, beside the library's own backend,
//! which writes a file. The same bytes, the same clients, each server in a process of its own, in turns.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kilat_demo::{Body, Darkroom, Frame, jpeg};
use kilat_testkit::{Folders, Server, Start};
use libunftp::ServerBuilder;
use serde_json::{Value, json};
use unftp_sbe_fs::Filesystem;

use crate::percentile::median;
use crate::report::Met;
use crate::{Outcome, Row, Setup};

/// Cameras at once.
const CLIENTS: usize = 20;
/// Of each, in one round.
const FILES: usize = 2;
/// A JPEG of a camera of today.
const SIZE_BYTES: usize = 8_000_000;
const SIZE_BYTES_QUICK: usize = 400_000;
const ROUNDS: usize = 3;
const ROUNDS_QUICK: usize = 1;
/// Asked of Kilat, and at most so much longer than the library's own backend.
const LEAST_MB_PER_SECOND: f64 = 300.0;
const MOST: f64 = 1.3;
/// How this program is told to be the other server.
pub const STOCK: &str = "KILAT_BENCH_STOCK_FTP";

/// Measures.
///
/// # Errors
/// When an upload is not taken.
pub fn ftp(setup: &Setup) -> Outcome<Vec<Row>> {
    let (size, rounds) = if setup.is_quick { (SIZE_BYTES_QUICK, ROUNDS_QUICK) } else { (SIZE_BYTES, ROUNDS) };
    let darkroom = Darkroom::with(1, 1)?;
    let (mut kilat, mut stock) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for round in 0..rounds {
        // Others in each round: what Kilat holds already, it need not file.
        let photos: Vec<Vec<u8>> = (0..CLIENTS * FILES).map(|place| photo(&darkroom, round, place, size)).collect();
        bytes = photos.iter().map(Vec::len).sum();
        stock.push(to_stock(setup, &photos)?);
        kilat.push(to_kilat(setup, &photos)?);
    }
    let (kilat, stock) = median(&kilat).zip(median(&stock)).ok_or("a round was measured")?;
    let ours = bytes as f64 / 1e6 / kilat.as_secs_f64();
    let ratio = kilat.as_secs_f64() / stock.as_secs_f64();
    let what = format!("FTP: {} photos of {:.1} MB by {CLIENTS} cameras at once", CLIENTS * FILES, size as f64 / 1e6);
    Ok(vec![
        Row {
            what: format!("{what}, hashed and synced"),
            kilat: format!("{ours:.0} MB/s"),
            rival: "–".to_owned(),
            ratio: None,
            target: Some((format!("≥ {LEAST_MB_PER_SECOND} MB/s"), Met::of(ours >= LEAST_MB_PER_SECOND))),
        },
        Row {
            what: format!("{what}, time"),
            kilat: format!("{:.2} s", kilat.as_secs_f64()),
            rival: format!("{:.2} s (libunftp with its own backend: no hash, no sync)", stock.as_secs_f64()),
            ratio: Some(ratio),
            target: Some((format!("≤ {MOST}"), Met::of(ratio <= MOST))),
        },
    ])
}

fn photo(darkroom: &Darkroom, round: usize, place: usize, size: usize) -> Vec<u8> {
    let number = (round * CLIENTS * FILES + place) as u64;
    let taken = jiff::civil::date(2026, 11, 21).at(16, 4, 5, 0);
    jpeg(darkroom, &Frame { body: Body::A, number, taken, orientation: 1, size_bytes: Some(size) })
}

fn to_kilat(setup: &Setup, photos: &[Vec<u8>]) -> Outcome<Duration> {
    let folders = Folders::below(&setup.folder)?;
    let arguments = vec!["--ftp-listen".to_owned(), "127.0.0.1:0".to_owned()];
    let server = Server::start_with(&setup.kilat, &folders, &Start { arguments, ..Start::default() });
    // The way in is measured; copies wait.
    let (status, answer) = server.call("POST", "/api/dslr/control", Some(&json!({ "action": "stop" })));
    if status != 200 {
        return Err(format!("copies do not wait: {answer}").into());
    }
    let made = Command::new(&setup.kilat)
        .arg("--data")
        .arg(&folders.data)
        .args(["camera", "add", "Pool", "--json"])
        .output()?;
    let login: Value = serde_json::from_slice(&made.stdout)?;
    let text = |key: &str| login[key].as_str().unwrap_or_default().to_owned();
    let ready: Value = serde_json::from_slice(&std::fs::read(folders.data.join("ready.json"))?)?;
    let address = ready["ftp"].as_str().ok_or("FTP is on")?.parse()?;
    let took = send(address, (&text("user"), &text("password")), photos)?;
    if !server.stop().success() {
        return Err("the server did not stop well".into());
    }
    Ok(took)
}

fn to_stock(setup: &Setup, photos: &[Vec<u8>]) -> Outcome<Duration> {
    let folder = tempfile::Builder::new().prefix("kilat-bench-").tempdir_in(&setup.folder)?;
    let mut stock = Stock::start(folder.path())?;
    let took = send(stock.address, ("anonymous", "anyone"), photos);
    stock.child.kill()?;
    stock.child.wait()?;
    took
}

/// From the first sign-in to the last answer.
fn send(server: SocketAddr, login: (&str, &str), photos: &[Vec<u8>]) -> Outcome<Duration> {
    // Passwords are hashed slowly on purpose, once.
    Client::sign_in(server, login)?;
    let began = Instant::now();
    std::thread::scope(|scope| -> Outcome<()> {
        let sending: Vec<_> = photos
            .chunks(FILES)
            .enumerate()
            .map(|(camera, photos)| {
                scope.spawn(move || -> Outcome<()> {
                    let mut client = Client::sign_in(server, login)?;
                    for (number, photo) in photos.iter().enumerate() {
                        client.store(&format!("DSC_{camera:02}{number:02}.JPG"), photo)?;
                    }
                    Ok(())
                })
            })
            .collect();
        for camera in sending {
            camera.join().map_err(|_panic| "a camera panicked")??;
        }
        Ok(())
    })?;
    Ok(began.elapsed())
}

struct Client {
    control: BufReader<TcpStream>,
    server: SocketAddr,
}

impl Client {
    fn sign_in(server: SocketAddr, (user, password): (&str, &str)) -> Outcome<Self> {
        let mut client = Self { control: BufReader::new(TcpStream::connect(server)?), server };
        client.expect("220")?;
        client.tell(&format!("USER {user}"), "331")?;
        client.tell(&format!("PASS {password}"), "230")?;
        Ok(client)
    }

    fn store(&mut self, name: &str, bytes: &[u8]) -> Outcome<()> {
        let answer = self.tell("EPSV", "229")?;
        let port: u16 = answer.split('|').nth(3).ok_or("a port")?.parse()?;
        let mut data = TcpStream::connect((self.server.ip(), port))?;
        self.tell(&format!("STOR {name}"), "150")?;
        data.write_all(bytes)?;
        data.shutdown(Shutdown::Write)?;
        self.expect("226")?;
        Ok(())
    }

    fn tell(&mut self, command: &str, code: &str) -> Outcome<String> {
        self.control.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
        self.expect(code)
    }

    fn expect(&mut self, code: &str) -> Outcome<String> {
        let mut line = String::new();
        self.control.read_line(&mut line)?;
        if line.starts_with(code) { Ok(line) } else { Err(format!("{code} was due: {line:?}").into()) }
    }
}

/// The library with its own backend.
struct Stock {
    child: Child,
    address: SocketAddr,
}

impl Stock {
    fn start(folder: &Path) -> Outcome<Self> {
        let mut program = Command::new(std::env::current_exe()?);
        let mut child = program.env(STOCK, folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("a pipe")?).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }
}

/// Is the other server, until its standard input ends.
///
/// # Errors
/// When it cannot be.
pub fn be_stock(folder: &Path, say: impl FnOnce(SocketAddr)) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = folder.to_owned();
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    say(listener.local_addr()?);
    runtime.spawn(async move {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        while let Ok((stream, _)) = listener.accept().await {
            let folder = folder.clone();
            let backend = Box::new(move || Filesystem::new(folder.clone()).expect("the folder is there"));
            let server = ServerBuilder::new(backend).passive_ports(30_300..=30_899).build();
            tokio::spawn(async move {
                if let Ok(server) = server {
                    // A connection that fails is seen at its other end.
                    drop(server.service(stream).await);
                }
            });
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    runtime.shutdown_background();
    Ok(())
}
