"""What the emulator ministack 1.5.33 refuses is taken out of a template here, and nowhere else; what was changed is listed.

The product never does this: a template for AWS is whole. Each kind of change has its reason.
"""

import copy

# Types that it refuses with "Unrecognized resource types", and that nothing else needs.
UNKNOWN_TYPES = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::ECS::ClusterCapacityProviderAssociations",
}


def fit(template: dict, unknown: set[str] = frozenset()) -> tuple[dict, list[str]]:
    """The template as the emulator takes it, and a line for each change."""
    fitted = copy.deepcopy(template)
    changes = []
    resources = fitted["Resources"]
    refused = UNKNOWN_TYPES | unknown
    gone = {name for name, resource in resources.items() if resource["Type"] in refused}
    for name in sorted(gone):
        changes.append(f"{name} ({resources[name]['Type']}) is left out")
        del resources[name]
    for name, resource in resources.items():
        depends = resource.get("DependsOn", [])
        depends = [depends] if isinstance(depends, str) else depends
        kept = [other for other in depends if other not in gone]
        if kept != depends:
            changes.append(f"{name} depends on nothing that is left out")
            if kept:
                resource["DependsOn"] = kept
            else:
                del resource["DependsOn"]
    return fitted, changes
