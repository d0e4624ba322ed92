//! Events as lines.

use console::{Style, style};

use super::changes;
use crate::deploy::event::{
    Cause, CheckResult, Event, Progress, Record, Rejection, ResourceEvent, Step, WaitReason,
};
use crate::deploy::services::StoppedTask;

/// The lines of an event, each with its end; none for what only programs need. `is_verbose`: nothing is summed up.
pub(super) fn lines(record: &Record, is_verbose: bool) -> String {
    match &record.event {
        Event::Started { .. } => String::new(),
        Event::Checked { check, finding, detail } => {
            let finding = match finding {
                CheckResult::Ok => "ok".to_owned(),
                CheckResult::Warning => warning("warning"),
                CheckResult::Failed => bad("failed"),
            };
            format!("check {check}: {finding}{}\n", after(", ", detail))
        }
        Event::Step { step, number, of } => format!("step {number} of {of}: {}\n", step_words(*step)),
        Event::Uploaded { bucket, key, bytes } => {
            format!("uploaded the template, {bytes} bytes, to s3://{bucket}/{key}\n")
        }
        Event::ChangeSet { name, resumed, .. } => {
            let verb = if *resumed { "going on with" } else { "making" };
            format!("{verb} the change set {name}\n")
        }
        Event::Changes { step, changes, widenings } => {
            let title = match step {
                None => "the new stack".to_owned(),
                Some(step) => format!("this step, {}", step_words(*step)),
            };
            let text = if step.is_none() && !is_verbose { changes::text_of_new } else { changes::text };
            format!("changes of {title}:\n{}", text(changes, widenings))
        }
        Event::NoChanges { step } => format!("nothing to change in {}\n", step_words(*step)),
        Event::Executing { .. } => "executing the change set\n".to_owned(),
        Event::Resource(event) => resource(event) + "\n",
        Event::Progress(progress) => heartbeat(progress),
        Event::Waiting { reason: WaitReason::NoAnswer, message, .. } => {
            format!("{}: AWS doesn't answer so far: {message}\n", warning("waiting"))
        }
        Event::Waiting { reason, message, attempt, retry_seconds } => {
            let reason = match reason {
                WaitReason::Throttled => "AWS throttles calls",
                WaitReason::Connection | WaitReason::NoAnswer => "AWS doesn't answer",
                WaitReason::CredentialsExpired => {
                    "the credentials have expired: log in again in another terminal"
                }
                WaitReason::AccessDenied => "access is denied",
            };
            format!(
                "{}: {reason}; asking again in {retry_seconds} s (attempt {attempt}): {message}\n",
                warning("waiting")
            )
        }
        Event::Reconnected { after_seconds } => {
            format!("AWS answers again after {}\n", duration(*after_seconds))
        }
        Event::StackPolicy { allowed } if allowed.is_empty() => {
            "the stack policy denies replacement and deletion of what holds data\n".to_owned()
        }
        Event::StackPolicy { allowed } => {
            format!("the stack policy allows replacement and deletion of {} for now\n", allowed.join(", "))
        }
        Event::ChangeSetDeleted { name } => format!("deleted the change set {name}\n"),
        Event::StackDeleted { was_empty: true, .. } => "deleted the empty stack\n".to_owned(),
        Event::StackDeleted { .. } => "deleted the stack whose creation failed\n".to_owned(),
        Event::Note { message } => format!("note: {message}\n"),
        Event::Warning { message } => format!("{}: {message}\n", warning("warning")),
        Event::Rejected(rejection) => rejected(rejection),
        Event::Cause(found) => cause(found),
        Event::Outputs { outputs } => super::outputs(outputs),
        Event::Finished { exit_code, message, next, .. } => finished(*exit_code == 0, message, next),
    }
}

/// How a command ended.
pub(super) fn finished(ok: bool, message: &str, next: &[String]) -> String {
    let head = if ok { good("done") } else { bad("error") };
    let mut text = format!("{head}: {message}\n");
    for line in next {
        text.push_str(&format!("  next: {line}\n"));
    }
    text
}

fn step_words(step: Step) -> &'static str {
    match step {
        Step::Foundation => "the foundation (network, keys, secrets, bucket, database, cache)",
        Step::Whole => "the whole stack",
        Step::Protection => "deletion protection",
    }
}

/// One event of a resource: its time, status, name and type, and why.
fn resource(event: &ResourceEvent) -> String {
    let time = event.timestamp.to_string();
    let time = time.get(11..19).unwrap_or(&time);
    let mut name = event.nested_in.join("/");
    if !name.is_empty() {
        name.push('/');
    }
    name.push_str(&event.logical_id);
    let status = coloured(&event.status, &format!("{:<28}", event.status));
    let mut line = format!("{time}  {status}  {name}  {}", event.resource_type);
    if let Some(detail) = &event.detailed_status {
        line.push_str(&format!("  {detail}"));
    }
    if let Some(reason) = &event.reason {
        line.push_str(&format!("\n          {}", one_line(reason)));
    }
    line
}

fn heartbeat(progress: &Progress) -> String {
    let of = progress.total.map(|total| format!(" of {total}")).unwrap_or_default();
    let undone = if progress.rolling_back { ", rolling back" } else { "" };
    let active: Vec<String> = progress
        .active
        .iter()
        .take(3)
        .map(|active| {
            let typical = active.typical_seconds.map(|seconds| format!(", usually {}", duration(seconds)));
            format!("{} {}{}", active.logical_id, duration(active.seconds), typical.unwrap_or_default())
        })
        .collect();
    let more = progress.active.len().saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let active =
        if active.is_empty() { String::new() } else { format!("; in progress: {}{more}", active.join("; ")) };
    format!(
        "{} after {}{undone}{active}\n",
        format_args!("{}{of} done", progress.done),
        duration(progress.elapsed_seconds)
    )
}

fn rejected(rejection: &Rejection) -> String {
    let head = if rejection.is_warning { warning("warning") } else { bad("rejected") };
    let place = rejection.construct.as_ref().or(rejection.logical_id.as_ref());
    let mut text = format!("{head}: {}: {}\n", rejection.check, one_line(&rejection.reason));
    if let Some(place) = place {
        text.push_str(&format!("  at {place}{}\n", after(" ", rejection.path.as_deref().unwrap_or(""))));
    }
    for annotation in &rejection.annotations {
        text.push_str(&annotation_lines(annotation));
    }
    text
}

fn annotation_lines(annotation: &crate::deploy::api::Annotation) -> String {
    let mut text = format!(
        "  {} {}{}\n",
        annotation.name,
        annotation.status,
        after(": ", annotation.status_message.as_deref().unwrap_or(""))
    );
    if let Some(remedy) = &annotation.remediation_message {
        let link = after(" ", annotation.remediation_link.as_deref().unwrap_or(""));
        text.push_str(&format!("    to do: {remedy}{link}\n"));
    }
    text
}

/// The first real failure.
fn cause(cause: &Cause) -> String {
    let event = &cause.event;
    let name = event.construct.as_deref().unwrap_or(&event.logical_id);
    let mut text = format!("{}: {name} ({}) {}\n", bad("cause"), event.resource_type, event.status);
    if let Some(reason) = &event.reason {
        text.push_str(&format!("  {}\n", one_line(reason)));
    }
    if let Some(explanation) = &cause.explanation {
        text.push_str(&format!("  {explanation}\n"));
    }
    for advice in &cause.advice {
        text.push_str(&format!("  to do: {advice}\n"));
    }
    for annotation in &cause.annotations {
        text.push_str(&annotation_lines(annotation));
    }
    for task in &cause.stopped_tasks {
        text.push_str(&stopped(task));
    }
    for other in &cause.others {
        let reason = after(": ", other.reason.as_deref().unwrap_or(""));
        text.push_str(&format!("  also {} {}{}\n", other.logical_id, other.status, one_line(&reason)));
    }
    if cause.cancelled > 0 {
        text.push_str(&format!("  {} more were cancelled because of it\n", cause.cancelled));
    }
    text
}

fn stopped(task: &StoppedTask) -> String {
    let reason = task.reason.as_deref().or(task.stop_code.as_deref()).unwrap_or("no reason is told");
    let id = task.arn.rsplit('/').next().unwrap_or(&task.arn);
    let mut text = format!("  task {id} stopped: {}\n", one_line(reason));
    for container in &task.containers {
        if container.exit_code.is_none_or(|code| code == 0) && container.reason.is_none() {
            continue;
        }
        let code = container.exit_code.map(|code| format!(" exit code {code}")).unwrap_or_default();
        let reason = after(": ", container.reason.as_deref().unwrap_or(""));
        text.push_str(&format!("    {}{code}{}\n", container.name, one_line(&reason)));
    }
    text
}

/// `1h2m`, `2m5s`, `8m`, `7s`.
pub(super) fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest}s"),
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, rest) => format!("{minutes}m{rest}s"),
        (hours, 0, _) => format!("{hours}h"),
        (hours, minutes, _) => format!("{hours}h{minutes}m"),
    }
}

/// At most `width` characters, the last an ellipsis where something is left out.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}

/// Lines no wider than a terminal, broken between words, what follows indented below. A word that is longer stays whole.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut wrapped = String::new();
    for line in text.lines() {
        let start = line.len() - line.trim_start().len();
        // Below a time, what belongs to it stands behind the time.
        let indent = if line.as_bytes().get(2) == Some(&b':') { 10 } else { start + 4 };
        let mut used = 0;
        let mut is_first = true;
        for word in line.trim_end().split_inclusive(' ') {
            let long = console::measure_text_width(word.trim_end());
            if used + long > width && !is_first && used > indent {
                while wrapped.ends_with(' ') {
                    wrapped.pop();
                }
                wrapped.push('\n');
                wrapped.push_str(&" ".repeat(indent));
                used = indent;
                if word == " " {
                    continue;
                }
            }
            wrapped.push_str(word);
            used += console::measure_text_width(word);
            is_first &= word.trim().is_empty();
        }
        wrapped.push('\n');
    }
    wrapped
}

/// A text in one line: what a service tells may have several.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn after(separator: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{separator}{text}") }
}

fn coloured(status: &str, text: &str) -> String {
    let style = if status.ends_with("_FAILED") {
        Style::new().red()
    } else if status.contains("ROLLBACK") {
        Style::new().yellow()
    } else if status.ends_with("_COMPLETE") {
        Style::new().green()
    } else {
        Style::new()
    };
    style.for_stderr().apply_to(text).to_string()
}

fn good(text: &str) -> String {
    style(text).for_stderr().green().bold().to_string()
}

pub(super) fn bad(text: &str) -> String {
    style(text).for_stderr().red().bold().to_string()
}

pub(super) fn warning(text: &str) -> String {
    style(text).for_stderr().yellow().bold().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let cases = [(0, "0s"), (59, "59s"), (60, "1m"), (125, "2m5s"), (3600, "1h"), (3725, "1h2m")];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn long_lines_are_cut_at_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äö…");
    }

    #[test]
    fn lines_are_broken_between_words() {
        let text = "05:43:15  UPDATE_COMPLETE               PluginDaemonDiscoveryService  AWS::ServiceDiscovery::Service\n  to do: read the log\n";
        let expected = "05:43:15  UPDATE_COMPLETE\n          PluginDaemonDiscoveryService\n          AWS::ServiceDiscovery::Service\n  to do: read the log\n";
        assert_eq!(wrapped(text, 50), expected);
        assert_eq!(wrapped(text, 120), text);
        let long = "  a ".to_owned() + &"x".repeat(40) + " b\n";
        assert_eq!(wrapped(&long, 20), format!("  a {}\n      b\n", "x".repeat(40)));
        let coloured = "\u{1b}[32mUPDATE_COMPLETE\u{1b}[0m a b";
        assert_eq!(wrapped(coloured, 19), format!("{coloured}\n"), "colours have no width");
    }

    #[test]
    fn a_heartbeat_tells_what_is_in_progress_for_how_long_and_how_long_it_usually_takes() {
        let active = |logical_id: &str, seconds, typical_seconds| crate::deploy::event::Active {
            logical_id: logical_id.into(),
            seconds,
            typical_seconds,
            ..Default::default()
        };
        let progress = Progress {
            done: 12,
            total: Some(40),
            elapsed_seconds: 700,
            active: vec![
                active("DatabaseWriter", 540, Some(600)),
                active("Cache", 300, Some(780)),
                active("Bucket", 9, None),
                active("Group", 1, None),
            ],
            rolling_back: false,
        };
        assert_eq!(
            heartbeat(&progress),
            "12 of 40 done after 11m40s; in progress: DatabaseWriter 9m, usually 10m; Cache 5m, usually 13m; Bucket 9s and 1 more\n"
        );
        let back = Progress { total: None, rolling_back: true, active: Vec::new(), ..progress };
        assert_eq!(heartbeat(&back), "12 done after 11m40s, rolling back\n");
    }

    #[test]
    fn reasons_stay_in_one_line() {
        assert_eq!(one_line("a\n  b"), "a b");
        assert_eq!(one_line(": a\nb"), ": a b");
    }
}
