//! W024: a database cluster has an instance.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, services};
use super::model::{Item, View, is_made_from};

pub(super) static RULE: Rule = Rule {
    code: Code("W024"),
    severity: Severity::Error,
    title: "a database cluster has an instance, and a service waits for it",
    what: "Each Aurora cluster has at least one `AWS::RDS::DBInstance` that names it, and a service whose tasks are given its address waits for one of them, which is a warning. Clusters of Serverless v1 and of a global database aren't looked at.",
    why: "The cluster's address answers nobody until an instance is there: tasks fail at start, and the circuit breaker ends the create.",
    source: "Amazon Aurora User Guide, \"Creating an Amazon Aurora DB cluster\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for cluster in view.of("AWS::RDS::DBCluster") {
        // A Multi-AZ cluster that is no Aurora brings its instances, and a member of a global one may be headless.
        let aurora = cluster.text("Engine").is_some_and(|engine| engine.starts_with("aurora"));
        if !aurora
            || cluster.get("DBClusterInstanceClass").is_some()
            || cluster.get("GlobalClusterIdentifier").is_some()
        {
            continue;
        }
        if cluster.text("EngineMode").is_some_and(|mode| mode == "serverless") {
            continue;
        }
        let mut unclear = false;
        let instances: Vec<&Item<'_>> = view
            .of("AWS::RDS::DBInstance")
            .filter(|instance| {
                let of = instance.get("DBClusterIdentifier");
                unclear |= of.is_some_and(|value| value.resource().is_none());
                view.target(of).is_some_and(|item| item.id == cluster.id)
            })
            .collect();
        if instances.is_empty() {
            if !unclear {
                findings.push(
                    cluster
                        .finding(&RULE, "the cluster has no instance: nobody can connect to it")
                        .help("add an `AWS::RDS::DBInstance` whose `DBClusterIdentifier` names it"),
                );
            }
            continue;
        }
        for service in services(view) {
            let Some(task) = service.task else { continue };
            let uses = containers(task).iter().any(|container| is_made_from(container, cluster.id));
            if uses && !instances.iter().any(|instance| view.waits(service.item, instance)) {
                let mut finding = service
                    .item
                    .finding(
                        &RULE,
                        format!(
                            "the tasks are given the address of `{}`, but the service doesn't wait for an instance of it: tasks that start before fail",
                            cluster.id
                        ),
                    )
                    .help(format!("add `DependsOn: {}`", instances[0].id));
                finding.severity = Severity::Warning;
                findings.push(finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_cluster_without_instances_is_found() {
        let (message, _) = only(
            "W024",
            &[
                ("/Writer", Json::Null),
                ("/ApiService/DependsOn", json!(["ApiRule1"])),
                ("/BeatService/DependsOn", json!(["PrivateRoute"])),
            ],
        );
        assert_eq!(message, "the cluster has no instance: nobody can connect to it");
    }

    #[test]
    fn a_service_that_does_not_wait_is_found() {
        let (message, _) = only("W024", &[("/BeatService/DependsOn", json!(["PrivateRoute"]))]);
        assert!(message.contains("doesn't wait for an instance"), "{message}");
        none(&[("/BeatService/DependsOn", json!(["ApiService"]))]);
    }
}
