"""Tables as CSV files; shared by the staff's pages and the API."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import IO

from flask import Response, stream_with_context

from tracker.core import csv_text

_BOM = "\ufeff"
"""Excel takes a CSV without it for an old code page."""
_IN_MEMORY = 4 * 1024 * 1024
_AMOUNT = re.compile(r"-[0-9]+(\.[0-9]+)?")
"""Money below zero begins as a formula does, and is none."""
_PART = 64 * 1024


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """UTF-8, comma, CRLF; days as ISO 8601, yes and no as such, nothing for None."""
    cells = ([_cell(value) for value in row] for row in rows)
    return _named(Response("".join(csv_text.lines([list(header), *cells])), mimetype="text/csv"), name)


def csv_file(name: str, lines: Iterable[str], *, is_for_excel: bool) -> Response:
    """Finished CSV lines as a file that arrives whole or not at all."""

    def write(laid: IO[bytes]) -> None:
        laid.write((_BOM if is_for_excel else "").encode())
        for line in lines:
            laid.write(line.encode())

    return made_file(name, write, "text/csv")


def made_file(name: str, write: Callable[[IO[bytes]], None], mimetype: str) -> Response:
    """A file that is made for this download, whole or not at all.

    The web server ends a chunked body politely even where its source broke, and a month that merely ends early
    looks whole. So the file is laid down first, beyond some size on disk and never in memory, and then sent with
    its length: what breaks before is an error in words, what breaks on the way is noticed by every client.
    """
    laid = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed with the response
    try:
        write(laid)
    except BaseException:
        laid.close()
        raise
    length = laid.tell()
    laid.seek(0)
    response = Response(_parts(laid), mimetype=mimetype)
    response.content_length = length
    response.call_on_close(laid.close)
    return _named(response, name)


def known_file(name: str, pieces: Iterator[bytes], length: int, *, is_for_excel: bool) -> Response:
    """A file whose length is known beforehand, as it comes: what breaks on the way is noticed by every client.

    A piece is held back until the next is there: what only the end shows to be damaged is never sent whole. The
    view is over before the last is read: pieces of a database come by a session of their own.
    """
    mark = _BOM.encode() if is_for_excel else b""
    kind = "application/json" if name.endswith(".json") else "text/csv"
    parts = _held_back(mark, pieces)
    first = next(parts)  # what has no other part, and is damaged, is an error in words before anything is sent
    response = Response(stream_with_context(_after(first, parts)), mimetype=kind)
    response.content_length = len(mark) + length
    return _named(response, name)


def _held_back(mark: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = mark + next(pieces, b"")
    for piece in pieces:
        yield held
        held = piece
    yield held


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(_PART):
        yield part


def _named(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return text if _AMOUNT.fullmatch(text) else csv_text.safe(text)
