//! The bar of a terminal: how far it is, what is in progress and for how long.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::{duration, shortened};
use crate::deploy::event::Progress;

/// So many resources in progress are named.
const SHOWN: usize = 5;

/// A bar on standard error.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar, if standard error is a terminal.
    pub(super) fn new() -> Option<Self> {
        let can_draw =
            std::io::stderr().is_terminal() && std::env::var("TERM").is_ok_and(|term| term != "dumb");
        can_draw.then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
            Self(bar)
        })
    }

    /// Shows how far it is.
    pub(super) fn show(&self, progress: &Progress) {
        let bar = &self.0;
        if bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        bar.set_style(style(progress));
        bar.set_length(u64::try_from(progress.total.unwrap_or(progress.done).max(1)).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
        bar.set_message(message(progress, usize::from(console::Term::stderr().size().1)));
    }

    /// Prints something above the bar.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    /// Takes the bar away while a question stands; it comes again with the next progress.
    pub(super) fn hide(&self) {
        self.0.disable_steady_tick();
        self.0.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// Takes the bar away for good.
    pub(super) fn close(&self) {
        self.0.disable_steady_tick();
        self.0.finish_and_clear();
    }
}

fn style(progress: &Progress) -> ProgressStyle {
    let colour = match (console::colors_enabled_stderr(), progress.rolling_back) {
        (false, _) => "",
        (true, true) => ".yellow",
        (true, false) => ".green",
    };
    let counted = if progress.total.is_some() { "{pos}/{len}" } else { "{pos} done" };
    let template = format!("{{spinner}} [{{bar:24{colour}}}] {counted} {{msg}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

/// The rest of the bar's line, and a line for each resource in progress.
fn message(progress: &Progress, width: usize) -> String {
    let undone = if progress.rolling_back { ", rolling back" } else { "" };
    let mut text = format!("{}{undone}", duration(progress.elapsed_seconds));
    for active in progress.active.iter().take(SHOWN) {
        let typical = active.typical_seconds.map(|seconds| format!(", usually {}", duration(seconds)));
        let name = active.construct.as_deref().unwrap_or(&active.logical_id);
        let line = format!(
            "    {} {name} {}{}",
            active.status,
            duration(active.seconds),
            typical.unwrap_or_default()
        );
        text.push('\n');
        text.push_str(&shortened(&line, width.saturating_sub(1)));
    }
    if progress.active.len() > SHOWN {
        text.push_str(&format!("\n    and {} more", progress.active.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::event::Active;

    #[test]
    fn what_is_in_progress_is_named_with_its_times() {
        let active = |id: &str, seconds| Active {
            logical_id: id.into(),
            status: "CREATE_IN_PROGRESS".into(),
            seconds,
            typical_seconds: (id == "DatabaseCluster").then_some(480),
            ..Active::default()
        };
        let mut progress = Progress { elapsed_seconds: 75, rolling_back: true, ..Progress::default() };
        progress.active = vec![active("DatabaseCluster", 70)];
        progress.active.extend((0..6).map(|n| active(&format!("R{n}"), 5)));
        let text = message(&progress, 60);
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "1m15s, rolling back",
                "    CREATE_IN_PROGRESS DatabaseCluster 1m10s, usually 8m",
                "    CREATE_IN_PROGRESS R0 5s",
                "    CREATE_IN_PROGRESS R1 5s",
                "    CREATE_IN_PROGRESS R2 5s",
                "    CREATE_IN_PROGRESS R3 5s",
                "    and 2 more",
            ]
        );
        assert!(message(&progress, 30).lines().all(|line| line.chars().count() <= 30));
    }
}
