//! Which containers of a template are Dify's, by their images.

use std::borrow::Cow;

use crate::catalog::{Component, DifyVersion, Image};
use crate::cfn::evaluate::{Data, Evaluated, Origin, Piece, Unknown};

use super::ecs::{services, variable};
use super::model::{Item, View};

/// The image of Dify that a container runs, whatever registry it comes from, and its version where that is known.
pub(super) fn image(container: &Evaluated<'_>) -> Option<(Image, Option<DifyVersion>)> {
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
    // Many rules ask this of every container: byte by byte these short texts are cut fastest.
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

fn has_own_command(container: &Evaluated<'_>) -> bool {
    container.get("EntryPoint").is_some() || container.get("Command").is_some()
}

/// The component that a container runs; `None` if that isn't clear.
pub(super) fn component(container: &Evaluated<'_>) -> Option<Component> {
    let (image, _) = image(container)?;
    let mode = variable(container, "MODE");
    let mode = match mode {
        Some(mode) => Some(mode.text()?),
        // The image's own, unless it is told to do something else.
        None if image == Image::Api && !has_own_command(container) => Some("api".into()),
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
pub(super) fn running<'v, 't>(
    view: &'v View<'_, 't>,
) -> impl Iterator<Item = (&'v Item<'t>, &'v Item<'t>, &'v Evaluated<'t>)> {
    services(view).filter_map(|service| Some((service.item, service.task?))).flat_map(|(service, task)| {
        super::ecs::containers(task).iter().map(move |container| (service, task, container))
    })
}
