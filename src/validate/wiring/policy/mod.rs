//! Policy documents: their grammar, their actions and what these are about.

mod actions;
mod arn;
mod document;
pub(super) mod w150_document;
pub(super) mod w151_statement;
pub(super) mod w152_principal;
pub(super) mod w153_action;
pub(super) mod w154_resource;
pub(super) mod w155_condition;
pub(super) mod w156_known_action;
pub(super) mod w157_action_fits;
pub(super) mod w158_kinds;
