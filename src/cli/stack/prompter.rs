//! Questions on the terminal, and Ctrl-C.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::cli::Exit;
use crate::cli::view::stack::Teller;
use crate::deploy::Call;
use crate::deploy::prompt::{Prompter, Question, Reply};

/// How long the engine has to notice a second Ctrl-C, which may come while a call is on its way.
const GRACE: Duration = Duration::from_secs(1);

/// Asks on the terminal, where standard input and standard error are one.
pub(super) struct Prompts {
    teller: Teller,
    interrupts: Arc<Interrupts>,
}

#[derive(Default)]
struct Interrupts {
    noticed: Notify,
    /// How many came, and how many somebody took.
    came: AtomicUsize,
    taken: AtomicUsize,
}

impl Prompts {
    /// Listens to Ctrl-C from now on; to SIGTERM too, which is how CI systems cancel.
    pub(super) fn new(stack: &str, teller: Teller) -> Self {
        let interrupts = Arc::new(Interrupts::default());
        tokio::spawn(listen(Arc::clone(&interrupts), stack.to_owned(), teller.clone()));
        Self { teller, interrupts }
    }
}

async fn listen(interrupts: Arc<Interrupts>, stack: String, teller: Teller) {
    // Without them a Ctrl-C ends the program as it ends any other.
    let Ok(mut signals) = Signals::new() else { return };
    loop {
        signals.next().await;
        teller.was_interrupted();
        let came = interrupts.came.fetch_add(1, Ordering::SeqCst) + 1;
        interrupts.noticed.notify_one();
        if came >= 2 {
            let interrupts = Arc::clone(&interrupts);
            let (stack, teller) = (stack.clone(), teller.clone());
            tokio::spawn(async move {
                tokio::time::sleep(GRACE).await;
                if interrupts.taken.load(Ordering::SeqCst) < came {
                    leave(&stack, &teller);
                }
            });
        }
    }
}

/// Ends the program: the engine waits for an answer that may take a minute.
#[allow(clippy::exit, reason = "a second Ctrl-C leaves at once")]
fn leave(stack: &str, teller: &Teller) {
    teller.close();
    Teller::error(&format!(
        "left while a call was on its way; what CloudFormation began goes on: dify-cfn attach --stack {stack}"
    ));
    std::process::exit(Exit::Left as i32);
}

/// Ctrl-C, and SIGTERM. One listener for all of them: none is lost while the last one is looked at.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

impl Prompter for Prompts {
    fn ask<'a>(&'a self, question: &'a Question) -> Call<'a, Reply> {
        Box::pin(async move {
            if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
                self.teller.unanswered(question);
                return Reply::NoTerminal;
            }
            self.teller.question(question);
            let answer = tokio::task::spawn_blocking(|| {
                let mut line = String::new();
                let read = std::io::stdin().read_line(&mut line);
                read.ok().filter(|bytes| *bytes > 0).map(|_| line)
            });
            let reply = tokio::select! {
                biased;
                () = self.interrupted() => Reply::Interrupted,
                line = answer => match line.ok().flatten() {
                    None => Reply::NoTerminal,
                    Some(line) => reply(&line, question.expected.as_deref()),
                },
            };
            reply
        })
    }

    fn interrupted(&self) -> Call<'_, ()> {
        Box::pin(async move {
            self.interrupts.noticed.notified().await;
            self.interrupts.taken.store(self.interrupts.came.load(Ordering::SeqCst), Ordering::SeqCst);
        })
    }
}

/// What a line says: exactly the expected text, or a yes.
fn reply(line: &str, expected: Option<&str>) -> Reply {
    let line = line.trim();
    let is_yes = match expected {
        Some(expected) => line == expected,
        None => line.eq_ignore_ascii_case("y") || line.eq_ignore_ascii_case("yes"),
    };
    if is_yes { Reply::Yes } else { Reply::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "YES\n", " yes "] {
            assert_eq!(reply(yes, None), Reply::Yes, "{yes:?}");
        }
        for no in ["\n", "n\n", "yess\n", "dify-prd\n"] {
            assert_eq!(reply(no, None), Reply::No, "{no:?}");
        }
        assert_eq!(reply("dify-prd\n", Some("dify-prd")), Reply::Yes);
        assert_eq!(reply("yes\n", Some("dify-prd")), Reply::No);
        assert_eq!(reply("DIFY-PRD\n", Some("dify-prd")), Reply::No);
    }
}
