//! An event of one round: its photos, known to the oracle, and the server that is killed and started again.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kilat_testkit::{Folders, Heard, Oracle, Server, Verdict, Viewer};
use serde_json::{Value, json};

use crate::Outcome;
use crate::stage::Studio;
use crate::torture::{Ordeal, Tally};

/// Calls of one event.
const EVENT: &str = "/api/admin/events/wedding/backup";
/// Times that a run is waited for as long as a test waits at most: lies cost it time.
const PATIENCE: u32 = 5;

/// Photos, and where they go.
pub(super) struct Event {
    pub(super) kilat: PathBuf,
    pub(super) folders: Folders,
    pub(super) oracle: Oracle,
    /// By name, as they were written.
    pub(super) photos: BTreeMap<String, Vec<u8>>,
    studio: Studio,
}

impl Event {
    /// An event with these settings and no photo yet.
    pub(super) fn new(ordeal: &Ordeal<'_>, settings: &str) -> Outcome<Self> {
        let folders = Folders::below(&ordeal.folder)?;
        fs::create_dir_all(&folders.data)?;
        fs::write(folders.data.join("kilat.toml"), settings)?;
        let (oracle, photos, studio) = (Oracle::default(), BTreeMap::new(), Studio::open()?);
        Ok(Self { kilat: ordeal.kilat.clone(), folders, oracle, photos, studio })
    }

    /// Writes so many photos with a length in this range into the hot folder.
    pub(super) fn shoot(&mut self, count: usize, sizes: Range<usize>) -> Outcome<()> {
        for _ in 0..count {
            let (name, bytes) = (format!("DSC_{:04}.JPG", self.photos.len() + 1), self.studio.frame(sizes.clone()));
            self.write(&name, bytes)?;
        }
        Ok(())
    }

    /// Writes a file into the hot folder.
    pub(super) fn write(&mut self, name: &str, bytes: Vec<u8>) -> Outcome<()> {
        let path = self.folders.hot.join(name);
        fs::write(&path, &bytes)?;
        self.oracle.closed(&path, &bytes);
        self.photos.insert(name.to_owned(), bytes);
        Ok(())
    }

    /// Other bytes than those of any photo so far.
    pub(super) fn frame(&mut self, sizes: Range<usize>) -> Vec<u8> {
        self.studio.frame(sizes)
    }

    pub(super) fn start(&self) -> Server {
        Server::start(&self.kilat, &self.folders)
    }

    /// Waits until every photo is filed and uploaded.
    pub(super) fn wait_safe(&self, server: &Server) {
        server.viewer().wait_safe(self.oracle.count());
    }

    /// `kilat` with these arguments on the event's data.
    pub(super) fn kilat<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(&self.kilat);
        command.current_dir(self.folders.path()).env_clear().arg("--data").arg(&self.folders.data).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Adds a backup destination while the server runs.
    pub(super) fn add(&self, name: &str, url: &str, secrets: &str) -> Outcome<()> {
        let mut command = self.kilat(&["destination", "add", name, url, "--kind", "backup"]);
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(secrets.as_bytes())?;
        }
        let added = child.wait_with_output()?;
        if added.status.success() { Ok(()) } else { Err(format!("{name} was not added: {}", said(&added)).into()) }
    }

    /// Counts what is wrong, and says it.
    pub(super) fn note(&self, ordeal: &Ordeal<'_>, tally: &mut Tally, verdict: &Verdict) {
        tally.add(verdict);
        if !verdict.is_good() {
            (ordeal.say)(&format!("WRONG {verdict:#?}\n{}", tail(&self.folders.log())));
        }
    }
}

/// Everything that a command said.
pub(super) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The end of a log.
fn tail(log: &str) -> &str {
    const MOST: usize = 8_000;
    let from = log.len().saturating_sub(MOST);
    log.get(log.ceil_char_boundary(from)..).unwrap_or_default()
}

/// Asks for a run of this kind at all backup destinations; answers the id of the first.
pub(super) fn ask(server: &Server, kind: &str) -> Outcome<String> {
    let (status, answer) = server.call("POST", EVENT, Some(&json!({ "kind": kind })));
    let id = answer["data"]["backupId"].as_str().filter(|_| status == 202);
    Ok(id.ok_or_else(|| format!("no backup was begun: {status} {answer}"))?.to_owned())
}

/// A run as it is now.
pub(super) fn state(server: &Server, id: &str) -> Value {
    server.get(&format!("{EVENT}?backupId={id}"))["data"].clone()
}

/// Whether a run has not ended.
pub(super) fn is_going(server: &Server, id: &str) -> bool {
    state(server, id)["endTime"].is_null()
}

/// Waits for the end of a run, however it ends.
pub(super) fn wait_end(viewer: &Viewer, id: &str) -> Value {
    viewer.wait(|heard: &Heard| ended(heard, id))
}

/// The same, for a run that may take longer.
pub(super) fn wait_end_patiently(server: &Server, id: &str) -> Outcome<Value> {
    for _ in 0..PATIENCE {
        // Each viewer is told how all runs stand when it comes.
        if let Some(run) = server.viewer().try_wait(&mut |heard: &Heard| ended(heard, id)) {
            return Ok(run);
        }
    }
    Err(format!("a backup never ended: {}", state(server, id)).into())
}

/// A run as it ended, where this tells of it.
pub(super) fn ended(heard: &Heard, id: &str) -> Option<Value> {
    let runs = heard.payload().as_array().filter(|_| heard.kind() == "backup_status")?;
    runs.iter().find(|run| run["backupId"] == id && run["endTime"].is_string()).cloned()
}

/// Every file below a folder, past what begins with a dot.
pub(super) fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    Ok(files)
}
