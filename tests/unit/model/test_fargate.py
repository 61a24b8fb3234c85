import pytest

from batchmedic.model.fargate import SIZES, next_size


@pytest.mark.parametrize(
    ("vcpus", "memory", "size"),
    [
        (0.1, 1, (0.25, 512)),
        (0.25, 2_048, (0.25, 2_048)),
        (0.25, 2_049, (0.5, 3_072)),
        (2, 16_385, (4, 17_408)),
        (8, 60_000, (8, 61_440)),
        (16, 122_881, None),
        (17, 1, None),
    ],
)
def test_the_next_size_has_both(vcpus, memory, size):
    assert next_size(vcpus, memory) == size


@pytest.mark.parametrize(("vcpus", "count"), [(0.25, 3), (0.5, 4), (1, 7), (2, 13), (4, 23), (8, 12), (16, 12)])
def test_the_table_is_complete(vcpus, count):
    assert len(SIZES[vcpus]) == count
