//! W043: what is private is not routed to the public.

use crate::catalog::{Component, private_paths};
use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{component, running};
use super::ecs::name;
use super::model::{View, covers};
use super::w001_target_group_in_use::forwarded;
use super::w014_priorities::values;

pub(super) static RULE: Rule = Rule {
    code: Code("W043"),
    severity: Severity::Error,
    title: "no listener routes Dify's private paths to it",
    what: "No path pattern of a listener rule that sends requests to Dify's api matches `/inner/api`, `/health`, `/threads` or `/db-pool-stat`.",
    why: "The whole internet can call what only the plugin daemon should, or read diagnostics without a password.",
    source: "schemas/dify/routes.json",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let groups: Vec<&str> = running(view)
        .filter(|(.., container)| matches!(component(container), Some(Component::Api | Component::Websocket)))
        .flat_map(|(service, _, container)| {
            service.items("LoadBalancers").iter().filter_map(move |entry| {
                let is = entry.get("ContainerName").and_then(Evaluated::text) == name(container);
                is.then(|| entry.get("TargetGroupArn")?.resource())?
            })
        })
        .collect();
    for rule in view.of("AWS::ElasticLoadBalancingV2::ListenerRule") {
        if !forwarded(rule).iter().any(|group| groups.contains(group)) {
            continue;
        }
        for value in rule.items("Conditions").iter().flat_map(values) {
            let Some(pattern) = value.text().filter(|pattern| pattern.starts_with('/') && pattern.len() > 2)
            else {
                continue;
            };
            for private in private_paths() {
                let below = format!("{}/x", private.path);
                if !covers(pattern.as_bytes(), private.path.as_bytes())
                    && !covers(pattern.as_bytes(), below.as_bytes())
                {
                    continue;
                }
                let message =
                    format!("`{pattern}` lets everyone call `{}` of the api: {}", private.path, private.why);
                findings.push(
                    rule.finding_at(&RULE, value, message).help("take the pattern away, or make it narrower"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    const VALUES: &str = "/ApiRule2/Properties/Conditions/0/PathPatternConfig/Values";

    #[test]
    fn a_private_path_is_found() {
        let (message, _) = only("W043", &[(VALUES, json!(["/inner/*"]))]);
        assert!(message.starts_with("`/inner/*` lets everyone call `/inner/api`"), "{message}");
        only("W043", &[(VALUES, json!(["/health"]))]);
    }

    #[test]
    fn public_ones_are_not() {
        none(&[(VALUES, json!(["/files/*", "/mcp/*"]))]);
    }
}
