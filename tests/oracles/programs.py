"""Our own programs, as the oracles' runners use them: the program, and the example that evaluates templates."""

import json
import subprocess
import sys
from pathlib import Path

from tool import ROOT


def build() -> Path:
    """Builds the program; where cargo put it."""
    return _build("bin", "dify-cfn")


def build_example() -> Path:
    """Builds the example that evaluates templates; where cargo put it."""
    return _build("example", "evaluated")


def _build(kind: str, name: str) -> Path:
    command = ["cargo", "build", "--locked", f"--{kind}", name, "--message-format=json-render-diagnostics"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the {kind} {name} doesn't build")
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    return Path(next(message["executable"] for message in reversed(messages) if message.get("executable")))


def synthesize(program: Path, config: Path | None, folder: Path) -> list[Path] | str:
    """The templates that the program writes for a configuration, or why there are none."""
    out = folder / "out"
    out.mkdir(parents=True)
    arguments = [] if config is None else ["--config", str(config)]
    # The current folder is empty, so that no other configuration is found.
    command = [program, "synth", *arguments, "--output", out]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return f"synth failed with exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
    stacks = {file.name.rsplit(".template.", 1)[0] for file in out.glob("*.template.*")}
    templates = [out / f"{stack}.template.{form}" for stack in sorted(stacks) for form in ("json", "yaml")]
    absent = [file.name for file in templates if not file.exists()]
    if absent or not templates:
        return f"synth didn't write {', '.join(absent) or 'any template'}"
    return templates


def evaluate(example: Path, files: list[Path], output: Path) -> dict[Path, list[Path]]:
    """Each template without conditions, once for each combination of them."""
    output.mkdir()
    subprocess.run([example, output, *files], check=True)
    written: dict[str, list[Path]] = {}
    for file in sorted(output.iterdir()):
        written.setdefault(file.name.rsplit(".", 2)[0], []).append(file)
    return {file: written.get(file.stem, []) for file in files}
