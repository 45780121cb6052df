//! One table: what was measured, against what, and whether that is good enough.

use std::fmt;

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// Of Kilat.
    pub kilat: String,
    /// Of what it is compared with.
    pub rival: String,
    /// Kilat's by the rival's.
    pub ratio: Option<f64>,
    /// What is asked; none where the number is for information.
    pub target: Option<(String, Met)>,
}

/// Whether a target was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// It was.
    Yes,
    /// It was not.
    No,
    /// The run was too short to say.
    Unjudged,
}

impl Met {
    pub(crate) fn of(is_met: bool) -> Self {
        if is_met { Self::Yes } else { Self::No }
    }
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds lines.
    pub fn add(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.rows.extend(rows);
    }

    /// Takes the verdicts away: of a short run, or of a program that was built for debugging.
    pub fn unjudge(&mut self) {
        for row in &mut self.rows {
            if let Some((_, met)) = &mut row.target {
                *met = Met::Unjudged;
            }
        }
    }

    /// Targets that were missed.
    #[must_use]
    pub fn missed(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.target, Some((_, Met::No)))).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| measured | Kilat | compared with | ratio | target | met |")?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- |")?;
        for row in &self.rows {
            let ratio = row.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.3}"));
            let (target, met) = match &row.target {
                Some((target, Met::Yes)) => (target.as_str(), "yes"),
                Some((target, Met::No)) => (target.as_str(), "**no**"),
                Some((target, Met::Unjudged)) => (target.as_str(), "–"),
                None => ("–", "–"),
            };
            writeln!(f, "| {} | {} | {} | {ratio} | {target} | {met} |", row.what, row.kilat, row.rival)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_is_counted_and_marked() {
        let row = |met| Row {
            what: "x".to_owned(),
            kilat: "2 s".to_owned(),
            rival: "1 s".to_owned(),
            ratio: Some(2.0),
            target: Some(("≤ 1.0".to_owned(), met)),
        };
        let mut report = Report::default();
        report.add([row(Met::No), row(Met::Yes)]);
        assert_eq!(report.missed(), 1);
        assert!(report.to_string().contains("| x | 2 s | 1 s | 2.000 | ≤ 1.0 | **no** |"));
    }

    #[test]
    fn a_short_run_judges_nothing() {
        let mut report = Report::default();
        report.add([Row {
            what: "x".to_owned(),
            kilat: "2 s".to_owned(),
            rival: "1 s".to_owned(),
            ratio: None,
            target: Some(("≤ 1.0".to_owned(), Met::No)),
        }]);
        report.unjudge();
        assert_eq!(report.missed(), 0);
        assert!(report.to_string().contains("| ≤ 1.0 | – |"));
    }
}
