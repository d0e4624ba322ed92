#!/usr/bin/env python3
"""Measures the whole program beside its peers, in one run: CPU seconds and peak memory of whole processes.

    cargo build --release --no-default-features && python3 benches/compare.py

Prints a table with the budget of what has one (CPU ms and MB of 1,000,000 bytes), and the ratios. It never fails for a number:
a machine that does something else meanwhile is slower. The peers are what a person would run otherwise to know as much: cfn-lint over one of the
three templates that dify-cfn has synthesized and validated (`tests/oracles/tool.py` makes its environment). The CDK's own
figure (`facts` of 2026-11-22: 27 s CPU, 868 MiB for one stack) can't be taken again here without its sources.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target" / "release" / "dify-cfn"
RUNS = 40

# Of the issue and the design: CPU in milliseconds and memory in MB.
START_UP_BUDGET = (3, None)
SYNTH_BUDGET = (20, 20)

CONFIGURATION = """\
name: dify
region: ap-northeast-1
network: { create: { cidr: 10.0.0.0/16 } }
ingress: { allowed_cidrs: [203.0.113.0/24] }
environments:
  dev: {}
  stg: { layout: sidecar }
  prd:
    profile: production
    ingress: { domain_name: dify.example.com, hosted_zone_id: Z0123456789ABC }
"""


# cfn-lint's exit codes for warnings and remarks alone.
LINT_FINE = (0, 4, 8)


def measure(command, runs=RUNS, fine=(0,)):
    """The least CPU seconds and the largest memory (MB) of several runs, which have to end with one of those codes."""
    codes = ",".join(str(code) for code in fine)
    launcher = [sys.executable, "-I", "-S", str(ROOT / "benches" / "measured.py"), str(runs), codes]
    done = subprocess.run([*launcher, *command], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    best, memory = done.stdout.split()
    return float(best), int(memory) / 1_000_000


def main():
    if not PROGRAM.exists():
        sys.exit("build the program first: cargo build --release --no-default-features")
    python = subprocess.run(
        [sys.executable, ROOT / "tests/oracles/tool.py", "cfn-lint"], check=True, capture_output=True, text=True
    ).stdout.strip().splitlines()[-1]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("dify.yaml").write_text(CONFIGURATION, encoding="utf-8")
        rows = [
            ("start-up: dify-cfn --version", *measure([str(PROGRAM), "--version"]), START_UP_BUDGET),
            ("dify-cfn synth, three environments, validated", *measure([str(PROGRAM), "synth", "--quiet"]), SYNTH_BUDGET),
            ("cfn-lint, one of the three", *measure([python, "-c", "from cfnlint.runner import main; main()", "-r", "ap-northeast-1", "-t", "out/dify-dev.template.json"], 2, LINT_FINE), (None, None)),
        ]
    print(f"{'':50} {'CPU ms':>9} {'budget':>7} {'MB':>7} {'budget':>7}")
    for name, cpu, memory, (most_cpu, most_memory) in rows:
        print(f"{name:50} {cpu * 1000:9.1f} {most_cpu or '':>7} {memory:7.1f} {most_memory or '':>7}")
    start, synth, lint = (row[1] for row in rows)
    print(f"\nsynth / start-up: {synth / start:.1f}    cfn-lint / synth: {lint / synth:.0f}")


if __name__ == "__main__":
    main()
