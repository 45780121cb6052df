//! What every test needs: the program, folders, pictures.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use kilat_demo::{Body, Darkroom, Frame, jpeg};
use kilat_testkit::Folders;

/// The program under test.
pub(crate) fn kilat() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_kilat"))
}

/// New folders.
pub(crate) fn folders() -> Folders {
    Folders::new().expect("folders")
}

/// A whole JPEG of at least so many bytes that differs from that of every other number.
pub(crate) fn photo(number: u64, size_bytes: usize) -> Vec<u8> {
    // Drawn once: that takes longer than all the rest.
    static DARKROOM: LazyLock<Darkroom> = LazyLock::new(|| Darkroom::with(1, 1).expect("a picture"));
    let taken = jiff::civil::date(2026, 11, 21).at(16, 4, 5, 0);
    jpeg(&DARKROOM, &Frame { body: Body::A, number, taken, orientation: 1, size_bytes: Some(size_bytes) })
}

/// Runs a command against a data folder.
pub(crate) fn run(folders: &Folders, arguments: &[&str]) -> Output {
    let mut command = Command::new(kilat());
    command.current_dir(folders.path()).env_clear().arg("--data").arg(&folders.data).args(arguments);
    command.output().expect("it runs")
}

/// The same with this on its standard input.
pub(crate) fn pipe(folders: &Folders, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(kilat());
    command.current_dir(folders.path()).env_clear().arg("--data").arg(&folders.data).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that ends before it has read all is judged by its end.
    stdin.write_all(input.as_bytes()).unwrap_or(());
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// What it wrote to standard output.
pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What it wrote to standard error.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// How many photos stand below a folder that somebody is filling.
pub(crate) fn standing(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: PathBuf| {
        let is_photo = path.extension().is_some_and(|extension| extension == "JPG");
        if is_photo { 1 } else { standing(&path) }
    };
    entries.map_while(Result::ok).map(|entry| count(entry.path())).sum()
}
