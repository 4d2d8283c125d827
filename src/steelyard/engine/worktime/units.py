"""The units of time shared by this package, and the dates a calendar can reach."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND

Micros = npt.NDArray[np.int64]
"""Instants, wall times or amounts in microseconds; a day's wall times count from 1970-01-01 without a zone."""

Days = npt.NDArray[np.int64]
"""Local dates as days since 1970-01-01."""

_EPOCH: Final = date(1970, 1, 1)
_EPOCH_INSTANT: Final = datetime(1970, 1, 1, tzinfo=UTC)

FIRST_DAY: Final = (date.min - _EPOCH).days - 2
LAST_DAY: Final = (date.max - _EPOCH).days + 2
"""Every date that can be written, the years 1 to 9999, with room for the zone in which it is read."""


def day_of(on: date) -> int:
    """The number of ``on``, counted from 1970-01-01, a Thursday."""
    return (on - _EPOCH).days


def date_text(day: int) -> str:
    """The date numbered ``day`` as ISO 8601, also just outside the years that ``date`` can hold."""
    return str(np.datetime64(day, "D"))


def year_of(day: int) -> int:
    """The year of the date numbered ``day``."""
    return int(np.datetime64(day, "D").astype("datetime64[Y]").astype(np.int64)) + 1970


def instant_of(at: datetime) -> int:
    """``at``, which must carry its offset, in microseconds since 1970-01-01 UTC; exact."""
    return (at - _EPOCH_INSTANT) // timedelta(microseconds=1)


def datetime_of(instant: int) -> datetime:
    """The instant as a UTC datetime."""
    return _EPOCH_INSTANT + timedelta(microseconds=instant)
