//! The wiring layer: will it run? Network paths, permissions, ports, names, health paths, secrets, orders.
//!
//! All rules look at one [`model`] of evaluated resources, once for each combination of conditions that matters, and once
//! more with parameters at their defaults. Only what is certain is told: what depends on something outside of the template
//! is left alone.

mod balancer_zones;
mod endpoints;
mod engines;
mod forward;
mod joined;
mod policy;
mod records;
mod routing;
#[cfg(test)]
mod testing;
mod w001_target_group_in_use;
mod w002_listener_first;
mod w003_container_port;
mod w004_target_type;
mod w005_load_balancer_path;
mod w006_data_path;
mod w007_secret_permission;
mod w008_secret_field;
mod w009_log_permission;
mod w010_secret_source;
mod w011_gateway_first;
mod w012_scalable_target;
mod w013_desired_count;
mod w014_priorities;
mod w015_shadowed_rule;
mod w016_health_check;
mod w017_deployment;
mod w018_task_size;
mod w019_container_order;
mod w020_auth_token;
mod w021_master_password;
mod w022_password_in_url;
mod w023_parameter_family;
mod w024_cluster_writer;
mod w025_failover;
mod w026_tls_agrees;
mod w027_deletion_policy;
mod w028_zones;
mod w029_closed_network;
mod w030_endpoint_path;
mod w031_gateway_endpoint;
mod w032_image_permission;
mod w033_log_region;
mod w034_log_group;
mod w035_private_dns;
mod w036_image_out_of_reach;
mod w037_public_address;
mod w038_health_path;
mod w039_stop_timeout;
mod w040_capacity;
mod w041_variables;
mod w042_equal_keys;
mod w043_private_routes;
mod w044_one_beat;
mod w045_same_vpc;
mod w046_dynamic_edge;
mod w047_engine_version;
mod w048_serverless;
mod w049_cache_endpoint;
mod w050_deletion_protection;
mod w051_exec;
mod w052_alarm_dimension;
mod w053_alias_pair;
mod w054_key_policy;
mod w055_log_bucket;
mod w056_rotation;
mod w057_fixed_name;
mod w058_zone_index;
mod w059_platform;
mod w060_database_name;
mod w061_certificate;
mod w062_body_size;
mod w063_public_routes;
mod w064_database_tls;
mod w065_tasks_assume;
mod w066_file_permission;
mod w067_told_port;
mod w100_subnet_in_zone;
mod w101_one_balancer;
mod w102_port_ranges;
mod w103_verifying_listeners;
mod w104_mount_targets;
mod w105_one_metric;
mod w106_dynamic_port;
mod w160_subnet_blocks;
mod w161_route_table_once;
mod w162_once_in_vpc;
mod w163_record_zone;
mod w164_record_values;
mod w165_validation_domain;
mod w166_fixed_zone;
mod w168_documents;
mod w169_region;
mod w170_engine_offer;
mod w171_windows;
mod w172_event_input;
mod w173_event_pattern;
mod w174_storage_classes;
mod w175_notifications;
mod w176_self_reference;
mod w177_public_bucket;
mod w178_allowed_pattern;
mod waf;

use crate::diagnostic::Diagnostic;

use super::context::Context;
use super::model::{self, block, dify, ecs, network, permission, secret};
use super::rule::{Check, Rule};
use policy::{
    w150_document, w151_statement, w152_principal, w153_action, w154_resource, w155_condition,
    w156_known_action, w157_action_fits, w158_kinds,
};
use waf::{
    w180_statement, w181_rule, w182_rate_limit, w183_managed_group, w184_capacity, w185_custom_answer,
    w186_scope,
};

/// A rule on one view of the model.
type Run = fn(&model::View<'_, '_>, &mut Vec<Diagnostic>);

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        /// The rules of the layer.
        const RULES: &[&Rule] = &[$(&$name::RULE),*];
        /// The function of each.
        const RUNS: &[Run] = &[$($name::check),*];
    };
}

rules! {
    w001_target_group_in_use,
    w002_listener_first,
    w003_container_port,
    w004_target_type,
    w005_load_balancer_path,
    w006_data_path,
    w007_secret_permission,
    w008_secret_field,
    w009_log_permission,
    w010_secret_source,
    w011_gateway_first,
    w012_scalable_target,
    w013_desired_count,
    w014_priorities,
    w015_shadowed_rule,
    w016_health_check,
    w017_deployment,
    w018_task_size,
    w019_container_order,
    w020_auth_token,
    w021_master_password,
    w022_password_in_url,
    w023_parameter_family,
    w024_cluster_writer,
    w025_failover,
    w026_tls_agrees,
    w027_deletion_policy,
    w028_zones,
    w029_closed_network,
    w030_endpoint_path,
    w031_gateway_endpoint,
    w032_image_permission,
    w033_log_region,
    w034_log_group,
    w035_private_dns,
    w036_image_out_of_reach,
    w037_public_address,
    w038_health_path,
    w039_stop_timeout,
    w040_capacity,
    w041_variables,
    w042_equal_keys,
    w043_private_routes,
    w044_one_beat,
    w045_same_vpc,
    w046_dynamic_edge,
    w047_engine_version,
    w048_serverless,
    w049_cache_endpoint,
    w050_deletion_protection,
    w051_exec,
    w052_alarm_dimension,
    w053_alias_pair,
    w054_key_policy,
    w055_log_bucket,
    w056_rotation,
    w057_fixed_name,
    w058_zone_index,
    w059_platform,
    w060_database_name,
    w061_certificate,
    w062_body_size,
    w063_public_routes,
    w064_database_tls,
    w065_tasks_assume,
    w066_file_permission,
    w067_told_port,
    w100_subnet_in_zone,
    w101_one_balancer,
    w102_port_ranges,
    w103_verifying_listeners,
    w104_mount_targets,
    w105_one_metric,
    w106_dynamic_port,
    w150_document,
    w151_statement,
    w152_principal,
    w153_action,
    w154_resource,
    w155_condition,
    w156_known_action,
    w157_action_fits,
    w158_kinds,
    w160_subnet_blocks,
    w161_route_table_once,
    w162_once_in_vpc,
    w163_record_zone,
    w164_record_values,
    w165_validation_domain,
    w166_fixed_zone,
    w168_documents,
    w169_region,
    w170_engine_offer,
    w171_windows,
    w172_event_input,
    w173_event_pattern,
    w174_storage_classes,
    w175_notifications,
    w176_self_reference,
    w177_public_bucket,
    w178_allowed_pattern,
    w180_statement,
    w181_rule,
    w182_rate_limit,
    w183_managed_group,
    w184_capacity,
    w185_custom_answer,
    w186_scope,
}

/// The checks of the layer: one, since the rules share the model.
pub(super) const CHECKS: &[Check] = &[Check { rules: RULES, run: check }];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    // What a macro adds may be what seems to be missing.
    if context.macros.hide_something() || !context.template.resource_macros.is_empty() {
        return;
    }
    let views = model::views(context);
    for run in RUNS {
        model::in_each(&views, *run, findings);
    }
    joined::check(&views, findings);
}
