//! Services, their task definitions, and the containers in them.

use std::borrow::Cow;

use crate::cfn::evaluate::Evaluated;

use super::{Item, View};

/// A service with its task definition.
pub(in crate::validate) struct Service<'v, 't> {
    pub(in crate::validate) item: &'v Item<'t>,
    /// The task definition, if it is in the template.
    pub(in crate::validate) task: Option<&'v Item<'t>>,
}

/// The services of a template.
pub(in crate::validate) fn services<'v, 't>(view: &'v View<'_, 't>) -> impl Iterator<Item = Service<'v, 't>> {
    view.of("AWS::ECS::Service").map(|item| Service {
        item,
        task: view.target_of(item.get("TaskDefinition"), "AWS::ECS::TaskDefinition"),
    })
}

/// The task definitions of a template.
pub(in crate::validate) fn tasks<'v, 't>(view: &'v View<'_, 't>) -> impl Iterator<Item = &'v Item<'t>> {
    view.of("AWS::ECS::TaskDefinition")
}

impl<'v, 't> Service<'v, 't> {
    /// The security groups of its tasks; `None` if they aren't known.
    pub(in crate::validate) fn groups(&self) -> Option<&'v [Evaluated<'t>]> {
        known_list(self.item.get("NetworkConfiguration.AwsvpcConfiguration.SecurityGroups"))
    }

    /// The subnets of its tasks; empty if they aren't known.
    pub(in crate::validate) fn subnets(&self) -> &'v [Evaluated<'t>] {
        self.item.items("NetworkConfiguration.AwsvpcConfiguration.Subnets")
    }

    /// Whether its tasks surely run on Fargate.
    pub(in crate::validate) fn is_fargate(&self) -> bool {
        let provider = |strategy: &Evaluated<'_>| {
            strategy
                .get("CapacityProvider")
                .and_then(Evaluated::text)
                .is_some_and(|name| name.starts_with("FARGATE"))
        };
        self.item.text("LaunchType").as_deref() == Some("FARGATE")
            || self.item.items("CapacityProviderStrategy").iter().any(provider)
            || self.task.is_some_and(is_fargate)
    }

    /// Whether its tasks have a network interface of their own.
    pub(in crate::validate) fn is_awsvpc(&self) -> bool {
        self.is_fargate() || self.task.is_some_and(is_awsvpc)
    }
}

/// Whether the task definition asks for Fargate.
pub(in crate::validate) fn is_fargate(task: &Item<'_>) -> bool {
    task.items("RequiresCompatibilities").iter().any(|value| value.text().as_deref() == Some("FARGATE"))
}

/// Whether tasks have a network interface of their own.
pub(in crate::validate) fn is_awsvpc(task: &Item<'_>) -> bool {
    is_fargate(task) || task.text("NetworkMode").as_deref() == Some("awsvpc")
}

/// The containers of a task definition.
pub(in crate::validate) fn containers<'v, 't>(task: &'v Item<'t>) -> &'v [Evaluated<'t>] {
    task.items("ContainerDefinitions")
}

/// A container's name, for messages and comparisons.
pub(in crate::validate) fn name<'v>(container: &'v Evaluated<'_>) -> Option<Cow<'v, str>> {
    container.get("Name")?.text()
}

/// A container's name in a message.
pub(in crate::validate) fn shown_name(container: &Evaluated<'_>) -> String {
    name(container).map_or_else(|| "a container".to_owned(), |name| format!("the container `{name}`"))
}

/// The members `Name` and `Value` of a container's environment.
pub(in crate::validate) fn environment<'v, 't>(
    container: &'v Evaluated<'t>,
) -> impl Iterator<Item = (Cow<'v, str>, &'v Evaluated<'t>)> {
    pairs(container, "Environment", "Value")
}

/// The members `Name` and `ValueFrom` of a container's secrets.
pub(in crate::validate) fn secrets<'v, 't>(
    container: &'v Evaluated<'t>,
) -> impl Iterator<Item = (Cow<'v, str>, &'v Evaluated<'t>)> {
    pairs(container, "Secrets", "ValueFrom")
}

/// The value of an environment variable.
pub(in crate::validate) fn variable<'v, 't>(
    container: &'v Evaluated<'t>,
    name: &str,
) -> Option<&'v Evaluated<'t>> {
    value_of(container, "Environment", name, "Value")
}

/// The `ValueFrom` of a secret that a container is given under that name.
pub(in crate::validate) fn secret_variable<'v, 't>(
    container: &'v Evaluated<'t>,
    name: &str,
) -> Option<&'v Evaluated<'t>> {
    value_of(container, "Secrets", name, "ValueFrom")
}

/// Whether a container may have variables that its environment and secrets don't show: those of a file, and where one of
/// the two isn't known.
pub(in crate::validate) fn has_hidden_variables(container: &Evaluated<'_>) -> bool {
    let unclear = ["Environment", "Secrets"];
    container.get("EnvironmentFiles").is_some()
        || unclear.iter().any(|key| container.get(key).is_some_and(|value| value.unknown().is_some()))
}

/// The value of the first of [`pairs`] with that name.
fn value_of<'v, 't>(
    container: &'v Evaluated<'t>,
    list: &str,
    name: &str,
    value: &str,
) -> Option<&'v Evaluated<'t>> {
    let mut items = container.get(list)?.items().iter();
    items.find_map(|item| {
        let known = item.get("Name")?.text()?;
        if known == name { item.get(value) } else { None }
    })
}

fn pairs<'v, 't>(
    container: &'v Evaluated<'t>,
    list: &str,
    value: &'static str,
) -> impl Iterator<Item = (Cow<'v, str>, &'v Evaluated<'t>)> {
    let items = container.get(list).map_or(&[][..], Evaluated::items);
    items.iter().filter_map(move |item| Some((item.get("Name")?.text()?, item.get(value)?)))
}

/// The items of a list that is known; of one that isn't there, none.
pub(in crate::validate) fn known_list<'v, 't>(
    value: Option<&'v Evaluated<'t>>,
) -> Option<&'v [Evaluated<'t>]> {
    match value {
        Some(value) if value.unknown().is_some() => None,
        Some(value) => Some(value.items()),
        None => Some(&[]),
    }
}
