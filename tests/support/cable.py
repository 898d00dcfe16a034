"""A cable between a node and its database, which a test can cut: what is sent then arrives nowhere, unsaid."""

import contextlib
import select
import shutil
import socket
import tempfile
import threading
from pathlib import Path

_NAME = ".s.PGSQL.5432"


class Cable:
    """Forwards a PostgreSQL server's socket.

    Args:
        to: the server's socket.
    """

    def __init__(self, to: Path) -> None:
        self._to = to
        self.folder = Path(tempfile.mkdtemp(prefix="cable-", dir="/tmp"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / _NAME))
        self._listener.listen(64)
        self._whole = threading.Event()
        self._whole.set()
        self._over = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> None:
        """Let nothing through any more."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything through again, also what was sent meanwhile."""
        self._whole.set()

    def close(self) -> None:
        """End every connection."""
        self._over = True
        self._whole.set()
        self._listener.close()
        for thread in self._threads:
            thread.join(2)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self) -> None:
        while not self._over:
            if not select.select([self._listener], [], [], 0.2)[0]:
                continue
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._carry, args=(near,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, near: socket.socket) -> None:
        self._whole.wait()
        far = socket.socket(socket.AF_UNIX)
        with near, far, contextlib.suppress(OSError):
            far.connect(str(self._to))
            while not self._over:
                ready = select.select([near, far], [], [], 0.2)[0]
                if not self._whole.is_set():
                    self._whole.wait(0.2)
                    continue
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    (far if end is near else near).sendall(data)
