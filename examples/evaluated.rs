//! Writes a template without conditions for each combination of conditions that can be reached, for tools that can't
//! evaluate them.
//!
//! `cargo run --example evaluated -- OUTPUT_FOLDER FILE…` writes `<name of the file>.<number>.json` for each, and for a
//! file that isn't a template nothing. What only AWS knows stays a function of its resource; parameters have their
//! defaults, or the value that reaches the combination.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use dify_cfn::cfn::evaluate::{Data, Evaluated, Evaluator, Origin, Piece, Scenario, Settings, Unknown};
use dify_cfn::cfn::{Json, Template, read};
use dify_cfn::diagnostic::Source;
use dify_cfn::document::{Document, Format, Limits};
use serde_json::json;

/// The template in each combination of its conditions that can be reached.
pub fn evaluated(template: &Template) -> Vec<Json> {
    let evaluator = Evaluator::new(template, &Settings::default());
    let names: BTreeSet<&str> = template.conditions.keys().map(String::as_str).collect();
    let scenarios = evaluator.scenarios(&names);
    scenarios.list.iter().map(|scenario| in_scenario(template, &evaluator, &scenario.at_defaults())).collect()
}

fn in_scenario<'t>(template: &'t Template, evaluator: &Evaluator<'t>, scenario: &Scenario<'t>) -> Json {
    let mut result = template.to_json();
    let Some(sections) = result.as_object_mut() else { return result };
    for section in ["Conditions", "Outputs", "Rules"] {
        sections.shift_remove(section);
    }
    // A default would be taken for the value where the combination is one of another.
    for parameter in sections.get_mut("Parameters").and_then(Json::as_object_mut).into_iter().flatten() {
        if let Some(declaration) = parameter.1.as_object_mut() {
            declaration.shift_remove("Default");
        }
    }
    let Some(resources) = sections.get_mut("Resources").and_then(Json::as_object_mut) else { return result };
    for (id, resource) in &template.resources {
        if Evaluator::exists(resource, scenario) == Some(false) {
            resources.shift_remove(id);
            continue;
        }
        let Some(written) = resources.get_mut(id).and_then(Json::as_object_mut) else { continue };
        written.shift_remove("Condition");
        if !resource.properties.is_empty() {
            written.insert("Properties".to_owned(), value(&evaluator.properties(resource, scenario).0));
        }
    }
    result
}

/// A value as a template says it.
fn value(evaluated: &Evaluated<'_>) -> Json {
    data(&evaluated.data)
}

fn data(data: &Data<'_>) -> Json {
    match data {
        Data::Null => Json::Null,
        Data::Bool(value) => json!(value),
        Data::Number(number) => Json::Number(number.clone().into_owned()),
        Data::Text(text) => json!(text),
        Data::List(items) => items.iter().map(value).collect(),
        Data::Object(members) => {
            members.iter().map(|(key, member)| ((*key).to_owned(), value(member))).collect()
        }
        Data::Unknown(found) => unknown(found),
    }
}

fn unknown(unknown: &Unknown<'_>) -> Json {
    match &unknown.origin {
        Origin::Resource(name) | Origin::Parameter(name) | Origin::Pseudo(name) => json!({ "Ref": name }),
        Origin::Attribute(id, attribute) => json!({ "Fn::GetAtt": [id, attribute] }),
        Origin::Zones(region) => json!({ "Fn::GetAZs": data(region) }),
        Origin::Import(name) => json!({ "Fn::ImportValue": data(name) }),
        Origin::Item(of, index) => json!({ "Fn::Select": [index, self::unknown(of)] }),
        Origin::Text(pieces) => text("", pieces, ""),
        Origin::Dynamic(pieces) => text("{{resolve:", pieces, "}}"),
        Origin::Call(call) => (*call).clone(),
    }
}

/// A text with unknown parts: `Fn::Sub` where that can name them all, else `Fn::Join`.
fn text(before: &str, pieces: &[Piece<'_>], after: &str) -> Json {
    let named = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => Some(text.replace("${", "${!")),
        Piece::Unknown(unknown) => match unknown.origin {
            Origin::Resource(_) | Origin::Parameter(_) | Origin::Pseudo(_) | Origin::Attribute(..) => {
                Some(unknown.to_string())
            }
            _ => None,
        },
    };
    if let Some(texts) = pieces.iter().map(named).collect::<Option<String>>() {
        let text = format!("{before}{texts}{after}");
        return if text.contains("${") { json!({ "Fn::Sub": text }) } else { json!(text) };
    }
    let joined = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => json!(text),
        Piece::Unknown(found) => unknown(found),
    });
    let ends = [Some(json!(before)), Some(json!(after))].map(|end| end.filter(|text| text != ""));
    let [first, last] = ends;
    let parts: Vec<Json> = first.into_iter().chain(joined).chain(last).collect();
    json!({ "Fn::Join": ["", parts] })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: evaluated OUTPUT_FOLDER FILE…")?;
    for file in arguments {
        let path = Path::new(&file);
        let Ok(text) = fs::read_to_string(path) else { continue };
        let format =
            if path.extension().is_some_and(|end| end == "json") { Format::Json } else { Format::Yaml };
        let parsed = Document::parse(Source::new(file.as_str(), text), format, &Limits::default());
        let Some(read) = parsed.ok().and_then(|document| read(&document).ok()) else { continue };
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        for (number, template) in evaluated(&read.template).iter().enumerate() {
            fs::write(Path::new(&folder).join(format!("{name}.{number}.json")), template.to_string())?;
        }
    }
    Ok(())
}
