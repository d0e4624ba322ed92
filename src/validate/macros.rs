//! What changes a template before CloudFormation reads it: macros, transforms, and loops that only the stack can write out.

use crate::cfn::read::Loops;
use crate::cfn::{Json, Map, Template, is_macro_key};

use super::context::escape;

/// The transform that this program knows: `Fn::ForEach` and the functions `Fn::Length` and `Fn::ToJsonString`.
const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// The transform of the AWS Serverless Application Model.
pub(super) const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// What changes a template before CloudFormation reads it.
#[derive(Debug)]
pub struct Macros<'t> {
    /// Macros for the whole template by name, without the language extensions.
    pub whole: Vec<&'t str>,
    /// Macros for a part of it.
    pub parts: Vec<Part<'t>>,
    /// Where loops stand that weren't written out.
    pub(super) looped: Vec<String>,
    /// What became of its loops.
    pub(super) loops: Option<&'t Loops>,
    /// Whether the template asks for the language extensions.
    pub(super) extended: bool,
}

/// A `Fn::Transform`, which stands for what a macro makes of what is around it.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'t> {
    /// Where it stands.
    pub pointer: String,
    /// The resource that it is in.
    pub logical_id: Option<&'t str>,
    /// The macro.
    pub name: Option<&'t str>,
}

impl<'t> Macros<'t> {
    /// Looks through the template once.
    pub(super) fn of(template: &'t Template) -> Self {
        let (extensions, whole): (Vec<_>, Vec<_>) =
            transforms(template).partition(|name| *name == LANGUAGE_EXTENSIONS);
        let mut finder = Finder::default();
        for (section, map) in [
            ("Resources", &template.resource_macros),
            ("Parameters", &template.parameters),
            ("Mappings", &template.mappings),
            ("Conditions", &template.conditions),
            ("Outputs", &template.outputs),
        ] {
            finder.find_in(map, None, &|| format!("/{section}"));
        }
        finder.find_in(&template.other, None, &String::new);
        for (id, resource) in &template.resources {
            let pointer = || format!("/Resources/{}", escape(id));
            finder.find_in(&resource.properties, Some(id), &|| pointer() + "/Properties");
            finder.find_in(&resource.other, Some(id), &pointer);
        }
        let Finder { parts, looped } = finder;
        Self { whole, parts, looped, loops: None, extended: !extensions.is_empty() }
    }

    /// Whether a part of the template isn't known, so that what seems to be missing may be there.
    pub(super) fn hide_something(&self) -> bool {
        !self.whole.is_empty()
            || !self.parts.is_empty()
            || self.loops.is_some_and(|loops| !loops.unknown.is_empty())
    }

    /// Whether a macro may bring a parameter, resource, condition or mapping of any name.
    pub(super) fn bring_names(&self) -> bool {
        !self.whole.is_empty() || self.parts.iter().any(|part| part.logical_id.is_none())
    }

    /// Whether a loop that isn't written out may make something of that name.
    pub(super) fn may_make(&self, name: &str) -> bool {
        self.loops.is_some_and(|loops| loops.unknown.iter().any(|unknown| unknown.may_make(name)))
    }

    /// Whether the collection of a loop, or a loop that isn't written out, mentions the name.
    pub(super) fn mention(&self, name: &str) -> bool {
        self.loops.is_some_and(|loops| loops.mentioned.contains(name))
    }

    /// Whether a macro may turn what stands at a place into something else.
    pub(super) fn may_change(&self, pointer: Option<&str>) -> bool {
        if self.whole.iter().any(|name| !name.starts_with("AWS::")) {
            return true;
        }
        let Some(pointer) = pointer else { return false };
        self.parts.iter().any(|part| {
            // What is around it, down from the resource or section.
            let around = match part.logical_id {
                Some(id) => format!("/Resources/{}", escape(id)),
                None => {
                    part.pointer.rsplit_once('/').map_or_else(String::new, |(around, _)| around.to_owned())
                }
            };
            let below = pointer.strip_prefix(around.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

fn transforms(template: &Template) -> impl Iterator<Item = &str> {
    let transform = template.transform.iter();
    let names = transform.flat_map(|json| json.as_array().map_or(std::slice::from_ref(json), Vec::as_slice));
    names.filter_map(|json| json.as_str().or_else(|| json.get("Name")?.as_str()))
}

/// Looks for macros and loops in JSON.
#[derive(Default)]
struct Finder<'t> {
    parts: Vec<Part<'t>>,
    looped: Vec<String>,
}

impl<'t> Finder<'t> {
    fn find_in(&mut self, map: &'t Map, id: Option<&'t str>, pointer: &dyn Fn() -> String) {
        for (key, value) in map {
            let below = || format!("{}/{}", pointer(), escape(key));
            // Nearly every key is neither.
            if !is_macro_key(key) {
                self.find(value, id, &below);
            } else if key == "Fn::Transform" {
                let name = value.get("Name").and_then(Json::as_str);
                self.parts.push(Part { pointer: below(), logical_id: id, name });
            } else {
                self.looped.push(below());
            }
        }
    }

    fn find(&mut self, json: &'t Json, id: Option<&'t str>, pointer: &dyn Fn() -> String) {
        match json {
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.find(item, id, &|| format!("{}/{index}", pointer()));
                }
            }
            Json::Object(map) => self.find_in(map, id, pointer),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::testing::template;

    #[test]
    fn macros_are_found_wherever_they_stand() {
        let template = template(json!({
            "Transform": ["AWS::LanguageExtensions", {"Name": "Own", "Parameters": {}}, "AWS::Include"],
            "Mappings": {"Fn::Transform": {"Name": "AWS::Include"}},
            "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"Tags": [{"Fn::Transform": {"Name": "Other"}}]}}},
        }));
        let macros = Macros::of(&template);
        assert!(macros.extended && macros.bring_names() && macros.hide_something());
        assert_eq!(macros.whole, ["Own", "AWS::Include"]);
        let parts: Vec<_> =
            macros.parts.iter().map(|part| (part.pointer.as_str(), part.logical_id, part.name)).collect();
        assert_eq!(
            parts,
            [
                ("/Mappings/Fn::Transform", None, Some("AWS::Include")),
                ("/Resources/A/Properties/Tags/0/Fn::Transform", Some("A"), Some("Other")),
            ]
        );
    }

    #[test]
    fn what_a_macro_may_change_is_around_it() {
        let of = |json: Json, pointer: &str| Macros::of(&template(json)).may_change(Some(pointer));
        let part = json!({"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"Fn::Transform": {"Name": "X"}}}}});
        assert!(of(part.clone(), "/Resources/A/Properties/TopicName"));
        assert!(!of(part, "/Resources/AB"));
        assert!(!of(json!({"Transform": "AWS::Serverless-2016-10-31"}), "/Resources/A"));
        assert!(of(json!({"Transform": "Own"}), "/Resources/A"));
    }
}
