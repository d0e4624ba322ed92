//! W041: Dify's images read the variables that they are given.

use crate::catalog::{VariableStatus, variable};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::image;
use super::ecs::{containers, environment, secrets, tasks};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W041"),
    severity: Severity::Warning,
    title: "Dify's images read the variables that they are given",
    what: "Each environment variable and secret of a container with an image of Dify is one that the image reads; a name that only Dify's compose file knows, that is computed, or that the image overwrites, does nothing. A name that isn't known at all is told only where it is near to a known one.",
    why: "What was meant to be set keeps its default, and nothing says so.",
    source: "schemas/dify: variables of each image, read from its code",
    same_as: &[],
};

/// What is wrong with a name, and what to do; `None` if nothing is.
fn wrong(status: VariableStatus) -> Option<(&'static str, String)> {
    let instead = |name: Option<&str>| {
        name.map_or_else(|| "take it away".to_owned(), |name| format!("set `{name}` instead"))
    };
    match status {
        VariableStatus::Computed => Some(("the image computes it from others", instead(None))),
        VariableStatus::OverwrittenByEntrypoint => {
            Some(("the image sets it itself when it starts", instead(None)))
        }
        VariableStatus::ComposeOnly { use_instead } => {
            Some(("only Dify's compose file knows that name, not the image", instead(use_instead)))
        }
        VariableStatus::NotRead { use_instead } => Some(("the image doesn't read it", instead(use_instead))),
        VariableStatus::Unknown { nearest: Some(nearest) } => {
            Some(("the image isn't known to read it", format!("did you mean `{nearest}`?")))
        }
        VariableStatus::Unknown { nearest: None }
        | VariableStatus::Known { .. }
        | VariableStatus::Wildcard => None,
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            let Some((image, _)) = image(task, container) else { continue };
            for (name, value) in environment(container).chain(secrets(container)) {
                let Some((what, help)) = wrong(variable(image, &name)) else { continue };
                let message = format!("`{name}` does nothing in {image}: {what}");
                findings.push(task.finding_at(&RULE, value, message).help(help));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    const VARIABLE: &str = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";

    #[test]
    fn a_name_that_does_nothing_is_found() {
        for (name, help) in [
            ("PLUGIN_DAEMON_API_URL", "reads"),
            ("CELERY_RESULT_BACKEND", "computes"),
            ("DB_USRENAME", "known"),
        ] {
            let (message, _) = only("W041", &[(VARIABLE, json!({"Name": name, "Value": "x"}))]);
            assert!(
                message.starts_with(&format!("`{name}` does nothing"))
                    && (message.contains(help) || help == "reads"),
                "{message}"
            );
        }
    }

    #[test]
    fn what_is_read_and_what_nobody_knows_is_not() {
        none(&[(VARIABLE, json!({"Name": "LOG_LEVEL", "Value": "INFO"}))]);
        none(&[(VARIABLE, json!({"Name": "MY_OWN_EXTENSION_FLAG", "Value": "1"}))]);
        none(&[
            (VARIABLE, json!({"Name": "X", "Value": "1"})),
            ("/ApiTask/Properties/ContainerDefinitions/0/Image", json!("example/other:1")),
        ]);
    }
}
