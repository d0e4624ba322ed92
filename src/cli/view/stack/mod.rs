//! How commands on stacks tell what happens: lines, a bar in a terminal, or JSON.

mod bar;
mod changes;
mod lines;
mod reports;

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::print;
use crate::deploy::clock::Timestamp;
use crate::deploy::event::{CheckResult, Event, Record, Sink};
use crate::deploy::outcome::{Ending, Outcome};
use crate::deploy::prompt::{Question, Topic};
use bar::Bar;

pub(in crate::cli) use reports::{diff, drift, network, outputs, secrets, status};

/// Without a terminal, a line that nothing new happened comes this often.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// Takes the events of a command and prints them. Clones print to the same place.
#[derive(Clone)]
pub(in crate::cli) struct Teller(Arc<Inner>);

struct Inner {
    form: Form,
    /// The stack, where several are told of at the same time.
    prefix: Option<String>,
    bar: Option<Bar>,
    /// Whether nothing is summed up.
    is_verbose: bool,
    /// When something was last told.
    told: Mutex<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One object a line on standard output.
    Json,
    /// Everything on standard error, but outputs.
    Following,
    /// Events on standard output.
    Events,
    /// Only what the person should know while a report is made.
    Report,
}

impl Teller {
    /// Of a command that changes or follows a stack.
    pub(in crate::cli) fn following(json: bool) -> Self {
        Self::deploying(json, None, false)
    }

    /// Of a deploy. With a `prefix`, it is one among several; a verbose one sums nothing up.
    pub(in crate::cli) fn deploying(json: bool, prefix: Option<&str>, is_verbose: bool) -> Self {
        let form = if json { Form::Json } else { Form::Following };
        let bar = (form == Form::Following && prefix.is_none()).then(Bar::new).flatten();
        let prefix = prefix.map(str::to_owned);
        Self(Arc::new(Inner { form, prefix, bar, is_verbose, told: Mutex::default() }))
    }

    /// Of a command whose result is events.
    pub(in crate::cli) fn events(json: bool) -> Self {
        Self::new(if json { Form::Json } else { Form::Events })
    }

    /// Of a command that ends with a report.
    pub(in crate::cli) fn report() -> Self {
        Self::new(Form::Report)
    }

    fn new(form: Form) -> Self {
        Self(Arc::new(Inner { form, prefix: None, bar: None, is_verbose: false, told: Mutex::default() }))
    }

    /// Takes the bar away.
    pub(in crate::cli) fn close(&self) {
        if let Some(bar) = &self.0.bar {
            bar.clear();
        }
    }

    /// Prints a question, and waits on its line.
    pub(in crate::cli) fn question(&self, question: &Question) {
        if let Some(bar) = &self.0.bar {
            bar.clear();
        }
        // What changes and what gets wider was just shown.
        let is_shown = matches!(question.topic, Topic::Changes | Topic::Broadening);
        let details = question.details.iter().filter(|_| !is_shown);
        let mut text: String = details.map(|detail| format!("{detail}\n")).collect();
        text.push_str(&question.text);
        text.push_str(if question.expected.is_some() { " " } else { " [y/N] " });
        print::err(&text);
    }

    /// Prints what a person should have known who can't be asked; the outcome says the rest.
    pub(in crate::cli) fn unanswered(&self, question: &Question) {
        if matches!(question.topic, Topic::Changes | Topic::Broadening) {
            return;
        }
        let text: String = question.details.iter().map(|detail| format!("{detail}\n")).collect();
        self.lines(&text, false);
    }

    /// Ends the line on which the terminal showed `^C`.
    pub(in crate::cli) fn was_interrupted(&self) {
        let has_line = std::io::stderr().is_terminal() && !self.0.bar.as_ref().is_some_and(Bar::is_drawn);
        if has_line {
            print::err("\n");
        }
    }

    /// Prints a sentence that somebody has to read.
    pub(in crate::cli) fn error(sentence: &str) {
        print::err(&format!("{sentence}\n"));
    }

    /// Prints how a command ended that told no event of it.
    pub(in crate::cli) fn outcome(outcome: &Outcome) {
        let ok = outcome.ending == Ending::Done;
        let text = lines::finished(ok, &outcome.message, &outcome.next);
        print::err(&text);
    }

    fn lines(&self, text: &str, to_stdout: bool) {
        if text.is_empty() {
            return;
        }
        let inner = &self.0;
        let plain = to_stdout.then(|| plain_unless_terminal(text));
        let wrapped = (inner.bar.is_some() && !to_stdout)
            .then(|| lines::wrapped(text, usize::from(console::Term::stderr().size().1)));
        let text = plain.as_deref().or(wrapped.as_deref()).unwrap_or(text);
        let prefixed: String = match &inner.prefix {
            None => text.to_owned(),
            Some(prefix) => text.lines().map(|line| format!("{prefix}: {line}\n")).collect(),
        };
        let write = || if to_stdout { print::out(&prefixed) } else { print::err(&prefixed) };
        match &inner.bar {
            Some(bar) => bar.aside(write),
            None => write(),
        }
    }

    /// Whether a line that nothing new happened is due.
    fn is_quiet_for_long(&self, now: Timestamp) -> bool {
        let told = *self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        now.since(told) >= HEARTBEAT
    }
}

/// A text without colours, unless standard output is a terminal: colours are chosen for standard error.
fn plain_unless_terminal(text: &str) -> String {
    if std::io::stdout().is_terminal() {
        text.to_owned()
    } else {
        console::strip_ansi_codes(text).into_owned()
    }
}

impl Sink for Teller {
    fn tell(&self, record: &Record) {
        let inner = &self.0;
        if inner.form == Form::Json {
            let line = serde_json::to_string(record).unwrap_or_default();
            print::out(&format!("{line}\n"));
            return;
        }
        let is_news = match (&record.event, inner.form) {
            (Event::Progress(progress), Form::Following | Form::Events) => {
                if let Some(bar) = &inner.bar {
                    bar.show(progress);
                    return;
                }
                self.is_quiet_for_long(record.time)
            }
            (Event::Progress(_) | Event::Started { .. } | Event::Finished { .. }, Form::Report) => false,
            (Event::Checked { finding, .. }, Form::Report) => *finding != CheckResult::Ok,
            _ => true,
        };
        if !is_news {
            return;
        }
        *inner.told.lock().unwrap_or_else(PoisonError::into_inner) = record.time;
        let is_result = match &record.event {
            Event::Outputs { .. } => true,
            Event::Resource(_) | Event::Cause(_) => inner.form == Form::Events,
            _ => false,
        };
        self.lines(&lines::lines(record, inner.is_verbose), is_result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_a_line_comes_when_nothing_was_told_for_a_minute() {
        let teller = Teller::report();
        let at = |seconds: i64| Timestamp(1_790_000_000_000 + seconds * 1000);
        *teller.0.told.lock().unwrap() = at(0);
        assert!(!teller.is_quiet_for_long(at(59)));
        assert!(teller.is_quiet_for_long(at(60)));
    }
}
