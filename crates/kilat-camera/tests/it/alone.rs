//! A test in mount and network namespaces of its own: what it mounts and tells the system is gone with it.

use std::path::Path;
use std::process::Command;

/// Set for the run inside.
const MARK: &str = "KILAT_TEST_ALONE";

/// True inside. Outside, runs the test of this name again inside, judges that, and answers false.
pub(crate) fn is_alone(test: &str) -> bool {
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let program = std::env::current_exe().expect("this program");
    let run = Command::new("unshare")
        .args(["--mount", "--net", "--propagation", "private"])
        .arg(program)
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(MARK, "1")
        .output()
        .expect("unshare runs: it is in util-linux");
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    println!("{out}");
    assert!(
        run.status.success() && out.contains("1 passed"),
        "{test} in namespaces of its own: {}\n{out}\n{err}\n\
         This test makes up a bus and mounts: it needs the right to unshare(2) and mount(2). Run it as root.",
        run.status
    );
    false
}

/// A fresh file system in memory.
pub(crate) fn mount_tmpfs(at: &Path) {
    let status = Command::new("mount").args(["-t", "tmpfs", "kilat-test"]).arg(at).status().expect("mount runs");
    assert!(status.success(), "a tmpfs at {}", at.display());
}
