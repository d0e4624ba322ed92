//! What each status of a stack means for each thing that can be done: one table.
//!
//! Source: AWS CloudFormation User Guide, "Stack status codes", "Continue rolling back an update", "Stack failure options",
//! "Detect drift on an entire CloudFormation stack"; facts/deploy of the project for what five tools do.

use serde::Serialize;

use super::api::StackStatus;
use super::outcome::Ending;

/// What can be done with a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Create or update it.
    Deploy,
    /// Delete it.
    Destroy,
    /// Take a failed operation back.
    Rollback,
    /// Stop an update that runs.
    Cancel,
    /// Follow an operation that runs.
    Attach,
    /// Compare resources with what they were deployed as.
    Drift,
}

impl Action {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Deploy, Self::Destroy, Self::Rollback, Self::Cancel, Self::Attach, Self::Drift];
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruling {
    /// Deploy: a change set that creates the stack.
    Create,
    /// Deploy: a change set that changes it.
    Update,
    /// Deploy: it is deleted and created anew; nothing of it is left to lose.
    Recreate,
    /// Deploy: it goes on from where a creation stopped, if that is wanted, else it is deleted after a question and created anew.
    ResumeOrRecreate,
    /// Deploy: it is deleted after a question, since resources may be left, and created anew.
    AskThenRecreate,
    /// Deploy: it goes on from where an update stopped, if that is wanted, else what failed is rolled back after a question,
    /// then it is updated.
    ResumeOrRollBack,
    /// Deploy: what runs is followed if an earlier run of the same deploy began it; anything else is refused.
    FollowOwn,
    /// What runs is followed to its end, then it is decided again.
    Follow,
    /// It is done.
    Proceed,
    /// Rollback: what can't be rolled back is skipped or tried again (`ContinueUpdateRollback`).
    ContinueRollback,
    /// There is nothing to do, and that is fine.
    Nothing(&'static str),
    /// It can't be done; what to do instead.
    Refuse(Ending, &'static str),
}

/// How an operation ended, by the status that it left.
///
/// `None`: it still runs.
pub fn settled(status: &StackStatus) -> Option<Ending> {
    use StackStatus as S;
    match status {
        S::CreateComplete | S::UpdateComplete | S::ImportComplete | S::DeleteComplete => Some(Ending::Done),
        S::RollbackComplete | S::UpdateRollbackComplete | S::ImportRollbackComplete => {
            Some(Ending::RolledBack)
        }
        S::CreateFailed
        | S::RollbackFailed
        | S::DeleteFailed
        | S::UpdateFailed
        | S::UpdateRollbackFailed
        | S::ImportRollbackFailed => Some(Ending::Stuck),
        S::CreateInProgress
        | S::RollbackInProgress
        | S::DeleteInProgress
        | S::UpdateInProgress
        | S::UpdateCompleteCleanupInProgress
        | S::UpdateRollbackInProgress
        | S::UpdateRollbackCompleteCleanupInProgress
        | S::ReviewInProgress
        | S::ImportInProgress
        | S::ImportRollbackInProgress => None,
        S::Unknown(text) => match text.rsplit_once('_') {
            Some((_, "PROGRESS")) => None,
            Some((_, "COMPLETE")) => Some(Ending::Done),
            _ => Some(Ending::Stuck),
        },
    }
}

/// Whether something goes on in a stack with this status; a stack in review waits for us.
pub fn is_running(status: &StackStatus) -> bool {
    settled(status).is_none() && *status != StackStatus::ReviewInProgress
}

/// Whether what goes on undoes something.
pub fn is_rolling_back(status: &str) -> bool {
    status.contains("ROLLBACK")
}

const ANOTHER: &str = "another operation runs; `attach` follows it, then run this again";
const DELETES: &str = "the stack is being deleted";
const NOT_THERE: &str = "there is no such stack";
const ROLLBACK: &str = "`rollback` tries again, `rollback --force` skips what can't be rolled back";

/// What is done about a stack; `None` is a stack that isn't there.
pub fn ruling(action: Action, status: Option<&StackStatus>) -> Ruling {
    let Some(status) = status else { return without_stack(action) };
    match action {
        Action::Deploy => deploy(status),
        Action::Destroy => destroy(status),
        Action::Rollback => rollback(status),
        Action::Cancel => cancel(status),
        Action::Attach => attach(status),
        Action::Drift => drift(status),
    }
}

fn without_stack(action: Action) -> Ruling {
    match action {
        Action::Deploy => Ruling::Create,
        Action::Destroy => Ruling::Nothing(NOT_THERE),
        Action::Rollback | Action::Cancel | Action::Attach | Action::Drift => {
            Ruling::Refuse(Ending::Failed, NOT_THERE)
        }
    }
}

#[allow(clippy::match_same_arms, reason = "what is unknown is handled by itself")]
fn deploy(status: &StackStatus) -> Ruling {
    use StackStatus as S;
    match status {
        S::ReviewInProgress | S::DeleteComplete => Ruling::Create,
        S::CreateComplete
        | S::UpdateComplete
        | S::UpdateRollbackComplete
        | S::ImportComplete
        | S::ImportRollbackComplete => Ruling::Update,
        S::RollbackComplete => Ruling::Recreate,
        S::CreateFailed => Ruling::ResumeOrRecreate,
        S::RollbackFailed => Ruling::AskThenRecreate,
        S::UpdateFailed => Ruling::ResumeOrRollBack,
        S::CreateInProgress | S::RollbackInProgress | S::UpdateInProgress | S::UpdateRollbackInProgress => {
            Ruling::FollowOwn
        }
        S::UpdateCompleteCleanupInProgress
        | S::UpdateRollbackCompleteCleanupInProgress
        | S::DeleteInProgress => Ruling::Follow,
        S::UpdateRollbackFailed => Ruling::Refuse(Ending::Stuck, ROLLBACK),
        S::DeleteFailed => Ruling::Refuse(
            Ending::Stuck,
            "its deletion failed: `destroy` tries again, `destroy --force` leaves behind what can't be deleted",
        ),
        S::ImportRollbackFailed => Ruling::Refuse(
            Ending::Stuck,
            "an import couldn't be taken back: put right what its events name, then continue in the console",
        ),
        S::ImportInProgress | S::ImportRollbackInProgress => Ruling::Refuse(Ending::Failed, ANOTHER),
        S::Unknown(text) if text.ends_with("_IN_PROGRESS") => Ruling::Refuse(Ending::Failed, ANOTHER),
        S::Unknown(_) => Ruling::Refuse(
            Ending::Stuck,
            "this program doesn't know the status, so it changes nothing: look at the stack in the console",
        ),
    }
}

#[allow(clippy::match_same_arms, reason = "what is unknown is handled by itself")]
fn destroy(status: &StackStatus) -> Ruling {
    use StackStatus as S;
    match status {
        S::DeleteComplete => Ruling::Nothing("the stack is deleted"),
        S::DeleteInProgress => Ruling::Follow,
        S::ReviewInProgress
        | S::CreateInProgress
        | S::CreateFailed
        | S::CreateComplete
        | S::RollbackFailed
        | S::RollbackComplete
        | S::DeleteFailed
        | S::UpdateComplete
        | S::UpdateFailed
        | S::UpdateRollbackFailed
        | S::UpdateRollbackComplete
        | S::ImportComplete
        | S::ImportRollbackFailed
        | S::ImportRollbackComplete => Ruling::Proceed,
        S::RollbackInProgress
        | S::UpdateInProgress
        | S::UpdateCompleteCleanupInProgress
        | S::UpdateRollbackInProgress
        | S::UpdateRollbackCompleteCleanupInProgress
        | S::ImportInProgress
        | S::ImportRollbackInProgress => Ruling::Refuse(Ending::Failed, ANOTHER),
        S::Unknown(_) if is_running(status) => Ruling::Refuse(Ending::Failed, ANOTHER),
        S::Unknown(_) => Ruling::Proceed,
    }
}

fn rollback(status: &StackStatus) -> Ruling {
    use StackStatus as S;
    match status {
        S::UpdateRollbackFailed => Ruling::ContinueRollback,
        S::CreateFailed | S::UpdateFailed => Ruling::Proceed,
        S::RollbackInProgress
        | S::UpdateRollbackInProgress
        | S::UpdateRollbackCompleteCleanupInProgress
        | S::ImportRollbackInProgress => Ruling::Follow,
        S::RollbackComplete | S::UpdateRollbackComplete | S::ImportRollbackComplete => {
            Ruling::Nothing("the last operation is rolled back")
        }
        S::CreateComplete | S::UpdateComplete | S::ImportComplete => {
            Ruling::Nothing("the last operation succeeded: there is nothing to roll back")
        }
        S::UpdateInProgress => {
            Ruling::Refuse(Ending::Failed, "an update runs: `cancel` stops it and rolls it back")
        }
        S::CreateInProgress => {
            Ruling::Refuse(Ending::Failed, "the stack is being created: `destroy` takes that back")
        }
        S::RollbackFailed => {
            Ruling::Refuse(Ending::Stuck, "a creation couldn't be taken back: `destroy` deletes the rest")
        }
        S::DeleteInProgress | S::DeleteComplete => Ruling::Refuse(Ending::Failed, DELETES),
        S::DeleteFailed => Ruling::Refuse(Ending::Stuck, "its deletion failed: `destroy` tries again"),
        S::ReviewInProgress => {
            Ruling::Nothing("the stack has no resources yet: there is nothing to roll back")
        }
        S::UpdateCompleteCleanupInProgress | S::ImportInProgress => Ruling::Refuse(Ending::Failed, ANOTHER),
        S::ImportRollbackFailed => Ruling::Refuse(
            Ending::Stuck,
            "an import couldn't be taken back: put right what its events name, then continue in the console",
        ),
        S::Unknown(_) => Ruling::Refuse(Ending::Stuck, "this program doesn't know the status"),
    }
}

fn cancel(status: &StackStatus) -> Ruling {
    use StackStatus as S;
    match status {
        S::UpdateInProgress => Ruling::Proceed,
        S::UpdateRollbackInProgress
        | S::UpdateRollbackCompleteCleanupInProgress
        | S::RollbackInProgress
        | S::ImportRollbackInProgress => Ruling::Nothing("it is being rolled back already"),
        S::CreateInProgress => {
            Ruling::Refuse(Ending::Failed, "a creation can't be cancelled: `destroy` deletes the stack")
        }
        S::UpdateCompleteCleanupInProgress => {
            Ruling::Refuse(Ending::Failed, "the update is done, only what it replaced is being deleted")
        }
        S::DeleteInProgress => Ruling::Refuse(Ending::Failed, "a deletion can't be cancelled"),
        S::ImportInProgress => Ruling::Refuse(Ending::Failed, "an import can't be cancelled"),
        S::CreateFailed
        | S::CreateComplete
        | S::RollbackFailed
        | S::RollbackComplete
        | S::DeleteFailed
        | S::DeleteComplete
        | S::UpdateComplete
        | S::UpdateFailed
        | S::UpdateRollbackFailed
        | S::UpdateRollbackComplete
        | S::ReviewInProgress
        | S::ImportComplete
        | S::ImportRollbackFailed
        | S::ImportRollbackComplete => Ruling::Nothing("nothing runs"),
        S::Unknown(_) => Ruling::Refuse(Ending::Failed, "this program doesn't know the status"),
    }
}

fn attach(status: &StackStatus) -> Ruling {
    if is_running(status) { Ruling::Follow } else { Ruling::Nothing("nothing runs") }
}

fn drift(status: &StackStatus) -> Ruling {
    use StackStatus as S;
    match status {
        S::CreateComplete
        | S::UpdateComplete
        | S::UpdateRollbackComplete
        | S::UpdateRollbackFailed
        | S::ImportComplete
        | S::ImportRollbackComplete => Ruling::Proceed,
        S::CreateInProgress
        | S::RollbackInProgress
        | S::DeleteInProgress
        | S::UpdateInProgress
        | S::UpdateCompleteCleanupInProgress
        | S::UpdateRollbackInProgress
        | S::UpdateRollbackCompleteCleanupInProgress
        | S::ImportInProgress
        | S::ImportRollbackInProgress => Ruling::Refuse(Ending::Failed, ANOTHER),
        S::CreateFailed
        | S::RollbackFailed
        | S::RollbackComplete
        | S::DeleteFailed
        | S::DeleteComplete
        | S::UpdateFailed
        | S::ReviewInProgress
        | S::ImportRollbackFailed => Ruling::Refuse(
            Ending::Failed,
            "CloudFormation detects drift of stacks only whose last operation came to its end",
        ),
        S::Unknown(_) => Ruling::Refuse(Ending::Failed, "this program doesn't know the status"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kind of a ruling, for the table below.
    fn letter(ruling: Ruling) -> &'static str {
        match ruling {
            Ruling::Create => "create",
            Ruling::Update => "update",
            Ruling::Recreate => "recreate",
            Ruling::ResumeOrRecreate => "resume",
            Ruling::AskThenRecreate => "ask",
            Ruling::ResumeOrRollBack => "resume or back",
            Ruling::FollowOwn => "own",
            Ruling::Follow => "follow",
            Ruling::Proceed => "do",
            Ruling::ContinueRollback => "continue",
            Ruling::Nothing(_) => "-",
            Ruling::Refuse(Ending::Stuck, _) => "stuck",
            Ruling::Refuse(_, _) => "no",
        }
    }

    /// Status, whether it is settled, and the rulings in the order of [`Action::ALL`].
    const TABLE: [(&str, &str, [&str; 6]); 23] = [
        ("CREATE_IN_PROGRESS", "", ["own", "do", "no", "no", "follow", "no"]),
        ("CREATE_FAILED", "stuck", ["resume", "do", "do", "-", "-", "no"]),
        ("CREATE_COMPLETE", "done", ["update", "do", "-", "-", "-", "do"]),
        ("ROLLBACK_IN_PROGRESS", "", ["own", "no", "follow", "-", "follow", "no"]),
        ("ROLLBACK_FAILED", "stuck", ["ask", "do", "stuck", "-", "-", "no"]),
        ("ROLLBACK_COMPLETE", "back", ["recreate", "do", "-", "-", "-", "no"]),
        ("DELETE_IN_PROGRESS", "", ["follow", "follow", "no", "no", "follow", "no"]),
        ("DELETE_FAILED", "stuck", ["stuck", "do", "stuck", "-", "-", "no"]),
        ("DELETE_COMPLETE", "done", ["create", "-", "no", "-", "-", "no"]),
        ("UPDATE_IN_PROGRESS", "", ["own", "no", "no", "do", "follow", "no"]),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "", ["follow", "no", "no", "no", "follow", "no"]),
        ("UPDATE_COMPLETE", "done", ["update", "do", "-", "-", "-", "do"]),
        ("UPDATE_FAILED", "stuck", ["resume or back", "do", "do", "-", "-", "no"]),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "", ["own", "no", "follow", "-", "follow", "no"]),
        ("UPDATE_ROLLBACK_FAILED", "stuck", ["stuck", "do", "continue", "-", "-", "do"]),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "", ["follow", "no", "follow", "-", "follow", "no"]),
        ("UPDATE_ROLLBACK_COMPLETE", "back", ["update", "do", "-", "-", "-", "do"]),
        ("REVIEW_IN_PROGRESS", "", ["create", "do", "-", "-", "-", "no"]),
        ("IMPORT_IN_PROGRESS", "", ["no", "no", "no", "no", "follow", "no"]),
        ("IMPORT_COMPLETE", "done", ["update", "do", "-", "-", "-", "do"]),
        ("IMPORT_ROLLBACK_IN_PROGRESS", "", ["no", "no", "follow", "-", "follow", "no"]),
        ("IMPORT_ROLLBACK_FAILED", "stuck", ["stuck", "do", "stuck", "-", "-", "no"]),
        ("IMPORT_ROLLBACK_COMPLETE", "back", ["update", "do", "-", "-", "-", "do"]),
    ];

    #[test]
    fn every_status_is_handled_on_purpose() {
        let known: Vec<&str> = StackStatus::ALL.iter().map(StackStatus::as_str).collect();
        let told: Vec<&str> = TABLE.iter().map(|(status, ..)| *status).collect();
        assert_eq!(told, known, "a status was added: decide what it means and add its row");
        for (text, end, rulings) in TABLE {
            let status = StackStatus::from(text);
            let ended = match settled(&status) {
                None => "",
                Some(Ending::Done) => "done",
                Some(Ending::RolledBack) => "back",
                Some(_) => "stuck",
            };
            assert_eq!(ended, end, "{text}");
            let found = Action::ALL.map(|action| letter(ruling(action, Some(&status))));
            assert_eq!(found, rulings, "{text}");
        }
    }

    #[test]
    fn a_stack_that_is_not_there_is_created_and_needs_no_destroying() {
        let found = Action::ALL.map(|action| letter(ruling(action, None)));
        assert_eq!(found, ["create", "-", "no", "no", "no", "no"]);
    }

    #[test]
    fn future_statuses_are_never_changed_but_can_be_deleted_and_watched() {
        let running = StackStatus::from("PONDER_IN_PROGRESS");
        let resting = StackStatus::from("PONDER_FAILED");
        assert_eq!((settled(&running), settled(&resting)), (None, Some(Ending::Stuck)));
        let found = Action::ALL.map(|action| letter(ruling(action, Some(&running))));
        assert_eq!(found, ["no", "no", "stuck", "no", "follow", "no"]);
        let found = Action::ALL.map(|action| letter(ruling(action, Some(&resting))));
        assert_eq!(found, ["stuck", "do", "stuck", "no", "-", "no"]);
    }
}
