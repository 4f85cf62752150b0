"""Structured logs: lines for people at a console, JSON in production; never a secret, never a person."""

import logging
import sys

import structlog


def configure(form: str) -> None:
    """`form` is console or json; standard library loggers go the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Plain tracebacks: the rich ones print local variables, secrets and addresses among them.
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    draw: structlog.typing.Processor = structlog.processors.JSONRenderer() if form == "json" else console
    structlog.configure(
        processors=[*shared, *([structlog.processors.format_exc_info] if form == "json" else []), draw],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=draw))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
