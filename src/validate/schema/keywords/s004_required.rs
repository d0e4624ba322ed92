//! S004: what is required is there. Keyword `required`; and `serviceRequires`, which the overlay adds.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Severity};
use crate::validate::options::Types;
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::Walk;

pub(super) static RULE: Rule = Rule {
    code: Code("S004"),
    severity: Severity::Error,
    title: "required properties are there",
    what: "Every object has the properties that its schema requires, in every combination of conditions.",
    why: "CloudFormation refuses the resource: \"required key not found\".",
    source: "CloudFormation registry schemas, `required`",
    same_as: &["cfn-lint E3003"],
};

pub(super) static SERVICE_RULE: Rule = Rule {
    code: Code("S020"),
    severity: Severity::Error,
    title: "what the service requires is there",
    what: "In our own templates every object has what the service requires although the schema doesn't. Other templates \
           aren't asked: some of it depends on how a resource is used.",
    why: "The service refuses the request when the resource is created.",
    source: "`schemas/overlay.json`, which names the source of each",
    same_as: &[],
};

fn missing<'t>(
    walk: &mut Walk<'_, 't>,
    names: Schema,
    value: &Evaluated<'t>,
    rule: &'static Rule,
) -> Verdict {
    let Data::Object(members) = &value.data else { return Verdict::Valid };
    let mut verdict = Verdict::Valid;
    for name in names.texts() {
        if !members.iter().any(|(member, _)| *member == name) {
            walk.tell(rule, value, || format!("`{name}` is required"));
            verdict = Verdict::Invalid;
        }
    }
    verdict
}

pub(super) fn check<'t>(walk: &mut Walk<'_, 't>, names: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    if value.unknown().is_some() { Verdict::Unknown } else { missing(walk, names, value, &RULE) }
}

pub(super) fn by_the_service<'t>(
    walk: &mut Walk<'_, 't>,
    names: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    if walk.types == Types::Strict { missing(walk, names, value, &SERVICE_RULE) } else { Verdict::Valid }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, found_with, resource};
    use crate::validate::{Options, Types};

    #[test]
    fn a_missing_property_is_found() {
        let found = found("S004", resource("AWS::EC2::Subnet", json!({"CidrBlock": "10.0.0.0/24"})));
        assert_eq!(found[0].message, "`VpcId` is required");
        assert_eq!(found[0].pointer.as_deref(), Some("/Resources/It/Properties"));
    }

    #[test]
    fn no_value_is_absence_in_the_combination_that_has_it() {
        let mut template = resource(
            "AWS::EC2::Subnet",
            json!({"CidrBlock": "10.0.0.0/24", "VpcId": {"Fn::If": ["HasVpc", {"Ref": "Vpc"}, {"Ref": "AWS::NoValue"}]}}),
        );
        template["Parameters"] = json!({"Vpc": {"Type": "String"}});
        template["Conditions"] = json!({"HasVpc": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Vpc"}, ""]}]}});
        assert_eq!(
            found("S004", template.clone())[0].message,
            "`VpcId` is required, where `HasVpc` is false"
        );
        // A condition that can't be false.
        template["Parameters"] = json!({"Vpc": {"Type": "AWS::EC2::VPC::Id"}});
        assert_eq!(found("S004", template), []);
    }

    #[test]
    fn what_the_service_requires_is_asked_of_our_own_only() {
        let template = resource("AWS::ECS::TaskDefinition", json!({}));
        assert_eq!(found("S020", template.clone()), []);
        let strict = Options { types: Types::Strict, ..Options::default() };
        assert_eq!(found_with("S020", template, &strict)[0].message, "`ContainerDefinitions` is required");
    }
}
