//! Writes the Rust of what was decided. All that is the same for every type stands in `src/resources/mod.rs`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Files;
use super::code::Code;
use super::model::{Attribute, Enum, Field, Resource, Struct, Tags, Type, Variants};
use super::samples::samples;
use super::schema::Path;

/// The texts of all modules.
///
/// # Errors
/// Two types of one service whose names are the same in Rust.
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
    let mut modules = Code::default();
    for (service, resources) in services {
        modules.gap();
        let aws_name = resources[0].type_name.rsplit_once("::").map_or("", |(name, _)| name);
        modules.line(&format!("/// Resource types of `{aws_name}`."));
        modules.line(
            "#[allow(clippy::pedantic, reason = \"generated: its names and lengths are the schemas'\")]",
        );
        modules.open(&format!("pub mod {service} {{"));
        modules.line(&format!("include!(concat!(env!(\"OUT_DIR\"), \"/resources/{service}.rs\"));"));
        modules.close("}");
        files.insert(PathBuf::from(format!("{service}.rs")), module(&resources));
    }
    table(&mut modules, resources);
    files.insert(PathBuf::from("mod.rs"), modules.into_text());
    files.insert(PathBuf::from("samples.rs"), samples(resources));
    Ok(files)
}

/// The module of a service.
fn module(resources: &[&Resource]) -> String {
    let mut code = Code::default();
    code.line("use crate::resources::prelude::*;");
    for resource in resources {
        let (root, module) = (&resource.root, &resource.module);
        structure(&mut code, root, &format!("`{}`.", resource.type_name), &format!("{module}::"));
        code.gap();
        // By its path: `AWS::LakeFormation::Resource` is a `CfnResource` too.
        code.open(&format!("impl crate::cfn::CfnResource for {} {{", root.name));
        function(&mut code, "fn type_name(&self) -> &str", "Self::TYPE_NAME");
        code.gap();
        function(&mut code, "fn properties(&self) -> ::serde_json::Result<Json>", "Ok(self.to_json())");
        code.close("}");
        code.gap();
        code.open(&format!("impl {} {{", root.name));
        code.line("/// The type's name in templates.");
        code.line(&format!("pub const TYPE_NAME: &'static str = {:?};", resource.type_name));
        code.close("}");
        if let Some(tags) = &resource.tags {
            taggable(&mut code, &root.name, tags);
        }
        if !resource.attributes.is_empty() {
            attributes(&mut code, &root.name, &resource.attributes);
        }
        if !resource.structs.is_empty() || !resource.enums.is_empty() {
            nested(&mut code, resource);
        }
    }
    code.into_text()
}

fn function(code: &mut Code, signature: &str, body: &str) {
    code.open(&format!("{signature} {{"));
    code.line(body);
    code.close("}");
}

fn taggable(code: &mut Code, name: &str, tags: &Tags) {
    let set = if tags.is_map { "set_in_map" } else { "set_in_list" };
    code.gap();
    code.open(&format!("impl Taggable for {name} {{"));
    let body = format!("tags::{set}(&mut self.{}, key, value);", tags.field);
    function(code, "fn set_tag(&mut self, key: &str, value: Value<String>)", &body);
    code.close("}");
}

fn attributes(code: &mut Code, name: &str, attributes: &[Attribute]) {
    code.gap();
    code.open(&format!("impl Handle<{name}> {{"));
    for Attribute { name, method, is_list } in attributes {
        code.gap();
        code.line(&format!("/// `Fn::GetAtt` of `{name}`."));
        if *is_list {
            let signature = format!("pub fn {method}(&self) -> Value<Vec<Value<String>>>");
            function(code, &signature, &format!("list_attribute(self, {name:?})"));
        } else {
            let signature = format!("pub fn {method}(&self) -> Value<String>");
            function(code, &signature, &format!("self.attribute({name:?})"));
        }
    }
    code.close("}");
}

/// The module of the types inside a resource's properties.
fn nested(code: &mut Code, resource: &Resource) {
    code.gap();
    code.line(&format!("/// What [`{}`] is made of.", resource.root.name));
    code.open(&format!("pub mod {} {{", resource.module));
    if !resource.structs.is_empty() {
        code.line("use crate::resources::prelude::*;");
    }
    for part in &resource.structs {
        structure(code, part, &format!("`{}` of `{}`.", part.name, resource.type_name), "");
        code.gap();
        code.line(&format!("literal!({});", part.name));
        if part.recursive {
            code.line(&format!("boxed_literal!({});", part.name));
        }
    }
    for part in &resource.enums {
        enumeration(code, part);
    }
    code.close("}");
}

/// A struct with its constructor; types of the resource's module get the prefix.
fn structure(code: &mut Code, part: &Struct, doc: &str, prefix: &str) {
    let is_required = |index: usize| part.required.contains(&index);
    code.gap();
    code.line(&format!("/// {doc}"));
    let default = if part.required.is_empty() { ", Default" } else { "" };
    code.line(&format!("#[derive(Clone, PartialEq{default})]"));
    code.open(&format!("pub struct {} {{", part.name));
    for (index, field) in part.fields.iter().enumerate() {
        let mut doc = vec![format!("/// `{}`.", field.property)];
        let mut kind = value(&field.kind, prefix);
        if is_required(index) {
            doc.push("Required.".to_owned());
        } else {
            kind = format!("Option<{kind}>");
        }
        doc.extend(field.doc.iter().cloned());
        code.line(&doc.join(" "));
        code.line(&format!("pub {}: {kind},", field.name));
    }
    code.close("}");
    if !part.required.is_empty() {
        constructor(code, part, prefix);
    }
    rendering(code, part);
}

/// How a struct is written.
fn rendering(code: &mut Code, part: &Struct) {
    code.gap();
    code.open(&format!("impl ToJson for {} {{", part.name));
    code.open("fn to_json(&self) -> Json {");
    code.open("object(&[");
    for field in &part.fields {
        code.line(&format!("({:?}, &self.{}),", field.property, field.name));
    }
    code.close("])");
    code.close("}");
    code.close("}");
    code.gap();
    code.line(&format!("written!({});", part.name));
}

fn constructor(code: &mut Code, part: &Struct, prefix: &str) {
    let required: Vec<&Field> = part.required.iter().map(|index| &part.fields[*index]).collect();
    let names: Vec<String> = required.iter().map(|field| format!("`{}`", field.property)).collect();
    code.gap();
    code.open(&format!("impl {} {{", part.name));
    code.line(&format!("/// With what is required: {}.", names.join(", ")));
    if required.len() > 7 {
        code.line("#[allow(clippy::too_many_arguments, reason = \"all are required\")]");
    }
    code.open("pub fn new(");
    for field in &required {
        code.line(&format!("{}: impl Into<{}>,", field.name, value(&field.kind, prefix)));
    }
    code.reopen(") -> Self {");
    code.open("Self {");
    for (index, field) in part.fields.iter().enumerate() {
        if part.required.contains(&index) {
            code.line(&format!("{}: {}.into(),", field.name, field.name));
        } else {
            code.line(&format!("{}: None,", field.name));
        }
    }
    code.close("}");
    code.close("}");
    code.close("}");
}

/// `Value<…>` of the type.
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

fn enumeration(code: &mut Code, part: &Enum) {
    let source = part.pointer.rsplit('/').next().unwrap_or_default();
    code.gap();
    let (kind, lines): (&str, Vec<String>) = match &part.variants {
        Variants::Texts(texts) => {
            ("string_enum", texts.iter().map(|(name, text)| format!("{name} = {text:?},")).collect())
        }
        Variants::Numbers(numbers) => {
            ("integer_enum", numbers.iter().map(|(name, number)| format!("{name} = {number},")).collect())
        }
    };
    code.open(&format!("{kind}! {{"));
    code.line(&format!("/// Values of `{source}`."));
    code.open(&format!("{} {{", part.name));
    for line in &lines {
        code.line(line);
    }
    code.close("}");
    code.close("}");
}

/// The table of types.
fn table(code: &mut Code, resources: &[Resource]) {
    let joined = |paths: &[Path]| paths.iter().map(|path| path.join("/")).collect::<Vec<_>>();
    code.gap();
    code.line("/// Every generated type, by name.");
    code.open("pub static TYPES: &[TypeInfo] = &[");
    for resource in resources {
        let attributes: Vec<&str> =
            resource.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        let tags = resource.tags.as_ref().map(|tags| tags.property.as_str());
        code.open("TypeInfo {");
        code.line(&format!("name: {:?},", resource.type_name));
        code.line(&format!("create_only: &{:?},", joined(&resource.create_only)));
        code.line(&format!("primary_identifier: &{:?},", joined(&resource.primary_identifier)));
        code.line(&format!("attributes: &{attributes:?},"));
        code.line(&format!("tag_property: {tags:?},"));
        code.close("},");
    }
    code.close("];");
}
