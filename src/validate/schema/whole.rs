//! S016 and S017: what a type says about properties as a whole: read-only ones, deprecated ones.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;

use super::compact::{Schema, keyword};
use super::walk::Walk;

pub(super) static READ_ONLY: Rule = Rule {
    code: Code("S016"),
    severity: Severity::Error,
    title: "read-only properties aren't set",
    what: "What only the service gives, such as an ARN, isn't among a resource's properties.",
    why: "CloudFormation refuses the resource, or takes the value for drift: \"encountered read-only property\".",
    source: "CloudFormation registry schemas, `readOnlyProperties`",
    same_as: &["cfn-lint E3040"],
};

pub(super) static DEPRECATED: Rule = Rule {
    code: Code("S017"),
    severity: Severity::Note,
    title: "deprecated properties aren't used",
    what: "A property that the schema calls deprecated isn't set.",
    why: "It does nothing any more, or will be gone one day.",
    source: "CloudFormation registry schemas, `deprecatedProperties`",
    same_as: &[],
};

/// Looks for read-only and deprecated properties.
pub(super) fn check<'t>(walk: &mut Walk<'_, 't>, properties: &Evaluated<'t>) {
    let lists = [
        (const { keyword("readOnlyProperties") }, &READ_ONLY, "read-only"),
        (const { keyword("deprecatedProperties") }, &DEPRECATED, "deprecated"),
    ];
    for (list, rule, what) in lists {
        let pointers = walk.schema.root.argument(list).into_iter().flat_map(Schema::texts);
        for path in pointers.filter_map(|pointer| pointer.strip_prefix("/properties/")) {
            // Most are properties that nobody sets.
            if path.split('/').next().is_none_or(|first| first != "*" && properties.get(first).is_none()) {
                continue;
            }
            let parts: Vec<&str> = path.split('/').filter(|part| *part != "properties").collect();
            let mut found = Vec::new();
            descend(properties, &parts, &mut found);
            for value in found {
                walk.tell(rule, value, || {
                    format!("`{}` is {what}", parts.last().copied().unwrap_or_default())
                });
            }
        }
    }
}

/// Adds every value that the path leads to; `*` and `items` stand for a list's items.
fn descend<'v, 't>(value: &'v Evaluated<'t>, path: &[&str], found: &mut Vec<&'v Evaluated<'t>>) {
    match path.split_first() {
        None => found.push(value),
        Some((&("*" | "items"), rest)) => {
            for item in value.items() {
                descend(item, rest, found);
            }
        }
        Some((name, rest)) => {
            if let Some(member) = value.get(name) {
                descend(member, rest, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, resource};

    #[test]
    fn read_only_and_deprecated_properties_are_found() {
        let found_in = |code, properties| found(code, resource("AWS::RDS::DBInstance", properties));
        let read_only = found_in("S016", json!({"DbiResourceId": "x", "Engine": "postgres"}));
        assert_eq!(read_only[0].message, "`DbiResourceId` is read-only");
        assert_eq!(read_only[0].pointer.as_deref(), Some("/Resources/It/Properties/DbiResourceId"));
        assert_eq!(
            found_in("S017", json!({"TdeCredentialArn": "x"}))[0].message,
            "`TdeCredentialArn` is deprecated"
        );
        assert_eq!(found_in("S016", json!({"Engine": "postgres"})), []);
    }
}
