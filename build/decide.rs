//! Settles what is generated for a schema: which structs, enumerations, fields and attributes, and their names.

use std::collections::{BTreeMap, BTreeSet};

use super::docs;
use super::model::{Attribute, Enum, Field, Resource, Struct, Tags, Type};
use super::names::{camel, distinct, snake};
use super::schema::{Kind, Node, Object, Path, Schema};

/// An enumeration with more values than this stays a text: nobody reads a list of 250 countries.
const MOST_VARIANTS: usize = 40;

/// Names that the generated code uses itself.
const USED_NAMES: &[&str] = &[
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Err",
    "Handle",
    "IndexMap",
    "Into",
    "Json",
    "None",
    "Ok",
    "Option",
    "PartialEq",
    "Result",
    "Self",
    "Serialize",
    "Some",
    "String",
    "Tag",
    "Taggable",
    "Value",
];

/// Methods that every handle has.
const HANDLE_METHODS: &[&str] =
    &["attribute", "clone", "eq", "fmt", "list_attribute", "logical_id", "new", "reference"];

/// What is generated for the schema.
pub(crate) fn resource(schema: &Schema) -> Result<Resource, String> {
    let mut parts = schema.type_name.split("::").skip(1);
    let (service, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut found = Found::new(schema);
    found.structure(Place::root(name), &schema.root);
    let names = found.names();
    let mut structs: Vec<Struct> =
        found.structs.iter().map(|part| structure(schema, part, &found, &names)).collect();
    if structs.is_empty() {
        return Err("no properties that can be set".to_owned());
    }
    let root = Struct { name: format!("Cfn{}", camel(name)), ..structs.remove(0) };
    structs.sort_by(|a, b| a.name.cmp(&b.name));
    structs.dedup_by(|a, b| a.name == b.name);
    let mut enums: Vec<Enum> = found.enums.iter().map(|part| enumeration(part, &names)).collect();
    enums.sort_by(|a, b| a.name.cmp(&b.name));
    enums.dedup_by(|a, b| a.name == b.name);
    Ok(Resource {
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
    })
}

/// Where a type stands in the schema, and what it would be called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// A pointer: empty for the resource, `/definitions/D`, or that of the owner and `/properties/P`.
    pointer: String,
    /// The pointer of the struct that the property belongs to; none for a definition.
    owner: Option<String>,
    /// The name it gets if no other type wants it.
    name: String,
}

impl Place {
    fn root(name: &str) -> Self {
        Self { pointer: String::new(), owner: None, name: camel(name) }
    }

    fn definition(name: &str) -> Self {
        Self { pointer: format!("/definitions/{name}"), owner: None, name: camel(name) }
    }

    fn property(owner: &str, name: &str) -> Self {
        let pointer = format!("{owner}/properties/{name}");
        Self { pointer, owner: Some(owner.to_owned()), name: camel(name) }
    }
}

/// A struct that is needed, with its place.
#[derive(Debug)]
struct Part<T> {
    place: Place,
    content: T,
}

/// Where a property's value leads: the type, with places where names are still to be given.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Plain(Type),
    Struct(Place),
    Enum(Place),
    List(Box<Shape>),
    Map(Box<Shape>),
}

/// Everything that can be reached from the resource's properties, in the order of discovery.
struct Found<'a> {
    schema: &'a Schema,
    structs: Vec<Part<&'a Object>>,
    enums: Vec<Part<Vec<(String, String)>>>,
    shapes: BTreeMap<(String, &'a str), Shape>,
    /// Properties that the resource sets itself, with the struct they belong to.
    hidden: BTreeSet<(String, String)>,
}

impl<'a> Found<'a> {
    fn new(schema: &'a Schema) -> Self {
        let hidden = schema.read_only.iter().filter_map(|path| owner_of(schema, path)).collect();
        Self { schema, structs: Vec::new(), enums: Vec::new(), shapes: BTreeMap::new(), hidden }
    }

    fn is_hidden(&self, pointer: &str, property: &str) -> bool {
        self.hidden.contains(&(pointer.to_owned(), property.to_owned()))
    }

    fn structure(&mut self, place: Place, object: &'a Object) {
        if self.structs.iter().any(|part| part.place.pointer == place.pointer) {
            return;
        }
        let pointer = place.pointer.clone();
        self.structs.push(Part { place, content: object });
        for (property, node) in &object.properties {
            if !self.is_hidden(&pointer, property) {
                let shape = self.shape(node, Place::property(&pointer, property));
                self.shapes.insert((pointer.clone(), property), shape);
            }
        }
    }

    fn shape(&mut self, node: &'a Node, place: Place) -> Shape {
        let Some((definition, node)) = self.schema.resolve(node) else { return Shape::Plain(Type::Json) };
        let place = definition.map_or(place, Place::definition);
        match &node.kind {
            Kind::String => Shape::Plain(Type::String),
            Kind::Integer => Shape::Plain(Type::Integer),
            Kind::Number => Shape::Plain(Type::Number),
            Kind::Boolean => Shape::Plain(Type::Boolean),
            Kind::List(items) => Shape::List(Box::new(self.shape(items, place))),
            Kind::Map(values) => Shape::Map(Box::new(self.shape(values, place))),
            Kind::Object(object) if is_tag(self.schema, &place.name, object) => Shape::Plain(Type::Tag),
            Kind::Object(object) => {
                self.structure(place.clone(), object);
                Shape::Struct(place)
            }
            Kind::Enum(texts) => match variants(texts) {
                None => Shape::Plain(Type::String),
                Some(variants) => {
                    if !self.enums.iter().any(|part| part.place.pointer == place.pointer) {
                        self.enums.push(Part { place: place.clone(), content: variants });
                    }
                    Shape::Enum(place)
                }
            },
            Kind::Reference(_) | Kind::Any => Shape::Plain(Type::Json),
        }
    }

    /// The names of all types but the resource's, by pointer. Definitions get theirs; types without a name of their
    /// own get the property's, one for all that are alike, or else the owner's and the property's.
    fn names(&self) -> BTreeMap<String, String> {
        let mut taken: BTreeSet<String> = USED_NAMES.iter().map(|name| (*name).to_owned()).collect();
        let mut names = BTreeMap::new();
        let structs = self.structs.iter().skip(1).map(|part| (&part.place, Content::Struct(part.content)));
        let enums = self.enums.iter().map(|part| (&part.place, Content::Enum(&part.content)));
        let parts: Vec<(&Place, Content<'_>)> = structs.chain(enums).collect();
        for (place, _) in parts.iter().filter(|(place, _)| place.owner.is_none()) {
            let wanted = if USED_NAMES.contains(&place.name.as_str()) {
                format!("{}Property", place.name)
            } else {
                place.name.clone()
            };
            names.insert(place.pointer.clone(), distinct(&wanted, &mut taken));
        }
        let mut shared: BTreeMap<&str, Option<&Content<'_>>> = BTreeMap::new();
        for (place, content) in &parts {
            let same = shared.entry(&place.name).or_insert(Some(content));
            if same.is_some_and(|same| same != content) {
                *same = None;
            }
        }
        let mut given: BTreeMap<&str, String> = BTreeMap::new();
        for (place, _) in parts.iter().filter(|(place, _)| place.owner.is_some()) {
            let owner = place.owner.as_deref().unwrap_or_default();
            let alike = shared.get(place.name.as_str()).is_some_and(Option::is_some);
            let name = if alike && (given.contains_key(place.name.as_str()) || !taken.contains(&place.name)) {
                given.entry(&place.name).or_insert_with(|| distinct(&place.name, &mut taken)).clone()
            } else if owner.is_empty() && !taken.contains(&place.name) {
                distinct(&place.name, &mut taken)
            } else {
                let owner = names.get(owner).unwrap_or(&self.structs[0].place.name);
                distinct(&format!("{owner}{}", place.name), &mut taken)
            };
            names.insert(place.pointer.clone(), name);
        }
        names
    }

    /// Whether a struct holds another, or one that does, without a list or map between.
    fn contains(&self, holder: &str, held: &str) -> bool {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![holder]);
        while let Some(pointer) = waiting.pop() {
            for ((owner, _), shape) in &self.shapes {
                let Shape::Struct(place) = shape else { continue };
                if owner == pointer {
                    if place.pointer == held {
                        return true;
                    }
                    if seen.insert(place.pointer.as_str()) {
                        waiting.push(&place.pointer);
                    }
                }
            }
        }
        false
    }
}

#[derive(PartialEq)]
enum Content<'a> {
    Struct(&'a Object),
    Enum(&'a Vec<(String, String)>),
}

/// The struct and the property that a path ends at.
fn owner_of(schema: &Schema, path: &Path) -> Option<(String, String)> {
    let (mut pointer, mut object) = (String::new(), &schema.root);
    let mut names = path.iter().filter(|name| *name != "*").peekable();
    while let Some(name) = names.next() {
        let mut node = object.property(name)?;
        if names.peek().is_none() {
            return Some((pointer, name.clone()));
        }
        pointer = format!("{pointer}/properties/{name}");
        object = loop {
            let (definition, resolved) = schema.resolve(node)?;
            if let Some(definition) = definition {
                pointer = format!("/definitions/{definition}");
            }
            match &resolved.kind {
                Kind::Object(object) => break object,
                Kind::List(inner) | Kind::Map(inner) => node = inner,
                _ => return None,
            }
        };
    }
    None
}

fn structure(
    schema: &Schema,
    part: &Part<&Object>,
    found: &Found<'_>,
    names: &BTreeMap<String, String>,
) -> Struct {
    let pointer = &part.place.pointer;
    let mut taken = BTreeSet::new();
    let mut fields = Vec::new();
    for (property, node) in &part.content.properties {
        let Some(shape) = found.shapes.get(&(pointer.clone(), property.as_str())) else { continue };
        let owner = (pointer.clone(), property.clone());
        let is_one_of =
            |paths: &[Path]| paths.iter().any(|path| owner_of(schema, path).as_ref() == Some(&owner));
        let mut doc = Vec::new();
        if is_one_of(&schema.create_only) {
            doc.push("A change replaces the resource.".to_owned());
        } else if is_one_of(&schema.conditional_create_only) {
            doc.push("A change can replace the resource.".to_owned());
        }
        doc.extend(docs::limits(schema, node));
        fields.push(Field {
            property: property.clone(),
            name: distinct(&snake(property), &mut taken),
            kind: type_of(shape, pointer, found, names),
            doc,
        });
    }
    let required = &part.content.required;
    Struct {
        name: names.get(pointer).cloned().unwrap_or_default(),
        pointer: pointer.clone(),
        required: (0..fields.len()).filter(|index| required.contains(&fields[*index].property)).collect(),
        fields,
        recursive: found.contains(pointer, pointer),
    }
}

fn type_of(shape: &Shape, owner: &str, found: &Found<'_>, names: &BTreeMap<String, String>) -> Type {
    let name_of = |place: &Place| names.get(&place.pointer).cloned().unwrap_or_default();
    match shape {
        Shape::Plain(plain) => plain.clone(),
        Shape::Struct(place) if place.pointer == owner || found.contains(&place.pointer, owner) => {
            Type::Boxed(name_of(place))
        }
        Shape::Struct(place) | Shape::Enum(place) => Type::Named(name_of(place)),
        Shape::List(inner) => Type::List(Box::new(unboxed(type_of(inner, owner, found, names)))),
        Shape::Map(inner) => Type::Map(Box::new(unboxed(type_of(inner, owner, found, names)))),
    }
}

/// What a list or map holds needs no box.
fn unboxed(kind: Type) -> Type {
    if let Type::Boxed(name) = kind { Type::Named(name) } else { kind }
}

fn enumeration(part: &Part<Vec<(String, String)>>, names: &BTreeMap<String, String>) -> Enum {
    let name = names.get(&part.place.pointer).cloned().unwrap_or_default();
    Enum { name, pointer: part.place.pointer.clone(), variants: part.content.clone() }
}

/// The variants of an enumeration, unless there are too many or two would have the same name.
fn variants(texts: &[String]) -> Option<Vec<(String, String)>> {
    let name = |text: &String| if text.is_empty() { "Empty".to_owned() } else { camel(text) };
    let variants: Vec<_> = texts.iter().map(|text| (name(text), text.clone())).collect();
    let names: BTreeSet<_> = variants.iter().map(|(name, _)| name).collect();
    let has_names = names.len() == variants.len() && variants.iter().all(|(name, _)| name != "_");
    let fits = !variants.is_empty() && variants.len() <= MOST_VARIANTS && has_names;
    fits.then_some(variants)
}

/// Whether the object is a tag as most types have it: a key and a value, both texts.
fn is_tag(schema: &Schema, name: &str, object: &Object) -> bool {
    let is_text = |property| {
        let node = object.property(property).and_then(|node| schema.resolve(node));
        node.is_some_and(|(_, node)| node.kind == Kind::String)
    };
    (name.ends_with("Tag") || name.ends_with("Tags"))
        && object.properties.len() == 2
        && is_text("Key")
        && is_text("Value")
}

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

/// The attributes: read-only properties, those of objects one by one, as the overlay names them.
fn attributes(schema: &Schema) -> Vec<Attribute> {
    let mut leaves: Vec<(Path, bool)> = Vec::new();
    for path in schema.read_only.iter().chain(schema.attributes.iter().map(|(_, path)| path)) {
        if let Some(node) = schema.property_at(path) {
            add_leaves(schema, path, node, 0, &mut leaves);
        }
    }
    let mut taken: BTreeSet<String> = HANDLE_METHODS.iter().map(|name| (*name).to_owned()).collect();
    let mut seen = BTreeSet::new();
    let mut attributes = Vec::new();
    for (path, is_list) in leaves {
        let renamed = schema.attributes.iter().find(|(_, of)| *of == path);
        let name = renamed.map_or_else(|| path.join("."), |(name, _)| name.clone());
        if seen.insert(name.clone()) {
            attributes.push(Attribute { method: distinct(&snake(&name), &mut taken), name, is_list });
        }
    }
    attributes
}

/// How deep an attribute may lie in objects; deeper there are only circles.
const DEEPEST: usize = 6;

fn add_leaves(schema: &Schema, path: &Path, node: &Node, depth: usize, leaves: &mut Vec<(Path, bool)>) {
    let Some((_, node)) = schema.resolve(node) else { return };
    let is_text = |node: &Node| !matches!(node.kind, Kind::Object(_) | Kind::List(_) | Kind::Map(_));
    match &node.kind {
        Kind::Object(object) if depth < DEEPEST => {
            for (property, inner) in &object.properties {
                let path = path.iter().chain([property]).cloned().collect();
                add_leaves(schema, &path, inner, depth + 1, leaves);
            }
        }
        Kind::List(items) => {
            if schema.resolve(items).is_some_and(|(_, items)| is_text(items)) {
                leaves.push((path.clone(), true));
            }
        }
        Kind::Object(_) | Kind::Map(_) => {}
        _ => leaves.push((path.clone(), false)),
    }
}
