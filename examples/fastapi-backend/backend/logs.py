"""Logs: JSON on standard output, and plain lines in files for the log collector."""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from opentelemetry import trace

FILE = "backend.log"
MAX_BYTES = 10 * 1024 * 1024
MAX_FILES = 5

_STANDARD = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"}


class TraceContext(logging.Filter):
    """Adds the ids of the current trace and span to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            record.trace_id = trace.format_trace_id(context.trace_id)
            record.span_id = trace.format_span_id(context.span_id)
        return True


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    """The values that were passed as `extra`."""
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class PlainFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.000+00:00 WARNING backend.security login failed trace_id=…`"""

    def format(self, record: logging.LogRecord) -> str:
        # A line break in a value must not forge another line.
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        fields = _fields(record)
        ids = "".join(
            f" {name}={fields[name]}" for name in ("trace_id", "span_id") if name in fields
        )
        line = f"{_time(record)} {record.levelname} {record.name} {message}{ids}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure_logging(level: str, directory: Path | None) -> None:
    """Sets up the root logger. Without a writable directory, only standard output has the logs."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if getattr(handler, "is_ours", False):
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    _add(logging.StreamHandler(sys.stdout), JsonFormatter())
    # Both log a line per request, which may contain secrets in the URL.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if directory is None:
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            directory / FILE, maxBytes=MAX_BYTES, backupCount=MAX_FILES, encoding="utf-8"
        )
    except OSError as error:
        logging.getLogger(__name__).warning("no log file in %s: %s", directory, error.strerror)
    else:
        _add(file, PlainFormatter())


def _add(handler: logging.Handler, formatter: logging.Formatter) -> None:
    handler.setFormatter(formatter)
    handler.addFilter(TraceContext())
    handler.is_ours = True  # type: ignore[attr-defined]
    logging.getLogger().addHandler(handler)
