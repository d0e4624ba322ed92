//! R025: functions have a result. Found by the evaluator, in resources by the schema layer.

use crate::diagnostic::{Code, Severity};
use crate::validate::Rule;

pub(in crate::validate) static RULE: Rule = Rule {
    code: Code("R025"),
    severity: Severity::Error,
    title: "functions have a result",
    what: "No function fails with the values that it gets: an index lies inside its list, a mapping has the key, a block of \
           addresses has room for its parts.",
    why: "The stack fails before anything is created: \"Template error: Fn::Select cannot select nonexistent value\".",
    source: "AWS CloudFormation User Guide, \"Intrinsic function reference\"",
    same_as: &["cfn-lint E1011", "cfn-lint E1017", "cfn-lint E1024", "cfn-lint W1034", "cfn-lint W1035"],
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, resource};

    #[test]
    fn an_index_beyond_a_list_that_is_written_out_is_told_once() {
        let bucket = |list: &serde_json::Value| {
            let mut template = resource("AWS::S3::Bucket", json!({"BucketName": {"Fn::Select": [2, list]}}));
            template["Parameters"] = json!({"P": {"Type": "CommaDelimitedList", "Default": "a,b"}});
            (found("R011", template.clone()).len(), found("R025", template).len())
        };
        assert_eq!(bucket(&json!(["a", "b"])), (1, 0));
        assert_eq!(bucket(&json!({"Ref": "P"})), (0, 1));
    }

    #[test]
    fn a_key_that_a_default_asks_for_and_the_mapping_lacks_is_found() {
        let mut template =
            resource("AWS::S3::Bucket", json!({"BucketName": {"Fn::FindInMap": ["M", {"Ref": "P"}, "k"]}}));
        template["Mappings"] = json!({"M": {"a": {"k": "x"}, "b": {"l": "y"}}});
        template["Parameters"] =
            json!({"P": {"Type": "String", "Default": "b", "AllowedValues": ["a", "b", "c"]}});
        let messages: Vec<_> = found("R025", template).into_iter().map(|finding| finding.message).collect();
        assert_eq!(
            messages,
            [
                "the mapping `M` has no `k` for `b`, with the parameter `P` at its default",
                "the mapping `M` has no `k` for `c`, with the parameter `P` at its allowed value `c`",
            ]
        );
    }
}
