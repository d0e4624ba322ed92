//! L005: IAM policies aren't too large, and not too many are attached.

use std::collections::BTreeMap;

use crate::cfn::Resource;
use crate::cfn::evaluate::{Data, Evaluated, Evaluator, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L005"),
    severity: Severity::Error,
    title: "IAM policies aren't too large",
    what: "The inline policies of a role have together at most 10,240 characters without blanks, those of a group 5,120, those \
           of a user 2,048, a managed policy 6,144. A role or user has at most 20 managed policies, 10 unless the quota was \
           raised, a group 10. What is unknown counts as nothing for an error, as an ARN for a warning.",
    why: "The stack fails: \"Maximum policy size of 10240 bytes exceeded\".",
    source: "AWS Identity and Access Management User Guide, \"IAM and AWS STS quotas\"",
    same_as: &[
        "cdk-preflight pf-iam-inline-policy-size",
        "cdk-preflight pf-iam-managed-policy-size",
        "cdk-preflight pf-iam-managed-policy-count",
    ],
};

/// Types with inline policies: how they are called, and the characters of these policies together.
const IDENTITIES: [(&str, &str, usize); 3] = [
    ("AWS::IAM::Role", "role", 10_240),
    ("AWS::IAM::Group", "group", 5_120),
    ("AWS::IAM::User", "user", 2_048),
];
/// Characters of a managed policy.
const MOST_MANAGED: usize = 6_144;
/// Managed policies of a role or user, and as many in a fresh account, which is also what a group has.
const MOST_ATTACHED: (usize, usize) = (20, 10);
/// Characters that something unknown is taken for in an estimate: those of an ARN.
const ARN: usize = 90;

/// The fewest characters of a document, and a likely number.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    least: usize,
    likely: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.least += other.least;
        self.likely += other.likely;
    }
}

/// The size of a value as JSON without blanks.
fn size(value: &Evaluated<'_>) -> Size {
    let known = |length: usize| Size { least: length, likely: length };
    match &value.data {
        Data::Text(text) => known(text.chars().filter(|c| !c.is_whitespace()).count() + 2),
        Data::Null => known(4),
        Data::Bool(_) | Data::Number(_) => known(value.text().map_or(0, |text| text.len())),
        Data::List(items) => {
            let mut size = known(1 + items.len().max(1));
            for item in items.iter() {
                size.add(self::size(item));
            }
            size
        }
        Data::Object(members) => {
            let mut size = known(1 + members.len().max(1));
            for (key, member) in members.iter() {
                size.add(known(key.len() + 3));
                size.add(self::size(member));
            }
            size
        }
        Data::Unknown(unknown) => unknown_size(unknown),
    }
}

fn unknown_size(unknown: &Unknown<'_>) -> Size {
    let Origin::Text(pieces) = &unknown.origin else { return Size { least: 2, likely: ARN + 2 } };
    let mut size = Size { least: 2, likely: 2 };
    for piece in pieces {
        match piece {
            Piece::Text(text) => size.add(Size { least: text.len(), likely: text.len() }),
            Piece::Unknown(unknown) => {
                let likely =
                    if matches!(unknown.origin, Origin::Pseudo(_) | Origin::Parameter(_)) { 14 } else { ARN };
                size.add(Size { least: 0, likely });
            }
        }
    }
    size
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    // The inline policies that are resources of their own, by the role that they name.
    let mut inline: BTreeMap<&str, Size> = BTreeMap::new();
    let documents =
        |properties: &Evaluated<'_>| properties.get("PolicyDocument").map(size).unwrap_or_default();
    for (id, resource) in &context.template.resources {
        match resource.type_name.as_str() {
            "AWS::IAM::Policy"
            | "AWS::IAM::RolePolicy"
            | "AWS::IAM::GroupPolicy"
            | "AWS::IAM::UserPolicy" => {
                let size = largest(&evaluated(context, id, resource), documents);
                let many = ["Roles", "Groups", "Users"].into_iter();
                let many = many.filter_map(|list| resource.properties.get(list)?.as_array()).flatten();
                let one = ["RoleName", "GroupName", "UserName"].into_iter();
                let one = one.filter_map(|name| resource.properties.get(name));
                let names = many.chain(one).filter_map(|of| of["Ref"].as_str());
                names.for_each(|name| inline.entry(name).or_default().add(size));
            }
            "AWS::IAM::ManagedPolicy" => {
                let size = largest(&evaluated(context, id, resource), documents);
                tell(context, id, "the policy", size, MOST_MANAGED, findings);
            }
            _ => {}
        }
    }
    for (id, resource) in &context.template.resources {
        let identity = IDENTITIES.iter().find(|(type_name, ..)| *type_name == resource.type_name);
        let Some((_, called, most_inline)) = identity else { continue };
        let evaluated = evaluated(context, id, resource);
        let mut size = largest(&evaluated, |properties| {
            let policies = properties.get("Policies").map(Evaluated::items).unwrap_or_default();
            let mut size = Size::default();
            policies
                .iter()
                .filter_map(|policy| policy.get("PolicyDocument"))
                .for_each(|document| size.add(self::size(document)));
            size
        });
        size.add(inline.get(id.as_str()).copied().unwrap_or_default());
        tell(context, id, &format!("the {called}'s inline policies"), size, *most_inline, findings);
        let attached = largest(&evaluated, |properties| {
            let count = properties.get("ManagedPolicyArns").map_or(0, |arns| arns.items().len());
            Size { least: count, likely: count }
        });
        if attached.least > MOST_ATTACHED.1 {
            let owner = Owner::Resource { id, resource };
            let message =
                format!("{} managed policies, at most {} are allowed", attached.least, MOST_ATTACHED.1);
            let mut finding = RULE.at(owner, owner.pointer() + "/Properties/ManagedPolicyArns", message);
            if attached.least <= MOST_ATTACHED.0 && *called != "group" {
                finding.severity = Severity::Warning;
                finding.help = Some(format!("the quota can be raised to {}", MOST_ATTACHED.0));
            }
            findings.push(finding);
        }
    }
}

/// The properties of a resource in each combination in which it exists.
fn evaluated<'t>(context: &Context<'t>, id: &'t str, resource: &'t Resource) -> Vec<Evaluated<'t>> {
    let all = context.scenarios_of(resource);
    let here = all.list.iter().filter(|scenario| Evaluator::exists(resource, scenario) != Some(false));
    here.map(|scenario| context.properties_in(id, resource, &all, scenario)).collect()
}

fn largest<'t>(all: &[Evaluated<'t>], measure: impl Fn(&Evaluated<'t>) -> Size) -> Size {
    all.iter().map(measure).max_by_key(|size| size.likely).unwrap_or_default()
}

fn tell(
    context: &Context<'_>,
    id: &str,
    what: &str,
    size: Size,
    most: usize,
    findings: &mut Vec<Diagnostic>,
) {
    let Some((id, resource)) = context.template.resources.get_key_value(id) else { return };
    let owner = Owner::Resource { id, resource };
    let (severity, count, how) = if size.least > most {
        (Severity::Error, size.least, "has at least")
    } else if size.likely > most {
        (Severity::Warning, size.likely, "has about")
    } else {
        return;
    };
    let how = if what.ends_with('s') { how.replace("has", "have") } else { how.to_owned() };
    let mut finding = RULE.at(
        owner,
        owner.pointer() + "/Properties",
        format!("{what} {how} {count} characters, at most {most} are allowed"),
    );
    finding.severity = severity;
    findings.push(finding.help("take several actions into one statement, or divide the policy"));
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON is written on the spot")]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::cfn::evaluate::Scenario;

    use super::*;
    use crate::validate::testing::{found, none, resource};

    fn document(statements: usize, resource: &Json) -> Json {
        let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource});
        json!({"Version": "2012-10-17", "Statement": vec![statement; statements]})
    }

    fn role(policies: Json) -> Json {
        json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, "Policies": policies}})
    }

    #[test]
    fn inline_policies_add_up_also_those_of_their_own() {
        let known = json!("arn:aws:s3:::bucket/*");
        let inline = json!([{"PolicyName": "a", "PolicyDocument": document(90, &known)}]);
        none("L005", json!({"Resources": {"Role": role(inline.clone())}}));
        let other = json!({"Type": "AWS::IAM::Policy", "Properties": {
            "PolicyName": "b", "Roles": [{"Ref": "Role"}], "PolicyDocument": document(60, &known)}});
        let found = found("L005", json!({"Resources": {"Role": role(inline), "Other": other}}));
        assert_eq!(found[0].severity, Severity::Error);
        assert!(
            found[0].message.starts_with("the role's inline policies have at least 1"),
            "{}",
            found[0].message
        );
        assert_eq!(found[0].logical_id.as_deref(), Some("Role"));
    }

    #[test]
    fn users_and_groups_have_less_room() {
        let known = json!("arn:aws:s3:::bucket/*");
        let with = |type_name: &str, statements: usize| {
            let inline = json!([{"PolicyName": "a", "PolicyDocument": document(statements, &known)}]);
            found("L005", resource(type_name, json!({"Policies": inline})))
        };
        for (type_name, fits, too_many) in
            [("AWS::IAM::User", 20, 40), ("AWS::IAM::Group", 50, 80), ("AWS::IAM::Role", 100, 170)]
        {
            assert_eq!(with(type_name, fits), [], "{type_name}");
            let told = with(type_name, too_many);
            assert!(told.len() == 1 && told[0].severity == Severity::Error, "{type_name} {told:#?}");
        }
        let attached = vec![json!("arn:aws:iam::aws:policy/ReadOnlyAccess"); 11];
        let told = found("L005", resource("AWS::IAM::Group", json!({"ManagedPolicyArns": attached})));
        assert_eq!(told[0].severity, Severity::Error);
    }

    #[test]
    fn what_is_unknown_is_estimated() {
        let unknown = json!({"Fn::GetAtt": ["Bucket", "Arn"]});
        let policy = json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document(45, &unknown)}});
        let found =
            found("L005", json!({"Resources": {"Policy": policy, "Bucket": {"Type": "AWS::S3::Bucket"}}}));
        assert_eq!(found[0].severity, Severity::Warning);
        assert!(found[0].message.starts_with("the policy has about "), "{}", found[0].message);
    }

    #[test]
    fn sizes_are_those_of_the_text() {
        let template =
            crate::validate::testing::template(json!({"Outputs": {"It": document(2, &json!("a"))}}));
        let options = crate::validate::Options::default();
        let context = Context::new(&template, &options);
        let value = context.evaluator.evaluate(&template.outputs["It"], &Scenario::default()).value.unwrap();
        assert_eq!(size(&value).least, template.outputs["It"].to_string().len());
    }
}
