//! Photos that cameras send by FTP: stock clients, cut lines, tricks, a full disk and a kill. Whatever was answered with
//! 226 stands at the destination, byte for byte, once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kilat_testkit::{Folders, Oracle, Server, Start, pause};
use serde_json::Value;
use socket2::{Domain, SockRef, Socket, Type};

use crate::scene::{complaint, folders, kilat, photo, run, standing, text};

mod flood;
mod secure;
mod turns;
mod waiting;

/// Between two tries of a camera whose server is away.
const AGAIN: Duration = Duration::from_millis(50);

/// What a camera signs in with.
struct Login {
    user: String,
    password: String,
}

impl Login {
    fn make(folders: &Folders, name: &str) -> Self {
        let made = run(folders, &["camera", "add", name, "--json"]);
        assert!(made.status.success(), "{}", complaint(&made));
        let answer: Value = serde_json::from_str(&text(&made)).expect("JSON");
        let field = |key: &str| answer[key].as_str().expect("text").to_owned();
        assert_eq!(answer["host"], "127.0.0.1");
        Self { user: field("user"), password: field("password") }
    }
}

fn start(folders: &Folders, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
    let ftp = ["--ftp-listen", "127.0.0.1:0"];
    let environment = [("KILAT_FTP_PASSIVE_PORTS", "0"), ("KILAT_KEEP_FREE_MB", "2")].iter().chain(environment);
    let start = Start {
        arguments: ftp.iter().chain(arguments).map(|word| (*word).to_owned()).collect(),
        environment: environment.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Start::default()
    };
    Server::start_with(kilat(), folders, &start)
}

/// Where FTP answers now, if a server is ready.
fn address(folders: &Folders) -> Option<SocketAddr> {
    let ready: Value = serde_json::from_slice(&std::fs::read(folders.data.join("ready.json")).ok()?).ok()?;
    ready["ftp"].as_str()?.parse().ok()
}

/// A camera's side of a connection, which does as it is told.
struct Camera {
    control: BufReader<TcpStream>,
    server: SocketAddr,
}

type Answer = std::io::Result<(u16, String)>;

impl Camera {
    fn connect(server: SocketAddr) -> std::io::Result<Self> {
        let control = TcpStream::connect(server)?;
        control.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut camera = Self { control: BufReader::new(control), server };
        let (code, greeting) = camera.answer()?;
        if code == 220 { Ok(camera) } else { Err(std::io::Error::other(greeting)) }
    }

    fn sign_in(server: SocketAddr, login: &Login) -> std::io::Result<Self> {
        let mut camera = Self::connect(server)?;
        camera.tell(&format!("USER {}", login.user))?;
        let (code, answer) = camera.tell(&format!("PASS {}", login.password))?;
        if code == 230 { Ok(camera) } else { Err(std::io::Error::other(answer)) }
    }

    fn tell(&mut self, command: &str) -> Answer {
        self.tell_bytes(command.as_bytes())
    }

    fn tell_bytes(&mut self, command: &[u8]) -> Answer {
        self.control.get_mut().write_all(&[command, b"\r\n"].concat())?;
        self.answer()
    }

    /// The last line of the next answer.
    fn answer(&mut self) -> Answer {
        loop {
            let mut line = String::new();
            if self.control.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let code = line.get(..3).and_then(|code| code.parse().ok());
            if let Some(code) = code.filter(|_| line.as_bytes().get(3) == Some(&b' ')) {
                return Ok((code, line.trim_end().to_owned()));
            }
        }
    }

    fn data_port(&mut self) -> std::io::Result<SocketAddr> {
        let (_, answer) = self.tell("EPSV")?;
        let port = answer.split('|').nth(3).and_then(|port| port.parse().ok());
        Ok(SocketAddr::new(self.server.ip(), port.ok_or_else(|| std::io::Error::other(answer.clone()))?))
    }

    /// Sends these bytes by `command`, for example `STOR a.jpg`; answers the last code.
    fn send(&mut self, command: &[u8], bytes: &[u8], end: End) -> std::io::Result<u16> {
        self.begin(command, bytes, end)?;
        Ok(self.answer()?.0)
    }

    fn begin(&mut self, command: &[u8], bytes: &[u8], end: End) -> std::io::Result<()> {
        let mut data = TcpStream::connect(self.data_port()?)?;
        let (code, answer) = self.tell_bytes(command)?;
        if code != 150 {
            return Err(std::io::Error::other(answer));
        }
        // A server that refuses before the first byte closes the connection.
        let sent = data.write_all(bytes);
        if end == End::Reset {
            SockRef::from(&data).set_linger(Some(Duration::ZERO))?;
        } else if sent.is_ok() {
            data.shutdown(Shutdown::Write)?;
        }
        Ok(())
    }

    fn store(&mut self, name: &str, bytes: &[u8]) -> u16 {
        self.send(format!("STOR {name}").as_bytes(), bytes, End::Close).expect("answered")
    }

    fn list(&mut self, command: &str) -> String {
        let mut data = TcpStream::connect(self.data_port().expect("a port")).expect("connected");
        assert_eq!(self.tell(command).expect("answered").0, 150);
        let mut listed = Vec::new();
        data.read_to_end(&mut listed).expect("read");
        assert_eq!(self.answer().expect("answered").0, 226);
        String::from_utf8_lossy(&listed).into_owned()
    }
}

/// How a data connection ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    Reset,
}

#[test]
fn what_stock_clients_send_stands_at_the_destination_once() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let viewer = server.viewer();
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let mut oracle = Oracle::default();
    for (number, client) in ["curl", "lftp", "python3", "curl", "lftp", "python3"].into_iter().enumerate() {
        let folder = folders.path().join(format!("card-{number}"));
        std::fs::create_dir(&folder).expect("made");
        // One name for all: none may take another's place.
        let file = folder.join("DSC_0001.JPG");
        let bytes = photo(number as u64, 60_000 + number * 1_000);
        std::fs::write(&file, &bytes).expect("written");
        oracle.closed(&file, &bytes);
        let output = put(client, &login, &file, at);
        assert!(output.status.success(), "{client}: {}", complaint(&output));
    }
    viewer.wait_safe(oracle.count());
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    let listed = text(&run(&folders, &["camera", "list"]));
    assert!(listed.starts_with("z9-of-budi\tZ9 of Budi\tno end\t6 files, last "), "{listed}");
    let rows = server.get("/api/admin/cameras");
    assert_eq!((&rows[0]["files"], &rows[0]["cutOff"]), (&6.into(), &0.into()), "{rows}");
    assert!(rows[0]["lastFileAt"].is_string(), "{rows}");
    assert!(run(&folders, &["camera", "remove", "Z9 of Budi"]).status.success());
    assert!(Camera::sign_in(at, &login).is_err(), "it was removed");
    assert!(server.stop().success());
}

const FTPLIB: &str = "
import ftplib, sys
host, port, user, password, path = sys.argv[1:]
with ftplib.FTP() as ftp:
    ftp.connect(host, int(port), timeout=30)
    ftp.login(user, password)
    ftp.mkd('DCIM'); ftp.cwd('DCIM'); ftp.mkd('100NZ9__'); ftp.mkd('100NZ9__'); ftp.cwd('100NZ9__')
    assert ftp.pwd() == '/DCIM/100NZ9__', ftp.pwd()
    with open(path, 'rb') as file:
        ftp.storbinary('STOR DSC_0001.JPG', file)
    assert [entry for entry in ftp.mlsd()][0][0] == 'DSC_0001.JPG'
    assert ftp.size('DSC_0001.JPG') == len(open(path, 'rb').read())
";

fn put(client: &str, Login { user, password }: &Login, path: &Path, at: SocketAddr) -> Output {
    let mut command = Command::new(client);
    match client {
        "curl" => {
            command.args(["-sS", "--max-time", "30", "--ftp-create-dirs", "--user", &format!("{user}:{password}")]);
            command.arg("--upload-file").arg(path).arg(format!("ftp://{at}/a/b/DSC_0001.JPG"));
        }
        "lftp" => {
            let (host, port) = (at.ip(), at.port());
            command.arg("-c").arg(format!(
                "set net:max-retries 1; set net:timeout 30; set ftp:ssl-allow no; \
                 open -u {user},{password} -p {port} {host}; put {}",
                path.display()
            ));
        }
        _ => {
            command.args(["-c", FTPLIB, &at.ip().to_string(), &at.port().to_string(), user, password]).arg(path);
        }
    }
    command.env_remove("HOME").output().unwrap_or_else(|error| panic!("{client}: {error}; make setup installs it"))
}

#[test]
fn a_photo_that_is_cut_off_at_any_kilobyte_is_whole_after_its_re_send() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let viewer = server.viewer();
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let mut oracle = Oracle::default();
    let mut camera = Camera::sign_in(at, &login).expect("let in");
    let boundaries = photo(0, 10_000).len() / 1_024;
    for cut in 0..=boundaries {
        let (name, bytes) = (format!("DSC_{cut}.JPG"), photo(cut as u64, 10_000));
        oracle.closed(Path::new(&name), &bytes);
        let (stor, part) = (format!("STOR {name}"), &bytes[..cut * 1_024]);
        let code = camera.send(stor.as_bytes(), part, End::Close).expect("answered");
        assert_eq!(code, 426, "cut off after {cut} KB, and not half ingested");
        let kept = match camera.tell(&format!("SIZE {name}")).expect("answered") {
            (213, size) => size[4..].parse::<usize>().expect("a size"),
            (code, _) => {
                assert_eq!(code, 550);
                0
            }
        };
        assert_eq!(kept, part.len(), "all that came is kept");
        let code = match cut % 4 {
            0 | 1 if kept > 0 => {
                assert_eq!(camera.tell(&format!("REST {kept}")).expect("answered").0, 350);
                camera.send(stor.as_bytes(), &bytes[kept..], End::Close)
            }
            2 if kept > 0 => camera.send(format!("APPE {name}").as_bytes(), &bytes[kept..], End::Close),
            _ => camera.send(stor.as_bytes(), &bytes, End::Close),
        };
        assert_eq!(code.expect("answered"), 226, "whole after {cut} KB");
    }
    // Wi-Fi that goes away: the camera hears nothing and comes again.
    for cut in [1, 5_000, 9_000] {
        let (name, bytes) = (format!("DSC_GONE_{cut}.JPG"), photo(6_000 + cut as u64, 10_000));
        oracle.closed(Path::new(&name), &bytes);
        let mut lost = Camera::sign_in(at, &login).expect("let in");
        lost.begin(format!("STOR {name}").as_bytes(), &bytes[..cut], End::Reset).expect("sent");
        drop(lost);
        assert_eq!(camera.store(&name, &bytes), 226);
    }
    // An offset is of one file: cut off while going on, then sent again from its beginning.
    let (name, bytes) = ("DSC_AGAIN.JPG", photo(5_000, 10_000));
    oracle.closed(Path::new(name), &bytes);
    let half = bytes.len() / 2;
    assert_eq!(camera.store(name, &bytes[..half]), 426);
    assert_eq!(camera.tell(&format!("REST {half}")).expect("answered").0, 350);
    assert_eq!(camera.store(name, &bytes[half..half + 100]), 426);
    assert_eq!(camera.store(name, &bytes), 226);
    viewer.wait_safe(oracle.count());
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    assert!(folders.log().contains("of Z9 of Budi was cut off after"), "{}", folders.log());
    // Nothing waits any more, and nothing is left of the beginnings.
    let left = std::fs::read_dir(folders.data.join("intake/z9-of-budi/ftp/cut off")).expect("a folder").count();
    assert_eq!(left, 0);
    drop(camera);
    assert!(server.stop().success());
    assert!(folders.log().contains("Z9 of Budi: "), "it says what came: {}", folders.log());
}

#[test]
fn twenty_bodies_at_once_and_a_kill_in_the_middle_lose_nothing_that_was_answered() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let login = Login::make(&folders, "Pool");
    let (answered, oracle) = (AtomicUsize::new(0), Mutex::new(Oracle::default()));
    let server = std::thread::scope(|scope| {
        for body in 0..20_u64 {
            let (folders, login, answered, oracle) = (&folders, &login, &answered, &oracle);
            scope.spawn(move || {
                for number in 0..3 {
                    let bytes = photo(body * 10 + number, 30_000);
                    let name = format!("DSC_{number}.JPG");
                    oracle.lock().expect("no panic").closed(Path::new(&format!("{body}/{name}")), &bytes);
                    let send = || -> std::io::Result<u16> {
                        let at = address(folders).ok_or(std::io::ErrorKind::NotConnected)?;
                        let stor = format!("STOR {name}");
                        Camera::sign_in(at, login)?.send(stor.as_bytes(), &bytes, End::Close)
                    };
                    while !send().is_ok_and(|code| code == 226) {
                        pause(AGAIN);
                    }
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        while answered.load(Ordering::SeqCst) < 15 {
            pause(AGAIN);
        }
        server.kill();
        start(&folders, &[], &[])
    });
    let oracle = oracle.into_inner().expect("no panic");
    server.viewer().wait_safe(oracle.count());
    let verdict = oracle.judge(&folders.out).expect("read");
    assert!(verdict.is_good(), "{verdict:?}");
    assert!(server.stop().success());
}

#[test]
fn two_hundred_wrong_passwords_are_cheap_and_do_not_lock_the_camera_out() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let wrong = Login { user: login.user.clone(), password: "not-that-one".to_owned() };
    for _ in 0..200 {
        assert!(Camera::sign_in(at, &wrong).is_err());
    }
    assert!(Camera::sign_in(at, &login).is_err(), "whoever guesses here is slowed here");
    // From another address.
    let path = folders.path().join("DSC_0001.JPG");
    std::fs::write(&path, photo(1, 20_000)).expect("written");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "30", "--interface", "127.0.0.2", "--user"]);
    curl.arg(format!("{}:{}", login.user, login.password)).arg("-T").arg(&path).arg(format!("ftp://{at}/"));
    let output = curl.output().expect("curl is installed");
    assert!(output.status.success(), "{}", complaint(&output));
    Camera::sign_in(at, &login).expect("who it is is known by now");
    server.viewer().wait_safe(1);
    let log = folders.log();
    assert!(log.contains("was not let in") && log.contains("failed to sign in too often"), "{log}");
    assert!(!log.contains(&login.password) && !log.contains("not-that-one"), "no password is logged");
    assert!(server.stop().success());
}

#[test]
fn a_camera_can_send_and_nothing_else_whatever_it_asks_for() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let viewer = server.viewer();
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let code = |camera: &mut Camera, command: &str| camera.tell(command).expect("answered").0;
    let mut stranger = Camera::connect(at).expect("connected");
    assert_eq!(code(&mut stranger, "EPSV"), 530);
    let mut camera = Camera::sign_in(at, &login).expect("let in");
    // The server is sent to nobody, and takes data from nobody else.
    assert_eq!(code(&mut camera, "PORT 127,0,0,1,0,80"), 502);
    assert!((500..=504).contains(&code(&mut camera, "EPRT |1|127.0.0.1|80|")));
    let port = camera.data_port().expect("a port");
    let thief = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    thief.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0)).into()).expect("an address of this machine");
    thief.connect(&port.into()).expect("connected");
    let taken = TcpStream::from(thief).read(&mut [0]);
    assert!(matches!(taken, Ok(0) | Err(_)), "the connection is closed");

    let mut oracle = Oracle::default();
    for (number, name) in [
        &b"../../../../etc/DSC_1.JPG"[..],
        b"/DSC_2.JPG",
        b"..\\..\\DSC_3.JPG",
        b"<script>alert(1)</script>.jpg",
        b"DSC_\xff\xfe.JPG",
        b"a/b/c/d/DSC_6.JPG",
        b"DSC_7.JPG",
        b"DSC_7.JPG",
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = photo(number as u64, 10_000);
        oracle.closed(Path::new(&format!("{number}")), &bytes);
        assert_eq!(camera.send(&[b"STOR ", name].concat(), &bytes, End::Close).expect("answered"), 226);
    }
    let bytes = photo(100, 10_000);
    oracle.closed(Path::new("renamed"), &bytes);
    assert_eq!(camera.store("upload.tmp", &bytes), 226);
    assert_eq!(camera.list("NLST").matches("upload.tmp").count(), 1);
    assert_eq!((code(&mut camera, "RNFR upload.tmp"), code(&mut camera, "RNTO DSC_8.JPG")), (350, 250));
    let bytes = photo(101, 10_000);
    oracle.closed(Path::new("never renamed"), &bytes);
    assert_eq!(camera.store("DSC_9.JPG.tmp", &bytes), 226);
    assert_eq!(camera.store("DSC_10.JPG", b""), 426, "cut off before its first byte");
    assert_eq!(camera.store("try.txt", b""), 226, "a camera tries whether sending works");
    for refused in ["DELE DSC_7.JPG", "RNFR nothing.jpg", "SIZE nothing.jpg"] {
        assert_eq!(code(&mut camera, refused), 550, "{refused}");
    }
    assert_eq!(code(&mut camera, "RETR DSC_7.JPG"), 550);
    for (command, wanted) in [
        ("MKD x", 257),
        ("MKD x", 257),
        ("CWD x/y/z", 250),
        ("CDUP", 250),
        ("RMD x", 250),
        ("ALLO 100", 200),
        ("ALLO 8000000 R 10", 200),
        ("ALLO", 200),
        ("TYPE I", 200),
        ("MODE S", 200),
        ("STRU F", 200),
        ("STRU R", 504),
        ("SYST", 215),
        ("FEAT", 211),
        ("STAT", 211),
        ("OPTS UTF8 ON", 200),
        ("SITE CHMOD 777 x", 502),
        ("WHAT", 502),
        ("", 502),
        ("STOR", 501),
        ("STOR DSC_11.JPG", 425),
        ("RNTO DSC_11.JPG", 503),
        ("REST x", 501),
        ("ABOR", 225),
        ("NOOP", 200),
    ] {
        assert_eq!(code(&mut camera, command), wanted, "{command}");
    }
    assert_eq!(code(&mut camera, "CWD /"), 250);
    let listed = camera.list("LIST");
    assert!(listed.contains("DSC_7.JPG") && listed.contains("DSC_8.JPG") && !listed.contains("DSC_6.JPG"), "{listed}");
    assert_eq!(code(&mut camera, "QUIT"), 221);
    // Another connection sees nothing of that.
    assert_eq!(Camera::sign_in(at, &login).expect("let in").list("NLST"), "");
    viewer.wait_safe(oracle.count());
    let verdict = oracle.judge(&folders.out).expect("read");
    assert!(verdict.is_good(), "{verdict:?}");
    assert!(server.stop().success());
}

#[test]
fn a_full_disk_takes_no_byte_of_a_photo_and_the_photo_when_there_is_room() {
    let folders = folders();
    // As many bytes as no disk has.
    let server = start(&folders, &[], &[("KILAT_KEEP_FREE_MB", "900000000000")]);
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let (bytes, path) = (photo(1, 100_000), folders.path().join("DSC_0001.JPG"));
    std::fs::write(&path, &bytes).expect("written");
    let mut camera = Camera::sign_in(at, &login).expect("let in");
    for command in ["STOR DSC_1.JPG", "STOR DSC_1.JPG.tmp", "APPE DSC_1.JPG", "ALLO 100"] {
        let _data = TcpStream::connect(camera.data_port().expect("a port")).expect("connected");
        let (code, said) = camera.tell(command).expect("answered");
        assert!(code == 452 && said.contains("free some space"), "{command}, before a byte was sent: {said}");
    }
    for client in ["curl", "lftp"] {
        let output = put_loudly(client, at, &login, &path);
        let said = format!("{}{}", text(&output), complaint(&output));
        assert!(!output.status.success() && said.contains("452"), "{client}: {said}");
    }
    let intake = folders.data.join("intake");
    assert_eq!(standing(&intake), 0, "no byte of it is stored");
    assert_eq!(std::fs::read_dir(intake.join(".kilat-parts")).expect("a folder").count(), 0);
    assert!(folders.log().contains("must stay free"), "{}", folders.log());
    assert!(server.stop().success());
    let server = start(&folders, &[], &[]);
    let mut camera = Camera::sign_in(address(&folders).expect("ready"), &login).expect("let in");
    assert_eq!(camera.store("DSC_1.JPG", &bytes), 226);
    server.viewer().wait_safe(1);
    assert!(server.stop().success());
}

#[test]
fn a_file_that_is_refused_in_the_middle_is_refused_in_words() {
    let folders = folders();
    let server = start(&folders, &[], &[("KILAT_MAX_FILE_MB", "1")]);
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let path = folders.path().join("DSC_0001.JPG");
    std::fs::write(&path, photo(1, 12_000_000)).expect("written");
    for client in ["curl", "lftp"] {
        let output = put_loudly(client, at, &login, &path);
        let said = format!("{}{}", text(&output), complaint(&output));
        assert!(!output.status.success() && said.contains("552"), "{client}: {said}");
    }
    assert!(folders.log().contains("raise max_file_mb"), "{}", folders.log());
    assert_eq!(standing(&folders.data.join("intake")), 0);
    let mut camera = Camera::sign_in(at, &login).expect("let in");
    assert_eq!(camera.tell("ALLO 12000000").expect("answered").0, 552, "before a byte was sent");
    assert!(server.stop().success());
}

/// Sends a file, and tells each answer of the server.
fn put_loudly(client: &str, at: SocketAddr, login: &Login, path: &Path) -> Output {
    let mut command = Command::new(client);
    match client {
        "curl" => {
            command.args(["-sv", "--max-time", "30", "--user", &format!("{}:{}", login.user, login.password)]);
            command.arg("--upload-file").arg(path).arg(format!("ftp://{at}/DSC_0001.JPG"));
        }
        _ => {
            command.arg("-c").arg(format!(
                "debug 9; set net:max-retries 1; set net:timeout 30; set cmd:fail-exit yes; set ftp:ssl-allow no; \
                 set xfer:max-redirections 0; set net:persist-retries 0; open -u {},{} -p {} {}; put {}",
                login.user,
                login.password,
                at.port(),
                at.ip(),
                path.display()
            ));
        }
    }
    command.env_remove("HOME").output().unwrap_or_else(|error| panic!("{client}: {error}; make setup installs it"))
}

/// A certificate of the test's own.
fn certificate(folders: &Folders) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["studio.test".to_owned()]).expect("a certificate");
    let (certificate, key) = (folders.path().join("cert.pem"), folders.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    (certificate.to_string_lossy().into_owned(), key.to_string_lossy().into_owned())
}

const WITHOUT_A_LAST_WORD: &str = "
import ftplib, ssl, sys
host, port, user, password, path = sys.argv[1:]
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
with ftplib.FTP_TLS(context=context) as ftp:
    ftp.connect(host, int(port), timeout=30)
    ftp.login(user, password)
    ftp.prot_p()
    data = ftp.transfercmd('STOR DSC_0002.JPG')
    data.sendall(open(path, 'rb').read())
    data.close()  # as cameras do: no close_notify
    print(ftp.voidresp())
";

#[test]
fn ftps_takes_what_curl_sends_and_what_a_body_sends_that_ends_without_a_last_word() {
    let folders = folders();
    let (certificate, key) = certificate(&folders);
    let server = start(&folders, &["--tls-cert", &certificate, "--tls-key", &key], &[("KILAT_FTP_TLS", "required")]);
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    assert!(Camera::sign_in(at, &login).is_err(), "no password in the clear");
    let (path, mut oracle) = (folders.path().join("DSC_0001.JPG"), Oracle::default());
    std::fs::write(&path, photo(1, 300_000)).expect("written");
    oracle.closed(&path, &photo(1, 300_000));
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "30", "--ssl-reqd", "--insecure", "--user"]);
    curl.arg(format!("{}:{}", login.user, login.password)).arg("-T").arg(&path).arg(format!("ftp://{at}/"));
    let output = curl.output().expect("curl is installed");
    assert!(output.status.success(), "{}", complaint(&output));
    std::fs::write(&path, photo(2, 300_000)).expect("written");
    oracle.closed(Path::new("DSC_0002.JPG"), &photo(2, 300_000));
    let mut body = Command::new("python3");
    body.args(["-c", WITHOUT_A_LAST_WORD, &at.ip().to_string(), &at.port().to_string(), &login.user, &login.password]);
    let output = body.arg(&path).output().expect("python3 is installed");
    assert!(text(&output).starts_with("226"), "{} {}", text(&output), complaint(&output));
    assert!(oracle.judge(&folders.data.join("intake/z9-of-budi")).expect("read").is_good(), "both are here");
    assert!(server.stop().success());
}
