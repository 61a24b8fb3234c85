"""Raise maxvCpus to the size of the smallest instance type that the compute environment allows."""

from batchmedic.by_hand import command
from batchmedic.changes import ApiCall, Change, Plan
from batchmedic.model.digest import digest
from batchmedic.model.fit import rooms_of
from batchmedic.remedy import Case, Remedy, Safeguard, Survey

ID = "raise_max_vcpus_to_one_instance"


def plan(survey: Survey) -> Plan:
    """A scaling update: it replaces no instance, and any environment takes it (Batch user guide, scaling-updates)."""
    environment = survey.environment
    least = min((room.instance.vcpus for room in rooms_of(environment, survey.snapshot)), default=0)
    if least <= environment.max_vcpus:
        refusal = f"maxvCpus of {environment.name} is {environment.max_vcpus} and holds one instance already"
        return Plan(remedy=ID, environment=environment.arn, digest=digest(environment), refusal=refusal)
    change = Change(call=_max_vcpus(environment.arn, least), undo=_max_vcpus(environment.arn, environment.max_vcpus))
    return Plan(
        remedy=ID,
        environment=environment.arn,
        digest=digest(environment),
        because=f"The smallest instance type that it allows has {least} vCPUs.",
        changes=(change,),
        steps=(command(change.call, survey.snapshot.region),),
    )


def _max_vcpus(environment: str, number: int) -> ApiCall:
    parameters = {"computeEnvironment": environment, "computeResources": {"maxvCpus": number}}
    return ApiCall(call="batch:UpdateComputeEnvironment", parameters=parameters)


def _raises_the_bill(case: Case) -> str | None:
    return f"it lets {case.environment.name} grow, and so raises the bill: a person decides"


REMEDY = Remedy(
    id=ID,
    mends="max_vcpus_below_one_instance",
    permissions=("batch:UpdateComputeEnvironment",),
    plan=plan,
    safeguards=(Safeguard(name="what it costs", objects=_raises_the_bill),),
)
