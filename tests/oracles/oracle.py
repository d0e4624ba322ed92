"""An oracle: a tool that judges templates, and what it said before.

Answers are kept in target/oracles/cache/, named by the digest of all that decides them: the tool with its
version, our script, the regions, and the template's bytes.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import tool

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Finding:
    """What a tool said of one place of one template."""

    tool: str
    rule: str
    level: str
    place: str
    path: str
    line: int
    message: str


class Oracle:
    """One tool with its script; counts what it was asked and what it had to be asked anew."""

    def __init__(self, used: tool.Tool, script: str, options: list[str] | None = None):
        self.tool = used
        self.script = HERE / script
        self.options = options or []
        self.asked = 0
        self.anew = 0

    def ask(self, files: list[Path], regions: list[str], use_cache: bool = True) -> dict[Path, list[Finding]]:
        """What the tool says of each file. Ends the program if the tool itself fails."""
        kept = {file: self._kept(file, regions) for file in files}
        answers = {file: self._read(kept[file]) for file in files} if use_cache else dict.fromkeys(files)
        missing = [file for file in files if answers[file] is None]
        self.asked += len(files)
        self.anew += len(missing)
        # The two formats of a stack stay together, since their template is the same.
        stacks = sorted({_stack(file) for file in missing})
        workers = min(len(stacks), os.cpu_count() or 1)
        shards = [[file for file in sorted(missing) if _stack(file) in stacks[i::workers]] for i in range(workers)]
        with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
            for found in pool.map(lambda shard: self._run(shard, regions), shards):
                for file, findings in found.items():
                    self._write(kept[file], findings)
                    answers[file] = findings
        return {file: [Finding(self.tool.name, **fields) for fields in answers[file]] for file in files}

    def _run(self, files: list[Path], regions: list[str]) -> dict[Path, list[dict]]:
        command = [self.tool.python, self.script, *self.options, "--regions", ",".join(regions), *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        answers = {}
        if done.returncode == 0:
            for line in map(json.loads, done.stdout.splitlines()):
                answers[Path(line["file"])] = line["findings"]
        if set(answers) != set(files):
            sys.exit(f"{self.tool} failed with exit code {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
        return answers

    def _kept(self, file: Path, regions: list[str]) -> Path:
        parts = [str(self.tool).encode(), self.script.read_bytes(), " ".join(regions).encode(), file.read_bytes()]
        digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
        return tool.CACHE / "cache" / f"{self.tool.name}-{self.tool.version}" / f"{digest}.json"

    @staticmethod
    def _read(kept: Path) -> list[dict] | None:
        return json.loads(kept.read_text()) if kept.exists() else None

    @staticmethod
    def _write(kept: Path, findings: list[dict]) -> None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=kept.parent, delete=False) as new:
            json.dump(findings, new)
        os.replace(new.name, kept)


def _stack(file: Path) -> str:
    """The file without its format."""
    return str(file.with_suffix(""))
