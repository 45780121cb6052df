//! What each command does, besides those that send something.

use std::path::{Path, PathBuf};

use crate::command::Command;
use crate::control::{Control, Next};
use crate::listing::{Style, facts, stamp};
use crate::names::{MAX_PATH_BYTES, whole};
use crate::reply::{Refusal, Reply, code};
use crate::session::About;

/// Answered also to whoever did not sign in.
const FOR_ALL: [&str; 12] =
    ["USER", "PASS", "AUTH", "PBSZ", "PROT", "CCC", "FEAT", "SYST", "NOOP", "HELP", "OPTS", "CLNT"];

impl Control {
    /// Does what a command asks for.
    pub(crate) async fn obey(&mut self, command: Command) -> Next {
        let word = command.word.as_str();
        if word == "QUIT" {
            return Next::End(Reply::new(code::BYE, "Goodbye"));
        }
        if self.sender.is_none() && !FOR_ALL.contains(&word) {
            return Reply::new(code::NOT_SIGNED_IN, "Sign in first: USER and PASS").into();
        }
        let answered = match word {
            "USER" => Ok(self.user(&command)),
            "PASS" => Ok(self.password(&command).await),
            "AUTH" => return self.auth(&command).await,
            "PBSZ" => Ok(self.buffer_size()),
            "PROT" => Ok(self.protect(&command)),
            "CCC" => Ok(Reply::new(code::POLICY, "What is private stays so")),
            "STOR" => return self.store(&command).into(),
            "APPE" => return self.append(&command).into(),
            "LIST" => return self.list(&command, Style::Long).into(),
            "NLST" => return self.list(&command, Style::Names).into(),
            "MLSD" => return self.list(&command, Style::Facts).into(),
            "PASV" | "EPSV" => Ok(self.open_port(&command)),
            "RNTO" => self.rename_to(&command).await,
            _ => self.look(&command),
        };
        answered.unwrap_or_else(Reply::from).into()
    }

    /// What is answered from what is known.
    fn look(&mut self, command: &Command) -> Result<Reply, Refusal> {
        let word = command.word.as_str();
        Ok(match word {
            "FEAT" => self.features(),
            "SYST" => Reply::new(code::KIND, "UNIX Type: L8"),
            "HELP" => Reply::new(code::HELP, "Kilat takes photos: sign in, then STOR. docs/cameras.md says more"),
            "STAT" => self.state(),
            "NOOP" | "CLNT" => Reply::new(code::OK, "Here"),
            "OPTS" => self.options(command),
            "ACCT" => Reply::new(code::NOT_NEEDED, "No account is needed"),
            // All files are taken as they are.
            "TYPE" => one_of(command, &["I", "A", "A N", "L 8", "L8"]),
            "MODE" => one_of(command, &["S"]),
            "STRU" => one_of(command, &["F"]),
            "ALLO" => self.allocate(command)?,
            "REST" => self.go_on_at(command)?,
            "ABOR" => Reply::new(code::NO_TRANSFER, "Nothing is on its way"),
            "PWD" | "XPWD" => Reply::new(code::PATH, format!("{} is where you are", quoted(&self.folder))),
            "CWD" | "XCWD" => {
                self.folder = self.named(command)?;
                Reply::new(code::FILE_OK, "There you are")
            }
            "CDUP" | "XCUP" => {
                self.folder.pop();
                Reply::new(code::FILE_OK, "There you are")
            }
            "MKD" | "XMKD" => {
                let path = self.named(command)?;
                self.session.make_folder(path.clone());
                Reply::new(code::PATH, format!("{} is there", quoted(&path)))
            }
            "RMD" | "XRMD" => {
                let path = self.named(command)?;
                self.session.forget_folder(&path);
                Reply::new(code::FILE_OK, "It is not shown any more")
            }
            "SIZE" => Reply::new(code::FILE, self.file(command)?.size_bytes.to_string()),
            "MDTM" => Reply::new(code::FILE, stamp(self.file(command)?.at)),
            "MLST" => self.facts_of(command)?,
            "RNFR" => {
                let path = self.named(command)?;
                self.about(&path)?;
                self.renames = Some(path);
                Reply::new(code::MORE, "And the new name: RNTO")
            }
            "DELE" => Reply::new(code::NO_FILE, "Nothing that was sent is deleted"),
            "RETR" => Reply::new(code::NO_FILE, "Photos are sent here, not fetched"),
            "PORT" | "EPRT" => Reply::new(code::NOT_HERE, "Kilat connects to nobody: switch to passive mode (PASV)"),
            _ => Reply::new(code::NOT_HERE, "That is not known here"),
        })
    }

    fn features(&self) -> Reply {
        let tls = self.shared.config.tls.as_ref().map_or(&[][..], |_| &["AUTH TLS", "PBSZ", "PROT"]);
        let all = ["EPSV", "MDTM", "MLST type*;size*;modify*;", "REST STREAM", "SIZE", "TVFS", "UTF8"];
        let lines = tls.iter().chain(&all).map(|feature| (*feature).to_owned()).collect();
        Reply::several(code::SYSTEM, "Known here:", lines, "End")
    }

    fn state(&self) -> Reply {
        let said =
            |what: &str, is_private: bool| format!("{what}: {}", if is_private { "encrypted" } else { "in the clear" });
        let name = self.sender.as_ref().map(|sender| format!("Signed in as {}", sender.name));
        let lines = [said("Commands", self.is_private()), said("Files", self.is_data_private)];
        Reply::several(code::SYSTEM, "Kilat takes photos", name.into_iter().chain(lines).collect(), "End")
    }

    fn options(&self, command: &Command) -> Reply {
        let option = command.option();
        if option.starts_with("UTF8") || option.starts_with("MLST") {
            return Reply::new(code::OK, "So it is");
        }
        Reply::new(code::ARGUMENT, "That option is not known here")
    }

    /// `ALLO`: some bodies ask for room before each file, and ask for ever where the answer says that nobody counts.
    fn allocate(&self, command: &Command) -> Result<Reply, Refusal> {
        self.must_fit("the next file", command.number())?;
        Ok(Reply::new(code::OK, "There is room"))
    }

    fn go_on_at(&mut self, command: &Command) -> Result<Reply, Refusal> {
        let at = command.number().ok_or_else(|| Refusal::new(code::ARGUMENT, "REST takes a number of bytes"))?;
        self.rest = at;
        Ok(Reply::new(code::MORE, format!("The next file goes on at {at}")))
    }

    async fn rename_to(&mut self, command: &Command) -> Result<Reply, Refusal> {
        let to = self.named(command)?;
        let from = self.renames.take().ok_or_else(|| Refusal::new(code::ORDER, "The old name first: RNFR"))?;
        let sender = self.sender.clone().ok_or_else(|| Refusal::new(code::NOT_SIGNED_IN, "Sign in first"))?;
        self.session.rename(&sender, &from, to).await?;
        Ok(Reply::new(code::FILE_OK, "It has that name"))
    }

    fn facts_of(&self, command: &Command) -> Result<Reply, Refusal> {
        let path = command.path().map_or_else(|| Ok(self.folder.clone()), |path| self.below(&path))?;
        let line = format!("{} {}", facts(&self.about(&path)?), path.to_string_lossy());
        Ok(Reply::several(code::FILE_OK, "It is:", vec![line], "End"))
    }

    fn file(&self, command: &Command) -> Result<About, Refusal> {
        self.about(&self.named(command)?).ok().filter(|about| !about.is_folder).ok_or_else(no_file)
    }

    fn about(&self, path: &Path) -> Result<About, Refusal> {
        let sender = self.sender.as_ref().ok_or_else(no_file)?;
        self.session.about(sender, path).ok_or_else(no_file)
    }

    /// Where the path that a command names leads.
    pub(crate) fn named(&self, command: &Command) -> Result<PathBuf, Refusal> {
        let path = command.path().ok_or_else(|| Refusal::new(code::ARGUMENT, "A name is missing"))?;
        self.below(&path)
    }

    /// Where a path leads from the folder that the client is in.
    pub(crate) fn below(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let path = whole(&self.folder.join(path));
        if path.as_os_str().len() > MAX_PATH_BYTES {
            return Err(Refusal::new(code::NAME, "The path is too long"));
        }
        Ok(path)
    }
}

fn no_file() -> Refusal {
    Refusal::new(code::NO_FILE, "There is no such file")
}

fn one_of(command: &Command, known: &[&str]) -> Reply {
    if known.contains(&command.option().as_str()) {
        return Reply::new(code::OK, "So it is");
    }
    Reply::new(code::PARAMETER, "That is not known here")
}

/// A path between quotes, as RFC 959 has it.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('"', "\"\""))
}
