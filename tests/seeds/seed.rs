//! A seed with all that is known of it: its facts, what `docs/seeds.md` claims, and what its configuration becomes.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value as Json;

use crate::document::{Row, Section, code_spans, sections};
use crate::evaluate::Inputs;
use crate::facts::Facts;
use crate::template::Template;
use crate::{SEEDS, root, stored};

/// A seed.
pub(crate) struct Seed {
    /// `000` or `001`.
    pub(crate) number: &'static str,
    /// What its document declares.
    pub(crate) facts: Facts,
    /// Its sections of `docs/seeds.md`.
    pub(crate) sections: Vec<Section>,
    /// What its configuration becomes.
    pub(crate) stacks: Vec<Stack>,
}

/// What an environment of a configuration becomes.
pub(crate) struct Stack {
    /// The environment.
    pub(crate) environment: &'static str,
    /// The template.
    pub(crate) template: Template,
    /// What synthesis found.
    pub(crate) findings: Vec<Finding>,
    /// Whether the template fits into one request to `CloudFormation`.
    pub(crate) fits_inline: bool,
}

/// A finding, as `docs/seeds.md` lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Such as `C405`.
    pub(crate) code: String,
    /// `warning` or `note`.
    pub(crate) severity: String,
    /// The key of the configuration, or the resource and the property.
    pub(crate) at: String,
    /// What was found.
    pub(crate) message: String,
}

/// All sections of `docs/seeds.md`.
pub(crate) fn all_sections() -> Vec<Section> {
    let text = std::fs::read_to_string(root().join("docs/seeds.md")).unwrap();
    sections(&text)
}

/// Both seeds, synthesized.
pub(crate) fn seeds() -> Vec<Seed> {
    let sections = all_sections();
    let seeds = SEEDS.iter().map(|(number, _, environments)| {
        let heading = format!("Seed {number}");
        let own = sections.iter().filter(|section| section.headings.get(1) == Some(&heading));
        Seed {
            number,
            facts: stored(number),
            sections: own.cloned().collect(),
            stacks: synthesize(number, environments),
        }
    });
    seeds.collect()
}

/// Runs the program on a seed's configuration.
fn synthesize(number: &str, environments: &[&'static str]) -> Vec<Stack> {
    let output = tempfile::tempdir().unwrap();
    let config = root().join(format!("tests/fixtures/configs/seed-{number}.yaml"));
    let done = Command::new(env!("CARGO_BIN_EXE_dify-cfn"))
        .args(["synth", "--json", "--config"])
        .arg(config)
        .arg("--output")
        .arg(output.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "synth of seed {number}: {}", String::from_utf8_lossy(&done.stderr));
    let summary: Json = serde_json::from_slice(&done.stdout).unwrap();
    let told = summary["stacks"].as_array().unwrap();
    let names: Vec<&str> = told.iter().filter_map(|stack| stack["name"].as_str()).collect();
    let wanted: Vec<String> = environments.iter().map(|environment| format!("dify-{environment}")).collect();
    assert_eq!(names, wanted);
    let stacks = environments.iter().zip(told).map(|(environment, told)| {
        let name = format!("dify-{environment}");
        let text = std::fs::read_to_string(output.path().join(format!("{name}.template.json"))).unwrap();
        let findings = told["findings"].as_array().unwrap().iter().map(finding);
        Stack {
            environment,
            template: Template::read(&name, &text),
            findings: findings.collect(),
            fits_inline: told["fits_inline"] == true,
        }
    });
    stacks.collect()
}

fn finding(json: &Json) -> Finding {
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let at = format!("{}{}", text("logical_id"), text("pointer"));
    Finding { code: text("code"), severity: text("severity"), at, message: text("message") }
}

/// A resource in `docs/seeds.md`.
pub(crate) struct Claimed<'a> {
    /// Its address in the seed.
    pub(crate) address: String,
    /// The logical ids that it became; the first one stands for it in references.
    pub(crate) logical_ids: Vec<String>,
    /// A row for each attribute.
    pub(crate) rows: &'a [Row],
}

impl Seed {
    /// The rows of a section, by its heading below that of the seed.
    pub(crate) fn rows(&self, heading: &str) -> &[Row] {
        let found =
            self.sections.iter().find(|section| section.headings.last().is_some_and(|own| own == heading));
        &found.unwrap_or_else(|| panic!("seed {} has no section {heading:?}", self.number)).rows
    }

    /// The resources, in the document's order.
    pub(crate) fn claimed(&self) -> Vec<Claimed<'_>> {
        let is_resource =
            |section: &&Section| section.headings.len() == 4 && section.headings[2] == "Resources";
        let claimed = self.sections.iter().filter(is_resource).map(|section| {
            let mut spans = code_spans(&section.headings[3]).into_iter().map(str::to_owned);
            let address = spans.next().unwrap_or_else(|| panic!("{:?} names no resource", section.headings));
            Claimed { address, logical_ids: spans.collect(), rows: &section.rows }
        });
        claimed.collect()
    }

    /// What the seed's values are evaluated with in an environment.
    pub(crate) fn inputs(&self, environment: &str, by_value: bool) -> Inputs<'_> {
        let mut logical_ids: BTreeMap<String, String> = BTreeMap::new();
        for claimed in self.claimed() {
            logical_ids.extend(claimed.logical_ids.first().map(|id| (claimed.address.clone(), id.clone())));
        }
        if !self.facts.not_shown.is_empty() {
            for row in self.rows("Not shown") {
                let id = code_spans(&row["where"]).first().map(|id| (*id).to_owned());
                logical_ids.extend(id.map(|id| (row.code("address"), id)));
            }
        }
        let mut given = BTreeMap::new();
        for row in self.rows("Inputs") {
            let value = row.value(environment);
            given.insert(row.code("input"), value.map_or(Json::Null, |text| parsed(&text)));
        }
        Inputs { facts: &self.facts, given, logical_ids, by_value }
    }
}

/// A value as the document shows it: JSON for lists and maps, else a text.
fn parsed(text: &str) -> Json {
    match serde_json::from_str(text) {
        Ok(json @ (Json::Array(_) | Json::Object(_) | Json::Bool(_))) => json,
        _ => text.into(),
    }
}
