//! Policies: who may do what with which resources.
//!
//! Source: IAM User Guide, "IAM JSON policy element reference".

use serde_json::json;

use crate::cfn::{Json, PseudoParameter, Value};
use crate::concat_values;

use super::policy_resources;

/// The version of the policy language.
const VERSION: &str = "2012-10-17";

/// Whether a statement permits or forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It permits.
    Allow,
    /// It forbids, whatever else permits.
    Deny,
}

impl Effect {
    fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// Whom a statement of a resource's policy or of a trust policy is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Principal {
    /// Everybody; for statements that forbid.
    Anyone,
    /// The stack's account: whoever the account's own policies permit it to.
    Account,
    /// An AWS service by its name, such as `ecs-tasks.amazonaws.com`.
    Service(Value<String>),
}

impl Principal {
    fn to_json(&self) -> Json {
        match self {
            Self::Anyone => "*".into(),
            Self::Account => {
                let root = concat_values![
                    "arn:",
                    PseudoParameter::Partition.reference(),
                    ":iam::",
                    PseudoParameter::AccountId.reference(),
                    ":root"
                ];
                json!({ "AWS": root })
            }
            Self::Service(name) => json!({ "Service": name }),
        }
    }
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyStatement {
    /// A name for readers; statements with different names are never merged.
    pub sid: Option<String>,
    /// Whether it permits or forbids.
    pub effect: Effect,
    /// Whom it is about; `None` in a role's own policy, which is about the role.
    pub principal: Option<Principal>,
    /// What, such as `s3:GetObject`.
    pub actions: Vec<String>,
    /// With what: ARNs, in which `*` and `?` stand for others. Empty in a trust policy.
    pub resources: Vec<Value<String>>,
    /// When, as the policy language has it.
    pub condition: Option<Json>,
}

impl PolicyStatement {
    /// Permits the actions on the resources.
    pub fn allow<'a>(
        actions: impl IntoIterator<Item = &'a str>,
        resources: impl IntoIterator<Item = Value<String>>,
    ) -> Self {
        Self {
            sid: None,
            effect: Effect::Allow,
            principal: None,
            actions: actions.into_iter().map(str::to_owned).collect(),
            resources: resources.into_iter().collect(),
            condition: None,
        }
    }

    /// Forbids the actions on the resources.
    pub fn deny<'a>(
        actions: impl IntoIterator<Item = &'a str>,
        resources: impl IntoIterator<Item = Value<String>>,
    ) -> Self {
        Self { effect: Effect::Deny, ..Self::allow(actions, resources) }
    }

    /// Gives it a name.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.sid = Some(sid.into());
        self
    }

    /// Says whom it is about.
    #[must_use]
    pub fn principal(mut self, principal: Principal) -> Self {
        self.principal = Some(principal);
        self
    }

    /// Says when it holds.
    #[must_use]
    pub fn when(mut self, condition: Json) -> Self {
        self.condition = Some(condition);
        self
    }

    /// Whether a statement of a policy's JSON is like this one in all but its resources.
    fn is_like(&self, other: &Json) -> bool {
        let Some(other) = other.as_object() else { return false };
        let optional = [self.sid.is_some(), self.principal.is_some(), self.condition.is_some()];
        // Effect and action are always there.
        let keys = 2 + optional.into_iter().filter(|is_there| *is_there).count();
        let is_same = |key: &str, value: &Json| match key {
            "Sid" => self.sid.as_ref().is_some_and(|sid| value == sid),
            "Effect" => value == self.effect.as_str(),
            "Principal" => self.principal.as_ref().is_some_and(|principal| *value == principal.to_json()),
            "Action" => match (value, self.actions.as_slice()) {
                (value, [action]) => value == action,
                (Json::Array(list), actions) => list.iter().eq(actions),
                _ => false,
            },
            "Condition" => self.condition.as_ref() == Some(value),
            _ => false,
        };
        let mut head = other.iter().filter(|(key, _)| *key != "Resource");
        head.clone().count() == keys && head.all(|(key, value)| is_same(key, value))
    }

    /// The statement without its resources.
    fn head(&self) -> serde_json::Map<String, Json> {
        let mut json = serde_json::Map::new();
        if let Some(sid) = &self.sid {
            json.insert("Sid".into(), sid.as_str().into());
        }
        json.insert("Effect".into(), self.effect.as_str().into());
        if let Some(principal) = &self.principal {
            json.insert("Principal".into(), principal.to_json());
        }
        json.insert(
            "Action".into(),
            one_or_list(self.actions.iter().map(|action| action.as_str().into()).collect()),
        );
        if let Some(condition) = &self.condition {
            json.insert("Condition".into(), condition.clone());
        }
        json
    }
}

/// A policy.
///
/// Kept as JSON, the form in which it stands in a resource's property, so that statements can be added to a policy
/// that is already there.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDocument(Json);

impl PolicyDocument {
    /// A policy of these statements.
    pub fn new(statements: impl IntoIterator<Item = PolicyStatement>) -> Self {
        let mut document = Self(json!({ "Version": VERSION, "Statement": [] }));
        for statement in statements {
            document.add(&statement);
        }
        document
    }

    /// Adds a statement. Its resources go to the statement that is like it in all else, if there is one.
    pub fn add(&mut self, statement: &PolicyStatement) {
        add(&mut self.0, statement);
    }

    /// The policy as it stands in a template.
    pub fn into_json(self) -> Json {
        self.0
    }
}

impl From<PolicyDocument> for Value<Json> {
    fn from(document: PolicyDocument) -> Self {
        Self::Literal(document.0)
    }
}

/// Adds a statement to a policy's JSON, which keeps whatever else is in it.
pub(super) fn add(document: &mut Json, statement: &PolicyStatement) {
    let resources = statement.resources.iter().map(Value::to_json);
    let Some(statements) = document["Statement"].as_array_mut() else { return };
    let alike = statements.iter_mut().find(|other| statement.is_like(other));
    if let Some(present) = alike.and_then(|other| other.get_mut("Resource")) {
        let mut list = policy_resources::listed(present.take());
        for resource in resources {
            if !list.contains(&resource) {
                list.push(resource);
            }
        }
        *present = policy_resources::written(list);
        return;
    }
    let mut json = statement.head();
    if !statement.resources.is_empty() {
        // Before the condition, where readers look for it.
        let condition = json.shift_remove("Condition");
        json.insert("Resource".into(), policy_resources::written(resources.collect()));
        json.extend(condition.map(|condition| ("Condition".to_owned(), condition)));
    }
    statements.push(Json::Object(json));
}

/// A list of one is written as the one.
fn one_or_list(mut list: Vec<Json>) -> Json {
    if list.len() == 1 { list.remove(0) } else { Json::Array(list) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(resource: &str) -> PolicyStatement {
        PolicyStatement::allow(["s3:GetObject"], [resource.into()])
    }

    #[test]
    fn statements_that_differ_in_resources_only_become_one() {
        let document = PolicyDocument::new([read("a"), read("b"), read("a")]);
        assert_eq!(
            document.into_json(),
            json!({
                "Version": "2012-10-17",
                "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": ["a", "b"] }],
            })
        );
    }

    #[test]
    fn statements_that_differ_in_anything_else_stay_apart() {
        let when = json!({ "Bool": { "aws:SecureTransport": "true" } });
        let document = PolicyDocument::new([
            read("a"),
            read("b").sid("Named"),
            read("c").when(when.clone()),
            read("d").principal(Principal::Anyone),
            PolicyStatement::deny(["s3:GetObject"], ["e".into()]),
            PolicyStatement::allow(["s3:PutObject"], ["f".into()]),
            read("g").when(when),
        ]);
        let json = document.into_json();
        let resources: Vec<&Json> =
            json["Statement"].as_array().unwrap().iter().map(|statement| &statement["Resource"]).collect();
        assert_eq!(json!(resources), json!(["a", "b", ["c", "g"], "d", "e", "f"]));
    }

    #[test]
    fn principals_have_their_forms() {
        let statement = |principal| PolicyStatement::allow(["kms:*"], ["*".into()]).principal(principal);
        let document = PolicyDocument::new([
            statement(Principal::Anyone),
            statement(Principal::Account),
            statement(Principal::Service("ecs.amazonaws.com".into())),
        ]);
        let json = document.into_json();
        assert_eq!(json["Statement"][0]["Principal"], "*");
        assert_eq!(
            json["Statement"][1]["Principal"],
            json!({ "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } })
        );
        assert_eq!(json["Statement"][2]["Principal"], json!({ "Service": "ecs.amazonaws.com" }));
    }
}
