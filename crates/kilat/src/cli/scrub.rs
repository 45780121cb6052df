//! `kilat scrub`: reads copies back now.

use std::time::Duration;

use kilat_wire::{ScrubAnswer, ScrubView, StartScrub};

use super::call::{Server, no_server};
use super::wait::Interrupts;
use super::{out, wire};
use crate::config::Config;
use crate::fail::{Code, Fail};

/// How often the server is asked.
const ASK: Duration = Duration::from_millis(500);
/// How often before a place that was away counts as away: it is looked at when it is asked for.
const LOOKS: u32 = 4;

#[derive(Debug, clap::Args)]
pub(crate) struct ScrubFlags {
    /// Only at this destination
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// Stay until every copy was read, with the outcome as exit status; Ctrl-C leaves it going
    #[arg(long)]
    wait: bool,
    /// One JSON object a destination
    #[arg(long)]
    json: bool,
}

pub(super) fn run(config: &Config, flags: &ScrubFlags) -> Result<(), Fail> {
    let data = &config.data.value;
    let server = Server::find(data)?.ok_or_else(|| no_server(data))?;
    let mut answer: ScrubAnswer = server.post("/api/admin/scrub", &StartScrub { destination: flags.to.clone() })?;
    let is_meant = |view: &&ScrubView| flags.to.as_ref().is_none_or(|to| *to == view.destination);
    if flags.wait {
        wire::runtime()?.block_on(async {
            let mut interrupts = Interrupts::listen()?;
            let mut looks = 0;
            // One that waits goes on by itself once its place is well: nobody knows when.
            while answer
                .data
                .iter()
                .filter(is_meant)
                .any(|view| view.running && (view.waits.is_none() || looks < LOOKS))
            {
                looks += 1;
                if interrupts.came_within(ASK).await {
                    let what = "not waited for any longer: the copies are read back all the same";
                    return Err(Fail::new(Code::Backup, what, "kilat scrub --wait waits again"));
                }
                answer = server.get("/api/admin/scrub")?;
            }
            Ok(())
        })?;
    }
    for view in answer.data.iter().filter(is_meant) {
        if flags.json {
            out::json(view)?;
            continue;
        }
        out::line(&out::safe(&describe(view)))?;
        for flaw in &view.flaws {
            out::line(&out::safe(&format!("  {flaw}")))?;
        }
    }
    let waits = answer.data.iter().filter(is_meant).filter(|_| flags.wait).find_map(|view| {
        let reason = view.waits.as_ref()?;
        Some(Fail::new(
            Code::Backup,
            format!("{} is not read back: {reason}", view.destination),
            "it goes on by itself then",
        ))
    });
    if let Some(fail) = waits {
        return Err(fail);
    }
    let flaws: usize = answer.data.iter().filter(is_meant).map(|view| view.flaws.len()).sum();
    if flags.wait && flaws > 0 {
        let what = "manifests are damaged; the photos were read back apart from them";
        return Err(Fail::new(Code::Backup, what, "kilat backup start EVENT --to NAME writes another manifest"));
    }
    let bad: u64 = answer.data.iter().filter(is_meant).map(|view| view.missing + view.damaged).sum();
    if flags.wait && bad > 0 {
        let what = format!("{bad} copies were missing or damaged; a good copy is made beside each from another one");
        return Err(Fail::new(Code::Backup, what, "kilat backup safety EVENT tells whether enough copies are left"));
    }
    Ok(())
}

fn describe(view: &ScrubView) -> String {
    let state = if view.running { "reading back" } else { "read back" };
    format!(
        "{}  {state}  {} sound, {} missing, {} damaged, {} made anew",
        view.destination, view.sound, view.missing, view.damaged, view.mended
    )
}
