"""Tools that the tests use, under target/oracles/: those in Python each in a virtual environment of its own.

tools/<tool>.txt pins a tool and what it needs. `python3 tool.py TOOL` makes the environment if it isn't
there and prints the path of its Python, for scripts that need one.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "target" / "oracles"
TOOLS = Path(__file__).resolve().parent / "tools"
PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input"]


@dataclass(frozen=True)
class Tool:
    """An installed tool."""

    name: str
    version: str
    python: Path

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def ensure(name: str) -> Tool:
    """The tool, installed first if it isn't there, or broken, or of other pins."""
    pins = TOOLS / f"{name}.txt"
    requirements = [line for line in pins.read_text().splitlines() if line and not line.startswith("#")]
    tool, _, version = requirements[0].partition("==")
    if tool != name or not version:
        sys.exit(f"{pins}: the first requirement is {requirements[0]!r}, not {name}==<version>")
    home = CACHE / f"{name}-{version}"
    installed = Tool(name, version, home / "bin" / "python")
    if not _usable(installed, home, pins):
        _install(home, pins)
        if not _usable(installed, home, pins):
            sys.exit(f"{home}: doesn't run after its installation")
    return installed


def _usable(tool: Tool, home: Path, pins: Path) -> bool:
    """Whether the environment is whole, of these pins, and its Python still there and able to run it."""
    copy = home / "pins.txt"
    if not copy.exists() or copy.read_bytes() != pins.read_bytes():
        return False
    version = f"import importlib.metadata as m; print(m.version({tool.name!r}))"
    try:
        answer = subprocess.run([tool.python, "-c", version], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.strip() == tool.version


def _install(home: Path, pins: Path) -> None:
    """Builds the environment aside and moves it into place, so that an interrupted run leaves nothing half-made."""
    print(f"installing {home.name}", file=sys.stderr, flush=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=CACHE, ignore_cleanup_errors=True) as new:
        # Nothing in an environment but its scripts' first lines names its own path; we run `python -m` only.
        aside = Path(new) / "venv"
        _run([sys.executable, "-m", "venv", aside])
        _run([aside / "bin" / "python", *PIP, "install", "--quiet", "--no-deps", "--requirement", pins])
        _run([aside / "bin" / "python", *PIP, "check"])
        shutil.copyfile(pins, aside / "pins.txt")
        if home.exists():
            home.rename(Path(new) / "old")
        try:
            aside.rename(home)
        except OSError:
            if not home.exists():  # else another run was quicker: its environment is as good
                raise


def _run(command: list) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed with exit code {done.returncode}:\n{done.stdout}")


def ensure_package(name: str, runner: Tool) -> tuple[Tool, Path]:
    """An npm package that is data for another tool: the tool of that name, run by the other's Python, and its folder.

    tools/<name>.txt pins version and SHA-256 of the package's archive.
    """
    pins = [line for line in (TOOLS / f"{name}.txt").read_text().splitlines() if line and not line.startswith("#")]
    version, _, digest = pins[0].removeprefix(f"{name}==").partition(" sha256:")
    home = CACHE / f"{name}-{version}"
    if not (home / "package.json").exists():
        print(f"installing {home.name}", file=sys.stderr, flush=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="new-", dir=CACHE, ignore_cleanup_errors=True) as new:
            _run(["npm", "pack", "--silent", "--pack-destination", new, f"{name}@{version}"])
            archive = Path(new) / f"{name}-{version}.tgz"
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            if found != digest:
                sys.exit(f"{archive.name} has the SHA-256 {found}, not {digest}")
            with tarfile.open(archive) as opened:
                opened.extractall(new, filter="data")
            try:
                (Path(new) / "package").rename(home)
            except OSError:
                if not home.exists():  # else another run was quicker
                    raise
    return Tool(name, f"{version}+{runner.name}-{runner.version}", runner.python), home


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} TOOL, one of: {', '.join(sorted(p.stem for p in TOOLS.glob('*.txt')))}")
    print(ensure(sys.argv[1]).python)
