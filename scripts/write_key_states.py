# ruff: noqa: INP001 - a script, not a package
"""Write the table of states in docs/guides/keys.md from the life cycle and the policy that the program goes by.

Run: .venv/bin/python scripts/write_key_states.py
With --check it writes nothing, and fails when the page is not what it would write.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from seawall.capabilities.keys.domain import DomainPolicy
from seawall.capabilities.keys.life import GONE, KeyState, LifeCycle, Transition
from seawall.capabilities.keys.model import Key, KeyVersion
from seawall.capabilities.keys.purposes import Purpose, Use
from seawall.kernel.errors import SeawallError

PAGE = Path(__file__).parents[1] / "docs" / "guides" / "keys.md"
BEGIN, END = "<!-- key states: written by scripts/write_key_states.py -->\n", "<!-- end of key states -->\n"
_BESIDE = frozenset({Transition.BLOCK, Transition.UNBLOCK})
_NOW, _LATER = 1_000, 2_000


def table() -> str:
    """Write the table."""
    lines = ["| state | protects | processes | leads to |", "|---|---|---|---|"]
    lines += [f"| {state} | {' | '.join(_uses(life))} | {_steps(life)} |" for state, life in _standings()]
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return a page with its table as it should be."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE} has no place for the table")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _standings() -> Iterator[tuple[str, LifeCycle]]:
    alive = [state for state in KeyState if state not in GONE]
    for state in alive:
        yield state, LifeCycle(created_ms=1, state=state)
    archived = LifeCycle(created_ms=1, state=KeyState.DEACTIVATED).archive(_NOW)
    yield "deactivated or compromised, archived", archived
    yield "any of these, blocked", LifeCycle(created_ms=1, state=KeyState.ACTIVE).block(_NOW, "")
    yield "any of these, its destruction pending", LifeCycle(created_ms=1, state=KeyState.ACTIVE).destroy(_NOW, _LATER)
    for state in (KeyState.ACTIVE, KeyState.COMPROMISED):
        gone = LifeCycle(created_ms=1, state=state).shred(_NOW)
        yield gone.state, gone


def _steps(life: LifeCycle) -> str:
    if life.blocked:
        return "`unblock`; else as its state"
    steps = [f"`{step.replace('_', '-')}`" for step in life.legal() if step not in _BESIDE]
    return ", ".join(steps) or "nothing"


def _uses(life: LifeCycle) -> Iterator[str]:
    for use in Use:
        answers = {
            flag: _allows(DomainPolicy(deactivated_decrypts=flag, compromised_decrypts=flag), life, use)
            for flag in (True, False)
        }
        if answers[True] is answers[False]:
            yield "yes" if answers[True] else "no"
        else:
            default = "yes" if _allows(DomainPolicy(), life, use) else "no"
            yield f"by the domain's policy, {default} by default"


def _allows(policy: DomainPolicy, life: LifeCycle, use: Use) -> bool:
    version = KeyVersion(number=1, created_ms=1, key_check_value="")
    key = Key(
        id=UUID(int=0),
        domain_id=UUID(int=0),
        domain="",
        name="",
        purpose=Purpose.ENCRYPT,
        life=replace(life, activated_ms=1),
        versions=(version,),
    )
    try:
        policy.allows(key, use, now_ms=_NOW)
    except SeawallError:
        return False
    return True


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    text = PAGE.read_text(encoding="utf-8")
    wanted = page(text)
    if arguments == ["--check"]:
        return int(text != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
