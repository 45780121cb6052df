//! The tools that Kilat is compared with, as their documentation shows them.

use std::fs;
use std::path::Path;
use std::process::Command;

use kilat_testkit::S3Server;

use super::{Cost, cost_of, run, sync, tool};
use crate::Outcome;
use crate::stage::Stage;

/// The plain client library, four files at a time.
const BOTO3: &str = include_str!("../../peers/s3-upload.py");

/// A file to the folder in `$0`, and back.
const DD: &str = r#"set -e; to="$0/${1##*/}"
dd if="$1" of="$to" bs=2M oflag=direct conv=fsync status=none
dd if="$to" of=/dev/null bs=2M iflag=direct status=none"#;

/// What they copy, and where they may work.
#[derive(Debug)]
pub(crate) struct Rivals<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) work: &'a Path,
}

impl Rivals<'_> {
    /// Every round begins with the files in the page cache and the disk in sync.
    fn ready(&self) -> Outcome<()> {
        self.stage.warm()?;
        sync()
    }

    /// `cp -r`, then `sync`.
    pub(crate) fn cp(&self) -> Outcome<Cost> {
        let copies = self.work.join("copies");
        self.ready()?;
        let cost = cost_of(|| {
            run(Command::new("cp").arg("-r").arg(&self.stage.folder).arg(&copies))?;
            sync()
        })?;
        fs::remove_dir_all(&copies)?;
        Ok(cost)
    }

    /// The same bytes written and read back past the page cache by `dd`, four files at a time, nothing compared: what
    /// the disk alone takes for a copy that is looked at again.
    pub(crate) fn dd(&self) -> Outcome<Cost> {
        let copies = self.work.join("dd");
        fs::create_dir_all(&copies)?;
        self.ready()?;
        let names: String = self.stage.files.iter().map(|path| format!("{}\0", path.display())).collect();
        let list = self.work.join("dd.list");
        fs::write(&list, names)?;
        let cost = cost_of(|| {
            let mut xargs = Command::new("xargs");
            xargs.args(["-0", "-P4", "-n1", "sh", "-c", DD]).arg(&copies);
            run(xargs.stdin(fs::File::open(&list)?))
        })?;
        fs::remove_dir_all(&copies)?;
        Ok(cost)
    }

    /// `restic backup` into a new repository.
    pub(crate) fn restic(&self) -> Outcome<Cost> {
        let repository = self.work.join("repository");
        self.init(&repository)?;
        self.ready()?;
        let cost = self.restic_again(&repository)?;
        fs::remove_dir_all(&repository)?;
        Ok(cost)
    }

    /// A new repository.
    pub(crate) fn init(&self, repository: &Path) -> Outcome<()> {
        run(self.command(repository).arg("init"))
    }

    /// `restic backup` into this repository.
    pub(crate) fn restic_again(&self, repository: &Path) -> Outcome<Cost> {
        cost_of(|| run(self.command(repository).args(["backup", "--quiet"]).arg(&self.stage.folder)))
    }

    fn command(&self, repository: &Path) -> Command {
        let mut restic = tool("restic");
        restic.env("RESTIC_PASSWORD", "bench").env("RESTIC_REPOSITORY", repository);
        restic.env("RESTIC_CACHE_DIR", self.work.join("cache"));
        restic
    }

    /// `rclone copy` from disk to disk.
    pub(crate) fn rclone_disk(&self, to: &Path) -> Outcome<Cost> {
        cost_of(|| run(rclone().arg(&self.stage.folder).arg(to)))
    }

    /// `rclone copy` to an S3 server, with its defaults: four transfers.
    pub(crate) fn rclone_s3(&self, server: &S3Server) -> Outcome<Cost> {
        self.ready()?;
        let remote = format!(
            ":s3,provider=Other,endpoint='http://{}',access_key_id={},secret_access_key={},region=us-east-1,\
             force_path_style=true:{}/rclone",
            server.address,
            S3Server::ACCESS_KEY_ID,
            S3Server::SECRET_ACCESS_KEY,
            S3Server::BUCKET
        );
        cost_of(|| run(rclone().arg("--s3-no-check-bucket").arg(&self.stage.folder).arg(remote)))
    }

    /// The plain client library.
    pub(crate) fn boto3(&self, server: &S3Server) -> Outcome<Cost> {
        self.ready()?;
        let mut python = tool("boto3-python");
        python.args(["-c", BOTO3, &format!("http://{}", server.address), S3Server::BUCKET, "boto3"]);
        python.arg(&self.stage.folder);
        python.env("AWS_ACCESS_KEY_ID", S3Server::ACCESS_KEY_ID);
        python.env("AWS_SECRET_ACCESS_KEY", S3Server::SECRET_ACCESS_KEY);
        cost_of(|| run(&mut python))
    }
}

fn rclone() -> Command {
    let mut rclone = tool("rclone");
    rclone.args(["copy", "--quiet", "--config", "/dev/null"]);
    rclone
}
