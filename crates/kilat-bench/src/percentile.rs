//! Medians and percentiles by nearest rank: always a value that was measured.

/// The smallest value that so many percent of all values do not exceed; none of nothing.
pub(crate) fn percentile<T: Copy + PartialOrd>(values: &[T], percent: usize) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

/// The middle value.
pub(crate) fn median<T: Copy + PartialOrd>(values: &[T]) -> Option<T> {
    percentile(values, 50)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_measured_value() {
        let values: Vec<u32> = (1..=1_000).rev().collect();
        assert_eq!([50, 99, 100].map(|percent| percentile(&values, percent)), [Some(500), Some(990), Some(1_000)]);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(percentile::<u32>(&[], 50), None);
    }
}
