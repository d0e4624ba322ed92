//! Versions of Dify, and where images come from.

use super::format::is_image_tag;
use super::references::SECRET;
use super::{Findings, at, code};
use crate::config::model::Component;
use crate::document::excerpt;

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    let versions = &config.dify;
    for (key, version) in [
        ("version", Some(&versions.version)),
        ("web", versions.web.as_ref()),
        ("plugin_daemon", Some(&versions.plugin_daemon)),
        ("sandbox", Some(&versions.sandbox)),
    ] {
        if let Some(version) = version {
            findings.tag(&at(&["dify", key]), version);
        }
    }
    if let Some(registry) = &config.images.registry {
        findings.registry("/images/registry", registry);
    }
    if let Some(credentials) = &config.images.credentials {
        findings.credentials("/images/credentials", credentials, config.images.registry.as_deref());
    }
}

impl Findings<'_> {
    /// Checks the tag of an image.
    pub(super) fn tag(&mut self, pointer: &str, tag: &str) {
        if !self.needs(pointer, tag, "name a version") {
            return;
        }
        if !is_image_tag(tag) {
            let help = "use letters, digits, `.`, `_` and `-`, as in 1.17.1";
            self.format(pointer, tag, "the tag of an image", help);
        } else if tag == "latest" {
            self.warning(
                code::IMAGE,
                pointer,
                format!(
                    "`{}` is `latest`: what runs then changes from one task to the next",
                    super::dotted(pointer)
                ),
                "name a version",
            );
        }
    }

    /// Checks the secret with which images are pulled from a registry.
    pub(super) fn credentials(&mut self, pointer: &str, credentials: &str, registry: Option<&str>) {
        self.arn(pointer, credentials, SECRET);
        if registry.is_some_and(|registry| registry.contains(".dkr.ecr.")) {
            self.warning(
                code::IMAGE,
                pointer,
                "ECR takes no credentials: tasks pull from it by their execution role",
                format!("remove `{}`", super::dotted(pointer)),
            );
        }
    }

    /// Checks where images come from.
    pub(super) fn registry(&mut self, pointer: &str, registry: &str) {
        let form =
            "write a host with a dot or a port and, where there is one, the path, without `/` at the end";
        if let Some((_, bare)) = registry.split_once("://") {
            let bare = bare.trim_end_matches('/');
            let help = if is_registry(bare) { format!("write {}", excerpt(bare)) } else { form.to_owned() };
            self.format(pointer, registry, "a registry without a scheme", help);
        } else if !is_registry(registry) {
            self.format(pointer, registry, "a registry", form);
        }
    }

    /// Checks the repository of an image.
    pub(super) fn repository(&mut self, pointer: &str, repository: &str, of: Component) {
        let name = repository.rsplit('/').next().unwrap_or_default();
        let is_part = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
        };
        if name.contains([':', '@']) {
            let help = "put what follows `:` under `tag`";
            return self.format(pointer, repository, "a repository without a tag", help);
        }
        // The first part may be a registry, with a port.
        let (registry, rest) = repository.split_once('/').unwrap_or(("", repository));
        let is_registry = registry.is_empty() || is_part(&registry.to_lowercase().replace(':', "."));
        if !is_registry || !rest.split('/').all(is_part) {
            let help = "use lowercase letters, digits, `.`, `_`, `-` and `/`, as in langgenius/dify-api";
            self.format(pointer, repository, "a repository", help);
        } else if let (Some(before), true) = (self.config.image_registry(of), registry.contains(['.', ':'])) {
            let message =
                format!("`{repository}` names a registry, and the registry `{before}` goes before it");
            let help = format!("write the registry under `components.{}.image.registry`", of.as_str());
            self.warning(code::IMAGE, pointer, message, help);
        }
    }
}

/// Whether a text is a registry: a host that is no plain word, and a path.
fn is_registry(text: &str) -> bool {
    let host = text.split('/').next().unwrap_or_default();
    let is_host =
        host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c)) && host.contains(['.', ':']);
    is_host && text.split('/').all(|part| !part.is_empty()) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::is_registry;

    #[test]
    fn a_registry_is_a_host_and_perhaps_a_path() {
        for text in ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "r.example.com/team", "localhost:5000"] {
            assert!(is_registry(text), "{text}");
        }
        for text in ["", "foo", "r.example.com/", "r.example.com/a b", "http://r.example.com"] {
            assert!(!is_registry(text), "{text}");
        }
    }
}
