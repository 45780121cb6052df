//! What a folder says of itself: its generations, held against the chain, and the files they list.
//!
//! Everything that can be used is used, and everything that is wrong is said: a damaged manifest's
//! entries still find good files, because a file must have the listed hash to count as good.

mod index;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Read;
use std::ops::ControlFlow;

pub use index::Listed;
use index::{Index, Merge};

use crate::chain::{CHAIN, ChainFault, FOLDER, Link, MAX_CHAIN_BYTES, MAX_GENERATIONS, manifest_name};
use crate::ignore::Patterns;
use crate::manifest::{self, EntryFault, ManifestFault};
use crate::place::{Found, Place, PlaceError};
use crate::writer::TOOL;
use crate::{C4Id, RelPath, XmlFault, chain};

/// Flaws that are kept one by one: more say nothing more.
const MAX_FLAWS: usize = 1_000;
/// The public tool's name for itself.
const PUBLIC_TOOL: &str = "ascmhl";

/// Something that is wrong with the manifests of a folder.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// Manifests, and nothing that says which there should be.
    #[error("the chain file ascmhl/{CHAIN} is missing")]
    NoChain,
    /// It cannot be used.
    #[error("the chain file ascmhl/{CHAIN} is damaged: {0}")]
    ChainDamaged(ChainFault),
    /// It cannot be read.
    #[error("the chain file ascmhl/{CHAIN} cannot be read: {0}")]
    ChainUnreadable(PlaceError),
    /// It says the right things in other bytes than it was written with.
    #[error("the chain file ascmhl/{CHAIN} was changed after it was written, though it says the same")]
    ChainAltered,
    /// It names a generation twice, or by a number that its manifest does not have.
    #[error("the chain file ascmhl/{CHAIN} has generation {0} twice or under another number")]
    ChainMisnumbered(String),
    /// A manifest of the chain is not there.
    #[error("the manifest ascmhl/{0}, which the chain file ascmhl/{CHAIN} names, is missing")]
    ManifestMissing(String),
    /// No manifest has this number.
    #[error("generation {0} is missing")]
    GenerationMissing(u32),
    /// A manifest that the chain does not name.
    #[error(
        "the manifest ascmhl/{0} is not in the chain file ascmhl/{CHAIN}: its backup was cut off, or somebody put it there"
    )]
    NotInChain(String),
    /// Its bytes are not those that the chain names.
    #[error(
        "the manifest ascmhl/{0} or the chain file ascmhl/{CHAIN} was changed or is damaged: the C4 id of the one is not \
         that in the other"
    )]
    ManifestDamaged(String),
    /// It cannot be read at all.
    #[error("the manifest ascmhl/{name} cannot be read: {why}")]
    ManifestUnreadable {
        /// Which.
        name: String,
        /// Why.
        why: PlaceError,
    },
    /// It cannot be read to its end.
    #[error("the manifest ascmhl/{name} cannot be used beyond byte {at}: {why}")]
    ManifestUnusable {
        /// Which.
        name: String,
        /// How far it was read.
        at: u64,
        /// Why.
        why: ManifestFault,
    },
    /// An entry cannot be used.
    #[error("the manifest ascmhl/{name} has an entry that is not used: {why}")]
    Entry {
        /// Which.
        name: String,
        /// Why.
        why: EntryFault,
    },
    /// One manifest lists a file twice.
    #[error("the manifest ascmhl/{name} lists {path} twice")]
    Twice {
        /// Which.
        name: String,
        /// The file.
        path: RelPath,
    },
    /// Two generations say of one file that it is another.
    #[error("the manifest ascmhl/{name} lists {path} with another hash or size than an older one")]
    Conflict {
        /// The newer.
        name: String,
        /// The file.
        path: RelPath,
    },
    /// A folder inside that lists itself.
    #[error("{0} has manifests of its own, which were not read: verify that folder by itself")]
    Nested(String),
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// No manifest there.
    #[error("it has no manifest: there is no folder ascmhl in it, or nothing in that")]
    NoHistory,
    /// More generations or files than any event has.
    #[error("its manifests list more than Kilat reads: {0}")]
    TooMuch(&'static str),
    /// The place cannot be read.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// One generation as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// From its name.
    pub number: u32,
    /// The manifest's name in `ascmhl/`.
    pub name: String,
    /// The program that wrote it.
    pub tool: String,
    /// Of its bytes, where they could be read.
    pub c4: Option<C4Id>,
}

/// The manifests of a folder.
#[derive(Debug, Default)]
pub struct History {
    generations: Vec<Generation>,
    flaws: Vec<Flaw>,
    flaws_left_out: u64,
    index: Index,
    patterns: Patterns,
}

impl History {
    /// Reads the manifests of a place.
    ///
    /// # Errors
    /// When there are none, or the place is away. What is damaged is no error: see [`History::flaws`].
    pub fn read(place: &dyn Place) -> Result<Self, HistoryError> {
        let mut history = Self::default();
        let names = manifest_names(place)?;
        let (links, has_chain) = history.chain(place)?;
        if names.is_empty() && !has_chain {
            return Err(HistoryError::NoHistory);
        }
        for (number, name, c4) in history.plan(&links.links, names) {
            history.generation(place, number, name, c4)?;
        }
        history.gaps();
        let tool = history.generations.last().map_or(TOOL, |newest| &newest.tool);
        if links.is_altered && (tool == TOOL || tool == PUBLIC_TOOL) {
            history.flaw(Flaw::ChainAltered);
        }
        Ok(history)
    }

    /// The files as they should be, by path. What was only ever found to be wrong is not among them.
    pub fn expected(&self) -> impl Iterator<Item = (&RelPath, &Listed)> {
        self.index.iter()
    }

    /// The same, taken out of the history.
    #[must_use]
    pub fn into_expected(self) -> BTreeMap<RelPath, Listed> {
        self.index.into_files()
    }

    /// A file as it should be.
    #[must_use]
    pub fn of(&self, path: &RelPath) -> Option<&Listed> {
        self.index.get(path)
    }

    /// Everything that is wrong with the manifests, at most 1,000 of it.
    #[must_use]
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// How much more is wrong.
    #[must_use]
    pub fn flaws_left_out(&self) -> u64 {
        self.flaws_left_out
    }

    /// The generations, oldest first.
    #[must_use]
    pub fn generations(&self) -> &[Generation] {
        &self.generations
    }

    /// What the folder was called when its first generation was written.
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        self.generations.first().and_then(|oldest| chain::folder_of(&oldest.name))
    }

    /// Whether the newest generation says that a file is to be passed over.
    #[must_use]
    pub fn ignores(&self, path: &RelPath) -> bool {
        path.segments().next() == Some(FOLDER) || self.patterns.matches(path)
    }

    fn flaw(&mut self, flaw: Flaw) {
        if self.flaws.len() < MAX_FLAWS {
            self.flaws.push(flaw);
        } else {
            self.flaws_left_out += 1;
        }
    }

    /// The chain, and whether there is one.
    fn chain(&mut self, place: &dyn Place) -> Result<(ReadChain, bool), HistoryError> {
        match read_chain(place) {
            Ok(Some(Ok(chain))) => return Ok((chain, true)),
            Ok(Some(Err(fault))) => self.flaw(Flaw::ChainDamaged(fault)),
            Ok(None) => {
                self.flaw(Flaw::NoChain);
                return Ok((ReadChain::default(), false));
            }
            Err(error) if error.is_away() => return Err(error.into()),
            Err(error) => self.flaw(Flaw::ChainUnreadable(error)),
        }
        Ok((ReadChain::default(), true))
    }

    /// The generations to read, oldest first: those of the chain, and the others that are there.
    fn plan(&mut self, links: &[Link], names: Vec<String>) -> Vec<(u32, String, Option<C4Id>)> {
        let mut plan = BTreeMap::new();
        for Link { number, name, c4 } in links {
            let Some(named) = manifest_name(name) else { continue };
            if named != *number || plan.insert((named, name.clone()), Some(*c4)).is_some() {
                self.flaw(Flaw::ChainMisnumbered(name.clone()));
            }
        }
        for name in names {
            let Some(number) = manifest_name(&name) else { continue };
            if let Entry::Vacant(vacant) = plan.entry((number, name.clone())) {
                vacant.insert(None);
                self.flaw(Flaw::NotInChain(name));
            }
        }
        plan.into_iter().map(|((number, name), c4)| (number, name, c4)).collect()
    }

    fn generation(
        &mut self,
        place: &dyn Place,
        number: u32,
        name: String,
        chained: Option<C4Id>,
    ) -> Result<(), HistoryError> {
        let file = match place.open(&below(&name)?) {
            Ok(file) => file,
            Err(error) if error.is_away() => return Err(error.into()),
            Err(PlaceError::Missing) => {
                self.flaw(Flaw::ManifestMissing(name));
                return Ok(());
            }
            Err(why) => {
                self.flaw(Flaw::ManifestUnreadable { name, why });
                return Ok(());
            }
        };
        self.index.begin();
        let mut too_much = None;
        let manifest = manifest::read(file, &mut |entry| match entry.map(|entry| self.index.merge(entry)) {
            Ok(Merge::Done) => {}
            Ok(Merge::Full(what)) => too_much = Some(what),
            Ok(Merge::Twice(path)) => self.flaw(Flaw::Twice { name: name.clone(), path }),
            Ok(Merge::Conflict(path)) => self.flaw(Flaw::Conflict { name: name.clone(), path }),
            Err(why) => self.flaw(Flaw::Entry { name: name.clone(), why }),
        });
        if let Some(what) = too_much {
            return Err(HistoryError::TooMuch(what));
        }
        if let Some((at, why)) = manifest.fault {
            self.flaw(Flaw::ManifestUnusable { name: name.clone(), at, why });
        }
        for reference in &manifest.header.references {
            self.flaw(Flaw::Nested(reference.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()));
        }
        let c4 = match manifest.c4 {
            Ok(c4) => Some(c4),
            Err(XmlFault::Io(error)) => {
                self.flaw(Flaw::ManifestUnreadable { name: name.clone(), why: PlaceError::Io(error) });
                None
            }
            Err(_) => None,
        };
        if chained.is_some() && c4.is_some() && c4 != chained {
            self.flaw(Flaw::ManifestDamaged(name.clone()));
        }
        if chained.is_none() || c4 != chained {
            self.index.doubt();
        }
        self.patterns = Patterns::new(manifest.header.ignored);
        self.generations.push(Generation { number, name, tool: manifest.header.tool, c4 });
        Ok(())
    }

    /// Numbers that no manifest has.
    fn gaps(&mut self) {
        let numbers: Vec<u32> = self.generations.iter().map(|generation| generation.number).collect();
        let mut next = 1;
        for number in numbers {
            if number > next {
                self.flaw(Flaw::GenerationMissing(next));
            }
            next = number.saturating_add(1);
        }
    }
}

/// A chain as it was read.
#[derive(Default)]
pub(crate) struct ReadChain {
    pub(crate) links: Vec<Link>,
    /// Its bytes are not those that say this.
    pub(crate) is_altered: bool,
}

/// The chain of a place; none where there is none.
pub(crate) fn read_chain(place: &dyn Place) -> Result<Option<Result<ReadChain, ChainFault>>, PlaceError> {
    let file = match place.open(&below(CHAIN)?) {
        Err(PlaceError::Missing) => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_CHAIN_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(Some(chain::read(bytes.as_slice()).map(|links| {
        let is_altered = chain::write(&links).as_bytes() != bytes;
        ReadChain { links, is_altered }
    })))
}

/// Names of the manifests that are there, in order.
pub(crate) fn manifest_names(place: &dyn Place) -> Result<Vec<String>, HistoryError> {
    let folder = FOLDER.parse().map_err(|_why| PlaceError::Unnamable)?;
    let mut names = Vec::new();
    place.list(Some(&folder), &mut |found| {
        if let Found::File(path, _) = found
            && path.as_str() == format!("{FOLDER}/{}", path.name())
            && manifest_name(path.name()).is_some()
        {
            names.push(path.name().to_owned());
        }
        if names.len() > MAX_GENERATIONS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if names.len() > MAX_GENERATIONS {
        return Err(HistoryError::TooMuch("10,000 generations"));
    }
    names.sort();
    Ok(names)
}

/// A file in the folder of the manifests.
fn below(name: &str) -> Result<RelPath, PlaceError> {
    format!("{FOLDER}/{name}").parse().map_err(|_why| PlaceError::Unnamable)
}
