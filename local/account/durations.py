"""How long things take here; AWS publishes almost none of these, so each says whether it is documented."""

from datetime import timedelta

JOB_TO_RUNNABLE = timedelta(seconds=2)  # inferred
JOB_STARTING_ON_INSTANCE = timedelta(seconds=20)  # inferred
JOB_STARTING_ON_FARGATE = timedelta(seconds=60)  # inferred
JOB_RUNNING = timedelta(seconds=600)  # as in AWS's example event; SIMULATED_SECONDS overrides it

JOB_QUEUE_CHANGE = timedelta(seconds=5)  # inferred
ENVIRONMENT_CREATING = timedelta(seconds=60)  # inferred
ENVIRONMENT_DELETING = timedelta(seconds=60)  # inferred
SCALING_UPDATE = timedelta(minutes=2)  # "minutes": Batch User Guide, scaling-updates
INFRASTRUCTURE_UPDATE = timedelta(minutes=10)  # "10-30 minutes" in practice; longer while jobs hold instances
INFRASTRUCTURE_UPDATE_POLL = timedelta(minutes=1)  # inferred
JOB_EXECUTION_TIMEOUT_MINUTES = 30  # default of updatePolicy: Batch API reference, UpdatePolicy

INSTANCE_BOOT = timedelta(seconds=60)  # inferred: from the launch to the instance state running
INSTANCE_JOIN = timedelta(seconds=120)  # inferred: from running to a registered container instance
JOIN_RETRY = timedelta(minutes=1)  # inferred: an agent that does not reach ECS tries again
UNJOINED_REPLACED = timedelta(minutes=15)  # inferred: from running to terminated, if the instance does not join
LAUNCH_RETRY = timedelta(minutes=2)  # inferred: after a launch that EC2 refused
SCALE_IN = timedelta(minutes=10)  # inferred: idle time without scalingPolicy.minScaleDownDelayMinutes

NEVER_JOINED = timedelta(minutes=30)  # inferred: from the first launch to INVALID, if no instance joins meanwhile

BLOCKED_DETECTION = timedelta(minutes=10)  # inferred: how long a head job is blocked before Batch says so
CLOUDTRAIL_DELAY = timedelta(minutes=5)  # "about 5 minutes" on average, not guaranteed: CloudTrail User Guide
SECURITY_GROUP_ASSOCIATION = timedelta(seconds=10)  # inferred: associating to associated
