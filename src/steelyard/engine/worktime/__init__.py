"""Calendars compiled into working time: how long something took, and when it is due (SPEC §5).

Instants are integers, microseconds since 1970-01-01 UTC; amounts are microseconds too; days are counted from
1970-01-01. What is said of one instant (``due``) holds for an array of them (``due_many``), bit for bit.

``compile.compile`` makes a :class:`~steelyard.engine.worktime.compile.WorkingTime` of a calendar;
``elapsed.Elapsed`` has the same methods and counts every hour of the day; ``due.due_by`` applies an amount written
in a policy; ``zones`` turns wall times into instants and back.
"""
