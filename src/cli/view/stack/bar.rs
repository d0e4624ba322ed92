//! The bar of a terminal: how far it is, what is in progress and for how long.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::lines::{duration, shortened};
use crate::deploy::event::Progress;

/// So many resources in progress are named.
const SHOWN: usize = 5;

/// A bar on standard error. Its times go on between two reports of progress.
pub(super) struct Bar {
    /// None: it isn't on the screen.
    bar: Mutex<Option<ProgressBar>>,
    /// The latest progress, and when it was told.
    latest: Arc<Mutex<(Progress, Instant)>>,
}

impl Bar {
    /// A bar, if standard error is a terminal.
    pub(super) fn new() -> Option<Self> {
        let can_draw =
            std::io::stderr().is_terminal() && std::env::var("TERM").is_ok_and(|term| term != "dumb");
        let latest = Arc::new(Mutex::new((Progress::default(), Instant::now())));
        can_draw.then(|| Self { bar: Mutex::default(), latest })
    }

    /// Shows how far it is.
    pub(super) fn show(&self, progress: &Progress) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = (progress.clone(), Instant::now());
        let mut slot = self.slot();
        let is_new = slot.is_none();
        let bar =
            slot.get_or_insert_with(|| ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden()));
        bar.set_style(style(progress, &self.latest));
        bar.set_length(u64::try_from(progress.total.unwrap_or(progress.done).max(1)).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
        if is_new {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(250));
        }
    }

    /// Prints something above the bar.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        match &*self.slot() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away; it comes again with the next progress.
    pub(super) fn clear(&self) {
        if let Some(bar) = self.slot().take() {
            bar.disable_steady_tick();
            bar.finish_and_clear();
        }
    }

    /// Whether it is on the screen.
    pub(super) fn is_drawn(&self) -> bool {
        self.slot().is_some()
    }

    fn slot(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn style(progress: &Progress, latest: &Arc<Mutex<(Progress, Instant)>>) -> ProgressStyle {
    let colour = match (console::colors_enabled_stderr(), progress.rolling_back) {
        (false, _) => "",
        (true, true) => ".yellow",
        (true, false) => ".green",
    };
    // Without a total there is nothing to measure the bar by.
    let counted = if progress.total.is_some() {
        format!("[{{bar:24{colour}}}] {{pos}}/{{len}}")
    } else {
        "{pos} done".to_owned()
    };
    let template = format!("{{spinner}} {counted} {{times}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let latest = Arc::clone(latest);
    style.progress_chars("=> ").with_key("times", move |_: &ProgressState, text: &mut dyn std::fmt::Write| {
        let (progress, told) = &*latest.lock().unwrap_or_else(PoisonError::into_inner);
        let width = usize::from(console::Term::stderr().size().1);
        // A text takes everything that is written to it.
        let _ = text.write_str(&message(progress, told.elapsed().as_secs(), width));
    })
}

/// The rest of the bar's line, and a line for each resource in progress, so many seconds later.
fn message(progress: &Progress, since: u64, width: usize) -> String {
    let undone = if progress.rolling_back { ", rolling back" } else { "" };
    let mut text = format!("{}{undone}", duration(progress.elapsed_seconds + since));
    for active in progress.active.iter().take(SHOWN) {
        let typical = active.typical_seconds.map(|seconds| format!(", usually {}", duration(seconds)));
        let name = active.construct.as_deref().unwrap_or(&active.logical_id);
        let line = format!(
            "    {} {name} {}{}",
            active.status,
            duration(active.seconds + since),
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
        let text = message(&progress, 0, 60);
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
        let later = message(&progress, 10, 60);
        assert!(later.starts_with("1m25s") && later.contains("DatabaseCluster 1m20s, usually 8m"), "{later}");
        assert!(message(&progress, 0, 30).lines().all(|line| line.chars().count() <= 30));
    }
}
