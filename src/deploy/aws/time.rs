//! Moments of the SDK and of JSON answers as ours.

use std::time::SystemTime;

use aws_smithy_types::DateTime;

use crate::deploy::clock::Timestamp;

/// A moment of the SDK.
pub(super) fn timestamp(moment: &DateTime) -> Timestamp {
    Timestamp(moment.to_millis().unwrap_or(0))
}

/// A moment that may be missing.
pub(super) fn optional(moment: Option<&DateTime>) -> Option<Timestamp> {
    moment.map(timestamp)
}

/// A moment of a JSON answer: seconds since the Unix epoch with a fraction.
pub(super) fn of_epoch_seconds(seconds: f64) -> Timestamp {
    timestamp(&DateTime::from_secs_f64(seconds))
}

/// A moment of the system's clock.
pub(super) fn of_system_time(moment: SystemTime) -> Timestamp {
    timestamp(&DateTime::from(moment))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_keep_their_milliseconds() {
        assert_eq!(of_epoch_seconds(1_790_000_000.25), Timestamp(1_790_000_000_250));
        let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        assert_eq!(of_system_time(moment), Timestamp(1_500));
        assert_eq!(optional(None), None);
    }
}
