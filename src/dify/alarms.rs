//! Alarms on what users notice and what fills up.

use crate::config::Config;
use crate::constructs::{Alarm, AlarmProps, AlarmTopic, Scope};

use super::access::Access;
use super::data::Data;
use super::placement::upper_camel;

/// Share of the allowed database connections at which somebody should look, in percent.
const CONNECTIONS_PERCENT: u32 = 90;

/// Declares the alarms, if they are wanted.
pub(super) fn declare(
    scope: &mut Scope<'_>,
    config: &Config,
    access: &Access,
    data: &Data,
    allowed_connections: Option<u32>,
) {
    if !config.alarms.enabled {
        return;
    }
    let topic = config.alarms.topic_arn.as_deref().map(|arn| AlarmTopic { arn: arn.into(), only_if: None });
    let mut alarm = |place: &str, id: &str, props: AlarmProps| {
        Alarm::new(&mut scope.child(place).child(id), topic.as_ref(), props);
    };
    let balancer = &access.load_balancer;
    alarm("LoadBalancer", "ErrorAlarm", AlarmProps::load_balancer_errors(balancer));
    alarm("LoadBalancer", "TargetErrorAlarm", AlarmProps::target_errors(balancer));
    for (component, group) in &access.target_groups {
        let props = AlarmProps::unhealthy_targets(balancer, group, component.dns_name());
        alarm(&upper_camel(component.as_str()), "UnhealthyAlarm", props);
    }
    let cluster_id = data.database.id();
    alarm("Database", "StorageAlarm", AlarmProps::database_local_storage(&cluster_id));
    alarm("Database", "MemoryAlarm", AlarmProps::database_memory(&cluster_id));
    if let Some(allowed) = allowed_connections {
        let limit = allowed * CONNECTIONS_PERCENT / 100;
        alarm("Database", "ConnectionAlarm", AlarmProps::database_connections(&cluster_id, limit));
    }
    let cache_id = data.cache.handle().reference();
    alarm("Cache", "MemoryAlarm", AlarmProps::cache_memory(&cache_id, 1));
}
