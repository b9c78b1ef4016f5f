"""What is decided about a request before anything is sent."""

from dataclasses import dataclass

from tray_app.dialects.fields import Json
from tray_app.dialects.neutral import Ask
from tray_app.dialects.protocol import Dialect, Peek, Rules


@dataclass(slots=True)
class Plan:
    """One request's route.

    `body` is the client's, as filtered by the owner's content rules. `ask` is there only when the
    client's dialect and the upstream endpoint differ.
    """

    dialect: Dialect  # the client's
    target: Dialect  # the upstream endpoint's
    body: Json
    rules: Rules
    peek: Peek
    ask: Ask | None = None

    @property
    def neutral_ask(self) -> Ask:
        """The request in neutral form, read now if it was not needed before."""
        return self.ask or self.dialect.read_ask(self.body)[0]
