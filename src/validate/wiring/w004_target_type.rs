//! W004: tasks with an interface of their own are registered by address.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W004"),
    severity: Severity::Error,
    title: "the target group of an awsvpc service has the target type ip",
    what: "A service whose tasks use the network mode awsvpc, as all on Fargate do, registers them in target groups of the type `ip`; where `TargetType` is left out it is `instance`.",
    why: "ECS refuses to create the service: \"The provided target group … has target type instance, which is incompatible with the awsvpc network mode\".",
    source: "Amazon ECS Developer Guide, \"Use an Application Load Balancer for Amazon ECS\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view).filter(super::ecs::Service::is_awsvpc) {
        for entry in service.item.items("LoadBalancers") {
            let group = entry.get("TargetGroupArn");
            let Some(target) = view.target_of(group, "AWS::ElasticLoadBalancingV2::TargetGroup") else {
                continue;
            };
            let found = match target.get("TargetType") {
                None => "instance, the default".to_owned(),
                Some(value) => match value.text() {
                    Some(text) if text != "ip" => text.into_owned(),
                    _ => continue,
                },
            };
            let message = format!(
                "`TargetType` is {found}, but the tasks of `{}` have addresses of their own: ECS refuses to create the service",
                service.item.id
            );
            findings.push(target.finding_of(&RULE, "TargetType", message).help("set `TargetType: ip`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn another_type_and_none_are_found() {
        let (message, pointer) = only("W004", &[("/ApiTargets/Properties/TargetType", Json::Null)]);
        assert!(message.starts_with("`TargetType` is instance, the default"), "{message}");
        assert_eq!(pointer, "/Resources/ApiTargets");
        only("W004", &[("/ApiTargets/Properties/TargetType", json!("lambda"))]);
    }

    #[test]
    fn tasks_on_instances_may_use_it() {
        none(&[("/ApiTargets/Properties/TargetType", json!({"Fn::ImportValue": "Type"}))]);
    }
}
