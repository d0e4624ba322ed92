//! What the tasks of a stack take of an account's Fargate quota.

use super::placement::Placement;

/// vCPU of all tasks together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capacity {
    /// With the fewest tasks.
    pub resting_vcpu: f64,
    /// While a deployment replaces every task: old and new run side by side, but for what may run only once.
    pub rolling_vcpu: f64,
}

impl Capacity {
    /// The capacity of a placement.
    pub(super) fn of(placement: &Placement) -> Self {
        let mut capacity = Self { resting_vcpu: 0.0, rolling_vcpu: 0.0 };
        for service in &placement.services {
            let vcpu = f64::from(service.size.cpu) / 1024.0 * f64::from(service.tasks.min);
            capacity.resting_vcpu += vcpu;
            capacity.rolling_vcpu += if service.is_singleton() { vcpu } else { 2.0 * vcpu };
        }
        capacity
    }
}
