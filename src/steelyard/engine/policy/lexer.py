"""The words of a predicate: everything that is not whitelisted is refused here, before any parser sees it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from steelyard.engine.errors import Problem, SteelyardError
from steelyard.engine.words import N_

LONGEST: Final = 8_000
MOST_TOKENS: Final = 1_500
DEEPEST: Final = 30

Sort = Literal["text", "name", "number", "keyword", "function", "sign"]

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
      | (?P<comment>--|/\*|\#)
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")+")
      | (?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
      | (?P<word>[^\W\d]\w*)
      | (?P<sign><>|!=|<=|>=|::|\|\||[=<>+\-*(),.])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "IN", "BETWEEN", "IS", "NULL", "LIKE", "TRUE", "FALSE"})
_FUNCTIONS: Final = frozenset({"has", "coalesce", "lower"})
_SUBQUERY: Final = frozenset({"SELECT", "WITH", "EXISTS", "VALUES"})
_NUMBER_PLACES: Final = (18, 10)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: ``body`` is a keyword in capitals, a function in small letters, a name or a text without quotes."""

    sort: Sort
    body: str

    def sql(self) -> str:
        """The token as SQL that cannot be read in two ways: every name is quoted."""
        match self.sort:
            case "text":
                return "'" + self.body.replace("'", "''") + "'"
            case "name":
                return '"' + self.body.replace('"', '""') + '"'
            case _:
                return self.body


def refusal(reason: str, **params: object) -> SteelyardError:
    """The error for an expression that cannot be accepted."""
    remedy = N_("allowed are comparisons, AND OR NOT IN BETWEEN IS NULL LIKE, + - *, has, coalesce, lower and literals")
    return SteelyardError(Problem(code="predicate", reason=reason, params=params, remedy=remedy))


def tokens(text: str, known: Collection[str] = ()) -> list[Token]:
    """The tokens of ``text``; a word among ``known`` is a column even where SQL reserves it (``from``).

    Raises SteelyardError with code ``predicate`` for everything outside the whitelist and for text that is too
    long or too deep.
    """
    if len(text) > LONGEST:
        raise refusal(N_("an expression holds at most {longest} characters"), longest=LONGEST)
    found = [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(text)]
    found = [(group, body) for group, body in found if group != "blank"]
    if not found:
        raise refusal(N_("the expression is empty"))
    if len(found) > MOST_TOKENS:
        raise refusal(N_("an expression holds at most {most} words"), most=MOST_TOKENS)
    _refuse_foreign(found, known)
    read = [_token(found, index, known) for index in range(len(found))]
    _refuse_depth(read)
    return read


def _refuse_foreign(found: list[tuple[str, str]], known: Collection[str]) -> None:
    """Name the construct, rather than the letter, that has no place in a predicate."""
    groups = {group for group, _ in found}
    signs = {body for group, body in found if group in ("sign", "other")}
    words = {body.upper() for group, body in found if group == "word" and body not in known}
    if "comment" in groups:
        raise refusal(N_("comments are not allowed"))
    if ";" in signs:
        raise refusal(N_("one expression only"))
    if words & _SUBQUERY:
        raise refusal(N_("a subquery is not allowed"))
    if "OVER" in words:
        raise refusal(N_("window functions are not allowed"))
    if "::" in signs or words & {"CAST", "TRY_CAST"}:
        raise refusal(N_("CAST is not allowed"))
    if "CASE" in words:
        raise refusal(N_("CASE is not allowed"))
    if signs & {"?", "$", ":", "@"}:
        raise refusal(N_("parameters are not allowed"))
    for group, body in found:
        if group == "other" and body in "'\"":
            raise refusal(N_("a quotation mark {mark} is not closed"), mark=body)
        if group == "other" and body.isdigit():
            raise refusal(N_("a number is written in plain digits, such as 12 or 0.5"))
        if group == "other" or body == "||":
            raise refusal(N_("{sign} is not allowed"), sign=body if body.isprintable() else repr(body))
        if group in ("text", "quoted") and _CONTROL.search(body):
            raise refusal(N_("control characters are not allowed"))


def _token(found: list[tuple[str, str]], index: int, known: Collection[str]) -> Token:
    group, body = found[index]
    if group == "text":
        return Token("text", body[1:-1].replace("''", "'"))
    if group == "quoted":
        return Token("name", body[1:-1].replace('""', '"'))
    if group == "number":
        return _number(body)
    if group == "sign":
        return Token("sign", "<>" if body == "!=" else body)
    after_dot = index > 0 and found[index - 1] == ("sign", ".")
    if after_dot or body in known:
        return Token("name", body)
    if body.upper() in _KEYWORDS:
        return Token("keyword", body.upper())
    if index + 1 < len(found) and found[index + 1] == ("sign", "("):
        if body.lower() not in _FUNCTIONS:
            raise refusal(N_("function {name} is not allowed"), name=body)
        return Token("function", body.lower())
    return Token("name", body)


def _number(body: str) -> Token:
    whole, _, places = body.partition(".")
    if len(whole.lstrip("0")) > _NUMBER_PLACES[0] or len(places.rstrip("0")) > _NUMBER_PLACES[1]:
        raise refusal(N_("{number} has too many digits: 18 before the point and 10 after it"), number=body[:60])
    return Token("number", body)


def _refuse_depth(read: list[Token]) -> None:
    """Brackets and runs of NOT or minus are bounded, so that no text can exhaust the stack of a parser."""
    brackets = prefixes = 0
    for token in read:
        brackets += (token == Token("sign", "(")) - (token == Token("sign", ")"))
        prefixes = prefixes + 1 if token.body in ("NOT", "-") and token.sort in ("keyword", "sign") else 0
        if max(brackets, prefixes) > DEEPEST:
            raise refusal(N_("brackets, NOT and signs may be nested {deepest} deep"), deepest=DEEPEST)
