"""The capability that handing material out takes: an object that one must import on purpose.

Whoever reads a change that imports this module sees at once that key material may leave by it. A test keeps the list of
those who do.
"""

from typing import Final, final


@final
class ExportAccess:
    """Leave to have key material leave the room. There is one."""

    __slots__ = ()


EXPORT_ACCESS: Final = ExportAccess()
