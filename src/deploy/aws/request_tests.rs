//! What the calls send, to the field, and what comes of the answers.

use indexmap::IndexMap;

use super::testing::Wire;
use crate::deploy::api::{
    Capability, ChangeSetKind, CloudFormation, CreateChangeSet, DeleteStack, DescribeChangeSet, ErrorKind,
    EventScope, ExecuteChangeSet, OnStackFailure, ParameterSetting, RollbackConfiguration, StackStatus,
    TemplateSource,
};
use crate::deploy::clock::Timestamp;
use crate::deploy::services::{ObjectVersion, Secret, Services};

fn run<T>(call: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(call)
}

fn answer(operation: &str, result: &str) -> String {
    format!(
        r#"<{operation}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><{operation}Result>{result}</{operation}Result></{operation}Response>"#
    )
}

fn least() -> CreateChangeSet {
    CreateChangeSet {
        stack: "dify-prd".into(),
        name: "set".into(),
        kind: ChangeSetKind::Update,
        template: TemplateSource::Body("{}".into()),
        parameters: Vec::new(),
        tags: None,
        capabilities: Vec::new(),
        role_arn: None,
        notification_arns: None,
        rollback_configuration: None,
        client_token: "token".into(),
        description: None,
        include_nested_stacks: false,
        on_stack_failure: None,
        import_existing_resources: false,
        resources_to_import: Vec::new(),
        revert_drift: false,
    }
}

fn sent_by(request: &CreateChangeSet) -> String {
    let wire = Wire::answering([(200, &answer("CreateChangeSet", "<Id>set</Id><StackId>stack</StackId>"))]);
    let created = run(wire.aws().create_change_set(request)).unwrap();
    assert_eq!((created.id.as_str(), created.stack_id.as_str()), ("set", "stack"));
    wire.only().form()
}

#[test]
fn what_is_not_asked_for_is_not_sent() {
    insta::assert_snapshot!(sent_by(&least()));
}

#[test]
fn a_create_set_carries_everything() {
    let setting = |key: &str, value: Option<&str>| ParameterSetting {
        key: key.into(),
        value: value.map(str::to_owned),
        no_echo: false,
    };
    let request = CreateChangeSet {
        kind: ChangeSetKind::Create,
        template: TemplateSource::Url("https://b.s3.eu-west-1.amazonaws.com/.cfn/x".into()),
        parameters: vec![setting("Image", Some("1.2 3")), setting("Password", None)],
        tags: Some(IndexMap::from([("team".to_owned(), "a&b".to_owned())])),
        capabilities: vec![Capability::Iam, Capability::NamedIam],
        role_arn: Some("arn:aws:iam::123456789012:role/deploy".into()),
        notification_arns: Some(vec!["arn:aws:sns:eu-west-1:123456789012:t".into()]),
        rollback_configuration: Some(RollbackConfiguration {
            alarm_arns: vec!["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a".into()],
            monitoring_minutes: 5,
        }),
        description: Some("by dify-cfn".into()),
        include_nested_stacks: true,
        on_stack_failure: Some(OnStackFailure::Delete),
        import_existing_resources: true,
        ..least()
    };
    insta::assert_snapshot!(sent_by(&request));
}

#[test]
fn drift_is_reverted_without_nested_sets() {
    let sent = sent_by(&CreateChangeSet { revert_drift: true, ..least() });
    assert!(sent.contains("DeploymentMode=REVERT_DRIFT"), "{sent}");
    assert!(!sent.contains("IncludeNestedStacks"), "{sent}");
    let keep = CreateChangeSet { on_stack_failure: Some(OnStackFailure::Keep), ..least() };
    assert!(sent_by(&keep).contains("OnStackFailure=DO_NOTHING"));
}

#[test]
fn a_set_is_executed_with_its_token() {
    let wire = Wire::answering([(200, &answer("ExecuteChangeSet", ""))]);
    let request = ExecuteChangeSet {
        change_set: "arn:set".into(),
        client_request_token: "token".into(),
        disable_rollback: false,
        retain_except_on_create: true,
    };
    run(wire.aws().execute_change_set(&request)).unwrap();
    insta::assert_snapshot!(wire.only().form());
}

#[test]
fn other_calls_that_change_a_stack_send_what_they_should() {
    let empty = |operation| answer(operation, "");
    let (delete, cancel, proceed, rollback, protect) = (
        empty("DeleteStack"),
        empty("CancelUpdateStack"),
        empty("ContinueUpdateRollback"),
        empty("RollbackStack"),
        empty("UpdateTerminationProtection"),
    );
    let wire = Wire::answering([
        (200, &delete),
        (200, &cancel),
        (200, &proceed),
        (200, &proceed),
        (200, &rollback),
        (200, &protect),
    ]);
    let aws = wire.aws();
    run(async {
        let request = DeleteStack {
            stack: "arn:stack".into(),
            retain_resources: vec!["Database".into()],
            force: true,
            role_arn: None,
            client_request_token: "token".into(),
        };
        aws.delete_stack(&request).await.unwrap();
        aws.cancel_update_stack("arn:stack", "token").await.unwrap();
        aws.continue_update_rollback("arn:stack", &["A".into(), "B".into()], false, "token").await.unwrap();
        aws.continue_update_rollback("arn:stack", &[], true, "token").await.unwrap();
        aws.rollback_stack("arn:stack", "token").await.unwrap();
        aws.update_termination_protection("arn:stack", true).await.unwrap();
    });
    let sent = wire.sent.lock().unwrap();
    let forms: Vec<String> = sent.iter().map(super::testing::Sent::form).collect();
    insta::assert_snapshot!(forms.join("\n\n"));
    // What was added by hand is in the length and the signature.
    let forced = &sent[3];
    assert_eq!(forced.header("content-length"), Some(forced.body.len().to_string().as_str()));
    assert!(forced.header("authorization").is_some());
}

#[test]
fn a_set_with_values_is_asked_for_and_read() {
    let body = answer(
        "DescribeChangeSet",
        "<ChangeSetId>arn:set</ChangeSetId><ChangeSetName>set</ChangeSetName><StackId>arn:stack</StackId>\
         <StackName>dify-prd</StackName><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>\
         <NextToken>2</NextToken><Changes><member><Type>Resource</Type><ResourceChange><Action>Modify</Action>\
         <PolicyAction>ReplaceAndSnapshot</PolicyAction><LogicalResourceId>Database</LogicalResourceId>\
         <ResourceType>AWS::RDS::DBCluster</ResourceType><Replacement>True</Replacement><Scope><member>Properties</member></Scope>\
         <Details><member><Evaluation>Static</Evaluation><ChangeSource>DirectModification</ChangeSource><Target>\
         <Attribute>Properties</Attribute><Name>DatabaseName</Name><Path>/Properties/DatabaseName</Path>\
         <RequiresRecreation>Always</RequiresRecreation><BeforeValue>a</BeforeValue><AfterValue>b</AfterValue>\
         </Target></member></Details></ResourceChange></member></Changes>",
    );
    let wire = Wire::answering([(200, &body)]);
    let request = DescribeChangeSet {
        change_set: "arn:set".into(),
        stack: None,
        include_property_values: true,
        next_token: Some("1".into()),
    };
    let set = run(wire.aws().describe_change_set(&request)).unwrap();
    insta::assert_snapshot!(wire.only().form());
    insta::assert_debug_snapshot!(set);
}

#[test]
fn events_of_one_operation_are_asked_for_and_read() {
    let body = answer(
        "DescribeEvents",
        "<OperationEvents><member><EventId>e1</EventId><StackId>arn:stack</StackId><OperationId>op</OperationId>\
         <OperationType>CREATE_CHANGESET</OperationType><OperationStatus>FAILED</OperationStatus>\
         <EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Storage</LogicalResourceId>\
         <Timestamp>2026-11-28T01:02:03.456Z</Timestamp><ValidationName>NAME_CONFLICT_VALIDATION</ValidationName>\
         <ValidationFailureMode>FAIL</ValidationFailureMode><ValidationPath>/Resources/Storage</ValidationPath>\
         <ValidationStatusReason>it is there</ValidationStatusReason></member></OperationEvents>",
    );
    let wire = Wire::answering([(200, &body)]);
    let page = run(wire.aws().describe_events(&EventScope::Operation("op".into()), true, None)).unwrap();
    insta::assert_snapshot!(wire.only().form());
    let event = &page.items[0];
    assert_eq!(event.timestamp, Timestamp(1_795_827_723_456));
    assert_eq!(event.validation_reason.as_deref(), Some("it is there"));
}

#[test]
fn errors_keep_their_code_and_message() {
    let error = |code: &str, message: &str| {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        )
    };
    let cases = [
        (400, error("ValidationError", "Stack with id x does not exist"), ErrorKind::NotFound),
        (400, error("Throttling", "Rate exceeded"), ErrorKind::Throttled),
        (403, error("AccessDenied", "not authorized to perform"), ErrorKind::AccessDenied),
        (500, "<html>oops</html>".to_owned(), ErrorKind::Connection),
        (200, "<DescribeStacksResponse><DescribeSta".to_owned(), ErrorKind::Connection),
    ];
    for (status, body, kind) in cases {
        let wire = Wire::answering([(status, &body)]);
        let error = run(wire.aws().describe_stack("x")).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(!error.to_string().contains("planted"), "{error}");
    }
}

#[test]
fn a_stack_is_read() {
    let body = answer(
        "DescribeStacks",
        "<Stacks><member><StackId>arn:stack</StackId><StackName>dify-prd</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>\
         <CreationTime>2026-11-28T00:00:00Z</CreationTime><EnableTerminationProtection>true</EnableTerminationProtection>\
         <Tags><member><Key>a</Key><Value>b</Value></member></Tags>\
         <LastOperations><member><OperationType>UPDATE_STACK</OperationType><OperationId>op</OperationId></member></LastOperations>\
         </member></Stacks>",
    );
    let wire = Wire::answering([(200, &body)]);
    let stack = run(wire.aws().describe_stack("dify-prd")).unwrap();
    assert_eq!(stack.status, StackStatus::UpdateComplete);
    assert!(stack.termination_protection);
    assert_eq!(stack.tags.get("a").map(String::as_str), Some("b"));
    assert_eq!(
        (stack.last_operations[0].id.as_str(), stack.last_operations[0].kind.as_str()),
        ("op", "UPDATE_STACK")
    );
}

#[test]
fn a_secure_parameter_is_created_and_never_overwritten() {
    let exists = r#"{"__type":"ParameterAlreadyExists","message":"The parameter already exists."}"#;
    let wire = Wire::answering([(200, r#"{"Version":1}"#), (400, exists)]);
    let aws = wire.aws();
    let value = Secret::new("planted-value".into());
    run(async {
        aws.create_secure_parameter("/dify/prd/key", &value, Some("alias/k")).await.unwrap();
        let error = aws.create_secure_parameter("/dify/prd/key", &value, None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::AlreadyExists);
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    });
    let sent = wire.sent.lock().unwrap();
    assert_eq!(sent[0].url, "https://ssm.ap-northeast-1.amazonaws.com/");
    assert_eq!(sent[0].header("x-amz-target"), Some("AmazonSSM.PutParameter"));
    let expected = r#"{"Name":"/dify/prd/key","Value":"planted-value","Type":"SecureString","Overwrite":false,"KeyId":"alias/k"}"#;
    assert_eq!(sent[0].body, expected);
    let authorization = sent[0].header("authorization").unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
    assert!(authorization.contains("/ap-northeast-1/ssm/aws4_request"), "{authorization}");
}

#[test]
fn objects_go_to_the_bucket_s_own_host() {
    let versions = "<DeleteResult/>";
    let wire = Wire::answering([(404, ""), (200, ""), (200, versions)]);
    let aws = wire.aws();
    let deleted = [ObjectVersion { key: "a<b".into(), version_id: "v1".into() }];
    run(async {
        assert_eq!(aws.has_object("files", ".cfn/a b").await, Ok(false));
        let url = aws.put_object("files", ".cfn/a b", b"{}").await.unwrap();
        assert_eq!(url, "https://files.s3.ap-northeast-1.amazonaws.com/.cfn/a%20b");
        aws.delete_objects("files", &deleted).await.unwrap();
    });
    let sent = wire.sent.lock().unwrap();
    assert_eq!((sent[0].method.as_str(), sent[1].method.as_str()), ("HEAD", "PUT"));
    assert_eq!(sent[1].url, "https://files.s3.ap-northeast-1.amazonaws.com/.cfn/a%20b");
    assert!(sent[1].header("x-amz-content-sha256").is_some());
    assert_eq!(sent[2].url, "https://files.s3.ap-northeast-1.amazonaws.com/?delete");
    assert!(sent[2].body.contains("<Key>a&lt;b</Key><VersionId>v1</VersionId>"), "{}", sent[2].body);
    assert!(sent[2].header("x-amz-checksum-sha256").is_some());
}

#[test]
fn networks_are_found_by_name_on_all_pages() {
    let page = |id: &str, token: &str| {
        format!(
            r#"<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><vpcSet><item><vpcId>{id}</vpcId><cidrBlock>10.0.0.0/16</cidrBlock><tagSet><item><key>Name</key><value>main</value></item></tagSet></item></vpcSet>{token}</DescribeVpcsResponse>"#
        )
    };
    let (first, second) = (page("vpc-1", "<nextToken>t</nextToken>"), page("vpc-2", ""));
    let wire = Wire::answering([(200, &first), (200, &second)]);
    let found = run(wire.aws().vpcs("main*")).unwrap();
    let ids: Vec<&str> = found.iter().map(|vpc| vpc.id.as_str()).collect();
    assert_eq!(ids, ["vpc-1", "vpc-2"]);
    assert_eq!(found[0].name.as_deref(), Some("main"));
    let sent = wire.sent.lock().unwrap();
    assert_eq!(sent[0].form(), "Action=DescribeVpcs\nFilter.1.Name=tag%3AName\nFilter.1.Value.1=main%2A");
    assert!(sent[1].form().ends_with("NextToken=t"));
}

#[test]
fn stopped_tasks_say_why() {
    let described = r#"{"tasks":[
        {"taskArn":"t1","stoppedAt":1.0,"stoppedReason":"old","containers":[]},
        {"taskArn":"t2","stoppedAt":2.5,"stopCode":"TaskFailedToStart","stoppedReason":"CannotPullContainerError",
         "containers":[{"name":"dify-api","exitCode":1,"reason":"no such image"}]}]}"#;
    let wire = Wire::answering([(200, r#"{"taskArns":["t1","t2"]}"#), (200, described)]);
    let tasks = run(wire.aws().stopped_tasks("dify-prd", "dify-api")).unwrap();
    assert_eq!(tasks[0].arn, "t2");
    assert_eq!(tasks[0].stopped_at, Some(Timestamp(2_500)));
    assert_eq!(tasks[0].containers[0].exit_code, Some(1));
    let sent = wire.sent.lock().unwrap();
    assert_eq!(sent[0].body, r#"{"cluster":"dify-prd","serviceName":"dify-api","desiredStatus":"STOPPED"}"#);
}

#[test]
fn a_passing_error_is_tried_again_once() {
    let throttled = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    let parameter = r#"{"Parameter":{"Name":"p","Type":"SecureString","Value":"ciphertext"}}"#;
    for passing in [(400, throttled), (503, "")] {
        let wire = Wire::answering([passing, (200, parameter)]);
        let found = run(wire.aws().parameter("p")).unwrap();
        assert_eq!((found.kind.as_str(), found.value), ("SecureString", None));
        assert_eq!(wire.sent.lock().unwrap().len(), 2);
    }
    // What lasts longer is the engine's to repeat, which tells it.
    let wire = Wire::answering([(503, ""), (400, throttled), (200, parameter)]);
    let error = run(wire.aws().parameter("p")).unwrap_err();
    assert_eq!((error.kind, wire.sent.lock().unwrap().len()), (ErrorKind::Throttled, 2));
}
