//! P030 to P039: identities may do what they need, and no more.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::Code;
use crate::validate::Rule;
use crate::validate::model::{Item, View};

use super::rule::{EXPOSURE, Found, HARDENING, Look, PRACTICE, PROTECTION, Policy};
use super::statement::{
    allows, identity_documents, is_about_everything, is_for_anyone, known_end, one_or_many, statements, texts,
};

/// The statements of identities' policies that allow something without a condition.
fn allowed<'v, 't>(view: &'v View<'_, 't>) -> impl Iterator<Item = (&'v Item<'t>, &'v Evaluated<'t>)> {
    identity_documents(view).flat_map(|(item, document)| {
        let statements = statements(Some(document)).unwrap_or_default();
        statements.into_iter().filter(|statement| allows(statement)).map(move |statement| (item, statement))
    })
}

pub(super) static EVERYTHING: Policy = Policy {
    rule: Rule {
        code: Code("P030"),
        severity: EXPOSURE.others,
        title: "nobody may do everything",
        what: "No policy of a role, user or group allows `*` on `*`.",
        why: "Whoever gets hold of the role, such as by a hole in an application, owns the account.",
        source: "AWS Security Hub User Guide, \"AWS Identity and Access Management controls\"",
        same_as: &["FSBP IAM.1", "checkov CKV_AWS_62", "checkov CKV_AWS_63", "cdk-nag AwsSolutions-IAM5"],
    },
    grade: EXPOSURE,
    look: Look::Code(|view, found| {
        for (item, statement) in allowed(view) {
            let all = texts(statement, "Action").find(|(_, text)| text == "*" || text == "*:*");
            if let Some((action, _)) = all.filter(|_| is_about_everything(statement)) {
                let message = "the policy allows everything on everything";
                found.tell(item, Some(action), message, "name the actions and resources that are needed");
            }
        }
    }),
};

pub(super) static SERVICE_WILDCARD: Policy = Policy {
    rule: Rule {
        code: Code("P031"),
        severity: PROTECTION.others,
        title: "nobody may do everything with a service",
        what: "No policy of a role, user or group allows all actions of a service on every resource, or every action on some.",
        why: "What the identity doesn't need, deleting and passing on among it, is there for whoever misuses it.",
        source: "AWS Security Hub User Guide, \"AWS Identity and Access Management controls\"",
        same_as: &["FSBP IAM.21", "checkov CKV_AWS_63", "checkov CKV_AWS_111", "cdk-nag AwsSolutions-IAM5"],
    },
    grade: PROTECTION,
    look: Look::Code(|view, found| {
        for (item, statement) in allowed(view) {
            let everything = is_about_everything(statement);
            for (action, text) in texts(statement, "Action") {
                let is_wide = if everything { text.ends_with(":*") && text != "*:*" } else { text == "*" };
                // What `ssmmessages` needs has no resources, and nothing but the channels.
                if is_wide && text != "ssmmessages:*" {
                    let message = format!(
                        "the policy allows `{text}`{}",
                        if everything { " on everything" } else { "" }
                    );
                    found.tell(item, Some(action), message, "name the actions that are needed");
                }
            }
        }
    }),
};

/// What reads secrets or data, or leads to more rights, if it isn't limited to resources.
const SENSITIVE: [&str; 18] = [
    "secretsmanager:getsecretvalue",
    "ssm:getparameter",
    "ssm:getparameters",
    "ssm:getparametersbypath",
    "ssm:getparameter*",
    "kms:decrypt",
    "s3:getobject",
    "s3:getobject*",
    "s3:get*",
    "iam:passrole",
    "iam:attachrolepolicy",
    "iam:attachuserpolicy",
    "iam:putrolepolicy",
    "iam:putuserpolicy",
    "iam:createaccesskey",
    "iam:createpolicyversion",
    "iam:updateassumerolepolicy",
    "sts:assumerole",
];

pub(super) static SENSITIVE_ACTIONS: Policy = Policy {
    rule: Rule {
        code: Code("P032"),
        severity: PROTECTION.others,
        title: "who reads secrets or passes roles is told which",
        what: "No policy of a role, user or group allows reading secrets, parameters or objects, decrypting, or passing, assuming and changing roles on `*` without a condition.",
        why: "The identity reads every secret of the account, or gives itself any right that a role has.",
        source: "AWS Security Hub User Guide, \"AWS KMS controls\"; AWS IAM User Guide, \"Security best practices in IAM\"",
        same_as: &[
            "FSBP KMS.1",
            "FSBP KMS.2",
            "checkov CKV_AWS_107",
            "checkov CKV_AWS_108",
            "checkov CKV_AWS_109",
            "checkov CKV_AWS_110",
            "cdk-nag AwsSolutions-IAM5",
        ],
    },
    grade: PROTECTION,
    look: Look::Code(|view, found| {
        for (item, statement) in allowed(view).filter(|(_, statement)| is_about_everything(statement)) {
            for (action, text) in texts(statement, "Action") {
                if SENSITIVE.contains(&text.to_lowercase().as_str()) {
                    let message = format!("the policy allows `{text}` on everything");
                    found.tell(item, Some(action), message, "name the resources that are needed");
                }
            }
        }
    }),
};

pub(super) static TRUST: Policy = Policy {
    rule: Rule {
        code: Code("P033"),
        severity: EXPOSURE.others,
        title: "roles say who may take them",
        what: "The trust policy of a role allows nobody with `*` in place of an account or a service, unless a condition limits it.",
        why: "Any AWS account in the world can take the role.",
        source: "AWS IAM User Guide, \"AWS JSON policy elements: Principal\"",
        same_as: &["checkov CKV_AWS_60", "checkov CKV_AWS_61"],
    },
    grade: EXPOSURE,
    look: Look::Code(|view, found| {
        for role in view.of("AWS::IAM::Role") {
            for statement in statements(role.get("AssumeRolePolicyDocument")).unwrap_or_default() {
                let services = statement.get("Principal").and_then(|principal| principal.get("Service"));
                let any_service = services.is_some_and(|names| {
                    one_or_many(names).iter().any(|name| name.text().as_deref() == Some("*"))
                });
                if allows(statement) && (is_for_anyone(statement) || any_service) {
                    let message = "anyone can take this role";
                    found.tell(role, statement.get("Principal"), message, "name the service or account");
                }
            }
        }
    }),
};

pub(super) static DEPUTY: Policy = Policy {
    rule: Rule {
        code: Code("P034"),
        severity: HARDENING.others,
        title: "services take roles for this account only",
        what: "The trust policy of a role for ECS tasks has a condition on `aws:SourceAccount` or `aws:SourceArn`.",
        why: "The service could be made to use the role for someone else: the confused deputy.",
        source: "Amazon ECS Developer Guide, \"Amazon ECS task IAM role\"",
        same_as: &[],
    },
    grade: HARDENING,
    look: Look::Code(|view, found| {
        for role in view.of("AWS::IAM::Role") {
            for statement in statements(role.get("AssumeRolePolicyDocument")).unwrap_or_default() {
                let services = statement.get("Principal").and_then(|principal| principal.get("Service"));
                let is_tasks = services.is_some_and(|names| {
                    one_or_many(names)
                        .iter()
                        .any(|name| name.text().as_deref() == Some("ecs-tasks.amazonaws.com"))
                });
                if allows(statement) && is_tasks {
                    let message = "ECS could be made to use the role for another account";
                    let help = "add the condition `StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}`";
                    found.tell(role, services, message, help);
                }
            }
        }
    }),
};

pub(super) static ACCESS_KEY: Policy = Policy {
    rule: Rule {
        code: Code("P035"),
        severity: PROTECTION.others,
        title: "nobody needs keys that last",
        what: "No `AWS::IAM::AccessKey` is made.",
        why: "Such keys are valid until someone deletes them, wherever they have been copied to; roles have keys that end by themselves.",
        source: "AWS IAM User Guide, \"Security best practices in IAM\"",
        same_as: &["FSBP IAM.3", "FSBP IAM.8"],
    },
    grade: PROTECTION,
    look: Look::Code(|view, found| {
        for key in view.of("AWS::IAM::AccessKey") {
            found.tell(
                key,
                None,
                "an access key is valid until someone deletes it",
                "let a role be taken instead",
            );
        }
    }),
};

pub(super) static USER_POLICY: Policy = Policy {
    rule: Rule {
        code: Code("P036"),
        severity: PRACTICE.others,
        title: "users have rights through groups or roles",
        what: "No policy is attached to a user, neither inline nor managed.",
        why: "Who may do what is then spread over all users, and stays when somebody's task changes.",
        source: "AWS Security Hub User Guide, \"AWS Identity and Access Management controls\"",
        same_as: &["FSBP IAM.2", "checkov CKV_AWS_40"],
    },
    grade: PRACTICE,
    look: Look::Code(|view, found| {
        for (type_name, property) in [
            ("AWS::IAM::User", "Policies"),
            ("AWS::IAM::User", "ManagedPolicyArns"),
            ("AWS::IAM::Policy", "Users"),
            ("AWS::IAM::ManagedPolicy", "Users"),
            ("AWS::IAM::UserPolicy", "UserName"),
        ] {
            for item in view.of(type_name) {
                let value = item.get(property);
                if value.is_some_and(|value| !value.items().is_empty() || value.text().is_some()) {
                    let message = "a policy is attached to a user";
                    found.tell(item, value, message, "attach it to a group or a role");
                }
            }
        }
    }),
};

pub(super) static FULL_ACCESS: Policy = Policy {
    rule: Rule {
        code: Code("P037"),
        severity: PROTECTION.others,
        title: "no managed policy of AWS with full access is attached",
        what: "A role, user or group has neither `AdministratorAccess` or `PowerUserAccess` nor a managed policy whose name ends in `FullAccess`.",
        why: "What the identity doesn't need is there for whoever misuses it.",
        source: "AWS IAM User Guide, \"AWS managed policies\"",
        same_as: &["cdk-nag AwsSolutions-IAM4"],
    },
    grade: PROTECTION,
    look: Look::Code(|view, found| {
        for type_name in ["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"] {
            for item in view.of(type_name) {
                for policy in item.items("ManagedPolicyArns") {
                    let Some(end) = known_end(policy) else { continue };
                    let name = end.rsplit('/').next().unwrap_or_default();
                    let is_wide = ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"].contains(&name)
                        || name.ends_with("FullAccess");
                    if is_wide && end.contains(":aws:policy/") {
                        let message = format!("`{name}` is attached");
                        found.tell(
                            item,
                            Some(policy),
                            message,
                            "attach a policy with the actions that are needed",
                        );
                    }
                }
            }
        }
    }),
};

pub(super) static MANAGED: Policy = Policy {
    rule: Rule {
        code: Code("P038"),
        severity: HARDENING.others,
        title: "identities have policies of their own",
        what: "A role, user or group has no managed policy of AWS.",
        why: "AWS changes such a policy when it likes, and it isn't limited to the stack's resources: the one for task execution reads every image and writes to every log group.",
        source: "AWS IAM User Guide, \"AWS managed policies\"",
        same_as: &["cdk-nag AwsSolutions-IAM4"],
    },
    grade: HARDENING,
    look: Look::Code(|view, found| {
        for type_name in ["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"] {
            for item in view.of(type_name) {
                for policy in item.items("ManagedPolicyArns") {
                    let end = known_end(policy).unwrap_or_default();
                    if end.contains(":aws:policy/") && !end.ends_with("FullAccess") {
                        let name = end.rsplit('/').next().unwrap_or_default();
                        let message = format!("AWS's policy `{name}` is for every resource of the account");
                        found.tell(
                            item,
                            Some(policy),
                            message,
                            "allow the same actions on the stack's own resources",
                        );
                    }
                }
            }
        }
    }),
};

pub(super) static SAME_ROLE: Policy = Policy {
    rule: Rule {
        code: Code("P039"),
        severity: PROTECTION.others,
        title: "the application has another role than the agent that starts it",
        what: "`TaskRoleArn` and `ExecutionRoleArn` of a task definition differ.",
        why: "The application can read every secret and pull every image that ECS needs to start the task.",
        source: "Amazon ECS Developer Guide, \"Best practices for IAM roles in Amazon ECS\"",
        same_as: &[],
    },
    grade: PROTECTION,
    look: Look::Code(check_same_role),
};

fn check_same_role(view: &View<'_, '_>, found: &mut Found<'_>) {
    for task in view.of("AWS::ECS::TaskDefinition") {
        let (own, agent) = (task.get("TaskRoleArn"), task.get("ExecutionRoleArn"));
        let (Some(role), Some(other)) = (own, agent) else { continue };
        if crate::validate::model::same(role, other) == crate::validate::model::Answer::Yes {
            let message = "the application runs with the role that starts its task";
            found.tell(task, own, message, "give the application a role of its own, or none");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::policy::testing::{silent_of, tells_of};

    const ROLE: &str = "AWS::IAM::Role";

    fn role(action: &Json, resource: &Json) -> Json {
        let document = json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}});
        json!({"Policies": [{"PolicyName": "p", "PolicyDocument": document}]})
    }

    #[test]
    fn wildcards() {
        let all = json!("*");
        let bucket = json!("arn:aws:s3:::bucket/*");
        tells_of("P030", ROLE, role(&json!(["*"]), &all));
        silent_of("P030", ROLE, role(&json!("s3:*"), &all));
        tells_of("P031", ROLE, role(&json!(["s3:*"]), &all));
        tells_of("P031", ROLE, role(&all, &bucket));
        silent_of("P031", ROLE, role(&json!("s3:*"), &bucket));
        tells_of("P032", ROLE, role(&json!("kms:Decrypt"), &all));
        silent_of("P032", ROLE, role(&json!("kms:Decrypt"), &json!({"Ref": "It"})));
        silent_of("P032", ROLE, role(&json!("logs:PutLogEvents"), &all));
    }

    #[test]
    fn trust() {
        let of = |statement: Json| json!({"AssumeRolePolicyDocument": {"Statement": [statement]}});
        let tasks = json!({"Service": ["ecs-tasks.amazonaws.com"]});
        tells_of(
            "P033",
            ROLE,
            of(json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})),
        );
        silent_of(
            "P033",
            ROLE,
            of(json!({"Effect": "Allow", "Principal": tasks, "Action": "sts:AssumeRole"})),
        );
        tells_of(
            "P034",
            ROLE,
            of(json!({"Effect": "Allow", "Principal": tasks, "Action": "sts:AssumeRole"})),
        );
        silent_of(
            "P034",
            ROLE,
            of(
                json!({"Effect": "Allow", "Principal": tasks, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}),
            ),
        );
    }

    #[test]
    fn users() {
        tells_of("P035", "AWS::IAM::AccessKey", json!({"UserName": "u"}));
        silent_of("P035", "AWS::IAM::User", json!({}));
        tells_of(
            "P036",
            "AWS::IAM::User",
            json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}),
        );
        silent_of("P036", "AWS::IAM::User", json!({"Groups": ["g"]}));
    }

    #[test]
    fn managed_policies() {
        let of = |arn: Json| json!({"ManagedPolicyArns": [arn]});
        tells_of(
            "P037",
            ROLE,
            of(json!({"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"})),
        );
        tells_of("P037", ROLE, of(json!("arn:aws:iam::aws:policy/AmazonS3FullAccess")));
        silent_of(
            "P037",
            ROLE,
            of(json!("arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")),
        );
        tells_of(
            "P038",
            ROLE,
            of(json!("arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")),
        );
        silent_of("P038", ROLE, of(json!("arn:aws:iam::123456789012:policy/own")));
    }

    #[test]
    fn roles_of_tasks() {
        tells_of("P039", "AWS::ECS::TaskDefinition", json!({"TaskRoleArn": "a", "ExecutionRoleArn": "a"}));
        silent_of("P039", "AWS::ECS::TaskDefinition", json!({"TaskRoleArn": "a", "ExecutionRoleArn": "b"}));
    }
}
