//! What actions there are, and what they are about.

use std::sync::OnceLock;

/// For each service its prefix on a line, then a line for each set of resources: their ARNs' forms, and the actions.
///
/// Source: cfn-lint's `AdditionalSpecs/Policies.json`, which is taken from the "Service Authorization Reference".
const ACTIONS: &str = include_str!("../../../../schemas/iam-actions.txt");

include!(concat!(env!("OUT_DIR"), "/actions.rs"));

/// The actions of a service and their forms, sorted by name.
type ByName = Vec<(&'static str, &'static str)>;

/// The actions of a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    /// Its lines.
    lines: &'static str,
    /// Its actions, once one was asked for.
    by_name: &'static OnceLock<ByName>,
}

impl Service {
    /// The service with that prefix, in any case.
    pub(super) fn get(prefix: &str) -> Option<Self> {
        static ASKED: [OnceLock<ByName>; SERVICES.len()] = [const { OnceLock::new() }; SERVICES.len()];
        let prefix = prefix.to_lowercase();
        let index = SERVICES.binary_search_by(|(known, ..)| (*known).cmp(prefix.as_str())).ok()?;
        let (_, start, end) = SERVICES[index];
        Some(Self { lines: &ACTIONS[start..end], by_name: &ASKED[index] })
    }

    /// The prefixes of all services.
    pub(super) fn prefixes() -> impl Iterator<Item = &'static str> {
        SERVICES.iter().map(|(prefix, ..)| *prefix)
    }

    /// Its actions in lower case, each with the forms of the ARNs that it can be about; `*` for everything.
    pub(super) fn actions(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.lines.lines().filter_map(|line| line.trim_start().split_once('\t'));
        lines.flat_map(|(forms, actions)| actions.split(' ').map(move |action| (action, forms)))
    }

    /// The forms of the ARNs that an action can be about, if there is that action.
    pub(super) fn forms(self, action: &str) -> Option<&'static str> {
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name: ByName = self.actions().collect();
            // The first of an action counts: they keep their order.
            by_name.sort_by_key(|(action, _)| *action);
            by_name.dedup_by_key(|(action, _)| *action);
            by_name
        });
        let action = action.to_lowercase();
        let index = by_name.binary_search_by(|(known, _)| (*known).cmp(action.as_str())).ok()?;
        by_name.get(index).map(|(_, forms)| *forms)
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
