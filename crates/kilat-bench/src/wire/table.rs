//! Two tables: every server's numbers, and Kilat's by those of the others with what is asked of it.

use std::fmt::Write;

use super::mark::Kind;
use super::measure::{Sample, Scale, Wire};
use super::peer::Peer;
use crate::Row;
use crate::report::Met;

/// Where a ratio must be.
#[derive(Debug, Clone, Copy)]
enum Aim {
    AtMost(f64),
    AtLeast(f64),
    /// For information.
    None,
}

type Field = fn(&Sample) -> Option<f64>;

/// A number that is compared: how it is called, found and printed.
struct Measure {
    /// MANY, FEW, CALM, BRISK and STALLED stand for the numbers of the scale.
    what: &'static str,
    field: Field,
    unit: &'static str,
    decimals: usize,
    aims: &'static [(Peer, Aim)],
}

/// What is asked of most deliveries.
const MANY: &[(Peer, Aim)] = &[
    (Peer::Floor, Aim::None),
    (Peer::Axum, Aim::AtLeast(1.4)),
    (Peer::Ws, Aim::AtLeast(2.0)),
    (Peer::SocketIo, Aim::AtLeast(5.0)),
];
/// With few viewers joined writes pay most.
const FEW: &[(Peer, Aim)] = &[
    (Peer::Floor, Aim::AtLeast(5.0)),
    (Peer::Axum, Aim::AtLeast(1.4)),
    (Peer::Ws, Aim::AtLeast(2.0)),
    (Peer::SocketIo, Aim::AtLeast(5.0)),
];

/// What is asked. Deliveries are compared twice: by the clock, and by the server's processor time, which other
/// programs on its core do not take away.
const MEASURES: [Measure; 6] = [
    Measure {
        what: "CPU per delivered message, CALM/s to MANY viewers",
        field: |sample| sample.cpu_us,
        unit: "µs",
        decimals: 2,
        aims: &[
            (Peer::Floor, Aim::AtMost(1.1)),
            (Peer::Axum, Aim::None),
            (Peer::Ws, Aim::AtMost(0.65)),
            (Peer::SocketIo, Aim::AtMost(0.3)),
        ],
    },
    Measure {
        what: "most delivered a second to MANY viewers",
        field: |sample| sample.most_many,
        unit: "",
        decimals: 0,
        aims: MANY,
    },
    Measure {
        what: "delivered by a second of processor time, flooded, MANY viewers",
        field: |sample| per_second(sample.flooded_many_us),
        unit: "",
        decimals: 0,
        aims: MANY,
    },
    Measure {
        what: "most delivered a second to FEW viewers",
        field: |sample| sample.most_few,
        unit: "",
        decimals: 0,
        aims: FEW,
    },
    Measure {
        what: "delivered by a second of processor time, flooded, FEW viewers",
        field: |sample| per_second(sample.flooded_few_us),
        unit: "",
        decimals: 0,
        aims: FEW,
    },
    Measure {
        what: "publication → receipt, BRISK/s to FEW viewers: p99",
        field: |sample| sample.p99_ms,
        unit: "ms",
        decimals: 2,
        aims: &[(Peer::Floor, Aim::AtMost(1.2))],
    },
];

/// Beside viewers that do not read, p99 may be so many times what it is without them.
const MOST_DISTURBED: f64 = 1.1;
/// Memory per idle viewer, thousands of bytes.
const MOST_IDLE_KB: f64 = 5.0;

/// Every server's numbers, as Markdown.
#[must_use]
pub fn peers(wires: &[Wire], scale: &Scale) -> String {
    let rounds = wires.iter().map(|wire| wire.rounds).min().unwrap_or(0);
    let numbers = in_numbers("Many viewers are MANY, few are FEW, beside them STALLED that never read", scale);
    let mut table = format!("{numbers}; medians of {rounds}.\n\n");
    table.push_str(
        "| server | CPU µs, unhurried | CPU µs, flooded, many; few | core used, flooded | most a second, many | most \
         a second, few | p50 ms | p99 ms | p99 ms beside stalled | KB per idle viewer | bytes |\n",
    );
    table.push_str(&"| --- ".repeat(11));
    table.push_str("|\n");
    for wire in wires {
        let Sample { cpu_us, flooded_many_us, flooded_few_us, busy, most_many, most_few, p50_ms, p99_ms, .. } =
            wire.median;
        let Sample { stalled_p99_ms, idle_kb, message_bytes, .. } = wire.median;
        let cells = [
            decimals(cpu_us, 2),
            format!("{}; {}", decimals(flooded_many_us, 2), decimals(flooded_few_us, 2)),
            busy.map_or_else(|| "–".to_owned(), |percent| format!("{percent:.0} %")),
            decimals(most_many, 0),
            decimals(most_few, 0),
            decimals(p50_ms, 2),
            decimals(p99_ms, 2),
            decimals(stalled_p99_ms, 2),
            decimals(idle_kb, 1),
            decimals(message_bytes, 0),
        ];
        // Writing to a string does not fail.
        writeln!(table, "| {} | {} |", name(wire), cells.join(" | ")).unwrap_or(());
    }
    table
}

/// Kilat by the others; nothing where it was not measured.
#[must_use]
pub fn compare(wires: &[Wire], scale: &Scale) -> Vec<Row> {
    let ours = || wires.iter().filter(|wire| wire.peer == Peer::Kilat);
    let mut rows: Vec<Row> =
        MEASURES.iter().flat_map(|measure| ours().flat_map(move |kilat| against(measure, kilat, wires))).collect();
    rows.extend(ours().filter_map(disturbed));
    rows.extend(ours().take(1).filter_map(idle));
    rows.extend(ours().filter(|kilat| kilat.kind == Kind::State).filter_map(conflated));
    for row in &mut rows {
        row.what = in_numbers(&row.what, scale);
    }
    rows
}

/// Deliveries that a second of the processor suffices for.
fn per_second(us: Option<f64>) -> Option<f64> {
    us.filter(|us| *us > 0.0).map(|us| 1e6 / us)
}

fn in_numbers(what: &str, scale: &Scale) -> String {
    let numbers = [
        ("MANY", scale.many as f64),
        ("FEW", scale.few as f64),
        ("CALM", scale.calm),
        ("BRISK", scale.brisk),
        ("STALLED", scale.stalled as f64),
    ];
    numbers.iter().fold(what.to_owned(), |what, (word, value)| what.replace(word, &number(*value, 0)))
}

fn against(measure: &Measure, kilat: &Wire, wires: &[Wire]) -> Vec<Row> {
    let Measure { what, field, unit, decimals, aims } = measure;
    let row = |&(peer, aim): &(Peer, Aim)| {
        let rival = wires.iter().find(|wire| wire.peer == peer)?;
        let (our, their) = field(&kilat.median).zip(field(&rival.median))?;
        let ratio = our / their;
        let shown = |value: f64| format!("{} {unit}", number(value, *decimals)).trim_end().to_owned();
        Some(Row {
            what: format!("{what}, {}", kind(kilat.kind)),
            kilat: shown(our),
            rival: format!("{} ({peer})", shown(their)),
            ratio: Some(ratio),
            target: match aim {
                Aim::AtMost(most) => Some((format!("≤ {most} ×"), Met::of(ratio <= most))),
                Aim::AtLeast(least) => Some((format!("≥ {least} ×"), Met::of(ratio >= least))),
                Aim::None => None,
            },
        })
    };
    aims.iter().filter_map(row).collect()
}

fn disturbed(kilat: &Wire) -> Option<Row> {
    let (beside, alone) = kilat.median.stalled_p99_ms.zip(kilat.median.p99_ms)?;
    let ratio = beside / alone;
    Some(Row {
        what: format!("p99 beside STALLED viewers that never read, {}", kind(kilat.kind)),
        kilat: format!("{beside:.2} ms"),
        rival: format!("{alone:.2} ms (Kilat without them)"),
        ratio: Some(ratio),
        target: Some((format!("< {MOST_DISTURBED} ×"), Met::of(ratio < MOST_DISTURBED))),
    })
}

fn idle(kilat: &Wire) -> Option<Row> {
    let kb = kilat.median.idle_kb?;
    Some(Row {
        what: "memory per idle, subscribed viewer, of MANY (VmRSS)".to_owned(),
        kilat: format!("{kb:.1} KB"),
        rival: "–".to_owned(),
        ratio: None,
        target: Some((format!("≤ {MOST_IDLE_KB} KB"), Met::of(kb <= MOST_IDLE_KB))),
    })
}

fn conflated(kilat: &Wire) -> Option<Row> {
    Some(Row {
        what: "states that newer ones replaced when MANY were flooded".to_owned(),
        kilat: format!("{:.1} %", kilat.median.conflated?),
        rival: "–".to_owned(),
        ratio: None,
        target: None,
    })
}

fn name(wire: &Wire) -> String {
    if wire.peer == Peer::Kilat { format!("{}, {}", wire.peer, kind(wire.kind)) } else { wire.peer.to_string() }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::State => "state",
        Kind::Log => "log",
    }
}

fn decimals(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| number(value, decimals))
}

/// Whole numbers with a comma after the thousands.
fn number(value: f64, decimals: usize) -> String {
    if decimals > 0 {
        return format!("{value:.decimals$}");
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(peer: Peer, cpu: f64, most: f64) -> Wire {
        let median = Sample { cpu_us: Some(cpu), most_few: Some(most), idle_kb: Some(4.0), ..Sample::default() };
        Wire { peer, rounds: 1, kind: Kind::State, median }
    }

    #[test]
    fn less_is_better_for_costs_and_more_for_deliveries() {
        let wires = [wire(Peer::Floor, 4.0, 300_000.0), wire(Peer::Kilat, 4.2, 1_800_000.0)];
        let rows = compare(&wires, &Scale::FULL);
        let verdicts: Vec<_> = rows.iter().map(|row| row.target.clone().map(|(_, met)| met)).collect();
        assert_eq!(verdicts, [Some(Met::Yes); 3], "{rows:#?}");
        assert_eq!(rows[1].kilat, "1,800,000");
        assert_eq!(rows[1].what, "most delivered a second to 1,000 viewers, state");
        let slow = compare(&[wire(Peer::Floor, 4.0, 300_000.0), wire(Peer::Kilat, 4.5, 1_400_000.0)], &Scale::FULL);
        assert_eq!(slow.iter().filter(|row| matches!(row.target, Some((_, Met::No)))).count(), 2);
    }

    #[test]
    fn peers_alone_are_a_table_without_comparison() {
        let wires = [wire(Peer::Ws, 9.7, 143_000.0)];
        assert!(compare(&wires, &Scale::FULL).is_empty());
        assert!(
            peers(&wires, &Scale::FULL).contains("| 9.70 | –; – | – | – | 143,000 |"),
            "{}",
            peers(&wires, &Scale::FULL)
        );
    }
}
