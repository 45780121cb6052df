//! Lists the dashboard's files for the binary, where `web/` was built before: name, the bytes, the same as gzip and Brotli.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let home = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("no manifest folder")?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no output folder")?);
    let mut code = String::new();
    // Always there, with nothing but a mark in it where nobody built it; a folder that is missing would make every
    // build a new one.
    dashboard(&home.join("../../web/apps/dashboard/dist"), &out, &mut code)?;
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}

/// Copied first: a build of `web/` beside this one takes its files away.
fn dashboard(folder: &Path, out: &Path, code: &mut String) -> Done<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let page = folder.join("index.html");
    let is_built = page.exists();
    code.push_str("/// The dashboard's page, where it was built.\n");
    let page = if is_built { format!("Some(include_str!({:?}))", kept(&page, out)?) } else { "None".to_owned() };
    writeln!(code, "static PAGE: Option<&str> = {page};")?;
    code.push_str("/// Its files, whose names change with their content.\nstatic FILES: &[File] = &[\n");
    if is_built {
        for path in files(&folder.join("assets"), &["js", "css", "svg", "png", "txt", "webmanifest"])? {
            let packed = |ending: &str| {
                let packed = path.with_file_name(format!("{}.{ending}", name(&path)?));
                Done::Ok(match packed.exists() {
                    true => format!("Some(include_bytes!({:?}))", kept(&packed, out)?),
                    false => "None".to_owned(),
                })
            };
            let (gzip, brotli) = (packed("gz")?, packed("br")?);
            let plain = format!("include_bytes!({:?})", kept(&path, out)?);
            writeln!(code, "    File {{ name: {:?}, plain: {plain}, gzip: {gzip}, brotli: {brotli} }},", name(&path)?)?;
        }
    }
    code.push_str("];\n");
    Ok(())
}

/// A copy among what this build makes.
fn kept(path: &Path, out: &Path) -> Done<PathBuf> {
    let copy = out.join(name(path)?);
    fs::write(&copy, fs::read(path)?)?;
    Ok(copy)
}

/// The folder's files of these kinds, in order.
fn files(folder: &Path, kinds: &[&str]) -> Done<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| kinds.contains(&kind)));
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> Done<&str> {
    Ok(path.file_name().and_then(|name| name.to_str()).ok_or("a file name that is no UTF-8")?)
}
