//! Settles what is generated for a schema: structs and their fields, enumerations, attributes, tags.

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::attributes;
use super::discover::{Found, Part, Place, Shape, owner_of};
use super::docs;
use super::model::{Enum, Field, Resource, Struct, Tags, Type, Variants};
use super::names::{camel, distinct, snake};
use super::schema::{Object, Path, Schema};

/// What is generated for the schema.
pub(crate) fn resource(schema: &Schema) -> Resource {
    let mut parts = schema.type_name.split("::").skip(1);
    let (service, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let found = Found::of(schema, name);
    let decisions = Decisions { schema, names: found.names(), found };
    let mut structs: Vec<Struct> =
        decisions.found.structs.iter().map(|part| decisions.structure(part)).collect();
    let root = Struct { name: format!("Cfn{}", camel(name)), ..structs.remove(0) };
    structs.sort_by(|a, b| a.name.cmp(&b.name));
    structs.dedup_by(|a, b| a.name == b.name);
    let mut enums: Vec<Enum> = decisions.found.enums.iter().map(|part| decisions.enumeration(part)).collect();
    enums.sort_by(|a, b| a.name.cmp(&b.name));
    enums.dedup_by(|a, b| a.name == b.name);
    Resource {
        type_name: schema.type_name.clone(),
        service: snake(service),
        module: snake(name),
        tags: tags(schema, &root),
        root,
        structs,
        enums,
        attributes: attributes(schema),
        create_only: schema.create_only.clone(),
        primary_identifier: schema.primary_identifier.clone(),
    }
}

struct Decisions<'a> {
    schema: &'a Schema,
    found: Found<'a>,
    /// Of all types but the resource's, by pointer.
    names: BTreeMap<String, String>,
}

impl<'a> Decisions<'a> {
    fn structure(&self, part: &Part<&'a Object>) -> Struct {
        let pointer = &part.place.pointer;
        let mut taken = BTreeSet::new();
        let mut fields = Vec::new();
        for (property, node) in &part.content.properties {
            let Some(shape) = self.found.shape_of(pointer, property) else { continue };
            let mut doc = Vec::new();
            doc.extend(self.replacement(pointer, property));
            doc.extend(docs::limits(self.schema, node));
            fields.push(Field {
                property: property.clone(),
                name: distinct(&snake(property), &mut taken),
                kind: self.type_of(shape, pointer),
                doc,
            });
        }
        let required = &part.content.required;
        Struct {
            name: self.name_of(&part.place),
            pointer: pointer.clone(),
            required: (0..fields.len()).filter(|index| required.contains(&fields[*index].property)).collect(),
            fields,
            recursive: self.found.contains(pointer, pointer),
        }
    }

    fn enumeration(&self, part: &Part<Variants>) -> Enum {
        let pointer = part.place.pointer.clone();
        Enum { name: self.name_of(&part.place), pointer, variants: part.content.clone() }
    }

    fn name_of(&self, place: &Place) -> String {
        self.names.get(&place.pointer).cloned().unwrap_or_default()
    }

    /// Whether a change of the property replaces the resource, as a sentence.
    fn replacement(&self, pointer: &str, property: &str) -> Option<String> {
        let is_one_of = |paths: &[Path]| {
            let mut owners = paths.iter().filter_map(|path| owner_of(self.schema, path));
            owners.any(|(owner, name)| owner == pointer && name == property)
        };
        if is_one_of(&self.schema.create_only) {
            Some("A change replaces the resource.".to_owned())
        } else {
            let sometimes = is_one_of(&self.schema.conditional_create_only);
            sometimes.then(|| "A change can replace the resource.".to_owned())
        }
    }

    /// The type of a field of the struct `owner`. What would contain itself is in a box, unless a list or map is between.
    fn type_of(&self, shape: &Shape, owner: &str) -> Type {
        let unboxed = |kind| if let Type::Boxed(name) = kind { Type::Named(name) } else { kind };
        match shape {
            Shape::Plain(plain) => plain.clone(),
            Shape::Struct(place) if place.pointer == owner || self.found.contains(&place.pointer, owner) => {
                Type::Boxed(self.name_of(place))
            }
            Shape::Struct(place) | Shape::Enum(place) => Type::Named(self.name_of(place)),
            Shape::List(inner) => Type::List(Box::new(unboxed(self.type_of(inner, owner)))),
            Shape::Map(inner) => Type::Map(Box::new(unboxed(self.type_of(inner, owner)))),
        }
    }
}

/// The field that takes tags, if it has one of the two forms that `src/resources/tags.rs` knows.
fn tags(schema: &Schema, root: &Struct) -> Option<Tags> {
    let property = schema.tag_property.as_ref()?;
    let (index, field) = root.fields.iter().enumerate().find(|(_, field)| field.property == *property)?;
    let is_map = match &field.kind {
        Type::List(inner) if **inner == Type::Tag => false,
        Type::Map(inner) if **inner == Type::String => true,
        _ => return None,
    };
    let is_optional = !root.required.contains(&index);
    is_optional.then(|| Tags { property: property.clone(), field: field.name.clone(), is_map })
}
