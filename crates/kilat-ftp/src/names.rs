//! Names as clients send them: of any depth, any origin, and no trust.

use std::path::{Component, Path, PathBuf};

use kilat_core::PhotoKind;

/// Longer paths are nobody's: a client that goes one folder deeper without end is stopped here.
pub(crate) const MAX_PATH_BYTES: usize = 1_024;

/// Where a path leads in the virtual tree: no `.`, no `..`, never above the root.
pub(crate) fn whole(path: &Path) -> PathBuf {
    let mut whole = PathBuf::from("/");
    for level in path.components() {
        match level {
            Component::Normal(name) => whole.push(name),
            Component::ParentDir => {
                whole.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    whole
}

/// A file's name without folders, also those of Windows.
pub(crate) fn name_of(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.rsplit(['/', '\\']).find(|level| !level.is_empty()).unwrap_or("unnamed").to_owned()
}

/// A path as a file that waits is called by.
pub(crate) fn called(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The photo's name that a name for now stands for.
pub(crate) fn stands_for(path: &Path) -> Option<String> {
    Some(meant(&name_of(path))).filter(|name| kind_of(name).is_some())
}

/// Whether a file of this name waits for its real one: it is no photo by its name, or hidden.
pub(crate) fn is_for_now(name: &str) -> bool {
    name.starts_with(['.', '~']) || kind_of(name).is_none()
}

/// What a file is by its name.
pub(crate) fn kind_of(name: &str) -> Option<PhotoKind> {
    PhotoKind::of_path(Path::new(name))
}

/// What a name that was for now probably stood for: `DSC_1.JPG` of `DSC_1.JPG.tmp` and of `.DSC_1.JPG.Ab3x`.
fn meant(name: &str) -> String {
    let mut rest = name.trim_start_matches(['.', '~']);
    loop {
        if kind_of(rest).is_some() {
            return rest.to_owned();
        }
        match rest.rsplit_once('.') {
            Some((shorter, _)) if !shorter.is_empty() => rest = shorter,
            _ => return name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_nowhere_above_the_root() {
        for (path, leads) in [
            ("/", "/"),
            ("/a/../../../etc/passwd", "/etc/passwd"),
            ("/DCIM/./100NZ9/..", "/DCIM"),
            ("../..", "/"),
            ("/a//b/", "/a/b"),
        ] {
            assert_eq!(whole(Path::new(path)), Path::new(leads), "{path}");
        }
    }

    #[test]
    fn a_name_has_no_folders_of_any_system() {
        for (path, name) in [
            ("/DCIM/DSC_1.JPG", "DSC_1.JPG"),
            ("C:\\DCIM\\DSC_1.JPG", "DSC_1.JPG"),
            ("/a/..", ".."),
            ("/", "unnamed"),
            ("/x/<b>.jpg", "<b>.jpg"),
        ] {
            assert_eq!(name_of(Path::new(path)), name, "{path}");
        }
    }

    #[test]
    fn what_was_for_now_stands_for_a_photo() {
        for (name, meant_name) in [
            ("DSC_1.JPG.tmp", "DSC_1.JPG"),
            (".DSC_1.JPG.Ab3xYz", "DSC_1.JPG"),
            ("DSC_1.JPG.part", "DSC_1.JPG"),
            ("DSC_1.tmp", "DSC_1.tmp"),
            ("notes", "notes"),
        ] {
            assert!(is_for_now(name), "{name}");
            assert_eq!(meant(name), meant_name, "{name}");
        }
        for name in ["DSC_1.JPG", "DSC_1.NEF", "clip.MOV"] {
            assert!(!is_for_now(name), "{name}");
        }
    }
}
