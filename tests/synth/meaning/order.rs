//! In which order services come, and what each waits for.

use std::collections::BTreeSet;

use dify_cfn::catalog::Component;
use dify_cfn::catalog::Component::{Api, Beat, PluginDaemon, Sandbox, SsrfProxy, Web, Websocket, Worker};
use dify_cfn::config::model::{Layout, Network};
use serde_json::Value as Json;

use super::tasks::service_id;
use crate::shipped::each;
use crate::view::{Container, View, fillings};

#[test]
fn the_database_is_migrated_once_and_before_what_needs_it() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        let containers = view.containers();
        let migrating: Vec<&str> = containers
            .iter()
            .filter(|container| {
                container.environment().get("MIGRATION_ENABLED").is_some_and(|value| value == "true")
            })
            .map(Container::name)
            .collect();
        let Some(beat) = shipped.service_of(Beat) else {
            // Nobody else is there to do it.
            assert_eq!(migrating, ["dify-api"], "{}", shipped.name);
            return complaints;
        };
        assert!(migrating.is_empty(), "{}: {migrating:?} migrate beside beat's service", shipped.name);
        let migration = containers.iter().find(|container| container.name() == "dify-migrate").unwrap();
        assert_eq!(migration.service, beat);
        if migration.json["Essential"] != false {
            complaints.push("an essential container can't be waited for".to_owned());
        }
        for container in containers.iter().filter(|one| one.service == beat) {
            let waits = container.json["DependsOn"].as_array().into_iter().flatten().any(|dependency| {
                dependency["ContainerName"] == "dify-migrate" && dependency["Condition"] == "SUCCESS"
            });
            let is_backend = matches!(container.component, Some(Api | Worker | Beat | Websocket));
            if is_backend && !waits {
                complaints.push(format!("{} doesn't wait for the migration in its task", container.name()));
            }
        }
        for component in [Api, Worker, Websocket] {
            let Some(service) = shipped.service_of(component).filter(|service| *service != beat) else {
                continue;
            };
            if !view.waits_for(&service_id(&service)).contains(&service_id(&beat)) {
                complaints.push(format!("{service} doesn't wait for {beat}"));
            }
        }
        complaints
    });
}

/// Which component has to be there before which, wherever they run.
const ALWAYS_FIRST: [(Component, Component); 11] = [
    (PluginDaemon, Api),
    (PluginDaemon, Worker),
    (Sandbox, Api),
    (Sandbox, Worker),
    (SsrfProxy, Sandbox),
    (SsrfProxy, Api),
    (SsrfProxy, Worker),
    (SsrfProxy, Websocket),
    (Beat, Api),
    (Beat, Worker),
    (Beat, Websocket),
];

/// The same where the layout isn't the user's own.
const FIRST_IN_NAMED_LAYOUTS: [(Component, Component); 3] = [(Api, Web), (Api, Worker), (Api, Websocket)];

#[test]
fn services_come_in_the_order_in_which_they_need_each_other() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let is_own = matches!(shipped.config().layout, Layout::Custom(_));
        let also: &[_] = if is_own { &[] } else { &FIRST_IN_NAMED_LAYOUTS };
        let pairs = ALWAYS_FIRST.iter().chain(also);
        let mut complaints = Vec::new();
        for (first, then) in pairs {
            let (Some(first), Some(then)) = (shipped.service_of(*first), shipped.service_of(*then)) else {
                continue;
            };
            if first != then && !view.waits_for(&service_id(&then)).contains(&service_id(&first)) {
                complaints.push(format!("{then} doesn't wait for {first}"));
            }
        }
        complaints
    });
}

#[test]
fn no_service_says_what_another_that_it_waits_for_says() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for (service, _) in shipped.placement() {
            let direct = view.depends_on(&service_id(&service));
            for other in direct.iter().filter(|id| id.ends_with("Service")) {
                let by_other = view.depends_on(other);
                let twice: Vec<_> = direct.iter().filter(|id| by_other.contains(id)).collect();
                if !twice.is_empty() {
                    complaints.push(format!("{service} waits for {twice:?} by {other} already"));
                }
            }
        }
        complaints
    });
}

#[test]
fn users_of_the_database_wait_for_its_writer() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let users = view.containers();
        let users = users.iter().filter(|container| container.environment().contains_key("DB_HOST"));
        let services: BTreeSet<&str> = users.map(|container| container.service.as_str()).collect();
        assert!(!services.is_empty());
        let late = services
            .into_iter()
            .filter(|service| !view.waits_for(&service_id(service)).contains("DatabaseWriter"));
        late.map(|service| format!("{service} doesn't wait for the writer")).collect()
    });
}

#[test]
fn services_behind_a_target_group_wait_until_a_listener_sends_it_requests() {
    each(|shipped| {
        let mut complaints = Vec::new();
        for parameters in fillings() {
            let view = View::new(shipped, &parameters);
            for (service, _) in shipped.placement() {
                let waits = view.depends_on(&service_id(&service));
                complaints.extend(
                    waits
                        .iter()
                        .filter(|id| !view.has(id))
                        .map(|id| format!("{service} waits for {id}, which isn't there with {parameters:?}")),
                );
                for target in view.part(&service, "Service")["LoadBalancers"].as_array().into_iter().flatten()
                {
                    let sends = waits.iter().any(|id| {
                        view.has(id)
                            && forwards(&view.get(id)["Properties"]).contains(&target["TargetGroupArn"])
                    });
                    if !sends {
                        complaints
                            .push(format!("{service} waits for nobody that sends requests to {target}"));
                    }
                }
            }
        }
        complaints
    });
}

/// The target groups that a listener or rule forwards to.
fn forwards(properties: &Json) -> Vec<Json> {
    let actions =
        ["Actions", "DefaultActions"].into_iter().filter_map(|key| properties[key].as_array()).flatten();
    actions.filter_map(|action| action.get("TargetGroupArn").cloned()).collect()
}

#[test]
fn in_a_network_of_the_stacks_own_tasks_start_when_there_is_a_way_out() {
    each(|shipped| {
        if !matches!(shipped.config().network, Network::Create(_)) {
            return Vec::new();
        }
        let view = View::new(shipped, &[]);
        let is_private = |id: &str| id.starts_with("NetworkPrivate");
        let mut ways: Vec<&str> = Vec::new();
        ways.extend(view.of_type("AWS::EC2::Route").map(|(id, _)| id).filter(|id| is_private(id)));
        ways.extend(view.of_type("AWS::EC2::VPCEndpoint").map(|(id, _)| id));
        let associations = view.of_type("AWS::EC2::SubnetRouteTableAssociation").map(|(id, _)| id);
        let associations: Vec<&str> = associations.filter(|id| is_private(id)).collect();
        assert!(!ways.is_empty() && associations.len() >= 2, "{}", shipped.name);
        let mut complaints = Vec::new();
        for (service, _) in shipped.placement() {
            let waits = view.waits_for(&service_id(&service));
            let missing = ways.iter().chain(&associations).filter(|id| !waits.contains(**id));
            complaints.extend(missing.map(|id| format!("{service} doesn't wait for {id}")));
        }
        complaints
    });
}
