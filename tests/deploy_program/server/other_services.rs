//! Answers of STS, Systems Manager, ACM, ECS, S3, EC2 and CloudWatch.

use serde_json::{Value as Json, json};

use super::answers::{Answer, escaped};
use super::model::{ACCOUNT, Model};
use super::{Call, Http};

/// A subnet that a look-up sees.
#[derive(Debug, Clone)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The letter of its zone.
    pub(crate) zone: String,
    pub(crate) vpc: String,
}

/// A VPC `main` with two public and two private subnets.
pub(crate) fn network() -> (Vec<(String, String)>, Vec<Subnet>) {
    let subnet = |(id, name, zone): (&str, &str, &str)| Subnet {
        id: id.into(),
        name: name.into(),
        zone: zone.into(),
        vpc: "vpc-0a1b2c3d".into(),
    };
    let subnets = [
        ("subnet-0a1b2c3d", "public-a", "a"),
        ("subnet-1a1b2c3d", "public-b", "b"),
        ("subnet-2a1b2c3d", "private-a", "a"),
        ("subnet-3a1b2c3d", "private-b", "b"),
    ];
    (vec![("vpc-0a1b2c3d".into(), "main".into())], subnets.into_iter().map(subnet).collect())
}

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
            let member = |(_, name): (&String, &String)| {
                let state = model.alarm_states.get(name).map_or("OK", String::as_str);
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
        "DescribeVpcs" => {
            let wanted = call.get("Filter.1.Value.1").unwrap_or_default();
            let fits = |name: &str| wanted == "*" || wanted == name;
            let item = |(id, name): &(String, String)| {
                format!(
                    "<item><vpcId>{id}</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>\
                     <tagSet><item><key>Name</key><value>{name}</value></item></tagSet></item>"
                )
            };
            let items: String = model.vpcs.iter().filter(|(_, name)| fits(name)).map(item).collect();
            xml(format!("<DescribeVpcsResponse><vpcSet>{items}</vpcSet></DescribeVpcsResponse>"))
        }
        "DescribeSubnets" => {
            let wanted = call.get("Filter.1.Value.1").unwrap_or_default();
            let passes = |subnet: &&Subnet| match call.get("Filter.1.Name") {
                Some("vpc-id") => subnet.vpc == wanted,
                Some("tag:Name") => subnet.name == wanted,
                other => panic!("no filter of subnets: {other:?}"),
            };
            let item = |subnet: &Subnet| {
                let Subnet { id, name, zone, vpc } = subnet;
                format!(
                    "<item><subnetId>{id}</subnetId><vpcId>{vpc}</vpcId><availabilityZone>us-east-1{zone}</availabilityZone>\
                     <cidrBlock>10.0.0.0/24</cidrBlock><tagSet><item><key>Name</key><value>{name}</value></item></tagSet></item>"
                )
            };
            let items: String = model.subnets.iter().filter(passes).map(item).collect();
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
            assert_eq!(input["WithDecryption"], false);
            let kind = model.plain_parameters.contains(name);
            let kind = if kind { "String" } else { "SecureString" };
            ok(json!({ "Parameter": { "Name": name, "Type": kind, "Value": "ciphertext" } }))
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

/// A bucket's objects are those whose address begins with its own. Each has one version.
fn storage(model: &mut Model, request: &Http) -> Answer {
    let url = format!("{}{}", model.address, request.target);
    let bucket = url.split("/?").next().unwrap_or_default().to_owned() + "/";
    let empty = |status| Answer { status, body: String::new() };
    match request.method.as_str() {
        "PUT" => {
            model.objects.insert(url, request.body.clone());
            empty(200)
        }
        "HEAD" if model.objects.contains_key(&url) => empty(200),
        "HEAD" => empty(404),
        "GET" => {
            let keys: Vec<&str> = model.objects.keys().filter_map(|key| key.strip_prefix(&bucket)).collect();
            let size = if model.page == 0 { usize::MAX } else { model.page };
            let version = |key: &&str| {
                format!("<Version><Key>{}</Key><VersionId>v1</VersionId></Version>", escaped(key))
            };
            let versions: String = keys.iter().take(size).map(version).collect();
            let more = keys.len() > size;
            Answer {
                status: 200,
                body: format!(
                    "<ListVersionsResult><IsTruncated>{more}</IsTruncated>{versions}</ListVersionsResult>"
                ),
            }
        }
        "POST" => {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            for part in body.split("<Key>").skip(1) {
                let key = part.split("</Key>").next().unwrap_or_default();
                model.objects.remove(&format!("{bucket}{key}"));
            }
            Answer { status: 200, body: "<DeleteResult/>".into() }
        }
        _ => empty(405),
    }
}
