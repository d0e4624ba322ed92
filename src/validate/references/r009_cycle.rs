//! R009: no resource waits for itself.

use std::collections::{BTreeMap, VecDeque};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::{Link, Target};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R009"),
    severity: Severity::Error,
    title: "resources don't wait for each other in a circle",
    what: "References and `DependsOn` between resources, taken together, never lead back to where they started.",
    why: "CloudFormation refuses the template: \"Circular dependency between resources\".",
    source: "AWS CloudFormation User Guide, \"DependsOn attribute\"; AWS re:Post, \"How do I resolve circular dependencies\"",
    same_as: &["cfn-lint E3004"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let resources = &context.template.resources;
    // By the place of each resource.
    let mut edges: Vec<Edges<'_, '_>> = vec![Vec::new(); resources.len()];
    for link in &context.references.links {
        let (Some(from), Some(to)) = (link.from, link.to) else { continue };
        // R008 tells of a resource that waits for itself by name.
        let is_itself = from == to && matches!(link.target, Target::DependsOn(_));
        if !is_itself && link_to(&edges[from], to).is_none() {
            edges[from].push((to, link));
        }
    }
    for edges in &mut edges {
        edges.sort_unstable_by_key(|(to, _)| *to);
    }
    for component in circles(&edges) {
        let path = shortest_circle(&edges, &component);
        let Some(link) =
            path.first().and_then(|first| link_to(&edges[*first], *path.get(1).unwrap_or(first)))
        else {
            continue;
        };
        let steps = path.iter().zip(path.iter().cycle().skip(1)).filter_map(|(from, to)| {
            let (id, _) = resources.get_index(*from)?;
            let (other, _) = resources.get_index(*to)?;
            Some((id, link_to(&edges[*from], *to)?.site.pointer(), other))
        });
        let steps: Vec<_> = steps.collect();
        let mut around = steps.iter().map(|(id, ..)| format!("`{id}`")).collect::<Vec<_>>();
        around.extend(around.first().cloned());
        let message = format!("resources wait for each other in a circle: {}", around.join(" → "));
        let places = steps.iter().map(|(id, pointer, other)| {
            let place = pointer.strip_prefix(&format!("/Resources/{id}/")).unwrap_or(pointer);
            format!("`{id}` needs `{other}` for {place}")
        });
        findings.push(
            RULE.at(link.site.owner, link.site.pointer(), message)
                .help(format!("take one of the steps out: {}", places.collect::<Vec<_>>().join("; "))),
        );
    }
}

/// The resources that one waits for, each with the first link that says so.
type Edges<'l, 't> = Vec<(usize, &'l Link<'t>)>;

fn link_to<'l, 't>(edges: &[(usize, &'l Link<'t>)], wanted: usize) -> Option<&'l Link<'t>> {
    edges.iter().find(|(to, _)| *to == wanted).map(|(_, link)| *link)
}

/// The groups of nodes that can all reach each other, by Tarjan's algorithm without recursion.
fn circles(edges: &[Edges<'_, '_>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut index = vec![UNSEEN; edges.len()];
    let mut lowest = vec![0; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let (mut stack, mut work, mut next, mut found) = (Vec::new(), Vec::new(), 0, Vec::new());
    for start in 0..edges.len() {
        if index[start] != UNSEEN {
            continue;
        }
        work.push((start, edges[start].iter()));
        index[start] = next;
        lowest[start] = next;
        next += 1;
        stack.push(start);
        on_stack[start] = true;
        while let Some((node, targets)) = work.last_mut() {
            let node = *node;
            if let Some(&(target, _)) = targets.next() {
                if index[target] == UNSEEN {
                    index[target] = next;
                    lowest[target] = next;
                    next += 1;
                    stack.push(target);
                    on_stack[target] = true;
                    work.push((target, edges[target].iter()));
                } else if on_stack[target] {
                    lowest[node] = lowest[node].min(index[target]);
                }
                continue;
            }
            work.pop();
            if let Some((parent, _)) = work.last() {
                lowest[*parent] = lowest[*parent].min(lowest[node]);
            }
            if lowest[node] == index[node] {
                // Nearly every resource is in no circle.
                if stack.last() == Some(&node) && link_to(&edges[node], node).is_none() {
                    on_stack[node] = false;
                    stack.pop();
                    continue;
                }
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member] = false;
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                if component.len() > 1 || link_to(&edges[node], node).is_some() {
                    component.sort_unstable();
                    found.push(component);
                }
            }
        }
    }
    found.sort();
    found
}

/// A shortest way around inside a group, starting at the group's first resource that has one as short.
fn shortest_circle(edges: &[Edges<'_, '_>], component: &[usize]) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::new();
    // A group can be large in a hostile template: a few starts are enough to find a short way.
    for &start in component.iter().take(20) {
        let mut before: BTreeMap<usize, usize> = BTreeMap::new();
        let mut waiting = VecDeque::from([start]);
        while let Some(node) = waiting.pop_front() {
            if link_to(&edges[node], start).is_some() {
                let mut path = vec![node];
                while let Some(&previous) =
                    path.last().filter(|node| **node != start).and_then(|node| before.get(node))
                {
                    path.push(previous);
                }
                path.reverse();
                if best.is_empty() || path.len() < best.len() {
                    best = path;
                }
                break;
            }
            for &(target, _) in &edges[node] {
                if target != start
                    && component.binary_search(&target).is_ok()
                    && !before.contains_key(&target)
                {
                    before.insert(target, node);
                    waiting.push_back(target);
                }
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, none, only};

    #[test]
    fn a_circle_is_told_as_the_path_around() {
        let found = found(
            "R009",
            json!({"Resources": {
                "Api": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "a",
                    "SecurityGroupIngress": [{"IpProtocol": "-1", "SourceSecurityGroupId": {"Ref": "Worker"}}]}},
                "Other": {"Type": "AWS::S3::Bucket", "DependsOn": "Api"},
                "Worker": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": {"Fn::Sub": "${Api.GroupId}"}}},
            }}),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "resources wait for each other in a circle: `Api` → `Worker` → `Api`");
        assert_eq!(
            found[0].help.as_deref(),
            Some(
                "take one of the steps out: `Api` needs `Worker` for Properties/SecurityGroupIngress/0/SourceSecurityGroupId/Ref; \
                 `Worker` needs `Api` for Properties/GroupDescription/Fn::Sub"
            )
        );
    }

    #[test]
    fn a_resource_that_refers_to_itself_is_found() {
        let (message, _) = only(
            "R009",
            json!({"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "A"}}}}}),
        );
        assert_eq!(message, "resources wait for each other in a circle: `A` → `A`");
    }

    #[test]
    fn two_circles_are_two_findings_and_chains_none() {
        let bucket = |on: &str| json!({"Type": "AWS::S3::Bucket", "DependsOn": on});
        let two =
            json!({"Resources": {"A": bucket("B"), "B": bucket("A"), "C": bucket("D"), "D": bucket("C")}});
        assert_eq!(found("R009", two).len(), 2);
        none(
            "R009",
            json!({"Resources": {"A": bucket("B"), "B": bucket("C"), "C": {"Type": "AWS::S3::Bucket"}}}),
        );
    }
}
