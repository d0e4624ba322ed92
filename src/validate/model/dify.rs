//! Which containers of a template are Dify's, by their images.

use std::borrow::Cow;

use crate::catalog::{Component, DifyVersion, Image};
use crate::cfn::evaluate::{Data, Evaluated, Origin, Piece, Unknown};

use super::ecs::{containers, has_hidden_variables, known_list, services, variable};
use super::{Item, View};

/// What of Dify a container runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    image: Image,
    /// `None` if it isn't known.
    version: Option<DifyVersion>,
    /// `None` if it isn't clear.
    component: Option<Component>,
}

impl Part {
    fn of(container: &Evaluated<'_>) -> Option<Self> {
        let (image, version) = find_image(container)?;
        Some(Self { image, version, component: find_component(container, image) })
    }
}

/// What of Dify a container of the task runs. Many rules ask: all containers of a task are looked at once.
fn part(task: &Item<'_>, container: &Evaluated<'_>) -> Option<Part> {
    let all = containers(task);
    let parts = task.of_dify.get_or_init(|| all.iter().map(Part::of).collect());
    let index = all.iter().position(|one| std::ptr::eq(one, container))?;
    *parts.get(index)?
}

/// The image of Dify that a container of the task runs, whatever registry it comes from, and its version where that is
/// known.
pub(in crate::validate) fn image(
    task: &Item<'_>,
    container: &Evaluated<'_>,
) -> Option<(Image, Option<DifyVersion>)> {
    part(task, container).map(|part| (part.image, part.version))
}

/// The component that a container of the task runs; `None` if that isn't clear.
pub(in crate::validate) fn component(task: &Item<'_>, container: &Evaluated<'_>) -> Option<Component> {
    part(task, container)?.component
}

fn find_image(container: &Evaluated<'_>) -> Option<(Image, Option<DifyVersion>)> {
    let value = container.get("Image")?;
    let text = match &value.data {
        Data::Unknown(Unknown { origin: Origin::Text(parts), .. }) => {
            let known = parts.iter().map(|part| match part {
                Piece::Text(text) => text.as_ref(),
                Piece::Unknown(_) => "?",
            });
            Cow::Owned(known.collect())
        }
        _ => value.text()?,
    };
    // Byte by byte these short texts are cut fastest.
    let text = until(&text, b'@').0;
    let last = text.bytes().rposition(|byte| byte == b'/').map_or(text, |slash| &text[slash + 1..]);
    let (name, tag) = until(last, b':');
    // Squid is anybody's.
    if !name.starts_with("dify-") {
        return None;
    }
    let is = |image: &Image| {
        let folder = image.repository().strip_suffix(name);
        image.as_str() == name && folder.is_some_and(|folder| folder.ends_with('/'))
    };
    Some((Image::ALL.into_iter().find(is)?, DifyVersion::parse(tag).ok()))
}

/// What stands before the first of these characters of ASCII, and behind it.
fn until(text: &str, character: u8) -> (&str, &str) {
    let end = text.bytes().position(|byte| byte == character);
    end.map_or((text, ""), |end| (&text[..end], &text[end + 1..]))
}

/// The words that a container is started by beside its image's own; `None` if they aren't known.
fn own_start(container: &Evaluated<'_>) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for key in ["EntryPoint", "Command"] {
        for word in known_list(container.get(key))? {
            words.push(word.text()?.into_owned());
        }
    }
    Some(words)
}

/// What starts each image; without what it is handed to, such as `/bin/bash`.
///
/// Source: the Dockerfiles of langgenius/dify, dify-plugin-daemon and dify-sandbox.
fn starters(image: Image) -> &'static [&'static str] {
    match image {
        Image::Api => &["/entrypoint.sh"],
        Image::Web => &["./entrypoint.sh", "/app/web/entrypoint.sh"],
        Image::PluginDaemon => &["/app/commandline migrate && exec /app/main", "/app/main"],
        Image::Sandbox => &["/entrypoint.sh", "/main"],
        _ => &[],
    }
}

/// What may stand before what starts an image, and changes no variable.
const HANDED_TO: [&str; 8] = ["/bin/bash", "bash", "/bin/sh", "sh", "-c", "/usr/bin/tini", "-g", "--"];

/// Whether a container starts as its image does: by itself, or by what the image is started by, written out.
fn starts_by_itself(container: &Evaluated<'_>, image: Image) -> bool {
    let Some(words) = own_start(container) else { return false };
    let mut words = words.iter().map(String::as_str).skip_while(|word| HANDED_TO.contains(word));
    match (words.next(), words.next()) {
        (None, _) => container.get("EntryPoint").is_none() && container.get("Command").is_none(),
        (Some(word), None) => starters(image).contains(&word),
        _ => false,
    }
}

/// Whether a container of Dify may have variables that its environment and secrets don't show: those of a file, or of a
/// command that isn't Dify's own.
pub(in crate::validate) fn has_other_variables(container: &Evaluated<'_>, image: Image) -> bool {
    has_hidden_variables(container) || !starts_by_itself(container, image)
}

fn find_component(container: &Evaluated<'_>, image: Image) -> Option<Component> {
    let mode = variable(container, "MODE");
    let mode = match mode {
        Some(mode) => Some(mode.text()?),
        // The image's own, unless it is told to do something else.
        None if image == Image::Api && starts_by_itself(container, image) => Some("api".into()),
        None => None,
    };
    let component = Component::ALL.into_iter().find(|component| {
        component.image() == image && component.mode().is_none_or(|known| mode.as_deref() == Some(known))
    })?;
    let is_for_sockets = component == Component::Api
        && variable(container, "SERVER_WORKER_CLASS")
            .and_then(Evaluated::text)
            .is_some_and(|class| class.starts_with("geventwebsocket"));
    Some(if is_for_sockets { Component::Websocket } else { component })
}

/// The containers of services that run something of Dify, with their services.
pub(in crate::validate) fn running<'v, 't>(
    view: &'v View<'_, 't>,
) -> impl Iterator<Item = (&'v Item<'t>, &'v Item<'t>, &'v Evaluated<'t>)> {
    services(view)
        .filter_map(|service| Some((service.item, service.task?)))
        .flat_map(|(service, task)| containers(task).iter().map(move |container| (service, task, container)))
}
