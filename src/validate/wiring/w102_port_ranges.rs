//! W102: ranges of container ports rise, and don't overlap.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, is_awsvpc, tasks};
use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W102"),
    severity: Severity::Error,
    title: "ranges of container ports rise and don't overlap",
    what: "Of a `ContainerPortRange` such as `8000-8010` the first port is below the last, and no two ranges of one protocol have a port in common: in a container, and in the network mode awsvpc in a task.",
    why: "ECS refuses the task definition: \"Invalid 'containerPortRange' setting\", \"container port is used multiple times in task\".",
    source: "Amazon ECS API Reference, \"PortMapping\"",
    same_as: &["cdk-preflight pf-ecs-port-range-overlap", "cdk-preflight pf-ecs-port-range-reversed"],
};

/// The first and last port of a range.
fn bounds(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// A range of ports that is known: the value, its bounds, its protocol.
struct Range<'v, 't> {
    value: &'v Evaluated<'t>,
    first: u16,
    last: u16,
    protocol: String,
}

impl<'v, 't> Range<'v, 't> {
    fn of(mapping: &'v Evaluated<'t>) -> Option<Self> {
        let value = mapping.get("ContainerPortRange")?;
        let (first, last) = bounds(&value.text()?)?;
        let protocol = mapping.get("Protocol").map_or(Some("tcp".into()), Evaluated::text)?;
        Some(Self { value, first, last, protocol: protocol.to_lowercase() })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.protocol == other.protocol && self.first <= other.last && other.first <= self.last
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        let one_network = is_awsvpc(task);
        let mut before: Vec<Range<'_, '_>> = Vec::new();
        for container in containers(task) {
            if !one_network {
                before.clear();
            }
            let mappings = container.get("PortMappings").map_or(&[][..], Evaluated::items);
            for range in mappings.iter().filter_map(Range::of) {
                check_one(task, &range, &before, findings);
                before.push(range);
            }
        }
    }
}

fn check_one<'t>(
    task: &Item<'t>,
    range: &Range<'_, 't>,
    before: &[Range<'_, 't>],
    findings: &mut Vec<Diagnostic>,
) {
    let Range { first, last, .. } = range;
    let (message, help) = if first >= last {
        (format!("the range begins at {first} and ends at {last}"), "write the lower port first")
    } else if let Some(other) = before.iter().find(|other| range.overlaps(other)) {
        (
            format!("the ranges {}-{} and {first}-{last} overlap", other.first, other.last),
            "write ranges without a common port",
        )
    } else {
        return;
    };
    let message = format!("{message}: ECS refuses the task definition");
    findings.push(task.finding_at(&RULE, range.value, message).help(help));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(mode: &str, containers: &[&[Json]]) -> Vec<String> {
        let containers: Vec<_> = containers
            .iter()
            .map(|mappings| json!({"Name": "a", "Image": "b", "PortMappings": mappings}))
            .collect();
        let properties = json!({"NetworkMode": mode, "ContainerDefinitions": containers});
        let template = resource("AWS::ECS::TaskDefinition", properties);
        found("W102", template).into_iter().map(|finding| finding.message).collect()
    }

    fn range(range: &str) -> Json {
        json!({"ContainerPortRange": range})
    }

    #[test]
    fn ranges_that_do_not_fit_are_found() {
        let of = |ranges: &[Json]| messages("bridge", &[ranges]);
        let udp = json!({"ContainerPortRange": "8005-8015", "Protocol": "udp"});
        assert_eq!(of(&[range("8000-8010"), range("8011-8020"), range("x"), udp]), [""; 0]);
        assert_eq!(
            of(&[range("8010-8000")]),
            ["the range begins at 8010 and ends at 8000: ECS refuses the task definition"]
        );
        assert_eq!(
            of(&[range("8000-8010"), range("8010-8020")]),
            ["the ranges 8000-8010 and 8010-8020 overlap: ECS refuses the task definition"]
        );
    }

    #[test]
    fn containers_of_one_network_share_their_ports() {
        let two: &[&[Json]] = &[&[range("8000-8010")], &[range("8005-8006")]];
        assert_eq!((messages("bridge", two).len(), messages("awsvpc", two).len()), (0, 1));
    }
}
