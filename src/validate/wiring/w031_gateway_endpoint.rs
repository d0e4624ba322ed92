//! W031: the gateway endpoint of S3 is in the tasks' route tables.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{known_list, services};
use super::endpoints::{is_closed, is_interface, needed, of};
use super::model::View;
use super::network::Network;

pub(super) static RULE: Rule = Rule {
    code: Code("W031"),
    severity: Severity::Error,
    title: "the gateway endpoint of S3 is in the route tables of a closed network",
    what: "Where a service in a network without a way to the internet pulls images from ECR, the route tables of its subnets are among those of the gateway endpoint of S3, which keeps the images' layers.",
    why: "The pull hangs and the task stops: \"CannotPullContainerError … i/o timeout\".",
    source: "Amazon ECR User Guide, \"Amazon ECR interface VPC endpoints\", \"Create the Amazon S3 gateway endpoint\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let network = Network::of(view);
    for service in services(view).filter(|service| is_closed(view, service)) {
        let Some(endpoints) = of(view, &service).filter(|_| needed(view, &service).contains("s3")) else {
            continue;
        };
        let s3: Vec<_> =
            endpoints.iter().filter(|(name, _)| name == "s3").map(|(_, endpoint)| *endpoint).collect();
        if s3.is_empty() || s3.iter().any(|endpoint| is_interface(endpoint)) {
            continue;
        }
        let mut tables = Vec::new();
        let mut unclear = false;
        for endpoint in &s3 {
            match known_list(endpoint.get("RouteTableIds")) {
                Some(list) => {
                    unclear |= list.iter().any(|table| table.resource().is_none());
                    tables.extend(list.iter().filter_map(Evaluated::resource));
                }
                None => unclear = true,
            }
        }
        let outside = service
            .subnets()
            .iter()
            .find(|subnet| network.route_table(subnet).is_some_and(|table| !tables.contains(&table)));
        let Some(outside) = outside.filter(|_| !unclear) else { continue };
        let message = format!(
            "the route table of `{}` isn't among those of `{}`: images can't be pulled there",
            outside.resource().unwrap_or_default(),
            s3[0].id
        );
        findings.push(
            s3[0]
                .finding_of(&RULE, "RouteTableIds", message)
                .help("add the route tables of all subnets that tasks run in"),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{ALL_ENDPOINTS, borrowed, closed, none, only};

    #[test]
    fn another_route_table_is_found() {
        let mut changes = closed(ALL_ENDPOINTS);
        changes.push(("/s3/Properties/RouteTableIds".to_owned(), json!([{"Ref": "PublicTable"}])));
        // The same for both services, and told twice is once too often.
        changes.push((
            "/BeatTask/Properties/ContainerDefinitions/0/Image".to_owned(),
            json!({"Fn::ImportValue": "Image"}),
        ));
        let (message, pointer) = only("W031", &borrowed(&changes));
        assert!(message.starts_with("the route table of `PrivateSubnet1`"), "{message}");
        assert_eq!(pointer, "/Resources/s3/Properties/RouteTableIds");
    }

    #[test]
    fn tables_that_are_not_known_are_left_alone() {
        let mut changes = closed(ALL_ENDPOINTS);
        changes.push(("/s3/Properties/RouteTableIds".to_owned(), json!([{"Fn::ImportValue": "Table"}])));
        none(&borrowed(&changes));
    }
}
