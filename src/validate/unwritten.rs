//! Loops that only the stack can write out: what is wrong in their resources whatever their values are.
//!
//! Each resource of such a loop stands once in a copy of the template, the loop's value being one of which nothing is known,
//! and the rules on schemas look at it there. What can't be put so, such as a reference by a made name, is left out.

use std::collections::BTreeMap;

use serde_json::json;

use crate::cfn::{Json, Map, Resource, is_macro_key};
use crate::diagnostic::Diagnostic;

use super::context::escape;
use super::{Context, one_mistake, references, schema};

/// A resource whose attributes can be anything: they stand for the values of loops.
const STAND_IN: &str = "FnForEachValue";

/// What holds of a reference whatever else a loop makes.
const OF_REFERENCES: [&str; 3] = ["R004", "R007", "R011"];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(loops) = context.macros.loops.filter(|loops| !loops.unknown.is_empty()) else { return };
    let mut template = context.template.clone();
    // Where each resource stands that is added.
    let mut places: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (key, value) in std::mem::take(&mut template.resource_macros) {
        let pointer = format!("/Resources/{}", escape(&key));
        let Some([Json::String(identifier), _, Json::Object(body)]) = value.as_array().map(Vec::as_slice)
        else {
            continue;
        };
        if !loops.unknown.iter().any(|unknown| unknown.pointer == pointer) {
            continue;
        }
        for (name, body) in body {
            let Some(resource) = sample(body, identifier) else { continue };
            let id = format!("{STAND_IN}{}", places.len());
            places.insert(id.clone(), (format!("{pointer}/2/{}", escape(name)), name.clone()));
            template.resources.insert(id, resource);
        }
    }
    if places.is_empty() || template.resources.contains_key(STAND_IN) {
        return;
    }
    let type_name = "Custom::LoopValue".to_owned();
    template.resources.insert(STAND_IN.to_owned(), Resource { type_name, ..Resource::default() });
    let copy = Context::new(&template, context.options);
    let mut found = Vec::new();
    for check in [schema::CHECKS, references::CHECKS].into_iter().flatten() {
        (check.run)(&copy, &mut found);
    }
    one_mistake::told_once(&template, &mut found);
    findings.extend(found.into_iter().filter_map(|finding| at_its_place(finding, &places)));
}

/// A finding in the copy, told where the loop stands.
fn at_its_place(mut finding: Diagnostic, places: &BTreeMap<String, (String, String)>) -> Option<Diagnostic> {
    let id = finding.logical_id.as_deref()?;
    let (place, name) = places.get(id)?;
    if !finding.code.0.starts_with('S') && !OF_REFERENCES.contains(&finding.code.0) {
        return None;
    }
    let below = finding.pointer.as_deref()?.strip_prefix(&format!("/Resources/{id}"))?;
    finding.pointer = Some(format!("{place}{below}"));
    finding.logical_id = Some(name.clone());
    Some(finding)
}

/// A resource that a loop makes, with a value of which nothing is known; `None` if that can't be put.
fn sample(body: &Json, identifier: &str) -> Option<Resource> {
    let bound =
        Loop { reference: format!("${{{identifier}}}"), plain: format!("&{{{identifier}}}"), identifier };
    let type_name = body.get("Type")?.as_str().filter(|name| !bound.is_in(name))?.to_owned();
    let properties = match body.get("Properties") {
        Some(properties) => match bound.value(properties)? {
            Json::Object(properties) => properties,
            _ => return None,
        },
        None => Map::new(),
    };
    Some(Resource { type_name, properties, ..Resource::default() })
}

/// The identifier of a loop, and how texts name it.
struct Loop<'n> {
    identifier: &'n str,
    reference: String,
    plain: String,
}

impl Loop<'_> {
    fn is_in(&self, text: &str) -> bool {
        text.contains(&self.reference) || text.contains(&self.plain)
    }

    /// Whether a value depends on that of the loop.
    fn is_in_value(&self, value: &Json) -> bool {
        match value {
            Json::String(text) => text == self.identifier || self.is_in(text),
            Json::Array(items) => items.iter().any(|item| self.is_in_value(item)),
            Json::Object(map) => map.iter().any(|(key, value)| self.is_in(key) || self.is_in_value(value)),
            _ => false,
        }
    }

    /// The value with something unknown in the place of the loop's.
    fn value(&self, value: &Json) -> Option<Json> {
        match value {
            Json::String(text) if self.is_in(text) => {
                let others = text.replace(&self.reference, "");
                (!others.contains("${")).then(|| self.substituted(text, Map::new()))
            }
            Json::Array(items) => {
                items.iter().map(|item| self.value(item)).collect::<Option<_>>().map(Json::Array)
            }
            Json::Object(map) => self.object(map),
            other => Some(other.clone()),
        }
    }

    fn object(&self, map: &Map) -> Option<Json> {
        if map.keys().any(|key| is_macro_key(key) || self.is_in(key)) {
            return None;
        }
        let whole = || Json::Object(map.clone());
        let call = map.iter().next().filter(|_| map.len() == 1);
        match call.map(|(key, value)| (key.as_str(), value)) {
            Some(("Ref", Json::String(name))) if name == self.identifier => Some(unknown()),
            Some(("Fn::FindInMap", arguments)) if self.is_in_value(arguments) => Some(unknown()),
            Some(("Fn::Sub", Json::String(text))) if self.is_in(text) => {
                Some(self.substituted(text, Map::new()))
            }
            Some(("Fn::Sub", Json::Array(arguments))) => match arguments.as_slice() {
                [Json::String(text), variables] => match self.value(variables)? {
                    Json::Object(variables) if self.is_in(text) => Some(self.substituted(text, variables)),
                    variables => Some(json!({"Fn::Sub": [text, variables]})),
                },
                _ => Some(whole()),
            },
            // The name of what is referred to depends on the value.
            Some(("Ref" | "Fn::GetAtt" | "Condition", name)) => (!self.is_in_value(name)).then(whole),
            Some(("Fn::If", arguments)) if arguments.get(0).is_some_and(|name| self.is_in_value(name)) => {
                None
            }
            _ => {
                let members = map.iter().map(|(key, value)| Some((key.clone(), self.value(value)?)));
                members.collect::<Option<_>>().map(Json::Object)
            }
        }
    }

    fn substituted(&self, text: &str, mut variables: Map) -> Json {
        variables.insert(self.identifier.to_owned(), unknown());
        json!({"Fn::Sub": [text.replace(&self.plain, &self.reference), variables]})
    }
}

/// A value of which nothing is known.
fn unknown() -> Json {
    json!({"Fn::GetAtt": [STAND_IN, "Value"]})
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Source;
    use crate::document::{Document, Format, Limits};
    use crate::validate::{Options, check_document};

    /// The codes and places of errors in resources of a loop over values that nobody knows.
    fn errors(resources: &str) -> Vec<(&'static str, String)> {
        let head = "Transform: AWS::LanguageExtensions\nParameters:\n  Names: {Type: CommaDelimitedList}\nResources:\n  Fn::ForEach::All:\n  - Name\n  - !Ref Names\n";
        let source = Source::new("t.yaml", format!("{head}  - {resources}\n"));
        let document = Document::parse(source, Format::Yaml, &Limits::default()).unwrap();
        let found = check_document(&document, &Options::default()).findings;
        let errors = found.into_iter().filter(crate::diagnostic::Diagnostic::is_error);
        errors.map(|error| (error.code.0, error.pointer.unwrap())).collect()
    }

    #[test]
    fn mistakes_that_no_value_mends_are_found() {
        let at = |rest: &str| format!("/Resources/Fn::ForEach::All/2/T${{Name}}{rest}");
        let topic = |properties: &str| {
            format!("{{'T${{Name}}': {{Type: 'AWS::SNS::Topic', Properties: {properties}}}}}")
        };
        assert_eq!(errors(&topic("{TopicNam: !Ref Name}")), [("S003", at("/Properties/TopicNam"))]);
        assert_eq!(errors(&topic("{FifoTopic: maybe}")), [("S005", at("/Properties/FifoTopic"))]);
        assert_eq!(errors("{'T${Name}': {Type: 'AWS::SNS::Topik'}}"), [("S001", at("/Type"))]);
    }

    #[test]
    fn what_a_value_decides_is_not() {
        for properties in [
            "{TopicName: !Ref Name, DisplayName: !Sub '${Name} of ${AWS::Region}', FifoTopic: !Ref Name}",
            "{TopicName: 'x-${Name}', DisplayName: 'y&{Name}'}",
            "{TopicName: !FindInMap [M, !Ref Name, k]}",
            "{TopicName: !GetAtt 'Other${Name}.Arn'}",
            "{'${Name}': x}",
            "{KmsMasterKeyId: !If ['Is${Name}', a, b]}",
            "{Subscription: !FindInMap [M, !Ref Name, k]}",
        ] {
            let topic = format!("{{'T${{Name}}': {{Type: 'AWS::SNS::Topic', Properties: {properties}}}}}");
            let errors = errors(&topic);
            assert!(errors.is_empty(), "{properties}: {errors:?}");
        }
    }

    #[test]
    fn a_collection_that_is_no_parameter_is_found() {
        let text = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::All:\n  - Name\n  - !Ref Nobody\n  - 'T${Name}': {Type: 'AWS::SNS::Topic'}\n";
        let document =
            Document::parse(Source::new("t.yaml", text), Format::Yaml, &Limits::default()).unwrap();
        let found = check_document(&document, &Options::default()).findings;
        let errors: Vec<_> = found.iter().filter(|finding| finding.is_error()).collect();
        assert!(errors.len() == 1 && errors[0].code.0 == "D110", "{errors:#?}");
        assert_eq!(errors[0].message, "the collection of a loop is `Nobody`, which is no parameter");
    }
}
