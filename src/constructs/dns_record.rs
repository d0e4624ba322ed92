//! Records in hosted zones.

use crate::cfn::{ConditionHandle, Handle, Value};
use crate::resources::route53::CfnRecordSet;
use crate::resources::route53::record_set::AliasTarget;

use super::{ApplicationLoadBalancer, MAIN, Scope};

/// A name that leads to a load balancer.
#[derive(Debug, Clone, PartialEq)]
pub struct AliasRecord {
    handle: Handle<CfnRecordSet>,
}

impl AliasRecord {
    /// An alias for a load balancer that has IPv4 addresses only. `only_if` decides whether the record exists.
    ///
    /// An alias costs nothing by query and works at the top of a zone, where a CNAME can't stand ("Choosing between alias
    /// and non-alias records"). The target's health isn't evaluated: with a single record there is nothing to fail over to.
    pub fn new(
        scope: &mut Scope<'_>,
        name: &Value<String>,
        hosted_zone_id: &Value<String>,
        load_balancer: &ApplicationLoadBalancer,
        only_if: Option<&ConditionHandle>,
    ) -> Self {
        let mut record = CfnRecordSet::new(name.clone(), "A");
        record.hosted_zone_id = Some(hosted_zone_id.clone());
        record.alias_target =
            Some(AliasTarget::new(load_balancer.dns_name(), load_balancer.hosted_zone_id()).into());
        let handle = scope.add(MAIN, record);
        if let Some(condition) = only_if {
            scope.only_if(&handle, condition);
        }
        Self { handle }
    }

    /// The resource.
    pub fn handle(&self) -> &Handle<CfnRecordSet> {
        &self.handle
    }
}
