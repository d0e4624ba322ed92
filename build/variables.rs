//! The environment variables of Dify's images as Rust: to parse their files at every start would take longer than all that
//! is asked of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value as Json;

use crate::registry::read;

/// The images by their names in the files, each with its constant.
const IMAGES: [(&str, &str); 7] = [
    ("dify-api", "API"),
    ("dify-web", "WEB"),
    ("dify-plugin-daemon", "PLUGIN_DAEMON"),
    ("dify-sandbox", "SANDBOX"),
    ("ssrf-proxy", "SSRF_PROXY"),
    ("dify-agent-backend", "AGENT_BACKEND"),
    ("dify-agent-local-sandbox", "AGENT_LOCAL_SANDBOX"),
];

/// What each image does with variables, a `File` for each, and `SECRETS`, the names that are secrets of any of them. All
/// names are sorted, those with an entry by their length first.
///
/// # Errors
/// The file, and what is wrong with it, in words.
pub(crate) fn tables(folder: &Path) -> Result<String, String> {
    let compose_only = read(&folder.join("compose-only.json"))?;
    let mut secrets = BTreeSet::new();
    let mut out = String::new();
    for (image, constant) in IMAGES {
        let path = folder.join(format!("variables-{image}.json"));
        let file = read(&path)?;
        let failed = |error| format!("{}: {error}", path.display());
        let _ = writeln!(out, "static {constant}: File = File {{");
        let oldest = version(&file["oldest_described"]).map_err(failed)?;
        let _ = writeln!(out, "    oldest_described: {oldest},");
        for key in ["wildcards", "computed", "overwritten_by_entrypoint"] {
            let names = file[key].as_array().into_iter().flatten().filter_map(Json::as_str);
            let _ = writeln!(
                out,
                "    {key}: &{:?},",
                names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
            );
        }
        let not_read = entries(&file["not_read"]).map(|(name, entry)| (name, entry["use"].as_str()));
        let _ = writeln!(out, "    not_read: &{:?},", not_read.collect::<Vec<_>>());
        let elsewhere = entries(&compose_only["names"]).map(|(name, images)| (name, images[image].as_str()));
        let _ = writeln!(out, "    compose_only: &{:?},", elsewhere.collect::<Vec<_>>());
        out.push_str("    variables: &[\n");
        for (name, entry) in entries(&file["variables"]) {
            let (since, until) = (version(&entry["since"]), version(&entry["until"]));
            let (since, until) = (since.map_err(failed)?, until.map_err(failed)?);
            let secret = entry["secret"] == true;
            let entry = format!("Entry {{ secret: {secret}, since: {since}, until: {until} }}");
            let _ = writeln!(out, "        ({name:?}, {entry}),");
            if secret {
                secrets.insert(name.to_owned());
            }
        }
        out.push_str("    ],\n};\n");
    }
    let _ = writeln!(out, "static SECRETS: &[&str] = &{:?};", secrets.into_iter().collect::<Vec<_>>());
    Ok(out)
}

/// The members of an object, the shortest names first: so most of them are compared by their lengths only.
fn entries(object: &Json) -> impl Iterator<Item = (&str, &Json)> {
    let members = object.as_object().into_iter().flatten();
    let members: BTreeMap<(usize, &str), &Json> =
        members.map(|(name, entry)| ((name.len(), name.as_str()), entry)).collect();
    members.into_iter().map(|((_, name), entry)| (name, entry))
}

/// A version such as `1.17.0` as Rust, if there is one.
fn version(json: &Json) -> Result<String, String> {
    if json.is_null() {
        return Ok("None".to_owned());
    }
    let numbers = json.as_str().map(|text| text.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>());
    match numbers {
        Some(Ok(numbers)) if numbers.len() == 3 => {
            Ok(format!("Some(DifyVersion::new({}, {}, {}))", numbers[0], numbers[1], numbers[2]))
        }
        _ => Err(format!("{json} is no version such as 1.17.0")),
    }
}
