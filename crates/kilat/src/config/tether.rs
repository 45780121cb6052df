//! `tether`: cameras on the network. Those on USB need no setting.

use super::origin::{Origin, Picker};
use super::{Sourced, some_list, split_texts};
use crate::fail::Fail;

/// What a venue's network carries is less.
const MOST: usize = 16;

pub(super) fn load(
    flag: &[String],
    file: Option<Vec<String>>,
    pick: &Picker<'_>,
    from: &dyn Fn(&'static str) -> Origin,
) -> Result<Sourced<Vec<String>>, Fail> {
    let environment = (pick.env)("KILAT_TETHER")?.map(|list| split_texts(&list));
    let list = pick.any(some_list(flag), "--tether", environment, "KILAT_TETHER", file, from("tether"));
    list.or_default(Vec::new).try_map("tether", |list| checked(list))
}

/// As they were written; who they are is asked when they are spoken to.
fn checked(list: &[String]) -> Result<Vec<String>, Fail> {
    let remedy = "write ptpip:HOST or ptpip:HOST:PORT: the address stands in the camera's network menu";
    if list.len() > MOST {
        return Err(Fail::setting(format!("{} cameras cannot be pulled from at once", list.len()), remedy));
    }
    let is_wrong = |address: &&String| address.strip_prefix("ptpip:").is_none_or(str::is_empty);
    match list.iter().find(is_wrong) {
        Some(wrong) => Err(Fail::setting(format!("{wrong:?} is no address of a camera"), remedy)),
        None => Ok(list.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_a_camera_is_spoken_to() {
        let check = |address: &str| checked(&[address.to_owned()]);
        assert!(check("ptpip:192.168.1.1").is_ok());
        for wrong in ["", "192.168.1.1", "ptpip:", "usb:001,004"] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }
}
