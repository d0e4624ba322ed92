//! Generates configurations that are accepted, and that together set every key of the schema.
//!
//! Everything is decided by a list of numbers, so that proptest can shrink it: zeros and a shorter list make a simpler
//! configuration, and no number at all makes an empty one. Include it with `#[path]` in any test.

#![allow(dead_code, reason = "not every test that includes it uses all of it")]

mod sections;
mod services;
mod yaml;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use serde_json::{Map, Value as Json, json};

use sections::{database_and_secrets, network_and_images, profile_and_ingress, rest};
use services::layout_and_services;
pub(crate) use yaml::yaml;

/// Configurations as values, from the simplest on.
pub(crate) fn configurations() -> impl Strategy<Value = Json> {
    vec(any::<u32>(), 0..600).prop_map(|numbers| configuration(&mut Choices::new(&numbers)))
}

/// A context file with the ids of every network that a generated configuration looks up.
pub(crate) fn context() -> String {
    let found = json!({
        "lookup": {
            "vpc_name": "main",
            "public_subnet_names": ["public-*"],
            "private_subnet_names": ["private-a", "private-c"],
        },
        "vpc_id": "vpc-0a1b2c3d4e5f60001",
        "vpc_cidr": "10.0.0.0/16",
        "public_subnet_ids": ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"],
        "private_subnet_ids": ["subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"],
    });
    let mut stacks = Map::new();
    for name in NAMES {
        for environment in ENVIRONMENTS {
            stacks.insert(format!("{name}-{environment}"), found.clone());
        }
    }
    json!({ "version": 1, "stacks": stacks }).to_string()
}

const NAMES: [&str; 2] = ["dify", "chat-2"];
const ENVIRONMENTS: [&str; 3] = ["dev", "tst-1", "prd"];

/// Numbers that decide.
pub(crate) struct Choices<'a> {
    rest: std::slice::Iter<'a, u32>,
}

impl<'a> Choices<'a> {
    pub(crate) fn new(numbers: &'a [u32]) -> Self {
        Self { rest: numbers.iter() }
    }

    /// One of `0..n`; 0 when the numbers are used up.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.rest.next().map_or(0, |number| *number as usize % n.max(1))
    }

    /// Whether something is there at all.
    fn chance(&mut self) -> bool {
        self.below(5) >= 3
    }

    pub(crate) fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())].clone()
    }

    /// A few of the values, in their order.
    fn some<T: Clone>(&mut self, values: &[T]) -> Vec<T> {
        values.iter().filter(|_| self.chance()).cloned().collect()
    }
}

/// A map in the making.
#[derive(Default)]
struct Section(Map<String, Json>);

impl Section {
    /// Sets a key to one of some values, or leaves it out.
    fn maybe(&mut self, c: &mut Choices<'_>, key: &str, values: &[Json]) {
        if c.chance() {
            let value = c.of(values);
            self.set(key, value);
        }
    }

    fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Sets a key to what `value` makes, or leaves it out.
    fn maybe_with(&mut self, c: &mut Choices<'_>, key: &str, value: impl FnOnce(&mut Choices<'_>) -> Json) {
        if c.chance() {
            let value = value(c);
            self.set(key, value);
        }
    }

    fn done(self) -> Json {
        Json::Object(self.0)
    }
}

/// Where the stack is, which every ARN has to agree with.
struct Place {
    region: &'static str,
    account: &'static str,
}

impl Place {
    fn arn(&self, service: &str, resource: &str) -> Json {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account).into()
    }
}

/// A configuration that is accepted.
pub(crate) fn configuration(c: &mut Choices<'_>) -> Json {
    let place = Place {
        region: c.of(&["us-east-1", "ap-northeast-1"]),
        account: c.of(&["123456789012", "012345678901"]),
    };
    let mut top = Section::default();
    top.maybe(c, "name", &NAMES.map(Json::from));
    top.maybe(c, "region", &[json!(place.region)]);
    top.maybe(c, "account", &[json!(place.account)]);
    let count = c.below(4);
    let mut environments: Vec<(String, Section)> =
        ENVIRONMENTS[..count].iter().map(|name| ((*name).to_owned(), Section::default())).collect();
    for (_, environment) in &mut environments {
        environment.maybe(c, "region", &[json!(place.region), Json::Null]);
        environment.maybe(c, "account", &[json!(place.account), Json::Null]);
    }
    // What depends on each other stands together, at the top or in each environment.
    for group in [profile_and_ingress, layout_and_services, network_and_images, database_and_secrets] {
        if environments.is_empty() || c.chance() {
            put(&mut top, group(c, &place));
        } else {
            for (_, environment) in &mut environments {
                put(environment, group(c, &place));
            }
        }
    }
    // The rest may stand anywhere.
    let mut everywhere: Vec<&mut Section> = vec![&mut top];
    everywhere.extend(environments.iter_mut().map(|(_, environment)| environment));
    for section in everywhere {
        if c.chance() {
            let rest = rest(c, &place);
            put(section, rest);
        }
    }
    if !environments.is_empty() {
        let mut sections = Section::default();
        for (name, section) in environments {
            let is_nothing = section.0.is_empty() && c.chance();
            sections.set(&name, if is_nothing { Json::Null } else { section.done() });
        }
        top.set("environments", sections.done());
    }
    top.done()
}

fn put(section: &mut Section, keys: Section) {
    section.0.extend(keys.0);
}
