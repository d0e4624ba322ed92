//! What is known of Dify's images, read from the data in `schemas/dify`: no AWS service in it.
//!
//! - [`Component`]: a part of Dify that runs as a container: its image, port, health checks, mode;
//! - [`Image`]: a container image: repository, user, architectures, defaults baked into it;
//! - [`routes`] and [`private_paths`]: which path of the public address belongs to which component;
//! - [`variable`], [`reads`], [`is_secret`]: which environment variable an image reads, and since when;
//! - [`sounds_secret`], [`is_possible_secret`], [`has_password`]: what is a secret whatever program reads it;
//! - [`equal_keys`]: values that several containers must be given alike;
//! - [`Feature`]: abilities that decide how Dify is deployed, and since when it has them;
//! - [`newest`], [`released_with`]: versions that belong together.
//!
//! The data is compiled in: the variables as tables, each other file parsed when it is first asked for. A test
//! proves that all of it parses and agrees with itself, which is why reading it can't fail at run time.
//! `schemas/dify/README.md` says where it comes from and how to refresh it.

mod component;
mod equal_key;
mod feature;
mod image;
mod route;
mod secrecy;
mod variable;
mod version;

#[cfg(test)]
mod consistency;

use serde::Deserialize;

pub use component::{Component, HealthPath, OtherPort, UnknownComponent};
pub use equal_key::{EqualKey, Holder, Kind, equal_key, equal_keys};
pub use feature::Feature;
pub use image::{Architecture, Image, VersionedWith};
pub use route::{PrivatePath, Route, private_paths, routes};
pub use secrecy::{has_password, is_possible_secret, sounds_secret};
pub use variable::{VariableStatus, is_secret, reads, variable, variables};
pub use version::{DifyVersion, InvalidVersion, Versions, newest, oldest_described, released_with};

/// Parses one of the compiled-in files.
#[expect(
    clippy::expect_used,
    reason = "the text is part of the program; `consistency` proves that it parses"
)]
fn parse<T: Deserialize<'static>>(text: &'static str) -> T {
    serde_json::from_str(text).expect("a file of schemas/dify fits its types")
}
