"""Pages, style sheets and scripts leave packed: a table of a year is mostly its own markup, thirty times the news.

A token in a page is signed anew each second: what a listener learns from lengths is of no use in the next.
"""

import gzip

from flask import Flask, Response, request

_TYPES = {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}
_LEAST = 1024  # bytes; below it gzip's own frame and our time eat the gain


def init_app(app: Flask) -> None:
    """Pack what is text, whole and long enough, for whoever reads gzip."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if response.mimetype not in _TYPES or response.status_code != 200 or "Content-Encoding" in response.headers:
        return response
    if response.is_streamed and request.endpoint != "static":
        return response  # a stream is sent as it comes
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or request.method == "HEAD":
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < _LEAST:
        return response
    response.set_data(gzip.compress(body, compresslevel=5, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    tag, is_weak = response.get_etag()
    if tag and not is_weak:
        response.set_etag(tag, weak=True)  # the same page, other bytes
    return response
