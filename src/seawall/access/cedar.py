"""Policies in Cedar's language, checked and made ready; the one place that knows the engine.

Cedar (docs.cedarpolicy.com): what no policy permits is denied, and one forbid outweighs every permit.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import cedarpy

from seawall.access.model import Decision, PolicyFile
from seawall.access.vocabulary import actions, builtin_text, entity_type, schema_text
from seawall.kernel.errors import InvalidInput, TooLarge
from seawall.kernel.terms import Principal, Resource

BUILTIN: Final = "builtin.cedar"
MAX_BYTES: Final = 1 << 20
#: Cedar's parser recurses, and a stack that overflows ends the process: what could do so is refused before it.
MAX_DEPTH: Final = 64
MAX_STATEMENT: Final = 4096
_TEXT_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*', re.DOTALL)
_SAID: Final = 500
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

NO_PERMIT: Final = "access.not_permitted"
FORBIDDEN: Final = "access.forbidden"
FAILED: Final = "access.policy_failed"


class Compiled:
    """The built-in policies and an installation's own, ready to be asked.

    Args:
        files: the installation's own.

    Raises:
        InvalidInput: when one of them is wrong, with code ``access.policy_invalid`` and the file as field.
        TooLarge: when one has more than 1 MiB.
    """

    def __init__(self, files: Sequence[PolicyFile] = ()) -> None:
        self.files = tuple(files)
        schema = cedarpy.Schema.from_str(schema_text())
        taken: set[str] = set()
        texts = []
        uncached: set[str] = set()
        for file in (PolicyFile(name=BUILTIN, text=builtin_text()), *self.files):
            for policy in _checked(file, schema, taken):
                if '{"Var":"context"}' in json.dumps(policy, separators=(",", ":")):
                    uncached.update(_actions_of(policy))
            texts.append(file.text)
        self._policies = cedarpy.PolicySet.from_str("\n".join(texts))
        self.ids = frozenset(taken)
        self.uncached = frozenset(uncached)

    def decide(
        self, principal: Principal, action: str, resource: Resource, context: Mapping[str, Any] | None = None
    ) -> Decision:
        """Ask all policies. An error within one of them denies, because a forbid may be the one that failed."""
        who = {"type": "Actor", "id": principal.id}
        what = {"type": "Action", "id": action}
        where = {"type": entity_type(resource.type), "id": resource.id}
        entities = [
            {
                "uid": who,
                "attrs": {"domains": sorted(principal.domains), "proof": principal.proof.value},
                "parents": [{"type": "Role", "id": role.value} for role in principal.roles],
            },
            {
                "uid": what,
                "attrs": {},
                "parents": [{"type": "Action", "id": group} for group in actions().get(action, ())],
            },
            {"uid": where, "attrs": {"domain": resource.domain}, "parents": []},
        ]
        request = {"principal": who, "action": what, "resource": where, "context": dict(context or {})}
        answer = cedarpy.is_authorized(request, self._policies, json.dumps(entities))
        said = answer.diagnostics
        named = said.id_annotations_by_reason
        reasons = tuple(sorted(named.get(reason, reason) for reason in said.reasons))
        if said.errors or answer.decision is cedarpy.Decision.NoDecision:
            return Decision(allow=False, reasons=reasons, code=FAILED)
        if answer.allowed:
            return Decision(allow=True, reasons=reasons)
        return Decision(allow=False, reasons=reasons, code=FORBIDDEN if reasons else NO_PERMIT)


def _checked(file: PolicyFile, schema: Any, taken: set[str]) -> list[Mapping[str, Any]]:
    if len(file.text.encode()) > MAX_BYTES:
        raise TooLarge("access.policy_too_large", "a policy file has at most 1 MiB.", field=file.name)
    _check_shape(file)
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(file.text))
        checked = cedarpy.validate_policies(file.text, schema)
    except ValueError as error:
        raise _invalid(file, str(error)) from None
    except RecursionError:
        raise _invalid(file, "an expression is nested too deeply.") from None
    if parsed["templates"]:
        raise _invalid(file, "templates are not used here; write policies.")
    policies: dict[str, Mapping[str, Any]] = parsed["staticPolicies"]
    names = {number: policy.get("annotations", {}).get("id") or "" for number, policy in policies.items()}
    if not checked.validation_passed:
        raise _invalid(file, "; ".join(f"{names.get(e.policy_id, '?')}: {e.error}" for e in checked.errors))
    for name in names.values():
        if not _ID.fullmatch(name):
            raise _invalid(file, 'every policy has an @id("…") of a-z, 0-9, ".", "_" and "-".')
        if name in taken:
            raise _invalid(file, f'the @id("{name}") is used twice.')
        taken.add(name)
    return list(policies.values())


def _check_shape(file: PolicyFile) -> None:
    bare = _TEXT_OR_COMMENT.sub("_", file.text)
    depth = 0
    for character in re.findall(r"[(\[{}\])]", bare):
        depth += 1 if character in "([{" else -1
        if depth > MAX_DEPTH:
            raise _invalid(file, f"brackets are nested more than {MAX_DEPTH} deep.")
    if any(len(statement) > MAX_STATEMENT for statement in bare.split(";")):
        raise _invalid(file, f"a policy is longer than {MAX_STATEMENT} characters; write several.")


def _actions_of(policy: Mapping[str, Any]) -> set[str]:
    scope = policy["action"]
    if scope["op"] == "All":
        return set(actions())
    named = {entity["id"] for entity in scope.get("entities") or [scope["entity"]]}
    return {action for action, groups in actions().items() if action in named or named & set(groups)}


def _invalid(file: PolicyFile, reason: str) -> InvalidInput:
    return InvalidInput(
        "access.policy_invalid",
        reason if len(reason) <= _SAID else f"{reason[:_SAID]}…",
        field=file.name,
        remedy="The policies in force stay as they are; mend the file and load again.",
    )
