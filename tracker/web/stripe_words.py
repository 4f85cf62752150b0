"""What each figure of Stripe's health means and what to do about it, in the reader's language."""

from dataclasses import dataclass

from tracker.web.words import gettext


@dataclass(frozen=True, slots=True)
class Words:
    """A name, what it means, and what to do."""

    name: str
    cure: str


def refused(reason: str) -> Words:
    """Why messages were refused (rejections.REASONS)."""
    known = {
        "too_large": Words(
            gettext("larger than 1 MiB"),
            gettext("Nothing: Stripe’s own messages are far smaller. Somebody else sends them."),
        ),
        "no_secret": Words(
            gettext("no signing secret is set here"),
            gettext("Put the endpoint’s signing secret into STRIPE_WEBHOOK_SECRETS and start again."),
        ),
        "no_signature": Words(
            gettext("without a signature"),
            gettext("Nothing: Stripe signs everything it sends. Strangers knock at every door."),
        ),
        "odd_signature": Words(
            gettext("with a signature of another form"),
            gettext("Nothing, unless a proxy in front of us changes headers."),
        ),
        "too_old": Words(
            gettext("signed too long ago, or in the future"),
            gettext(
                "Set this machine’s clock right. If it is, somebody repeats old messages: they change nothing."
            ),
        ),
        "wrong_secret": Words(
            gettext("signed under another secret"),
            gettext("Compare STRIPE_WEBHOOK_SECRETS with the secret at Stripe; during a rotation, name both."),
        ),
        "not_json": Words(
            gettext("signed well, but not the JSON of an event"),
            gettext("Look at what sends through this endpoint: it knows our secret and is not Stripe."),
        ),
        "no_event": Words(
            gettext("signed well, but no event"),
            gettext("Look at what sends through this endpoint: it knows our secret and is not Stripe."),
        ),
    }
    return known.get(reason) or Words(reason, "")


def trouble(kind: str) -> Words:
    """What is the matter with an object (intake.stripe.trouble.Trouble)."""
    known = {
        "waiting": Words(gettext("waits for its fetch"), gettext("Nothing: a worker takes it within a minute.")),
        "unreachable": Words(
            gettext("Stripe did not answer"),
            gettext("Nothing: it is tried again, each time after a longer pause. Look at Stripe’s status page."),
        ),
        "refused": Words(
            gettext("Stripe refused"),
            gettext("Look at what the key may read: `tracker stripe connect` says what is missing."),
        ),
        "odd_answer": Words(
            gettext("Stripe answered something else"),
            gettext("Look at what stands between us and Stripe (STRIPE_API_BASE, a proxy). It is tried again."),
        ),
        "unknown": Words(
            gettext("holds something we do not know"),
            gettext("It is not counted until this program knows it. Ask for an update of the tracker."),
        ),
        "gone": Words(
            gettext("Stripe has it no more"),
            gettext("Nothing of it counts. If somebody deleted it at Stripe, that is as it should be."),
        ),
        "unreadable": Words(
            gettext("lacks a piece that we need"),
            gettext("It is not counted as it stands. Look at it at Stripe, and ask for an update of the tracker."),
        ),
    }
    return known.get(kind) or Words(kind, "")


def alarm(kind: str) -> Words:
    """What needs a person (intake.health.Alarm)."""
    known = {
        "unknown": Words(
            gettext("holds something unknown"),
            gettext("It stands under “Unsettled” with its words; it is not counted."),
        ),
        "entry_differs": Words(
            gettext("a later read of this entry differs"),
            gettext("Stripe’s money never changes once booked. Ask Stripe about it; our first reading stands."),
        ),
        "entry_unlisted": Words(
            gettext("Stripe does not have this entry"),
            gettext(
                "It stays in the books. Ask Stripe about it; if somebody wrote it into the database, whoever runs"
                " this service must take it out."
            ),
        ),
        "unknown_type": Words(
            gettext("a kind of booking that we do not know"),
            gettext(
                "It is in the statement as Stripe booked it. Look at it at Stripe, and ask for an update of the"
                " tracker: its month cannot be closed before."
            ),
        ),
        "quarantined": Words(
            gettext("another mode or account: kept aside"),
            gettext("Remove the endpoint that sends it, or set the key of the account that is meant."),
        ),
    }
    return known.get(kind) or Words(kind, "")
