"""Launch templates and their versions."""

from typing import Any

from botocore.model import StructureShape

from local.account import shapes
from local.account.ec2_filters import Record, filtered, member, paged, tags
from local.account.errors import AwsError
from local.account.world import World

TEMPLATE_FILTERS = {"launch-template-name": member("LaunchTemplateName"), "create-time": member("CreateTime")}


class LaunchTemplates:
    def __init__(self, world: World) -> None:
        self._world = world
        self.templates: dict[str, Record] = {}
        self.versions: dict[str, list[Record]] = {}

    def create_launch_template(self, parameters: Record) -> Record:
        name = parameters["LaunchTemplateName"]
        if any(each["LaunchTemplateName"] == name for each in self.templates.values()):
            code = "InvalidLaunchTemplateName.AlreadyExistsException"
            raise AwsError(code, f"Launch template name already in use: {name}")
        template = {
            "LaunchTemplateId": self._world.ec2_id("lt"),
            "LaunchTemplateName": name,
            "CreateTime": self._world.now(),
            "CreatedBy": self._world.iam_arn("root"),
            "DefaultVersionNumber": 1,
            "LatestVersionNumber": 0,
            "Tags": tags(parameters, "launch-template"),
        }
        self.templates[template["LaunchTemplateId"]] = template
        self.versions[template["LaunchTemplateId"]] = []
        self._add_version(template, parameters["LaunchTemplateData"], parameters.get("VersionDescription"))
        return {"LaunchTemplate": template}

    def create_launch_template_version(self, parameters: Record) -> Record:
        """Starts empty unless a source version is named (EC2 API reference)."""
        template = self.find(parameters)
        source = parameters.get("SourceVersion")
        start = self.version(template["LaunchTemplateId"], source)["LaunchTemplateData"] if source else {}
        data = {**start, **parameters["LaunchTemplateData"]}
        version = self._add_version(template, data, parameters.get("VersionDescription"))
        return {"LaunchTemplateVersion": self._described(version)}

    def modify_launch_template(self, parameters: Record) -> Record:
        template = self.find(parameters)
        version = self.version(template["LaunchTemplateId"], parameters.get("DefaultVersion", "$Default"))
        template["DefaultVersionNumber"] = version["VersionNumber"]
        return {"LaunchTemplate": template}

    def delete_launch_template(self, parameters: Record) -> Record:
        template = self.find(parameters)
        del self.templates[template["LaunchTemplateId"]], self.versions[template["LaunchTemplateId"]]
        return {"LaunchTemplate": template}

    def delete_launch_template_versions(self, parameters: Record) -> Record:
        """Each by itself; the default version cannot be deleted (EC2 API reference)."""
        template = self.find(parameters)
        template_id = template["LaunchTemplateId"]
        done, failed = [], []
        for number in parameters["Versions"]:
            told = {**template_reference(template), "VersionNumber": int(number)}
            try:
                version = self.version(template_id, number)
            except AwsError as error:
                problem = {"Code": "launchTemplateVersionDoesNotExist", "Message": error.message}
                failed.append({**told, "ResponseError": problem})
                continue
            if version["VersionNumber"] == template["DefaultVersionNumber"]:
                text = "Cannot delete the default version of a launch template."
                failed.append({**told, "ResponseError": {"Code": "unexpectedError", "Message": text}})
                continue
            self.versions[template_id].remove(version)
            done.append(told)
        return {
            "SuccessfullyDeletedLaunchTemplateVersions": done,
            "UnsuccessfullyDeletedLaunchTemplateVersions": failed,
        }

    def describe_launch_templates(self, parameters: Record) -> Record:
        ids, names = parameters.get("LaunchTemplateIds", []), parameters.get("LaunchTemplateNames", [])
        found = [self.find({"LaunchTemplateId": each}) for each in ids]
        found += [self.find({"LaunchTemplateName": each}) for each in names]
        chosen = found if ids or names else list(self.templates.values())
        return paged("LaunchTemplates", filtered(chosen, parameters.get("Filters"), TEMPLATE_FILTERS), parameters)

    def describe_launch_template_versions(self, parameters: Record) -> Record:
        """Without a template, only $Latest and $Default make sense, of all templates (EC2 API reference)."""
        if "LaunchTemplateId" in parameters or "LaunchTemplateName" in parameters:
            chosen = [self.find(parameters)["LaunchTemplateId"]]
        else:
            chosen = list(self.templates)
        wanted = parameters.get("Versions")
        versions = [
            version
            for template_id in chosen
            for version in (
                [self.version(template_id, each) for each in wanted] if wanted else self.versions[template_id]
            )
        ]
        return paged("LaunchTemplateVersions", [self._described(each) for each in versions], parameters)

    def find(self, parameters: Record) -> Record:
        """Codes: EC2 API reference, error codes."""
        template_id, name = parameters.get("LaunchTemplateId"), parameters.get("LaunchTemplateName")
        for template in self.templates.values():
            if template_id == template["LaunchTemplateId"] or (
                not template_id and name == template["LaunchTemplateName"]
            ):
                return template
        if template_id:
            text = f"The specified launch template, with template ID {template_id}, does not exist."
            raise AwsError("InvalidLaunchTemplateId.NotFound", text)
        text = f"The specified launch template, with template name {name}, does not exist."
        raise AwsError("InvalidLaunchTemplateName.NotFoundException", text)

    def version(self, template_id: str, wanted: str) -> Record:
        template = self.templates[template_id]
        aliases = {"$Latest": template["LatestVersionNumber"], "$Default": template["DefaultVersionNumber"]}
        number = str(aliases.get(wanted, wanted))
        for version in self.versions[template_id]:
            if str(version["VersionNumber"]) == number:
                return version
        text = f"Could not find launch template version {wanted} of {template_id}."
        raise AwsError("InvalidLaunchTemplateId.VersionNotFound", text)

    def _add_version(self, template: Record, data: dict[str, Any], description: str | None) -> Record:
        template["LatestVersionNumber"] += 1
        version: Record = {
            "LaunchTemplateId": template["LaunchTemplateId"],
            "LaunchTemplateName": template["LaunchTemplateName"],
            "VersionNumber": template["LatestVersionNumber"],
            "CreateTime": self._world.now(),
            "CreatedBy": template["CreatedBy"],
            "LaunchTemplateData": shapes.pruned(data, _data_shape()),
        }
        if description:
            version["VersionDescription"] = description
        self.versions[template["LaunchTemplateId"]].append(version)
        return version

    def _described(self, version: Record) -> Record:
        default = self.templates[version["LaunchTemplateId"]]["DefaultVersionNumber"]
        return {**version, "DefaultVersion": version["VersionNumber"] == default}


def template_reference(template: Record) -> Record:
    return {key: template[key] for key in ("LaunchTemplateId", "LaunchTemplateName")}


def _data_shape() -> StructureShape:
    shape = shapes.service_model("ec2").shape_for("ResponseLaunchTemplateData")
    assert isinstance(shape, StructureShape)
    return shape
