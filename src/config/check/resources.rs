//! Settings of single resources, and accepted findings.

use super::tags::MOST_TAGS;
use super::{Findings, at, code};
use crate::diagnostic::nearest;
use crate::document::excerpt;

/// What may stand in braces.
const PLACEHOLDERS: [&str; 5] = ["name", "environment", "stack", "region", "account"];

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    for (logical_id, settings) in &config.resources {
        let path = |key: &str| at(&["resources", logical_id, key]);
        let is_id =
            logical_id.chars().all(|c| c.is_ascii_alphanumeric()) && (1..=255).contains(&logical_id.len());
        if !is_id {
            let message = format!("`{}` can't be the logical id of a resource", excerpt(logical_id));
            let help = "logical ids are letters and digits; find them in the template";
            findings.error(code::RESOURCE, &at(&["resources", logical_id]), message, help);
        }
        if let Some(name) = &settings.name
            && findings.needs(&path("name"), name, "name it, or remove the key")
        {
            findings.placeholders(&path("name"), name);
        }
        findings.tags(&path("tags"), &fillable(&settings.tags));
        for (key, value) in &settings.tags {
            findings.placeholders(&at(&["resources", logical_id, "tags", key]), value);
        }
        let total =
            config.tags.len() + settings.tags.keys().filter(|key| !config.tags.contains_key(*key)).count();
        if total > MOST_TAGS && config.tags.len() <= MOST_TAGS {
            let message = format!(
                "`{}` has {total} tags with those of the stack, {MOST_TAGS} fit",
                excerpt(logical_id)
            );
            findings.error(code::TAG, &path("tags"), message, "remove some");
        }
    }
}

/// Tags without their braces, which will be gone.
fn fillable(tags: &indexmap::IndexMap<String, String>) -> indexmap::IndexMap<String, String> {
    tags.iter().map(|(key, value)| (key.clone(), value.replace(['{', '}'], ""))).collect()
}

impl Findings<'_> {
    /// Checks that everything in braces can be filled in.
    fn placeholders(&mut self, pointer: &str, text: &str) {
        let Err(placeholder) = self.config.fill_placeholders(text) else { return };
        let word = placeholder.trim_matches(['{', '}']);
        let list = PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ");
        let (message, help) = if !placeholder.ends_with('}') {
            (format!("`{}` has a brace that isn't closed", excerpt(text)), format!("use {list}"))
        } else if PLACEHOLDERS.contains(&word) {
            (format!("`{placeholder}` has no value here"), format!("set `{word}`, or take it out"))
        } else {
            let help = match nearest(word, PLACEHOLDERS) {
                Some(near) => format!("did you mean {{{near}}}? known are {list}"),
                None => format!("known are {list}"),
            };
            (format!("`{}` isn't known", excerpt(&placeholder)), help)
        };
        self.error(code::RESOURCE, pointer, message, help);
    }
}

/// Findings that are accepted.
pub(super) fn check_accepted(findings: &mut Findings<'_>) {
    let accepted = &findings.config.accept;
    for (index, finding) in accepted.iter().enumerate() {
        let path = |key: &str| at(&["accept", &index.to_string(), key]);
        if findings.needs(&path("code"), &finding.code, "name the finding's code, such as P012")
            && !is_code(&finding.code)
        {
            let message =
                format!("`{}` isn't the code of a finding about a template", excerpt(&finding.code));
            let help =
                "codes are one of S, R, L, P, W and three digits; mistakes of this file can't be accepted";
            findings.error(code::ACCEPT, &path("code"), message, help);
        }
        findings.needs(
            &path("place"),
            &finding.place,
            "name the resource's logical id, or a JSON pointer into the template",
        );
        if finding.reason.trim().is_empty() {
            let message = format!("`accept[{index}]` has no reason");
            findings.error(code::ACCEPT, &path("reason"), message, "say why the finding is accepted");
        }
        let is_same = |other: &&crate::config::model::AcceptedFinding| {
            other.code == finding.code && other.place == finding.place
        };
        if accepted[..index].iter().any(|other| is_same(&other)) {
            let message =
                format!("{} is accepted twice for `{}`", excerpt(&finding.code), excerpt(&finding.place));
            findings.warning(code::ACCEPT, &at(&["accept", &index.to_string()]), message, "remove one");
        }
    }
}

fn is_code(text: &str) -> bool {
    matches!(text.as_bytes(), [b'S' | b'R' | b'L' | b'P' | b'W', digits @ ..] if digits.len() == 3
        && digits.iter().all(u8::is_ascii_digit))
}
