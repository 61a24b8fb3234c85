"""The sizes that AWS Fargate offers."""

# vCPUs → MiB (AWS Batch API reference, ResourceRequirement)
SIZES = {
    0.25: (512, 1_024, 2_048),
    0.5: tuple(range(1_024, 4_096 + 1, 1_024)),
    1: tuple(range(2_048, 8_192 + 1, 1_024)),
    2: tuple(range(4_096, 16_384 + 1, 1_024)),
    4: tuple(range(8_192, 30_720 + 1, 1_024)),
    8: tuple(range(16_384, 61_440 + 1, 4_096)),
    16: tuple(range(32_768, 122_880 + 1, 8_192)),
}


def next_size(vcpus: float, memory: int) -> tuple[float, int] | None:
    """The smallest size that has both; None where the largest has not."""
    for cores, sizes in SIZES.items():
        if cores >= vcpus and sizes[-1] >= memory:
            return cores, min(size for size in sizes if size >= memory)
    return None
