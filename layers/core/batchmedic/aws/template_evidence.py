"""The launch templates of compute environments: one call for each environment, however many templates it names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from batchmedic.aws import parse_ec2
from batchmedic.aws.answering import read
from batchmedic.aws.ec2_pages import every
from batchmedic.errors import ReadError
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.network import LaunchTemplateVersion

CALL = "ec2:DescribeLaunchTemplateVersions"
NEWEST = ["$Latest", "$Default"]  # what may be asked of all templates at once (EC2 API reference)
Found = dict[str, LaunchTemplateVersion]


def launch_templates(ec2: Callable[[], Any], environments: list[ComputeEnvironment]) -> Answers[LaunchTemplateVersion]:
    """By `LaunchTemplateReference.key`; a template that is gone is not found. Of an environment with overrides, a
    version that is named by number, and is neither the newest nor the default one, counts as not asked for."""
    alone = dict.fromkeys(one.launch_templates[0] for one in environments if len(set(one.launch_templates)) == 1)
    together = dict.fromkeys(each for one in environments for each in one.launch_templates if each not in alone)
    found: Found = {}
    asked = {each.key for each in alone}
    try:
        for reference in alone:
            found |= _one(ec2, reference)
        if together:
            listed = _by_template(read(CALL, lambda: list(_newest(ec2))))
            known = [each for each in together if each.version in listed.get(each.template, {each.version: None})]
            asked |= {each.key for each in known}
            found |= {each.key: listed[each.template][each.version] for each in known if each.template in listed}
    except ReadError as error:
        return Answers(call=CALL, unread=error.because)
    return Answers(call=CALL, found=found, asked=frozenset(asked))


def _one(ec2: Callable[[], Any], reference: LaunchTemplateReference) -> Found:
    member = "LaunchTemplateId" if reference.template.startswith("lt-") else "LaunchTemplateName"
    request = {member: reference.template, "Versions": [reference.version]}
    try:
        answer = read(CALL, lambda: ec2().describe_launch_template_versions(**request))
    except ReadError as error:
        if "NotFound" in error.because or "NotExist" in error.because:
            return {}
        raise
    described = answer["LaunchTemplateVersions"]
    return {reference.key: parse_ec2.launch_template_version(described[0])} if described else {}


def _newest(ec2: Callable[[], Any]) -> Iterator[Mapping[str, Any]]:
    """Of all templates of the Region."""
    return every(ec2(), "describe_launch_template_versions", "LaunchTemplateVersions", Versions=NEWEST)


def _by_template(described: Iterable[Mapping[str, Any]]) -> dict[str, Found]:
    """By id and by name of the template, then by what a compute environment may call the version."""
    templates: dict[str, Found] = {}
    for each in sorted(described, key=lambda one: int(one["VersionNumber"])):
        version = parse_ec2.launch_template_version(each)
        for template in (each["LaunchTemplateId"], each.get("LaunchTemplateName") or each["LaunchTemplateId"]):
            names = templates.setdefault(template, {})
            names |= {str(each["VersionNumber"]): version, "$Latest": version}
            if each.get("DefaultVersion"):
                names["$Default"] = version
    return templates
