"""Fuzz the parsers and codecs: every module beside this one that has ``target(data: bytes)``, each in its own process.

A target raises only on a bug. It may name valid inputs in ``seeds() -> list[bytes]``; files in ``corpus/<name>/`` are
added to them. Where atheris is installed it guides the inputs by coverage; otherwise a seeded loop mutates the seeds.
An input that makes a target raise, hang or crash is saved, and the run ends with exit code 1.
"""

import argparse
import importlib
import mmap
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / ".build" / "fuzz"
MAX_BYTES = 65_536
HANG_SECONDS = 10
START_SECONDS = 60
LENGTH_BYTES = 8
INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)


class Hang(BaseException):
    """A target did not come back in time. Not an ``Exception``, so that no target swallows it."""


def main() -> int:
    names = sorted(path.stem for path in HERE.glob("*.py") if has_target(path))
    parser = argparse.ArgumentParser(description="Fuzz the parsers and codecs.")
    parser.add_argument("target", nargs="*", help=f"one of {', '.join(names)}; all when none is named")
    parser.add_argument("--seconds", type=float, default=20, help="how long each target runs (20)")
    parser.add_argument("--seed", type=int, default=0, help="start of the mutations, to run other inputs (0)")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.target) - set(names)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    if options.child:
        return fuzz(options.target[0], options.seconds, options.seed)
    results = [supervise(name, options.seconds, options.seed) for name in options.target or names]
    return 0 if all(results) else 1


def has_target(path: Path) -> bool:
    return path.name != Path(__file__).name and "\ndef target(" in path.read_text()


def supervise(name: str, seconds: float, seed: int) -> bool:
    """Run one target in a process of its own, print its line, and tell whether it held."""
    OUT.mkdir(parents=True, exist_ok=True)
    current = OUT / f"{name}.current"
    current.write_bytes(bytes(LENGTH_BYTES + MAX_BYTES))
    command = [sys.executable, __file__, "--child", "--seconds", str(seconds), "--seed", str(seed), name]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=seconds + HANG_SECONDS + START_SECONDS
        )
        status, output, errors = ended.returncode, ended.stdout, ended.stderr
    except subprocess.TimeoutExpired:
        status, output, errors = -signal.SIGKILL, "", "it did not end in time\n"
    if status == 0:
        print(f"{name}: {output.strip().splitlines()[-1]}", flush=True)
        current.unlink()
        return True
    saved = save(name, current)
    print(f"{name}: FAILED with exit status {status}, input saved as {saved}", flush=True)
    print(errors, file=sys.stderr, flush=True)
    return False


def save(name: str, current: Path) -> Path:
    raw = current.read_bytes()
    length = int.from_bytes(raw[:LENGTH_BYTES], "big")
    data = raw[LENGTH_BYTES : LENGTH_BYTES + length]
    saved = OUT / f"{name}-{sha256(data).hexdigest()[:16]}.bin"
    saved.write_bytes(data)
    current.unlink()
    return saved


def fuzz(name: str, seconds: float, seed: int) -> int:
    """Run in the child: a failure leaves its input in the shared map and a traceback on standard error."""
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE]
    started = time.monotonic()
    with (OUT / f"{name}.current").open("r+b") as file, mmap.mmap(file.fileno(), 0) as current:
        if find_spec("atheris") is not None:
            return fuzz_guided(name, seconds, seed, current)
        module = load(name)
        seeds = corpus(name, module)
        count = fuzz_mutated(guarded(module.target, current), seeds, seconds, random.Random(seed))
    print(f"{count} inputs in {time.monotonic() - started:.1f} s from {len(seeds)} seeds, no failure")
    return 0


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", HERE / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def corpus(name: str, module: ModuleType) -> list[bytes]:
    seeds = list(module.seeds()) if hasattr(module, "seeds") else []
    seeds += [path.read_bytes() for path in sorted((HERE / "corpus" / name).glob("*")) if path.is_file()]
    return [seed[:MAX_BYTES] for seed in seeds] or [b""]


def guarded(target: Callable[[bytes], None], current: mmap.mmap) -> Callable[[bytes], None]:
    def hang(_signal: int, _frame: object) -> None:
        raise Hang(f"an input took more than {HANG_SECONDS} s")

    signal.signal(signal.SIGALRM, hang)

    def run(data: bytes) -> None:
        current[: LENGTH_BYTES + len(data)] = len(data).to_bytes(LENGTH_BYTES, "big") + data
        signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
        target(data)
        signal.setitimer(signal.ITIMER_REAL, 0)

    return run


def fuzz_mutated(run: Callable[[bytes], None], seeds: list[bytes], seconds: float, chance: random.Random) -> int:
    for seed in seeds:
        run(seed)
    count, end = len(seeds), time.monotonic() + seconds
    while time.monotonic() < end:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            mutate(data, seeds, chance)
        run(bytes(data[:MAX_BYTES]))
        count += 1
    return count


def mutate(data: bytearray, seeds: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    width = chance.choice((1, 2, 4, 8, 32))
    match chance.randrange(8):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1 if at < len(data):
            data[at] = chance.choice(INTERESTING)
        case 2:
            data[at:at] = chance.randbytes(width)
        case 3:
            del data[at : at + width]
        case 4:
            data[at:at] = data[at : at + width * 4] * chance.choice((1, 2, 64))
        case 5:
            del data[at:]
        case 6:
            other = chance.choice(seeds)
            data[at:] = other[chance.randrange(len(other) + 1) :]
        case _:
            data[at : at + width] = chance.choice((bytes(width), b"\xff" * width, chance.randbytes(width)))


def fuzz_guided(name: str, seconds: float, seed: int, current: mmap.mmap) -> int:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports():
        module = load(name)
    grown = OUT / f"{name}.corpus"
    grown.mkdir(exist_ok=True)
    for data in corpus(name, module):
        (grown / sha256(data).hexdigest()[:16]).write_bytes(data)
    print("ran under atheris, no failure", flush=True)
    flags = [f"-max_total_time={int(seconds)}", f"-seed={seed + 1}", f"-max_len={MAX_BYTES}"]
    os.chdir(OUT)
    atheris.Setup([name, *flags, f"-timeout={HANG_SECONDS}", str(grown)], guarded(module.target, current))
    atheris.Fuzz()
    shutil.rmtree(grown)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
