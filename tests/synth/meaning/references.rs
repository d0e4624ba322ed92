//! Every name in a template stands for something, and nothing leads round a circle.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::resolve::call;
use crate::shipped::each;

/// Names that a value refers to, each with the function that does.
fn names(value: &Json, found: &mut Vec<(&'static str, String)>) {
    if let Some((function, argument)) = call(value) {
        match (function, argument) {
            ("Ref", Json::String(name)) => found.push(("Ref", name.clone())),
            ("Condition", Json::String(name)) => found.push(("Condition", name.clone())),
            ("Fn::GetAtt", Json::Array(parts)) => {
                found.push(("Fn::GetAtt", parts[0].as_str().unwrap().to_owned()));
            }
            ("Fn::If", Json::Array(parts)) => {
                found.push(("Condition", parts[0].as_str().unwrap().to_owned()));
                parts[1..].iter().for_each(|part| names(part, found));
            }
            ("Fn::Sub", Json::String(text)) => placeholders(text, &Map::new(), found),
            ("Fn::Sub", Json::Array(both)) => {
                let own = both[1].as_object().unwrap();
                placeholders(both[0].as_str().unwrap(), own, found);
                own.values().for_each(|value| names(value, found));
            }
            (_, argument) => names(argument, found),
        }
        return;
    }
    match value {
        Json::Array(items) => items.iter().for_each(|item| names(item, found)),
        Json::Object(map) => map.values().for_each(|value| names(value, found)),
        _ => {}
    }
}

fn placeholders(text: &str, own: &Map<String, Json>, found: &mut Vec<(&'static str, String)>) {
    for piece in text.split("${").skip(1) {
        let name = piece.split_once('}').unwrap_or_else(|| panic!("an open placeholder in {text}")).0;
        let name = name.split('.').next().unwrap();
        if !own.contains_key(name) {
            found.push(("Ref", name.to_owned()));
        }
    }
}

const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

#[test]
fn every_name_stands_for_something() {
    each(|shipped| {
        let template = &shipped.json;
        let known = |section: &str, name: &str| template[section].get(name).is_some();
        let mut complaints = Vec::new();
        let mut check = |place: &str, value: &Json| {
            let mut found = Vec::new();
            names(value, &mut found);
            for (function, name) in found {
                let exists = match function {
                    "Condition" => known("Conditions", &name),
                    "Fn::GetAtt" => known("Resources", &name),
                    _ => {
                        known("Resources", &name)
                            || known("Parameters", &name)
                            || PSEUDO_PARAMETERS.contains(&name.as_str())
                    }
                };
                if !exists {
                    complaints.push(format!("{place}: {function} {name}"));
                }
            }
        };
        for (id, resource) in template["Resources"].as_object().unwrap() {
            check(id, &resource["Properties"]);
        }
        for section in ["Conditions", "Outputs"] {
            check(section, &template[section]);
        }
        for (id, resource) in template["Resources"].as_object().unwrap() {
            for other in resource["DependsOn"].as_array().into_iter().flatten() {
                let exists = known("Resources", other.as_str().unwrap());
                complaints.extend((!exists).then(|| format!("{id} depends on {other}")));
            }
            if let Some(condition) = resource["Condition"].as_str().filter(|name| !known("Conditions", name))
            {
                complaints.push(format!("{id}: condition {condition}"));
            }
        }
        complaints
    });
}

#[test]
fn every_parameter_and_condition_is_used() {
    each(|shipped| {
        let template = &shipped.json;
        let mut found = Vec::new();
        names(&template["Resources"], &mut found);
        names(&template["Conditions"], &mut found);
        names(&template["Outputs"], &mut found);
        let resources = template["Resources"].as_object().unwrap().values();
        let conditions = resources.filter_map(|resource| resource["Condition"].as_str().map(str::to_owned));
        let used: BTreeSet<String> = found.into_iter().map(|(_, name)| name).chain(conditions).collect();
        let declared = ["Parameters", "Conditions"]
            .into_iter()
            .flat_map(|section| template[section].as_object().into_iter().flatten());
        declared
            .filter(|(name, _)| !used.contains(*name))
            .map(|(name, _)| format!("{name} is unused"))
            .collect()
    });
}

#[test]
fn nothing_leads_round_a_circle() {
    each(|shipped| {
        let resources = shipped.json["Resources"].as_object().unwrap();
        let edges: BTreeMap<&str, BTreeSet<String>> = resources
            .iter()
            .map(|(id, resource)| {
                let mut found = Vec::new();
                names(&resource["Properties"], &mut found);
                let named = resource["DependsOn"].as_array().into_iter().flatten();
                let named = named.map(|other| other.as_str().unwrap().to_owned());
                let all = found.into_iter().map(|(_, name)| name).chain(named);
                (id.as_str(), all.filter(|name| resources.contains_key(name)).collect())
            })
            .collect();
        // What has nothing left to wait for is taken away until nothing can be.
        let mut left: BTreeSet<&str> = edges.keys().copied().collect();
        loop {
            let free: Vec<&str> = left
                .iter()
                .copied()
                .filter(|id| edges[id].iter().all(|other| !left.contains(other.as_str())))
                .collect();
            if free.is_empty() {
                break;
            }
            for id in free {
                left.remove(id);
            }
        }
        left.into_iter().map(|id| format!("{id} is part of a circle or behind one")).collect()
    });
}

/// Different things that the policy layer may remark of one stack, so that nobody drowns in them.
const MOST_REMARKS: usize = 3;

#[test]
fn the_program_finds_no_error_in_its_own_templates() {
    use dify_cfn::diagnostic::Severity;
    use dify_cfn::validate::{Options, Purpose, Types, findings};
    each(|shipped| {
        let purpose = if shipped.is_production() { Purpose::Production } else { Purpose::Development };
        let region = shipped.config().region.clone();
        let options = Options { types: Types::Strict, purpose, region, ..Options::default() };
        let found = findings(shipped.template(), &options);
        let bad = found.iter().filter(|finding| finding.severity > Severity::Note);
        let mut complaints: Vec<String> =
            bad.map(|finding| crate::shipped::told(std::slice::from_ref(finding))).collect();
        let remarks: BTreeSet<&str> =
            found.iter().map(|finding| finding.code.0).filter(|code| code.starts_with('P')).collect();
        if remarks.len() > MOST_REMARKS {
            complaints.push(format!("too many remarks: {remarks:?}"));
        }
        complaints
    });
}
