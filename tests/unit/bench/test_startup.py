"""Which starts are set against which."""

from bench.startup import FLOOR, NAIVE_DIAGNOSE, NAIVE_NOTIFY, goals

AT_THEIR_LIMITS = {FLOOR: 1.0, "diagnose": 8.5, NAIVE_DIAGNOSE: 34.0, "notify": 0.75, NAIVE_NOTIFY: 6.25}


def missed(**changes: float) -> list[str]:
    return [goal.says for goal in goals({**AT_THEIR_LIMITS, **changes}) if not goal.met]


def test_starts_at_their_limits_meet_every_goal() -> None:
    assert missed() == []


def test_a_start_beyond_its_limit_misses_its_goals() -> None:
    assert missed(diagnose=9.0) == ["diagnose / naive", "diagnose / floor"]
    assert missed(notify=0.8) == ["notify / naive"]
