//! Embeds what services ask beyond their schemas, `schemas/constraints/`: a table of rows, each with its rule.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json};

/// The keys of a file, of a row and of a check.
const FILE: [&str; 3] = ["type", "base", "rows"];
const ROW: [&str; 10] =
    ["code", "severity", "title", "what", "why", "source", "same_as", "checks", "good", "bad"];
const CHECK: [&str; 6] = ["at", "join", "when", "schema", "message", "help"];

/// The rows of all files as Rust: `ROWS`, `RULES`, and `TYPES`, which says which rows are of which type; and the checks
/// of each row by its code, which go into the registry.
///
/// # Errors
/// The file, the row, and what is wrong with it, in words.
pub(crate) fn table(folder: &Path) -> Result<(String, Map<String, Json>), String> {
    let mut types = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("aws-") {
            let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
            let (type_name, rows) = read(&name, &text).map_err(|error| format!("{name}: {error}"))?;
            types.insert(type_name, rows);
        }
    }
    let rows = types.values().flatten();
    let checks = rows.map(|row| Ok((text_of(row, "code")?.to_owned(), row["checks"].clone())));
    Ok((write(&types)?, checks.collect::<Result<_, String>>()?))
}

/// The type of a file and its rows.
fn read(name: &str, text: &str) -> Result<(String, Vec<Map<String, Json>>), String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let file = object(&json, &FILE)?;
    let type_name = text_of(file, "type")?;
    if name != format!("{}.json", type_name.to_lowercase().replace("::", "-")) {
        return Err(format!("a file of that name isn't about {type_name}"));
    }
    let rows = file.get("rows").and_then(Json::as_array).ok_or("no list `rows`")?;
    let rows = rows.iter().enumerate().map(|(index, row)| {
        let place = row["code"].as_str().map_or_else(|| format!("row {}", index + 1), str::to_owned);
        check_row(row).map_err(|error| format!("{place}: {error}"))
    });
    Ok((type_name.to_owned(), rows.collect::<Result<_, _>>()?))
}

fn check_row(json: &Json) -> Result<Map<String, Json>, String> {
    let row = object(json, &[&ROW[..], &CHECK[..]].concat())?;
    let code = text_of(row, "code")?;
    let number = code.strip_prefix('S').filter(|number| number.len() == 3);
    if number.and_then(|number| number.parse::<u16>().ok()).is_none_or(|number| number < 100) {
        return Err("`code` isn't one from S100 to S999".to_owned());
    }
    for key in ["title", "what", "why", "source"] {
        text_of(row, key)?;
    }
    severity(row)?;
    texts(row.get("same_as"), "same_as")?;
    for key in ["good", "bad"] {
        let samples = row.get(key).and_then(Json::as_array).filter(|samples| !samples.is_empty());
        if samples.is_none_or(|samples| samples.iter().any(|sample| !sample.is_object())) {
            return Err(format!("`{key}` is no list of at least one object"));
        }
    }
    let own = CHECK.iter().any(|key| row.contains_key(*key));
    let checks: Vec<Map<String, Json>> = match (row.get("checks"), own) {
        (None, _) => {
            vec![
                row.iter()
                    .filter(|(key, _)| CHECK.contains(&key.as_str()))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect(),
            ]
        }
        (Some(_), true) => return Err("both `checks` and a check of its own".to_owned()),
        (Some(checks), false) => {
            let checks = checks.as_array().filter(|checks| !checks.is_empty()).ok_or("`checks` is empty")?;
            checks.iter().map(|check| object(check, &CHECK).cloned()).collect::<Result<_, _>>()?
        }
    };
    for (index, check) in checks.iter().enumerate() {
        check_check(check).map_err(|error| format!("check {}: {error}", index + 1))?;
    }
    let mut row = row.clone();
    row.insert("checks".to_owned(), checks.into_iter().map(Json::Object).collect());
    Ok(row)
}

fn check_check(check: &Map<String, Json>) -> Result<(), String> {
    for key in ["at", "message", "help"] {
        if check.contains_key(key) {
            text_of(check, key)?;
        }
    }
    if !check.get("schema").is_some_and(|schema| schema.is_object() || schema == &Json::Bool(false)) {
        return Err("no `schema`".to_owned());
    }
    if check.get("when").is_some_and(|when| !when.is_object()) {
        return Err("`when` is no schema".to_owned());
    }
    let Some(joins) = check.get("join") else { return Ok(()) };
    for (name, join) in joins.as_object().ok_or("`join` is no map of joins")? {
        object(join, &["at", "type"])
            .and_then(|join| text_of(join, "at").and_then(|_| text_of(join, "type")))
            .map_err(|error| format!("join `{name}`: {error}"))?;
    }
    Ok(())
}

fn object<'j>(json: &'j Json, keys: &[&str]) -> Result<&'j Map<String, Json>, String> {
    let object = json.as_object().ok_or("not an object")?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key `{key}`")),
        None => Ok(object),
    }
}

fn text_of<'j>(object: &'j Map<String, Json>, key: &str) -> Result<&'j str, String> {
    let text = object.get(key).and_then(Json::as_str).filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| format!("no text `{key}`"))
}

fn texts<'j>(json: Option<&'j Json>, key: &str) -> Result<Vec<&'j str>, String> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let list = json.as_array().and_then(|list| list.iter().map(Json::as_str).collect::<Option<Vec<_>>>());
    list.ok_or_else(|| format!("`{key}` is no list of texts"))
}

fn severity(row: &Map<String, Json>) -> Result<&'static str, String> {
    match row.get("severity").map(Json::as_str) {
        None | Some(Some("error")) => Ok("Error"),
        Some(Some("warning")) => Ok("Warning"),
        Some(Some("note")) => Ok("Note"),
        Some(_) => Err("`severity` is none of error, warning and note".to_owned()),
    }
}

fn write(types: &BTreeMap<String, Vec<Map<String, Json>>>) -> Result<String, String> {
    let (mut table, mut index, mut names) = (String::new(), String::new(), BTreeMap::new());
    let mut count = 0;
    for (type_name, rows) in types {
        let _ = writeln!(index, "    ({type_name:?}, {count}..{}),", count + rows.len());
        for row in rows {
            let code = text_of(row, "code")?;
            if let Some(other) = names.insert(code, type_name) {
                return Err(format!("{code} is of {other} and of {type_name}"));
            }
            let _ = writeln!(
                table,
                "    Row {{ rule: Rule {{ code: Code({code:?}), severity: Severity::{},",
                severity(row)?
            );
            for key in ["title", "what", "why", "source"] {
                let _ = writeln!(table, "        {key}: {:?},", text_of(row, key)?);
            }
            let same_as = texts(row.get("same_as"), "same_as")?;
            let _ = writeln!(table, "        same_as: &{same_as:?} }} }},");
        }
        count += rows.len();
    }
    let rules: String = (0..count).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "    &ROWS[{index}].rule,");
        text
    });
    Ok(format!(
        "/// All rows, those of a type together.\nstatic ROWS: [Row; {count}] = [\n{table}];\n\
         /// The rows' rules.\npub(super) static RULES: [&Rule; {count}] = [\n{rules}];\n\
         /// The types that have rows, sorted by name, and which rows they are.\n\
         static TYPES: [(&str, std::ops::Range<usize>); {}] = [\n{index}];\n",
        types.len()
    ))
}
