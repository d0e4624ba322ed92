//! Advice on variables of the user's own.

use std::collections::BTreeSet;

use crate::catalog::{self, Component, Image, VariableStatus};
use crate::config::is_switched_off;
use crate::config::model::{SecretSource, Variable, VariableSource};
use crate::diagnostic::Diagnostic;

use super::super::placement::is_backend;
use super::{PLAIN_SECRET, RISKY_VARIABLE, Situation, to_run};

/// Limits that newer versions of Dify have raised; a lower one cuts long texts.
const RAISED_LIMITS: [(&str, u64); 3] = [
    ("CODE_MAX_STRING_LENGTH", 400_000),
    ("TEMPLATE_TRANSFORM_MAX_LENGTH", 400_000),
    ("INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH", 4000),
];

pub(super) fn advise(situation: &Situation<'_>, found: &mut Vec<Diagnostic>) {
    let config = situation.config;
    for (name, variable) in &config.environment {
        let pointer = format!("/environment/{name}");
        let (source, chosen) = match variable {
            Variable::Plain(source) => (source.clone(), Vec::new()),
            Variable::For(one) => match &one.value {
                Some(value) => (VariableSource::Text(value.clone()), one.components.clone()),
                None => (VariableSource::Secret(SecretSource::default()), one.components.clone()),
            },
        };
        let meant = |component: &Component| {
            if chosen.is_empty() { is_backend(*component) } else { chosen.contains(component) }
        };
        not_running(situation, name, &chosen, found);
        let images: BTreeSet<Image> =
            situation.placement.components().filter(meant).map(Component::image).collect();
        for image in images {
            variable_of(image, name, &source, &pointer, found);
        }
    }
    for (component, settings) in &config.components {
        if !situation.placement.has(*component) {
            continue;
        }
        for (name, source) in &settings.environment {
            let pointer = format!("/components/{component}/environment/{name}");
            match source {
                Some(source) => variable_of(component.image(), name, source, &pointer, found),
                None => left_out(situation, *component, name, &pointer, found),
            }
        }
    }
}

/// Components that a variable is for and that don't run. One that is switched off may come back: while others get the
/// variable, it isn't told.
fn not_running(situation: &Situation<'_>, name: &str, chosen: &[Component], found: &mut Vec<Diagnostic>) {
    let reaches_any = chosen.iter().any(|component| situation.placement.has(*component));
    for (index, component) in chosen.iter().enumerate() {
        let is_off = is_switched_off(situation.config, *component);
        if situation.placement.has(*component) || (is_off && reaches_any) {
            continue;
        }
        let message = format!("`{name}` is set for `{component}`, which doesn't run");
        let (remedy, _) = to_run(situation.config, *component);
        let help = format!("take it out, or let `{component}` run: {remedy}");
        let pointer = format!("/environment/{name}/components/{index}");
        found.push(Diagnostic::warning(RISKY_VARIABLE, message).help(help).pointer(pointer));
    }
}

/// What `null` does: it takes away what the stack would set, or nothing.
fn left_out(
    situation: &Situation<'_>,
    component: Component,
    name: &str,
    pointer: &str,
    found: &mut Vec<Diagnostic>,
) {
    // What is set for several components may be taken away from one.
    let is_set_for_all = situation.config.environment.contains_key(name);
    let (message, help) = if situation.surroundings.sets(component, name) {
        let message = format!("`{name}` is left out, though the image's own value is wrong here");
        (message, "take the `null` away unless you know why it stands there".to_owned())
    } else if is_set_for_all {
        return;
    } else {
        let message = format!("`{name}` isn't set for {component}: there is nothing to leave out");
        let near = match catalog::variable(component.image(), name) {
            VariableStatus::Unknown { nearest } => nearest,
            VariableStatus::ComposeOnly { use_instead } | VariableStatus::NotRead { use_instead } => {
                use_instead
            }
            _ => None,
        };
        (message, near.map_or_else(|| "take it away".to_owned(), |near| format!("did you mean `{near}`?")))
    };
    found.push(Diagnostic::warning(RISKY_VARIABLE, message).help(help).pointer(pointer));
}

fn variable_of(
    image: Image,
    name: &str,
    source: &VariableSource,
    pointer: &str,
    found: &mut Vec<Diagnostic>,
) {
    let warn = |message: String, help: String| {
        Diagnostic::warning(RISKY_VARIABLE, message).help(help).pointer(pointer)
    };
    match catalog::variable(image, name) {
        VariableStatus::Known { secret: true, .. } if source.text().is_some() => {
            let message = format!("`{name}` is a secret and stands here in plain text");
            let help = "name where it is kept: `{ssm: /path/of/parameter}` or `{secret: arn:…, field: …}`";
            found.push(Diagnostic::error(PLAIN_SECRET, message).help(help).pointer(pointer).secret());
        }
        VariableStatus::Known { .. } | VariableStatus::Wildcard => {}
        VariableStatus::Computed => {
            let message =
                format!("`{name}` is computed by the image from other variables: setting it does nothing");
            found.push(warn(message, "take it away".to_owned()));
        }
        VariableStatus::OverwrittenByEntrypoint => {
            let message =
                format!("`{name}` is overwritten when the container starts: setting it does nothing");
            found.push(warn(
                message,
                "take it away; it follows from CONSOLE_API_URL and APP_API_URL or the like".to_owned(),
            ));
        }
        VariableStatus::ComposeOnly { use_instead } | VariableStatus::NotRead { use_instead } => {
            let message = format!("the image doesn't read `{name}`");
            let help =
                use_instead.map_or_else(|| "take it away".to_owned(), |right| format!("it reads `{right}`"));
            found.push(warn(message, help));
        }
        // The proxy's image is the user's own.
        VariableStatus::Unknown { .. } if image == Image::SsrfProxy => {}
        VariableStatus::Unknown { nearest } => {
            let message = format!("the image isn't known to read `{name}`");
            let help = nearest.map_or_else(
                || "check its name; a newer image may read it all the same".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            found.push(warn(message, help));
        }
    }
    if let Some(text) = source.text() {
        harmful_value(name, &text, pointer, found);
    }
}

fn harmful_value(name: &str, text: &str, pointer: &str, found: &mut Vec<Diagnostic>) {
    let mut warn = |message: String, help: &str| {
        found.push(Diagnostic::warning(RISKY_VARIABLE, message).help(help).pointer(pointer));
    };
    match name {
        "LOG_LEVEL" if text.eq_ignore_ascii_case("debug") => {
            warn("LOG_LEVEL DEBUG writes prompts and data of workflows to the log".to_owned(), "use INFO");
        }
        "WEB_API_CORS_ALLOW_ORIGINS" | "CONSOLE_CORS_ALLOW_ORIGINS" if text == "*" => {
            warn(
                format!("`{name}` lets any site call the api with its visitors' rights"),
                "take it away, or name the sites",
            );
        }
        "LANG" | "LC_ALL" if !matches!(text, "C.UTF-8" | "en_US.UTF-8" | "C") => {
            warn(
                format!("the images don't have the locale {text}"),
                "use C.UTF-8, or take it away; the language of the user interface is each user's own setting",
            );
        }
        "STORAGE_TYPE" | "PLUGIN_STORAGE_TYPE" if text == "local" => {
            warn(
                format!("`{name}` local keeps files on the task's own disk, which is gone with the task"),
                "take it away: the stack's bucket keeps them",
            );
        }
        "FORCE_VERIFYING_SIGNATURE" if text != "true" => {
            warn("plugins without signature are anybody's code".to_owned(), "use true");
        }
        _ => {
            let raised = RAISED_LIMITS.iter().find(|(limited, _)| *limited == name);
            if let (Some((_, newer)), Ok(value)) = (raised, text.parse::<u64>())
                && value < *newer
            {
                warn(format!("`{name}` {value} is below Dify's own limit of {newer}"), "take it away");
            }
            if text.is_empty() && name.ends_with("_USERNAME") {
                warn(format!("`{name}` is empty"), "take it away: there is no such user");
            }
        }
    }
}
