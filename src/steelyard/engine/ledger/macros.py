"""SQL macros that an import works with: reading instants, numbers and durations, and making ids."""

from __future__ import annotations

from typing import Final

import duckdb

from steelyard.engine.ledger import mapping as model
from steelyard.engine.ledger.sql import literal
from steelyard.engine.ledger.timestamps import has_offset
from steelyard.engine.ledger.zones import offsets

_DATE: Final = r"\d{4}-\d{2}-\d{2}"
_CLOCK: Final = r"\d{2}:\d{2}(:\d{2}([.,]\d+)?)?"
_OFFSET: Final = r" ?([Zz]|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"
PLAIN: Final = rf"{_DATE}([Tt ]{_CLOCK})?"
WITH_OFFSET: Final = rf"{_DATE}[Tt ]{_CLOCK}{_OFFSET}"
_NUMBER: Final = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"

_VERSION_8: Final = 8 << 76 | 2 << 62
_NO_STAMP: Final = "CAST(NULL AS TIMESTAMP)"
_FREE: Final = (1 << 128) - 1 - (0xF << 76 | 3 << 62)

_FIXED: Final = (
    # Digits of a second beyond the sixth are cut off. Blanks before an offset do not trouble the cast.
    "iso_stamp(v) AS TRY_CAST(replace(replace(left(v, 26), ',', '.'), 't', 'T') AS TIMESTAMP)",
    "offset_length(v) AS CASE WHEN right(v, 1) IN ('Z', 'z') THEN 1 WHEN substr(v, -3, 1) = ':' THEN 6 "
    "WHEN substr(v, -3, 1) IN ('+', '-') THEN 3 ELSE 5 END",
    "offset_minutes(o) AS coalesce(60 * whole(substr(o, 2, 2)) + coalesce(whole(right(substr(o, 4), 2)), 0), 0)",
    "offset_seconds(o) AS CASE WHEN o LIKE '-%' THEN -60 ELSE 60 END * offset_minutes(o)",
    "iso_zoned(v, n) AS iso_stamp(left(v, length(v) - n)) - to_seconds(offset_seconds(right(v, n)))",
    f"says_offset(v) AS regexp_full_match(v, '{WITH_OFFSET}')",
    f"says_wall(v) AS regexp_full_match(v, '{PLAIN}')",
    "iso_wall(v) AS CASE WHEN says_wall(v) THEN iso_stamp(v) END",
    "iso_offset(v) AS CASE WHEN says_offset(v) THEN iso_zoned(v, offset_length(v)) END",
    "to_instant(wall, zoned) AS within_years(coalesce(zoned, wall_to_utc(wall)))",
    "read_instant(v) AS to_instant(read_wall(v), read_zoned(v))",
    "within_years(t) AS CASE WHEN t >= TIMESTAMP '0001-01-01' AND t < TIMESTAMP '10000-01-01' THEN t END",
    # A year of three digits is a slip of the pen, unless it is written with its zero.
    "full_year(v, t) AS CASE WHEN t >= TIMESTAMP '1000-01-01' THEN t "
    "WHEN regexp_matches(v, '(^|\\D)' || strftime(t, '%Y') || '(\\D|$)') THEN t END",
    "instant_text(t) AS CASE WHEN epoch_us(t) % 1000000 = 0 THEN strftime(t, '%Y-%m-%dT%H:%M:%SZ') "
    "ELSE strftime(t, '%Y-%m-%dT%H:%M:%S.%fZ') END",
    "instant_json(t) AS '\"' || instant_text(t) || '\"'",
    "integer_json(v) AS CASE WHEN regexp_full_match(v, '[+-]?\\d+(\\.0*)?') "
    "THEN plain_integer(regexp_replace(v, '\\..*$', '')) END",
    "plain_integer(v) AS CASE WHEN unsigned(v) = '0' THEN '0' ELSE sign_of(v) || unsigned(v) END",
    "unsigned(v) AS coalesce(nullif(ltrim(ltrim(v, '+-'), '0'), ''), '0')",
    "sign_of(v) AS CASE WHEN v LIKE '-%' THEN '-' ELSE '' END",
    f"number_json(v) AS CASE WHEN regexp_full_match(v, '{_NUMBER}') "
    "THEN sign_of(v) || plain_number(ltrim(v, '+-')) END",
    # JSON wants a digit on either side of the point and no zero before the first.
    "plain_number(v) AS CASE WHEN regexp_full_match(v, '(0|[1-9]\\d*)(\\.\\d+)?') THEN v "
    "ELSE regexp_replace(regexp_replace(regexp_replace(v, '^0+(\\d)', '\\1'), '^\\.', '0.'), '\\.($|[eE])', '\\1') END",
    "boolean_json(v) AS CASE WHEN lower(v) IN ('true', 't', 'yes', 'y', '1') THEN 'true' "
    "WHEN lower(v) IN ('false', 'f', 'no', 'n', '0') THEN 'false' END",
    "seconds_json(v) AS CAST(seconds_of(v) AS VARCHAR)",
    "seconds_of(v) AS CASE WHEN regexp_full_match(v, '\\d{1,10}(\\.\\d*)?') THEN whole(split_part(v, '.', 1)) "
    "WHEN regexp_full_match(v, '\\d{1,7}:[0-5]\\d:[0-5]\\d(\\.\\d*)?') THEN whole(split_part(v, ':', 1)) * 3600 "
    "+ whole(split_part(v, ':', 2)) * 60 + whole(left(split_part(v, ':', 3), 2)) END",
    "whole(v) AS TRY_CAST(v AS BIGINT)",
    "is_json_list(v) AS v LIKE '[%' AND coalesce(json_type(TRY_CAST(v AS JSON)) = 'ARRAY', FALSE)",
    # A UUID of version 8 and the standard variant from the first 128 bits of a SHA-256 in hexadecimal digits.
    f"uuid8(h) AS CAST(number_of(left(h, 32)) & {_FREE}::UHUGEINT | {_VERSION_8}::UHUGEINT AS UUID)",
    "number_of(digits) AS CAST(CAST(digits AS UUID) AS UHUGEINT)",
)


def make_macros(con: duckdb.DuckDBPyConnection, source: model.Source) -> None:
    """Define the macros in ``con`` for the stamps and the zone of ``source``."""
    zone = source.timezone
    wall = offsets(zone).sql("w") if zone else "CASE WHEN w IS NULL THEN w END"
    definitions = [f"wall_to_utc(w) AS {wall}", *_FIXED, *_reading(source)]
    for definition in _in_order(definitions):
        con.execute(f"CREATE MACRO {definition}")


def _reading(source: model.Source) -> tuple[str, str, str]:
    """A text's wall time, its instant where it says an offset, and whether it ``lacks_offset`` that it needs.

    The wall time is made an instant in a step of its own: inside the halving of the zone's offsets it would be read
    again at every turn.
    """
    if not source.timestamps:
        lacks = "FALSE" if source.timezone else "says_wall(v)"
        return "read_wall(v) AS iso_wall(v)", "read_zoned(v) AS iso_offset(v)", f"lacks_offset(v) AS {lacks}"
    formats = "[" + ", ".join(literal(format_) for format_ in source.timestamps) + "]"
    # In a workbook or a table stamps of their own type arrive as ISO 8601, whatever the texts beside them look like.
    wall, zoned = ("iso_wall(v)", "iso_offset(v)") if source.format in ("xlsx", "parquet") else (_NO_STAMP, _NO_STAMP)
    if has_offset(source.timestamps[0]):
        text = "CASE WHEN v LIKE '%Z' THEN substr(v, 1, length(v) - 1) || '+00:00' ELSE v END"
        zoned = f"coalesce(full_year(v, make_timestamp(epoch_us(try_strptime({text}, {formats})))), {zoned})"
    else:
        wall = f"coalesce(full_year(v, try_strptime(v, {formats})), {wall})"
    return f"read_wall(v) AS {wall}", f"read_zoned(v) AS {zoned}", "lacks_offset(v) AS FALSE"


def _in_order(definitions: list[str]) -> list[str]:
    """A macro is bound when it is made: what it uses must be there."""
    names = {definition.partition("(")[0]: definition for definition in definitions}
    done: dict[str, str] = {}

    def add(name: str) -> None:
        if name in done:
            return
        body = names[name].partition(" AS ")[2]
        for other in names:
            if other != name and f"{other}(" in body:
                add(other)
        done[name] = names[name]

    for name in names:
        add(name)
    return list(done.values())
