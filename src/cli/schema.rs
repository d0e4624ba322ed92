//! `dify-cfn schema`: the JSON Schema of `dify.yaml`.

use super::Exit;
use super::view::View;

pub(super) fn run(view: &mut View) -> Exit {
    view.text(&crate::config::schema::json());
    Exit::Success
}
