//! Alarms on what users notice and what fills up.

use crate::constructs::{Alarm, AlarmProps, AlarmTopic, Scope};

use super::access::Access;
use super::data::Data;
use super::environment::Surroundings;
use super::placement::upper_camel;
use super::services::Services;

/// Share of the allowed database connections at which somebody should look, in percent.
const CONNECTIONS_PERCENT: u32 = 90;

/// Declares the alarms, if they are wanted.
pub(super) fn declare(
    scope: &mut Scope<'_>,
    surroundings: &Surroundings<'_>,
    access: &Access,
    data: &Data,
    services: &Services,
) {
    let Surroundings { config, placement, pools, .. } = surroundings;
    if !config.alarms.enabled {
        return;
    }
    let topic = config.alarms.topic_arn.as_deref().map(|arn| AlarmTopic { arn: arn.into(), only_if: None });
    let balancer = &access.load_balancer;
    for (component, group) in &access.target_groups {
        let mut scope = scope.child(&upper_camel(component.as_str()));
        let props = AlarmProps::unhealthy_targets(balancer, group, component.dns_name());
        let made = Alarm::new(&mut scope.child("UnhealthyAlarm"), topic.as_ref(), props);
        // Before its first task is there, there is nothing to be told.
        let service =
            placement.service_of(*component).and_then(|service| services.by_name.get(&service.name));
        scope.depends_on(made.handle(), service.map(|service| service.handle().logical_id()));
    }
    let mut alarm = |place: &str, id: &str, props: AlarmProps| {
        Alarm::new(&mut scope.child(place).child(id), topic.as_ref(), props);
    };
    alarm("LoadBalancer", "ErrorAlarm", AlarmProps::load_balancer_errors(balancer));
    alarm("LoadBalancer", "TargetErrorAlarm", AlarmProps::target_errors(balancer));
    let cluster_id = data.database.id();
    alarm("Database", "StorageAlarm", AlarmProps::database_local_storage(&cluster_id));
    alarm("Database", "MemoryAlarm", AlarmProps::database_memory(&cluster_id));
    if let Some(allowed) = pools.allowed {
        let limit = allowed * CONNECTIONS_PERCENT / 100;
        alarm("Database", "ConnectionAlarm", AlarmProps::database_connections(&cluster_id, limit));
    }
    let cache_id = data.cache.handle().reference();
    // Each node, since a failover makes another one the primary.
    for node in 1..=config.cache.nodes {
        let id = if node == 1 { "MemoryAlarm".to_owned() } else { format!("MemoryAlarm{node}") };
        alarm("Cache", &id, AlarmProps::cache_memory(&cache_id, node));
    }
}
