//! Writes the Rust of what was decided. All that is the same for every type stands in `src/resources/mod.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::Files;
use super::model::{Enum, Field, Resource, Struct, Type};
use super::schema::Path;

/// The texts of all modules.
///
/// # Errors
/// Two types whose names differ only in what Rust's names don't show.
pub(crate) fn files(resources: &[Resource]) -> Result<Files, String> {
    let mut services: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in resources {
        let of_service = services.entry(&resource.service).or_default();
        if let Some(other) = of_service.iter().find(|other| other.module == resource.module) {
            return Err(format!("{} and {} would be the same type", other.type_name, resource.type_name));
        }
        of_service.push(resource);
    }
    let mut files = Files::new();
    let mut modules = String::new();
    for (service, resources) in &services {
        let aws_name = resources[0].type_name.rsplit_once("::").map_or("", |(name, _)| name);
        let _ = writeln!(modules, "/// Resource types of `{aws_name}`.\npub mod {service} {{");
        let _ =
            writeln!(modules, "    include!(concat!(env!(\"OUT_DIR\"), \"/resources/{service}.rs\"));\n}}");
        let text = resources.iter().map(|resource| one_resource(resource)).collect::<String>();
        files.insert(
            PathBuf::from(format!("{service}.rs")),
            format!("use crate::resources::prelude::*;\n\n{text}"),
        );
    }
    files.insert(PathBuf::from("mod.rs"), format!("{modules}{}", types(resources)));
    files.insert(PathBuf::from("samples.rs"), samples(resources));
    Ok(files)
}

fn one_resource(resource: &Resource) -> String {
    let mut out = String::new();
    let (name, module, type_name) = (&resource.root.name, &resource.module, &resource.type_name);
    structure(&mut out, &resource.root, &format!("`{type_name}`"), &format!("{module}::"), "");
    let _ = writeln!(out, "impl {name} {{\n    /// The type's name in templates.");
    let _ = writeln!(out, "    pub const TYPE_NAME: &'static str = {type_name:?};\n}}\n");
    let _ = writeln!(out, "impl CfnResource for {name} {{");
    let _ = writeln!(out, "    fn type_name(&self) -> &str {{\n        Self::TYPE_NAME\n    }}\n}}\n");
    if let Some(tags) = &resource.tags {
        let set = if tags.is_map { "set_in_map" } else { "set_in_list" };
        let _ = writeln!(out, "impl Taggable for {name} {{");
        let _ = writeln!(out, "    fn set_tag(&mut self, key: &str, value: Value<String>) {{");
        let _ = writeln!(out, "        tags::{set}(&mut self.{}, key, value);\n    }}\n}}\n", tags.field);
    }
    if !resource.attributes.is_empty() {
        let _ = writeln!(out, "impl Handle<{name}> {{");
        for attribute in &resource.attributes {
            let (kind, call) = if attribute.is_list {
                ("Value<Vec<Value<String>>>", "list_attribute(self, ")
            } else {
                ("Value<String>", "self.attribute(")
            };
            let _ = writeln!(out, "    /// `Fn::GetAtt` of `{}`.", attribute.name);
            let _ = writeln!(out, "    pub fn {}(&self) -> {kind} {{", attribute.method);
            let _ = writeln!(out, "        {call}{:?})\n    }}", attribute.name);
        }
        out.push_str("}\n\n");
    }
    nested(&mut out, resource);
    out
}

/// The module of the types inside a resource's properties.
fn nested(out: &mut String, resource: &Resource) {
    if resource.structs.is_empty() && resource.enums.is_empty() {
        return;
    }
    let _ = writeln!(out, "/// What [`{}`] is made of.\npub mod {} {{", resource.root.name, resource.module);
    if !resource.structs.is_empty() {
        out.push_str("    use crate::resources::prelude::*;\n\n");
    }
    for part in &resource.structs {
        let doc = format!("`{}` of `{}`.", part.name, resource.type_name);
        structure(out, part, &doc, "", "    ");
        let _ = writeln!(out, "    literal!({});", part.name);
        if part.recursive {
            let _ = writeln!(out, "    boxed_literal!({});", part.name);
        }
        out.push('\n');
    }
    for part in &resource.enums {
        enumeration(out, part);
    }
    out.push_str("}\n\n");
}

fn structure(out: &mut String, part: &Struct, doc: &str, prefix: &str, indent: &str) {
    let is_required = |index: usize| part.required.contains(&index);
    let default = if part.required.is_empty() { "Default, " } else { "" };
    let _ = writeln!(out, "{indent}/// {doc}");
    let _ = writeln!(out, "{indent}#[derive(Debug, Clone, PartialEq, {default}Serialize)]");
    let _ = writeln!(out, "{indent}pub struct {} {{", part.name);
    for (index, field) in part.fields.iter().enumerate() {
        let required = if is_required(index) { " Required." } else { "" };
        let limits: String = field.doc.iter().map(|sentence| format!(" {sentence}")).collect();
        let _ = writeln!(out, "{indent}    /// `{}`.{required}{limits}", field.property);
        let skip = if is_required(index) { "" } else { ", skip_serializing_if = \"Option::is_none\"" };
        let with = if has_numbers(&field.kind) { ", serialize_with = \"whole_numbers\"" } else { "" };
        let _ = writeln!(out, "{indent}    #[serde(rename = {:?}{skip}{with})]", field.property);
        let _ = writeln!(
            out,
            "{indent}    pub {}: {},",
            field.name,
            field_type(field, is_required(index), prefix)
        );
    }
    let _ = writeln!(out, "{indent}}}\n");
    if !part.required.is_empty() {
        constructor(out, part, prefix, indent);
    }
}

fn has_numbers(kind: &Type) -> bool {
    match kind {
        Type::Number => true,
        Type::List(inner) | Type::Map(inner) => has_numbers(inner),
        _ => false,
    }
}

fn constructor(out: &mut String, part: &Struct, prefix: &str, indent: &str) {
    let required: Vec<&Field> = part.required.iter().map(|index| &part.fields[*index]).collect();
    let names: Vec<String> = required.iter().map(|field| format!("`{}`", field.property)).collect();
    let _ = writeln!(out, "{indent}impl {} {{", part.name);
    let _ = writeln!(out, "{indent}    /// With what is required: {}.", names.join(", "));
    if required.len() > 7 {
        let _ =
            writeln!(out, "{indent}    #[allow(clippy::too_many_arguments, reason = \"all are required\")]");
    }
    let _ = writeln!(out, "{indent}    pub fn new(");
    for field in &required {
        let kind = value(&field.kind, prefix);
        let _ = writeln!(out, "{indent}        {}: impl Into<{kind}>,", field.name);
    }
    let _ = writeln!(out, "{indent}    ) -> Self {{\n{indent}        Self {{");
    for (index, field) in part.fields.iter().enumerate() {
        let value =
            if part.required.contains(&index) { format!("{}.into()", field.name) } else { "None".to_owned() };
        let _ = writeln!(out, "{indent}            {}: {value},", field.name);
    }
    let _ = writeln!(out, "{indent}        }}\n{indent}    }}\n{indent}}}\n");
}

fn field_type(field: &Field, required: bool, prefix: &str) -> String {
    let value = value(&field.kind, prefix);
    if required { value } else { format!("Option<{value}>") }
}

/// `Value<…>` of the type; types of the resource's module get the prefix.
fn value(kind: &Type, prefix: &str) -> String {
    let inner = match kind {
        Type::String => "String".to_owned(),
        Type::Integer => "i64".to_owned(),
        Type::Number => "f64".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Json => "Json".to_owned(),
        Type::Tag => "Tag".to_owned(),
        Type::Named(name) => format!("{prefix}{name}"),
        Type::Boxed(name) => format!("Box<{prefix}{name}>"),
        Type::List(items) => format!("Vec<{}>", value(items, prefix)),
        Type::Map(values) => format!("IndexMap<String, {}>", value(values, prefix)),
    };
    format!("Value<{inner}>")
}

fn enumeration(out: &mut String, part: &Enum) {
    let _ = writeln!(out, "    string_enum! {{\n        /// Values of `{}`.", last_name(&part.pointer));
    let _ = writeln!(out, "        {} {{", part.name);
    for (variant, text) in &part.variants {
        let _ = writeln!(out, "            {variant} = {text:?},");
    }
    out.push_str("        }\n    }\n\n");
}

fn last_name(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}

/// The table of types.
fn types(resources: &[Resource]) -> String {
    let mut out = String::from("\n/// Every generated type, by name.\npub static TYPES: &[TypeInfo] = &[\n");
    for resource in resources {
        let attributes: Vec<&str> =
            resource.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        let tags = resource.tags.as_ref().map(|tags| tags.property.as_str());
        let _ = writeln!(out, "    TypeInfo {{\n        name: {:?},", resource.type_name);
        let _ = writeln!(out, "        create_only: &{:?},", joined(&resource.create_only));
        let _ = writeln!(out, "        primary_identifier: &{:?},", joined(&resource.primary_identifier));
        let _ =
            writeln!(out, "        attributes: &{attributes:?},\n        tag_property: {tags:?},\n    }},");
    }
    out.push_str("];\n");
    out
}

fn joined(paths: &[Path]) -> Vec<String> {
    paths.iter().map(|path| path.join("/")).collect()
}

/// For the tests: each struct with all its fields set, and each enumeration with all its values.
fn samples(resources: &[Resource]) -> String {
    let mut out = String::from("#[allow(clippy::too_many_lines, reason = \"generated\")]\n");
    out.push_str("pub(super) fn samples() -> Vec<Sample> {\n    let mut samples = Vec::new();\n");
    let mut functions = String::new();
    for resource in resources {
        let (service, module) = (&resource.service, &resource.module);
        let function = format!("{service}_{module}");
        let _ = writeln!(out, "    {function}(&mut samples);");
        let _ = writeln!(functions, "\nfn {function}(samples: &mut Vec<Sample>) {{");
        let root = std::iter::once((&resource.root, format!("{service}::{}", resource.root.name)));
        let nested =
            resource.structs.iter().map(|part| (part, format!("{service}::{module}::{}", part.name)));
        for (part, path) in root.chain(nested) {
            let _ = writeln!(
                functions,
                "    samples.push(Sample::of({:?}, {:?}, &{path} {{",
                resource.type_name, part.pointer
            );
            for (index, field) in part.fields.iter().enumerate() {
                let value = "Value::no_value()";
                let value =
                    if part.required.contains(&index) { value.to_owned() } else { format!("Some({value})") };
                let _ = writeln!(functions, "        {}: {value},", field.name);
            }
            functions.push_str("    }));\n");
        }
        for part in &resource.enums {
            let path = format!("{service}::{module}::{}", part.name);
            let _ = writeln!(
                functions,
                "    samples.push(Sample::of({:?}, {:?}, &{path}::ALL));",
                resource.type_name, part.pointer
            );
        }
        functions.push_str("}\n");
    }
    out.push_str("    samples\n}\n");
    out + &functions
}
