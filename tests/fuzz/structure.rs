//! Templates whose parts stand where they don't belong: readable, so that they get further than broken bytes.

use dify_cfn::cfn::read::read_bytes;
use serde_json::{Map, Value as Json, json};

use crate::mutation::Numbers;

/// Templates, and all that can be put into them.
pub(crate) struct Pool {
    templates: Vec<Json>,
    parts: Vec<Json>,
}

impl Pool {
    /// The templates of the corpus that can be read.
    pub(crate) fn new(corpus: &[Vec<u8>]) -> Self {
        let read = |bytes: &Vec<u8>| read_bytes("corpus", bytes).ok().map(|read| read.template.to_json());
        let templates: Vec<Json> = corpus.iter().filter_map(read).collect();
        let mut parts = odd();
        for template in &templates {
            collect(template, &mut parts);
        }
        Self { templates, parts }
    }

    /// One of the templates with some values replaced, wrapped into functions, or taken away.
    pub(crate) fn mutant(&self, round: usize, numbers: &mut Numbers) -> Vec<u8> {
        let mut template = self.templates[round % self.templates.len()].clone();
        for _ in 0..=numbers.below(3) {
            let mut at = numbers.below(count(&template));
            let part = &self.parts[numbers.below(self.parts.len())];
            let function = FUNCTIONS[numbers.below(FUNCTIONS.len())];
            let kind = numbers.below(4);
            change(&mut template, &mut at, &mut |value| {
                *value = match kind {
                    0 => json!({ function: value.take() }),
                    1 => json!({ function: [value.take(), part] }),
                    2 => json!([value.take()]),
                    _ => part.clone(),
                };
            });
        }
        template.to_string().into_bytes()
    }
}

const FUNCTIONS: [&str; 18] = [
    "Ref",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
    "Fn::Cidr",
    "Fn::If",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::Base64",
    "Fn::ImportValue",
    "Fn::Equals",
    "Fn::And",
    "Fn::Not",
    "Fn::ToJsonString",
    "Fn::Length",
    "Condition",
];

/// Values that are seldom met.
fn odd() -> Vec<Json> {
    vec![
        json!(null),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{0}é🦀"),
        json!("${A}${!B}${"),
        json!("{{resolve:secretsmanager:x"),
        json!([]),
        json!({}),
        json!({"": ""}),
        json!({"Fn::If": ["C", {"Ref": "AWS::NoValue"}, {"Ref": "P"}]}),
        json!({"Fn::Select": [1, {"Fn::Cidr": ["10.0.0.0/8", 256, 8]}]}),
        json!({"Ref": "AWS::NoValue"}),
    ]
}

fn collect(value: &Json, parts: &mut Vec<Json>) {
    parts.push(value.clone());
    match value {
        Json::Array(items) => items.iter().for_each(|item| collect(item, parts)),
        Json::Object(members) => members.values().for_each(|member| collect(member, parts)),
        _ => {}
    }
}

fn count(value: &Json) -> usize {
    1 + match value {
        Json::Array(items) => items.iter().map(count).sum::<usize>(),
        Json::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Changes the value that comes `at` that many others, in the order of the text.
fn change(value: &mut Json, at: &mut usize, how: &mut dyn FnMut(&mut Json)) -> bool {
    if *at == 0 {
        how(value);
        return true;
    }
    *at -= 1;
    match value {
        Json::Array(items) => items.iter_mut().any(|item| change(item, at, how)),
        Json::Object(members) => members_of(members).any(|member| change(member, at, how)),
        _ => false,
    }
}

fn members_of(members: &mut Map<String, Json>) -> impl Iterator<Item = &mut Json> {
    members.iter_mut().map(|(_, member)| member)
}
