//! W043: what is private is not routed to the public.

use crate::catalog::{Component, PrivatePath, private_paths};
use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::forward::balancer;
use super::model::{Item, View};
use super::routing::{Answers, Groups, Listener, Takes, listeners};

pub(super) static RULE: Rule = Rule {
    code: Code("W043"),
    severity: Severity::Error,
    title: "no public listener routes Dify's private paths to it",
    what: "No listener or rule of a load balancer that isn't internal sends `/inner/api`, `/health`, `/threads` or `/db-pool-stat` to Dify's api, whoever asks: neither by a path pattern, nor, which is a warning, because it takes all paths. A rule that comes before and takes them counts.",
    why: "The whole internet can call what only the plugin daemon should, or read diagnostics without a password.",
    source: "schemas/dify/routes.json",
    same_as: &[],
};

/// A path that nobody means: who takes it takes all.
const ANY_PATH: &str = "/a-path-that-nobody-means";

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let groups = Groups::of(view);
    for listener in listeners(view) {
        let mut whole: Vec<(&Item<'_>, Option<&Evaluated<'_>>, Vec<&PrivatePath>)> = Vec::new();
        for private in private_paths() {
            for (sender, pattern) in open_to(view, &listener, &groups, private) {
                let takes_all =
                    listener.takers(ANY_PATH).iter().any(|taker| std::ptr::eq(taker.sender, sender));
                if let (Some(pattern), false) = (pattern, takes_all) {
                    findings.push(by_pattern(sender, pattern, private));
                    continue;
                }
                match whole.iter_mut().find(|(known, ..)| std::ptr::eq(*known, sender)) {
                    Some((.., paths)) => paths.push(private),
                    None => whole.push((sender, pattern, vec![private])),
                }
            }
        }
        findings.extend(whole.into_iter().filter_map(|(sender, pattern, paths)| {
            // It may be an internal one.
            balancer(view, sender)?;
            Some(by_everything(sender, pattern, &paths))
        }));
    }
}

/// The listeners and rules that send a private path to the api whoever asks, with the pattern that takes it.
fn open_to<'v, 't>(
    view: &'v View<'_, 't>,
    listener: &Listener<'v, 't>,
    groups: &Groups<'t>,
    private: &PrivatePath,
) -> Vec<(&'v Item<'t>, Option<&'v Evaluated<'t>>)> {
    let mut open: Vec<(&Item<'t>, Option<&Evaluated<'t>>)> = Vec::new();
    for path in [private.path.clone(), format!("{}/x", private.path)] {
        for taker in listener.takers(&path) {
            let is_api = |answers: &Answers| {
                matches!(answers, Answers::Dify(Component::Api | Component::Websocket, _))
            };
            let is_internal = || {
                let scheme = balancer(view, taker.sender).and_then(|balancer| balancer.get("Scheme"));
                scheme.is_some_and(|scheme| scheme.text().is_none_or(|text| text == "internal"))
            };
            if taker.takes != Takes::Some
                && groups.answers(taker.sender).iter().any(is_api)
                && !open.iter().any(|(known, _)| std::ptr::eq(*known, taker.sender))
                && !is_internal()
            {
                open.push((taker.sender, taker.pattern));
            }
        }
    }
    open
}

fn by_pattern<'t>(sender: &Item<'t>, pattern: &Evaluated<'t>, private: &PrivatePath) -> Diagnostic {
    let shown = super::model::shown(pattern);
    let message = format!("`{shown}` lets everyone call `{}` of the api: {}", private.path, private.why);
    sender.finding_at(&RULE, pattern, message).help("take the pattern away, or make it narrower")
}

fn by_everything<'t>(
    sender: &Item<'t>,
    pattern: Option<&Evaluated<'t>>,
    paths: &[&PrivatePath],
) -> Diagnostic {
    let shown: Vec<_> = paths.iter().map(|private| format!("`{}`", private.path)).collect();
    let message = format!(
        "all paths that no other rule takes go to the api, also {}, which nobody outside should call",
        shown.join(", ")
    );
    let mut finding = match pattern {
        Some(pattern) => sender.finding_at(&RULE, pattern, message),
        None if sender.get("Actions").is_some() => sender.finding_of(&RULE, "Actions", message),
        None => sender.finding_of(&RULE, "DefaultActions", message),
    };
    finding.severity = Severity::Warning;
    finding.help("answer these paths with a fixed response 404 in a rule of a smaller priority, or send only the api's public paths to it")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const VALUES: &str = "/ApiRule2/Properties/Conditions/0/PathPatternConfig/Values";
    const CONDITIONS: &str = "/ApiRule2/Properties/Conditions";

    #[expect(clippy::needless_pass_by_value, reason = "the callers write them on the spot")]
    fn rule(priority: i64, conditions: Json, actions: Json) -> Json {
        json!({"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {"ListenerArn": {"Ref": "Listener"}, "Priority": priority, "Conditions": conditions, "Actions": actions}})
    }

    #[expect(clippy::needless_pass_by_value, reason = "the callers write them on the spot")]
    fn paths(values: Json) -> Json {
        json!([{"Field": "path-pattern", "PathPatternConfig": {"Values": values}}])
    }

    fn refused() -> Json {
        json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])
    }

    #[test]
    fn a_private_path_is_found() {
        let (message, _) = only("W043", &[(VALUES, json!(["/inner/*"]))]);
        assert!(message.starts_with("`/inner/*` lets everyone call `/inner/api`"), "{message}");
        only("W043", &[(VALUES, json!(["/health"]))]);
        only("W043", &[(VALUES, json!(["/i*"]))]);
        only("W043", &[(VALUES, json!(["/?ealth"]))]);
    }

    #[test]
    fn what_takes_all_paths_takes_private_ones() {
        let (message, pointer) = only("W043", &[(VALUES, json!(["/*"]))]);
        assert!(message.starts_with("all paths that no other rule takes go to the api, also `/inner/api`, "));
        assert_eq!(pointer, format!("/Resources{VALUES}/0"));
        only("W043", &[(VALUES, json!(["*"]))]);
        // By host only.
        let host = json!([{"Field": "host-header", "HostHeaderConfig": {"Values": ["api.example.com"]}}]);
        let (_, pointer) = only("W043", &[(CONDITIONS, host)]);
        assert_eq!(pointer, "/Resources/ApiRule2/Properties/Actions");
        // By default.
        let default = json!([{"Type": "forward", "TargetGroupArn": {"Ref": "ApiTargets"}}]);
        let (_, pointer) = only("W043", &[("/Listener/Properties/DefaultActions", default)]);
        assert_eq!(pointer, "/Resources/Listener/Properties/DefaultActions");
    }

    #[test]
    fn a_rule_before_can_take_them() {
        let default = json!([{"Type": "forward", "TargetGroupArn": {"Ref": "ApiTargets"}}]);
        let values = json!(["/inner/*", "/health*", "/threads*", "/db-pool-stat*"]);
        let private = ("/Private", rule(3, paths(values.clone()), refused()));
        none(&[private, ("/Listener/Properties/DefaultActions", default.clone())]);
        // One for some hosts only leaves the others.
        let mut some = paths(values);
        some.as_array_mut()
            .unwrap()
            .push(json!({"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com"]}}));
        only(
            "W043",
            &[("/Private", rule(3, some, refused())), ("/Listener/Properties/DefaultActions", default)],
        );
    }

    #[test]
    fn what_not_everyone_can_call_is_not_told() {
        let office = json!([
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/health"]}},
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["203.0.113.0/24"]}}
        ]);
        none(&[(CONDITIONS, office)]);
        none(&[(VALUES, json!(["/inner/*"])), ("/Balancer/Properties/Scheme", json!("internal"))]);
    }

    #[test]
    fn public_ones_are_not() {
        none(&[(VALUES, json!(["/files/*", "/mcp/*"]))]);
    }
}
