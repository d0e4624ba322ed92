//! Environment variables of the user's own.

use super::{Findings, at, code};
use crate::config::model::{Component, SecretSource, Variable, VariableFor, VariableSource};
use crate::document::excerpt;

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    for (name, variable) in &config.environment {
        let path = ["environment", name.as_str()];
        check_name(findings, &path);
        match variable {
            Variable::Plain(source) => check_source(findings, &path, source),
            Variable::For(variable) => check_chosen(findings, &path, variable),
        }
    }
    for (component, settings) in &config.components {
        for (name, source) in &settings.environment {
            let path = ["components", component.as_str(), "environment", name.as_str()];
            check_name(findings, &path);
            if let Some(source) = source {
                check_source(findings, &path, source);
            }
        }
    }
}

/// Source: The Open Group Base Specifications, "Environment Variable Definition".
fn check_name(findings: &mut Findings<'_>, path: &[&str]) {
    let name = path.last().copied().unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        let message = format!("an environment variable can't be called `{}`", excerpt(name));
        let help = "use letters, digits and `_`, no digit first";
        findings.key_error(code::VARIABLE_NAME, &at(path), message, help);
    }
}

fn check_source(findings: &mut Findings<'_>, path: &[&str], source: &VariableSource) {
    match source {
        VariableSource::Text(_) => {}
        VariableSource::Secret(source) => findings.source_at(path, source),
        VariableSource::Bool(_) | VariableSource::Number(_) => {
            let pointer = at(path);
            let text = source.text().unwrap_or_default();
            if let Some(written) = findings.located.written(&pointer)
                && written != text
            {
                let written = excerpt(written);
                findings.error(
                    code::VARIABLE_TEXT,
                    &pointer,
                    format!("`{written}` without quotes is a value that reaches the container as `{text}`"),
                    format!("write it in quotes: \"{written}\", or as {text}"),
                );
            }
        }
    }
}

fn check_chosen(findings: &mut Findings<'_>, path: &[&str], variable: &VariableFor) {
    let pointer = at(path);
    let VariableFor { value, ssm, secret, field, kms_key, components } = variable.clone();
    let chosen = [value.is_some(), ssm.is_some(), secret.is_some()].iter().filter(|chosen| **chosen).count();
    if chosen != 1 {
        let found = if chosen == 0 { "none" } else { "several" };
        findings.error(
            code::NOT_EXACTLY_ONE,
            &pointer,
            format!("`{}` takes one of `value`, `ssm` and `secret`, found {found}", super::dotted(&pointer)),
            "say where its value comes from, once",
        );
    }
    if value.is_some() && kms_key.is_some() {
        let key = format!("{pointer}/kms_key");
        let message = format!("`{}` is for what is encrypted; a plain value isn't", super::dotted(&key));
        findings.error(code::NOT_EXACTLY_ONE, &key, message, "remove it");
    }
    findings.source_parts(&pointer, &SecretSource { ssm, secret, field, kms_key });
    let chosen = format!("{pointer}/components");
    if components.is_empty() && findings.located.is_set(&chosen) {
        let message = format!("`{}` is empty: nothing would get the variable", super::dotted(&chosen));
        let help = "name components, or remove the key for those that run Dify's api image";
        findings.error(code::MISSING, &chosen, message, help);
    }
    findings.no_duplicates(&chosen, &components);
}

impl Findings<'_> {
    /// Tells components that stand twice in a list.
    pub(super) fn no_duplicates(&mut self, pointer: &str, components: &[Component]) {
        for (index, component) in components.iter().enumerate() {
            if components[..index].contains(component) {
                let message =
                    format!("`{}` stands twice in `{}`", component.as_str(), super::dotted(pointer));
                self.error(code::NOT_ALLOWED, &format!("{pointer}/{index}"), message, "remove one");
            }
        }
    }
}
