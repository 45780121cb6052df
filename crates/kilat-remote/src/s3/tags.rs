//! Tags that are MD5 sums of what the server received. Many servers name one that check no other hash; whether a
//! server does is found by trying, because those that encrypt with keys of their own name something else.

use data_encoding::HEXLOWER_PERMISSIVE;
use md5::{Digest, Md5};

/// Whether a tag is the sum of these bytes.
pub(super) fn is_sum_of(tag: &str, bytes: &[u8]) -> bool {
    sum_in(tag).is_some_and(|sum| sum == Md5::digest(bytes).as_slice())
}

/// The sum of bytes that come one after the other.
#[derive(Default)]
pub(super) struct Sum(Md5);

impl Sum {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// As a tag names it.
    pub(super) fn tag(self) -> String {
        format!("\"{}\"", HEXLOWER_PERMISSIVE.encode(&self.0.finalize()))
    }
}

/// Whether a tag is that of an object made of parts with these tags: the sum of their sums, and how many they are.
pub(super) fn is_sum_of_parts<'a>(tag: &str, parts: impl Iterator<Item = &'a str>) -> bool {
    let (mut whole, mut count) = (Md5::new(), 0_usize);
    for part in parts {
        let Some(sum) = sum_in(part) else { return false };
        whole.update(sum);
        count += 1;
    }
    let Some((sum, said)) = plain(tag).rsplit_once('-') else { return false };
    said.parse() == Ok(count) && sum_in(sum).is_some_and(|sum| sum == whole.finalize().as_slice())
}

fn sum_in(tag: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(plain(tag).as_bytes()).ok().filter(|sum| sum.len() == 16)
}

fn plain(tag: &str) -> &str {
    tag.trim().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf kilat | md5sum`
    const KILAT: &str = "\"abb7cc01ae04f27cb1f4aee75d790b9f\"";

    #[test]
    fn a_tag_counts_only_when_it_is_the_sum_of_the_bytes() {
        assert!(is_sum_of(KILAT, b"kilat"));
        assert!(!is_sum_of(KILAT, b"kilau"));
        let mut sum = Sum::default();
        sum.update(b"kil");
        sum.update(b"at");
        assert_eq!(sum.tag(), KILAT);
        for other in ["", "\"\"", "\"abc\"", "W/\"0\"", "abb7cc01ae04f27cb1f4aee75d790b9f-1", "ü"] {
            assert!(!is_sum_of(other, b"kilat"), "{other}");
        }
    }

    #[test]
    fn the_tag_of_an_object_in_parts_names_its_parts() {
        // What S3 names for two parts, `kilat` and `kilat`.
        let whole = "\"8785d4217144762562b35c7d19d75585-2\"";
        assert!(is_sum_of_parts(whole, [KILAT, KILAT].into_iter()));
        assert!(!is_sum_of_parts(whole, [KILAT].into_iter()));
        assert!(!is_sum_of_parts(KILAT, [KILAT].into_iter()), "not in parts");
        assert!(!is_sum_of_parts(whole, [KILAT, "\"of another kind\""].into_iter()));
    }
}
