"""Headless Chromium over its debugging pipe: no driver, no port, no download."""

import fcntl
import itertools
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
_SECONDS = 60


class Refused(Exception):
    """The browser did not do what it was asked."""


def _pipe() -> list[int]:
    """Make a pipe whose descriptors are out of the way of the two that the browser uses."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return moved


class Browser:
    """One page of a browser; ``troubles`` gathers what its console complains about."""

    def __init__(self, folder: Path) -> None:
        to_browser, self._out = _pipe()
        self._in, from_browser = _pipe()
        assert CHROMIUM is not None
        # The browser reads its third descriptor and writes its fourth.
        command = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", command, CHROMIUM, *_FLAGS, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(to_browser, from_browser),
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._numbers = itertools.count(1)
        self._received = b""
        self.troubles: list[str] = []
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(20)

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the page."""
        return self._call(method, parameters, self._session)

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page, waiting for a promise."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, address: str) -> None:
        """Go to an address and wait until the page has loaded."""
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def until(self, condition: str) -> None:
        """Wait until an expression holds."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            try:
                answer = self.call("Runtime.evaluate", expression=condition, returnByValue=True)
            except Refused:
                continue  # the page is on its way to another
            if answer["result"].get("value") is True:
                return
            time.sleep(0.05)
        raise AssertionError(f"{condition} never held on {self.run('location.href + document.body.innerText')}")

    def _call(self, method: str, parameters: dict[str, Any], session: str | None = None) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise Refused(answer["error"]["message"])
                return answer["result"]

    def _next(self) -> Any:
        while b"\0" not in self._received:
            piece = os.read(self._in, 65536)
            assert piece, "the browser ended"
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        event = json.loads(message)
        if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] in {"error", "warning"}:
            self.troubles.append(event["params"]["entry"]["text"])
        if event.get("method") == "Runtime.exceptionThrown":
            self.troubles.append(str(event["params"]["exceptionDetails"]))
        return event
