//! The stack policy: CloudFormation itself refuses to replace or delete what holds data.
//!
//! Source: AWS CloudFormation User Guide, "Prevent updates to stack resources".

use std::collections::BTreeSet;

use serde_json::json;

/// The policy that protects `held` except `allowed`. The same input gives the same text.
pub fn policy(held: &BTreeSet<String>, allowed: &BTreeSet<String>) -> String {
    let protected: Vec<String> =
        held.difference(allowed).map(|id| format!("LogicalResourceId/{id}")).collect();
    let mut statements =
        vec![json!({"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"})];
    if !protected.is_empty() {
        statements.push(json!({
            "Effect": "Deny",
            "Action": ["Update:Replace", "Update:Delete"],
            "Principal": "*",
            "Resource": protected,
        }));
    }
    json!({"Statement": statements}).to_string()
}

/// Whether two policies say the same, whatever their spaces.
pub fn is_same(one: &str, other: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    parse(one).is_some_and(|policy| Some(policy) == parse(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_is_left_unprotected() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        let whole = policy(&ids(&["Bucket", "Database"]), &ids(&[]));
        assert!(whole.contains("LogicalResourceId/Database") && whole.contains("LogicalResourceId/Bucket"));
        let lifted = policy(&ids(&["Bucket", "Database"]), &ids(&["Database"]));
        assert!(
            !lifted.contains("LogicalResourceId/Database") && lifted.contains("LogicalResourceId/Bucket")
        );
        let nothing = policy(&ids(&["Database"]), &ids(&["Database"]));
        assert!(!nothing.contains("Deny"), "{nothing}");
        assert!(is_same(&whole, &whole.replace(',', ", ")) && !is_same(&whole, &lifted));
    }
}
