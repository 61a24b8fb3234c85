import pytest

from batchmedic.model.scaling_group import environment_of, patterns_of_groups

UUID = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8"


@pytest.mark.parametrize(
    ("group", "environment"),
    [
        pytest.param(f"AWSBatch-prod-asg-{UUID}", "prod", id="as today"),
        pytest.param(f"prod-asg-{UUID}", "prod", id="as long ago"),
        pytest.param(f"AWSBatch-prod-gpu-asg-{UUID}", "prod-gpu", id="a longer name is another environment"),
        pytest.param(f"AWSBatch-a-asg-b-asg-{UUID}", "a-asg-b", id="an environment that sounds like a group"),
        pytest.param("AWSBatch-prod-asg-1", None, id="no uuid"),
        pytest.param("web-servers", None, id="somebody else's"),
        pytest.param(f"AWSBatch-prod-asg-{UUID}\n", None, id="a line break"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_name_of_a_group_holds_that_of_its_environment(group, environment):
    assert environment_of(group) == environment


def test_the_patterns_find_both_forms():
    assert patterns_of_groups("prod") == ("AWSBatch-prod-asg-*", "prod-asg-*")
