//! Settings of containers.

use super::{Findings, at, code};
use crate::config::layout::services;
use crate::config::model::{Component, ComponentSettings, DependencyCondition, TargetGroupSettings};

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    for (component, settings) in &config.components {
        let name = component.as_str();
        let image = |key: &str| at(&["components", name, "image", key]);
        if let Some(tag) = &settings.image.tag {
            findings.tag(&image("tag"), tag);
        }
        if let Some(repository) = &settings.image.repository {
            findings.repository(&image("repository"), repository, *component);
        }
        if let Some(registry) = &settings.image.registry {
            findings.registry(&image("registry"), registry);
        }
        if let Some(credentials) = &settings.image.credentials {
            findings.credentials(&image("credentials"), credentials, config.image_registry(*component));
        }
        if let Some(Some(check)) = &settings.health_check
            && check.command.is_none()
            && component.health_command().is_none()
        {
            let message = format!(
                "`components.{name}.health_check` names no command, and {name} has no check of its own"
            );
            let help = "name a `command`, or remove the section";
            findings.error(code::HEALTH_CHECK, &at(&["components", name, "health_check"]), message, help);
        }
        check_target_group(findings, name, &settings.target_group);
        for (key, list) in [("command", &settings.command), ("entry_point", &settings.entry_point)] {
            if list.as_ref().is_some_and(Vec::is_empty) {
                let message = format!("`components.{name}.{key}` is empty");
                let help = "name the program, or remove the key for what the image has";
                findings.error(code::MISSING, &at(&["components", name, key]), message, help);
            }
        }
    }
    for (service, components) in services(config) {
        check_task(findings, &service, &components);
    }
}

/// Source: Elastic Load Balancing API Reference, `CreateTargetGroup`.
fn check_target_group(findings: &mut Findings<'_>, name: &str, settings: &TargetGroupSettings) {
    let key = |key: &str| at(&["components", name, "target_group", key]);
    if let (Some(timeout), Some(interval)) = (settings.timeout_seconds, settings.interval_seconds)
        && timeout >= interval
    {
        let message = format!("a check of {timeout} s doesn't end before the next begins after {interval} s");
        let help = "make `timeout_seconds` smaller than `interval_seconds`";
        findings.error(code::HEALTH_CHECK, &key("timeout_seconds"), message, help);
    }
    if let Some(path) = &settings.path
        && (!path.starts_with('/') || path.contains(char::is_whitespace) || path.len() > 1024)
    {
        findings.format(&key("path"), path, "a path from `/` on", "write it as in /health");
    }
    if let Some(matcher) = &settings.matcher
        && !is_matcher(matcher)
    {
        findings.format(
            &key("matcher"),
            matcher,
            "status codes",
            "write 200, 200,302 or 200-399; 200 to 499",
        );
    }
}

/// Whether a text is codes and ranges of them, `200,300-399`.
fn is_matcher(text: &str) -> bool {
    let code =
        |text: &str| text.parse::<u16>().ok().filter(|code| text.len() == 3 && (200..=499).contains(code));
    text.split(',').all(|part| match part.split_once('-') {
        Some((first, last)) => code(first).is_some_and(|first| code(last).is_some_and(|last| first <= last)),
        None => code(part).is_some(),
    })
}

/// What the containers of one task ask of each other.
///
/// Source: Amazon ECS API Reference, `ContainerDefinition` and `ContainerDependency`.
fn check_task(findings: &mut Findings<'_>, service: &str, components: &[Component]) {
    let config = findings.config;
    let settings = |component: &Component| config.components.get(component);
    let is_essential =
        |component: &Component| settings(component).and_then(|one| one.essential).unwrap_or(true);
    if let Some(first) = components.first()
        && !components.iter().any(is_essential)
    {
        let message = format!("no container of the service `{service}` is essential");
        let help = "a task ends with its essential containers; leave one so";
        findings.error(code::DEPENDS_ON, &at(&["components", first.as_str(), "essential"]), message, help);
    }
    for component in components {
        let name = component.as_str();
        for (other, condition) in settings(component).into_iter().flat_map(|one| &one.depends_on) {
            let pointer = at(&["components", name, "depends_on", other.as_str()]);
            let other_name = other.as_str();
            let (message, help) = if other == component {
                (format!("`{name}` waits for itself"), "remove it".to_owned())
            } else if !components.contains(other) {
                (
                    format!("`{name}` waits for `{other_name}`, which isn't in its task"),
                    format!("place both in one service, or remove it; `{name}` is in `{service}`"),
                )
            } else if matches!(condition, DependencyCondition::Complete | DependencyCondition::Success)
                && is_essential(other)
            {
                (
                    format!("`{name}` waits for `{other_name}` to end, but its end would end the task"),
                    format!("set `components.{other_name}.essential: false`, or wait for START or HEALTHY"),
                )
            } else if *condition == DependencyCondition::Healthy
                && settings(other).is_some_and(|one| one.health_check == Some(None))
            {
                (
                    format!("`{name}` waits for `{other_name}` to be healthy, but its check is off"),
                    format!("remove `components.{other_name}.health_check: null`, or wait for START"),
                )
            } else {
                continue;
            };
            findings.error(code::DEPENDS_ON, &pointer, message, help);
        }
    }
    if let Some(circle) = circle(components, &|component| settings(&component)) {
        let path = circle
            .iter()
            .map(|component| format!("`{}`", component.as_str()))
            .collect::<Vec<_>>()
            .join(" → ");
        let pointer = at(&["components", circle[0].as_str(), "depends_on"]);
        findings.error(
            code::DEPENDS_ON,
            &pointer,
            format!("containers wait in a circle: {path}"),
            "remove one of them",
        );
    }
}

/// A circle of two or more containers that wait for each other, the first repeated at the end.
fn circle<'a>(
    components: &[Component],
    settings: &impl Fn(Component) -> Option<&'a ComponentSettings>,
) -> Option<Vec<Component>> {
    // At most 9 containers: following each chain from each start is enough.
    for start in components {
        let mut path = vec![*start];
        if follow(&mut path, components, settings) {
            path.push(*start);
            return Some(path);
        }
    }
    None
}

/// Whether some chain goes on from the end of the path back to its beginning.
fn follow<'a>(
    path: &mut Vec<Component>,
    components: &[Component],
    settings: &impl Fn(Component) -> Option<&'a ComponentSettings>,
) -> bool {
    let (Some(first), Some(last)) = (path.first().copied(), path.last().copied()) else { return false };
    let waits_for =
        settings(last).map(|one| one.depends_on.keys().copied().collect::<Vec<_>>()).unwrap_or_default();
    for next in waits_for {
        if next == first && path.len() > 1 {
            return true;
        }
        if components.contains(&next) && !path.contains(&next) {
            path.push(next);
            if follow(path, components, settings) {
                return true;
            }
            path.pop();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes() {
        for good in ["200", "200,302", "200-399", "200,300-399"] {
            assert!(is_matcher(good), "{good}");
        }
        for bad in ["", "20", "200-", "399-200", "200,", "500", "+20", "200 302"] {
            assert!(!is_matcher(bad), "{bad}");
        }
    }
}
