//! Where a setting came from, so that `kilat config show --origin` and every error can say it.

use std::fmt;
use std::path::PathBuf;

use crate::fail::Fail;

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// The environment or `.env`.
    Env(&'static str),
    /// The settings file and the key in it.
    File(PathBuf, &'static str),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::File(path, key) => write!(f, "{} {key}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Sourced<T> {
    /// Checks and converts; the error is told with the setting's name and origin.
    pub(super) fn try_map<U>(
        self,
        name: &str,
        convert: impl FnOnce(&T) -> Result<U, Fail>,
    ) -> Result<Sourced<U>, Fail> {
        match convert(&self.value) {
            Ok(value) => Ok(Sourced { value, origin: self.origin }),
            Err(mut fail) => {
                fail.what = format!("{} (setting {name}, from {})", fail.what, self.origin);
                Err(fail)
            }
        }
    }
}

/// A setting that may be absent so far.
pub(super) struct Picked<T>(Option<Sourced<T>>);

impl<T> Picked<T> {
    pub(super) fn or_default(self, default: impl FnOnce() -> T) -> Sourced<T> {
        self.0.unwrap_or_else(|| Sourced { value: default(), origin: Origin::Default })
    }

    pub(super) fn optional(self) -> Sourced<Option<T>> {
        match self.0 {
            Some(Sourced { value, origin }) => Sourced { value: Some(value), origin },
            None => Sourced { value: None, origin: Origin::Default },
        }
    }

    pub(super) fn into_given(self) -> Option<Sourced<T>> {
        self.0
    }
}

/// Picks the strongest of flag, environment and file.
pub(super) struct Picker<'a> {
    pub(super) env: &'a dyn Fn(&str) -> Result<Option<String>, Fail>,
}

impl Picker<'_> {
    pub(super) fn any<T>(
        &self,
        flag: Option<T>,
        flag_name: &'static str,
        env: Option<T>,
        env_name: &'static str,
        file: Option<T>,
        file_origin: Origin,
    ) -> Picked<T> {
        let flag = flag.map(|value| Sourced { value, origin: Origin::Flag(flag_name) });
        let env = env.map(|value| Sourced { value, origin: Origin::Env(env_name) });
        let file = file.map(|value| Sourced { value, origin: file_origin });
        Picked(flag.or(env).or(file))
    }

    pub(super) fn text(
        &self,
        flag: Option<String>,
        flag_name: &'static str,
        env_name: &'static str,
        file: Option<String>,
        file_origin: Origin,
    ) -> Result<Picked<String>, Fail> {
        Ok(self.any(flag, flag_name, (self.env)(env_name)?, env_name, file, file_origin))
    }

    pub(super) fn flag(
        &self,
        flag: Option<bool>,
        flag_name: &'static str,
        env_name: &'static str,
        file: Option<bool>,
        file_origin: Origin,
    ) -> Result<Picked<bool>, Fail> {
        let env = match (self.env)(env_name)?.as_deref().map(str::trim) {
            None => None,
            Some("1" | "true" | "yes" | "on") => Some(true),
            Some("0" | "false" | "no" | "off") => Some(false),
            Some(other) => {
                return Err(Fail::setting(format!("{env_name}={other:?} is neither yes nor no"), "use true or false"));
            }
        };
        Ok(self.any(flag, flag_name, env, env_name, file, file_origin))
    }

    pub(super) fn number(
        &self,
        flag: Option<u64>,
        flag_name: &'static str,
        env_name: &'static str,
        file: Option<u64>,
        file_origin: Origin,
    ) -> Result<Picked<u64>, Fail> {
        let env = match (self.env)(env_name)? {
            None => None,
            Some(text) => Some(text.trim().parse().map_err(|_why| {
                Fail::setting(format!("{env_name}={text:?} is not a whole number"), "use digits only")
            })?),
        };
        Ok(self.any(flag, flag_name, env, env_name, file, file_origin))
    }
}
