//! Which path of the public address belongs to which component.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Component, DifyVersion};

/// A path prefix and the component behind it. The longest prefix that fits wins.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Route {
    /// The prefix. With a slash at its end the bare form isn't meant: `/e/` is not `/e`, and least of all
    /// `/explore`.
    pub path: String,
    /// What answers. Without a websocket component, its route belongs to the api.
    pub component: Component,
    /// The first version of Dify that has it.
    pub since: DifyVersion,
}

impl Route {
    /// Whether the prefix itself is a path, besides what lies under it.
    pub fn has_bare_form(&self) -> bool {
        !self.path.ends_with('/')
    }

    /// Whether everything that no other route takes comes here.
    pub fn is_default(&self) -> bool {
        self.path == "/"
    }
}

/// A path of a component that must not be reached from outside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PrivatePath {
    /// The prefix.
    pub path: String,
    /// What would answer.
    pub component: Component,
    /// What it gives away.
    pub why: String,
}

#[derive(Deserialize)]
struct File {
    public: Vec<Route>,
    private: Vec<PrivatePath>,
}

static FILE: LazyLock<File> = LazyLock::new(|| super::parse(include_str!("../../schemas/dify/routes.json")));

/// The public routes of a version of Dify, in the order of Dify's own table; the default is last.
pub fn routes(version: DifyVersion) -> impl Iterator<Item = &'static Route> {
    let version = version.max(super::oldest_described());
    FILE.public.iter().filter(move |route| route.since <= version)
}

/// The paths that no listener may send on.
pub fn private_paths() -> &'static [PrivatePath] {
    &FILE.private
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(version: &str) -> Vec<&'static str> {
        routes(DifyVersion::parse(version).unwrap()).map(|route| route.path.as_str()).collect()
    }

    #[test]
    fn a_version_has_the_routes_of_its_time() {
        assert_eq!(paths("0.7.3"), ["/console/api", "/api", "/v1", "/files", "/"]);
        assert_eq!(paths("0.1.0"), paths("0.7.3"));
        assert!(paths("1.4.3").contains(&"/e/"));
        assert!(!paths("1.4.3").contains(&"/triggers"));
        assert_eq!(paths("1.17.1").len(), 11);
    }

    #[test]
    fn a_prefix_with_a_slash_has_no_bare_form() {
        let bare: Vec<_> = routes(DifyVersion::new(1, 17, 1))
            .filter(|route| !route.has_bare_form())
            .map(|route| route.path.as_str())
            .collect();
        assert_eq!(bare, ["/socket.io/", "/e/", "/"]);
    }
}
