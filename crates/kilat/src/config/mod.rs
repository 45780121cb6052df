//! Settings: read once at the start from flags, the environment, `.env` and `kilat.toml`, in that order.
//!
//! The only place that reads files and environment for settings. What leaves here is checked; an
//! error names the setting, where it came from and what to do.

mod access;
mod address;
mod backup;
mod cameras;
mod destinations;
mod file;
mod ftp;
mod network;
mod notify;
mod origin;
mod tether;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(crate) use access::Door;
use address::{is_loopback, with_port};
use backup::Backup;
use cameras::Cameras;
pub(crate) use destinations::{Wanted, environment_secret, named_id};
use file::FileSettings;
pub(crate) use file::Poll;
pub(crate) use ftp::Ftp;
use network::Network;
pub(crate) use notify::Notifications;
pub(crate) use origin::{Origin, Sourced};

use crate::fail::{Code, Exit, Fail};

/// Largest file that is filed unless the settings say otherwise: a long 8K clip.
const DEFAULT_MAX_FILE_MB: u64 = 64 * 1024;
/// Copies at once to one destination: two keep a disk busy while one is being read back.
const DEFAULT_PARALLEL: usize = 4;
/// More than this many at once only makes a disk seek.
const MAX_PARALLEL: usize = 32;

/// What the intake leaves free: the journal goes on, and somebody can still sign in and see why.
const DEFAULT_KEEP_FREE_MB: u64 = 1_000;

/// What the command line may say.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Flags {
    /// Folder of Kilat's own data (journal, previews)
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    /// Settings file; kilat.toml in the data folder or here by default
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Say nothing but results and errors
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// No colours, also in a terminal; NO_COLOR does the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// What `kilat serve` may say beside that.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ServeFlags {
    /// The event that new photos belong to; made when there is none of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) event: Option<String>,
    /// A hot folder; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) watch: Vec<PathBuf>,
    /// A destination; may be given several times
    #[arg(long, value_name = "URL")]
    pub(crate) to: Vec<String>,
    /// A camera on the network to pull photos from, as ptpip:HOST or ptpip:HOST:PORT; may be given several times
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "")]
    pub(crate) tether: Vec<String>,
    /// Where the dashboard and the HTTP calls answer
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// Where the WebSocket answers
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) ws_listen: Option<String>,
    /// Where cameras send to by FTP; off by default
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) ftp_listen: Option<String>,
    /// Answer beyond this machine without TLS: only on a network that you trust
    #[arg(long)]
    pub(crate) allow_lan: bool,
    /// The certificate, with those above it, in PEM: the server answers with TLS
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// What callers on this machine may do without signing in: none, viewer, operator
    #[arg(long, value_name = "ROLE")]
    pub(crate) anonymous: Option<String>,
}

/// All settings, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) data: Sourced<PathBuf>,
    pub(crate) event: Sourced<Option<String>>,
    pub(crate) watch: Sourced<Vec<PathBuf>>,
    pub(crate) to: Sourced<Vec<Wanted>>,
    pub(crate) destinations: Sourced<Vec<Wanted>>,
    pub(crate) tether: Sourced<Vec<String>>,
    pub(crate) listen: Sourced<SocketAddr>,
    pub(crate) ws_listen: Sourced<SocketAddr>,
    pub(crate) allow_lan: Sourced<bool>,
    pub(crate) door: Door,
    pub(crate) upload_raw: Sourced<bool>,
    pub(crate) upload_video: Sourced<bool>,
    pub(crate) max_file_mb: Sourced<u64>,
    pub(crate) parallel: Sourced<usize>,
    pub(crate) poll: Sourced<Poll>,
    pub(crate) keep_free_mb: Sourced<u64>,
    pub(crate) log: Sourced<String>,
    pub(crate) backup: Backup,
    pub(crate) ftp: Ftp,
    pub(crate) cameras: Cameras,
    pub(crate) network: Network,
    pub(crate) notifications: Notifications,
    /// Whether a terminal may be given colours.
    pub(crate) has_colours: bool,
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// Names the first setting that cannot be, and the remedy.
    pub(crate) fn load(flags: &Flags, serve: &ServeFlags) -> Result<Self, Fail> {
        load_dotenv()?;
        Self::from_parts(flags, serve, &|name| env(name))
    }

    fn from_parts(
        flags: &Flags,
        serve: &ServeFlags,
        env: &dyn Fn(&str) -> Result<Option<String>, Fail>,
    ) -> Result<Self, Fail> {
        let env_data = env("KILAT_DATA")?.map(PathBuf::from);
        let early_data = flags.data.clone().or_else(|| env_data.clone());
        let (path, file) = FileSettings::find(flags.config.as_deref(), early_data.as_deref())?;
        let from = |key: &'static str| Origin::File(path.clone(), key);
        let pick = origin::Picker { env };

        let data = pick.any(flags.data.clone(), "--data", env_data, "KILAT_DATA", file.data.clone(), from("data"));
        let data = data.or_default(|| PathBuf::from("data"));
        let event =
            pick.text(serve.event.clone(), "--event", "KILAT_EVENT", file.event.clone(), from("event"))?.optional();
        let watch_env = env("KILAT_WATCH")?.map(|list| split_paths(&list));
        let watch =
            pick.any(some_list(&serve.watch), "--watch", watch_env, "KILAT_WATCH", file.watch.clone(), from("watch"));
        let watch = watch.or_default(|| vec![data.value.join("hot")]);
        let to_env = env("KILAT_TO")?.map(|list| split_texts(&list));
        let to = pick.any(some_list(&serve.to), "--to", to_env, "KILAT_TO", file.to.clone(), from("to"));
        let to = to.or_default(|| vec![data.value.join("photos").to_string_lossy().into_owned()]);
        let to = to.try_map("to", |list| list.iter().map(|text| destinations::listed(text)).collect())?;
        let named = pick.any(None, "", None, "", file.destination.clone(), from("destination"));
        let named = named.or_default(Vec::new).try_map("destination", |list| destinations::named(list))?;
        let tether = tether::load(&serve.tether, file.tether.clone(), &pick, &from)?;

        let listen =
            pick.text(serve.listen.clone(), "--listen", "KILAT_LISTEN", file.listen.clone(), from("listen"))?;
        let listen = with_port("listen", listen, env("KILAT_WEB_PORT")?, "KILAT_WEB_PORT", 3000)?;
        let ws_listen = pick.text(
            serve.ws_listen.clone(),
            "--ws-listen",
            "KILAT_WS_LISTEN",
            file.ws_listen.clone(),
            from("ws_listen"),
        )?;
        let ws_listen = with_port("ws_listen", ws_listen, env("WS_PORT")?, "WS_PORT", 3001)?;
        let allow_lan = pick.flag(
            serve.allow_lan.then_some(true),
            "--allow-lan",
            "KILAT_ALLOW_LAN",
            file.allow_lan,
            from("allow_lan"),
        )?;

        let in_file = access::InFile {
            access: file.access.clone().unwrap_or_default(),
            limits: file.limits.clone().unwrap_or_default(),
            tls_cert: file.tls_cert.clone(),
            tls_key: file.tls_key.clone(),
        };
        let door = Door::load(serve, in_file, &pick, &from)?;

        let ftp = Ftp::load(serve, file.ftp.clone().unwrap_or_default(), &pick, &from)?;
        let backup = Backup::load(file.backup.clone().unwrap_or_default(), &pick, &from)?;
        let cameras = Cameras::load(file.cameras.clone().unwrap_or_default(), &pick, &from)?;
        let network = Network::load(file.network.clone().unwrap_or_default(), &pick, &from)?;
        let in_file = file.notifications.clone().unwrap_or_default();
        let notifications = Notifications::load(file.notify.clone(), in_file, &pick, &from)?;
        let upload = file.upload.clone().unwrap_or_default();
        let config = Self {
            event,
            upload_raw: pick.flag(None, "", "KILAT_UPLOAD_RAW", upload.raw, from("upload.raw"))?.or_default(|| true),
            upload_video: pick
                .flag(None, "", "KILAT_UPLOAD_VIDEO", upload.video, from("upload.video"))?
                .or_default(|| true),
            max_file_mb: pick
                .number(None, "", "KILAT_MAX_FILE_MB", upload.max_file_mb, from("upload.max_file_mb"))?
                .or_default(|| DEFAULT_MAX_FILE_MB),
            parallel: pick
                .number(None, "", "KILAT_PARALLEL", upload.parallel, from("upload.parallel"))?
                .or_default(|| DEFAULT_PARALLEL as u64)
                .try_map("upload.parallel", |n| parallel(*n))?,
            poll: pick
                .any(None, "", None, "", file.ingest.as_ref().and_then(|ingest| ingest.poll), from("ingest.poll"))
                .or_default(|| Poll::Auto),
            keep_free_mb: pick
                .number(
                    None,
                    "",
                    "KILAT_KEEP_FREE_MB",
                    file.ingest.as_ref().and_then(|ingest| ingest.keep_free_mb),
                    from("ingest.keep_free_mb"),
                )?
                .or_default(|| DEFAULT_KEEP_FREE_MB),
            log: pick
                .text(None, "", "KILAT_LOG", file.log, from("log"))?
                .or_default(|| if flags.quiet { "warn" } else { "info" }.to_owned()),
            // https://no-color.org: whatever it says, as long as it says something.
            has_colours: !flags.no_color && env("NO_COLOR")?.is_none(),
            allow_lan: allow_lan.or_default(|| false),
            door,
            backup,
            ftp,
            cameras,
            network,
            notifications,
            data,
            watch,
            to,
            destinations: named,
            tether,
            listen,
            ws_listen,
        };
        config.check()?;
        Ok(config)
    }

    /// What commands present, and what `serve` lets in as an admin of that process.
    pub(crate) fn token() -> Result<Option<String>, Fail> {
        env("KILAT_TOKEN")
    }

    /// Name, value as `kilat.toml` would hold it, and origin of every setting.
    pub(crate) fn rows(&self) -> Vec<(&'static str, String, String)> {
        fn row<T>(
            name: &'static str,
            setting: &Sourced<T>,
            show: impl Fn(&T) -> String,
        ) -> (&'static str, String, String) {
            (name, show(&setting.value), setting.origin.to_string())
        }
        let paths = |list: &Vec<PathBuf>| format!("{list:?}");
        let places = |list: &Vec<Wanted>| format!("{:?}", list.iter().map(|wanted| &wanted.root).collect::<Vec<_>>());
        let mut rows = vec![
            row("data", &self.data, |path| format!("{path:?}")),
            row("event", &self.event, |name| format!("{:?}", name.as_deref().unwrap_or(""))),
            row("watch", &self.watch, paths),
            row("to", &self.to, places),
            row("destination", &self.destinations, places),
            row("tether", &self.tether, |list| format!("{list:?}")),
            row("listen", &self.listen, |address| format!("\"{address}\"")),
            row("ws_listen", &self.ws_listen, |address| format!("\"{address}\"")),
            row("allow_lan", &self.allow_lan, bool::to_string),
            row("upload.raw", &self.upload_raw, bool::to_string),
            row("upload.video", &self.upload_video, bool::to_string),
            row("upload.max_file_mb", &self.max_file_mb, u64::to_string),
            row("upload.parallel", &self.parallel, usize::to_string),
            row("ingest.poll", &self.poll, |poll| format!("{poll:?}").to_lowercase()),
            row("ingest.keep_free_mb", &self.keep_free_mb, u64::to_string),
            row("log", &self.log, |filter| format!("{filter:?}")),
        ];
        rows.extend(self.backup.rows());
        rows.extend(self.ftp.rows());
        rows.extend(self.cameras.rows());
        rows.extend(self.network.rows());
        rows.extend(self.notifications.rows());
        rows.extend(self.door.rows());
        rows
    }

    /// Every destination that the settings name.
    pub(crate) fn wanted(&self) -> Vec<Wanted> {
        self.to.value.iter().chain(&self.destinations.value).cloned().collect()
    }

    fn check(&self) -> Result<(), Fail> {
        let wanted = self.wanted();
        destinations::check(&wanted)?;
        for (name, listen) in [("listen", &self.listen), ("ws_listen", &self.ws_listen)] {
            if !is_loopback(listen.value.ip()) && !self.allow_lan.value && !self.door.is_tls() {
                return Err(Fail::new(
                    Code::OpenDoor,
                    format!(
                        "{name} = {} ({}) would send photos and passwords over the network in the clear",
                        listen.value, listen.origin
                    ),
                    "use TLS (--tls-cert, --tls-key), or allow it on a network that you trust: --allow-lan",
                )
                .exit(Exit::WrongUse));
            }
        }
        self.ftp.check(self.allow_lan.value)?;
        for watch in &self.watch.value {
            let inside = |folder: &Path| absolute(folder).starts_with(absolute(watch));
            let folders = wanted.iter().filter_map(Wanted::folder).map(|folder| ("destination", folder, "--to"));
            for (what, folder, flag) in folders.chain([("data folder", self.data.value.as_path(), "--data")]) {
                if inside(folder) {
                    return Err(Fail::setting(
                        format!(
                            "the {what} {} lies inside the hot folder {}: what Kilat writes there would arrive again",
                            folder.display(),
                            watch.display()
                        ),
                        format!("put one of them elsewhere ({flag}, --watch)"),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The path from the root on, as far as that can be told without the folder being there.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn parallel(n: u64) -> Result<usize, Fail> {
    match usize::try_from(n) {
        Ok(n) if (1..=MAX_PARALLEL).contains(&n) => Ok(n),
        _ => Err(Fail::setting(format!("upload.parallel = {n} cannot be"), format!("use 1 to {MAX_PARALLEL}"))),
    }
}

fn some_list<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

fn split_paths(list: &str) -> Vec<PathBuf> {
    list.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect()
}

fn split_texts(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn env(name: &str) -> Result<Option<String>, Fail> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Fail::setting(format!("{name} is not UTF-8 text"), "set it again, or unset it"))
        }
    }
}

/// Reads `.env` beside the working folder; what the environment already has stays.
fn load_dotenv() -> Result<(), Fail> {
    if !Path::new(".env").exists() {
        return Ok(());
    }
    dotenvy::from_filename(".env").map(|_| ()).map_err(|error| {
        Fail::setting(format!("cannot read .env: {error}"), "each line is NAME=value; compare with .env.example")
    })
}

#[cfg(test)]
mod tests;
