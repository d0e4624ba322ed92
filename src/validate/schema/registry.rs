//! The resource types that are known, and the regions that have them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::cfn::evaluate::Pattern;

use super::compact::{Schema, Store, keyword};

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

/// The resource types that are known: all public ones of the CloudFormation registry.
#[derive(Debug)]
pub struct Registry {
    /// By name.
    types: Schema,
    /// The names of the regions.
    regions: Schema,
    /// The schemas of the template's sections.
    sections: Schema,
    /// The checks of the rows of `schemas/constraints/`, by the code of their rule.
    constraints: Schema,
    /// The patterns that were asked for.
    patterns: Mutex<BTreeMap<String, Arc<KnownPattern>>>,
}

/// A pattern of a schema.
#[derive(Debug)]
pub struct KnownPattern(Option<Arc<Pattern>>);

impl KnownPattern {
    /// Whether the pattern is found in the text; `None` if that can't be told.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        self.0.as_ref()?.is_match(text)
    }
}

/// What is known of one resource type. Small: it only says where the schema lies.
#[derive(Debug, Clone, Copy)]
pub struct TypeSchema {
    /// `AWS::S3::Bucket`.
    pub name: &'static str,
    /// The schema, with the overlay's corrections; `attributes` in it are those of `Fn::GetAtt`.
    pub root: Schema,
}

impl Registry {
    /// The registry that is built into the program.
    pub fn builtin() -> &'static Self {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            let root = STORE.root();
            // The build script writes all of them; tests read them.
            let part = |name| root.get(name).unwrap_or(root);
            Self {
                types: part("types"),
                regions: part("regions"),
                sections: part("sections"),
                constraints: part("constraints"),
                patterns: Mutex::new(BTreeMap::new()),
            }
        })
    }

    /// A pattern of a schema, translated when it is first asked for. One that can't be is unknown for every text.
    pub fn pattern(&self, pattern: &str) -> Arc<KnownPattern> {
        // A panic elsewhere leaves the map as it was.
        let mut known = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(pattern) {
            return Arc::clone(found);
        }
        let translated = Arc::new(KnownPattern(Pattern::shared(pattern)));
        known.insert(pattern.to_owned(), Arc::clone(&translated));
        translated
    }

    /// What is known of the type, if it is a known one.
    pub fn get(&self, type_name: &str) -> Option<TypeSchema> {
        self.types.entry(type_name).map(|(name, root)| TypeSchema { name, root })
    }

    /// The schemas of what stands in a template beside the properties of its resources.
    pub(super) fn sections(&self) -> TypeSchema {
        TypeSchema { name: "template", root: self.sections }
    }

    /// The checks of the row with that code.
    pub(super) fn checks(&self, code: &str) -> impl Iterator<Item = Schema> {
        self.constraints.list(code)
    }

    /// The patterns that were asked for and can't be matched, or not exactly.
    pub fn inexact_patterns(&self) -> Vec<String> {
        let known = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        let inexact =
            known.iter().filter(|(_, pattern)| !pattern.0.as_deref().is_some_and(Pattern::is_exact));
        inexact.map(|(pattern, _)| pattern.clone()).collect()
    }

    /// All known types, in alphabetical order.
    pub fn types(&self) -> impl Iterator<Item = TypeSchema> + Clone {
        self.types.members().map(|(name, root)| TypeSchema { name, root })
    }

    /// The names of all known types, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.types().map(|schema| schema.name)
    }

    /// The names of all known regions, in alphabetical order.
    pub fn regions(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.regions.texts()
    }
}

impl TypeSchema {
    /// What `Fn::GetAtt` offers, such as `Endpoint.Address`, in alphabetical order.
    pub fn attributes(self) -> impl Iterator<Item = &'static str> + Clone {
        self.root.object("attributes").map(|(name, _)| name)
    }

    /// The regions that don't have the type.
    pub fn absent(self) -> impl Iterator<Item = &'static str> + Clone {
        self.root.list("absentRegions").filter_map(Schema::as_str)
    }

    /// The path of the property that the attribute stands for; `None` if the type has no such attribute.
    ///
    /// A member of an attribute that is an object is an attribute too: `Endpoint` makes `Endpoint.Address` one.
    pub fn attribute(self, name: &str) -> Option<Vec<String>> {
        if let Some(path) = self.root.argument(const { keyword("attributes") })?.get(name) {
            return Some(path.as_str()?.split('/').map(str::to_owned).collect());
        }
        let (outer, inner) = name.rsplit_once('.')?;
        let mut path = self.attribute(outer)?;
        self.property(&path)?.argument(const { keyword("properties") })?.get(inner)?;
        path.push(inner.to_owned());
        Some(path)
    }

    /// The schema of the property at the path, `$ref` followed.
    pub fn property(self, path: &[String]) -> Option<Schema> {
        path.iter().try_fold(self.root, |schema, name| {
            self.resolve(schema.argument(const { keyword("properties") })?.get(name)?)
        })
    }

    /// The schema behind a `$ref`, such as `#/definitions/Name`.
    pub(super) fn behind(self, reference: &str) -> Option<Schema> {
        reference.strip_prefix("#/")?.split('/').try_fold(self.root, Schema::get)
    }

    fn resolve(self, mut schema: Schema) -> Option<Schema> {
        let definitions = self.root.argument(const { keyword("definitions") });
        // A chain of references can't be longer than there are definitions, and a property.
        for _ in 0..=definitions.map_or(0, |all| all.members().len()) + 1 {
            let Some(reference) = schema.argument(const { keyword("$ref") }) else { return Some(schema) };
            schema = self.behind(reference.as_str()?)?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_schema_whose_attributes_are_properties() {
        let registry = Registry::builtin();
        assert!(registry.types().count() > 1_800);
        for schema in registry.types() {
            assert_eq!(registry.get(schema.name).map(|found| found.name), Some(schema.name));
            assert_eq!(schema.root.get("typeName").and_then(Schema::as_str), Some(schema.name));
            for attribute in schema.attributes() {
                let path = schema.attribute(attribute).unwrap();
                assert!(schema.property(&path).is_some(), "{} {attribute}", schema.name);
            }
            let regions: Vec<_> = registry.regions().collect();
            assert!(schema.absent().all(|region| regions.contains(&region)), "{}", schema.name);
            assert!(schema.absent().count() < regions.len(), "{}", schema.name);
        }
        assert!(registry.get("AWS::S3::Bukket").is_none());
    }

    #[test]
    fn every_reference_inside_of_a_schema_leads_to_a_schema() {
        fn references(schema: Schema, found: &mut Vec<&'static str>) {
            found.extend(schema.get("$ref").and_then(Schema::as_str));
            schema.items().for_each(|item| references(item, found));
            schema.members().for_each(|(_, member)| references(member, found));
        }
        for schema in Registry::builtin().types() {
            let mut found = Vec::new();
            references(schema.root, &mut found);
            for reference in found {
                let target = schema.behind(reference);
                assert!(
                    target.is_some_and(|target| schema.resolve(target).is_some()),
                    "{} {reference}",
                    schema.name
                );
            }
        }
    }

    #[test]
    fn attributes_come_from_read_only_properties_and_corrections() {
        let registry = Registry::builtin();
        let cluster = registry.get("AWS::RDS::DBCluster").unwrap();
        assert_eq!(cluster.attribute("Endpoint.Address").unwrap(), ["Endpoint", "Address"]);
        assert_eq!(cluster.attribute("Endpoint.Adress"), None);
        let subnet = registry.get("AWS::EC2::Subnet").unwrap();
        assert!(subnet.attribute("AvailabilityZone").is_some());
    }
}
