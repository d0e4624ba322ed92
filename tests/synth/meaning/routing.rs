//! The load balancer: which request goes where, tried out as the load balancer does it.

use std::collections::BTreeSet;

use dify_cfn::catalog::{Component, DifyVersion, Image};
use serde_json::Value as Json;

use crate::shipped::{Shipped, each};
use crate::view::{View, fillings, texts};

/// A request's path, what answers it, and since which version.
///
/// Source: Dify's nginx configuration. What it doesn't name goes to web, and so do paths that only begin alike.
const REQUESTS: [(&str, Component, &str); 37] = {
    use Component::{Api, PluginDaemon, Web, Websocket};
    [
        ("/", Web, "0"),
        ("/apps", Web, "0"),
        ("/explore", Web, "0"),
        ("/explore/apps", Web, "0"),
        ("/console", Web, "0"),
        ("/console/api", Api, "0"),
        ("/console/api/setup", Api, "0"),
        ("/api", Api, "0"),
        ("/api/chat-messages", Api, "0"),
        ("/apis", Web, "0"),
        ("/v1", Api, "0"),
        ("/v1/chat-messages", Api, "0"),
        ("/v1beta", Web, "0"),
        ("/files", Api, "0"),
        ("/files/0001/file-preview", Api, "0"),
        ("/filesystem", Web, "0"),
        ("/openapi", Api, "1.15.0"),
        ("/openapi/apps", Api, "1.15.0"),
        ("/mcp", Api, "1.6.0"),
        ("/mcp/server/0001/mcp", Api, "1.6.0"),
        ("/triggers", Api, "1.10.0"),
        ("/triggers/webhook/0001", Api, "1.10.0"),
        ("/e", Web, "0"),
        ("/e/0001", PluginDaemon, "1.0.0"),
        ("/e/0001/callback", PluginDaemon, "1.0.0"),
        ("/socket.io", Web, "0"),
        ("/socket.io/", Websocket, "1.14.0"),
        ("/socket.io/?EIO=4", Websocket, "1.14.0"),
        // What the api would answer, but nobody outside may ask.
        ("/inner/api", Web, "0"),
        ("/inner/api/invoke/llm", Web, "0"),
        ("/health", Web, "0"),
        ("/health/check", Web, "0"),
        ("/threads", Web, "0"),
        ("/db-pool-stat", Web, "0"),
        ("/metrics", Web, "0"),
        ("/debug/pprof", Web, "0"),
        ("/signin", Web, "0"),
    ]
};

/// Whether a pattern of the load balancer fits a whole path: `*` is any text, also none.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|path| {
            (0..=path.len()).any(|at| path.is_char_boundary(at) && fits(rest, &path[at..]))
        }),
    }
}

/// The target group that a request is sent to.
fn answering(view: &View<'_>, path: &str) -> String {
    let listener = if view.has("ListenerHttps") { "ListenerHttps" } else { "ListenerHttp" };
    let mut rules: Vec<&Json> = view
        .of_type("AWS::ElasticLoadBalancingV2::ListenerRule")
        .map(|(_, rule)| &rule["Properties"])
        .filter(|rule| rule["ListenerArn"]["Ref"] == listener)
        .collect();
    rules.sort_by_key(|rule| rule["Priority"].as_u64());
    let rule = rules.into_iter().find(|rule| {
        let conditions = rule["Conditions"].as_array().unwrap();
        conditions.iter().all(|condition| {
            texts(&condition["PathPatternConfig"]["Values"]).iter().any(|pattern| fits(pattern, path))
        })
    });
    let actions = match rule {
        Some(rule) => &rule["Actions"],
        None => &view.get(listener)["Properties"]["DefaultActions"],
    };
    actions[0]["TargetGroupArn"]["Ref"].as_str().unwrap().to_owned()
}

fn expected(shipped: &Shipped, component: Component, since: &str) -> Component {
    let version = shipped.version(Image::Api);
    let is_there = since == "0" || version >= DifyVersion::parse(since).unwrap();
    if is_there && shipped.has(component) { component } else { Component::Web }
}

#[test]
fn requests_go_where_dify_wants_them() {
    each(|shipped| {
        let mut complaints = Vec::new();
        for parameters in fillings() {
            let view = View::new(shipped, &parameters);
            for (path, component, since) in REQUESTS {
                let path = path.split('?').next().unwrap();
                let expected = expected(shipped, component, since);
                let expected = format!("{}TargetGroup", crate::view::id_of(expected.as_str()));
                let found = answering(&view, path);
                if found != expected {
                    complaints.push(format!("{path} goes to {found}, not {expected}, with {parameters:?}"));
                }
            }
        }
        complaints
    });
}

#[test]
fn rules_keep_to_the_load_balancers_limits() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        let mut priorities = BTreeSet::new();
        for (id, rule) in view.of_type("AWS::ElasticLoadBalancingV2::ListenerRule") {
            let rule = &rule["Properties"];
            let values = texts(&rule["Conditions"][0]["PathPatternConfig"]["Values"]);
            let wildcards: usize = values.iter().map(|value| value.matches('*').count()).sum();
            if values.len() > 5 || wildcards > 5 || values.is_empty() {
                complaints.push(format!("{id}: {values:?}"));
            }
            if !priorities.insert(rule["Priority"].as_u64().unwrap()) {
                complaints.push(format!("{id}: priority {} is taken", rule["Priority"]));
            }
        }
        complaints
    });
}

/// In one update rules are created before others are moved: a priority that changes hands is refused.
#[test]
fn no_priority_changes_hands_when_a_component_is_switched_on() {
    let priorities = |shipped: &Shipped| {
        let view = View::new(shipped, &[]);
        let rules = view.of_type("AWS::ElasticLoadBalancingV2::ListenerRule");
        rules
            .map(|(id, rule)| (rule["Properties"]["Priority"].as_u64().unwrap(), id.to_owned()))
            .collect::<Vec<_>>()
    };
    let mut owners: std::collections::BTreeMap<u64, String> = std::collections::BTreeMap::new();
    for shipped in crate::shipped::all() {
        for (priority, id) in priorities(shipped) {
            let owner = owners.entry(priority).or_insert_with(|| id.clone());
            assert_eq!(*owner, id, "{}: {priority} is also that of {owner}", shipped.name);
        }
    }
    assert!(owners.len() >= 5, "{owners:?}");
}

#[test]
fn health_checks_ask_what_each_component_answers() {
    /// Path and codes by component.
    const CHECKS: [(Component, &str, &str); 4] = [
        (Component::Web, "/apps", "200"),
        (Component::Api, "/health", "200"),
        (Component::Websocket, "/health", "200"),
        (Component::PluginDaemon, "/health/check", "200"),
    ];
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (component, path, codes) in CHECKS {
            let id = format!("{}TargetGroup", crate::view::id_of(component.as_str()));
            if !view.has(&id) || shipped.is_seed() {
                continue;
            }
            let group = &view.get(&id)["Properties"];
            let found =
                (group["HealthCheckPath"].as_str().unwrap(), group["Matcher"]["HttpCode"].as_str().unwrap());
            if found != (path, codes) || group["TargetType"] != "ip" || group["Protocol"] != "HTTP" {
                complaints.push(format!("{id}: {group}"));
            }
        }
        complaints
    });
}

#[test]
fn streams_are_not_cut_and_plain_http_leads_to_https() {
    each(|shipped| {
        let mut complaints = Vec::new();
        for parameters in fillings() {
            let view = View::new(shipped, &parameters);
            let balancer = &view.get("LoadBalancer")["Properties"];
            let attributes = balancer["LoadBalancerAttributes"].as_array().unwrap();
            let idle = attributes.iter().find(|one| one["Key"] == "idle_timeout.timeout_seconds");
            if idle.is_none_or(|idle| idle["Value"] != "3600") && !shipped.is_seed() {
                complaints.push("streams are cut".to_owned());
            }
            let action = &view.get("ListenerHttp")["Properties"]["DefaultActions"][0];
            let redirects = action["Type"] == "redirect";
            if redirects != view.has("ListenerHttps") {
                complaints.push(format!("{action} with {parameters:?}"));
            }
            if shipped.is_production() && !view.has("ListenerHttps") {
                complaints.push("production without HTTPS".to_owned());
            }
        }
        complaints
    });
}
