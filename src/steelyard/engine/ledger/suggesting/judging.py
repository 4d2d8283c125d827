"""What a column's values may be: flags, ids, ranks, seconds, scores; and names made of its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from steelyard.engine.ledger.suggesting import vocabulary
from steelyard.engine.ledger.suggesting.profiling import Column
from steelyard.engine.ledger.suggesting.stamping import Stamp


def offered(stamp: Stamp) -> tuple[int, int]:
    """The order in which stamps are taken for the moment a contact is offered."""
    rank = vocabulary.rank("offered", stamp.name)
    return (99 if rank is None else rank, stamp.columns[0].index)


def flags(one: Column) -> dict[str, bool]:
    """The values of a column of yes and no; empty where it is none."""
    yes, no = vocabulary.words()["affirmative"], vocabulary.words()["negative"]
    values = {value: value.strip().lower() for value, _ in one.values}
    if not 0 < one.distinct <= 2 or not all(text in yes or text in no for text in values.values()):
        return {}
    return {value: text in yes for value, text in values.items()}


def priorities(one: Column) -> dict[str, int] | None:
    """Ranks of a priority's values; empty where they are whole numbers already, None where no rank can be read."""
    if not one.is_few:
        return None
    if all(re.fullmatch(r"\d{1,2}(\.0)?", value) for value, _ in one.values):
        return {}
    known = vocabulary.words()["priorities"]
    ranks: dict[str, int] = {}
    for value, _ in one.values:
        digit = re.match(r"\D{0,2}(\d)\b", value)
        said = {value.strip(), *vocabulary.plain(value).split()}
        word = next((rank for name, rank in known.items() if name in said), None)
        if digit is None and word is None:
            return None
        ranks[value] = int(digit.group(1)) if digit else int(word or 0)
    return ranks


def are_ids(one: Column) -> bool:
    """Ids have digits in them, topics do not."""
    return sum(any(sign.isdigit() for sign in sample) for sample in one.samples) >= 0.9 * len(one.samples)


def are_seconds(one: Column) -> bool:
    """Whether every sample is seconds or ``h:mm:ss``."""
    return all(re.fullmatch(r"\d+(\.\d+)?|\d+:[0-5]\d:[0-5]\d", sample) for sample in one.samples)


def scale(scores: Sequence[Column]) -> tuple[int, int]:
    """The narrowest usual scale that holds every score."""
    numbers = [float(value) for one in scores for value, _ in one.values]
    low, high = int(min(numbers)), int(max(numbers))
    for usual in ((1, 5), (1, 7), (1, 10), (0, 10)):
        if usual[0] <= low and high <= usual[1]:
            return usual
    return low, high


def slug(name: str, taken: set[str]) -> str:
    """A name for an attribute: small letters and digits; a Chinese name gets a number."""
    text = re.sub(r"[^a-z0-9]+", "_", vocabulary.plain(name)).strip("_")
    text = text if text[:1].isalpha() else f"attribute_{text}".rstrip("_")
    slug, number = text, 2
    while slug in taken:
        slug, number = f"{text}_{number}", number + 1
    taken.add(slug)
    return slug
