//! Kilat with an event of the stage's photos, which is backed up again and again to new places.

use std::fs;
use std::time::Instant;

use kilat_testkit::{Folders, S3Server, Server, Viewer};
use serde_json::{Value, json};

use super::{Cost, sync};
use crate::report::Met;
use crate::stage::Stage;
use crate::{Outcome, Row, Setup, process};

const BACKUP: &str = "/api/admin/events/wedding/backup";
/// What is asked, in megabytes.
const MOST_MEMORY: f64 = 150.0;

/// The server and its event.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    stage: &'a Stage,
    folders: Folders,
    server: Server,
    viewer: Viewer,
}

impl<'a> Subject<'a> {
    /// Starts it and waits until the stage's photos are filed and proven at its own destination.
    pub(crate) fn start(setup: &Setup, stage: &'a Stage) -> Outcome<Self> {
        let folders = Folders::below(&setup.folder)?;
        let server = Server::start(&setup.kilat, &folders);
        let viewer = server.viewer();
        for path in &stage.files {
            fs::write(folders.hot.join(path.file_name().unwrap_or_default()), fs::read(path)?)?;
        }
        viewer.wait_safe(stage.files.len() as u64);
        Ok(Self { stage, folders, server, viewer })
    }

    /// The event to a new folder.
    pub(crate) fn to_disk(&self, round: usize) -> Outcome<Cost> {
        let shelf = self.folders.path().join(format!("shelf-{round}"));
        let name = format!("shelf-{round}");
        self.add(&json!({ "name": name, "url": shelf, "kind": "backup" }))?;
        let cost = self.backup(&name)?;
        self.judge(&shelf)?;
        self.remove(&name)?;
        fs::remove_dir_all(&shelf)?;
        Ok(cost)
    }

    /// The event to a new prefix.
    pub(crate) fn to_s3(&self, round: usize, server: &S3Server) -> Outcome<Cost> {
        let name = format!("cloud-{round}");
        let secrets = json!({
            "access_key_id": S3Server::ACCESS_KEY_ID, "secret_access_key": S3Server::SECRET_ACCESS_KEY
        });
        self.add(&json!({ "name": name, "url": server.url("kilat"), "kind": "backup", "secrets": secrets }))?;
        let cost = self.backup(&name)?;
        self.judge(&server.folder.join(S3Server::BUCKET).join("kilat"))?;
        self.remove(&name)?;
        Ok(cost)
    }

    /// One run, from the request until it is completed: copied, read back, compared, listed.
    pub(crate) fn backup(&self, destination: &str) -> Outcome<Cost> {
        self.stage.warm()?;
        sync()?;
        let (begun, cpu) = (Instant::now(), process::cpu(self.server.pid())?);
        let (status, answer) = self.server.call("POST", BACKUP, Some(&json!({ "destinations": [destination] })));
        let id = answer["data"]["backupId"].as_str().ok_or_else(|| format!("{status}: {answer}"))?;
        let run = self.viewer.wait(|heard| {
            let runs = (heard.kind() == "backup_status").then(|| heard.payload().as_array()).flatten()?;
            let is_over =
                |run: &&Value| run["backupId"] == id && (run["phase"] == "completed" || run["phase"] == "failed");
            runs.iter().find(is_over).cloned()
        });
        let cost = Cost { wall: begun.elapsed(), cpu: process::cpu(self.server.pid())?.saturating_sub(cpu) };
        if run["phase"] != "completed" {
            return Err(format!("the backup failed: {run}\n{}", self.folders.log()).into());
        }
        Ok(cost)
    }

    pub(crate) fn add(&self, destination: &Value) -> Outcome<()> {
        let (status, answer) = self.server.call("POST", "/api/admin/destinations", Some(destination));
        if status == 201 { Ok(()) } else { Err(format!("{status}: {answer}").into()) }
    }

    fn remove(&self, name: &str) -> Outcome<()> {
        let (status, answer) = self.server.call("DELETE", &format!("/api/admin/destinations/{name}"), None);
        if status == 200 { Ok(()) } else { Err(format!("{status}: {answer}").into()) }
    }

    /// Where it may put what it backs up.
    pub(crate) fn folder(&self, name: &str) -> std::path::PathBuf {
        self.folders.path().join(name)
    }

    fn judge(&self, folder: &std::path::Path) -> Outcome<()> {
        let verdict = self.stage.oracle.judge(folder)?;
        if verdict.is_good() { Ok(()) } else { Err(format!("the copies are wrong: {verdict:?}").into()) }
    }

    /// What the server needed at most, all this time.
    pub(crate) fn memory(&self, what: &str) -> Outcome<Row> {
        let (_, most) = process::memory(self.server.pid())?;
        let megabytes = most as f64 / 1e6;
        Ok(Row {
            what: format!("memory at the peak (VmHWM), {what}"),
            kilat: format!("{megabytes:.1} MB"),
            rival: "–".to_owned(),
            ratio: None,
            target: Some((format!("≤ {MOST_MEMORY} MB"), Met::of(megabytes <= MOST_MEMORY))),
        })
    }
}
