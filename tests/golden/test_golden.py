"""Every golden case, end to end on real engines, against its hand-made numbers and the model.

Each runs twice: with the default settings, and with days read in slices of two events, as very
large days are. A failing test names the step, the bucket and the field:
`step 4, early.json: daily record-view 2024-03-05 record:r1: count is 2, expected 1`.
"""

from __future__ import annotations

import pytest

from tests.golden.case import Case, all_cases, all_differences, read_pipeline, run_case
from tests.model import count
from tests.model.country import shipped_country
from tests.pipeline import Pipeline

SLICES = {"STATS_AGGREGATE_SLICE_EVENTS": 2}
RUNS = [
    pytest.param(case, {**case.settings, **slices}, id=f"{case.folder.name}-{name}")
    for case in all_cases()
    for name, slices in (("whole", {}), ("sliced", SLICES))
]


@pytest.mark.parametrize(("case", "overrides"), RUNS)
def test_golden_case(case: Case, pipeline: Pipeline) -> None:
    problems = []
    for where, lines in run_case(case, pipeline):
        problems += [f"{where}: {line}" for line in lines]
    model = count(case.events(), country=shipped_country, exclusions=case.exclusions)
    problems += [
        f"in the end, model: {line}" for line in all_differences(model, read_pipeline(pipeline))
    ]
    if problems:
        pytest.fail("\n".join([case.title, *problems]), pytrace=False)
