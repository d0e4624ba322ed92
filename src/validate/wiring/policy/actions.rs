//! What actions there are, and what they are about.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// For each service its prefix on a line, then a line for each set of resources: their ARNs' forms, and the actions.
///
/// Source: cfn-lint's `AdditionalSpecs/Policies.json`, which is taken from the "Service Authorization Reference".
const ACTIONS: &str = include_str!("../../../../schemas/iam-actions.txt");

/// The actions of a service.
#[derive(Debug)]
pub(super) struct Service {
    /// Its lines.
    lines: &'static str,
    /// Its actions and their forms by name, once one was asked for.
    by_name: OnceLock<BTreeMap<&'static str, &'static str>>,
}

/// The services by their prefix.
fn services() -> &'static BTreeMap<&'static str, Service> {
    static SERVICES: OnceLock<BTreeMap<&'static str, Service>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let mut services = BTreeMap::new();
        let mut rest = ACTIONS;
        while let Some((prefix, after)) = rest.split_once('\n') {
            let bytes = after.as_bytes();
            // The next line that doesn't start with a tab is the next service.
            let starts = after.match_indices('\n').map(|(index, _)| index + 1);
            let end =
                starts.into_iter().find(|start| bytes.get(*start) != Some(&b'\t')).unwrap_or(after.len());
            services.insert(prefix, Service { lines: &after[..end], by_name: OnceLock::new() });
            rest = &after[end..];
        }
        services
    })
}

impl Service {
    /// The service with that prefix, in any case.
    pub(super) fn get(prefix: &str) -> Option<&'static Self> {
        services().get(prefix.to_lowercase().as_str())
    }

    /// The prefixes of all services.
    pub(super) fn prefixes() -> impl Iterator<Item = &'static str> {
        services().keys().copied()
    }

    /// Its actions in lower case, each with the forms of the ARNs that it can be about; `*` for everything.
    pub(super) fn actions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.lines.lines().filter_map(|line| line.trim_start().split_once('\t'));
        lines.flat_map(|(forms, actions)| actions.split(' ').map(move |action| (action, forms)))
    }

    /// The forms of the ARNs that an action can be about, if there is that action.
    pub(super) fn forms(&self, action: &str) -> Option<&'static str> {
        // The first of an action counts: `or_insert`, not `collect`.
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name = BTreeMap::new();
            for (action, forms) in self.actions() {
                by_name.entry(action).or_insert(forms);
            }
            by_name
        });
        by_name.get(action.to_lowercase().as_str()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_actions() {
        let s3 = Service::get("S3").unwrap();
        assert_eq!(s3.forms("GetObject"), Some("arn:*:s3:*:*:accesspoint/* arn:*:s3:::*/*"));
        assert_eq!(s3.forms("ListAllMyBuckets"), Some("*"));
        assert_eq!(s3.forms("GetObjekt"), None);
        assert!(Service::get("s4").is_none());
        assert!(Service::prefixes().count() > 400);
        assert!(Service::prefixes().all(|prefix| Service::get(prefix).unwrap().actions().next().is_some()));
    }
}
