//! `manifest.json`, by which the CDK's command line reads the folder as a cloud assembly.
//!
//! Source: aws/aws-cdk, `@aws-cdk/cloud-assembly-schema`: manifest, artifact type `aws:cloudformation:stack`.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::{AssembledStack, StackFiles};
use crate::validate::Purpose;

/// The manifest's name in the folder.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The version of the schema that the manifest follows; newer command lines read older ones.
const SCHEMA_VERSION: &str = "36.0.0";

pub(super) const STACK_ARTIFACT: &str = "aws:cloudformation:stack";

/// What we tell ourselves of a stack.
pub(super) const OWN_FIELD: &str = "difyCfn";

/// The digest of a file's bytes, with its algorithm.
pub(super) fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let mut text = String::from("sha256:");
    for byte in sha2::Sha256::digest(bytes) {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The manifest of `stacks` and of those stacks of the previous one whose templates are still in the folder.
pub(super) fn render(stacks: &[StackFiles], previous: Option<&str>, folder: &Path) -> String {
    let mut artifacts = kept(previous, folder);
    artifacts.extend(stacks.iter().filter_map(|stack| Some((stack.name.clone(), stack.artifact.clone()?))));
    artifacts.sort_keys();
    let manifest = json!({ "version": SCHEMA_VERSION, "artifacts": artifacts });
    // JSON made of strings and objects always serializes.
    serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n"
}

fn kept(previous: Option<&str>, folder: &Path) -> Map<String, Json> {
    let Some(Json::Object(mut manifest)) = previous.and_then(|text| serde_json::from_str(text).ok()) else {
        return Map::new();
    };
    let Some(Json::Object(artifacts)) = manifest.remove("artifacts") else { return Map::new() };
    let is_there = |artifact: &Json| {
        artifact["type"] == STACK_ARTIFACT
            && artifact["properties"]["templateFile"].as_str().is_some_and(|file| folder.join(file).is_file())
    };
    artifacts.into_iter().filter(|(_, artifact)| is_there(artifact)).collect()
}

/// What the manifest says of a stack, whose template is in `file`, with that text.
pub(super) fn artifact(stack: &AssembledStack, file: &str, text: &str) -> Json {
    let account = stack.account.as_deref().unwrap_or("unknown-account");
    let region = stack.region.as_deref().unwrap_or("unknown-region");
    let accepted = stack.accepted.iter();
    let accepted = accepted.map(|one| json!({ "code": one.code, "place": one.place, "reason": one.reason }));
    json!({
        "type": STACK_ARTIFACT,
        "environment": format!("aws://{account}/{region}"),
        "displayName": stack.name,
        "properties": {
            "templateFile": file,
            "stackName": stack.name,
            "tags": stack.tags,
            "validateOnSynth": false,
        },
        // For `deploy --assembly`; the CDK's command line leaves fields that it doesn't know alone.
        OWN_FIELD: {
            "digest": digest(text.as_bytes()),
            "deletionProtection": stack.deletion_protection,
            "secureParameters": stack.secure_parameters,
            "purpose": purpose_name(stack.purpose),
            "accepted": accepted.collect::<Vec<_>>(),
        },
    })
}

/// Purposes, as the manifest calls them.
const PURPOSES: [(Purpose, &str); 3] = [
    (Purpose::Unknown, "unknown"),
    (Purpose::Development, "development"),
    (Purpose::Production, "production"),
];

fn purpose_name(purpose: Purpose) -> &'static str {
    PURPOSES.iter().find(|(other, _)| *other == purpose).map_or("unknown", |(_, name)| name)
}

/// The purpose of that name; unknown where there is none: an older synth didn't write it.
pub(super) fn purpose_of(name: Option<&str>) -> Purpose {
    PURPOSES.iter().find(|(_, known)| Some(*known) == name).map_or(Purpose::Unknown, |(purpose, _)| *purpose)
}
