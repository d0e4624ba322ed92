//! The JSON Schema of `dify.yaml` without what only people read, so that the program has half as much to parse.

use serde_json::Value as Json;

/// Keywords that only people and editors read.
const FOR_PEOPLE: [&str; 2] = ["description", "default"];

/// Takes the keywords that only people read out of a schema and all schemas in it.
pub(crate) fn bare(mut schema: Json) -> Json {
    let Some(keywords) = schema.as_object_mut() else { return schema };
    keywords.retain(|keyword, _| !FOR_PEOPLE.contains(&keyword.as_str()));
    for (keyword, value) in keywords {
        let schemas: Vec<&mut Json> = match (keyword.as_str(), value) {
            ("properties" | "$defs", Json::Object(schemas)) => schemas.values_mut().collect(),
            ("anyOf" | "oneOf", Json::Array(schemas)) => schemas.iter_mut().collect(),
            ("items" | "additionalProperties", schema) => vec![schema],
            _ => Vec::new(),
        };
        for schema in schemas {
            *schema = bare(schema.take());
        }
    }
    schema
}
