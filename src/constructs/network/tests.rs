//! New and existing networks, and the endpoints of a closed one.

use serde_json::json;

use super::*;
use crate::cfn::Json;
use crate::constructs::test_support::{cycle, ids, ids_of_type, keep, properties, synth};
use crate::constructs::testing::{assert_contains, misuses};
use crate::constructs::{EndpointServices, Endpoints, Stack};

fn new_network(nat: Nat) -> NewNetwork {
    NewNetwork { cidr: "10.0.0.0/16".into(), zones: 2, nat, public: true, flow_logs: None }
}

fn create(stack: &mut Stack, props: &NewNetwork) -> Network {
    Network::create(&mut stack.scope().child("Network"), props)
}

fn names(ids: &[LogicalId]) -> Vec<&str> {
    ids.iter().map(LogicalId::as_str).collect()
}

fn depends_on(template: &Json, id: &str) -> Json {
    template["Resources"][id]["DependsOn"].clone()
}

#[test]
fn a_new_network_has_readable_ids_and_zones_of_the_region() {
    let mut stack = Stack::new();
    let network = create(&mut stack, &new_network(Nat::Single));
    let template = synth(stack);
    keep("network-single", &template);
    assert_eq!(
        ids(&template),
        [
            "NetworkVpc",
            "NetworkInternetGateway",
            "NetworkInternetGatewayAttachment",
            "NetworkPublicRouteTable",
            "NetworkPublicDefaultRoute",
            "NetworkPublicSubnet1",
            "NetworkPublicSubnet1RouteTableAssociation",
            "NetworkPublicSubnet2",
            "NetworkPublicSubnet2RouteTableAssociation",
            "NetworkNatGateway1Address",
            "NetworkNatGateway1",
            "NetworkPrivateRouteTable1",
            "NetworkPrivateSubnet1",
            "NetworkPrivateSubnet1RouteTableAssociation",
            "NetworkPrivateDefaultRoute1",
            "NetworkPrivateRouteTable2",
            "NetworkPrivateSubnet2",
            "NetworkPrivateSubnet2RouteTableAssociation",
            "NetworkPrivateDefaultRoute2",
        ]
    );
    assert_eq!(
        properties(&template, "NetworkVpc"),
        &json!({
            "CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true, "EnableDnsHostnames": true,
            "Tags": [{"Key": "Name", "Value": {"Ref": "AWS::StackName"}}],
        })
    );
    assert_eq!(
        properties(&template, "NetworkPrivateSubnet2"),
        &json!({
            "VpcId": {"Ref": "NetworkVpc"}, "CidrBlock": "10.0.64.0/18",
            "AvailabilityZone": {"Fn::Select": [1, {"Fn::GetAZs": ""}]},
            "Tags": [{"Key": "Name", "Value": {"Fn::Sub": "${AWS::StackName}-private-2"}}],
        })
    );
    assert_eq!(network.vpc_cidr, Some("10.0.0.0/16".into()));
    assert!(network.internet);
    assert_eq!(cycle(&template), None);
}

#[test]
fn gateways_wait_for_the_attachment_and_routes_stand_for_all_before_them() {
    let mut stack = Stack::new();
    let network = create(&mut stack, &new_network(Nat::PerZone));
    assert_eq!(names(&network.ready), ["NetworkPrivateDefaultRoute1", "NetworkPrivateDefaultRoute2"]);
    assert_eq!(
        names(&network.public_ready),
        [
            "NetworkPublicDefaultRoute",
            "NetworkPublicSubnet1RouteTableAssociation",
            "NetworkPublicSubnet2RouteTableAssociation",
        ]
    );
    let template = synth(stack);
    keep("network-per-zone", &template);
    let attachment = json!(["NetworkInternetGatewayAttachment"]);
    assert_eq!(depends_on(&template, "NetworkPublicDefaultRoute"), attachment);
    assert_eq!(depends_on(&template, "NetworkNatGateway2Address"), attachment);
    assert_eq!(depends_on(&template, "NetworkNatGateway2")[0], "NetworkPublicDefaultRoute");
    assert_eq!(
        depends_on(&template, "NetworkPrivateDefaultRoute2"),
        json!(["NetworkPrivateSubnet2RouteTableAssociation"])
    );
    for zone in 1..=2 {
        assert_eq!(
            properties(&template, &format!("NetworkPrivateDefaultRoute{zone}")),
            &json!({
                "RouteTableId": {"Ref": format!("NetworkPrivateRouteTable{zone}")},
                "DestinationCidrBlock": "0.0.0.0/0",
                "NatGatewayId": {"Ref": format!("NetworkNatGateway{zone}")},
            })
        );
        assert_eq!(
            properties(&template, &format!("NetworkNatGateway{zone}"))["SubnetId"],
            json!({"Ref": format!("NetworkPublicSubnet{zone}")})
        );
    }
}

#[test]
fn one_gateway_serves_all_zones_and_no_ids_change_with_their_number() {
    let templates = [Nat::None, Nat::Single, Nat::PerZone].map(|nat| {
        let mut stack = Stack::new();
        create(&mut stack, &NewNetwork { zones: 3, ..new_network(nat) });
        synth(stack)
    });
    let [none, single, per_zone] = &templates;
    for zone in 1..=3 {
        let route = format!("NetworkPrivateDefaultRoute{zone}");
        assert_eq!(properties(single, &route)["NatGatewayId"], json!({"Ref": "NetworkNatGateway1"}));
        for resource in ["PrivateSubnet", "PublicSubnet", "PrivateRouteTable"] {
            let id = format!("Network{resource}{zone}");
            assert_eq!(properties(none, &id), properties(single, &id));
            assert_eq!(properties(single, &id), properties(per_zone, &id));
        }
    }
    assert!(ids_of_type(none, "AWS::EC2::NatGateway").is_empty());
    assert_eq!(ids_of_type(per_zone, "AWS::EC2::NatGateway").len(), 3);
}

#[test]
fn a_network_may_have_no_public_side() {
    let mut stack = Stack::new();
    let network = create(&mut stack, &NewNetwork { public: false, ..new_network(Nat::None) });
    assert_eq!(network.public_subnets, Vec::<Value<String>>::new().into());
    assert!(!network.internet);
    let template = synth(stack);
    assert!(ids(&template).iter().all(|id| !id.contains("Public") && !id.contains("Gateway")));
}

#[test]
fn a_closed_network_reaches_services_by_endpoints() {
    let mut stack = Stack::new();
    let mut network = create(&mut stack, &new_network(Nat::None));
    let services = EndpointServices {
        interfaces: ["ecr.dkr", "ecr.api", "logs", "bedrock-runtime", "logs"].map(str::to_owned).into(),
        buckets: vec!["arn:aws:s3:::files".into()],
    };
    let endpoints = Endpoints::new(&mut stack.scope().child("Endpoints"), &mut network, &services);
    assert_eq!(
        names(endpoints.logical_ids()),
        ["EndpointsBedrockRuntime", "EndpointsEcrApi", "EndpointsEcrDkr", "EndpointsLogs", "EndpointsS3"]
    );
    // That of S3 stands for all, since it waits for the others and the routes.
    assert_eq!(names(&network.ready), ["EndpointsS3"]);
    let template = synth(stack);
    keep("network-closed", &template);
    assert_eq!(cycle(&template), None);
    assert_eq!(
        properties(&template, "EndpointsEcrApi"),
        &json!({
            "VpcId": {"Ref": "NetworkVpc"},
            "VpcEndpointType": "Interface",
            "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.ecr.api"},
            "PrivateDnsEnabled": true,
            "SubnetIds": [{"Ref": "NetworkPrivateSubnet1"}, {"Ref": "NetworkPrivateSubnet2"}],
            "SecurityGroupIds": [{"Ref": "EndpointsSecurityGroup"}],
        })
    );
    let gateway = properties(&template, "EndpointsS3");
    assert_contains(
        gateway,
        &json!({
            "VpcEndpointType": "Gateway",
            "RouteTableIds": [{"Ref": "NetworkPrivateRouteTable1"}, {"Ref": "NetworkPrivateRouteTable2"}],
            "PolicyDocument": {"Statement": [
                {"Action": "s3:GetObject", "Principal": "*", "Resource": {"Fn::Sub":
                    "arn:${AWS::Partition}:s3:::prod-${AWS::Region}-starport-layer-bucket/*"}},
                {"Action": "s3:*", "Resource": ["arn:aws:s3:::files", "arn:aws:s3:::files/*"]},
            ]},
        }),
    );
    assert_eq!(gateway["PrivateDnsEnabled"], Json::Null);
}

#[test]
fn an_existing_network_gets_no_gateway_endpoint() {
    let mut stack = Stack::new();
    let mut network = Network::existing("vpc-1", ["subnet-1"], ["subnet-2"], false);
    let services = EndpointServices { interfaces: vec!["logs".into(), "Logs!".into()], buckets: Vec::new() };
    let endpoints = Endpoints::new(&mut stack.scope().child("Endpoints"), &mut network, &services);
    assert_eq!(names(endpoints.logical_ids()), ["EndpointsLogs"]);
    assert_eq!(misuses(stack), ["`Logs!` can't be the name of a service"]);
}

#[test]
fn of_a_retained_network_the_vpc_and_the_private_subnets_are_kept() {
    let mut stack = Stack::new();
    let network = create(&mut stack, &new_network(Nat::Single));
    network.retain(&mut stack.scope());
    Network::existing("vpc-1", ["subnet-1"], ["subnet-2"], true).retain(&mut stack.scope());
    let template = synth(stack);
    let kept: Vec<String> = ids(&template)
        .into_iter()
        .filter(|id| template["Resources"][id]["DeletionPolicy"] == "RetainExceptOnCreate")
        .collect();
    assert_eq!(kept, ["NetworkVpc", "NetworkPrivateSubnet1", "NetworkPrivateSubnet2"]);
}

#[test]
fn flow_logs_go_to_a_log_group_by_a_role_of_their_own() {
    let mut stack = Stack::new();
    let logs = FlowLogs { traffic: TrafficType::Reject, ..FlowLogs::default() };
    create(&mut stack, &NewNetwork { flow_logs: Some(logs), ..new_network(Nat::None) });
    let template = synth(stack);
    keep("network-flow-logs", &template);
    assert_eq!(
        properties(&template, "NetworkFlowLog"),
        &json!({
            "ResourceType": "VPC", "ResourceId": {"Ref": "NetworkVpc"}, "TrafficType": "REJECT",
            "LogDestinationType": "cloud-watch-logs", "LogGroupName": {"Ref": "NetworkFlowLogGroup"},
            "DeliverLogsPermissionArn": {"Fn::GetAtt": ["NetworkFlowLogRole", "Arn"]},
        })
    );
    assert_eq!(properties(&template, "NetworkFlowLogGroup"), &json!({"RetentionInDays": 30}));
    assert_contains(
        properties(&template, "NetworkFlowLogRole"),
        &json!({"Policies": [{"PolicyDocument": {"Statement": [
            {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": {"Fn::GetAtt": ["NetworkFlowLogGroup", "Arn"]}},
            {"Action": "logs:DescribeLogStreams",
                "Resource": {"Fn::GetAtt": ["NetworkFlowLogGroup", "Arn"]}},
            {"Action": "logs:DescribeLogGroups", "Resource": "*"},
        ]}}]}),
    );
}

#[test]
fn a_network_that_cannot_be_is_reported() {
    let mut stack = Stack::new();
    create(&mut stack, &NewNetwork { cidr: "10.0.0.0/24".into(), zones: 3, ..new_network(Nat::PerZone) });
    assert_eq!(misuses(stack), ["`10.0.0.0/24` is too small for 3 availability zones"]);
}
