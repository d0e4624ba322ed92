//! Tables of samples: for each code what it finds (`bad`) and something close that it doesn't (`good`).
//!
//! A file holds a list of rows with `code`, `bad` and `good`. Long values are written short: `{"$text": ["x", 9]}` is a text
//! of nine `x`, `{"$times": [9, value]}` a list of nine values, `{"$members": [9, "Key#", value]}` an object of nine; `#` in
//! their texts is the number, and a text that is `#` alone becomes it. `{"$joined": ["a", "b"]}` is the text `ab`, for what no
//! file may hold.

use std::path::Path;

use serde_json::{Map, Value as Json};

/// The rows of a file below `tests/`.
pub(crate) fn rows(file: &str) -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows: Vec<Json> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    for row in &rows {
        let keys = ["code", "bad", "good"];
        assert!(keys.iter().all(|key| !row[key].is_null()), "{file}: {row} lacks one of {keys:?}");
        assert!(row["bad"] != row["good"] || row.get("set").or(row.get("stacks")).is_some(), "{file}: {row}");
    }
    rows
}

/// The code of a row.
pub(crate) fn code(row: &Json) -> &str {
    row["code"].as_str().unwrap()
}

/// A sample with its long values written out.
pub(crate) fn written_out(sample: &Json) -> Json {
    let Json::Object(map) = sample else {
        return match sample {
            Json::Array(items) => items.iter().map(written_out).collect(),
            other => other.clone(),
        };
    };
    let short = map.iter().next().filter(|_| map.len() == 1);
    let parts = |value: &Json| value.as_array().cloned().unwrap_or_default();
    match short.map(|(key, value)| (key.as_str(), parts(value))) {
        Some(("$text", parts)) => {
            parts[0].as_str().unwrap().repeat(usize::try_from(parts[1].as_u64().unwrap()).unwrap()).into()
        }
        Some(("$joined", parts)) => {
            parts.iter().map(|part| part.as_str().unwrap()).collect::<String>().into()
        }
        Some(("$times", parts)) => numbers(&parts[0]).map(|number| numbered(&parts[1], number)).collect(),
        Some(("$members", parts)) => {
            let key = |number: u64| parts[1].as_str().unwrap().replace('#', &number.to_string());
            let members = numbers(&parts[0]).map(|number| (key(number), numbered(&parts[2], number)));
            Json::Object(members.collect::<Map<_, _>>())
        }
        _ => Json::Object(map.iter().map(|(key, value)| (key.clone(), written_out(value))).collect()),
    }
}

fn numbers(count: &Json) -> std::ops::Range<u64> {
    0..count.as_u64().unwrap()
}

fn numbered(value: &Json, number: u64) -> Json {
    match value {
        Json::String(text) if text == "#" => number.into(),
        Json::String(text) => text.replace('#', &number.to_string()).into(),
        Json::Array(items) => items.iter().map(|item| numbered(item, number)).collect(),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.clone(), numbered(value, number))).collect())
        }
        other => other.clone(),
    }
}
