"""The sizes that Fargate has: for each number of vCPUs, these MiB (Batch API reference, ResourceRequirement)."""

from local.account.batch_records import Job

SIZES: dict[float, tuple[int, ...]] = {
    0.25: (512, 1024, 2048),
    0.5: tuple(range(1024, 4097, 1024)),
    1: tuple(range(2048, 8193, 1024)),
    2: tuple(range(4096, 16385, 1024)),
    4: tuple(range(8192, 30721, 1024)),
    8: tuple(range(16384, 61441, 4096)),
    16: tuple(range(32768, 122881, 8192)),
}


def has_size(job: Job) -> bool:
    """AWS is seen to refuse other pairs at SubmitJob already; here they are taken and wait, a simplification."""
    return job.gpus == 0 and job.memory in SIZES.get(job.vcpus, ())
