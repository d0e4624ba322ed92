//! Records of Route 53: each a resource, or several in a group.

use std::borrow::Cow;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::Diagnostic;
use crate::validate::Rule;

use super::model::{Item, View};

/// A record, in a resource of its own or in a `RecordSetGroup`.
pub(super) struct Record<'v, 't> {
    item: &'v Item<'t>,
    /// The item of the group's list, where it is in one.
    entry: Option<&'v Evaluated<'t>>,
}

const GROUP: &str = "AWS::Route53::RecordSetGroup";

/// The records of a template.
pub(super) fn records<'v, 't>(view: &'v View<'_, 't>) -> Vec<Record<'v, 't>> {
    let alone = view.of("AWS::Route53::RecordSet").map(|item| Record { item, entry: None });
    let grouped = view.of(GROUP).flat_map(|item| {
        item.items("RecordSets").iter().map(move |entry| Record { item, entry: Some(entry) })
    });
    alone.chain(grouped).collect()
}

/// Whether there are groups of which not all records are known.
pub(super) fn has_unknown(view: &View<'_, '_>) -> bool {
    view.of(GROUP).any(|group| {
        group.is_unknown("RecordSets")
            || group.items("RecordSets").iter().any(|entry| entry.unknown().is_some())
    })
}

impl<'v, 't> Record<'v, 't> {
    /// The value at a path of members with dots between. The zone of a group is that of its records.
    pub(super) fn get(&self, path: &str) -> Option<&'v Evaluated<'t>> {
        let Some(entry) = self.entry else { return self.item.get(path) };
        let own = path.split('.').try_fold(entry, |value, key| value.get(key));
        let is_zone = |key: &str| matches!(key, "HostedZoneId" | "HostedZoneName");
        let has_zone = || entry.get("HostedZoneId").or_else(|| entry.get("HostedZoneName")).is_some();
        if own.is_none() && is_zone(path) && !has_zone() { self.item.get(path) } else { own }
    }

    /// The known text of a property.
    pub(super) fn text(&self, path: &str) -> Option<Cow<'v, str>> {
        self.get(path)?.text()
    }

    /// A list's items, none if it isn't there or isn't known.
    pub(super) fn items(&self, path: &str) -> &'v [Evaluated<'t>] {
        self.get(path).map_or(&[], Evaluated::items)
    }

    /// A finding about a value in the record.
    pub(super) fn finding_at(
        &self,
        rule: &Rule,
        value: &Evaluated<'t>,
        message: impl Into<String>,
    ) -> Diagnostic {
        self.item.finding_at(rule, value, message)
    }

    /// A finding about a property, about the record if the property isn't there.
    pub(super) fn finding_of(&self, rule: &Rule, path: &str, message: impl Into<String>) -> Diagnostic {
        match self.get(path).or(self.entry) {
            Some(value) => self.finding_at(rule, value, message),
            None => self.item.finding(rule, message),
        }
    }
}
