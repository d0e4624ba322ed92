#!/usr/bin/env python3
"""Measures `dify-cfn validate` beside its peers, in one run: CPU seconds and peak memory of whole processes.

    cargo build --release --no-default-features && python3 benches/validate.py > docs/validation-costs.md

The peers get the same template: one of ours, as synth writes it. They are installed as the tests install them
(`tests/oracles/tool.py`). A second table shows how the time grows from 50 to 500 resources.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from compare import CONFIGURATION, LINT_FINE, PROGRAM, ROOT, measure

sys.path.insert(0, str(ROOT / "tests" / "oracles"))
import tool  # noqa: E402

SIZES = (50, 100, 250, 500)
CFN_VALIDATE = "import sys, cloudformation_validate as c; c.CompositeEngine().validate_template(sys.argv[1])"


def main():
    if not PROGRAM.exists():
        sys.exit("build the program first: cargo build --release --no-default-features")
    cfn_lint, cfn_validate = tool.ensure("cfn-lint"), tool.ensure("cloudformation-validate")
    preflight, package = tool.ensure_package("cdk-preflight", cfn_validate)
    rules = package / "lib" / "rules.generated.js"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("dify.yaml").write_text(CONFIGURATION, encoding="utf-8")
        subprocess.run([PROGRAM, "synth", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        template = "out/dify-prd.template.json"
        resources = len(json.loads(Path(template).read_text())["Resources"])
        size = Path(template).stat().st_size
        ours = measure([str(PROGRAM), "validate", template])
        script = str(ROOT / "tests/oracles/preflight_many.py")
        rows = [
            ("`dify-cfn --version`: start-up alone", measure([str(PROGRAM), "--version"])),
            ("`dify-cfn validate`", ours),
            (
                f"{cfn_lint}",
                measure([str(cfn_lint.python), "-c", "from cfnlint.runner import main; main()", "-t", template], 2, LINT_FINE),
            ),
            (f"{cfn_validate}", measure([str(cfn_validate.python), "-c", CFN_VALIDATE, template], 3)),
            (
                "… with the rules of cdk-preflight " + preflight.version.split("+")[0],
                measure([str(preflight.python), script, "--rules", str(rules), "--regions", "us-east-1", template], 2),
            ),
        ]
        growth = []
        for count in SIZES:
            Path("grown.json").write_text(json.dumps(grown(count)), encoding="utf-8")
            # It has no load balancer and no route, so that there are findings too.
            figures = measure([str(PROGRAM), "validate", "grown.json"], fine=(0, 3))
            growth.append((count, Path("grown.json").stat().st_size, *figures))

    print("# What validation costs\n")
    print(f"Written by `python3 benches/validate.py` on {datetime.date.today()}, {machine()}. The CPU time is that of a whole")
    print("process, the least of some runs; the memory is the most that was resident.\n")
    print(f"One template of ours, {resources} resources, {size:,} bytes:\n")
    print("| | CPU | memory | CPU of `dify-cfn validate` = 1 |\n|---|---|---|---|")
    for name, (cpu, memory) in rows:
        print(f"| {name} | {cpu * 1000:,.1f} ms | {memory:,.0f} MB | {cpu / ours[0]:,.1f} |")
    print("\nA template of somebody else's, as it grows:\n")
    print("| resources | bytes | CPU | CPU each resource | memory |\n|---|---|---|---|---|")
    for count, size, cpu, memory in growth:
        print(f"| {count} | {size:,} | {cpu * 1000:,.1f} ms | {cpu / count * 1e6:,.0f} µs | {memory:,.0f} MB |")


def machine() -> str:
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} cores of {model}, {platform.system()}"


def grown(count: int) -> dict:
    """Blocks of ten resources: a service with what it needs, all of them in one VPC."""
    resources = {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}
    block = 0
    while len(resources) < count:
        for name, (type_name, properties) in service(f"S{block}").items():
            if len(resources) < count:
                resources[f"S{block}{name}"] = {"Type": type_name, "Properties": properties}
        block += 1
    parameters = {"Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prd"]}}
    conditions = {"IsProduction": {"Fn::Equals": [{"Ref": "Stage"}, "prd"]}}
    return {"Parameters": parameters, "Conditions": conditions, "Resources": resources}


def service(name: str) -> dict:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    read = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": {"Ref": f"{name}Secret"},
            }
        ],
    }
    container = {
        "Name": "app",
        "Image": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/app:1"},
        "PortMappings": [{"ContainerPort": 8080}],
        "Environment": [{"Name": "STAGE", "Value": {"Ref": "Stage"}}],
        "Secrets": [{"Name": "KEY", "ValueFrom": {"Ref": f"{name}Secret"}}],
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": {"Ref": f"{name}Logs"},
                "awslogs-region": {"Ref": "AWS::Region"},
                "awslogs-stream-prefix": "app",
            },
        },
    }
    subnets = [{"Ref": f"{name}SubnetA"}, {"Ref": f"{name}SubnetB"}]
    zone = lambda index: {"Fn::Select": [index, {"Fn::GetAZs": ""}]}  # noqa: E731
    number = int(name[1:])
    return {
        "SubnetA": (
            "AWS::EC2::Subnet",
            {"VpcId": {"Ref": "Vpc"}, "CidrBlock": f"10.0.{2 * number}.0/24", "AvailabilityZone": zone(0)},
        ),
        "SubnetB": (
            "AWS::EC2::Subnet",
            {"VpcId": {"Ref": "Vpc"}, "CidrBlock": f"10.0.{2 * number + 1}.0/24", "AvailabilityZone": zone(1)},
        ),
        "Secret": ("AWS::SecretsManager::Secret", {"GenerateSecretString": {"PasswordLength": 32}}),
        "Logs": ("AWS::Logs::LogGroup", {"RetentionInDays": 30}),
        "Role": (
            "AWS::IAM::Role",
            {"AssumeRolePolicyDocument": trust, "Policies": [{"PolicyName": "read", "PolicyDocument": read}]},
        ),
        "Group": (
            "AWS::EC2::SecurityGroup",
            {
                "GroupDescription": "tasks",
                "VpcId": {"Ref": "Vpc"},
                "SecurityGroupIngress": [
                    {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "CidrIp": "10.0.0.0/16"}
                ],
            },
        ),
        "Task": (
            "AWS::ECS::TaskDefinition",
            {
                "Cpu": "512",
                "Memory": "1024",
                "NetworkMode": "awsvpc",
                "RequiresCompatibilities": ["FARGATE"],
                "ExecutionRoleArn": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
                "ContainerDefinitions": [container],
            },
        ),
        "Cluster": ("AWS::ECS::Cluster", {}),
        "Service": (
            "AWS::ECS::Service",
            {
                "Cluster": {"Ref": f"{name}Cluster"},
                "LaunchType": "FARGATE",
                "TaskDefinition": {"Ref": f"{name}Task"},
                "DesiredCount": {"Fn::If": ["IsProduction", 2, 1]},
                "NetworkConfiguration": {
                    "AwsvpcConfiguration": {
                        "Subnets": subnets,
                        "SecurityGroups": [{"Fn::GetAtt": [f"{name}Group", "GroupId"]}],
                    }
                },
            },
        ),
        "Bucket": ("AWS::S3::Bucket", {"VersioningConfiguration": {"Status": "Enabled"}}),
    }


if __name__ == "__main__":
    main()
