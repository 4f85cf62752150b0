"""What an article's page really does with the banner: fetched, read and judged; for the command and for staff."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from tracker.config import Settings
from tracker.core.article import Page
from tracker.core.campaign import Campaign
from tracker.intake import page_source, pages
from tracker.projections import embed_files, judgement
from tracker.projections.diagnosis import Known, Level, Remark, origin

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Visit:
    """What was seen at `url`."""

    asked: str
    url: str
    hops: tuple[str, ...]
    status: int
    remarks: tuple[Remark, ...]

    @property
    def is_well(self) -> bool:
        return all(one.level is not Level.PROBLEM for one in self.remarks)


def visit(
    url: str, campaigns: tuple[Campaign, ...], settings: Settings, resolver: pages.Resolve = pages.resolve
) -> Visit:
    """Fetch the page and judge it. pages.UnfetchedError where it may not or cannot be fetched."""
    asked = url.strip()
    answer = pages.fetch(asked, door(campaigns, settings), resolver)
    is_page = answer.content_type.partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml")
    page = Page(
        asked=asked,
        url=answer.url,
        hops=answer.hops,
        status=answer.status,
        content_type=answer.content_type,
        policies=answer.policies,
        is_cut=answer.is_cut,
        source=page_source.read(answer.body, answer.content_type, answer.url) if is_page else None,
    )
    remarks = judgement.judge(page, known(campaigns, settings))
    return Visit(asked, answer.url, answer.hops, answer.status, tuple(remarks))


def door(campaigns: tuple[Campaign, ...], settings: Settings) -> pages.Door:
    """The campaigns' hosts; this machine's own article only in a demonstration."""
    hosts = frozenset(host.lower() for campaign in campaigns for host in campaign.allowed_hosts)
    agent = f"tracker-embed-doctor (+{settings.site})"
    return pages.Door(hosts, agent, settings.port if settings.demo else 0)


def known(campaigns: tuple[Campaign, ...], settings: Settings) -> Known:
    """Our own side. The demonstration is reached by more than one name of this machine."""
    script = embed_files.script()
    sites = [origin(settings.site)]
    if settings.demo:
        port = urlsplit(settings.site).port or settings.port
        sites += [f"http://{host}:{port}" for host in LOOPBACK]
    return Known(tuple(dict.fromkeys(sites)), campaigns, script.digest, script.integrity)
