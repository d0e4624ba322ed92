//! The sections of a template and the attributes of its resources.

use super::{SourceMap, code};
use crate::cfn::{Json, Map, Resource, Template, function};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::document::{Entry, Node, NodeKind, excerpt, pointer_to};

/// Sections that CloudFormation knows, in their customary order.
const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Transform",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
    "Hooks",
];

/// Whether a transform is a macro, which may take sections of its own out: all but the language extensions may be.
fn may_take_sections(transform: &Json) -> bool {
    let one = std::slice::from_ref(transform);
    transform.as_array().map_or(one, Vec::as_slice).iter().any(|name| name != "AWS::LanguageExtensions")
}

/// Makes a template of a map in long form.
pub(super) fn template(map: &SourceMap, findings: &mut Vec<Diagnostic>) -> Template {
    let mut template = Template::default();
    let root = map.root();
    let has_macros = root.get("Transform").is_some_and(|node| may_take_sections(&node.to_json()))
        || root.get("Fn::Transform").is_some();
    let mut reader = Reader { map, findings, has_macros };
    for entry in root.entries() {
        let pointer = pointer_to("", &entry.key);
        match entry.key.as_str() {
            "AWSTemplateFormatVersion" => template.format_version = Some(entry.value.to_json()),
            "Description" => template.description = Some(entry.value.to_json()),
            "Transform" => template.transform = Some(entry.value.to_json()),
            "Metadata" => template.metadata = reader.map_of(entry, &pointer, None),
            "Parameters" => template.parameters = reader.map_of(entry, &pointer, None),
            "Rules" => template.rules = reader.map_of(entry, &pointer, None),
            "Mappings" => template.mappings = reader.map_of(entry, &pointer, None),
            "Conditions" => template.conditions = reader.map_of(entry, &pointer, None),
            "Outputs" => template.outputs = reader.map_of(entry, &pointer, None),
            "Resources" => reader.resources(entry, &mut template),
            key => {
                if !SECTIONS.contains(&key) && !function::is_macro_key(key) {
                    reader.unknown_section(entry);
                }
                template.other.insert(key.to_owned(), entry.value.to_json());
            }
        }
    }
    if root.get("Resources").is_none() {
        let span = Span { end: root.span.start, ..root.span };
        reader.error(
            code::NO_RESOURCES,
            "the template has no section `Resources`".to_owned(),
            "",
            None,
            span,
        );
    }
    template
}

struct Reader<'a> {
    map: &'a SourceMap,
    findings: &'a mut Vec<Diagnostic>,
    /// Whether a macro changes the template before CloudFormation looks at its form.
    has_macros: bool,
}

impl Reader<'_> {
    fn error(&mut self, code: Code, message: String, pointer: &str, id: Option<&str>, span: Span) {
        let finding = if self.has_macros {
            Diagnostic::warning(code, message + ", unless a macro changes it")
        } else {
            Diagnostic::error(code, message)
        };
        let finding = finding.pointer(pointer).at(self.map.source(), span);
        self.findings.push(match id {
            Some(id) => finding.logical_id(id),
            None => finding,
        });
    }

    fn wrong_type(&mut self, what: &str, wanted: &str, node: &Node, pointer: &str, id: Option<&str>) {
        let message = format!("{what} has to be {wanted}, found {}", node.describe());
        self.error(code::WRONG_TYPE, message, pointer, id, node.span);
    }

    /// The value of an entry, which has to be a map. A null was told before.
    fn map_of(&mut self, entry: &Entry, pointer: &str, id: Option<&str>) -> Map {
        match &entry.value.kind {
            NodeKind::Mapping(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
            }
            NodeKind::Null => Map::new(),
            _ => {
                self.wrong_type(&format!("`{}`", entry.key), "a map", &entry.value, pointer, id);
                Map::new()
            }
        }
    }

    fn unknown_section(&mut self, entry: &Entry) {
        let message = format!("CloudFormation has no section `{}`", excerpt(&entry.key));
        // A macro may take it out.
        let finding = if self.has_macros {
            Diagnostic::note(code::UNKNOWN_SECTION, message + " of its own, a macro has to know it")
        } else {
            Diagnostic::error(code::UNKNOWN_SECTION, message)
        };
        let help = match nearest(&entry.key, SECTIONS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "what is for people or tools belongs in `Metadata`".to_owned(),
        };
        let pointer = pointer_to("", &entry.key);
        self.findings.push(finding.help(help).pointer(pointer).at(self.map.source(), entry.key_span));
    }

    fn resources(&mut self, section: &Entry, template: &mut Template) {
        if !section.value.is_mapping() {
            if !section.value.is_null() {
                self.wrong_type("`Resources`", "a map", &section.value, "/Resources", None);
            }
            return;
        }
        if section.value.entries().is_empty() {
            let message = "a template needs at least one resource".to_owned();
            self.error(code::NO_RESOURCES, message, "/Resources", None, section.key_span);
        }
        for entry in section.value.entries() {
            if function::is_macro_key(&entry.key) {
                template.resource_macros.insert(entry.key.clone(), entry.value.to_json());
            } else if let Some(resource) = self.resource(entry) {
                template.resources.insert(entry.key.clone(), resource);
            }
        }
    }

    fn resource(&mut self, entry: &Entry) -> Option<Resource> {
        let id = Some(entry.key.as_str());
        let pointer = pointer_to("/Resources", &entry.key);
        if !entry.value.is_mapping() {
            if !entry.value.is_null() {
                self.wrong_type("a resource", "a map", &entry.value, &pointer, id);
            }
            return None;
        }
        let mut resource = Resource::default();
        if entry.value.get("Type").is_none() {
            let message = format!("the resource `{}` has no `Type`", excerpt(&entry.key));
            self.error(code::NO_TYPE, message, &pointer, id, entry.key_span);
        }
        for attribute in entry.value.entries() {
            let pointer = pointer_to(&pointer, &attribute.key);
            match attribute.key.as_str() {
                "Type" => resource.type_name = self.text(attribute, &pointer, id).unwrap_or_default(),
                "Condition" => resource.condition = self.text(attribute, &pointer, id),
                "DependsOn" => resource.depends_on = self.texts(attribute, &pointer, id),
                "DeletionPolicy" => resource.deletion_policy = Some(attribute.value.to_json()),
                "UpdateReplacePolicy" => resource.update_replace_policy = Some(attribute.value.to_json()),
                "Metadata" => resource.metadata = self.map_of(attribute, &pointer, id),
                "Properties" => resource.properties = self.map_of(attribute, &pointer, id),
                other => drop(resource.other.insert(other.to_owned(), attribute.value.to_json())),
            }
        }
        Some(resource)
    }

    fn text(&mut self, entry: &Entry, pointer: &str, id: Option<&str>) -> Option<String> {
        let text = entry.value.as_str();
        if text.is_none() && !entry.value.is_null() {
            self.wrong_type(&format!("`{}`", entry.key), "a text", &entry.value, pointer, id);
        }
        text.map(str::to_owned)
    }

    fn texts(&mut self, entry: &Entry, pointer: &str, id: Option<&str>) -> Vec<String> {
        let mut texts = Vec::new();
        for (index, item) in entry.value.items().iter().enumerate() {
            match (item.as_str(), &item.kind) {
                (Some(text), _) => texts.push(text.to_owned()),
                (None, NodeKind::Null) => {}
                (None, _) => {
                    let what = format!("each of `{}`", entry.key);
                    self.wrong_type(&what, "a text", item, &format!("{pointer}/{index}"), id);
                }
            }
        }
        if !entry.value.is_sequence() && !entry.value.is_null() {
            self.wrong_type(
                &format!("`{}`", entry.key),
                "a text or a list of texts",
                &entry.value,
                pointer,
                id,
            );
        }
        texts
    }
}
