//! W012: a scaling target names a service.

use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View, pieces};

pub(super) static RULE: Rule = Rule {
    code: Code("W012"),
    severity: Severity::Error,
    title: "a scaling target names its service",
    what: "A scalable target of ECS has the `ResourceId` `service/<cluster>/<service>` with the names, not the ARNs, of the service and its own cluster, the dimension `ecs:service:DesiredCount`, and waits for the service.",
    why: "Application Auto Scaling refuses it: \"ECS service doesn't exist\" or \"Unsupported service namespace, resource type or scalable dimension\".",
    source: "Application Auto Scaling API Reference, \"RegisterScalableTarget\"",
    same_as: &[],
};

/// The scalable targets of ECS.
pub(super) fn targets<'v, 't>(view: &'v View<'_, 't>) -> impl Iterator<Item = &'v Item<'t>> {
    view.of("AWS::ApplicationAutoScaling::ScalableTarget")
        .filter(|target| target.text("ServiceNamespace").as_deref() == Some("ecs"))
}

/// The service of the template that a scalable target names.
pub(super) fn service<'v, 't>(view: &'v View<'_, 't>, target: &Item<'t>) -> Option<&'v Item<'t>> {
    let parts = pieces(target.get("ResourceId")?);
    let by_reference = parts.iter().find_map(|part| match part {
        Piece::Unknown(Unknown { origin: Origin::Resource(id) | Origin::Attribute(id, _), .. }) => {
            view.get(id).filter(|item| item.is("AWS::ECS::Service"))
        }
        _ => None,
    });
    by_reference.or_else(|| {
        let Piece::Text(last) = parts.last()? else { return None };
        let name = last.rsplit('/').next()?;
        view.of("AWS::ECS::Service").find(|service| service.text("ServiceName").as_deref() == Some(name))
    })
}

/// The name of a cluster in so many words, also at the end of an ARN.
fn written(cluster: &Evaluated<'_>) -> Option<String> {
    Some(cluster.text()?.rsplit('/').next()?.to_owned())
}

/// The cluster in a `ResourceId` and that of the service, in words, where they are certainly different.
fn other_cluster<'t>(
    view: &View<'_, 't>,
    service: &Item<'t>,
    parts: &[Piece<'t>],
) -> Option<(String, String)> {
    let own = service.get("Cluster");
    let of_template = view.target_of(own, "AWS::ECS::Cluster");
    let described = |cluster: &Item<'_>| format!("`{}`", cluster.id);
    match parts {
        // `service/${Cluster}/…`
        [Piece::Text(start), Piece::Unknown(Unknown { origin: Origin::Resource(id), .. }), ..]
            if start == "service/" =>
        {
            let named = view.get(id).filter(|item| item.is("AWS::ECS::Cluster"))?;
            match (own, of_template) {
                (_, Some(cluster)) => {
                    (cluster.id != named.id).then(|| (described(named), described(cluster)))
                }
                // Without one, the service is in the cluster `default`.
                (None, None) => Some((described(named), "the cluster `default`".to_owned())),
                (Some(own), None) => {
                    let own = written(own)?;
                    let is_other = named.get("ClusterName")?.text()? != own;
                    is_other.then(|| (described(named), format!("the cluster `{own}`")))
                }
            }
        }
        // `service/name/…`: the name of a cluster that has none is made by CloudFormation.
        [Piece::Text(start), ..] => {
            let named = start.strip_prefix("service/")?.split_once('/')?.0;
            let Some(cluster) = of_template else {
                let own = own.map_or(Some("default".to_owned()), written)?;
                return (own != named)
                    .then(|| (format!("the cluster `{named}`"), format!("the cluster `{own}`")));
            };
            let is_other = match cluster.get("ClusterName") {
                Some(name) => name.text().is_some_and(|name| name != named),
                None => true,
            };
            is_other.then(|| (format!("the cluster `{named}`"), described(cluster)))
        }
        _ => None,
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for target in targets(view) {
        if let Some(dimension) = target.text("ScalableDimension")
            && dimension != "ecs:service:DesiredCount"
        {
            let message = format!("`{dimension}` is nothing that ECS scales: the target is refused");
            findings.push(
                target
                    .finding_of(&RULE, "ScalableDimension", message)
                    .help("set `ScalableDimension: ecs:service:DesiredCount`"),
            );
        }
        let Some(id) = target.get("ResourceId") else { continue };
        let parts = pieces(id);
        let form = "write `service/${Cluster}/${Service.Name}`";
        for part in &parts {
            let Piece::Unknown(Unknown { origin, .. }) = part else { continue };
            let wrong = match origin {
                Origin::Resource(name) => view.get(name).filter(|item| item.is("AWS::ECS::Service")),
                Origin::Attribute(name, attribute) if attribute == "Arn" || attribute == "ServiceArn" => {
                    view.get(name)
                }
                _ => None,
            };
            if let Some(item) = wrong {
                let message = format!(
                    "`ResourceId` holds the ARN of `{}`, and its name belongs there: the target is refused since there is no such service",
                    item.id
                );
                findings.push(target.finding_at(&RULE, id, message).help(form));
            }
        }
        let starts_wrong = match parts.first() {
            Some(Piece::Text(text)) => !text.starts_with("service/"),
            Some(Piece::Unknown(Unknown { origin: Origin::Resource(id), .. })) => {
                view.get(id).is_some_and(|item| item.is("AWS::ECS::Cluster"))
            }
            _ => false,
        };
        if starts_wrong {
            let message = "`ResourceId` doesn't start with `service/`: the target is refused";
            findings.push(target.finding_at(&RULE, id, message).help(form));
        }
        let Some(service) = service(view, target) else { continue };
        if let Some((found, own)) = other_cluster(view, service, &parts) {
            let message = format!(
                "`ResourceId` looks for `{}` in {found}, but it runs in {own}: the target is refused since there is no such service",
                service.id
            );
            findings.push(target.finding_at(&RULE, id, message).help(form));
        }
        if !view.waits(target, service) {
            let message = format!(
                "the target names `{}` but doesn't wait for it: where it comes first, it is refused since there is no such service",
                service.id
            );
            findings.push(
                target
                    .finding_at(&RULE, id, message)
                    .help(format!("refer to `${{{}.Name}}`, or add a `DependsOn`", service.id)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{found, none, only};

    const ID: &str = "/Scaling/Properties/ResourceId";

    #[test]
    fn an_arn_a_wrong_form_and_a_missing_edge_are_found() {
        let (message, _) = only("W012", &[(ID, json!({"Fn::Sub": "service/${Cluster}/${ApiService}"}))]);
        assert!(message.contains("the ARN of `ApiService`"), "{message}");
        only("W012", &[(ID, json!({"Fn::Sub": "${Cluster}/${ApiService.Name}"}))]);
        only("W012", &[("/Scaling/Properties/ScalableDimension", json!("ecs:service:Count"))]);
        let (message, _) = only(
            "W012",
            &[
                ("/ApiService/Properties/ServiceName", json!("api")),
                (ID, json!({"Fn::Sub": "service/${Cluster}/api"})),
            ],
        );
        assert!(message.contains("doesn't wait"), "{message}");
    }

    #[test]
    fn another_cluster_is_found() {
        let cluster = ("/Other", json!({"Type": "AWS::ECS::Cluster", "Properties": {}}));
        let of_other = json!({"Fn::Sub": "service/${Other}/${ApiService.Name}"});
        let (message, _) = only("W012", &[cluster, (ID, of_other)]);
        assert!(
            message.starts_with("`ResourceId` looks for `ApiService` in `Other`, but it runs in `Cluster`"),
            "{message}"
        );
        let named = || (ID, json!({"Fn::Sub": "service/dify/${ApiService.Name}"}));
        let (message, _) = only("W012", &[named()]);
        assert!(message.contains("in the cluster `dify`"), "{message}");
        none(&[named(), ("/Cluster/Properties/ClusterName", json!("dify"))]);
    }

    #[test]
    fn clusters_in_so_many_words_are_compared() {
        let runs_in = |cluster: &str| ("/ApiService/Properties/Cluster", json!(cluster));
        let named = || (ID, json!({"Fn::Sub": "service/dify/${ApiService.Name}"}));
        for own in ["dify", "arn:aws:ecs:eu-west-1:123456789012:cluster/dify"] {
            none(&[runs_in(own), named()]);
        }
        let found = found(&[runs_in("other"), named()]);
        let told = found.iter().find(|finding| finding.code.0 == "W012").map(|finding| &finding.message);
        assert!(
            told.is_some_and(
                |told| told.contains("in the cluster `dify`") && told.contains("in the cluster `other`")
            ),
            "{found:#?}"
        );
    }

    #[test]
    fn a_join_is_as_good() {
        none(&[(
            ID,
            json!({"Fn::Join": ["/", ["service", {"Ref": "Cluster"}, {"Fn::GetAtt": ["ApiService", "Name"]}]]}),
        )]);
    }
}
