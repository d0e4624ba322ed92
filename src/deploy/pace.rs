//! How long to wait between two calls.

use std::time::Duration;

/// Time between calls: short while things happen, longer while they don't, never quite the same.
#[derive(Debug, Clone)]
pub struct Pace {
    shortest: Duration,
    longest: Duration,
    current: Duration,
    jitter: Jitter,
}

impl Pace {
    /// While a change set is being made: seconds as a rule.
    pub fn of_change_sets(jitter: Jitter) -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(5), jitter)
    }

    /// While a stack changes: minutes as a rule.
    pub fn of_stacks(jitter: Jitter) -> Self {
        Self::new(Duration::from_secs(2), Duration::from_secs(10), jitter)
    }

    /// While calls fail.
    pub fn of_failures(jitter: Jitter) -> Self {
        Self::new(Duration::from_secs(2), Duration::from_secs(60), jitter)
    }

    fn new(shortest: Duration, longest: Duration, jitter: Jitter) -> Self {
        Self { shortest, longest, current: shortest, jitter }
    }

    /// Something happened.
    pub fn reset(&mut self) {
        self.current = self.shortest;
    }

    /// The next wait, longer by half each time, within a fifth of that.
    pub fn next_wait(&mut self) -> Duration {
        let wait = self.current;
        self.current = (self.current * 3 / 2).min(self.longest);
        wait.mul_f64(0.8 + 0.4 * self.jitter.unit())
    }
}

/// A seeded source of numbers for jitter, not for secrets.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Jitter(u64);

impl Jitter {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to 1.
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The upper 32 bits are exact in a double.
        f64::from(u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_shrink_when_something_happens() {
        let mut pace = Pace::of_stacks(Jitter::new(7));
        let waits: Vec<Duration> = (0..20).map(|_| pace.next_wait()).collect();
        assert!(waits[0] < Duration::from_millis(2_400), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(12)), "{waits:?}");
        assert!(waits[10..].iter().all(|wait| *wait >= Duration::from_secs(8)), "{waits:?}");
        assert!(waits[10..].windows(2).any(|pair| pair[0] != pair[1]), "no jitter: {waits:?}");
        pace.reset();
        assert!(pace.next_wait() < Duration::from_millis(2_400));
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let mut pace = Pace::of_failures(Jitter::new(seed));
            (0..5).map(|_| pace.next_wait()).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }
}
