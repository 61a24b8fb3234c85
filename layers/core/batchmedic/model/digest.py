"""Whether a compute environment is still the one that was looked at."""

import json
from hashlib import sha256

from batchmedic.model.compute_environment import ComputeEnvironment


def digest(environment: ComputeEnvironment) -> str:
    """Over what decides a repair; not over what moves by itself (desiredvCpus, status and its reason) nor over tags."""
    deciding = [
        environment.state,
        environment.kind,
        environment.service_role,
        sorted(environment.subnets),
        sorted(environment.security_groups),
        sorted(reference.key for reference in environment.launch_templates),
        environment.allocation_strategy,
        environment.instance_role,
    ]
    return sha256(json.dumps(deciding).encode()).hexdigest()[:16]
