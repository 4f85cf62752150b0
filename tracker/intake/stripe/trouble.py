"""Why an object is unsettled: the few kinds of trouble there are, told from the words that are kept with it."""

from enum import StrEnum


class Trouble(StrEnum):
    """What is the matter with an object; each asks for something else of staff."""

    WAITING = "waiting"
    """Nothing: it is marked and will be fetched."""
    UNREACHABLE = "unreachable"
    """Stripe did not answer, was busy or asked us to slow down."""
    REFUSED = "refused"
    """Stripe says that the request, or our key, is wrong."""
    ODD_ANSWER = "odd_answer"
    """An answer came, but it is not the object that was asked for."""
    UNKNOWN = "unknown"
    """It holds a status or a value that this version does not know."""
    GONE = "gone"
    """Stripe says that there is no such object."""
    UNREADABLE = "unreadable"
    """It lacks a piece that every version of it has."""


PREFIXES = {
    Trouble.UNREACHABLE: "Stripe did not answer: ",
    Trouble.REFUSED: "Stripe refused: ",
    Trouble.ODD_ANSWER: "Stripe answered something else: ",
    Trouble.UNREADABLE: "it cannot be read: ",
    Trouble.GONE: "Stripe has no such ",
    Trouble.UNKNOWN: "",
}
"""How the problem kept with an object begins; what a reader of shapes does not know stands as it wrote it."""


def worded(trouble: Trouble, words: object) -> str:
    """The problem as it is kept with the object."""
    return f"{PREFIXES[trouble]}{words}"


def of(problem: str | None) -> Trouble:
    """Which trouble the kept words tell of."""
    if not problem:
        return Trouble.WAITING
    return next(trouble for trouble, prefix in PREFIXES.items() if problem.startswith(prefix))
