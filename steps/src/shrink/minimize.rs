//! Delta debugging: leaving out ever smaller parts as long as the failure stays.

use std::ops::Range;

/// The parts to leave out next: halves first, then ever smaller ones, each in its order.
pub(super) fn cuts(length: usize, size: usize) -> Vec<Range<usize>> {
    (0..length.div_ceil(size.max(1))).map(|n| n * size..((n + 1) * size).min(length)).collect()
}

/// Leaves out as much of `parts` as it can while `fails` holds. `fails` is given several candidates and says which is the first
/// that fails, or stops the search with an error, in which case what was reached stays.
pub(super) async fn minimize<T: Clone, E>(
    parts: &mut Vec<T>,
    least: usize,
    mut fails: impl AsyncFnMut(Vec<Vec<T>>) -> Result<Option<usize>, E>,
) -> Result<(), E> {
    let mut size = parts.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        loop {
            let cuts = cuts(parts.len(), size);
            let rest: Vec<_> = cuts.into_iter().skip(from).filter(|cut| parts.len() - cut.len() >= least).collect();
            let without = |cut: &Range<usize>| [&parts[..cut.start], &parts[cut.end..]].concat();
            let candidates: Vec<Vec<T>> = rest.iter().map(without).collect();
            if candidates.is_empty() {
                break;
            }
            match fails(candidates.clone()).await? {
                Some(first) => {
                    from = rest[first].start / size; // those in front were tried
                    *parts = candidates.into_iter().nth(first).unwrap_or_default();
                }
                None => break,
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn minimal(parts: &str, least: usize, fails: impl Fn(&str) -> bool) -> (String, usize) {
        let mut parts: Vec<char> = parts.chars().collect();
        let mut tried = 0;
        let search = minimize(&mut parts, least, async |candidates: Vec<Vec<char>>| {
            tried += candidates.len();
            Ok::<_, ()>(candidates.iter().position(|candidate| fails(&candidate.iter().collect::<String>())))
        });
        search.await.unwrap();
        (parts.into_iter().collect(), tried)
    }

    #[tokio::test]
    async fn what_is_not_needed_goes_and_what_is_needed_stays() {
        let all = "abcdefghijklmnopqrstuvwxyz0123456789";
        assert_eq!(minimal(all, 0, |text| text.contains('k')).await.0, "k");
        assert_eq!(minimal(all, 0, |text| text.contains('b') && text.contains('8')).await.0, "b8");
        assert_eq!(minimal(all, 0, |text| text.len() >= 5).await.0.len(), 5);
        assert_eq!(minimal(all, 0, |_| true).await.0, "");
        assert_eq!(minimal(all, 1, |_| true).await.0.len(), 1);
        assert_eq!(minimal("", 0, |_| true).await, (String::new(), 0));
    }
}
