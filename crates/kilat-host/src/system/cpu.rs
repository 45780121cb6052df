//! Processors: `/proc/stat` and `/proc/loadavg`.

use std::collections::BTreeMap;

use kilat_core::Cpu;

use super::percent;

/// Processors told apart: the largest machine that a studio may rent.
const MAX_CORES: usize = 1_024;

/// Time counted since the machine started, in the kernel's ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ticks {
    busy: u64,
    all: u64,
}

/// The same of all processors and of each by its number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CpuTicks {
    whole: Ticks,
    cores: BTreeMap<u32, Ticks>,
}

/// None for what is not `/proc/stat`.
pub(crate) fn parse(text: &str) -> Option<CpuTicks> {
    let mut ticks = CpuTicks::default();
    let mut is_known = false;
    for line in text.lines() {
        // The processors come first; what follows is long.
        let Some(rest) = line.strip_prefix("cpu") else { break };
        let (number, counted) = rest.split_once(' ')?;
        let counted = counts(counted)?;
        if number.is_empty() {
            (ticks.whole, is_known) = (counted, true);
        } else if ticks.cores.len() < MAX_CORES {
            ticks.cores.insert(number.parse().ok()?, counted);
        }
    }
    is_known.then_some(ticks)
}

/// user nice system idle iowait irq softirq steal; guests are counted in the first two. Old kernels tell fewer.
fn counts(text: &str) -> Option<Ticks> {
    let mut counts = [0_u64; 8];
    let mut known = 0;
    for (count, text) in counts.iter_mut().zip(text.split_ascii_whitespace()) {
        *count = text.parse().ok()?;
        known += 1;
    }
    let [user, nice, system, idle, wait, irq, soft_irq, stolen] = counts;
    let busy = [user, nice, system, irq, soft_irq, stolen].iter().try_fold(0_u64, |sum, n| sum.checked_add(*n))?;
    let all = busy.checked_add(idle)?.checked_add(wait)?;
    (known >= 4).then_some(Ticks { busy, all })
}

/// What happened between two looks. Shares are unknown where the counters went back, as they do on some
/// virtual machines.
pub(crate) fn between(before: Option<&CpuTicks>, after: &CpuTicks, load: Option<[f64; 3]>) -> Cpu {
    let usage = before.and_then(|before| share(before.whole, after.whole));
    let per_core = after.cores.iter().map(|(number, after)| share(*before?.cores.get(number)?, *after));
    // One that is not known would shift the numbers of the rest.
    let per_core = per_core.collect::<Option<Vec<f64>>>().unwrap_or_default();
    Cpu { usage, per_core, cores: u32::try_from(after.cores.len()).ok().filter(|cores| *cores > 0), load }
}

fn share(before: Ticks, after: Ticks) -> Option<f64> {
    percent(after.busy.checked_sub(before.busy)?, after.all.checked_sub(before.all)?)
}

/// `/proc/loadavg`.
pub(crate) fn parse_load(text: &str) -> Option<[f64; 3]> {
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse::<f64>().ok());
    let load = [numbers.next()??, numbers.next()??, numbers.next()??];
    load.iter().all(|load| load.is_finite() && *load >= 0.0).then_some(load)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STAT: &str = "cpu  100 10 40 800 50 0 0 0 0 0\ncpu0 50 5 20 400 25 0 0 0 0 0\ncpu2 50 5 20 400 25 0 0 0 0 0\n\
                        intr 28100241 0 0\nctxt 123\nbtime 1795000000\n";

    #[test]
    fn a_busy_half_second_of_one_processor_in_two_is_a_quarter() {
        let before = parse(STAT).unwrap();
        let after =
            parse("cpu  125 10 40 875 50 0 0 0 0 0\ncpu0 75 5 20 425 25 0 0 0 0 0\ncpu2 50 5 20 450 25 0 0 0 0 0\n");
        let cpu = between(Some(&before), &after.unwrap(), None);
        assert_eq!((cpu.usage, cpu.per_core, cpu.cores), (Some(25.0), vec![50.0, 0.0], Some(2)));
    }

    #[test]
    fn the_first_look_and_a_counter_that_went_back_know_no_share() {
        let ticks = parse(STAT).unwrap();
        let first = between(None, &ticks, Some([1.0, 2.0, 3.0]));
        assert_eq!(
            (first.usage, first.per_core.len(), first.cores, first.load),
            (None, 0, Some(2), Some([1.0, 2.0, 3.0]))
        );
        let back = parse("cpu  90 10 40 800 50 0 0 0\ncpu0 1 1 1 1 1 1 1 1\ncpu2 1 1 1 1 1 1 1 1").unwrap();
        let cpu = between(Some(&ticks), &back, None);
        assert_eq!((cpu.usage, cpu.per_core.len()), (None, 0));
    }

    #[test]
    fn a_processor_that_was_switched_on_meanwhile_is_known_at_the_next_look() {
        let before = parse(STAT).unwrap();
        let after = parse(&STAT.replace("intr", "cpu3 1 1 1 1 1\nintr").replace("cpu  100", "cpu  200")).unwrap();
        let cpu = between(Some(&before), &after, None);
        assert_eq!((cpu.usage, cpu.per_core.len(), cpu.cores), (Some(100.0), 0, Some(3)));
    }

    #[test]
    fn what_is_no_such_file_is_unknown() {
        for text in ["", "intr 1 2 3", "cpu", "cpu  a b c d", "cpu  1 2 3", "cpu  1 2 3 99999999999999999999"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse_load("0.52 0.58 0.59 2/90 30197\n"), Some([0.52, 0.58, 0.59]));
        for text in ["", "0.5 0.5", "a b c", "NaN 1 1", "-1 0 0"] {
            assert_eq!(parse_load(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_two_looks_give_a_share_or_none(a: [u32; 8], b: [u32; 8]) {
            let line = |n: [u32; 8]| format!("cpu  {}", n.map(|n| n.to_string()).join(" "));
            let cpu = between(parse(&line(a)).as_ref(), &parse(&line(b)).unwrap(), None);
            prop_assert!(cpu.usage.is_none_or(|usage| (0.0..=100.0).contains(&usage)));
        }
    }
}
