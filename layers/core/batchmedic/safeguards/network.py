"""What speaks against another security group: it may be meant, the subnets may be wrong, something may need it."""

from batchmedic.model.network import LaunchTemplateVersion, SecurityGroup
from batchmedic.model.slip import Side, slip_of
from batchmedic.model.times import normal_start
from batchmedic.remedy import Case, Safeguard


def _status(case: Case) -> str | None:
    """INVALID; on Fargate a VALID one too, if the job at the head of its queue is stuck."""
    one = case.environment
    if one.status == "INVALID" or one.passing:
        return None
    stuck = any(
        queue.head is not None and queue.head_has_waited(case.now) >= normal_start((one,))
        for queue in case.survey.queues
    )
    return None if one.fargate and stuck else f"{one.name} is {one.status}: AWS Batch does not object to its groups yet"


def _some_are_right(case: Case) -> str | None:
    named, strays = case.survey.snapshot.group_ids_of(case.environment), _strays(case)
    right = [group for group in named if group not in {stray.id for stray in strays}]
    if right:
        return f"only some of its security groups are astray ({', '.join(right)} may be used there): that may be meant"
    vpcs = {stray.vpc_id for stray in strays}
    return f"its security groups are in {len(vpcs)} VPCs" if len(vpcs) > 1 else None


def _associating(case: Case) -> str | None:
    vpcs = case.survey.snapshot.vpcs_of(case.environment)
    for stray in _strays(case):
        states = case.survey.snapshot.network.associations.get(stray.id) or {}
        for vpc in vpcs & states.keys():
            return f"{stray.id} has an association with {vpc} in the state {states[vpc]}: somebody is about to allow it"
    return None


def _subnets_are_the_slip(case: Case) -> str | None:
    one, snapshot, around = case.environment, case.survey.snapshot, case.survey.surroundings
    (home,), strays = snapshot.vpcs_of(one), _strays(case)
    elsewhere = strays[0].vpc_id
    for vpc in (home, elsewhere):
        snapshot.network.vpcs.get(vpc)  # whether it is the default VPC decides, so it must have been read
    slip = slip_of(one, snapshot, group_vpc=elsewhere, subnet_vpc=home)
    if slip.side is Side.SUBNETS:
        return slip.because[0].lower() + slip.because[1:].rstrip(".")
    stack = around.stack_of(elsewhere)
    if stack and all(around.stack_of(subnet) != stack for subnet in one.subnets):
        return f"the stack {stack} owns {elsewhere} but not the subnets: the subnets may be the slip"
    return None


def _referenced(case: Case) -> str | None:
    for stray in _strays(case):
        others = case.survey.surroundings.references.get(stray.id) or ()
        if others:
            return f"rules of {', '.join(others)} let {stray.id} in: what it reaches there would be lost"
        if stray.names_itself:
            return f"a rule of {stray.id} lets its members reach each other, as jobs of several nodes need it"
    return None


def _file_systems(case: Case) -> str | None:
    jobs = [job for queue in case.survey.queues for job in queue.front or ()]
    kinds = list(dict.fromkeys(kind for job in jobs for kind in job.file_systems))
    if kinds:
        return f"waiting jobs mount {', '.join(kinds)}, which may let in only the groups that it knows"
    if any(version.names_file_systems for version in _templates(case)):
        return "the user data of its launch template names a network file system, which may let in only these groups"
    return None


def _nodes_talk(case: Case) -> str | None:
    jobs = [job for queue in case.survey.queues for job in queue.front or ()]
    if any(job.requirements is not None and job.requirements.multi_node for job in jobs):
        return "a multi-node job waits, whose nodes must be let in to each other"
    if any(version.elastic_fabric_adapter for version in _templates(case)):
        return "its launch template has an Elastic Fabric Adapter, whose group must let itself in"
    return None


def _templates(case: Case) -> tuple[LaunchTemplateVersion, ...]:
    """NotReadError where one of them was not read: it may say anything."""
    wanted = (reference.key for reference in case.environment.launch_templates)
    return case.survey.snapshot.network.launch_templates.known(wanted)


def _strays(case: Case) -> tuple[SecurityGroup, ...]:
    return case.survey.snapshot.stray_groups(case.environment)


NETWORK = (
    Safeguard(name="its status", objects=_status),
    Safeguard(name="whether all groups are astray", objects=_some_are_right),
    Safeguard(name="associations", objects=_associating),
    Safeguard(name="which side is the slip", objects=_subnets_are_the_slip),
    Safeguard(name="what lets the group in", objects=_referenced),
    Safeguard(name="network file systems", objects=_file_systems),
    Safeguard(name="whether nodes talk", objects=_nodes_talk),
)
