"""The commands of a page of documentation, and a shell that types them.

A page's fenced blocks mean:

- ``console``: lines that begin with ``$ `` are commands, the others are what the command before them shows. ``…``
  stands for anything, blanks of any length are alike, and lines that are not shown may come in between.
- a block with ``title="name"``: the file of that name.
- anything else is only shown.

A command succeeds, unless ``$ echo $?`` after it shows how it fails.
"""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
_CODE = "$ echo $?"
_MARK = "@@seawall-docs@@"
_PORT = "8643"


@dataclass
class Step:
    """One command, or one file to write."""

    place: str
    command: str
    shown: list[str] = field(default_factory=list)
    code: int = 0


def steps(page: str) -> Iterator[Step]:
    """Read what a page tells to type, in its order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 2
        if fence["title"]:
            end = "end-of-file"
            yield Step(f"{page}:{line}", f"cat > {shlex.quote(fence['title'])} <<'{end}'\n{fence['body']}{end}")
        elif fence["language"] == "console":
            yield from _commands(page, line, fence["body"])


def _commands(page: str, first: int, body: str) -> Iterator[Step]:
    step: Step | None = None
    lines = body.splitlines()
    for number, text in enumerate(lines):
        if text == _CODE:
            assert step is not None
            step.code = int(lines[number + 1])
            lines[number + 1] = ""
        elif text.startswith("$ "):
            if step is not None:
                yield step
            step = Step(f"{page}:{first + number}", text.removeprefix("$ "))
        elif text.strip():
            assert step is not None, f"{page}:{first + number} shows what no command said"
            step.shown.append(text)
    if step is not None:
        yield step


def type_all(told: Sequence[Step], folder: Path, *, seconds: float = 200, **more: str) -> None:
    """Type every step into one shell in a folder, and hold what is seen against what the page says is seen.

    Args:
        told: the steps.
        folder: where the shell begins; its home folder too.
        seconds: after which the shell is killed.
        more: further variables of the shell's environment.
    """
    ends = _run(told, folder, seconds, more)

    troubles = [_trouble(step, code, said) for step, (code, said) in zip(told, ends, strict=False)]
    assert not any(troubles), "\n\n".join(filter(None, troubles))
    assert len(ends) == len(told), f"{told[len(ends)].place} ended the shell"


def _script(told: Sequence[Step], port: int) -> str:
    parts = []
    for step in told:
        command = step.command.replace(_PORT, str(port))
        parts.append(f"{command}\n__code=$?; echo; echo {_MARK} $__code; (exit $__code)")
    return "\n".join(parts) + "\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(told: Sequence[Step], folder: Path, seconds: float, more: dict[str, str]) -> list[tuple[int, str]]:
    port = _free_port()
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR", "PYENV_ROOT") if name in os.environ}
    environment = {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "COLUMNS": "250",
        "SEAWALL_LISTEN_PORT": str(port),
        **more,
    }
    # A session of its own, so that nothing that was started outlives the test.
    shell = subprocess.Popen(
        ["/bin/bash"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(_script(told, port), timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        said, _ = shell.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    parts = re.split(rf"\n{_MARK} (\d+)\n", said.replace(str(port), _PORT))
    return [(int(code), text) for text, code in zip(parts[0::2], parts[1::2], strict=False)]


def _pattern(line: str) -> re.Pattern[str]:
    words = (r"\s+".join(map(re.escape, part.split())) for part in line.split("…"))
    return re.compile(r"[^\n]*?".join(words))


def _trouble(step: Step, code: int, said: str) -> str | None:
    if code != step.code:
        return f"{step.place}: {step.command}\n  ended with {code}, not {step.code}; it said:\n{said}"
    for line in step.shown:
        if not _pattern(line).search(said):
            return f"{step.place}: {step.command}\n  does not show: {line}\n  it said:\n{said}"
    return None
