//! W167: ARNs name their partition by the pseudo parameter.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W167"),
    severity: Severity::Note,
    title: "ARNs take the partition of the stack",
    what: "An ARN in a template of others that is written out says `${AWS::Partition}` and not `aws`. Where the region is known, so is the partition, and nothing is told.",
    why: "The template works in one partition only, not in China or the government regions.",
    source: "AWS CloudFormation Template Reference, \"Pseudo parameters reference\"",
    same_as: &["cfn-lint I3042"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    // Our own templates are written for a region, and so is one that is checked for one.
    let context = view.context;
    if !context.is_foreign() || context.options.region.is_some() {
        return;
    }
    for item in view.items() {
        look(item, &item.properties, findings);
    }
}

fn look<'t>(item: &Item<'t>, value: &Evaluated<'t>, findings: &mut Vec<Diagnostic>) {
    match &value.data {
        Data::List(items) => items.iter().for_each(|inner| look(item, inner, findings)),
        Data::Object(members) => members.iter().for_each(|(_, inner)| look(item, inner, findings)),
        _ => {
            let literal = value.source.as_str().or_else(|| {
                let text = value.source.get("Fn::Sub")?;
                text.as_str().or_else(|| text.get(0)?.as_str())
            });
            let partitions = ["arn:aws:", "arn:aws-cn:", "arn:aws-us-gov:"];
            if let Some(partition) =
                partitions.iter().find(|partition| literal.is_some_and(|text| text.starts_with(**partition)))
            {
                let message = format!("`{partition}` is of one partition: the template works nowhere else");
                findings.push(
                    item.finding_at(&RULE, value, message)
                        .help("write `arn:${AWS::Partition}:` in a `Fn::Sub`"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found_with, resource};
    use crate::validate::{Options, Types};

    fn in_region(arn: &Json, region: Option<&str>) -> usize {
        let options = Options { types: Types::Lax, region: region.map(str::to_owned), ..Options::default() };
        found_with("W167", resource("AWS::IAM::Role", json!({"ManagedPolicyArns": [arn]})), &options).len()
    }

    fn count(arn: &Json) -> usize {
        in_region(arn, None)
    }

    #[test]
    fn a_partition_in_so_many_words_is_noted() {
        assert_eq!(count(&json!("arn:aws:iam::aws:policy/ReadOnlyAccess")), 1);
        assert_eq!(count(&json!({"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:policy/Own"})), 1);
        assert_eq!(count(&json!({"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"})), 0);
        assert_eq!(count(&json!({"Ref": "AWS::StackName"})), 0);
        assert_eq!(in_region(&json!("arn:aws:iam::aws:policy/ReadOnlyAccess"), Some("us-east-1")), 0);
    }
}
