"""What ``seawall.toml`` can say of traces."""

import msgspec

from seawall.kernel.errors import InvalidInput


class Telemetry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section ``[telemetry]``: traces by OTLP over HTTP; none without an endpoint.

    ``sample`` is the share of requests that are followed, 0 to 1, where the caller does not say; ``trust_callers`` lets
    a caller say, by ``traceparent``. ``headers_file`` holds headers for the collector, one a line, such as a token.
    """

    endpoint: str = ""
    sample: float = 0.01
    trust_callers: bool = True
    service: str = "seawall"
    ca_file: str = ""
    headers_file: str = ""

    def __post_init__(self) -> None:
        """Check what types cannot.

        Raises:
            InvalidInput: naming the field.
        """
        if not 0 <= self.sample <= 1:
            raise InvalidInput("settings.invalid", "a share is 0 to 1.", field="telemetry.sample")
        if self.endpoint and not self.endpoint.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise InvalidInput(
                "settings.invalid",
                "a collector is https://…/v1/traces; plain http is for this machine alone.",
                field="telemetry.endpoint",
            )
