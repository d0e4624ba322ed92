//! What is known of a request under the condition keys: those of a role's calls, and of ECS where it takes a role on.

use crate::cfn::evaluate::{Evaluated, Origin};

use super::condition::{Fact, holds};
use super::permission::{Arn, Role, Token};
use super::{Answer, View};

impl<'t> Role<'_, 't> {
    /// What a request of the role has under a condition key; the tasks' agents and the SDKs call by HTTPS, with the
    /// role's credentials.
    pub(super) fn fact(&self, key: &str, service: Option<&str>, action: &str, arn: &Arn<'_, 't>) -> Fact<'t> {
        let truth = |holds: bool| Fact::text(if holds { "true" } else { "false" });
        let own = action.split(':').next().unwrap_or_default();
        let region = self.view.context.options.region.as_deref();
        match key {
            // They are in calls that a service makes as itself.
            "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths"
            // That is of users.
            | "aws:username" => Fact::Absent,
            "aws:principaltype" => Fact::text("AssumedRole"),
            "aws:principalisawsservice" => truth(false),
            "aws:principalaccount" => Fact::pseudo("AWS::AccountId", None),
            "aws:principalarn" => {
                Fact::Is(vec![Token::Value(Origin::Attribute(self.item.id, "Arn".into()))])
            }
            "aws:viaawsservice" => truth(service.is_some()),
            // The endpoint of an object store may be set to anything.
            "aws:securetransport" if own != "s3" => truth(true),
            "aws:requestedregion" if own != "s3" && arn.owner.is_some() => Fact::pseudo("AWS::Region", region),
            "kms:viaservice" if own == "kms" => match service {
                // The domain at its end is another in other partitions.
                Some(service) if arn.owner.is_some() => {
                    let mut text: Vec<_> = format!("{service}.").chars().map(Token::Char).collect();
                    text.extend(Fact::pseudo("AWS::Region", region).tokens());
                    text.extend([Token::Char('.'), Token::Any]);
                    Fact::Is(text)
                }
                Some(_) => Fact::Unknown,
                None => Fact::Absent,
            },
            _ => match key.split_once(':') {
                Some(("aws", tag)) => match tag.strip_prefix("resourcetag/") {
                    Some(tag) if matches!(own, "secretsmanager" | "kms") => self.tag(arn, tag),
                    _ => Fact::Unknown,
                },
                // The keys of one service aren't in requests to another.
                Some((prefix, _)) if KEYS_OF_ONE_SERVICE.contains(&prefix) && prefix != own => Fact::Absent,
                _ => Fact::Unknown,
            },
        }
    }

    /// The tag of a resource of the template. One that isn't written there may come from the stack.
    fn tag(&self, arn: &Arn<'_, 't>, tag: &str) -> Fact<'t> {
        let item = arn.owner.and_then(|id| self.view.get(id));
        let tags = item.map_or(&[][..], |item| item.items("Tags"));
        let is_key = |one: &&Evaluated<'t>| {
            one.get("Key").and_then(Evaluated::text).is_some_and(|key| key.to_lowercase() == tag)
        };
        let value = tags.iter().find(is_key).and_then(|one| one.get("Value"));
        value.map_or(Fact::Unknown, Fact::of_value)
    }
}

/// Whether the condition of a trust policy holds where ECS takes on a role for a task of the stack. It gives no external
/// id.
///
/// Source: Amazon ECS Developer Guide, "Amazon ECS task IAM role".
pub(in crate::validate) fn ecs_may_assume(view: &View<'_, '_>, condition: &Evaluated<'_>) -> Answer {
    let region = view.context.options.region.as_deref();
    holds(condition, |key| match key {
        "aws:sourceaccount" => Fact::pseudo("AWS::AccountId", None),
        "aws:sourcearn" => {
            let mut arn: Vec<_> = "arn:".chars().map(Token::Char).collect();
            arn.push(Token::Value(Origin::Pseudo("AWS::Partition")));
            arn.extend(":ecs:".chars().map(Token::Char));
            arn.extend(Fact::pseudo("AWS::Region", region).tokens());
            arn.push(Token::Char(':'));
            arn.extend(Fact::pseudo("AWS::AccountId", None).tokens());
            arn.extend([Token::Char(':'), Token::Any]);
            Fact::Is(arn)
        }
        "sts:externalid" => Fact::Absent,
        _ => Fact::Unknown,
    })
}

/// Services whose condition keys are only in requests to themselves.
///
/// Source: Service Authorization Reference, the condition keys of each of these services.
const KEYS_OF_ONE_SERVICE: [&str; 6] = ["ecr", "iam", "kms", "logs", "s3", "secretsmanager"];
