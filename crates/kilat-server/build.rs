//! Lists the page's files for the binary: name, a tag of the content, the bytes.

use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let ui = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("no manifest folder")?).join("ui");
    println!("cargo:rerun-if-changed={}", ui.display());
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&ui)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.retain(|path| {
        let kind = path.extension().and_then(|ext| ext.to_str()).unwrap_or("");
        ["js", "css", "svg", "webmanifest", "png"].contains(&kind)
    });
    files.sort();
    let mut code = String::from(
        "/// Name, tag and bytes of every file of the page.\nstatic ASSETS: &[(&str, &str, &[u8])] = &[\n",
    );
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a file name that is no UTF-8")?;
        let mut hasher = DefaultHasher::new();
        std::fs::read(&path)?.hash(&mut hasher);
        writeln!(code, "    ({name:?}, \"\\\"{:016x}\\\"\", include_bytes!({path:?})),", hasher.finish())?;
    }
    code.push_str("];\n");
    std::fs::write(PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no output folder")?).join("assets.rs"), code)?;
    Ok(())
}
