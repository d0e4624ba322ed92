//! What holds data, and the gate before its loss.

use std::collections::BTreeSet;

use serde::Serialize;

use super::api::{ChangeAction, PolicyAction, Replacement};
use super::changes::Change;
use super::picture::{Picture, Pictured};
use super::template_diff;
use crate::cfn::Json;

/// Types that hold what can't be made again.
const HOLDERS: [&str; 23] = [
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::FSx::FileSystem",
    "AWS::KMS::Key",
    "AWS::KMS::ReplicaKey",
    "AWS::Logs::LogGroup",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::GlobalCluster",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
];

/// Properties that say which password opens what holds data.
const PASSWORDS: [&str; 2] = ["/Properties/AuthToken", "/Properties/MasterUserPassword"];

/// Whether resources of that type hold what can't be made again.
pub fn holds_data(resource_type: &str) -> bool {
    HOLDERS.contains(&resource_type)
}

/// How data would be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// A new and empty one takes its place.
    Replaced,
    /// Whether a new one takes its place is decided at execution.
    MayBeReplaced,
    /// It is deleted.
    Deleted,
    /// It stays, but the stack has it no longer.
    Dropped,
    /// A secret gets a new value, and what knows the old one doesn't follow.
    NewValue,
    /// Another password is asked of what holds data than it was made with.
    OtherPassword,
    /// The database no longer comes from its snapshot: an empty one takes its place.
    NotRestored,
}

impl LossKind {
    /// What is said of the resource.
    fn words(self) -> &'static str {
        match self {
            Self::Replaced => "would be replaced by a new, empty one",
            Self::MayBeReplaced => "may be replaced by a new, empty one: that is decided only at execution",
            Self::Deleted => "would be deleted",
            Self::Dropped => "would leave the stack; it is kept, but nothing in the stack uses it any longer",
            Self::NewValue => {
                "would get a new value, which what was set up with the old one doesn't follow: it is as good as lost"
            }
            Self::OtherPassword => "would be given another password than the one that its users have",
            Self::NotRestored => {
                "was restored from a snapshot, which the new template no longer names: it would be replaced by an empty one"
            }
        }
    }

    /// The argument that allows it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Deleted | Self::Dropped => "--allow-delete",
            _ => "--allow-replace",
        }
    }
}

/// Data that would be lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Loss {
    /// The resource's key in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// How.
    pub kind: LossKind,
    /// Property that causes it, where it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}) {}", self.logical_id, self.resource_type, self.kind.words())?;
        if let Some(property) = &self.property {
            write!(f, ", because of {property}")?;
        }
        Ok(())
    }
}

/// What a change set, or what CloudFormation doesn't count as one (a template's new generator of a secret), would lose.
///
/// `before` and `after` are the deployed template and ours, with their values.
pub fn losses(changes: &[Change], before: &Picture, after: &Picture) -> Vec<Loss> {
    let mut found = BTreeSet::new();
    of_changes(changes, &mut found);
    of_templates(before, after, &mut found);
    // The more exact word counts: not "replaced" where "not restored" says why.
    let restored: BTreeSet<String> = found
        .iter()
        .filter(|loss| loss.kind == LossKind::NotRestored)
        .map(|loss| loss.logical_id.clone())
        .collect();
    found
        .into_iter()
        .filter(|loss| loss.kind == LossKind::NotRestored || !restored.contains(&loss.logical_id))
        .collect()
}

fn of_changes(changes: &[Change], found: &mut BTreeSet<Loss>) {
    for change in changes {
        of_changes(&change.nested, found);
        if !change.holds_data {
            continue;
        }
        let replacing = |wanted: Replacement| {
            change
                .properties
                .iter()
                .find(|property| property.replacement == wanted)
                .map(|property| property.path.clone())
        };
        let mut add = |kind, property| {
            found.insert(Loss {
                logical_id: change.logical_id.clone(),
                resource_type: change.resource_type.clone(),
                kind,
                property,
            });
        };
        match (&change.action, change.replacement, change.policy_action) {
            (ChangeAction::Remove, _, Some(PolicyAction::Retain)) => add(LossKind::Dropped, None),
            (ChangeAction::Remove, ..) => add(LossKind::Deleted, None),
            (ChangeAction::Add | ChangeAction::Import | ChangeAction::SyncWithActual, ..) => {}
            (_, Replacement::True, _)
            | (
                _,
                _,
                Some(
                    PolicyAction::ReplaceAndDelete
                    | PolicyAction::ReplaceAndRetain
                    | PolicyAction::ReplaceAndSnapshot,
                ),
            ) => add(LossKind::Replaced, replacing(Replacement::True)),
            (_, _, Some(PolicyAction::Delete | PolicyAction::Snapshot)) => add(LossKind::Deleted, None),
            (_, Replacement::Conditional, _) => {
                add(LossKind::MayBeReplaced, replacing(Replacement::Conditional));
            }
            (_, Replacement::False, _) => {}
        }
        let generator = change.properties.iter().find(|property| {
            change.resource_type == "AWS::SecretsManager::Secret"
                && property.path.starts_with("/Properties/GenerateSecretString")
        });
        if let Some(property) = generator {
            add(LossKind::NewValue, Some(property.path.clone()));
        }
    }
}

fn of_templates(before: &Picture, after: &Picture, found: &mut BTreeSet<Loss>) {
    for (id, old) in before {
        let Some(new) = after.get(id).filter(|_| holds_data(&old.resource_type)) else { continue };
        let mut add = |kind, property: &str| {
            found.insert(Loss {
                logical_id: id.clone(),
                resource_type: old.resource_type.clone(),
                kind,
                property: Some(property.to_owned()),
            });
        };
        let mut deltas = Vec::new();
        template_diff::compare("/Properties", Some(&old.properties), Some(&new.properties), &mut deltas);
        for delta in &deltas {
            if old.resource_type == "AWS::SecretsManager::Secret"
                && delta.path.starts_with("/Properties/GenerateSecretString")
            {
                add(LossKind::NewValue, &delta.path);
            }
            // One that comes or goes with a restored snapshot is judged by that.
            if PASSWORDS.contains(&delta.path.as_str()) && delta.before.is_some() && delta.after.is_some() {
                add(LossKind::OtherPassword, &delta.path);
            }
            if delta.path == "/Properties/SnapshotIdentifier" && delta.before.is_some() {
                add(LossKind::NotRestored, &delta.path);
            }
        }
    }
}

/// Names of the parameters of Systems Manager that a stack reads and doesn't have: secrets that somebody made beside it.
pub(super) fn parameters_beside(picture: &Picture) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for resource in picture.values() {
        names_of_parameters(&resource.properties, &mut found);
    }
    let is_own = |resource: &Pictured| resource.resource_type == "AWS::SSM::Parameter";
    for own in picture.values().filter(|resource| is_own(resource)) {
        found.remove(own.properties["Name"].as_str().unwrap_or_default());
    }
    found
}

/// Names in ARNs and in dynamic references.
fn names_of_parameters(json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| names_of_parameters(item, found)),
        Json::Object(members) => members.values().for_each(|member| names_of_parameters(member, found)),
        Json::String(text) => {
            let of_arn = text.split_once(":parameter").filter(|(arn, _)| {
                arn.starts_with("arn:") && arn.contains(":ssm:") && !arn.contains(char::is_whitespace)
            });
            let of_reference = text
                .strip_prefix("{{resolve:ssm-secure:")
                .or_else(|| text.strip_prefix("{{resolve:ssm:"))
                .and_then(|rest| rest.strip_suffix("}}"));
            // A version may follow.
            let name = of_arn.map(|(_, name)| name).or(of_reference.and_then(|name| name.split(':').next()));
            found.extend(name.filter(|name| !name.contains('*')).map(str::to_owned));
        }
        _ => {}
    }
}

/// The losses that nobody allowed.
pub fn refused<'l>(
    losses: &'l [Loss],
    allow_replace: &BTreeSet<String>,
    allow_delete: &BTreeSet<String>,
) -> Vec<&'l Loss> {
    losses
        .iter()
        .filter(|loss| match loss.kind.flag() {
            "--allow-delete" => !allow_delete.contains(&loss.logical_id),
            _ => !allow_replace.contains(&loss.logical_id),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::deploy::changes::PropertyDelta;
    use crate::deploy::picture::Pictured;

    const DATABASE: &str = "AWS::RDS::DBCluster";
    const SECRET: &str = "AWS::SecretsManager::Secret";

    fn change(resource_type: &str, action: ChangeAction, replacement: Replacement) -> Change {
        Change {
            action,
            replacement,
            logical_id: "Thing".into(),
            resource_type: resource_type.into(),
            holds_data: holds_data(resource_type),
            ..Change::default()
        }
    }

    fn kinds(changes: &[Change], before: &Picture, after: &Picture) -> Vec<LossKind> {
        losses(changes, before, after).into_iter().map(|loss| loss.kind).collect()
    }

    fn of_change(change: Change) -> Vec<LossKind> {
        kinds(&[change], &Picture::new(), &Picture::new())
    }

    fn of_properties(resource_type: &str, before: Json, after: Json) -> Vec<LossKind> {
        let picture = |properties| {
            let resource =
                Pictured { resource_type: resource_type.into(), properties, ..Pictured::default() };
            [("Thing".to_owned(), resource)].into_iter().collect::<Picture>()
        };
        kinds(&[], &picture(before), &picture(after))
    }

    #[test]
    fn replacing_and_deleting_what_holds_data_is_a_loss() {
        use ChangeAction as A;
        use Replacement as R;
        assert_eq!(of_change(change(DATABASE, A::Modify, R::True)), [LossKind::Replaced]);
        assert_eq!(of_change(change(DATABASE, A::Modify, R::Conditional)), [LossKind::MayBeReplaced]);
        assert_eq!(of_change(change(DATABASE, A::Modify, R::False)), []);
        assert_eq!(of_change(change(DATABASE, A::Remove, R::False)), [LossKind::Deleted]);
        assert_eq!(of_change(change(DATABASE, A::Add, R::False)), []);
        assert_eq!(of_change(change("AWS::ECS::TaskDefinition", A::Modify, R::True)), []);
        let kept =
            Change { policy_action: Some(PolicyAction::Retain), ..change(DATABASE, A::Remove, R::False) };
        assert_eq!(of_change(kept), [LossKind::Dropped]);
        let policy = Some(PolicyAction::ReplaceAndSnapshot);
        let told_by_policy = Change { policy_action: policy, ..change(DATABASE, A::Modify, R::False) };
        assert_eq!(of_change(told_by_policy), [LossKind::Replaced]);
    }

    #[test]
    fn losses_in_nested_stacks_count() {
        let mut nested = change("AWS::CloudFormation::Stack", ChangeAction::Modify, Replacement::False);
        nested.nested = vec![change(DATABASE, ChangeAction::Remove, Replacement::False)];
        assert_eq!(of_change(nested), [LossKind::Deleted]);
    }

    #[test]
    fn another_generator_is_a_new_value() {
        let old = json!({"GenerateSecretString": {"PasswordLength": 42}});
        let new = json!({"GenerateSecretString": {"PasswordLength": 43}});
        assert_eq!(of_properties(SECRET, old.clone(), new), [LossKind::NewValue]);
        assert_eq!(of_properties(SECRET, old.clone(), json!({})), [LossKind::NewValue]);
        assert_eq!(of_properties(SECRET, old.clone(), old), []);
        let mut told = change(SECRET, ChangeAction::Modify, Replacement::False);
        told.properties = vec![PropertyDelta {
            path: "/Properties/GenerateSecretString".into(),
            ..PropertyDelta::default()
        }];
        assert_eq!(of_change(told), [LossKind::NewValue]);
    }

    #[test]
    fn another_password_and_a_forgotten_snapshot_are_losses() {
        let cache = "AWS::ElastiCache::ReplicationGroup";
        let token = |name: &str| json!({"AuthToken": format!("{{{{resolve:secretsmanager:{name}}}}}")});
        assert_eq!(of_properties(cache, token("a"), token("b")), [LossKind::OtherPassword]);
        assert_eq!(of_properties(cache, token("a"), token("a")), []);
        let restored = json!({"SnapshotIdentifier": "s"});
        assert_eq!(
            of_properties(DATABASE, restored, json!({"MasterUsername": "m"})),
            [LossKind::NotRestored]
        );
    }

    #[test]
    fn only_what_is_named_is_allowed() {
        let loss =
            |kind| Loss { logical_id: "Db".into(), resource_type: DATABASE.into(), kind, property: None };
        let found = [loss(LossKind::Replaced), loss(LossKind::Deleted)];
        let named: BTreeSet<String> = ["Db".to_owned()].into();
        let none = BTreeSet::new();
        assert_eq!(refused(&found, &none, &none).len(), 2);
        assert_eq!(refused(&found, &named, &none), [&found[1]]);
        assert_eq!(refused(&found, &none, &named), [&found[0]]);
        assert_eq!(refused(&found, &named, &named), Vec::<&Loss>::new());
    }
    #[test]
    fn parameters_that_a_stack_reads_and_does_not_have_are_found() {
        let resource = |resource_type: &str, properties| Pictured {
            resource_type: resource_type.into(),
            properties,
            ..Pictured::default()
        };
        let task = json!({"ContainerDefinitions": [{"Secrets": [
            {"Name": "A", "ValueFrom": "arn:${AWS::Partition}:ssm:us-east-1:${AWS::AccountId}:parameter/dify/a"},
            {"Name": "B", "ValueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:b"},
            {"Name": "C", "ValueFrom": "arn:aws:ssm:us-east-1:1:parameter/dify/own"},
        ]}]});
        let database = json!({"MasterUserPassword": "{{resolve:ssm-secure:/dify/password:3}}"});
        let role = json!({"Policies": [{"Resource": "arn:aws:ssm:us-east-1:1:parameter/dify/*"}]});
        let own = json!({"Name": "/dify/own"});
        let picture = Picture::from([
            ("Task".to_owned(), resource("AWS::ECS::TaskDefinition", task)),
            ("Database".to_owned(), resource(DATABASE, database)),
            ("Role".to_owned(), resource("AWS::IAM::Role", role)),
            ("Own".to_owned(), resource("AWS::SSM::Parameter", own)),
        ]);
        assert_eq!(
            parameters_beside(&picture).into_iter().collect::<Vec<_>>(),
            ["/dify/a", "/dify/password"]
        );
    }
}
