import pytest

from batchmedic.notices.console import console_of
from tests.factories import ENVIRONMENT, QUEUE, an_incident

ROLE = "arn:aws:iam::111122223333:role/batch"
PAGE = "https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1"


def console(subject, environments=(), queues=()):
    return console_of(an_incident(subject=subject, compute_environments=environments, job_queues=queues))


@pytest.mark.parametrize(
    ("incident", "page"),
    [
        pytest.param((QUEUE,), f"#queues/detail/{QUEUE}", id="a queue"),
        pytest.param((ENVIRONMENT,), f"#compute-environments/detail/{ENVIRONMENT}", id="an environment"),
        pytest.param((QUEUE, (ENVIRONMENT,)), f"#queues/detail/{QUEUE}", id="the subject goes first"),
        pytest.param(
            (ROLE, (ENVIRONMENT, f"{ENVIRONMENT}-2"), (QUEUE,)),
            f"#compute-environments/detail/{ENVIRONMENT}",
            id="a role: the first environment that uses it",
        ),
        pytest.param((ROLE, (), (QUEUE,)), f"#queues/detail/{QUEUE}", id="a role: the first queue"),
    ],
)
def test_it_leads_to_the_sick_thing(incident, page):
    assert console(*incident) == PAGE + page


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "us-east-1", "us-east-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_own(partition, region, host):
    arn = f"arn:{partition}:batch:{region}:111122223333:job-queue/align"

    assert console(arn) == f"https://{host}/batch/home?region={region}#queues/detail/{arn}"


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(ROLE, id="a role that nothing uses"),
        pytest.param("ec2:DescribeSubnets", id="no ARN"),
        pytest.param(QUEUE.replace("job-queue", "job"), id="a kind without a page"),
        pytest.param(f"{QUEUE}\n", id="a line break"),
        pytest.param(f"{QUEUE}|https://evil.example", id="another link"),
        pytest.param(f"{QUEUE}?x=<script>", id="marks"),
        pytest.param(QUEUE.replace("eu-west-1", "evil.example/#"), id="a Region that is a host"),
        pytest.param(QUEUE.replace("align", "alignées"), id="letters that no name has"),
        pytest.param(QUEUE.replace("aws:batch", "aws@evil.example:batch"), id="a partition that is a host"),
        pytest.param("", id="nothing"),
    ],
)
def test_where_there_is_no_page_there_is_no_link(subject):
    assert console(subject) is None


def test_a_hostile_subject_does_not_hide_the_environment():
    assert console(f"{QUEUE}|https://evil.example", (ENVIRONMENT,)).endswith(ENVIRONMENT)
