//! The reference layer: do `Ref`, `GetAtt`, `Sub`, `DependsOn`, conditions, mappings and dynamic references hold?

mod collect;
mod dynamic;
mod names;
mod r001_unknown_function;
mod r002_ref;
mod r003_getatt_resource;
mod r004_attribute;
mod r005_sub_variables;
mod r006_condition;
mod r007_mapping;
mod r008_depends_on;
mod r009_cycle;
mod r010_function_place;
mod r011_arguments;
mod r012_no_resource_here;
mod r013_dynamic_syntax;
mod r014_dynamic_place;
mod r015_ssm_secure;
mod r016_unused_parameter;
mod r017_unused_condition;
mod r018_unused_mapping;
mod r019_placeholder_outside_sub;
mod r020_language_extensions;
mod r021_condition_cycle;
mod r022_same_name;
mod r023_shape;
mod r024_format;
mod r025_fault;
mod r026_absent;
mod r027_unreachable;
mod r028_needless_depends_on;
mod r029_macros;
mod r030_secret_for_arn;
mod r031_needless_sub;

pub use collect::{Call, Link, Part, References, Site, Target, Text};

pub(super) use r011_arguments::tells as told_of_arguments;
pub(super) use r023_shape::RULE as SHAPE_RULE;
pub(super) use r024_format::RULE as FORMAT_RULE;
pub(super) use r025_fault::RULE as FAULT_RULE;

use super::rule::Check;

/// The checks of the layer.
pub(super) static CHECKS: &[Check] = &[
    Check { rules: &[&r001_unknown_function::RULE], run: r001_unknown_function::check },
    Check { rules: &[&r002_ref::RULE], run: r002_ref::check },
    Check { rules: &[&r003_getatt_resource::RULE], run: r003_getatt_resource::check },
    Check { rules: &[&r004_attribute::RULE], run: r004_attribute::check },
    Check { rules: &[&r005_sub_variables::RULE], run: r005_sub_variables::check },
    Check { rules: &[&r006_condition::RULE], run: r006_condition::check },
    Check { rules: &[&r007_mapping::RULE], run: r007_mapping::check },
    Check { rules: &[&r008_depends_on::RULE], run: r008_depends_on::check },
    Check { rules: &[&r009_cycle::RULE], run: r009_cycle::check },
    Check { rules: &[&r010_function_place::RULE], run: r010_function_place::check },
    Check { rules: &[&r011_arguments::RULE], run: r011_arguments::check },
    Check { rules: &[&r012_no_resource_here::RULE], run: r012_no_resource_here::check },
    Check { rules: &[&r013_dynamic_syntax::RULE], run: r013_dynamic_syntax::check },
    Check { rules: &[&r014_dynamic_place::RULE], run: r014_dynamic_place::check },
    Check { rules: &[&r015_ssm_secure::RULE], run: r015_ssm_secure::check },
    Check { rules: &[&r016_unused_parameter::RULE], run: r016_unused_parameter::check },
    Check { rules: &[&r017_unused_condition::RULE], run: r017_unused_condition::check },
    Check { rules: &[&r018_unused_mapping::RULE], run: r018_unused_mapping::check },
    Check { rules: &[&r019_placeholder_outside_sub::RULE], run: r019_placeholder_outside_sub::check },
    Check { rules: &[&r020_language_extensions::RULE], run: r020_language_extensions::check },
    Check { rules: &[&r021_condition_cycle::RULE], run: r021_condition_cycle::check },
    Check { rules: &[&r022_same_name::RULE], run: r022_same_name::check },
    Check { rules: &[&r026_absent::RULE], run: r026_absent::check },
    Check { rules: &[&r027_unreachable::RULE], run: r027_unreachable::check },
    Check { rules: &[&r028_needless_depends_on::RULE], run: r028_needless_depends_on::check },
    Check { rules: &[&r029_macros::RULE], run: r029_macros::check },
    Check { rules: &[&r030_secret_for_arn::RULE], run: r030_secret_for_arn::check },
    Check { rules: &[&r031_needless_sub::RULE], run: r031_needless_sub::check },
];
