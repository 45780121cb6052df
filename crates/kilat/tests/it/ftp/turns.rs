//! Turns of the conversation that go another way: a transfer that is aborted, words before TLS, files in the clear where
//! none may be, a client that comes to no port.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};

use kilat_testkit::{Folders, Oracle, pause};

use super::{AGAIN, Camera, Login, address, certificate, start};
use crate::scene::{complaint, folders, photo, text};

/// Bytes of files that are being received.
fn on_its_way(folders: &Folders) -> u64 {
    let parts = std::fs::read_dir(folders.data.join("intake/.kilat-parts")).expect("a folder");
    parts.map(|part| part.and_then(|part| part.metadata()).map_or(0, |meta| meta.len())).sum()
}

#[test]
fn what_came_before_an_abort_is_kept_and_the_whole_takes_its_place() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let (login, bytes) = (Login::make(&folders, "Z9 of Budi"), photo(1, 200_000));
    let mut camera = Camera::sign_in(address(&folders).expect("ready"), &login).expect("let in");
    let mut data = TcpStream::connect(camera.data_port().expect("a port")).expect("connected");
    assert_eq!(camera.tell("STOR DSC_1.JPG").expect("answered").0, 150);
    data.write_all(&bytes[..100_000]).expect("sent");
    // What came later than the abort would be lost with it.
    while on_its_way(&folders) < 100_000 {
        pause(AGAIN);
    }
    // As telnet has it: what is on its way is interrupted first.
    assert_eq!(camera.tell_bytes(b"\xff\xf4\xff\xf2ABOR").expect("answered").0, 426);
    assert_eq!(camera.answer().expect("answered").0, 226);
    let (code, kept) = camera.tell("SIZE DSC_1.JPG").expect("answered");
    assert_eq!((code, &kept[4..]), (213, "100000"));
    assert_eq!(camera.store("DSC_1.JPG", &bytes), 226);
    // A word beside a transfer is answered behind it.
    let mut data = TcpStream::connect(camera.data_port().expect("a port")).expect("connected");
    assert_eq!(camera.tell("STOR DSC_2.JPG").expect("answered").0, 150);
    camera.control.get_mut().write_all(b"NOOP\r\n").expect("sent");
    let second = photo(2, 200_000);
    data.write_all(&second).expect("sent");
    drop(data);
    assert_eq!((camera.answer().expect("answered").0, camera.answer().expect("answered").0), (226, 200));
    let mut oracle = Oracle::default();
    oracle.closed(Path::new("DSC_1.JPG"), &bytes);
    oracle.closed(Path::new("DSC_2.JPG"), &second);
    server.viewer().wait_safe(2);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    assert!(server.stop().success());
}

/// Somebody on the way adds words to the camera's own; the camera goes on inside TLS.
const BEFORE_TLS: &str = "
import socket, ssl, sys
host, port, user, password = sys.argv[1:]
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
line = socket.create_connection((host, int(port)), timeout=60)
line.recv(4096)
line.sendall(f'AUTH TLS\\r\\nUSER {user}\\r\\nPASS {password}\\r\\n'.encode())
said = line.recv(4096)[:3].decode()
try:
    print(said, 'and', context.wrap_socket(line).recv(4096))
except OSError:
    print(said, 'and the end')
";

#[test]
fn what_is_said_before_tls_is_agreed_on_is_not_done_inside_it() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let login = Login::make(&folders, "Z9 of Budi");
    let at = address(&folders).expect("ready");
    let mut python = Command::new("python3");
    python.args(["-c", BEFORE_TLS, &at.ip().to_string(), &at.port().to_string(), &login.user, &login.password]);
    let output = python.output().expect("python3 is installed");
    assert_eq!(text(&output).trim(), "234 and the end", "{}", complaint(&output));
    let mut camera = Camera::sign_in(at, &login).expect("let in");
    for (command, wanted) in [("PBSZ 0", 503), ("PROT P", 503), ("AUTH TLS", 503), ("CCC", 534)] {
        assert_eq!(camera.tell(command).expect("answered").0, wanted, "{command}");
    }
    assert!(server.stop().success());
}

const IN_THE_CLEAR: &str = "
import ftplib, socket, ssl, sys
host, port, user, password = sys.argv[1:]
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
with ftplib.FTP_TLS(context=context) as ftp:
    ftp.connect(host, int(port), timeout=30)
    ftp.login(user, password)
    for passive in 'PASV', 'EPSV':
        for command in 'STOR DSC_0001.JPG', 'APPE DSC_0001.JPG', 'LIST', 'MLSD':
            ftp.sendcmd(passive)
            try:
                print('taken:', ftp.sendcmd(command))
            except ftplib.error_perm as error:
                print(error)
    try:
        print('taken:', ftp.sendcmd('PROT C'))
    except ftplib.error_perm as error:
        print(error)
";

#[test]
fn where_tls_is_required_no_file_and_no_list_goes_in_the_clear() {
    let folders = folders();
    let server = start(&folders, &[], &[("KILAT_FTP_TLS", "required")]);
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let mut python = Command::new("python3");
    python.args(["-c", IN_THE_CLEAR, &at.ip().to_string(), &at.port().to_string(), &login.user, &login.password]);
    let output = python.output().expect("python3 is installed");
    let said = text(&output);
    assert_eq!(said.matches("521 ").count(), 8, "{said}{}", complaint(&output));
    assert!(said.contains("534 ") && !said.contains("taken"), "{said}");
    let mut camera = Camera::connect(at).expect("connected");
    assert_eq!(camera.tell(&format!("USER {}", login.user)).expect("answered").0, 534);
    assert!(server.stop().success());
}

const STOCK: &str = "
import ftplib, ssl, sys
host, port, user, password, path, name = sys.argv[1:]
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
with ftplib.FTP_TLS(context=context) as ftp:
    ftp.connect(host, int(port), timeout=30)
    ftp.login(user, password)
    ftp.prot_p()
    print(ftp.storbinary('STOR ' + name, open(path, 'rb')))  # waits for the last word of TLS
    assert ftp.nlst() == [name], ftp.nlst()
";

fn by_tls(client: &str, folders: &Folders, login: &Login, path: &Path, name: &str) -> Output {
    let at = address(folders).expect("ready");
    let (host, port) = (at.ip().to_string(), at.port().to_string());
    let mut command = Command::new(client);
    if client == "lftp" {
        command.arg("-c").arg(format!(
            "set net:max-retries 1; set net:timeout 30; set cmd:fail-exit yes; set ssl:verify-certificate no; \
             set ftp:ssl-force yes; set ftp:ssl-protect-data yes; \
             open -u {},{} -p {port} {host}; put {} -o {name}; cls",
            login.user,
            login.password,
            path.display()
        ));
    } else {
        command.args(["-c", STOCK, &host, &port, &login.user, &login.password]).arg(path).arg(name);
    }
    command.env_remove("HOME").output().unwrap_or_else(|error| panic!("{client}: {error}; make test installs it"))
}

#[test]
fn stock_clients_of_ftps_hear_the_last_word_of_tls() {
    let folders = folders();
    let (certificate, key) = certificate(&folders);
    let server = start(&folders, &["--tls-cert", &certificate, "--tls-key", &key], &[("KILAT_FTP_TLS", "required")]);
    let login = Login::make(&folders, "Z9 of Budi");
    let mut oracle = Oracle::default();
    for (number, client) in ["python3", "lftp"].into_iter().enumerate() {
        let name = format!("DSC_{number}.JPG");
        let (path, bytes) = (folders.path().join(&name), photo(number as u64, 300_000));
        std::fs::write(&path, &bytes).expect("written");
        oracle.closed(&path, &bytes);
        let output = by_tls(client, &folders, &login, &path, &name);
        assert!(output.status.success(), "{client}: {}{}", text(&output), complaint(&output));
    }
    assert!(oracle.judge(&folders.data.join("intake/z9-of-budi")).expect("read").is_good());
    assert!(server.stop().success());
}
