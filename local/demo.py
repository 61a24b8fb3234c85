"""`make demo`: the product on a simulated account, from AWS Batch's events to what people read."""

import signal
import sys
import time
from dataclasses import dataclass, field

from local import show
from local.owner import Owner, Place
from local.process import LocalStackError
from local.sinks import Told, TopicReader, WebhookSink
from local.stack import Deployment, LocalStack, wait_for

WEBHOOK_PARAMETER = "/batchmedic/demo/slack"
GRACE_SECONDS = 3  # the template's own default is 300
NOTICE_SECONDS = 5  # the template says 30
ALERT_SECONDS = 60
SILENCE_SECONDS = 8  # longer than the notices wait
MINUTE = 60
QUEUES = ("genomics", "render", "align")


class DemoFailedError(Exception):
    """What was seen is not what should have been."""


def say(line: str) -> None:
    print(line, flush=True)


def step(line: str) -> None:
    say(f"  · {line}")


@dataclass(kw_only=True)
class Ears:
    """Everything that people heard so far."""

    slack: WebhookSink
    topic: TopicReader
    mails: list[Told] = field(default_factory=list)

    def about(self, subject: str) -> tuple[list[str], list[Told]]:
        """The Slack messages and the mails that name this queue or environment."""
        self.mails += self.topic.read()
        return [post.body for post in self.slack.posts if subject in post.body], [
            told for told in self.mails if subject in told.message
        ]

    def wait_for(self, subject: str) -> None:
        wait_for(lambda: all(self.about(subject)), seconds=ALERT_SECONDS, what=f"an alert about {subject}")


@dataclass(kw_only=True)
class Demo:
    stack: LocalStack
    deployment: Deployment
    owner: Owner
    ears: Ears

    def run(self) -> None:
        say("\nAn account like many: two VPCs, three compute environments, a job queue each.")
        research, genomics = self.owner.place("research"), self.owner.place("genomics", cidr="10.1.0.0/16")
        self._make_queues(genomics)
        self._mismatch(genomics, research)
        self._memory()
        self.stack.catch_up()
        self._read("a", "genomics-ec2", must_say=(research.vpc, genomics.vpc))
        self._read("b", "render-queue", must_say=("32,768 MiB", "measured on a registered c7g.4xlarge"))
        self._healthy()

    def _make_queues(self, place: Place) -> None:
        environments = {
            name: self.owner.compute_environment(
                f"{name}-ec2", subnet=place.subnet, security_group=place.security_group
            )
            for name in QUEUES
        }
        self.stack.advance(2 * MINUTE)
        for name, arn in environments.items():
            self.owner.job_queue(f"{name}-queue", arn)
        self.stack.advance(MINUTE)

    def _mismatch(self, genomics: Place, research: Place) -> None:
        say("\n(a) Somebody gives compute environment genomics-ec2 a security group that sits in another VPC.")
        self.owner.use_security_group("genomics-ec2", research.security_group)
        step(f"security group {research.security_group} is in {research.vpc}, the subnet in {genomics.vpc}")
        self.stack.advance(12 * MINUTE)
        found = self.owner.batch.describe_compute_environments(computeEnvironments=["genomics-ec2"])
        (described,) = found["computeEnvironments"]
        step(f"AWS Batch: {described['status']}, {described['statusReason']}")
        self.owner.submit("genomics-queue", vcpus=2, memory=4096, jobs=200)
        step("200 jobs are submitted to genomics-queue and wait")

    def _memory(self) -> None:
        say("\n(b) A job asks for all the memory that EC2 lists for its instance type.")
        self.owner.submit("render-queue", vcpus=2, memory=2048, seconds=4 * 60 * MINUTE)
        self.stack.advance(6 * MINUTE)
        step("a small job runs on a c7g.4xlarge (16 vCPUs, 32,768 MiB) of render-ec2")
        self.owner.submit("render-queue", vcpus=4, memory=32_768)
        step("a job that asks for 32,768 MiB is submitted to render-queue and waits")
        self.stack.advance(12 * MINUTE)
        step("12 minutes pass; AWS Batch has sent an event for each of the 201 jobs")

    def _healthy(self) -> None:
        say("\n(c) A healthy queue starts up.")
        before = len(self.ears.slack.posts)
        (job,) = self.owner.submit("align-queue", vcpus=2, memory=2048)
        self.stack.catch_up()
        status = self._status(job)
        while status != "RUNNABLE":
            time.sleep(0.5)
            self.stack.catch_up()
            status = self._status(job)
        step(f"a job is {status} in align-queue while an instance starts: its event is on the way")
        time.sleep(GRACE_SECONDS)
        report = self.stack.invoke(self.deployment, "DiagnoseFunction", {"v": 1, "hint": "sweep"})
        news = report["opened"] + report["worsened"]
        step(f"a sweep looked at all {report['looks']} job queues: {report['findings']} faults, {news} of them news")
        time.sleep(SILENCE_SECONDS)
        slack, mails = self.ears.about("align")
        expect(self._status(job) == "RUNNABLE", "the healthy job should still be starting up")
        expect(report["looks"] == len(QUEUES) and news == 0, f"the sweep should see every queue and no news: {report}")
        expect(not slack and not mails, "nobody should hear of the healthy queue")
        expect(len(self.ears.slack.posts) == before, "the sweep should repeat nothing")
        step("silence: nobody was told anything more")

    def _status(self, job: str) -> str:
        (described,) = self.owner.batch.describe_jobs(jobs=[job])["jobs"]
        status: str = described["status"]
        return status

    def _read(self, story: str, subject: str, *, must_say: tuple[str, ...]) -> None:
        self.ears.wait_for(subject)
        slack, mails = self.ears.about(subject)
        say(f"\nWhat people read about ({story}):\n")
        post = next(post for post in self.ears.slack.posts if subject in post.body)
        say(show.slack(post.json))
        say(show.mail(mails[0]))
        for text in must_say:
            expect(text in post.json["attachments"][0]["blocks"][1]["text"]["text"], f"Slack should say {text}")
            expect(text in mails[0].message, f"the mail should say {text}")
        expect(len(slack) == 1 and len(mails) == 1, f"one message each, not {len(slack)} and {len(mails)}")
        step("one Slack message and one SNS message")


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise DemoFailedError(otherwise)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    say("batchmedic, on this machine: the real template and code; AWS is simulated (docs/simulated-account.md).")
    try:
        with LocalStack(progress=step) as stack, WebhookSink() as slack:
            demonstrate(stack, slack)
    except (LocalStackError, DemoFailedError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.", file=sys.stderr)
        return 130
    say(f"\nAs it should be. Done in {time.monotonic() - began:.0f} seconds; nothing is left running.")
    return 0


def demonstrate(stack: LocalStack, slack: WebhookSink) -> None:
    step(f"the local AWS is up on {stack.endpoint}, with IAM enforced")
    stack.client("ssm").put_parameter(Name=WEBHOOK_PARAMETER, Value=slack.url, Type="SecureString")
    parameters = {"GraceSeconds": str(GRACE_SECONDS), "SlackWebhookParameter": WEBHOOK_PARAMETER}
    deployment = stack.deploy(parameters=parameters)
    stack.set_delay(deployment.resources["NoticesQueue"], seconds=NOTICE_SECONDS)
    step(f"deployed; to save your time, grace is {GRACE_SECONDS} s and notices wait {NOTICE_SECONDS} s")
    topic = TopicReader(sns=stack.client("sns"), sqs=stack.client("sqs"), topic_arn=deployment.outputs["AlertTopicArn"])
    owner = Owner(batch=stack.client("batch"), ec2=stack.client("ec2"))
    Demo(stack=stack, deployment=deployment, owner=owner, ears=Ears(slack=slack, topic=topic)).run()


if __name__ == "__main__":
    sys.exit(main())
