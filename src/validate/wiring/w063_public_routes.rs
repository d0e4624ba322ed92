//! W063: requests reach the part of Dify that answers them.

use std::collections::BTreeMap;

use crate::catalog::{Component, DifyVersion, Route, oldest_described, routes};
use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{component, image, running};
use super::ecs::variable;
use super::model::View;
use super::routing::{Answers, Groups, Listener, Takes, listeners};

pub(super) static RULE: Rule = Rule {
    code: Code("W063"),
    severity: Severity::Warning,
    title: "listeners route Dify's paths to what answers them",
    what: "Where a listener sends `/` to Dify's web, some listener of the template sends each public path that the version has to its component, if that runs here: `/console/api`, `/api`, `/v1`, `/files`, `/mcp` and `/triggers` to the api, `/e/` to the plugin daemon, `/explore` to web; `/openapi` and `/socket.io/` if they are on (`OPENAPI_ENABLED`, `ENABLE_COLLABORATION_MODE`). A path that a rule answers itself, or sends elsewhere, is left alone, and so is a component behind target groups that aren't in the template.",
    why: "These requests get a page of web, and what needs them fails: the user interface, the API, file previews, webhooks, plugins' endpoints.",
    source: "schemas/dify/routes.json",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let groups = Groups::of(view);
    let listeners = listeners(view);
    let version = version(view);
    let components: Vec<Component> =
        running(view).filter_map(|(_, task, container)| component(task, container)).collect();
    for listener in listeners.iter().filter(|listener| serves_web(listener, &groups)) {
        let Some(item) = listener.item else { continue };
        let mut missing: BTreeMap<(Component, Component), Vec<&str>> = BTreeMap::new();
        for route in routes(version).filter(|route| is_on(view, route)) {
            let right = |component| answers(route.component, component);
            let runs =
                |one| one == route.component || (route.component == Component::Websocket && right(one));
            if !components.iter().any(|one| runs(*one))
                || groups.has_elsewhere(right)
                || listeners.iter().any(|one| may_reach(one, &groups, route))
            {
                continue;
            }
            if let Some(wrong) = takes_instead(listener, &groups, route) {
                missing.entry((route.component, wrong)).or_default().push(&route.path);
            }
        }
        for ((right, wrong), paths) in missing {
            let shown: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
            let message = format!(
                "requests for {} go to {}, not to {}, which answers them",
                shown.join(", "),
                wrong.as_str(),
                right.as_str()
            );
            let patterns: Vec<_> =
                paths.iter().map(|path| format!("`{}/*`", path.trim_end_matches('/'))).collect();
            let help = format!(
                "send {} to the target group of {} in rules of this listener",
                patterns.join(", "),
                right.as_str()
            );
            findings.push(item.finding(&RULE, message).help(help));
        }
    }
}

/// Whether a component answers what a route belongs to: the api is also the websocket's.
fn answers(of_route: Component, component: Component) -> bool {
    let same = |component| if component == Component::Websocket { Component::Api } else { component };
    same(of_route) == same(component)
}

/// The version of Dify, as its api says; the oldest where that isn't known.
fn version(view: &View<'_, '_>) -> DifyVersion {
    let versions = running(view)
        .filter(|(_, task, container)| component(task, container) == Some(Component::Api))
        .filter_map(|(_, task, container)| image(task, container)?.1);
    versions.min().unwrap_or_else(oldest_described)
}

/// Whether a route is served: some have to be turned on.
fn is_on(view: &View<'_, '_>, route: &Route) -> bool {
    let switch = match route.path.as_str() {
        "/openapi" => "OPENAPI_ENABLED",
        "/socket.io/" => "ENABLE_COLLABORATION_MODE",
        path => return path != "/",
    };
    running(view).any(|(_, task, container)| {
        matches!(component(task, container), Some(Component::Api | Component::Websocket))
            && variable(container, switch).and_then(Evaluated::boolean) == Some(true)
    })
}

fn serves_web(listener: &Listener<'_, '_>, groups: &Groups<'_>) -> bool {
    let of_web = |answers: &Answers| matches!(answers, Answers::Dify(Component::Web, _));
    listener
        .takers("/")
        .iter()
        .any(|taker| taker.takes != Takes::Some && groups.answers(taker.sender).iter().any(of_web))
}

/// Whether a request for the route, or for some path below it, may reach its component.
fn may_reach(listener: &Listener<'_, '_>, groups: &Groups<'_>, route: &Route) -> bool {
    let right = |component| answers(route.component, component);
    let is_below = |pattern: &String| pattern.starts_with(&route.path);
    // A rule may be for a part of the route only.
    listener.takers(&sample(route)).iter().flat_map(|taker| groups.answers(taker.sender)).any(|one| match one
    {
        Answers::Dify(component, _) => right(component),
        Answers::Other => true,
        Answers::Balancer => false,
    }) || listener.patterns_of(groups, right).any(|pattern| is_below(&pattern))
}

/// The component that surely takes requests for the route at this listener.
fn takes_instead(listener: &Listener<'_, '_>, groups: &Groups<'_>, route: &Route) -> Option<Component> {
    let takers = listener.takers(&sample(route));
    let answers = takers.iter().flat_map(|taker| groups.answers(taker.sender));
    // A rule that answers by itself is meant to.
    let components: Option<Vec<Component>> = answers
        .map(|one| match one {
            Answers::Dify(component, _) => Some(component),
            Answers::Balancer | Answers::Other => None,
        })
        .collect();
    components?.last().copied()
}

/// A path of the route.
fn sample(route: &Route) -> String {
    format!("{}/x", route.path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const WEB: &str = "/WebService";

    /// A web beside the api, which gets what no rule takes.
    fn with_web(more: &[(&'static str, Json)]) -> Vec<(&'static str, Json)> {
        let good = crate::validate::wiring::testing::good();
        let mut task = good["Resources"]["BeatTask"].clone();
        task["Properties"]["ContainerDefinitions"] = json!([{
            "Name": "web", "Image": "langgenius/dify-web:1.17.1", "PortMappings": [{"ContainerPort": 3000}],
            "Environment": [{"Name": "HOSTNAME", "Value": "0.0.0.0"}],
        }]);
        let mut service = good["Resources"]["ApiService"].clone();
        service["Properties"]["TaskDefinition"] = json!({"Ref": "WebTask"});
        service["Properties"]["LoadBalancers"] =
            json!([{"ContainerName": "web", "ContainerPort": 3000, "TargetGroupArn": {"Ref": "WebTargets"}}]);
        let mut targets = good["Resources"]["ApiTargets"].clone();
        targets["Properties"]["HealthCheckPath"] = json!("/apps");
        targets["Properties"]["Port"] = json!(3000);
        let port = |rule: &Json, side: &str| {
            let mut rule = rule.clone();
            rule[side] = json!(3000);
            rule["FromPort"] = json!(3000);
            rule["ToPort"] = json!(3000);
            rule.as_object_mut().unwrap().shift_remove(side);
            rule
        };
        let mut from_balancer = good["Resources"]["ApiFromBalancer"].clone();
        from_balancer["Properties"] = port(&from_balancer["Properties"], "Port");
        let egress =
            port(&good["Resources"]["BalancerGroup"]["Properties"]["SecurityGroupEgress"][0], "Port");
        let rule = |priority: i64, values: Json| {
            let mut rule = good["Resources"]["ApiRule1"].clone();
            rule["Properties"]["Priority"] = json!(priority);
            rule["Properties"]["Conditions"][0]["PathPatternConfig"]["Values"] = values;
            rule
        };
        let mut changes = vec![
            ("/WebTask", task),
            ("/WebTargets", targets),
            (WEB, service),
            ("/WebFromBalancer", from_balancer),
            ("/BalancerGroup/Properties/SecurityGroupEgress/-", egress),
            (
                "/Listener/Properties/DefaultActions",
                json!([{"Type": "forward", "TargetGroupArn": {"Ref": "WebTargets"}}]),
            ),
            ("/ApiRule3", rule(3, json!(["/files/*", "/mcp/*", "/triggers/*"]))),
        ];
        changes[2].1["DependsOn"].as_array_mut().unwrap().push(json!("Listener"));
        changes.push(("/ApiService/DependsOn/-", json!("ApiRule3")));
        changes.extend(more.iter().cloned());
        changes
    }

    #[test]
    fn paths_that_get_a_page_of_web_are_found() {
        let some = ("/ApiRule3/Properties/Conditions/0/PathPatternConfig/Values", json!(["/files/*"]));
        let (message, pointer) = only("W063", &with_web(&[some]));
        assert_eq!(message, "requests for `/mcp`, `/triggers` go to web, not to api, which answers them");
        assert_eq!(pointer, "/Resources/Listener");
        // A pattern that takes too much.
        let wide = ("/ApiRule3/Properties/Conditions/0/PathPatternConfig/Values/-", json!("/e*"));
        let (message, _) = only("W063", &with_web(&[wide]));
        assert_eq!(message, "requests for `/explore` go to api, not to web, which answers them");
    }

    #[test]
    fn all_paths_at_the_right_place_are_good() {
        none(&with_web(&[]));
        let values = "/ApiRule3/Properties/Conditions/0/PathPatternConfig/Values";
        // An older version has fewer.
        let old = "/ApiTask/Properties/ContainerDefinitions/0/Image";
        none(&with_web(&[
            (values, json!(["/files/*", "/mcp/*"])),
            (old, json!("langgenius/dify-api:1.9.2")),
        ]));
        // What is off isn't routed, what is on has to be.
        let variable = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";
        only("W063", &with_web(&[(variable, json!({"Name": "OPENAPI_ENABLED", "Value": "true"}))]));
        // Refused on purpose, or a part of it only.
        let refused = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}]);
        none(&with_web(&[(values, json!(["/files/*", "/mcp/*", "/triggers/webhook/*"]))]));
        let mut rule = crate::validate::wiring::testing::good()["Resources"]["ApiRule1"].clone();
        rule["Properties"]["Priority"] = json!(9);
        rule["Properties"]["Conditions"][0]["PathPatternConfig"]["Values"] = json!(["/triggers/*"]);
        rule["Properties"]["Actions"] = refused;
        none(&with_web(&[(values, json!(["/files/*", "/mcp/*"])), ("/Refused", rule)]));
    }

    #[test]
    fn what_does_not_run_is_not_told() {
        let values = "/ApiRule3/Properties/Conditions/0/PathPatternConfig/Values";
        let variable = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";
        let class = json!({"Name": "SERVER_WORKER_CLASS", "Value": "geventwebsocket.gunicorn.workers.GeventWebSocketWorker"});
        none(&with_web(&[(values, json!(["/files/*"])), (variable, class)]));
        let migrates = json!(["flask", "upgrade-db"]);
        none(&with_web(&[
            (values, json!(["/files/*"])),
            ("/ApiTask/Properties/ContainerDefinitions/0/Environment/0", Json::Null),
            ("/ApiTask/Properties/ContainerDefinitions/0/Command", migrates),
        ]));
    }

    #[test]
    fn what_is_behind_something_else_is_not_told() {
        let elsewhere = json!([{"ContainerName": "api", "ContainerPort": 5001, "TargetGroupArn": {"Fn::ImportValue": "Api"}}]);
        let values = "/ApiRule3/Properties/Conditions/0/PathPatternConfig/Values";
        let mut both =
            json!([{"ContainerName": "api", "ContainerPort": 5001, "TargetGroupArn": {"Ref": "ApiTargets"}}]);
        both.as_array_mut().unwrap().push(elsewhere[0].clone());
        none(&with_web(&[(values, json!(["/files/*"])), ("/ApiService/Properties/LoadBalancers", both)]));
    }
}
