//! What `docs/seeds.md` has to hold true.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::SEEDS;
use crate::document::{Row, code_spans};
use crate::evaluate::{plain_text, same};
use crate::seed::{Seed, all_sections, seeds};
use crate::template::Template;

/// Fails with all complaints, one a line.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "docs/seeds.md:\n{}", complaints.join("\n"));
}

#[test]
fn every_attribute_has_a_row_and_every_row_an_attribute() {
    let mut complaints = Vec::new();
    for seed in seeds() {
        let number = seed.number;
        let declared: BTreeSet<(String, String, String)> = seed
            .facts
            .resources
            .iter()
            .flat_map(|(address, attributes)| {
                attributes.iter().map(|(path, value)| (address.clone(), path.clone(), value.clone()))
            })
            .collect();
        let mut claimed = BTreeSet::new();
        for resource in seed.claimed() {
            for row in resource.rows {
                let key = (resource.address.clone(), row.code("attribute"), row.code("seed"));
                if !claimed.insert(key.clone()) {
                    complaints.push(format!("seed {number}: {} has two rows for {}", key.0, key.1));
                }
            }
        }
        for (address, path, value) in declared.difference(&claimed) {
            complaints.push(format!("seed {number}: {address} has no row for `{path}` with `{value}`"));
        }
        for (address, path, value) in claimed.difference(&declared) {
            complaints.push(format!("seed {number}: {address} has no `{path}` with `{value}`"));
        }
        let excerpts: BTreeSet<(String, String)> = seed.facts.excerpts.iter().cloned().collect();
        let rows: BTreeSet<(String, String)> = if excerpts.is_empty() {
            BTreeSet::new()
        } else {
            seed.rows("Excerpts").iter().map(|row| (row.code("attribute"), row.code("seed"))).collect()
        };
        for (path, value) in excerpts.symmetric_difference(&rows) {
            complaints
                .push(format!("seed {number}: the excerpt `{path}` with `{value}` is missing or too much"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_input_has_a_row() {
    let mut complaints = Vec::new();
    for seed in seeds() {
        let rows: BTreeSet<String> = seed.rows("Inputs").iter().map(|row| row.code("input")).collect();
        let wanted = seed.facts.variables.keys().map(|name| format!("var.{name}"));
        for missing in wanted.filter(|name| !rows.contains(name)) {
            complaints.push(format!("seed {}: no row for the input {missing}", seed.number));
        }
        for address in &seed.facts.not_shown {
            if !seed.rows("Not shown").iter().any(|row| row.code("address") == *address) {
                complaints.push(format!("seed {}: no row for {address}, which isn't shown", seed.number));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_claimed_value_is_in_the_template() {
    let mut complaints = Vec::new();
    for seed in seeds() {
        for resource in seed.claimed() {
            for stack in &seed.stacks {
                for id in resource.logical_ids.iter().filter(|_| seed.stacks.len() == 1) {
                    if stack.template.at(id).is_none() {
                        complaints.push(format!("seed {}: no resource {id}", seed.number));
                    }
                }
                for row in resource.rows {
                    let found =
                        found(&stack.template, row, stack.environment).map(|value| plain_text(&value));
                    let claimed = row.value(stack.environment);
                    if found != claimed {
                        let (name, attribute) = (&resource.address, row.code("attribute"));
                        let show = |value: Option<String>| {
                            value.map_or("—".to_owned(), |text| format!("`{text}`"))
                        };
                        complaints.push(format!(
                            "seed {} {}: {name} {attribute}: {} is {}, not {}",
                            seed.number,
                            stack.environment,
                            row["where"],
                            show(found),
                            show(claimed),
                        ));
                    }
                }
            }
        }
    }
    assert_none(&complaints);
}

/// The value at a row's place; of several places the list of the values that are there.
fn found(template: &Template, row: &Row, environment: &str) -> Option<Json> {
    let places = row.places(environment);
    match places.as_slice() {
        [] => None,
        [place] => template.at(place),
        places => {
            let values: Vec<Json> = places.iter().filter_map(|place| template.at(place)).collect();
            (!values.is_empty()).then_some(Json::Array(values))
        }
    }
}

#[test]
fn every_difference_has_a_reason() {
    let mut complaints = Vec::new();
    for seed in seeds() {
        for resource in seed.claimed() {
            for row in resource.rows.iter().filter(|row| row["remark"].is_empty()) {
                for stack in &seed.stacks {
                    let found = found(&stack.template, row, stack.environment);
                    let neither = found.is_none() && is_left_out(&seed, stack.environment, &resource.address);
                    if !neither && !is_as_in_the_seed(&seed, stack.environment, row, found.as_ref()) {
                        complaints.push(format!(
                            "seed {} {}: {} {} isn't {} and the row doesn't say why",
                            seed.number,
                            stack.environment,
                            resource.address,
                            row.code("attribute"),
                            row["seed"],
                        ));
                    }
                }
            }
        }
    }
    assert_none(&complaints);
}

/// Whether the seed has no such resource in the environment.
fn is_left_out(seed: &Seed, environment: &str, address: &str) -> bool {
    let count = seed.facts.resources.get(address).and_then(|attributes| attributes.get("count"));
    let count = count.and_then(|count| seed.inputs(environment, true).value(count));
    count.is_some_and(|count| plain_text(&count) == "0")
}

fn is_as_in_the_seed(seed: &Seed, environment: &str, row: &Row, found: Option<&Json>) -> bool {
    let is_several = row.places(environment).len() > 1;
    [true, false].into_iter().any(|by_value| {
        let Some(wanted) = seed.inputs(environment, by_value).value(&row.code("seed")) else { return false };
        match found {
            Some(Json::Array(values)) if is_several && !wanted.is_array() => {
                values.iter().all(|value| same(&wanted, Some(value)))
            }
            found => same(&wanted, found),
        }
    })
}

#[test]
fn the_findings_are_exactly_those_listed() {
    let mut complaints = Vec::new();
    for seed in seeds() {
        for stack in &seed.stacks {
            let listed: Vec<_> = seed
                .rows("Findings")
                .iter()
                .filter(|row| row["in"].split(", ").any(|name| name == stack.environment))
                .map(|row| {
                    (row.code("code"), row["severity"].clone(), row.code("at"), row["message"].clone())
                })
                .collect();
            let mut found: Vec<_> = stack
                .findings
                .iter()
                .map(|one| (one.code.clone(), one.severity.clone(), one.at.clone(), one.message.clone()))
                .collect();
            for row in listed {
                match found.iter().position(|one| *one == row) {
                    Some(place) => drop(found.remove(place)),
                    None => complaints.push(format!(
                        "seed {} {}: listed, not found: {row:?}",
                        seed.number, stack.environment
                    )),
                }
            }
            for one in found {
                complaints
                    .push(format!("seed {} {}: found, not listed: {one:?}", seed.number, stack.environment));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn the_templates_fit_into_one_request() {
    for seed in seeds() {
        for stack in &seed.stacks {
            assert!(stack.fits_inline, "seed {} {} is too large", seed.number, stack.environment);
        }
    }
}

/// What becomes of each defect: done right whatever the seed says, kept with a warning, or nothing to do.
const DONE_RIGHT: [u32; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 17, 25, 28, 32, 35, 38];
const NOTHING_TO_DO: [u32; 3] = [36, 37, 42];

#[test]
fn every_defect_is_done_right_or_kept_with_its_finding() {
    let sections = all_sections();
    let rows = &sections
        .iter()
        .find(|section| section.headings.last().is_some_and(|own| own == "Defects"))
        .unwrap()
        .rows;
    let numbers: Vec<u32> = rows.iter().map(|row| row["#"].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=42).collect::<Vec<_>>());
    let seeds = seeds();
    let codes: BTreeMap<&str, BTreeSet<&str>> = seeds
        .iter()
        .map(|seed| {
            let findings = seed.stacks.iter().flat_map(|stack| &stack.findings);
            (seed.number, findings.map(|finding| finding.code.as_str()).collect())
        })
        .collect();
    let mut complaints = Vec::new();
    for (number, row) in numbers.into_iter().zip(rows) {
        let wanted = match number {
            number if DONE_RIGHT.contains(&number) => "done right",
            number if NOTHING_TO_DO.contains(&number) => "nothing to do",
            _ => "kept",
        };
        if row["what became of it"] != wanted {
            complaints.push(format!("defect {number} is `{}`, not `{wanted}`", row["what became of it"]));
        }
        if wanted != "kept" {
            continue;
        }
        // A finding for each seed that has the defect.
        for seed in row["seed"].split(", ") {
            let (name, ..) = SEEDS[seed.parse::<usize>().unwrap()];
            let named = code_spans(&row["how"]);
            let told = named.iter().any(|code| codes[name].contains(code));
            if !told {
                complaints.push(format!("defect {number}: none of {named:?} is found for seed {name}"));
            }
        }
    }
    assert_none(&complaints);
}
