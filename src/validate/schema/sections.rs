//! The sections of a template besides the resources' properties: parameters, rules, outputs, mappings, and what stands beside
//! the properties of a resource. They are checked as resources are, against `sections.json`.
//!
//! Source: AWS CloudFormation User Guide, "Template sections" and "Resource attributes".

use crate::cfn::Json;
use crate::cfn::evaluate::{Evaluator, Scenario, pointer_to};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::context::{Context, Owner, escape};
use crate::validate::references::FAULT_RULE;
use crate::validate::rule::Rule;

use super::sources::Sources;
use super::walk::{Found, Walk};

pub(super) static ATTRIBUTE: Rule = Rule {
    code: Code("S021"),
    severity: Severity::Error,
    title: "resources have only the attributes that there are",
    what: "Beside `Type` and `Properties` a resource has `DependsOn`, `Condition`, policies and `Metadata`, and nothing else.",
    why: "CloudFormation refuses the template: \"Invalid template resource property\".",
    source: "AWS CloudFormation User Guide, \"Resource attribute reference\"",
    same_as: &["cfn-lint E3001"],
};

pub(super) static POLICY: Rule = Rule {
    code: Code("S022"),
    severity: Severity::Error,
    title: "deletion policies are possible ones",
    what: "`DeletionPolicy` and `UpdateReplacePolicy` have one of their values, and `Snapshot` only where a type has snapshots.",
    why: "CloudFormation refuses the template: \"Unrecognized DeletionPolicy\".",
    source: "AWS CloudFormation User Guide, \"DeletionPolicy attribute\" and \"UpdateReplacePolicy attribute\"",
    same_as: &["cfn-lint E3035", "cfn-lint E3036"],
};

pub(super) static DEFAULT: Rule = Rule {
    code: Code("S023"),
    severity: Severity::Error,
    title: "defaults keep to their parameter's constraints",
    what: "The default of a parameter is one that could be given: allowed, of the right length, form and size.",
    why: "CloudFormation refuses the template: \"Parameter … must be one of AllowedValues\".",
    source: "AWS CloudFormation User Guide, \"Parameters\"",
    same_as: &["cfn-lint E2015"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let sources =
        Sources { template: context.template, evaluator: &context.evaluator, registry: context.registry };
    let sections = Sections { context, sources };
    let template = context.template;
    let nothing = Scenario::default();
    for (name, json) in &template.parameters {
        let found = sections.walk("Parameter", json, &nothing);
        Sections::tell(Owner::Parameter(name), "", json, found, findings);
        default(context, name, findings);
    }
    for (name, json) in &template.mappings {
        let found = if json.get("Fn::Transform").is_some() {
            Vec::new()
        } else {
            sections.walk("Mapping", json, &nothing)
        };
        Sections::tell(Owner::Mapping(name), "", json, found, findings);
    }
    for (name, json) in &template.rules {
        let found = sections.walk("Rule", json, &nothing);
        Sections::tell(Owner::Rule(name), "", json, found, findings);
    }
    for (name, json) in &template.outputs {
        sections.output(name, json, findings);
    }
    for (id, resource) in &template.resources {
        let owner = Owner::Resource { id, resource };
        for (key, json) in &resource.other {
            match key.as_str() {
                "CreationPolicy" | "UpdatePolicy" => {
                    let found = sections.walk(key, json, &nothing);
                    Sections::tell(owner, key, json, found, findings);
                }
                // For custom resources, and for what the serverless transform reads.
                "Version" | "Connectors" | "IgnoreGlobals" => {}
                _ => {
                    let pointer = format!("{}/{}", owner.pointer(), escape(key));
                    let mut finding =
                        ATTRIBUTE.at(owner, pointer, format!("a resource has no attribute `{key}`"));
                    finding.help = Some(match nearest(key, ATTRIBUTES) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "properties stand inside of `Properties`".to_owned(),
                    });
                    finding.of_key = true;
                    findings.push(finding);
                }
            }
        }
        policies(owner, findings);
    }
}

const ATTRIBUTES: [&str; 9] = [
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
];

struct Sections<'c, 't> {
    context: &'c Context<'t>,
    sources: Sources<'c, 't>,
}

impl<'t> Sections<'_, 't> {
    /// The findings of a value against a definition of `sections.json`.
    fn walk(&self, definition: &str, json: &'t Json, scenario: &Scenario<'t>) -> Vec<Found<'t>> {
        let schema = self.context.registry.sections();
        let evaluation = self.context.evaluator.evaluate(json, scenario);
        let (Some(value), Some(definition)) =
            (evaluation.value, schema.root.get("definitions").and_then(|all| all.get(definition)))
        else {
            return Vec::new();
        };
        let mut walk = Walk::new(self.context.registry, schema, self.context.options.types, &self.sources);
        walk.check(definition, &value);
        let faults = evaluation.faults.into_iter();
        walk.found.extend(faults.map(|fault| Found {
            rule: &FAULT_RULE,
            source: fault.call,
            message: fault.problem,
            help: None,
        }));
        walk.found
    }

    fn tell(
        owner: Owner<'t>,
        key: &str,
        json: &'t Json,
        found: Vec<Found<'t>>,
        findings: &mut Vec<Diagnostic>,
    ) {
        for found in found {
            let inner = json.as_object().and_then(|map| pointer_to(map, found.source)).unwrap_or_default();
            let key = if key.is_empty() { String::new() } else { format!("/{}", escape(key)) };
            let of_key = found.is_of_key();
            let mut finding = found.rule.at(owner, owner.pointer() + &key + &inner, found.message);
            finding.help = found.help;
            finding.of_key = of_key;
            findings.push(finding);
        }
    }

    /// An output in each combination of the conditions that it depends on.
    fn output(&self, name: &'t str, json: &'t Json, findings: &mut Vec<Diagnostic>) {
        let own = json.get("Condition").and_then(Json::as_str);
        let mut conditions = own.into_iter().collect();
        Evaluator::conditions_in(json, &mut conditions);
        let all = self.context.evaluator.shared_scenarios(&conditions);
        let mut told: Vec<Found<'t>> = Vec::new();
        for scenario in &all.list {
            if own.is_some_and(|own| scenario.condition(own) == Some(false)) {
                continue;
            }
            for found in self.walk("Output", json, &scenario.at_defaults()) {
                let known = told
                    .iter()
                    .any(|told| std::ptr::eq(told.source, found.source) && told.rule.code == found.rule.code);
                if !known {
                    told.push(found);
                }
            }
        }
        Self::tell(Owner::Output(name), "", json, told, findings);
    }
}

/// The default of a parameter against its own constraints.
fn default(context: &Context<'_>, name: &str, findings: &mut Vec<Diagnostic>) {
    let Some(declaration) = context.evaluator.parameter(name) else { return };
    let Some(value) = declaration.default.as_deref() else { return };
    // The default of what is looked up is a name in Systems Manager, a reference is resolved by another service.
    if declaration.is_looked_up() || value.contains("{{resolve:") {
        return;
    }
    if let Some(problem) = declaration.refuses(value) {
        let owner = Owner::Parameter(declaration.name);
        findings.push(DEFAULT.at(
            owner,
            owner.pointer() + "/Default",
            format!("the default can't be given: {problem}"),
        ));
    }
}

/// Types of which CloudFormation can take a snapshot.
const WITH_SNAPSHOTS: [&str; 8] = [
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

fn policies(owner: Owner<'_>, findings: &mut Vec<Diagnostic>) {
    let Owner::Resource { resource, .. } = owner else { return };
    let policies = [
        (
            "DeletionPolicy",
            &resource.deletion_policy,
            &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"][..],
        ),
        ("UpdateReplacePolicy", &resource.update_replace_policy, &["Delete", "Retain", "Snapshot"][..]),
    ];
    for (key, policy, values) in policies {
        // A function is looked at by R010: it needs the language extensions.
        let Some(Json::String(policy)) = policy else { continue };
        let message = if !values.contains(&policy.as_str()) {
            format!("`{policy}` is no {key}, possible are {}", values.join(", "))
        } else if policy == "Snapshot" && !WITH_SNAPSHOTS.contains(&resource.type_name.as_str()) {
            format!("no snapshot can be taken of {}", resource.type_name)
        } else {
            continue;
        };
        findings.push(POLICY.at(owner, format!("{}/{key}", owner.pointer()), message));
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON is written on the spot")]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::schema::Registry;
    use crate::validate::testing::{found, none, only};

    #[test]
    fn the_schema_can_be_read() {
        assert_eq!(Registry::builtin().sections().root.object("definitions").count(), 6);
    }

    fn parameter(parameter: Json) -> Json {
        json!({"Parameters": {"P": parameter}, "Outputs": {"O": {"Value": {"Ref": "P"}}}})
    }

    #[test]
    fn parameters_have_a_type_and_its_constraints() {
        assert_eq!(
            only("S004", parameter(json!({"Default": "x"}))),
            ("`Type` is required".into(), "/Parameters/P".into())
        );
        let (message, pointer) = only("S006", parameter(json!({"Type": "Strng"})));
        assert_eq!(
            (message.as_str(), pointer.as_str()),
            ("`Strng` is none of the 49 possible values", "/Parameters/P/Type")
        );
        assert_eq!(
            only("S003", parameter(json!({"Type": "Number", "MinLength": 3}))).0,
            "`MinLength` isn't possible here"
        );
        none("S003", parameter(json!({"Type": "String", "MinLength": 3})));
    }

    #[test]
    fn defaults_keep_to_the_constraints() {
        let (message, pointer) =
            only("S023", parameter(json!({"Type": "String", "AllowedValues": ["a"], "Default": "b"})));
        assert_eq!(message, "the default can't be given: `b` is none of the allowed values");
        assert_eq!(pointer, "/Parameters/P/Default");
        only("S023", parameter(json!({"Type": "Number", "Default": "x"})));
        none("S023", parameter(json!({"Type": "String", "Default": "b"})));
        none("S023", parameter(json!({"Type": "AWS::SSM::Parameter::Value<Number>", "Default": "/x"})));
    }

    #[test]
    fn outputs_are_single_values() {
        let output = |value: Json| json!({"Outputs": {"O": {"Value": value}}});
        assert_eq!(only("S005", output(json!(["a"]))).0, "expected a text, found a list of 1");
        let (message, pointer) = only("R023", output(json!({"Fn::GetAZs": ""})));
        assert_eq!(message, "`${zones}` is a list, expected a text");
        assert_eq!(pointer, "/Outputs/O/Value");
        none("S005", output(json!(5)));
    }

    #[test]
    fn exports_have_a_name_that_can_be_imported() {
        let export = |name: &str| json!({"Outputs": {"O": {"Value": "x", "Export": {"Name": name}}}});
        only("S007", export("a b"));
        only("S008", export(&"a".repeat(256)));
        none("S007", export("stack:Vpc-1"));
    }

    #[test]
    fn rules_have_assertions() {
        let rule = |rule: Json| json!({"Parameters": {"P": {"Type": "String"}}, "Rules": {"R": rule}});
        let equal = json!({"Fn::Equals": [{"Ref": "P"}, "a"]});
        assert_eq!(only("S004", rule(json!({"RuleCondition": equal}))).1, "/Rules/R");
        assert_eq!(only("S003", rule(json!({"Assertions": [], "Assertion": []}))).1, "/Rules/R/Assertion");
        assert_eq!(
            only("S004", rule(json!({"Assertions": [{"AssertDescription": "d"}]}))).1,
            "/Rules/R/Assertions/0"
        );
        only("S005", rule(json!({"RuleCondition": "yes", "Assertions": [{"Assert": equal}]})));
        only("S005", rule(json!([equal])));
        let contains = json!({"Fn::Contains": [["a"], {"Ref": "P"}]});
        let good = rule(
            json!({"RuleCondition": equal, "Assertions": [{"Assert": contains, "AssertDescription": "d"}]}),
        );
        for code in ["S003", "S004", "S005"] {
            none(code, good.clone());
        }
    }

    #[test]
    fn mappings_have_two_levels() {
        let mapping = |mapping: Json| json!({"Mappings": {"M": mapping}});
        assert_eq!(only("S005", mapping(json!({"a": "b"}))).1, "/Mappings/M/a");
        assert_eq!(only("S005", mapping(json!({"a": {"b": {"c": "d"}}}))).1, "/Mappings/M/a/b");
        none("S005", mapping(json!({"us-east-1": {"b": ["c", 1]}})));
    }

    #[test]
    fn resources_have_known_attributes_and_policies() {
        let bucket = |more: Json| {
            let mut bucket = json!({"Type": "AWS::S3::Bucket"});
            bucket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"Resources": {"B": bucket}})
        };
        let unknown = found("S021", bucket(json!({"DeletePolicy": "Retain"})));
        assert_eq!(unknown[0].help.as_deref(), Some("did you mean `DeletionPolicy`?"));
        assert_eq!(
            only("S022", bucket(json!({"UpdateReplacePolicy": "RetainExceptOnCreate"}))).0,
            "`RetainExceptOnCreate` is no UpdateReplacePolicy, possible are Delete, Retain, Snapshot"
        );
        assert_eq!(
            only("S022", bucket(json!({"DeletionPolicy": "Snapshot"}))).0,
            "no snapshot can be taken of AWS::S3::Bucket"
        );
        none(
            "S022",
            bucket(json!({"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"})),
        );
    }
}
