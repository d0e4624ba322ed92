//! W033: logs go to the stack's region.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, tasks};
use super::model::View;
use super::w009_log_permission::{group, options};

pub(super) static RULE: Rule = Rule {
    code: Code("W033"),
    severity: Severity::Error,
    title: "a container's log goes to the region of its log group",
    what: "Where a container writes to a log group of the template, `awslogs-region` is the region of the stack: `AWS::Region`, or the region that the template is checked for. Where none is given another one is a warning.",
    why: "The log group isn't there: the task stops with a ResourceInitializationError, in all regions but one.",
    source: "Amazon ECS Developer Guide, \"Example Amazon ECS task definition: Route logs to CloudWatch\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            let Some(region) = options(container).and_then(|options| options.get("awslogs-region")) else {
                continue;
            };
            let Some(text) = region.text().filter(|_| region.is_literal()) else { continue };
            let Some(group) = group(view, container) else { continue };
            let right = view.context.options.region.as_deref();
            if right == Some(text.as_ref()) {
                continue;
            }
            let (what, severity) = match right {
                Some(right) => (format!("the stack is in {right}"), Severity::Error),
                None => ("the stack can be in another region".to_owned(), Severity::Warning),
            };
            let message = format!(
                "the log goes to {text}, but {what}, and `{}` with it: tasks there can't write it",
                group.id
            );
            let mut finding = task.finding_at(&RULE, region, message).help("write `!Ref AWS::Region`");
            finding.severity = severity;
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::diagnostic::Severity;
    use crate::validate::Options;
    use crate::validate::testing::found_with;
    use crate::validate::wiring::testing::{changed, only};

    const REGION: &str = "/ApiTask/Properties/ContainerDefinitions/0/LogConfiguration/Options/awslogs-region";

    #[test]
    fn a_region_in_so_many_words_is_found() {
        let (message, _) = only("W033", &[(REGION, json!("us-east-1"))]);
        assert!(
            message.starts_with("the log goes to us-east-1, but the stack can be in another region"),
            "{message}"
        );
    }

    #[test]
    fn the_right_one_is_not() {
        let options = |region: &str| Options { region: Some(region.to_owned()), ..Options::default() };
        let json = changed(&[(REGION, json!("us-east-1"))]);
        assert!(found_with("W033", json.clone(), &options("us-east-1")).is_empty());
        let found = found_with("W033", json, &options("eu-west-1"));
        assert!(found.len() == 1 && found[0].severity == Severity::Error, "{found:#?}");
    }
}
