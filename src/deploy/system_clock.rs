//! The system's clock.

use std::time::{Duration, SystemTime};

use super::Call;
use super::clock::{Clock, Timestamp};

/// The system's clock, and waiting by tokio.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock {
    /// No wait is longer; for tests, which don't want to wait for a server of their own.
    pub longest_wait: Option<Duration>,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, duration: Duration) -> Call<'_, ()> {
        let duration = self.longest_wait.map_or(duration, |longest| duration.min(longest));
        Box::pin(tokio::time::sleep(duration))
    }

    fn sleep_in_full(&self, duration: Duration) -> Call<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
