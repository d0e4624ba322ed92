//! L010: everything is looked at.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L010"),
    severity: Severity::Note,
    title: "everything is looked at",
    what: "The template has no more combinations of conditions and parameters than this program goes through: some \
           thousands of combinations, 100,000 evaluations of resources.",
    why: "What goes wrong only in a combination that was left out isn't found.",
    source: "this program's own limits, which keep it from running for ever",
    same_as: &[],
};

/// Runs last: what the other checks left out is known then.
pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.is_complete() {
        let message =
            "there are too many combinations of conditions and parameters: not all of them were looked at";
        findings.push(
            RULE.finding(message)
                .help("give values that are known by `--parameter NAME=VALUE`: fewer combinations are left"),
        );
    }
}
