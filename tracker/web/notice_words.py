"""What is said to staff of notices: their names, what became of them, and how a chat took them."""

from tracker import notices
from tracker.core import milestones
from tracker.core.campaign import Campaign
from tracker.intake.notice_wishes import Chat, Noted
from tracker.web import words
from tracker.web.words import gettext

BAD = frozenset({"refused", "given up", "unknown"})


def named(one: Noted, campaign: Campaign) -> str:
    """A notice as a list calls it."""
    if one.kind == notices.DIGEST:
        week = notices.week_of(one.transition)
        return gettext("Digest of the week from %(day)s", day=words.day(week.first)) if week else gettext("Digest")
    if one.kind == notices.MILESTONE:
        passed = milestones.read(one.transition)
        if passed is None:
            return gettext("Milestone")
        goal = words.counted(campaign, passed.goal)
        return gettext("Milestone: %(percent)s%% of %(goal)s", percent=passed.percent, goal=goal)
    return gettext("Behind the path") if one.kind == notices.BEHIND else gettext("Test")


def state(name: str) -> str:
    """What became of a letter."""
    return {
        "waiting": gettext("waits to be sent"),
        "sending": gettext("is being sent"),
        "sent": gettext("sent"),
        "needless": gettext("was not needed any more"),
        "refused": gettext("refused for good"),
        "given up": gettext("given up after a day"),
        "unknown": gettext("may have arrived: nobody knows"),
    }.get(name, name)


def took(room: Chat, campaign: Campaign) -> str:
    """How the chat took the last message."""
    if room.problem and room.problem_at:
        when = words.moment(room.problem_at, campaign.zone)
        return gettext("The last message did not arrive, %(when)s: %(why)s", when=when, why=_why(room.problem))
    if room.arrived_at:
        return gettext("The last message arrived, %(when)s.", when=words.moment(room.arrived_at, campaign.zone))
    return gettext("Nothing was said there yet.")


def _why(problem: str) -> str:
    """A problem of chat.py, with what to do."""
    known = {
        "not_public": gettext("the address is not one of the public internet. Give one that is."),
        "unknown_name": gettext("its name is not known. Look at the spelling."),
        "certificate": gettext("its certificate is not one that we trust. Ask who runs it."),
        "timeout": gettext("it did not answer within five seconds."),
        "404": gettext("the chat knows no such address. Make a new one there and give it here."),
        "429": gettext("the chat asked us to wait. It is tried again."),
    }
    if problem in known:
        return known[problem]
    if problem.startswith("3"):
        return gettext("it sends us elsewhere, which is not followed. Give the address it leads to.")
    if problem.startswith("4"):
        return gettext(
            "the chat refused it (%(status)s). Make a new address there and give it here.", status=problem
        )
    if problem.startswith("5"):
        return gettext("the chat is in trouble (%(status)s). It is tried again.", status=problem)
    return gettext("the connection failed (%(status)s).", status=problem)


def wrong(why: str) -> str:
    """Why an address cannot be taken."""
    return {
        "no_https": gettext("Give an address that begins with https://."),
        "credentials": gettext("Give the address without a user name or password in it."),
        "port": gettext("Give an address without a port: chats are asked at 443 alone."),
    }.get(why, gettext("This is no address of a chat: copy the whole of it from the chat’s settings."))
