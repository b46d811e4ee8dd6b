"""Every table of ours, whichever file it stands in: what the migrations must lead to."""

from __future__ import annotations

from .prediction_store import predictions_log

metadata = predictions_log.metadata
