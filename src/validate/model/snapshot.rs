//! Which combinations of conditions are looked at, and the resources evaluated in each.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::cfn::evaluate::{Evaluator, Scenario, Scenarios, Settings};
use crate::validate::Context;

use super::looked::Versions;
use super::{Graph, Item, Snapshot};

/// Up to so many combinations of conditions all are looked at: those of three independent conditions.
const ALL_VIEWS: usize = 8;

/// How many are looked at where there are more. They are chosen so that every two conditions are seen in each way that they can be
/// together; most faults of a combination need no more.
const MOST_VIEWS: usize = 24;

/// Resources by their place and by what their conditions are; `None` where one doesn't exist.
type Evaluations<'t> = BTreeMap<(usize, Vec<Option<bool>>), Option<Rc<Item<'t>>>>;

/// The resources of a template in each combination that is looked at.
pub(super) fn snapshots<'t>(context: &Context<'t>) -> Vec<Snapshot<'t>> {
    let settings = Settings {
        region: context.options.region.clone(),
        parameters: context.options.parameters.clone(),
        ..Settings::default()
    };
    let evaluator = Evaluator::new(context.template, &settings);
    let resources = &context.template.resources;
    let needed: Vec<BTreeSet<&str>> = resources.values().map(Evaluator::conditions_of).collect();
    let all: BTreeSet<&str> = needed.iter().flatten().copied().collect();
    let every = context.evaluator.shared_scenarios(&all);
    let (chosen, complete) = choose(&every.list);
    if !complete || !every.complete {
        context.leave_out();
    }
    let mut scenarios: BTreeMap<&BTreeSet<&str>, Arc<Scenarios<'t>>> = BTreeMap::new();
    for names in &needed {
        scenarios.entry(names).or_insert_with(|| context.evaluator.shared_scenarios(names));
    }
    // A resource is evaluated once for each combination of the conditions that it depends on itself.
    let mut evaluated: Evaluations<'t> = BTreeMap::new();
    let graph = Rc::new(Graph::new(context));
    let versions = Versions::new(context.template);
    let mut views = Vec::new();
    for scenario in &chosen {
        let mut view = Snapshot {
            graph: Rc::clone(&graph),
            items: Vec::new(),
            by_type: vec![Vec::new(); versions.types()],
            positions: vec![None; resources.len()],
            conditions: scenario.conditions().collect(),
            versions: versions.clone(),
            network: OnceCell::new(),
        };
        for (index, (id, resource)) in resources.iter().enumerate() {
            let truths: Vec<_> = needed[index].iter().map(|name| scenario.condition(name)).collect();
            let item = evaluated.entry((index, truths.clone())).or_insert_with(|| {
                let own = scenarios.get(&needed[index])?.list.iter().find(|own| {
                    needed[index].iter().zip(&truths).all(|(name, truth)| own.condition(name) == *truth)
                })?;
                if Evaluator::exists(resource, own) == Some(false) {
                    return None;
                }
                let (properties, _) = evaluator.properties(resource, own);
                Some(Rc::new(Item { id, index, resource, properties }))
            });
            if let Some(item) = item {
                let position = view.items.len();
                if let Some(members) = view.by_type.get_mut(versions.type_at(index)) {
                    members.push(position);
                }
                view.positions[index] = Some(position);
                view.versions.set(index, item);
                view.items.push(Rc::clone(item));
            }
        }
        views.push(view);
    }
    if evaluator.is_exhausted() {
        context.leave_out();
    }
    views
}

/// The combinations that are looked at, and whether every two conditions are seen in each way that they can be together.
fn choose<'s, 't>(scenarios: &'s [Scenario<'t>]) -> (Vec<&'s Scenario<'t>>, bool) {
    if scenarios.len() <= ALL_VIEWS {
        return (scenarios.iter().collect(), true);
    }
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for scenario in scenarios {
        let ways: Vec<_> = scenario.conditions().collect();
        let pairs = ways.iter().flat_map(|one| ways.iter().map(move |other| (*one, *other)));
        let new: Vec<_> = pairs.filter(|pair| !seen.contains(pair)).collect();
        if new.is_empty() {
            continue;
        }
        if chosen.len() == MOST_VIEWS {
            return (chosen, false);
        }
        seen.extend(new);
        chosen.push(scenario);
    }
    (chosen, true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    /// A template whose security group is open to the world exactly where the conditions are so.
    fn open_where(ways: &[(usize, bool)], conditions: usize) -> Json {
        let open = json!("0.0.0.0/0");
        let cidr = ways.iter().fold(open, |inner, (condition, holds)| {
            let name = format!("C{condition}");
            let (then, otherwise) =
                if *holds { (inner, json!("10.0.0.0/8")) } else { (json!("10.0.0.0/8"), inner) };
            json!({"Fn::If": [name, then, otherwise]})
        });
        let rule = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": cidr});
        let mut template = json!({"Resources": {"Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "x", "SecurityGroupIngress": [rule]},
        }}});
        for condition in 0..conditions {
            template["Parameters"][format!("P{condition}")] = json!({"Type": "String"});
            let is_set = json!({"Fn::Equals": [{"Ref": format!("P{condition}")}, "yes"]});
            template["Conditions"][format!("C{condition}")] = is_set;
        }
        // Each condition is used, so that all combinations count.
        let tag = |condition: usize| json!({"Key": format!("t{condition}"), "Value": {"Fn::If": [format!("C{condition}"), "a", "b"]}});
        template["Resources"]["Group"]["Properties"]["Tags"] = (0..conditions).map(tag).collect();
        template
    }

    #[test]
    fn every_combination_of_three_conditions_is_looked_at() {
        for case in 0..8_usize {
            let ways: Vec<(usize, bool)> = (0..3).map(|bit| (bit, case >> bit & 1 == 1)).collect();
            assert_eq!(found("P020", open_where(&ways, 3)).len(), 1, "{ways:?}");
        }
    }

    #[test]
    fn every_two_of_six_conditions_are_seen_in_each_way() {
        for one in 0..6 {
            for other in 0..one {
                for case in 0..4_usize {
                    let ways = [(one, case & 1 == 1), (other, case & 2 == 2)];
                    assert_eq!(found("P020", open_where(&ways, 6)).len(), 1, "{ways:?}");
                }
            }
        }
    }
}
