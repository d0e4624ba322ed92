//! Which containers of a template are Dify's, by their images.

use crate::catalog::{Component, DifyVersion, Image};
use crate::cfn::evaluate::{Evaluated, Piece};

use super::ecs::{services, variable};
use super::model::{Item, View, pieces};

/// The image of Dify that a container runs, whatever registry it comes from, and its version where that is known.
pub(super) fn image(container: &Evaluated<'_>) -> Option<(Image, Option<DifyVersion>)> {
    let text: String = pieces(container.get("Image")?)
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_ref(),
            Piece::Unknown(_) => "?",
        })
        .collect();
    let text = text.split('@').next()?;
    let last = text.rsplit('/').next()?;
    let (name, tag) = last.split_once(':').unwrap_or((last, ""));
    // Squid is anybody's.
    let image = Image::ALL.into_iter().find(|image| {
        image.as_str() == name
            && name.starts_with("dify-")
            && image.repository().ends_with(&format!("/{name}"))
    })?;
    Some((image, DifyVersion::parse(tag).ok()))
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
