"""The bases that come from looking: responses, inspections and their answers, marks, items, training.

Each row's subject is the fact's own staff and unit: the inspected, not the inspector. Common columns a
fact does not state itself (class, priority, tier, tags …) are those of the case it names.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from steelyard.engine.records.cases import COMMON
from steelyard.engine.records.expressions import ORDER, member, quoted, select_list, typed


def build_responses(con: duckdb.DuckDBPyConnection, *, attributes: Mapping[str, str], used: frozenset[str]) -> None:
    """Make ``responses``: one row an (invitation, question); an unanswered invitation is one row without question.

    A question of an invitation is answered once: its first answer counts. An export may have a row, and so a
    ``survey.answered``, for each question; the first of them says who and when.
    """
    con.execute(
        """
        CREATE OR REPLACE TEMP VIEW invitation_facts AS
        SELECT *, coalesce(data->>'$.invitation', about_id) AS invitation FROM facts
        WHERE kind IN ('survey.invited', 'survey.delivered', 'survey.answered')
        """
    )
    own = _own_columns(
        attributes,
        used,
        case="coalesce(answer.data->>'$.case', invite.data->>'$.case')",
        fact="answer",
        second="invite",
    )
    con.execute(
        f"""
        CREATE OR REPLACE TABLE responses AS
        WITH invite AS (
          SELECT * FROM invitation_facts WHERE kind = 'survey.invited'
          QUALIFY row_number() OVER (PARTITION BY invitation ORDER BY {ORDER}) = 1
        ), answer AS (
          SELECT * FROM invitation_facts WHERE kind = 'survey.answered'
          QUALIFY row_number() OVER (PARTITION BY invitation ORDER BY {ORDER}) = 1
        ), given AS (
          SELECT * FROM (
            SELECT invitation, occurred_at, seq, fact_id, unnest(CAST(json_extract(data, '$.answers') AS JSON[])) AS one
            FROM invitation_facts WHERE kind = 'survey.answered'
          ) QUALIFY row_number() OVER (PARTITION BY invitation, one->>'$.question' ORDER BY {ORDER}) = 1
        )
        SELECT
          coalesce(answer.invitation, invite.invitation)
            || CASE WHEN given.one IS NULL THEN '' ELSE '/' || (given.one->>'$.question') END AS id,
          {own},
          coalesce(answer.data->>'$.survey', invite.data->>'$.survey') AS survey,
          given.one->>'$.question' AS question,
          {typed("given.one->'$.score'", "number")} AS score,
          {typed("given.one->'$.scale_min'", "number")} AS scale_min,
          {typed("given.one->'$.scale_max'", "number")} AS scale_max,
          given.one->>'$.choice' AS choice,
          answer.invitation IS NOT NULL AS answered,
          answer.occurred_at AS answered_at,
          invite.occurred_at AS invited_at
        FROM answer
        FULL JOIN invite ON invite.invitation = answer.invitation
        LEFT JOIN given ON given.invitation = answer.invitation
        LEFT JOIN cases ON cases.id = coalesce(answer.data->>'$.case', invite.data->>'$.case')
        LEFT JOIN row_exceptions AS excepted ON excepted.id = coalesce(answer.invitation, invite.invitation)
        """
    )


def build_inspections(con: duckdb.DuckDBPyConnection, *, attributes: Mapping[str, str], used: frozenset[str]) -> None:
    """Make ``inspections`` and ``answers`` from ``inspection.done``; an id inspected again counts as it last was."""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW inspection_facts AS
        SELECT *, CASE WHEN about_type = 'inspection' THEN about_id ELSE fact_id END AS inspection FROM facts
        WHERE kind = 'inspection.done'
        QUALIFY row_number() OVER (PARTITION BY inspection ORDER BY {ORDER} DESC) = 1
        """
    )
    own = _own_columns(attributes, used, case="fact.data->>'$.case'", fact="fact")
    con.execute(
        f"""
        CREATE OR REPLACE TABLE inspections AS
        SELECT fact.inspection AS id, {own},
          fact.data->>'$.form' AS form, fact.data->>'$.form_version' AS form_version, fact.data->>'$.method' AS method,
          {typed("fact.data->'$.score'", "number")} AS score, fact.data->>'$.verdict' AS verdict,
          {typed("fact.data->'$.critical'", "boolean")} AS critical,
          coalesce(fact.data->>'$.inspector', fact.actor) AS inspector, fact.occurred_at AS inspected_at
        FROM inspection_facts AS fact
        LEFT JOIN cases ON cases.id = fact.data->>'$.case'
        LEFT JOIN row_exceptions AS excepted ON excepted.id = fact.inspection
        """
    )
    con.execute(
        f"""
        CREATE OR REPLACE TABLE answers AS
        WITH given AS (
          SELECT inspection, unnest(CAST(json_extract(data, '$.answers') AS JSON[])) AS one FROM inspection_facts
        )
        SELECT inspections.* EXCLUDE (id, score, verdict, critical),
          given.inspection || '/' || (given.one->>'$.question') AS id,
          given.one->>'$.question' AS question, given.one->>'$.answer' AS answer,
          {typed("given.one->'$.points'", "number")} AS points,
          {typed("given.one->'$.max_points'", "number")} AS max_points,
          coalesce({typed("given.one->'$.na'", "boolean")}, FALSE) AS na
        FROM given JOIN inspections ON inspections.id = given.inspection
        """
    )


def build_marks(con: duckdb.DuckDBPyConnection, *, attributes: Mapping[str, str], used: frozenset[str]) -> None:
    """Make ``marks``; a mark stated again (upheld later, say) counts as it last was, at its first instant."""
    own = _own_columns(attributes, used, case="fact.data->>'$.case'", fact="fact")
    con.execute(
        f"""
        CREATE OR REPLACE TABLE marks AS
        WITH named AS (
          SELECT *, CASE WHEN about_type = 'mark' THEN about_id ELSE fact_id END AS mark FROM facts
          WHERE kind IN ('mark.praised', 'mark.complained', 'mark.violated')
        ), stated AS (
          SELECT *, min(occurred_at) OVER (PARTITION BY mark) AS first_at FROM named
          QUALIFY row_number() OVER (PARTITION BY mark ORDER BY {ORDER} DESC) = 1
        )
        SELECT fact.mark AS id, {own},
          CASE fact.kind WHEN 'mark.praised' THEN 'praise' WHEN 'mark.complained' THEN 'complaint' ELSE 'violation' END
            AS type,
          {typed("fact.data->'$.severity'", "number")} AS severity,
          {typed("fact.data->'$.upheld'", "boolean")} AS upheld,
          fact.first_at AS occurred_at
        FROM stated AS fact
        LEFT JOIN cases ON cases.id = fact.data->>'$.case'
        LEFT JOIN row_exceptions AS excepted ON excepted.id = fact.mark
        """
    )


def build_training(con: duckdb.DuckDBPyConnection, *, attributes: Mapping[str, str], used: frozenset[str]) -> None:
    """Make ``training``: one row a ``training.completed`` fact."""
    own = _own_columns(attributes, used, case="NULL", fact="fact")
    con.execute(
        f"""
        CREATE OR REPLACE TABLE training AS
        SELECT fact.fact_id AS id, {own},
          fact.data->>'$.course' AS course, {typed("fact.data->'$.hours'", "number")} AS hours,
          {typed("fact.data->'$.passed'", "boolean")} AS passed, fact.occurred_at AS completed_at
        FROM facts AS fact
        LEFT JOIN cases ON FALSE
        LEFT JOIN row_exceptions AS excepted ON excepted.id = fact.fact_id
        WHERE fact.kind = 'training.completed'
        """
    )


def build_items(con: duckdb.DuckDBPyConnection, *, attributes: Mapping[str, str], used: frozenset[str]) -> None:
    """Make ``items``: one row a line of a ``collected`` fact, numbered within its case."""
    own = _own_columns(attributes, used, case="fact.about_id", fact="fact", line="fact.one")
    con.execute(
        f"""
        CREATE OR REPLACE TABLE items AS
        WITH lines AS (
          SELECT *, unnest(CAST(json_extract(data, '$.items') AS JSON[])) AS one,
            generate_subscripts(CAST(json_extract(data, '$.items') AS JSON[]), 1) AS line
          FROM facts WHERE kind = 'collected'
        ), fact AS (
          SELECT *, row_number() OVER (PARTITION BY about_id ORDER BY {ORDER}, line) AS number FROM lines
        )
        SELECT fact.about_id || '/' || fact.number AS id, {own},
          {typed("fact.one->'$.recorded_qty'", "number")} AS recorded_qty,
          {typed("fact.one->'$.actual_qty'", "number")} AS actual_qty,
          fact.one->>'$.uom' AS uom, {typed("fact.one->'$.price'", "number")} AS price,
          fact.occurred_at AS collected_at
        FROM fact
        LEFT JOIN cases ON cases.id = fact.about_id
        LEFT JOIN row_exceptions AS excepted ON excepted.id = fact.about_id || '/' || fact.number
        """
    )


def build_row_exceptions(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``row_exceptions``: the latest reason for each row that an ``excepted`` fact names by ``row``."""
    con.execute(
        f"""
        CREATE OR REPLACE TABLE row_exceptions AS
        SELECT data->>'$.row' AS id, arg_max(data->>'$.reason', {ORDER}) AS reason
        FROM facts WHERE kind = 'excepted' AND data->>'$.row' IS NOT NULL GROUP BY 1
        """
    )


def _own_columns(
    attributes: Mapping[str, str],
    used: frozenset[str],
    *,
    case: str,
    fact: str,
    second: str | None = None,
    line: str = "",
) -> str:
    """Common columns: stated by the fact (or its ``second``), else by its case (if ``used``).

    An attribute may also stand in the ``line`` of the fact that the row is.
    """

    def stated(name: str, type_: str) -> str:
        sources = [typed(member(name, of=line), type_)] if line and name in attributes else []
        sources.append(typed(member(name, attributes=True, of=f"{fact}.data"), type_))
        if second:
            sources.append(typed(member(name, attributes=True, of=f"{second}.data"), type_))
        if name == "channel":
            sources += [f"{alias}.data->>'$.channel'" for alias in (fact, second) if alias]
        if name in COMMON and name in used:
            sources.append(f"cases.{quoted(name)}")
        return f"coalesce({', '.join(sources)})" if len(sources) > 1 else sources[0]

    def of_fact(column: str) -> str:
        return f"coalesce({fact}.{column}, {second}.{column})" if second else f"{fact}.{column}"

    actor = of_fact("actor")
    columns = [
        *[(name, stated(name, type_)) for name, type_ in COMMON.items()],
        ("staff", of_fact("staff")),
        ("unit", of_fact("unit")),
        ("exception", "excepted.reason"),
        ("source", of_fact("source")),
        ("case", case),
        ("opener_staff", of_fact("staff")),
        ("opener_unit", of_fact("unit")),
        ("closer_staff", of_fact("staff")),
        ("closer_unit", of_fact("unit")),
        ("actor_staff", f"CASE WHEN {actor} NOT IN ('customer', 'system') THEN {actor} END"),
        ("actor_unit", of_fact("unit")),
        *[(f"attr.{name}", stated(name, type_)) for name, type_ in attributes.items()],
    ]
    return select_list(columns)
