//! Finds all types that can be reached from what a user sets, and gives them their names.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Type, Variants};
use super::names::{camel, distinct};
use super::schema::{Kind, Node, Object, Path, Schema};

/// An enumeration with more values than this stays a text: nobody reads a list of 250 countries.
const MOST_VARIANTS: usize = 40;

/// How many lists and maps may lie in each other; deeper there are only circles.
const DEEPEST_NESTING: usize = 8;

/// Names that the generated code uses itself.
#[rustfmt::skip]
const USED_NAMES: &[&str] = &[
    "Box", "Clone", "Copy", "Debug", "Default", "Err", "Handle", "IndexMap", "Into", "Json", "None", "Ok", "Option",
    "PartialEq", "Result", "Self", "Some", "String", "Tag", "Taggable", "ToJson", "Value",
];

/// Where a type stands in the schema, and what it would be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// A pointer: empty for the resource, `/definitions/D`, or that of the owner and `/properties/P`.
    pub(crate) pointer: String,
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

/// A type that is needed, with its place.
#[derive(Debug)]
pub(crate) struct Part<T> {
    pub(crate) place: Place,
    pub(crate) content: T,
}

/// Where a property's value leads: the type, with places where names are still to be given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Plain(Type),
    Struct(Place),
    Enum(Place),
    List(Box<Shape>),
    Map(Box<Shape>),
}

/// Everything that was found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    schema: &'a Schema,
    /// The resource's own first, then in the order of discovery.
    pub(crate) structs: Vec<Part<&'a Object>>,
    pub(crate) enums: Vec<Part<Variants>>,
    shapes: BTreeMap<(String, &'a str), Shape>,
    /// Properties that the resource sets itself, with the struct they belong to.
    hidden: BTreeSet<(String, String)>,
}

impl<'a> Found<'a> {
    /// All that the properties of the resource called `name` lead to.
    ///
    /// A definition is one struct: a property of it that is read-only in one place is left out in all.
    pub(crate) fn of(schema: &'a Schema, name: &str) -> Self {
        let hidden = schema.read_only.iter().filter_map(|path| owner_of(schema, path)).collect();
        let mut found =
            Self { schema, structs: Vec::new(), enums: Vec::new(), shapes: BTreeMap::new(), hidden };
        found.structure(Place::root(name), &schema.root);
        found
    }

    /// What a struct's property leads to; `None` for one that can't be set.
    pub(crate) fn shape_of(&self, pointer: &str, property: &'a str) -> Option<&Shape> {
        self.shapes.get(&(pointer.to_owned(), property))
    }

    fn structure(&mut self, place: Place, object: &'a Object) {
        if self.structs.iter().any(|part| part.place.pointer == place.pointer) {
            return;
        }
        let pointer = place.pointer.clone();
        self.structs.push(Part { place, content: object });
        for (property, node) in &object.properties {
            if !self.hidden.contains(&(pointer.clone(), property.clone())) {
                let shape = self.shape(node, Place::property(&pointer, property), 0);
                self.shapes.insert((pointer.clone(), property), shape);
            }
        }
    }

    fn shape(&mut self, node: &'a Node, place: Place, depth: usize) -> Shape {
        let Some((definition, node)) = self.schema.resolve(node) else { return Shape::Plain(Type::Json) };
        let place = definition.map_or(place, Place::definition);
        match &node.kind {
            Kind::String => Shape::Plain(Type::String),
            Kind::Integer => Shape::Plain(Type::Integer),
            Kind::Number => Shape::Plain(Type::Number),
            Kind::Boolean => Shape::Plain(Type::Boolean),
            Kind::List(_) | Kind::Map(_) if depth == DEEPEST_NESTING => Shape::Plain(Type::Json),
            Kind::List(items) => Shape::List(Box::new(self.shape(items, place, depth + 1))),
            Kind::Map(values) => Shape::Map(Box::new(self.shape(values, place, depth + 1))),
            Kind::Object(object) if is_tag(self.schema, &place.name, object) => Shape::Plain(Type::Tag),
            Kind::Object(object) => {
                self.structure(place.clone(), object);
                Shape::Struct(place)
            }
            Kind::Enum(texts) => match variants(texts) {
                None => Shape::Plain(Type::String),
                Some(variants) => self.enumeration(place, variants),
            },
            Kind::Numbers(numbers) if numbers.is_empty() || numbers.len() > MOST_VARIANTS => {
                Shape::Plain(Type::Integer)
            }
            Kind::Numbers(numbers) => {
                let named = numbers.iter().map(|number| (format!("N{number}"), *number)).collect();
                self.enumeration(place, Variants::Numbers(named))
            }
            Kind::Reference(_) | Kind::Any => Shape::Plain(Type::Json),
        }
    }

    fn enumeration(&mut self, place: Place, variants: Variants) -> Shape {
        if !self.enums.iter().any(|part| part.place.pointer == place.pointer) {
            self.enums.push(Part { place: place.clone(), content: variants });
        }
        Shape::Enum(place)
    }

    /// The names of all types but the resource's, by pointer. Definitions get theirs; types without a name of their
    /// own get the property's, one for all that are alike, or else the owner's and the property's.
    pub(crate) fn names(&self) -> BTreeMap<String, String> {
        let structs = self.structs.iter().skip(1).map(|part| (&part.place, Content::Struct(part.content)));
        let enums = self.enums.iter().map(|part| (&part.place, Content::Enum(&part.content)));
        let parts: Vec<(&Place, Content<'_>)> = structs.chain(enums).collect();
        let mut taken: BTreeSet<String> = USED_NAMES.iter().map(|name| (*name).to_owned()).collect();
        let mut names = BTreeMap::new();
        for (place, _) in parts.iter().filter(|(place, _)| place.owner.is_none()) {
            let is_used = USED_NAMES.contains(&place.name.as_str());
            let wanted = if is_used { format!("{}Property", place.name) } else { place.name.clone() };
            names.insert(place.pointer.clone(), distinct(&wanted, &mut taken));
        }
        let mut shared: BTreeMap<&str, String> = BTreeMap::new();
        for (place, content) in &parts {
            let Some(owner) = &place.owner else { continue };
            let mut alike = parts.iter().filter(|(other, _)| other.name == place.name);
            let name = if let Some(name) = shared.get(place.name.as_str()) {
                name.clone()
            } else if taken.contains(&place.name) {
                let owner = names.get(owner).unwrap_or(&self.structs[0].place.name);
                distinct(&format!("{owner}{}", place.name), &mut taken)
            } else if alike.all(|(_, other)| other == content) {
                shared.entry(&place.name).or_insert_with(|| distinct(&place.name, &mut taken)).clone()
            } else if owner.is_empty() {
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
    pub(crate) fn contains(&self, holder: &str, held: &str) -> bool {
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
    Enum(&'a Variants),
}

/// The struct, by its pointer, and the property that a path ends at.
pub(crate) fn owner_of(schema: &Schema, path: &Path) -> Option<(String, String)> {
    let (last, outer) = path.split_last()?;
    let (mut pointer, mut object) = (String::new(), &schema.root);
    for name in outer.iter().filter(|name| *name != "*") {
        pointer = format!("{pointer}/properties/{name}");
        let (definition, inner) = object_in(schema, object.property(name)?)?;
        if let Some(definition) = definition {
            pointer = format!("/definitions/{definition}");
        }
        object = inner;
    }
    object.property(last).map(|_| (pointer, last.clone()))
}

/// The object inside lists and maps, with the last definition on the way there.
fn object_in<'a>(schema: &'a Schema, mut node: &'a Node) -> Option<(Option<&'a str>, &'a Object)> {
    let mut last = None;
    for _ in 0..=DEEPEST_NESTING {
        let (definition, resolved) = schema.resolve(node)?;
        last = definition.or(last);
        match &resolved.kind {
            Kind::Object(object) => return Some((last, object)),
            Kind::List(inner) | Kind::Map(inner) => node = inner,
            _ => return None,
        }
    }
    None
}

/// The variants of an enumeration, unless there are too many or two would have the same name.
fn variants(texts: &[String]) -> Option<Variants> {
    let name = |text: &String| if text.is_empty() { "Empty".to_owned() } else { camel(text) };
    let variants: Vec<(String, String)> = texts.iter().map(|text| (name(text), text.clone())).collect();
    let names: BTreeSet<_> = variants.iter().map(|(name, _)| name).collect();
    let has_names = names.len() == variants.len() && variants.iter().all(|(name, _)| name != "_");
    let fits = !variants.is_empty() && variants.len() <= MOST_VARIANTS && has_names;
    fits.then_some(Variants::Texts(variants))
}

/// Whether the object is a tag as most types have it: a key and a value, both texts.
fn is_tag(schema: &Schema, name: &str, object: &Object) -> bool {
    let is_text = |property| {
        let node = object.property(property).and_then(|node| schema.resolve(node));
        node.is_some_and(|(_, node)| node.kind == Kind::String)
    };
    let is_called_so = name.ends_with("Tag") || name.ends_with("Tags");
    is_called_so && object.properties.len() == 2 && is_text("Key") && is_text("Value")
}
