"""What templates/embed/snippet.html needs to write the code that publishers paste."""

from flask import Flask
from markupsafe import Markup

from tracker.projections import embed_files, wording


def init_app(app: Flask) -> None:
    """Let the snippet's macros ask for the reserve style, and for words in the banner's own language."""
    app.jinja_env.globals |= {"embed_reserve": reserve, "embed_words": wording.standing_in}


def reserve() -> Markup:
    """The reserve style as it stands in pasted code: one line."""
    return Markup(embed_files.reserve().decode().replace("\n", ""))  # noqa: S704  a file of ours
