"""A small policy of our own, and the means to change a line of it."""

from __future__ import annotations

from steelyard.engine.errors import Problem, SteelyardError
from steelyard.engine.policy import load

SMALL = """\
apiVersion: steelyard/v1
kind: ServicePolicy
metadata: {name: library, version: "2", title: {en: Reading room, zh-Hans: 阅览室}}
spec:
  timezone: Europe/Berlin
  lifecycle: {owner: reading, effective: 2026-02-01, review_every: 6mo}
  attributes:
    - {name: shelf, type: text, of: case}
    - {name: pages, type: number, of: case}
    - {name: loyal, type: boolean, of: customer}
  facts: [{kind: shelf.dusted, about: unit}]
  clauses:
    - {id: a1, title: {en: Books come soon}, owner: stacks, measured: by}
    - {id: a2, owner: stacks, measured: not_yet, because: nobody counts}
  channels: [{id: desk, owner: front, kinds: [loan]}]
  kinds:
    - {id: loan, title: {en: Loan}}
  flow: [{step: fetch, by: page, commitments: [fetch], manual: Bring the trolley.}]
  calendars:
    - {id: open-hours, hours: {mon-fri: ["09:00-12:30", "13:00-19:00"], sat: ["10:00-14:00"]}, closed: [2026-05-01]}
  segments:
    - {id: friend, when: "loyal = TRUE", valid: 1y}
    - {id: reader}
  commitments:
    - id: fetch
      clause: a1
      applies: "kind = 'loan' AND attr.pages < 900.5"
      starts: [opened]
      stops: [solved, closed]
      pauses: {from: [waiting], to: [resumed], limit: 2wd}
      within: [{when: "priority = 1", is: 1h30m}, {is: 4h}]
      time: working
      warn: 75%
      escalate: [{at: warn, to: holder}, {at: due+30m, to: head}]
    - id: bring
      clause: a1
      starts: [booked]
      stops: [arrived]
      until: booked.window_to
      grace: 10m
  duties:
    - {id: dusting, clause: a1, who: page, every: 1w, for: "kind = 'shelf'", produces: shelf.dusted}
  programme:
    - id: look
      who: head
      every: 1mo
      for: "role = 'page'"
      produces: inspection.done
      form: sheet
      sample: {size: 2, seed: 1}
  forms:
    - {id: sheet, questions: [{id: neat, weight: 100, points: {"yes": 10, "no": 0}}]}
  surveys:
    - {id: after, after: [solved], valid: 2w, questions: [{id: happy, type: scale, min: 1, max: 5}]}
  measures:
    - id: fetched
      clause: a1
      kind: proportion
      basis: clock
      population: "commitment = 'fetch'"
      exclude: "has(tags, 'test')"
      except: [flood]
      numerator: "met = TRUE"
      stratify: [channel]
      targets: [{from: 2026, is: 90%}, {from: 2026-Q3, when: "channel = 'desk'", is: 95}]
    - {id: wait, kind: mean, basis: contact, value: wait_s, direction: down, target: 1m30s}
    - {id: slow, kind: percentile, basis: clock, value: elapsed_s, p: 90, direction: down}
    - {id: happy, kind: mean, basis: response, value: score, target: 4.2}
    - {id: promoters, kind: nps, basis: response, value: score, target: 30}
    - {id: loans, kind: count, basis: case, population: "kind = 'loan'"}
    - {id: leaves, kind: sum, basis: case, value: attr.pages}
    - {id: leaves-per-loan, kind: quotient, numerator: leaves, denominator: loans}
  scorecards:
    - id: monthly
      of: staff
      period: month
      tree:
        - id: speed
          weight: 60
          measures:
            - {measure: fetched, weight: 70, points: {table: [[95%, 100], [90, 80]]}}
            - {measure: wait, weight: 30, missing: zero, points: {linear: [[30s, 100], [120, 0]]}}
        - id: liking
          weight: 40
          missing: {neutral: 80}
          measures:
            - {measure: happy, points: {share: target}}
      adjustments: [{measure: loans, each: 0.1, cap: 3}]
      vetoes: [{measure: slow, from: 2d, cap: fair}]
      grades: [{id: fine, from: 80}, {id: fair, from: 50.5}, {id: poor, from: 0}]
      cycle: [{step: review, by: head, within: 3wd}]
    - id: desks
      of: attribute:channel
      period: quarter
      weights: {pairwise: [[one, two, 3]]}
      tree:
        - {id: one, measures: [{measure: fetched, points: {share: 80%}}]}
        - {id: two, measures: [{measure: leaves-per-loan, points: {deduct: {each: 2}}}]}
  rules:
    - id: again
      clause: a1
      on: figure
      when: "measure = 'fetched' AND on_target = FALSE"
      again: 2
      do: finding
      within: 1mo
  tests:
    - id: in-time
      facts:
        - {kind: opened, at: "2026-03-03T10:00+01:00", staff: kim, attributes: {kind: loan, pages: 12, priority: null}}
      as_of: 2026-03-05
      expect: [{commitment: fetch, state: missed, stopped_at: null}]
    - {id: unhappy, scorecard: monthly, given: {happy: no_data, fetched: 92.5}, expect: {grade: null}}
"""


def problems(old: str, new: str) -> tuple[Problem, ...]:
    """What is wrong with the small policy once ``old`` is replaced by ``new``, in the order of places."""
    assert old in SMALL, old
    try:
        load(SMALL.replace(old, new, 1).encode(), file="small.yaml")
    except SteelyardError as error:
        return error.problems
    return ()
