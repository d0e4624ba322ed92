//! What holds whatever is meant where a text doesn't fit the schema.
//!
//! What stands there isn't known, and a finding that may depend on it would be a guess. So the environment is judged with
//! several values in the place of each that doesn't fit, the value left out among them, and what all judgements have in
//! common is certain.

use super::broken::Broken;
use super::resolve::Edit;
use super::schema::mixed;
use crate::diagnostic::Diagnostic;

/// How often one environment is judged at most.
const MOST_RUNS: usize = 512;

/// The findings that are certain whatever is meant at the broken places. `judge` gives all of the environment with some changes, if it
/// is one with them.
pub(super) fn certain(
    places: &[Broken],
    judge: impl Fn(&[&Edit]) -> Option<Vec<Diagnostic>>,
) -> Vec<Diagnostic> {
    let counts: Vec<usize> = places.iter().map(|place| place.meant.len()).collect();
    let mut common: Option<Vec<Diagnostic>> = None;
    for choice in choices(&counts) {
        let edits: Vec<&Edit> = places
            .iter()
            .zip(choice)
            .filter_map(|(place, chosen)| place.meant.get(chosen))
            .flatten()
            .collect();
        let Some(found) = judge(&edits) else { continue };
        match &mut common {
            None => common = Some(found),
            Some(common) => common.retain(|finding| found.iter().any(|other| is_same(finding, other))),
        }
        if common.as_ref().is_some_and(Vec::is_empty) {
            break;
        }
    }
    common.unwrap_or_default()
}

/// Whether two findings tell the same at the same place. The elements of a list have another pointer where one is left
/// out.
pub(super) fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let told = |finding: &Diagnostic| (finding.code, finding.severity, finding.of_key);
    told(one) == told(other)
        && one.location == other.location
        && one.message == other.message
        && one.help == other.help
}

/// Which of so many values each place takes, for one run after the other: every choice, if they aren't too many. Else all
/// places take their first, second … value, one or two take another than the first, as far as there is room for all such
/// choices, and then each takes any.
fn choices(counts: &[usize]) -> Vec<Vec<usize>> {
    let all = counts.iter().try_fold(1_usize, |product, count| product.checked_mul(*count));
    if all.is_some_and(|all| all <= MOST_RUNS) {
        return counts.iter().fold(vec![Vec::new()], |choices, count| {
            let longer = |choice: &Vec<usize>, next: usize| [&choice[..], &[next]].concat();
            choices.iter().flat_map(|choice| (0..*count).map(move |next| longer(choice, next))).collect()
        });
    }
    let round = |round: usize| counts.iter().map(|count| round % count).collect::<Vec<usize>>();
    let mut choices: Vec<_> = (0..counts.iter().copied().max().unwrap_or_default()).map(round).collect();
    let singles: Vec<(usize, usize)> = counts
        .iter()
        .enumerate()
        .flat_map(|(place, count)| (1..*count).map(move |value| (place, value)))
        .collect();
    let with = |changes: &[(usize, usize)]| {
        let mut choice = round(0);
        for (place, value) in changes {
            choice[*place] = *value;
        }
        choice
    };
    let ones = singles.iter().map(|one| with(&[*one]));
    let twos = singles.iter().enumerate().flat_map(|(index, one)| {
        let others = singles[index + 1..].iter().filter(|other| other.0 != one.0);
        others.map(|other| with(&[*one, *other]))
    });
    for some in [ones.take(MOST_RUNS).collect::<Vec<_>>(), twos.take(MOST_RUNS).collect()] {
        if choices.len() + some.len() < MOST_RUNS {
            choices.extend(some);
        }
    }
    for round in choices.len()..MOST_RUNS {
        choices.push(counts.iter().enumerate().map(|(place, count)| mixed(round, place) % count).collect());
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_tried_in_every_combination() {
        assert_eq!(choices(&[2, 3]), [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
        assert_eq!(choices(&[]), [[0; 0]]);
        assert_eq!(choices(&[8, 8, 8]).len(), MOST_RUNS);
    }

    #[test]
    fn many_values_are_each_tried_with_every_other() {
        for counts in [vec![9, 9, 9], vec![3; 12], vec![2, 9, 9, 5, 5], vec![4; 20]] {
            let choices = choices(&counts);
            assert_eq!(choices.len(), MOST_RUNS);
            assert!(choices[0].iter().all(|value| *value == 0));
            for (one, count) in counts.iter().enumerate() {
                for (other, other_count) in counts.iter().enumerate().skip(one + 1) {
                    for pair in (0..*count).flat_map(|a| (0..*other_count).map(move |b| (a, b))) {
                        let is_there = choices.iter().any(|choice| (choice[one], choice[other]) == pair);
                        assert!(is_there, "{counts:?}: {one} and {other} never have {pair:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn there_are_not_more_runs_for_a_hundred_places() {
        let choices = choices(&[9; 100]);
        assert_eq!(choices.len(), MOST_RUNS);
        for place in 0..100 {
            assert!((0..9).all(|value| choices.iter().any(|choice| choice[place] == value)));
        }
    }
}
