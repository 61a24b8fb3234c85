"""Whether the compute environment is in a condition in which a change is right and safe."""

from batchmedic.changes import RemedyStatus
from batchmedic.model.compute_environment import KNOWN_KINDS
from batchmedic.model.digest import digest
from batchmedic.remedy import Case, Safeguard


def _refused(case: Case) -> str | None:
    return case.plan.refusal


def _kind(case: Case) -> str | None:
    one = case.environment
    if not one.managed:
        return f"{one.name} is not a managed compute environment"
    if one.orchestration != "ECS":
        return f"{one.name} belongs to {one.orchestration}, whose network follows other rules"
    return None if one.kind in KNOWN_KINDS else f'{one.name} is of the kind "{one.kind}", which is not known here'


def _being_modified(case: Case) -> str | None:
    one = case.environment
    return f"{one.name} is {one.status}: AWS Batch takes no change now" if one.passing else None


def _changed(case: Case) -> str | None:
    """Against what `diagnose` saw; where it did not say, this look's own evidence is all there is."""
    seen = {row.facts.get("digest") for row in case.incident.evidence} - {None}
    if not seen or digest(case.environment) in seen:
        return None
    return f"{case.environment.name} was changed since this was diagnosed; it is looked at again"


def _nobody_waits(case: Case) -> str | None:
    unread = [queue for queue in case.survey.queues if queue.front is None]
    if any(queue.head is not None for queue in case.survey.queues):
        return None
    if unread:
        return f"it is not known whether jobs wait in {unread[0].name} ({unread[0].front_unread})"
    return f"no job waits in a job queue that lists {case.environment.name}"


def _disabled(case: Case) -> str | None:
    return f"{case.environment.name} is DISABLED, which its owner did" if case.environment.state != "ENABLED" else None


def _tasks(case: Case) -> str | None:
    """A change that replaces instances ends their jobs after a while."""
    cluster = case.environment.ecs_cluster
    if cluster is None:
        return None
    tasks = case.survey.surroundings.tasks.get(cluster)
    if not tasks:
        return None
    return f"{tasks} {'task starts or runs' if tasks == 1 else 'tasks start or run'} in {case.environment.name}"


CONDITION = (
    Safeguard(name="the plan", objects=_refused, status=RemedyStatus.PLANNED, final=True),
    Safeguard(name="the kind of environment", objects=_kind, status=RemedyStatus.PLANNED, final=True),
    Safeguard(name="its status", objects=_being_modified, status=RemedyStatus.PLANNED, final=True),
    Safeguard(name="whether it changed", objects=_changed, status=RemedyStatus.PLANNED, final=True),
    Safeguard(name="whether jobs wait", objects=_nobody_waits),
    Safeguard(name="its state", objects=_disabled),
    Safeguard(name="running tasks", objects=_tasks),
)
