//! Answers of STS, Systems Manager, ACM, ECS, S3, EC2 and CloudWatch.

use serde_json::{Value as Json, json};

use super::answers::{Answer, escaped};
use super::model::{ACCOUNT, Model};
use super::{Call, Http};

/// The answer, if it isn't CloudFormation that is asked.
pub(crate) fn answer(model: &mut Model, request: &Http, call: &Call) -> Option<Answer> {
    if call.action.starts_with("S3 ") {
        return Some(storage(model, request));
    }
    if request.headers.contains_key("x-amz-target") {
        let input: Json = serde_json::from_str(&call.body).unwrap();
        return Some(json_answer(model, &call.action, &input));
    }
    let xml = |body: String| Some(Answer { status: 200, body });
    match call.action.as_str() {
        "GetCallerIdentity" => {
            let account = model.account.as_deref().unwrap_or(ACCOUNT);
            xml(format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/me</Arn>\
                 <UserId>U</UserId><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ))
        }
        "DescribeAlarms" => {
            let names = call.parameters.iter().filter(|(key, _)| key.starts_with("AlarmNames.member."));
            let state = model.alarm_state.as_deref().unwrap_or("OK");
            let member = |(_, name): (&String, &String)| {
                format!(
                    "<member><AlarmName>{name}</AlarmName><AlarmArn>arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}</AlarmArn>\
                     <StateValue>{state}</StateValue></member>"
                )
            };
            let members: String = names.map(member).collect();
            xml(format!(
                "<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms>{members}</MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>"
            ))
        }
        "DescribeVpcs" => xml(
            "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-0a1b2c3d</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>\
             <tagSet><item><key>Name</key><value>main</value></item></tagSet></item></vpcSet></DescribeVpcsResponse>"
                .into(),
        ),
        "DescribeSubnets" => {
            let item = |(id, name, zone): (&str, &str, &str)| {
                format!(
                    "<item><subnetId>{id}</subnetId><vpcId>vpc-0a1b2c3d</vpcId><availabilityZone>us-east-1{zone}</availabilityZone>\
                     <cidrBlock>10.0.0.0/24</cidrBlock><tagSet><item><key>Name</key><value>{name}</value></item></tagSet></item>"
                )
            };
            let subnets = [
                ("subnet-0a1b2c3d", "public-a", "a"),
                ("subnet-1a1b2c3d", "public-b", "b"),
                ("subnet-2a1b2c3d", "private-a", "a"),
                ("subnet-3a1b2c3d", "private-b", "b"),
            ];
            let items: String = subnets.into_iter().map(item).collect();
            xml(format!("<DescribeSubnetsResponse><subnetSet>{items}</subnetSet></DescribeSubnetsResponse>"))
        }
        _ => None,
    }
}

fn json_answer(model: &mut Model, action: &str, input: &Json) -> Answer {
    let ok = |json: Json| Answer { status: 200, body: json.to_string() };
    let fail = |code: &str, message: &str| Answer {
        status: 400,
        body: json!({ "__type": code, "message": message }).to_string(),
    };
    let name = input["Name"].as_str().unwrap_or_default();
    match action {
        "GetParameter" if model.secure_parameters.contains_key(name) => {
            ok(json!({ "Parameter": { "Name": name, "Type": "SecureString", "Value": "ciphertext" } }))
        }
        "GetParameter" => fail("ParameterNotFound", "not found"),
        "PutParameter" if model.secure_parameters.contains_key(name) => {
            fail("ParameterAlreadyExists", "The parameter already exists.")
        }
        "PutParameter" => {
            assert_eq!(input["Overwrite"], false);
            let value = input["Value"].as_str().unwrap().to_owned();
            model.secure_parameters.insert(name.to_owned(), value);
            ok(json!({ "Version": 1 }))
        }
        "DescribeCertificate" => {
            let status = model.certificate.as_deref().unwrap_or("ISSUED");
            ok(json!({ "Certificate": { "Status": status, "DomainName": "dify.example.com" } }))
        }
        "ListTasks" => {
            let arns: Vec<String> = (0..model.stopped.len()).map(|n| format!("task/{n}")).collect();
            ok(json!({ "taskArns": arns }))
        }
        "DescribeTasks" => {
            let task = |(n, reason): (usize, &String)| {
                json!({ "taskArn": format!("task/{n}"), "stoppedAt": 1.0, "stopCode": "EssentialContainerExited",
                    "stoppedReason": reason, "containers": [{ "name": "dify-api", "exitCode": 1 }] })
            };
            ok(json!({ "tasks": model.stopped.iter().enumerate().map(task).collect::<Vec<_>>() }))
        }
        other => fail("UnknownOperationException", other),
    }
}

fn storage(model: &mut Model, request: &Http) -> Answer {
    let url = format!("{}{}", model.address, request.target);
    let empty = |status| Answer { status, body: String::new() };
    match request.method.as_str() {
        "PUT" => {
            model.objects.insert(url, request.body.clone());
            empty(200)
        }
        "HEAD" if model.objects.contains_key(&url) => empty(200),
        "HEAD" => empty(404),
        "GET" => {
            let version = |key: &String| {
                let key = key.rsplit_once("//").map_or("", |(_, rest)| rest);
                let key = key.splitn(3, '/').nth(2).unwrap_or_default();
                format!("<Version><Key>{}</Key><VersionId>v1</VersionId></Version>", escaped(key))
            };
            let versions: String = model.objects.keys().map(version).collect();
            Answer {
                status: 200,
                body: format!(
                    "<ListVersionsResult><IsTruncated>false</IsTruncated>{versions}</ListVersionsResult>"
                ),
            }
        }
        "POST" => {
            model.objects.clear();
            Answer { status: 200, body: "<DeleteResult/>".into() }
        }
        _ => empty(405),
    }
}
