//! Windows of time in which AWS makes backups or maintains something.

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A window in minutes from midnight or from Monday's midnight, UTC. It may go over the end of the day or week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    start: u32,
    length: u32,
}

impl Window {
    /// Reads `hh:mm-hh:mm`.
    pub(super) fn daily(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        Some(Self::between(time(start)?, time(end)?, DAY))
    }

    /// Reads `ddd:hh:mm-ddd:hh:mm`, days in upper or lower case.
    pub(super) fn weekly(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        Some(Self::between(time_of_week(start)?, time_of_week(end)?, WEEK))
    }

    fn between(start: u32, end: u32, cycle: u32) -> Self {
        Self { start, length: (end + cycle - start) % cycle }
    }

    /// Its length in minutes; 0 where start and end are the same.
    pub(super) fn minutes(self) -> u32 {
        self.length
    }

    /// Whether a daily window overlaps this weekly one on any day.
    pub(super) fn overlaps_daily(self, daily: Self) -> bool {
        (0..7).any(|day| {
            let start = day * DAY + daily.start;
            let ahead = (start + WEEK - self.start) % WEEK;
            let behind = (self.start + WEEK - start) % WEEK;
            ahead < self.length || behind < daily.length
        })
    }
}

/// `hh:mm` in minutes.
fn time(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, below: u32| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| is_number && *number < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

/// `ddd:hh:mm` in minutes from Monday's midnight.
fn time_of_week(text: &str) -> Option<u32> {
    let (day, rest) = text.split_once(':')?;
    let day = DAYS.iter().position(|name| name.eq_ignore_ascii_case(day))?;
    Some(u32::try_from(day).ok()? * DAY + time(rest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read() {
        assert_eq!(Window::daily("03:00-04:30").map(Window::minutes), Some(90));
        assert_eq!(Window::daily("23:30-00:30").map(Window::minutes), Some(60));
        assert_eq!(Window::weekly("Sun:23:00-mon:01:00").map(Window::minutes), Some(120));
        for bad in
            ["", "3:00-4:00", "03:00", "03:00-24:00", "03:60-04:00", "03:00-04:00-05:00", "+3:00-04:00"]
        {
            assert_eq!(Window::daily(bad), None, "{bad}");
        }
        for bad in ["sunday:01:00-sun:02:00", "01:00-02:00", "sun:01:00", "sun:1:00-sun:2:00"] {
            assert_eq!(Window::weekly(bad), None, "{bad}");
        }
    }

    #[test]
    fn overlaps_are_found_over_midnight_and_sunday() {
        let overlap =
            |weekly, daily| Window::weekly(weekly).unwrap().overlaps_daily(Window::daily(daily).unwrap());
        assert!(!overlap("sun:04:00-sun:05:00", "03:00-04:00"));
        assert!(overlap("sun:04:00-sun:05:00", "03:00-04:01"));
        assert!(overlap("sun:04:00-sun:05:00", "04:59-06:00"));
        assert!(!overlap("sun:04:00-sun:05:00", "05:00-06:00"));
        assert!(overlap("sun:23:30-mon:00:30", "00:00-01:00"));
        assert!(overlap("mon:00:00-mon:01:00", "23:30-00:30"));
        assert!(overlap("tue:03:10-tue:03:20", "03:00-04:00"));
        assert!(!overlap("tue:01:00-tue:02:00", "03:00-04:00"));
    }
}
