"""Deploys with the compiled program to an emulator on this machine, ministack, and has the CDK's command line read what synth wrote.

`run.py [--program FILE] [PROFILE…]`: development and production, if none is given. Each step runs the program as a person
would; what the emulator refuses is taken out of templates on their way (proxy.py, fit.py), and listed. Nothing here meets AWS.
"""

import argparse
import copy
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracles")]

import tool  # noqa: E402
from fit import REFUSED, fit, strangers  # noqa: E402
from proxy import Proxy  # noqa: E402

ACCOUNT = "123456789012"
REGION = "us-east-1"
CDK = "aws-cdk@2.1148.1"
DEV = "dify-dev"


class Failed(Exception):
    """A check that doesn't hold."""


class Emulator:
    """ministack on a free port, with an empty home."""

    def __init__(self, python: Path, folder: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = (folder / "ministack.log").open("w")
        environment = dict(os.environ, HOME=str(folder), BIND_HOST="127.0.0.1", GATEWAY_PORT=str(self.port),
                           MINISTACK_ACCOUNT_ID=ACCOUNT, MINISTACK_REGION=REGION)
        script = "import re, sys; from importlib.metadata import entry_points as e; " \
                 "sys.exit(next(x for x in e(group='console_scripts') if x.name == 'ministack').load()())"
        self.process = subprocess.Popen([python, "-c", script], cwd=folder, env=environment,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/ready") as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        sys.exit(f"ministack doesn't start: {(folder / 'ministack.log').read_text()}")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def client(self, service: str):
        import botocore.session
        session = botocore.session.get_session()
        session.set_credentials("test", "test")
        return session.create_client(service, region_name=REGION, endpoint_url=self.url)


class Place:
    """A folder to work in, the program, and the emulator."""

    def __init__(self, program: Path, emulator: Emulator, proxy: Proxy, folder: Path, config: str):
        self.program, self.emulator, self.proxy, self.folder, self.stack = program, emulator, proxy, folder, DEV
        self.config = config
        self.environment = {
            "HOME": str(folder), "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": proxy.url,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
            "DIFY_CFN_POLL_MS": "50",
        }
        self.settings: list[str] = []

    def run(self, arguments: list[str], code: int) -> str:
        command = [str(self.program), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=300, check=False)
        if done.returncode != code:
            raise Failed(f"`dify-cfn {' '.join(arguments)}` ended with {done.returncode}, not {code}:\n"
                         f"{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def synth(self, settings: list[str] = ()) -> None:
        """Writes out/ for the CDK's command line, and keeps the settings for the deploys that follow."""
        self.settings = [word for setting in settings for word in ("--set", setting)]
        (self.folder / "dify.yaml").write_text(self.config)
        self.run(["synth", self.stack, "--format", "json", "-q", *self.settings], 0)

    def deploy(self, code: int = 0, more: list[str] = ()) -> str:
        return self.run(["deploy", "--stack", self.stack, "--yes", *self.settings, *more], code)

    def cloudformation(self, call: str) -> dict:
        """What the emulator itself says of the stack."""
        return getattr(self.emulator.client("cloudformation"), call)(StackName=self.stack)

    def status(self) -> dict:
        return json.loads(self.run(["status", "--stack", self.stack, "--json", "--region", REGION], 0))


def expect(condition: bool, message: str) -> None:
    if not condition:
        raise Failed(message)


def network(emulator: Emulator) -> dict:
    """A VPC with two public and two private subnets."""
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{'ab'[n % 2]}")
        for n in range(4)
    ]
    ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
    return {"vpc_id": vpc, "vpc_cidr": "10.0.0.0/16", "public_subnet_ids": ids[:2], "private_subnet_ids": ids[2:]}


def certificate(emulator: Emulator) -> str:
    return emulator.client("acm").request_certificate(DomainName="dify.example.com")["CertificateArn"]


def config(profile: str, emulator: Emulator) -> str:
    settings = {
        "name": "dify", "region": REGION, "account": ACCOUNT, "profile": profile,
        "network": {"existing": network(emulator)},
        "ingress": {"allowed_cidrs": ["203.0.113.0/24"]},
    }
    if profile == "production":
        settings["ingress"] |= {"domain_name": "dify.example.com", "certificate_arn": certificate(emulator)}
    return json.dumps(settings, indent=2)


def steps(place: Place, emulator: Emulator):
    """The steps of a stack's life, each with what has to hold after it."""
    def create():
        place.synth()
        place.deploy()
        expect(place.status()["status"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), str(place.status()))

    def no_change():
        expect("nothing to change" in place.deploy().lower(), "a second deploy isn't told to be empty")

    def image_tag():
        place.synth(["dify.version=1.17.0"])
        place.deploy()
        found = emulator.client("ecs").list_task_definitions()["taskDefinitionArns"]
        images = {
            container["image"]
            for arn in found
            for container in emulator.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
            ["containerDefinitions"]
        }
        expect(any(image.endswith("dify-api:1.17.0") for image in images), f"the image isn't there: {images}")

    def size():
        place.synth(["database.instance_class=db.r7g.large"])
        place.deploy()
        instances = emulator.client("rds").describe_db_instances()["DBInstances"]
        classes = {instance["DBInstanceClass"] for instance in instances}
        expect("db.r7g.large" in classes, f"the class isn't there: {classes}")

    def condition():
        """A parameter switches what depends on a condition on, and off again."""
        place.synth(["database.instance_class=db.r7g.large"])
        name, value, there = switch(place, emulator)
        expect(not there(), f"{name} isn't given, but what it switches on is there")
        place.deploy(more=["--parameter", f"{name}={value}"])
        expect(there(), f"what {name} switches on isn't there")
        place.deploy(more=["--parameter", f"{name}="])
        expect(not there(), f"what {name} switched on is still there")
        return name

    def failing():
        """An update fails half-way, is rolled back, and its cause is told, also afterwards."""
        # Only the emulator sees a resource that reads a secret that isn't there: its creation fails.
        value = "{{resolve:secretsmanager:nothing-of-that-name}}"
        place.proxy.extra = {"Extra": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}}
        place.synth(["dify.version=1.17.0"])
        told = place.deploy(code=5)
        place.proxy.extra = {}
        expect(place.status()["status"] == "UPDATE_ROLLBACK_COMPLETE", str(place.status()))
        for text in (told, place.run(["why", "--stack", place.stack, "--region", REGION], 0)):
            expect("cause: Extra" in text and "nothing-of-that-name" in text, f"the cause isn't told:\n{text}")

    def taken():
        """An update that would make what exists already, under the name of somebody else's, changes nothing."""
        emulator.client("s3").create_bucket(Bucket="taken-by-somebody")
        place.proxy.extra = {"Extra": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "taken-by-somebody"}}}
        command = [str(place.program), "deploy", "--stack", place.stack, "--yes", *place.settings]
        done = subprocess.run(command, cwd=place.folder, env=place.environment, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=300, check=False)
        told = done.stdout + done.stderr
        place.proxy.extra = {}
        # Refused before anything is made, or rolled back.
        expect(done.returncode in (1, 5), f"ended with {done.returncode}:\n{told}")
        expect(place.status()["status"].endswith("_COMPLETE"), str(place.status()))
        expect("Extra" in told, f"the resource isn't named:\n{told}")
        return f"exit code {done.returncode}"

    def refused():
        place.synth(["database.name=other"])
        told = place.deploy(code=4)
        expect("--allow-replace DatabaseCluster" in told, told)

    def clusters() -> dict:
        found = emulator.client("rds").describe_db_clusters()["DBClusters"]
        return {cluster["DBClusterIdentifier"]: cluster["DatabaseName"] for cluster in found}

    def allowed():
        """What holds data is replaced once it is named: another cluster, with the other name; production keeps the old one."""
        before = clusters()
        expect("other" not in before.values(), f"it was replaced before: {before}")
        told = place.deploy(code=4, more=["--allow-replace", "DatabaseCluster"])
        expect(clusters() == before, f"a refused deploy replaced it: {clusters()}")
        named = sorted({"DatabaseCluster", *re.findall(r"allow it with --allow-replace (\w+)", told)})
        more = [flag for name in named for flag in ("--allow-replace", name)]
        place.deploy(more=more)
        after = clusters()
        new = {name: database for name, database in after.items() if name not in before}
        expect(list(new.values()) == ["other"], f"no other cluster with the new name: {after}")
        kept = {name: database for name, database in after.items() if name in before}
        expect(kept == (before if is_production(place) else {}), f"not what is to be kept of {before}: {after}")
        resources = place.cloudformation("list_stack_resources")["StackResourceSummaries"]
        inside = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::RDS::DBCluster"]
        expect(inside == list(new), f"the stack doesn't have the new one: {inside}")
        policy = place.cloudformation("get_stack_policy").get("StackPolicyBody", "")
        expect("LogicalResourceId/DatabaseCluster" in policy, f"the policy isn't set again: {policy}")
        return f"{', '.join(before)} by {', '.join(new)}" + (", and kept" if kept else "")

    def drift():
        """What was changed by hand is told with both values, and nothing else is."""
        def found(code: int = 0) -> dict:
            return json.loads(place.run(["drift", "--stack", place.stack, "--json", "--fail"], code))
        before = found()
        expect(before["drifted"] == [], f"drifted before anything was changed: {before}")
        resources = place.cloudformation("list_stack_resources")["StackResourceSummaries"]
        group = next(one for one in resources if one["ResourceType"] == "AWS::Logs::LogGroup")
        logs = emulator.client("logs")
        kept = logs.describe_log_groups(logGroupNamePrefix=group["PhysicalResourceId"])["logGroups"][0]["retentionInDays"]
        logs.put_retention_policy(logGroupName=group["PhysicalResourceId"], retentionInDays=1)
        told = found(1)["drifted"]
        expect([one["logical_id"] for one in told] == [group["LogicalResourceId"]], f"not what was changed: {told}")
        [difference] = told[0]["differences"]
        values = (difference["path"], difference["expected"], difference["actual"])
        expect(values == ("/RetentionInDays", str(kept), "1"), f"not as it was changed: {difference}")
        logs.put_retention_policy(logGroupName=group["PhysicalResourceId"], retentionInDays=kept)
        expect(found()["drifted"] == [], "drifted after it was put back")
        return f"{group['LogicalResourceId']} /RetentionInDays"

    def outputs():
        told = json.loads(place.run(["outputs", "--stack", place.stack, "--json"], 0))
        expect(len(told["outputs"]) > 0, f"no outputs: {told}")

    def destroy():
        place.run(["destroy", "--stack", place.stack, "--confirm", place.stack], 0)
        expect(place.status()["id"] is None, str(place.status()))

    return [create, no_change, outputs, image_tag, size, condition, failing, taken, refused, allowed, drift, destroy]


def is_production(place: Place) -> bool:
    return json.loads(place.config)["profile"] == "production"


def switch(place: Place, emulator: Emulator):
    """A parameter that a condition of the profile's template depends on, a value, and whether what it switches on is there."""
    if not is_production(place):
        def speaks_https() -> bool:
            balancers = emulator.client("elbv2")
            arn = balancers.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
            listeners = balancers.describe_listeners(LoadBalancerArn=arn)["Listeners"]
            return "HTTPS" in {listener["Protocol"] for listener in listeners}
        return "CertificateArn", certificate(emulator), speaks_https
    route53 = emulator.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="e2e")["HostedZone"]["Id"].rsplit("/", 1)[-1]

    def has_record() -> bool:
        records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return "dify.example.com." in {record["Name"] for record in records}
    return "HostedZoneId", zone, has_record


def fitting(folder: Path, program: Path) -> str:
    """Templates of all layouts are fitted: nothing but what fit.py says is changed. Any other change would be noticed."""
    templates = []
    for name, settings in {"dev": [], "sidecar": ["layout=sidecar"], "task": ["layout=single-task"],
                           "created": ["network.create.cidr=10.0.0.0/16"],
                           "prd": ["profile=production", "ingress.domain_name=d.example.com",
                                   "ingress.hosted_zone_id=Z0123456789ABC"]}.items():
        out = folder / f"fitting-{name}"
        command = [program, "synth", "-q", "--format", "json", "--output", out]
        command += [word for setting in settings for word in ("--set", setting)]
        done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)
        expect(done.returncode == 0, f"synth of {name} ended with {done.returncode}:\n{done.stderr}")
        templates += [json.loads(file.read_text()) for file in out.glob("*.template.json")]
    expect(len(templates) == 5, f"{len(templates)} templates")
    taken: dict[str, int] = {}
    for template in templates:
        fitted, changes = fit(template)
        strange = strangers(template, fitted, changes)
        expect(not strange, "; ".join(strange))
        for resource in template["Resources"].values():
            if resource["Type"] in REFUSED:
                taken[resource["Type"]] = taken.get(resource["Type"], 0) + 1
        for spoil in SPOILS:
            spoilt = copy.deepcopy(fitted)
            spoil(spoilt)
            expect(bool(strangers(template, spoilt, changes)), f"{spoil.__name__} isn't noticed")
        expect(bool(strangers(template, fitted, changes[1:])), "a change that isn't listed isn't noticed")
    missing = set(REFUSED) - set(taken)
    expect(not missing, f"no template has {missing}: why is it listed?")
    return f"left out of {len(templates)} templates: " + ", ".join(f"{n} {kind}" for kind, n in sorted(taken.items()))


def a_resource_less(template: dict):
    template["Resources"].popitem()


def a_resource_more(template: dict):
    template["Resources"]["Stranger"] = {"Type": "AWS::S3::Bucket"}


def another_property(template: dict):
    next(iter(template["Resources"].values())).setdefault("Properties", {})["Stranger"] = 1


def a_parameter_less(template: dict):
    template["Parameters"].popitem()


def another_output(template: dict):
    template["Outputs"]["Stranger"] = {"Value": "x"}


SPOILS = (a_resource_less, a_resource_more, another_property, a_parameter_less, another_output)


def cdk(place: Place) -> str:
    """The CDK's command line reads out/."""
    home = tool.CACHE / "cdk-2.1148.1"
    program = home / "node_modules" / ".bin" / "cdk"
    if not program.exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home), CDK], check=True)
    environment = place.environment | {"CDK_DISABLE_VERSION_CHECK": "1", "AWS_REGION": REGION, "CI": "true"}
    for arguments in (["ls"], ["diff", "--method=template"]):
        done = subprocess.run([program, "--app", "out", "--no-notices", *arguments], cwd=place.folder, env=environment,
                              text=True, capture_output=True, timeout=300, check=False)
        if done.returncode != 0:
            raise Failed(f"cdk {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        if arguments == ["ls"]:
            expect(place.stack in done.stdout, f"cdk ls doesn't name the stack: {done.stdout}")
    return "ls and diff"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, help="the program; built by cargo if not given")
    parser.add_argument("profiles", nargs="*", help="profiles; development and production, if none is given")
    arguments = parser.parse_args()
    installed = tool.ensure("ministack")
    if Path(sys.executable).resolve() != installed.python.resolve() or sys.prefix != str(installed.python.parents[1]):
        # botocore is in the emulator's environment.
        os.execv(installed.python, [str(installed.python), *sys.argv])
    program = arguments.program.resolve() if arguments.program else build()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="e2e-") as name:
        try:
            print(f"PASS fitting: {fitting(Path(name), program)}", flush=True)
            passed += 1
        except Failed as error:
            print(f"FAIL fitting: {error}", flush=True)
            failed += 1
    for profile in arguments.profiles or ["development", "production"]:
        with tempfile.TemporaryDirectory(prefix="e2e-") as name:
            folder = Path(name)
            emulator = Emulator(installed.python, folder)
            try:
                proxy = Proxy(emulator.port)
                place = Place(program, emulator, proxy, folder, config(profile, emulator))
                todo = [(step.__name__, step) for step in steps(place, emulator)]
                if shutil.which("npm"):
                    todo.insert(1, ("cdk", lambda: cdk(place)))
                for name, step in todo:
                    began = time.monotonic()
                    try:
                        remark = step() or ""
                    except Failed as error:
                        print(f"FAIL {profile} {name}: {error}", flush=True)
                        failed += 1
                        break
                    passed += 1
                    print(f"PASS {profile} {name} ({time.monotonic() - began:.1f} s) {remark}", flush=True)
                if proxy.strange:
                    print(f"FAIL {profile}: the emulator got other templates: {sorted(proxy.strange)}", flush=True)
                    failed += 1
                print(f"     {profile}: {len(proxy.changed)} changes for the emulator")
                for change in sorted(proxy.changed):
                    print(f"     {change}")
                proxy.stop()
            finally:
                emulator.stop()
    if not shutil.which("npm"):
        print("FAIL cdk: npm is not here, so the CDK's command line could not read out/")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def build() -> Path:
    subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=tool.ROOT, check=True)
    return tool.ROOT / "target" / "debug" / "dify-cfn"


if __name__ == "__main__":
    sys.exit(main())
