"""Whether an answer is what was asked for: the right object, of our mode, with values that can be kept.

Stripe does not lie; a proxy, a wrong address or a stand-in may. What does not fit is kept out and told.
"""

import msgspec

from tracker.intake.stripe import shapes
from tracker.intake.stripe.gateway import Raw, StripeOddAnswerError


def check(kind: str, object_id: str, raw: Raw, *, is_live: bool) -> None:
    """StripeOddAnswerError unless `raw` is that object, of our mode."""
    if raw.get("object") != kind:
        raise StripeOddAnswerError(f"asked for {kind} {object_id}, it is {str(raw.get('object'))[:60]!r}")
    if raw.get("id") != object_id:
        raise StripeOddAnswerError(f"asked for {kind} {object_id}, it is {str(raw.get('id'))[:60]!r}")
    told = raw.get("livemode")
    if isinstance(told, bool) and told is not is_live:
        modes = ("live mode", "test mode") if told else ("test mode", "live mode")
        raise StripeOddAnswerError(f"{kind} {object_id} is of {modes[0]}, our key is of {modes[1]}")


def read(kind: str, raw: Raw, *, is_live: bool) -> shapes.Reading:
    """The facts of an object that stands in a list. UnreadableError, too, where it should not stand there."""
    try:
        check(kind, raw["id"], raw, is_live=is_live)
    except StripeOddAnswerError as error:
        raise shapes.UnreadableError(str(error)) from error
    reading = shapes.read(kind, raw)
    for told in (*reading.objects, *reading.entries, *reading.contacts):
        _can_be_kept(kind, raw["id"], told)
    return reading


def _can_be_kept(kind: str, object_id: str, told: object) -> None:
    """As the ledger will write it and the rules will read it: a text where a number belongs is no fact."""
    try:
        written = msgspec.json.encode(told)
        msgspec.json.decode(written, type=type(told))
    except (msgspec.MsgspecError, OverflowError, UnicodeError) as error:
        raise shapes.UnreadableError(f"{kind} {object_id}: {error}") from error
    if b"\\u0000" in written:
        raise shapes.UnreadableError(f"{kind} {object_id}: a text holds a zero byte")
