//! A new network: VPC, subnets, routes, NAT gateways.

use crate::cfn::{CfnResource, Handle, Intrinsic, LogicalId, PseudoParameter, Taggable, Value};
use crate::concat_values;
use crate::resources::ec2::{
    CfnEip, CfnInternetGateway, CfnNatGateway, CfnRoute, CfnRouteTable, CfnSubnet,
    CfnSubnetRouteTableAssociation, CfnVpc, CfnVpcGatewayAttachment, eip,
};

use super::super::Scope;
use super::Network;
use super::address_plan::{AddressPlan, Ipv4Block};
use super::flow_logs::{self, FlowLogs};

/// How private subnets reach the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nat {
    /// Not at all; what they need of AWS, they reach by endpoints ([`Endpoints`](super::super::Endpoints)).
    None,
    /// By one gateway in the first zone. Its zone's failure cuts all off, and traffic of the others crosses zones,
    /// which costs money.
    Single,
    /// By a gateway in each zone. Each costs money by the hour, used or not.
    PerZone,
}

/// A network to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNetwork {
    /// The VPC's IPv4 addresses, a literal block from /16 to /24. For 3 zones it must be a /23 or larger.
    pub cidr: String,
    /// In how many availability zones, 2 or 3. One can be added later without moving the others.
    pub zones: u32,
    /// How private subnets reach the internet.
    pub nat: Nat,
    /// Whether there are public subnets although no NAT gateway needs them: for an internet-facing load balancer.
    pub public: bool,
    /// Whether traffic is logged.
    pub flow_logs: Option<FlowLogs>,
}

impl Network {
    /// Creates a network.
    ///
    /// No subnet gives public addresses away: load balancers and NAT gateways have their own. Zones are the first of
    /// those that `Fn::GetAZs` gives, which are the ones with a default subnet where the account has any. Each private
    /// subnet has a route table of its own, so that `nat` can be changed in place.
    ///
    /// The VPC's default security group can't be closed by CloudFormation (that takes a custom resource); nothing here
    /// uses it.
    pub fn create(scope: &mut Scope<'_>, props: &NewNetwork) -> Self {
        let plan = AddressPlan::new(&props.cidr, props.zones).unwrap_or_else(|message| {
            scope.misuse(
                message,
                "a network has 2 zones and a block from /16 to /24, or 3 zones and one from /16 to /23",
            );
            AddressPlan { private: Vec::new(), public: Vec::new() }
        });
        let vpc = scope.add(
            "Vpc",
            CfnVpc {
                cidr_block: Some(props.cidr.as_str().into()),
                // Both are needed for private names, of endpoints as of Cloud Map.
                enable_dns_support: Some(true.into()),
                enable_dns_hostnames: Some(true.into()),
                ..Default::default()
            },
        );
        scope.tag(&vpc, "Name", PseudoParameter::StackName.reference());
        let mut builder = Builder { scope, vpc: vpc.reference() };
        let public = if props.public || props.nat != Nat::None {
            builder.public_subnets(&plan.public)
        } else {
            PublicSubnets::default()
        };
        let gateways = match props.nat {
            Nat::None => Vec::new(),
            Nat::Single => builder.nat_gateways(&public, 1),
            Nat::PerZone => builder.nat_gateways(&public, public.subnets.len()),
        };
        let private = builder.private_subnets(&plan.private, &gateways);
        let foundation = private.subnets.iter().map(|subnet| subnet.logical_id().clone());
        let foundation = [vpc.logical_id().clone()].into_iter().chain(foundation).collect();
        if let Some(props) = &props.flow_logs {
            flow_logs::add(scope, &vpc, props);
        }
        Self {
            vpc_id: vpc.reference(),
            vpc_cidr: Some(props.cidr.as_str().into()),
            public_subnets: references(&public.subnets),
            private_subnets: references(&private.subnets),
            private_route_tables: private.route_tables.iter().map(Handle::reference).collect(),
            ready: private.ready,
            public_ready: public.ready,
            internet: props.nat != Nat::None,
            foundation,
        }
    }
}

fn references<R>(handles: &[Handle<R>]) -> Value<Vec<Value<String>>> {
    handles.iter().map(Handle::reference).collect::<Vec<_>>().into()
}

#[derive(Default)]
struct PublicSubnets {
    subnets: Vec<Handle<CfnSubnet>>,
    /// The attachment of the internet gateway.
    attachment: Option<LogicalId>,
    /// What has to be there until the subnets reach the internet: the default route, and each subnet's association.
    ready: Vec<LogicalId>,
}

struct PrivateSubnets {
    subnets: Vec<Handle<CfnSubnet>>,
    route_tables: Vec<Handle<CfnRouteTable>>,
    /// What has to be there until the subnets' routes hold.
    ready: Vec<LogicalId>,
}

/// What is under construction, and where.
struct Builder<'scope, 'stack> {
    scope: &'scope mut Scope<'stack>,
    vpc: Value<String>,
}

impl Builder<'_, '_> {
    fn add<R: CfnResource>(&mut self, id: &str, resource: R) -> Handle<R> {
        self.scope.add(id, resource)
    }

    fn wait<'a, R>(&mut self, handle: &Handle<R>, on: impl IntoIterator<Item = &'a LogicalId>) {
        self.scope.depends_on(handle, on);
    }

    fn name<R: CfnResource + Taggable>(&mut self, handle: &Handle<R>, suffix: &str) {
        let name = concat_values![PseudoParameter::StackName.reference(), suffix];
        self.scope.tag(handle, "Name", name);
    }

    fn public_subnets(&mut self, blocks: &[Ipv4Block]) -> PublicSubnets {
        let gateway = self.add("InternetGateway", CfnInternetGateway::default());
        let mut attachment = CfnVpcGatewayAttachment::new(self.vpc.clone());
        attachment.internet_gateway_id = Some(gateway.reference());
        let attachment = self.add("InternetGatewayAttachment", attachment).logical_id().clone();

        let table = self.add("PublicRouteTable", CfnRouteTable::new(self.vpc.clone()));
        let mut route = default_route(&table);
        route.gateway_id = Some(gateway.reference());
        let route = self.add("PublicDefaultRoute", route);
        // The gateway can be a route's target only while it is attached, which no property says.
        // AWS CloudFormation User Guide, "DependsOn attribute", "When a DependsOn attribute is required".
        self.wait(&route, [&attachment]);

        let mut ready = vec![route.logical_id().clone()];
        let mut subnets = Vec::new();
        for (number, block) in (1..).zip(blocks) {
            let (subnet, association) = self.subnet("Public", number, *block, &table);
            subnets.push(subnet);
            ready.push(association);
        }
        PublicSubnets { subnets, attachment: Some(attachment), ready }
    }

    fn nat_gateways(&mut self, public: &PublicSubnets, count: usize) -> Vec<Handle<CfnNatGateway>> {
        let mut gateways = Vec::new();
        for (number, subnet) in (1..).zip(public.subnets.iter().take(count)) {
            let address = CfnEip { domain: Some(eip::Domain::Vpc.into()), ..Default::default() };
            let address = self.add(&format!("NatGateway{number}Address"), address);
            self.wait(&address, &public.attachment);
            let gateway = CfnNatGateway {
                allocation_id: Some(address.allocation_id()),
                subnet_id: Some(subnet.reference()),
                ..Default::default()
            };
            let gateway = self.add(&format!("NatGateway{number}"), gateway);
            // Its own traffic leaves by the public route; who waits for it then waits for that too.
            self.wait(&gateway, &public.ready);
            gateways.push(gateway);
        }
        gateways
    }

    fn private_subnets(
        &mut self,
        blocks: &[Ipv4Block],
        gateways: &[Handle<CfnNatGateway>],
    ) -> PrivateSubnets {
        let (mut subnets, mut route_tables, mut ready) = (Vec::new(), Vec::new(), Vec::new());
        for (number, block) in (1..).zip(blocks) {
            let table = self.add(&format!("PrivateRouteTable{number}"), CfnRouteTable::new(self.vpc.clone()));
            let (subnet, association) = self.subnet("Private", number, *block, &table);
            if let Some(gateway) = gateways.get(number - 1).or(gateways.first()) {
                let mut route = default_route(&table);
                route.nat_gateway_id = Some(gateway.reference());
                let route = self.add(&format!("PrivateDefaultRoute{number}"), route);
                // So that one id stands for both.
                self.wait(&route, [&association]);
                ready.push(route.logical_id().clone());
            } else {
                ready.push(association);
            }
            subnets.push(subnet);
            route_tables.push(table);
        }
        PrivateSubnets { subnets, route_tables, ready }
    }

    /// A subnet with its route table; the id is that of their association.
    fn subnet(
        &mut self,
        kind: &str,
        number: usize,
        block: Ipv4Block,
        table: &Handle<CfnRouteTable>,
    ) -> (Handle<CfnSubnet>, LogicalId) {
        let mut subnet = CfnSubnet::new(self.vpc.clone());
        subnet.cidr_block = Some(block.to_string().into());
        subnet.availability_zone = i64::try_from(number - 1)
            .ok()
            .map(|index| Intrinsic::select(index, Intrinsic::availability_zones()));
        let subnet = self.add(&format!("{kind}Subnet{number}"), subnet);
        self.name(&subnet, &format!("-{}-{number}", kind.to_lowercase()));
        let association = CfnSubnetRouteTableAssociation::new(table.reference(), subnet.reference());
        let association = self.add(&format!("{kind}Subnet{number}RouteTableAssociation"), association);
        (subnet, association.logical_id().clone())
    }
}

fn default_route(table: &Handle<CfnRouteTable>) -> CfnRoute {
    let mut route = CfnRoute::new(table.reference());
    route.destination_cidr_block = Some("0.0.0.0/0".into());
    route
}
