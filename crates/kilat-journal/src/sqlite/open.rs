//! Opens the file: created private, locked against a second process, migrated, identified.
//!
//! The lock file beside it is what makes leases in memory sound: one process owns the journal.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{IdSource, Offset};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::fail::Fail;
use super::identity;
use crate::JournalError;

/// Marks the file as Kilat's: "KLAT".
const APPLICATION_ID: u32 = 0x4b4c_4154;

/// Each brings the tables from version `n` to `n + 1`. A released one is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_log_and_tables.sql"),
    include_str!("migrations/0002_out_of_use.sql"),
    include_str!("migrations/0003_access.sql"),
    include_str!("migrations/0004_backups.sql"),
    include_str!("migrations/0005_places.sql"),
    include_str!("migrations/0006_samples.sql"),
    include_str!("migrations/0007_notices.sql"),
    include_str!("migrations/0008_scrubbed_lists.sql"),
    include_str!("migrations/0009_restores.sql"),
    include_str!("migrations/0010_cameras.sql"),
    include_str!("migrations/0011_older_frames.sql"),
];

/// Nobody but a backup tool can hold the file's locks: what takes longer than this is stuck.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Distinct statements of the writer and of the readers; more than there are, so none is prepared twice.
const STATEMENTS: usize = 128;

/// The writer's connection and what was read from the file at the start.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    pub(crate) lock: File,
    pub(crate) epoch: String,
    pub(crate) head: Offset,
}

/// Opens or creates the journal at `path`.
pub(crate) fn open(path: &Path, ids: &IdSource) -> Result<Opened, JournalError> {
    let failed = |source: io::Error| JournalError::Open { path: path.to_owned(), source: Arc::new(source) };
    let lock = private(&lock_path(path)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(JournalError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    // SQLite gives its -wal and -shm files the mode of the database, so it is made before SQLite sees it.
    private(path).and_then(|file| file.sync_all()).map_err(failed)?;
    sync_folder(path).map_err(failed)?;

    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let at = |error: rusqlite::Error| Fail::from(error).at(path);
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(at)?;
    let application: u32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(at)?;
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(at)?;
    if application != APPLICATION_ID && !is_empty(&connection).map_err(at)? {
        return Err(JournalError::Foreign { path: path.to_owned() });
    }
    if version > known {
        return Err(JournalError::Newer { path: path.to_owned(), found: version, known });
    }
    tune_writer(&connection).map_err(at)?;
    migrate(&mut connection, version, ids).map_err(at)?;

    let head = connection.query_row("SELECT COALESCE(MAX(offset), 0) FROM log", [], |row| row.get(0)).map_err(at)?;
    let head = Offset(head);
    let epoch = identity::epoch(&connection, path, (&lock, head), ids).map_err(at)?.map_err(failed)?;
    identity::note(&lock, &epoch, head).map_err(failed)?;
    Ok(Opened { connection, lock, epoch, head })
}

/// A connection with the settings that writer and readers share.
pub(super) fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "trusted_schema", false)?;
    // Plans do not depend on bound values, or SQLite prepares statements on partial indexes anew at each run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn tune_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // NORMAL loses every recent commit in a power cut, and an answer here is a promise.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What was removed is overwritten with zeros: sealed secrets, tokens.
    connection.pragma_update(None, "secure_delete", true)?;
    // What a savepoint keeps to undo one command is small, and a file for it is two writes per page.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // 2,000 pages are 8 MB: long enough to spread a checkpoint's two fsyncs over thousands of
    // commits, short enough for a fast start after a crash.
    connection.pragma_update(None, "wal_autocheckpoint", 2_000)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // KiB: the hot ends of all indexes of an event with 100,000 photos.
    connection.pragma_update(None, "cache_size", -16_384)
}

fn migrate(connection: &mut Connection, version: u32, ids: &IdSource) -> rusqlite::Result<()> {
    for (from, sql) in (0_u32..).zip(MIGRATIONS).filter(|(from, _)| *from >= version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        if from == 0 {
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            let epoch = ids.event();
            transaction.execute("INSERT INTO meta (name, value) VALUES ('epoch', ?1)", [epoch.as_str()])?;
        }
        transaction.pragma_update(None, "user_version", from + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT COUNT(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Without it a power cut could take the new file's name away, with everything in it.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
