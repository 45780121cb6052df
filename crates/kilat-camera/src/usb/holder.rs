//! Who has a camera that cannot be claimed: a program, found by the files that it has open, or the system's own driver.
//!
//! Works on roots that are passed in; the real ones are `/proc` and `/sys`. Programs of other users are only seen with
//! the right to: then the driver alone says that somebody has it.

use std::fs;
use std::path::Path;

use crate::names::clean;

/// Programs looked through: a busy desktop has a thousand.
const MAX_PROGRAMS: usize = 32_768;

/// Who has a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The program's name, as people would look for it.
    pub program: String,
    /// Its process; none where it cannot be seen.
    pub pid: Option<u32>,
    /// The one command, or what to do, that frees the camera.
    pub remedy: String,
}

impl Holder {
    /// For a message: `gvfsd-gphoto2 (pid 812)`.
    #[must_use]
    pub fn who(&self) -> String {
        match self.pid {
            Some(pid) => format!("{} (pid {pid})", self.program),
            None => self.program.clone(),
        }
    }
}

/// Who has the device of this address; none when nobody does, or nobody else than this process.
#[must_use]
pub fn who_holds(proc: &Path, sys: &Path, (bus, device): (u8, u8)) -> Option<Holder> {
    let node = format!("/dev/bus/usb/{bus:03}/{device:03}");
    let pids = numbers(proc).filter(|pid| !is_own(proc, *pid)).take(MAX_PROGRAMS);
    let mut holders: Vec<(u32, String)> = pids
        .filter(|pid| has_open(&proc.join(pid.to_string()).join("fd"), Path::new(&node)))
        .map(|pid| (pid, program(proc, pid)))
        .collect();
    // The one that is known to take cameras is named before one that only looks at the bus.
    holders.sort_by_key(|(pid, program)| (!is_known(program), *pid));
    if let Some((pid, program)) = holders.into_iter().next() {
        let remedy = remedy(&program, pid);
        return Some(Holder { program, pid: Some(pid), remedy });
    }
    driver(sys, (bus, device)).and_then(|driver| unseen(&driver))
}

/// Kilat's own process and those that it started.
fn is_own(proc: &Path, pid: u32) -> bool {
    let own = std::process::id();
    let status = || fs::read_to_string(proc.join(pid.to_string()).join("status")).ok();
    let parent = || status()?.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse::<u32>().ok());
    pid == own || parent() == Some(own)
}

fn numbers(folder: &Path) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether one of these links leads to the device. Folders of other users cannot be read: nothing is seen there.
fn has_open(fds: &Path, node: &Path) -> bool {
    let entries = fs::read_dir(fds).into_iter().flatten().flatten();
    entries.filter_map(|entry| fs::read_link(entry.path()).ok()).any(|target| target == node)
}

/// A program's name: of its command line, for the system cuts the other one at 15 characters.
fn program(proc: &Path, pid: u32) -> String {
    let own = proc.join(pid.to_string());
    let command = fs::read(own.join("cmdline")).unwrap_or_default();
    let first = command.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = first.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    clean(&String::from_utf8_lossy(name))
        .or_else(|| clean(&fs::read_to_string(own.join("comm")).unwrap_or_default()))
        .unwrap_or_else(|| "a program".to_owned())
}

fn is_known(program: &str) -> bool {
    program.starts_with("gvfs") || ["darktable", "shotwell", "digikam", "entangle", "gphoto2"].contains(&program)
}

fn remedy(program: &str, pid: u32) -> String {
    match program {
        "gvfsd-gphoto2" => "gio mount -s gphoto2".to_owned(),
        "gvfsd-mtp" => "gio mount -s mtp".to_owned(),
        "gvfs-gphoto2-volume-monitor" => "systemctl --user mask --now gvfs-gphoto2-volume-monitor".to_owned(),
        "gvfs-mtp-volume-monitor" => "systemctl --user mask --now gvfs-mtp-volume-monitor".to_owned(),
        _ => format!("close {program}, or kill {pid}"),
    }
}

/// The driver of the first interface that has one.
fn driver(sys: &Path, address: (u8, u8)) -> Option<String> {
    let devices = fs::read_dir(sys.join("bus/usb/devices")).ok()?.flatten();
    let device = devices.map(|entry| entry.path()).find(|path| {
        let number = |name: &str| fs::read_to_string(path.join(name)).ok()?.trim().parse::<u8>().ok();
        number("busnum") == Some(address.0) && number("devnum") == Some(address.1)
    })?;
    let mut interfaces = fs::read_dir(device).ok()?.flatten().map(|entry| entry.path());
    interfaces.find_map(|path| {
        let is_interface = path.file_name()?.to_str()?.contains(':');
        let driver = fs::read_link(path.join("driver")).ok().filter(|_| is_interface)?;
        Some(driver.file_name()?.to_string_lossy().into_owned())
    })
}

/// A holder whose process cannot be seen. Mass storage drivers hold what is a disk, as they should.
fn unseen(driver: &str) -> Option<Holder> {
    let remedy = match driver {
        "usbfs" => "sudo kilat doctor names it; programs that show or import photos are the usual ones",
        _ => return None,
    };
    Some(Holder { program: "another program".to_owned(), pid: None, remedy: remedy.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A made-up `/proc` and `/sys` with one camera at 1:7.
    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Self {
            let machine = Self(tempfile::tempdir().expect("a folder"));
            let device = machine.sys().join("bus/usb/devices/1-2");
            fs::create_dir_all(device.join("1-2:1.0")).expect("a device");
            fs::create_dir_all(machine.proc()).expect("a folder");
            fs::write(device.join("busnum"), "1\n").expect("a number");
            fs::write(device.join("devnum"), "7\n").expect("a number");
            machine
        }

        fn proc(&self) -> std::path::PathBuf {
            self.0.path().join("proc")
        }

        fn sys(&self) -> std::path::PathBuf {
            self.0.path().join("sys")
        }

        fn runs(&self, pid: u32, command: &str, opened: &str) {
            let own = self.proc().join(pid.to_string());
            fs::create_dir_all(own.join("fd")).expect("a process");
            fs::write(own.join("cmdline"), format!("{command}\0--x\0")).expect("a command");
            fs::write(own.join("comm"), "cut off").expect("a name");
            symlink(opened, own.join("fd/9")).expect("a file");
            symlink("/dev/null", own.join("fd/0")).expect("a file");
        }

        fn driven_by(&self, driver: &str) {
            let link = self.sys().join("bus/usb/devices/1-2/1-2:1.0/driver");
            symlink(format!("../../../../bus/usb/drivers/{driver}"), link).expect("a driver");
        }

        fn holder(&self) -> Option<Holder> {
            who_holds(&self.proc(), &self.sys(), (1, 7))
        }
    }

    const CAMERA: &str = "/dev/bus/usb/001/007";

    #[test]
    fn nobody_has_a_camera_that_is_free() {
        let machine = Machine::new();
        machine.runs(811, "/usr/libexec/gvfsd-gphoto2", "/dev/bus/usb/001/070");
        machine.driven_by("usb-storage");
        assert_eq!(machine.holder(), None);
        assert_eq!(who_holds(Path::new("/nowhere"), Path::new("/nowhere"), (1, 7)), None);
    }

    #[test]
    fn the_desktop_is_named_with_the_one_command_that_frees_the_camera() {
        let machine = Machine::new();
        machine.runs(700, "/usr/bin/some-monitor", CAMERA);
        machine.runs(812, "/usr/libexec/gvfsd-gphoto2", CAMERA);
        let holder = machine.holder().expect("somebody");
        assert_eq!(
            (holder.who().as_str(), holder.remedy.as_str()),
            ("gvfsd-gphoto2 (pid 812)", "gio mount -s gphoto2")
        );
        let machine = Machine::new();
        machine.runs(813, "/usr/libexec/gvfs-gphoto2-volume-monitor", CAMERA);
        let holder = machine.holder().expect("somebody");
        assert_eq!(holder.remedy, "systemctl --user mask --now gvfs-gphoto2-volume-monitor");
        let machine = Machine::new();
        machine.runs(814, "/opt/\u{1b}[2Jdark\u{202e}table", CAMERA);
        assert_eq!(machine.holder().expect("somebody").remedy, "close [2Jdarktable, or kill 814");
    }

    #[test]
    fn a_program_of_another_user_is_told_by_the_driver_alone_and_kilat_itself_is_nobody() {
        let machine = Machine::new();
        machine.runs(std::process::id(), "kilat", CAMERA);
        machine.runs(900, "kilat", CAMERA);
        fs::write(machine.proc().join("900/status"), format!("Name:\tkilat\nPPid:\t{}\n", std::process::id()))
            .expect("a parent");
        assert_eq!(machine.holder(), None);
        machine.driven_by("usbfs");
        let holder = machine.holder().expect("somebody");
        assert_eq!((holder.who().as_str(), holder.pid), ("another program", None));
    }
}
