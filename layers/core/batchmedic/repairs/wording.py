"""What people read about a repair, beyond the incident itself."""

from batchmedic.changes import NEW_GROUP
from batchmedic.errors import NotReadError
from batchmedic.remedy import Case
from batchmedic.safeguards.doubt import owner_of

LANGUAGES = {  # the rest write CloudFormation's own
    "Terraform": "security_group_ids = [{ids}]",
    "OpenTofu": "security_group_ids = [{ids}]",
    "Pulumi": "securityGroupIds: [{ids}]",
    "Ansible": "security_group_ids: [{ids}]",
}


def in_code(case: Case) -> tuple[str, ...]:
    """The line to change, in the language of whoever owns the environment."""
    try:
        owner = owner_of(case)
    except NotReadError:
        return ()
    wanted = [change.call.parameters.get("computeResources", {}) for change in case.plan.changes]
    groups = next((each["securityGroupIds"] for each in wanted if "securityGroupIds" in each), None)
    if owner is None or groups is None:
        return ()
    ids = ", ".join(f'"{each}"' for each in groups)
    line = LANGUAGES.get(owner, "SecurityGroupIds: [{ids}]").format(ids=ids)
    made = f"  # {NEW_GROUP}: a security group of the VPC of the subnets" if NEW_GROUP in groups else ""
    return (line + made,)
