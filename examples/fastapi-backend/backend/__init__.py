"""A FastAPI backend with metrics, traces and logs."""

__version__ = "1.0.0"
