"""Bytes as text that a person writes down and types in again: Crockford's base 32 in groups of eight.

A group has six letters of content and two of a Reed-Solomon code over GF(32) (shortened, distance 3), in which the
group's number is mixed: one wrong letter in a group is found and its place named, two are found, and so are groups in
another order. Upper and lower case, O and 0, I, L and 1 are alike; blanks and hyphens are skipped.

Source: D. Crockford, Base 32; I. S. Reed and G. Solomon, Polynomial codes over certain finite fields (1960).
"""

from seawall.kernel.errors import InvalidInput

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans("OIL", "011", " -\t\r\n")
_CONTENT, _GROUP, _BITS = 6, 8, 5
_ORDER = 31
#: Powers of x in GF(32), x^5 + x^2 + 1. What is typed is looked up in it: the text is on a screen or a sheet of paper.
_POWERS = [1]
while len(_POWERS) < _ORDER:
    _next = _POWERS[-1] << 1
    _POWERS.append(_next ^ 0b100101 if _next >> _BITS else _next)
_LOGS = {power: at for at, power in enumerate(_POWERS)}
MAX_BYTES = 128


def write(data: bytes) -> str:
    """Write up to 128 bytes, groups parted by hyphens; how many they are stands first.

    Raises:
        InvalidInput: ``share.too_long``.
    """
    if not 0 < len(data) <= MAX_BYTES:
        raise InvalidInput("share.too_long", f"1 to {MAX_BYTES} bytes can be written to be typed.", field="share")
    letters = _to_letters(bytes((len(data),)) + data)
    groups = [letters[at : at + _CONTENT] for at in range(0, len(letters), _CONTENT)]
    return "-".join("".join(_LETTERS[one] for one in _coded(group, number)) for number, group in enumerate(groups, 1))


def read(text: str) -> bytes:
    """Read what :func:`write` wrote.

    Raises:
        InvalidInput: ``share.typo``, naming the group, and the letter where one alone is wrong.
    """
    typed = text.upper().translate(_ALIKE)
    if len(typed) > _groups(MAX_BYTES + 1) * _GROUP:
        raise _typo("this is longer than any share.")
    groups = [typed[at : at + _GROUP] for at in range(0, len(typed), _GROUP)]
    value = 0
    for number, group in enumerate(groups, 1):
        for letter in _content(group, number):
            value = value << _BITS | letter
    bits = len(groups) * _CONTENT * _BITS
    size = value >> (bits - 8) if groups else 0
    if not size or len(groups) != _groups(size + 1):
        raise _typo(f"there are {len(groups)} groups, and a share has {_groups(size + 1) if size else 'more'}.")
    rest = bits - (size + 1) * 8
    if value & ((1 << rest) - 1):
        raise _typo("the last group does not belong here.")
    return (value >> rest & ((1 << size * 8) - 1)).to_bytes(size)


def _groups(size: int) -> int:
    return -(-size * 8 // (_BITS * _CONTENT))


def _to_letters(data: bytes) -> list[int]:
    count = _groups(len(data)) * _CONTENT
    value = int.from_bytes(data) << (count * _BITS - len(data) * 8)
    return [value >> (_BITS * (count - 1 - at)) & 31 for at in range(count)]


def _coded(content: list[int], number: int) -> list[int]:
    # The checks c, d at places 6 and 7 make both syndromes those of the group's number.
    first, second = _syndromes([*content, 0, 0], number)
    # c + d = first, c x^6 + d x^7 = second
    six, seven = _POWERS[_CONTENT], _POWERS[_CONTENT + 1]
    last = _times(second ^ _times(first, six), _POWERS[-_LOGS[six ^ seven] % _ORDER])
    return [*content, first ^ last, last]


def _syndromes(group: list[int], number: int) -> tuple[int, int]:
    first, second = number & 31, number * 7 & 31
    for at, letter in enumerate(group):
        first ^= letter
        second ^= _times(letter, _POWERS[at])
    return first, second


def _content(group: str, number: int) -> list[int]:
    for place, letter in enumerate(group, 1):
        if letter not in _LETTERS:
            raise _typo(f"letter {place} of group {number} is none that a share is written with.")
    if len(group) != _GROUP:
        raise _typo(f"group {number} has {len(group)} letters, and every group has {_GROUP}.")
    letters = [_LETTERS.index(letter) for letter in group]
    first, second = _syndromes(letters, number)
    if first or second:
        raise _typo(_blame(first, second, number))
    return letters[:_CONTENT]


def _blame(first: int, second: int, number: int) -> str:
    if first and second and (place := (_LOGS[second] - _LOGS[first]) % _ORDER) < _GROUP:
        return f"group {number} is wrong, most likely letter {place + 1} of it."
    return f"group {number} is wrong in more than one letter, or does not belong there."


def _times(a: int, b: int) -> int:
    return _POWERS[(_LOGS[a] + _LOGS[b]) % _ORDER] if a and b else 0


def _typo(text: str) -> InvalidInput:
    return InvalidInput("share.typo", text, field="share", remedy="Compare it with what was written down.")
