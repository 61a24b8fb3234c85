"""Launch templates: versions by number and by alias."""

import pytest

from tests.unit.account.building import Owner, code_of


def groups_of(owner: Owner, template: str, version: str) -> list[str]:
    answer = owner.ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=[version])
    return list(answer["LaunchTemplateVersions"][0]["LaunchTemplateData"].get("SecurityGroupIds", []))


def test_versions_by_number_and_alias(owner: Owner) -> None:
    template = owner.a_template(SecurityGroupIds=["sg-one"])
    owner.ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={"SecurityGroupIds": ["sg-two"]}
    )

    assert groups_of(owner, template, "$Default") == groups_of(owner, template, "1") == ["sg-one"]
    assert groups_of(owner, template, "$Latest") == groups_of(owner, template, "2") == ["sg-two"]
    owner.ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    assert groups_of(owner, template, "$Default") == ["sg-two"]


def test_a_new_version_starts_empty_unless_a_source_is_named(owner: Owner) -> None:
    template = owner.a_template(SecurityGroupIds=["sg-one"])
    for source in ({}, {"SourceVersion": "1"}):
        owner.ec2.create_launch_template_version(
            LaunchTemplateId=template, LaunchTemplateData={"ImageId": "ami-0"}, **source
        )

    assert groups_of(owner, template, "2") == []
    assert groups_of(owner, template, "3") == ["sg-one"]


def test_all_versions_when_none_is_named(owner: Owner) -> None:
    template = owner.a_template("named", ImageId="ami-0")
    listed = owner.ec2.describe_launch_template_versions(LaunchTemplateName="named")["LaunchTemplateVersions"]

    assert [(one["LaunchTemplateId"], one["VersionNumber"], one["DefaultVersion"]) for one in listed] == [
        (template, 1, True)
    ]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"LaunchTemplateId": "lt-0"}, "InvalidLaunchTemplateId.NotFound"),
        ({"LaunchTemplateName": "gone"}, "InvalidLaunchTemplateName.NotFoundException"),
        ({"LaunchTemplateName": "workers", "Versions": ["7"]}, "InvalidLaunchTemplateId.VersionNotFound"),
    ],
)
def test_what_is_missing_says_so(owner: Owner, parameters: dict, code: str) -> None:
    owner.a_template()

    assert code_of(owner.account, "ec2", "DescribeLaunchTemplateVersions", **parameters) == code


def test_a_deleted_template_is_gone(owner: Owner) -> None:
    template = owner.a_template()
    assert [each["LaunchTemplateName"] for each in owner.ec2.describe_launch_templates()["LaunchTemplates"]] == [
        "workers"
    ]
    owner.ec2.delete_launch_template(LaunchTemplateId=template)

    assert owner.ec2.describe_launch_templates()["LaunchTemplates"] == []
