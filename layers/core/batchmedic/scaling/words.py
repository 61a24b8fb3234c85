"""What is said of a floor, in sentences for people."""

from datetime import datetime, timedelta

from batchmedic.scaling.eligible import TAG
from batchmedic.scaling.floor import Look, hours


def minutes(lasted: timedelta) -> str:
    number = round(lasted / timedelta(minutes=1))
    return f"{number} minute{'' if number == 1 else 's'}"


def will_sleep(look: Look, at: datetime) -> str:
    """What it costs, when, and the tag that keeps it."""
    return (
        f"{_costs(look)} If it stays idle, its minvCpus becomes 0 at {at:%H:%M} UTC or soon after, and "
        f"{look.environment.min_vcpus} again when jobs come. The tag {TAG}=off keeps it.{_code(look)}"
    )


def would_sleep(look: Look) -> str:
    return f"{_costs(look)} Its minvCpus could be 0; ScaleToZeroMode is plan, so nothing is done.{_code(look)}"


def slept(look: Look, floor: int) -> str:
    name, since = look.environment.name, look.before.idle_since
    idle = f" after being idle since {since:%H:%M} UTC" if since else ""
    return f"minvCpus of {name} is 0 now{idle}; {floor} is remembered and comes back when jobs do.{_code(look)}"


def given_back(look: Look) -> str:
    before = look.before
    saved = before.saved(look.now) - before.saved_hours
    floor = min(before.floor or 0, look.environment.max_vcpus)
    return (
        f"minvCpus of {look.environment.name} is {floor} again ({look.activity.because}); "
        f"asleep it saved {saved:,.0f} vCPU-hours."
    )


def given_up(look: Look) -> str:
    return (
        f"minvCpus of {look.environment.name} was raised twice in 24 hours after batchmedic had lowered it, so it is "
        f"left at {look.environment.min_vcpus} from now on. Changing its tag {TAG} lets batchmedic begin anew."
    )


def _costs(look: Look) -> str:
    name, floor, since = look.environment.name, look.environment.min_vcpus, look.before.idle_since or look.now
    a_day = round(floor * hours(timedelta(days=1)))
    disabled = ", although it is DISABLED," if look.environment.state == "DISABLED" else ""
    idle = f"with no work since {since:%H:%M} UTC"
    return f"{name} keeps {floor} vCPUs running{disabled} {idle}: {a_day:,} vCPU-hours a day."


def _code(look: Look) -> str:
    return f" {look.code}" if look.code else ""


LINES = {"Terraform": "min_vcpus = 0", "OpenTofu": "min_vcpus = 0", "Pulumi": "minVcpus: 0", "Ansible": "minv_cpus: 0"}


def line_of(owner: str) -> str:
    """Where the floor is written down, so that the next deployment does not raise it again."""
    return (
        f"Its floor is in code: with {owner}, write {LINES.get(owner, 'MinvCpus: 0')}, or a deployment raises it again."
    )
