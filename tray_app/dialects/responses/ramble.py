"""A model that writes blank space into tool arguments without end (GPT-5 family; copilot-wire 5.4)."""

from tray_app.errors import Fault, Kind

LIMIT = 20


class Ramble:
    """Watches one call's arguments. Inside JSON strings line breaks and tabs are escaped, so a long run
    of raw ones is never part of a meaningful argument."""

    __slots__ = ("_run",)

    def __init__(self) -> None:
        self._run = 0

    def feed(self, delta: str) -> bool:
        """True once more than LIMIT raw line breaks and tabs have come in a row."""
        rest = delta.lstrip()
        if not rest:
            self._run += _breaks(delta)
            return self._run > LIMIT
        self._run += _breaks(delta[: len(delta) - len(rest)])
        if self._run > LIMIT:
            return True
        self._run = _breaks(rest[len(rest.rstrip()) :])
        return self._run > LIMIT

    @staticmethod
    def fault() -> Fault:
        return Fault(
            502,
            Kind.UPSTREAM,
            "The model filled a tool call with blank lines and was stopped. Try again.",
            code="runaway_arguments",
        )


def _breaks(blank: str) -> int:
    return sum(blank.count(sign) for sign in "\n\r\t")
