//! The rules of web ACLs, and the statements in them.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::validate::wiring::model::{Item, View};

/// The web ACLs and rule groups of a template.
pub(super) fn containers<'v, 't>(view: &'v View<'_, 't>) -> impl Iterator<Item = &'v Item<'t>> {
    view.of("AWS::WAFv2::WebACL").chain(view.of("AWS::WAFv2::RuleGroup"))
}

/// A statement of a rule, at any depth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'v, 't> {
    /// The object with the kind of the statement as its key.
    pub(super) value: &'v Evaluated<'t>,
    /// Whether it is in another one.
    pub(super) is_nested: bool,
}

/// Every statement of a web ACL or a rule group.
pub(super) fn statements<'v, 't>(item: &'v Item<'t>) -> Vec<Statement<'v, 't>> {
    let mut found = Vec::new();
    let tops = item.items("Rules").iter().filter_map(|rule| rule.get("Statement"));
    let mut open: Vec<_> = tops.map(|value| Statement { value, is_nested: false }).collect();
    while let Some(statement) = open.pop() {
        found.push(statement);
        open.extend(inner(statement.value).into_iter().map(|value| Statement { value, is_nested: true }));
    }
    found
}

/// The statements right in one.
fn inner<'v, 't>(statement: &'v Evaluated<'t>) -> Vec<&'v Evaluated<'t>> {
    let several =
        ["AndStatement", "OrStatement"].iter().filter_map(|kind| statement.at(&[kind, "Statements"]));
    let single = [
        ["NotStatement", "Statement"],
        ["RateBasedStatement", "ScopeDownStatement"],
        ["ManagedRuleGroupStatement", "ScopeDownStatement"],
    ];
    several.flat_map(Evaluated::items).chain(single.iter().filter_map(|path| statement.at(path))).collect()
}

impl<'v, 't> Statement<'v, 't> {
    /// The kinds that it names, each with what stands there: one, in a good statement.
    pub(super) fn kinds(&self) -> &'v [(&'t str, Evaluated<'t>)] {
        members(self.value)
    }

    /// What stands under a kind, if it is of that kind.
    pub(super) fn body(&self, kind: &str) -> Option<&'v Evaluated<'t>> {
        self.value.get(kind)
    }
}

/// The members of an object, none of anything else.
pub(super) fn members<'v, 't>(value: &'v Evaluated<'t>) -> &'v [(&'t str, Evaluated<'t>)] {
    if let Data::Object(members) = &value.data { members } else { &[] }
}

/// The kinds that look at a part of the request.
pub(super) const MATCHES: [&str; 6] = [
    "ByteMatchStatement",
    "RegexMatchStatement",
    "RegexPatternSetReferenceStatement",
    "SizeConstraintStatement",
    "SqliMatchStatement",
    "XssMatchStatement",
];

/// The kinds that name another resource of WAF, and that resource's type and its part of the ARN.
pub(super) const REFERENCES: [(&str, &str, &str); 3] = [
    ("IPSetReferenceStatement", "AWS::WAFv2::IPSet", "ipset"),
    ("RegexPatternSetReferenceStatement", "AWS::WAFv2::RegexPatternSet", "regexpatternset"),
    ("RuleGroupReferenceStatement", "AWS::WAFv2::RuleGroup", "rulegroup"),
];

#[cfg(test)]
pub(super) mod testing {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    /// A rule with a statement, changed.
    pub(in super::super) fn rule(statement: &Json, more: &Json) -> Json {
        let visibility =
            json!({"CloudWatchMetricsEnabled": true, "MetricName": "m", "SampledRequestsEnabled": true});
        let mut rule = json!({"Name": "r", "Priority": 0, "Action": {"Block": {}}, "Statement": statement, "VisibilityConfig": visibility});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        rule
    }

    /// A web ACL with these rules, changed.
    pub(in super::super) fn acl(rules: &Json, more: &Json) -> Json {
        let visibility =
            json!({"CloudWatchMetricsEnabled": true, "MetricName": "m", "SampledRequestsEnabled": true});
        let mut acl = json!({"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": visibility, "Rules": rules});
        acl.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        acl
    }

    /// The messages of a rule for a web ACL.
    pub(in super::super) fn messages(code: &str, acl: &Json) -> Vec<String> {
        let template = json!({"Resources": {"Acl": {"Type": "AWS::WAFv2::WebACL", "Properties": acl}}});
        found(code, template).into_iter().map(|finding| finding.message).collect()
    }

    /// The messages of a rule for a web ACL with one rule with this statement.
    pub(in super::super) fn of(code: &str, statement: &Json) -> Vec<String> {
        messages(code, &acl(&json!([rule(statement, &json!({}))]), &json!({})))
    }
}
