"""The whole chain on the deployed template, IAM enforced: events in, one mail and one Slack message out, the repair."""

import json

from local.owner import Owner, Place
from local.sinks import Told, TopicReader, WebhookSink
from local.stack import Deployment, LocalStack, wait_for

MINUTE = 60


def test_a_vpc_mismatch_is_told_once_by_both_channels(
    local_stack: LocalStack, deployed: Deployment, slack: WebhookSink, subscriber: TopicReader
) -> None:
    owner = Owner(batch=local_stack.client("batch"), ec2=local_stack.client("ec2"))
    home, elsewhere = owner.place("home"), owner.place("elsewhere", cidr="10.9.0.0/16")
    environment = owner.compute_environment("chain-ec2", subnet=home.subnet, security_group=home.security_group)
    local_stack.advance(2 * MINUTE)
    owner.job_queue("chain", environment)
    owner.use_security_group("chain-ec2", elsewhere.security_group)
    local_stack.advance(12 * MINUTE)
    owner.submit("chain", vcpus=2, memory=2048, jobs=20)
    local_stack.advance(12 * MINUTE)

    def posts() -> list[str]:
        return [post.body for post in slack.posts if "chain-ec2" in post.body and "HELLO" not in post.body]

    def openings() -> list[str]:
        """The repair may be told apart, where the alert was sooner."""
        return [body for body in posts() if not json.loads(body)["text"].startswith("FIX APPLIED: ")]

    wait_for(openings, seconds=30, what="the Slack message")
    told = [one for one in subscriber.read(seconds=10) if about_it(one)]
    local_stack.invoke(deployed, "DiagnoseFunction", {"v": 1, "hint": "sweep"})  # nothing more to say
    told += [one for one in subscriber.read(seconds=3) if about_it(one)]

    assert len(openings()) == 1
    (mail,) = (one for one in told if not one.message.startswith("FIX APPLIED: "))
    for vpc in (home.vpc, elsewhere.vpc):
        assert vpc in mail.message
        assert vpc in openings()[0]
    assert mail.attributes["diagnosis"] == "security_group_in_other_vpc"
    assert mail.attributes["severity"] == "critical"
    wait_for(lambda: repaired(owner, home), seconds=30, what="the repair")


def about_it(told: Told) -> bool:
    """The hello of the first sweep names what is wrong already, too."""
    return "chain-ec2" in told.message and not told.message.startswith("HELLO")


def repaired(owner: Owner, home: Place) -> bool:
    """The environment has a group that carries our tags, in the VPC of its subnets."""
    (described,) = owner.batch.describe_compute_environments(computeEnvironments=["chain-ec2"])["computeEnvironments"]
    filters = [{"Name": "tag:batchmedic:stack", "Values": ["batchmedic"]}, {"Name": "vpc-id", "Values": [home.vpc]}]
    ours = [group["GroupId"] for group in owner.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]]
    return bool(ours) and described["computeResources"]["securityGroupIds"] == ours


def test_what_was_logged_holds_no_secret_and_no_traceback(local_stack: LocalStack, deployed: Deployment) -> None:
    lines = local_stack.lambda_logs(deployed)
    decisions = [json.loads(line) for line in lines if line.startswith('{"level"')]

    assert [line for line in decisions if line["message"] == "People were told."]
    assert [line for line in lines if "/services/T000" in line or "Traceback" in line] == []
    assert [line for line in decisions if line["level"] == "ERROR"] == []
