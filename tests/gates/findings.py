"""What came of a planted fault: the gates that would stop or tell it, in the order of a night."""

from dataclasses import dataclass, field

#: The kinds of gates in the order in which a night passes them, with what finding something means.
GATES = {
    "delivery": "the delivery is rejected, held or superseded",
    "row": "the row is in quarantine",
    "silence": "a notice that waits for a person",
    "contract": "nothing is published, or a warning (Great Expectations)",
    "history": "nothing is published until a person accepts the change",
    "model": "nothing is published: dbt cannot make the model, or it breaks its contract",
    "rule": "nothing is published: a data test of dbt's",
    "jump": "a warning on the page",
    "guard": "nothing is published until a person accepts the change",
    "seal": "no version with it is used, or a notice",
}


@dataclass(frozen=True, order=True)
class Gate:
    """One check: its kind and its name there."""

    kind: str
    name: str

    @property
    def place(self) -> int:
        """Where in a night it stands."""
        return list(GATES).index(self.kind)


@dataclass(frozen=True)
class Finding:
    """A planted fault and the gates that found it."""

    fault: str
    kind: str
    gates: frozenset[Gate] = field(default_factory=frozenset)

    @property
    def is_of_sql(self) -> bool:
        """Whether a model was changed: not every such change is a fault that a night can see."""
        return self.kind.startswith("SQL")

    @property
    def first(self) -> frozenset[Gate]:
        """The gates of the first kind that found it: a night would have gone no further."""
        place = min((gate.place for gate in self.gates), default=None)
        return frozenset(gate for gate in self.gates if gate.place == place)
