"""A page of invented panels, made of the product's own parts: its macro, style sheets, scripts and policy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chart_figures import NAMES, TITLE, figure
from flask import Blueprint, Flask, Response, abort, jsonify, render_template_string, request
from werkzeug.serving import make_server

from tracker.web import charts, plotly_files
from tracker.web.guard import public

PAGE = """
{% extends "staff.html" %}
{% from "dashboard/_panel.html" import panel, keys %}
{% block title %}Ten panels{% endblock %}
{% block head %}
<link rel="stylesheet" href="{{ url_for('static', filename='css/dashboard.css') }}">
<link id="plotly.js-style-global" class="no-inline-styles" rel="stylesheet" href="{{ plotly.style }}">
<meta id="{{ plotly.foreign_style_id }}" name="no-inline-styles" content="">
<script src="{{ url_for('static', filename='js/dashboard.js') }}" defer></script>
<script src="{{ plotly.script }}" defer></script>
<script src="{{ url_for('static', filename='js/hand.js') }}" defer></script>
{% endblock %}
{% block main %}
<section class="front" aria-labelledby="title" data-live-url="/panels/live.json">
  <h1 id="title" class="kicker">Twelve thousand by the end of the year</h1>
  <p class="figure"><strong data-live="count">{{ desk.count }}</strong><span class="figure-of">members</span></p>
  <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <rect class="bar-all" width="100" height="1"/><rect class="bar-now" width="88" height="1"/>
    <rect class="bar-path" x="91" width="0.35" height="1"/></svg>
  <dl class="facts">
    <div><dt>Goal</dt><dd>12,000</dd><dd class="aside">88% of the goal</dd></div>
    <div><dt>Deadline</dt><dd>31 December 2026</dd><dd class="aside">38 days left</dd></div>
    <div><dt>Pace</dt><dd class="bad">112 behind the goal’s path.</dd></div>
  </dl>
  <p class="note"><span data-live="as_of">{{ desk.as_of }}</span></p>
</section>
<nav class="tabs" aria-label="Views"><ul>
  <li><a href="/panels" aria-current="page">Overview</a></li>
  <li><a href="/panels?tab=money">Money</a></li></ul></nav>
<form class="filters" action="/panels">
  <div><label for="plan">Plan</label><select id="plan" name="plan" data-key="/" data-key-name="Filter">
    <option>All</option></select></div>
  <div><label for="country">Country</label><select id="country" name="country"><option>All</option></select></div>
  <div class="acts"><button class="button plain">Show</button>{{ keys() }}</div>
</form>
<p class="choice">Shown <a href="/panels?span=30" data-key="d">30 days</a>
  <a href="/panels?by=week" data-key="w">by week</a>
  <a href="/panels?by=month" data-key="m">by month</a> <a href="/panels?span=year" data-key="y">a year</a></p>
<div class="panels">{% for one in panels %}{{ panel(one) }}{% endfor %}</div>
<form class="whatif" action="/panels/whatif">
  <div class="slider"><label for="joins">Joins a day</label>
    <output for="joins" data-signed data-unit=" %"></output>
    <input type="range" id="joins" name="joins" min="-50" max="50" step="5" value="0"></div>
  <p>The chance of the goal: <strong data-whatif="chance">42 %</strong></p>
  <p class="trouble" role="status">Not worked out: send it with the button.</p>
  <button class="button plain send">Work it out</button>
</form>
{% endblock %}
"""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    raw: object


@dataclass(frozen=True, slots=True)
class Table:
    columns: list[Column]
    rows: list[list[Cell]]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    name: str
    title: str
    sentence: str
    figure_url: str | None
    table: Table | None
    fresh: str
    csv_url: str | None = "/panels.csv"
    link_url: str | None = "/panels?by=week#growth"
    definition: str | None = "People whose paid time covers the end of the day, renewals in grace included."
    drill_url: str | None = None
    empty: str | None = None
    is_wide: bool = False


@dataclass
class Desk:
    """What the page tells, and whether it answers at all."""

    count: str = "10,612"
    as_of: str = "as of 14:00, 23 November 2026"
    fails: bool = False
    asked: list[str] = field(default_factory=list)

    def panels(self) -> list[Panel]:
        columns = [Column("Week", "day"), Column("Joined", "signed"), Column("Members", "count")]
        rows = [[Cell(f"{n} Nov", n), Cell(f"+{n * 3}", n * 3), Cell(self.count, 10_612)] for n in range(1, 24)]
        table = Table(columns, rows, "The first 23.")
        found = [
            Panel(
                name=name,
                title=name.replace("_", " ").capitalize(),
                sentence=f"612 joined last week, 48 more than the path asks for; {self.count} are members.",
                figure_url=f"/panels/{name}.json",
                table=table,
                fresh=self.as_of,
                drill_url="/panels?rows=1",
                is_wide=name in ("growth", "movements"),
            )
            for name in NAMES
        ]
        long = Table([Column("Article", "text"), Column("Joined", "count")], [[Cell(TITLE, TITLE), Cell("4", 4)]])
        found.append(Panel("articles", "Articles", "One article brought 4.", None, long, self.as_of))
        found.append(Panel("none", "Countries", "", None, None, self.as_of, empty="No country is known yet."))
        return found


def blueprint(desk: Desk) -> Blueprint:
    made = Blueprint("panels", __name__, url_prefix="/panels")

    @made.get("")
    @public
    def page() -> str:
        return render_template_string(PAGE, panels=desk.panels(), plotly=plotly_files.links(), desk=desk)

    @made.get("/live.json")
    @public
    def live() -> Response:
        return jsonify(loading=False, state="running", count=desk.count, as_of=desk.as_of)

    @made.get("/whatif.json")
    @public
    def whatif() -> Response:
        if desk.fails:
            abort(503)
        return jsonify(chance=f"{42 + int(request.args['joins'])} %")

    @made.get("/<name>.json")
    @public
    def chart(name: str) -> Response:
        desk.asked.append(name)
        if desk.fails:
            abort(503)
        return charts.json(figure(name))

    return made


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address of the application, answered by threads while the block runs."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
