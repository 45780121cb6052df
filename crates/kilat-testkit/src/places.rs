//! Real servers for destinations beyond disks: S3 (s3s-fs), WebDAV (rclone), SFTP (OpenSSH), each on a free port
//! of this machine and gone with its guard.
//!
//! `scripts/setup.sh` brings the programs; where one is missing, its test fails and says so.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use tempfile::TempDir;

use crate::NEVER;

/// The program of a server, from the search path or from where `scripts/setup.sh` puts it.
///
/// # Panics
/// When it is not there, with what to do.
#[must_use]
pub fn server_program(name: &str) -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    folders.push("/usr/sbin".into());
    // Beside this program, in the build folder.
    let this = std::env::current_exe().unwrap_or_default();
    for tools in this.ancestors().map(|folder| folder.join("tools")) {
        folders.extend(["s3s-fs/bin", "rclone/bin", "boto3/bin", "../ascmhl/bin"].map(|below| tools.join(below)));
    }
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: run scripts/servers.sh, or make test, once"))
}

/// A child that ends with its guard.
#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Ended by itself already: then there is nothing to end.
        self.0.kill().unwrap_or(());
        drop(self.0.wait());
    }
}

/// Starts a program and waits for the line that says where it answers: what stands after `before` up to a space,
/// a slash or the end.
fn start(command: &mut Command, before: &str) -> (Running, String) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let (said, lines) = sync_channel::<String>(64);
    let outputs: [Box<dyn Read + Send>; 2] =
        [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
    for output in outputs {
        let said = said.clone();
        // Reads to the end, so that the program never waits for whom nobody reads; lost lines lose nothing.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                said.try_send(line).unwrap_or(());
            }
        });
    }
    drop(said);
    let running = Running(child);
    let mut log = String::new();
    loop {
        match lines.recv_timeout(NEVER) {
            Ok(line) => {
                if let Some((_, after)) = line.split_once(before) {
                    let end = after.find([' ', '/', '"', '\u{1b}']).unwrap_or(after.len());
                    return (running, after[..end].to_owned());
                }
                log.push_str(&line);
                log.push('\n');
            }
            Err(_) => panic!("{command:?} did not start:\n{log}"),
        }
    }
}

/// A server that speaks S3, with one bucket.
#[derive(Debug)]
pub struct S3Server {
    _running: Running,
    /// Where it answers, for example `127.0.0.1:4711`.
    pub address: SocketAddr,
    /// Where it keeps its buckets.
    pub folder: PathBuf,
}

impl S3Server {
    /// Its bucket.
    pub const BUCKET: &'static str = "photos";
    /// Who may come in.
    pub const ACCESS_KEY_ID: &'static str = "KILATKEY";
    /// And by what.
    pub const SECRET_ACCESS_KEY: &'static str = "kilat-secret";

    /// Starts one that keeps its buckets in a folder.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        fs::create_dir_all(folder.join(Self::BUCKET)).expect("a folder for the bucket");
        let mut command = Command::new(server_program("s3s-fs"));
        command.args(["--host", "127.0.0.1", "--port", "0", "--access-key", Self::ACCESS_KEY_ID]);
        command.args(["--secret-key", Self::SECRET_ACCESS_KEY]).arg(folder);
        command.env("RUST_LOG", "info").env("NO_COLOR", "1");
        let (running, address) = start(&mut command, "server is running at http://");
        let address = address.parse().expect("an address");
        Self { _running: running, address, folder: folder.to_owned() }
    }

    /// Starts another make of it (rclone's), which takes bytes that do not fit their checksum, and knows no condition.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn careless(folder: &Path) -> Self {
        fs::create_dir_all(folder.join(Self::BUCKET)).expect("a folder for the bucket");
        let mut command = Command::new(server_program("rclone"));
        let keys = format!("{},{}", Self::ACCESS_KEY_ID, Self::SECRET_ACCESS_KEY);
        command.args(["serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", &keys]);
        command.args(["-v", "--config", "/dev/null"]).arg(folder);
        let (running, address) = start(&mut command, "http://");
        let address = address.parse().expect("an address");
        Self { _running: running, address, folder: folder.to_owned() }
    }

    /// The address of a prefix as a destination.
    #[must_use]
    pub fn url(&self, prefix: &str) -> String {
        s3_url(self.address, prefix)
    }
}

/// The address of a prefix in the bucket of the S3 server that answers there, or of a proxy before it.
#[must_use]
pub fn s3_url(address: SocketAddr, prefix: &str) -> String {
    format!("s3://{}/{prefix}?endpoint=http://{address}&region=us-east-1", S3Server::BUCKET)
}

/// A server that speaks WebDAV.
#[derive(Debug)]
pub struct WebDavServer {
    _running: Running,
    /// Where it answers.
    pub address: SocketAddr,
}

impl WebDavServer {
    /// Who may come in.
    pub const USER: &'static str = "kilat";
    /// And by what.
    pub const PASSWORD: &'static str = "kilat-secret";

    /// Starts one that serves a folder.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let mut command = Command::new(server_program("rclone"));
        command.args(["serve", "webdav", "--addr", "127.0.0.1:0", "--user", Self::USER, "--pass", Self::PASSWORD]);
        command.args(["-v", "--config", "/dev/null"]).arg(folder);
        let (running, address) = start(&mut command, "http://");
        Self { _running: running, address: address.parse().expect("an address") }
    }

    /// The address of a folder as a destination.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("webdav://{}/{path}", self.address)
    }
}

/// OpenSSH on a port of its own, with keys of its own, for the account that runs the tests.
#[derive(Debug)]
pub struct SshServer {
    /// Where it answers.
    pub address: SocketAddr,
    /// The private key that opens it, as text.
    pub key: String,
    keys: TempDir,
    is_over: Arc<AtomicBool>,
}

impl SshServer {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let keys = tempfile::tempdir().expect("a folder");
        let server = Self::listen(keys);
        make_key(&server.keys.path().join("host"));
        server
    }

    fn listen(keys: TempDir) -> Self {
        let program = server_program("sshd");
        let own = keys.path().to_owned();
        make_key(&own.join("client"));
        fs::rename(own.join("client.pub"), own.join("authorized")).expect("moved");
        let key = fs::read_to_string(own.join("client")).expect("a key");
        let config = format!(
            "HostKey {own}/host\nAuthorizedKeysFile {own}/authorized\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
             Subsystem sftp internal-sftp\n",
            own = own.display()
        );
        fs::write(own.join("config"), config).expect("written");
        // It leaves its rights behind in this folder, which the system's start scripts make elsewhere.
        fs::create_dir_all("/run/sshd").unwrap_or(());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        // One process for each connection, as inetd starts them: no port to guess.
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                serve(&program, &own, connection);
            }
        });
        Self { address, key, keys, is_over }
    }

    /// Gives it another host key, as a stranger in between would have.
    ///
    /// # Panics
    /// When no key can be made.
    pub fn change_host_key(&self) {
        let host = self.keys.path().join("host");
        fs::remove_file(&host).expect("it has one");
        make_key(&host);
    }

    /// The address of a folder as a destination.
    #[must_use]
    pub fn url(&self, folder: &Path) -> String {
        format!("sftp://{}@{}{}", user(), self.address, folder.display())
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the loop, which then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(program: &Path, own: &Path, connection: TcpStream) {
    let (input, output) = (OwnedFd::from(connection.try_clone().expect("a handle")), OwnedFd::from(connection));
    let mut command = Command::new(program);
    command.args(["-i", "-e", "-f"]).arg(own.join("config"));
    command.stdin(Stdio::from(input)).stdout(Stdio::from(output)).stderr(Stdio::null());
    let mut child = command.spawn().expect("sshd starts");
    drop(command);
    thread::spawn(move || drop(child.wait()));
}

fn make_key(at: &Path) {
    let mut command = Command::new(server_program("ssh-keygen"));
    let made = command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(at).stdin(Stdio::null()).status();
    assert!(made.is_ok_and(|status| status.success()), "ssh-keygen makes a key");
    fs::set_permissions(at, fs::Permissions::from_mode(0o600)).expect("its own");
}

/// The account that runs this.
fn user() -> String {
    let asked = Command::new("id").arg("-un").output().expect("id runs");
    String::from_utf8_lossy(&asked.stdout).trim().to_owned()
}
