//! Licence expressions: whether what is allowed satisfies `(MIT OR Apache-2.0) AND Unicode-3.0`.
//!
//! As SPDX writes them, and the slash that old crates use for `OR`. `AND` binds closer than `OR`.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::vec::IntoIter;

/// Whether one may use something under this expression when only `allowed` licences are accepted.
/// None when the expression cannot be read.
pub(crate) fn satisfies(expression: &str, allowed: &BTreeSet<String>) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
    let mut reader = Reader { words: words.into_iter().peekable(), allowed };
    let verdict = reader.any()?;
    reader.words.next().is_none().then_some(verdict)
}

struct Reader<'a> {
    words: Peekable<IntoIter<String>>,
    allowed: &'a BTreeSet<String>,
}

impl Reader<'_> {
    fn any(&mut self) -> Option<bool> {
        let mut verdict = self.all()?;
        while self.words.next_if(|word| word == "OR").is_some() {
            verdict |= self.all()?;
        }
        Some(verdict)
    }

    fn all(&mut self) -> Option<bool> {
        let mut verdict = self.one()?;
        while self.words.next_if(|word| word == "AND").is_some() {
            verdict &= self.one()?;
        }
        Some(verdict)
    }

    fn one(&mut self) -> Option<bool> {
        let word = self.words.next()?;
        match word.as_str() {
            "(" => {
                let verdict = self.any()?;
                (self.words.next()? == ")").then_some(verdict)
            }
            ")" | "OR" | "AND" | "WITH" => None,
            _ => Some(self.licence(word)?),
        }
    }

    /// An exception makes another licence: `Apache-2.0 WITH LLVM-exception` is allowed by that name only.
    fn licence(&mut self, name: String) -> Option<bool> {
        let name = match self.words.next_if(|word| word == "WITH") {
            Some(_) => format!("{name} WITH {}", self.words.next()?),
            None => name,
        };
        Some(self.allowed.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(expression: &str) -> Option<bool> {
        let allowed = ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        satisfies(expression, &allowed.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn one_side_of_or_and_both_sides_of_and_must_be_allowed() {
        assert_eq!(verdict("MIT OR GPL-3.0"), Some(true));
        assert_eq!(verdict("GPL-3.0/MIT"), Some(true));
        assert_eq!(verdict("MIT AND GPL-3.0"), Some(false));
        assert_eq!(verdict("(GPL-3.0 OR MIT) AND Unicode-3.0"), Some(true));
        assert_eq!(verdict("GPL-3.0 OR MIT AND Unicode-3.0"), Some(true));
        assert_eq!(verdict("GPL-3.0 AND MIT OR LGPL-2.1"), Some(false));
    }

    #[test]
    fn an_exception_is_allowed_by_its_whole_name_only() {
        assert_eq!(verdict("Apache-2.0 WITH LLVM-exception"), Some(true));
        assert_eq!(verdict("Apache-2.0"), Some(false));
        assert_eq!(verdict("MIT WITH LLVM-exception"), Some(false));
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_allowed() {
        for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT MIT", "AND MIT", "MIT WITH"] {
            assert_eq!(verdict(broken), None, "{broken:?}");
        }
    }
}
