//! File names of any origin: what becomes of them stays within its folder and stays as it is.

#![no_main]

use kilat_core::{ObjectKey, safe_segment};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|name: &str| {
    let once = safe_segment(name);
    assert_eq!(safe_segment(&once), once);
    assert!(!once.is_empty() && once != "." && once != ".." && once.len() <= 181, "{once:?}");
    assert!(!once.contains(['/', '\\', '\0', '\n', '\r']), "{once:?}");
    let key = ObjectKey::from_names(name.split('/').take(4));
    assert_eq!(ObjectKey::try_from(key.as_str().to_owned()), Ok(key.clone()));
    let numbered = key.numbered(2);
    assert_eq!(numbered.segments().count(), key.segments().count());
    assert!(!key.folded().is_empty());
    if let Ok(parsed) = ObjectKey::try_from(name.to_owned()) {
        assert_eq!(parsed.as_str(), name);
    }
});
