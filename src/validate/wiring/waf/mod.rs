//! Web ACLs: rules, statements, and what WAF takes of them.

mod statement;
pub(super) mod w180_statement;
pub(super) mod w181_rule;
pub(super) mod w182_rate_limit;
pub(super) mod w183_managed_group;
pub(super) mod w184_capacity;
pub(super) mod w185_custom_answer;
pub(super) mod w186_scope;
