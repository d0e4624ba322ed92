//! W038: health checks ask Dify what it answers.

use crate::catalog::Component;
use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{component, running};
use super::ecs::name;
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W038"),
    severity: Severity::Error,
    title: "the health check of a Dify component asks for what it answers",
    what: "A target group with a container of Dify's web, api, plugin daemon or sandbox that asks for `/`, as it does by default, has a `Matcher` for what that component answers there: 307 of the web, 404 of the others; so does one of the plugin daemon that asks for `/health`, which answers 404 there. What they answer at other paths isn't looked at.",
    why: "The target never becomes healthy: `/` of the web answers 307, of the api 404. ECS stops and starts the tasks without end.",
    source: "schemas/dify/components.json; web/next.config.ts of langgenius/dify; internal/server/http_server.go of langgenius/dify-plugin-daemon",
    same_as: &[],
};

/// Whether a matcher (`200`, `200,302`, `200-399`) takes a status code.
fn takes(matcher: &str, status: u16) -> bool {
    matcher.split(',').any(|part| match part.trim().split_once('-') {
        Some((from, to)) => {
            from.parse().is_ok_and(|from: u16| from <= status) && to.parse().is_ok_and(|to: u16| status <= to)
        }
        None => part.trim().parse() == Ok(status),
    })
}

/// What a component answers at a path that isn't its health path, where that is known.
fn answer(component: Component, path: &str) -> Option<u16> {
    match (component, path) {
        (Component::Web, "/") => Some(307),
        (Component::Api | Component::Websocket | Component::PluginDaemon | Component::Sandbox, "/") => {
            Some(404)
        }
        // Its own is `/health/check`.
        (Component::PluginDaemon, "/health") => Some(404),
        _ => None,
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for (service, task, container) in running(view) {
        let Some(component) = component(task, container) else { continue };
        let Some(right) = component.health_path() else { continue };
        for entry in service.items("LoadBalancers") {
            if entry.get("ContainerName").and_then(Evaluated::text) != name(container) {
                continue;
            }
            let group =
                view.target_of(entry.get("TargetGroupArn"), "AWS::ElasticLoadBalancingV2::TargetGroup");
            let Some(group) = group else { continue };
            let path = match group.get("HealthCheckPath") {
                Some(path) => path.text(),
                None => Some("/".into()),
            };
            let matcher = match group.get("Matcher.HttpCode") {
                Some(matcher) => matcher.text(),
                None => Some("200".into()),
            };
            let (Some(path), Some(matcher)) = (path, matcher) else { continue };
            let Some(status) = answer(component, &path).filter(|status| !takes(&matcher, *status)) else {
                continue;
            };
            let message = format!(
                "the health check asks {component} for `{path}` and wants {matcher}, but gets {status}: no task ever becomes healthy"
            );
            findings.push(
                group
                    .finding_of(&RULE, "HealthCheckPath", message)
                    .help(format!("set `HealthCheckPath: {}` and `Matcher` {}", right.path, right.matcher)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::takes;
    use crate::validate::wiring::testing::{borrowed, found, none, only};

    #[test]
    fn a_path_that_answers_something_else_is_found() {
        let (message, pointer) = only("W038", &[("/ApiTargets/Properties/HealthCheckPath", json!("/"))]);
        assert!(message.contains("asks api for `/` and wants 200, but gets 404"), "{message}");
        assert_eq!(pointer, "/Resources/ApiTargets/Properties/HealthCheckPath");
        only("W038", &[("/ApiTargets/Properties/HealthCheckPath", Json::Null)]);
    }

    #[test]
    fn the_plugin_daemon_has_a_path_of_its_own() {
        let daemon = |path: &str| {
            let container = "/ApiTask/Properties/ContainerDefinitions/0";
            let secret = |name: &str, of: &str| json!({"Name": name, "ValueFrom": {"Ref": of}});
            let secrets =
                json!([secret("SERVER_KEY", "SecretKey"), secret("DIFY_INNER_API_KEY", "CacheSecret")]);
            let changes = [
                (format!("{container}/Image"), json!("langgenius/dify-plugin-daemon:0.6.10-local")),
                (format!("{container}/Environment"), json!([])),
                (format!("{container}/Secrets"), secrets),
                ("/ApiTargets/Properties/HealthCheckPath".to_owned(), json!(path)),
            ];
            let found = found(&borrowed(&changes));
            found.into_iter().filter(|finding| finding.code.0 == "W038").count()
        };
        assert_eq!((daemon("/health"), daemon("/health/check")), (1, 0));
    }

    #[test]
    fn a_wide_matcher_takes_it() {
        none(&[
            ("/ApiTargets/Properties/HealthCheckPath", json!("/")),
            ("/ApiTargets/Properties/Matcher/HttpCode", json!("200-499")),
        ]);
        assert!(takes("200,307", 307) && !takes("200-299", 307) && takes("200-399", 307));
    }
}
