//! Where listeners and their rules send requests, and whose they are.

use crate::cfn::evaluate::Evaluated;

use super::model::{Item, View};
pub(super) use super::w001_target_group_in_use::SENDERS;

/// The values that name target groups in the actions of a listener or rule.
pub(super) fn targets<'v, 't>(sender: &'v Item<'t>) -> Vec<&'v Evaluated<'t>> {
    let actions = sender.items("DefaultActions").iter().chain(sender.items("Actions"));
    actions
        .flat_map(|action| {
            let weighted = action.at(&["ForwardConfig", "TargetGroups"]).map_or(&[][..], Evaluated::items);
            let weighted = weighted.iter().filter_map(|group| group.get("TargetGroupArn"));
            action.get("TargetGroupArn").into_iter().chain(weighted)
        })
        .collect()
}

/// The load balancer of a listener or rule, if both are in the template.
pub(super) fn balancer<'v, 't>(view: &'v View<'_, 't>, sender: &'v Item<'t>) -> Option<&'v Item<'t>> {
    let listener = match sender.get("ListenerArn") {
        Some(listener) => view.target_of(Some(listener), "AWS::ElasticLoadBalancingV2::Listener")?,
        None => sender,
    };
    view.target_of(listener.get("LoadBalancerArn"), "AWS::ElasticLoadBalancingV2::LoadBalancer")
}
