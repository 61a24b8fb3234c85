"""`make demo`: the product on a simulated account, from AWS Batch's events to what people read."""

import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from local import show
from local.demo_floors import FloorStory, warm_environment
from local.demo_network import NetworkStory
from local.owner import Owner, Place
from local.process import LocalStackError
from local.sinks import Told, TopicReader, WebhookSink
from local.stack import Deployment, LocalStack, wait_for

WEBHOOK_PARAMETER = "/batchmedic/demo/slack"
GRACE_SECONDS = 3  # the template's own default is 300
NOTICE_SECONDS = 10  # the template says 30
ALERT_SECONDS = 60
SILENCE_SECONDS = 13  # longer than the notices wait
MINUTE = 60
VERIFY_SECONDS = 5  # the product's own pace is 120
QUEUES = ("genomics", "render", "align")
ALL = len(QUEUES) + 3  # and archive, imaging, warm
HELLO = "HELLO"
APPLIED, PROVED = "Now it is checked", "FIXED AND VERIFIED"


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
        """The Slack messages and the mails that name this queue or environment; hello is by itself."""
        self.mails += self.topic.read()
        return [post.body for post in self.slack.posts if _is_about(subject, post.body)], [
            told for told in self.mails if _is_about(subject, told.message)
        ]

    def wait_for(self, subject: str) -> None:
        wait_for(lambda: all(self.about(subject)), seconds=ALERT_SECONDS, what=f"an alert about {subject}")


def _is_about(subject: str, text: str) -> bool:
    return subject in text and (subject == HELLO) == (HELLO in text)


@dataclass(kw_only=True)
class Demo:
    stack: LocalStack
    deployment: Deployment
    owner: Owner
    ears: Ears

    def run(self) -> None:
        say("\nAn account like many: three VPCs, six compute environments, a job queue each.")
        research, genomics = self.owner.place("research"), self.owner.place("genomics", cidr="10.1.0.0/16")
        imaging = self.owner.place("imaging", cidr="10.2.0.0/16")
        shared = self.owner.group("shared-batch", research.vpc)
        self._make_queues(genomics, imaging, shared)
        self._hello()
        jobs = self._mismatch(genomics, research, shared)
        self._memory()
        self._read("a", "genomics-ec2", must_say=(research.vpc, genomics.vpc, APPLIED))
        self._read("b", "archive-ec2", must_say=("BEST_FIT", "merge(computeResources"))
        self._read("c", "render-queue", must_say=("32,768 MiB", "measured on a registered c7g.4xlarge"))
        self._proved(jobs)
        NetworkStory(stack=self.stack, owner=self.owner, place=imaging, say=say, step=step, read=self._read_all).tell()
        self._healthy()
        FloorStory(
            stack=self.stack, deployment=self.deployment, owner=self.owner, say=say, step=step, read=self._read_all
        ).tell()

    def _make_queues(self, place: Place, imaging: Place, shared: str) -> None:
        """`imaging` is for one environment, `place` for the others; `shared` is a group of another VPC that may be used
        there, too."""
        subnet, own = place.subnet, place.security_group
        environments = {
            name: self.owner.compute_environment(f"{name}-ec2", subnet=subnet, security_group=own) for name in QUEUES
        }
        self.owner.share(shared, place.vpc)
        self.stack.advance(MINUTE)
        environments["archive"] = self.owner.compute_environment(
            "archive-ec2",
            subnet=subnet,
            security_group=shared,
            resources={"allocationStrategy": "BEST_FIT"},
            serviceRole="service-role/AWSBatchServiceRole",
        )
        environments["imaging"] = self.owner.compute_environment(
            "imaging-ec2", subnet=imaging.subnet, security_group=imaging.security_group
        )
        environments["warm"] = warm_environment(self.owner, subnet=subnet, security_group=own)
        self.stack.advance(2 * MINUTE)
        for name, arn in environments.items():
            self.owner.job_queue(f"{name}-queue", arn)
        self.stack.advance(MINUTE)

    def _hello(self) -> None:
        say("\nThe first sweep.")
        report = self.stack.invoke(self.deployment, "DiagnoseFunction", {"v": 1, "hint": "sweep"})
        step(f"it looked at {report['looks']} job queues and found {report['findings']} faults")
        self._read(
            "the first sweep",
            HELLO,
            must_say=(f"{ALL} job queues and {ALL} compute environments", "warm-ec2 (16 vCPUs)"),
        )

    def _mismatch(self, genomics: Place, research: Place, shared: str) -> list[str]:
        say("\n(a) Somebody gives compute environment genomics-ec2 a security group that sits in another VPC.")
        self.owner.use_security_group("genomics-ec2", research.security_group)
        step(f"security group {research.security_group} is in {research.vpc}, the subnet in {genomics.vpc}")
        say("\n(b) Somebody takes back what let the group of archive-ec2 (BEST_FIT, own role) be used in its VPC.")
        self.owner.unshare(shared, genomics.vpc)
        self.owner.update("archive-ec2", maxvCpus=128)  # so that AWS Batch looks at it again
        self.stack.advance(12 * MINUTE)
        for name in ("genomics-ec2", "archive-ec2"):
            status, reason = self._environment(name)
            step(f"AWS Batch says of {name}: {status}, {reason}")
        jobs = self.owner.submit("genomics-queue", vcpus=2, memory=4096, jobs=200)
        self.owner.submit("archive-queue", vcpus=2, memory=4096, jobs=20)
        step("200 jobs are submitted to genomics-queue, 20 to archive-queue; all of them wait")
        return jobs

    def _environment(self, name: str) -> tuple[str, str]:
        found = self.owner.batch.describe_compute_environments(computeEnvironments=[name])
        (described,) = found["computeEnvironments"]
        return described["status"], described["statusReason"]

    def _proved(self, jobs: list[str]) -> None:
        say("\n(a) again: AWS Batch exchanges the security group, which takes it some 10 minutes.")
        self.stack.advance(20 * MINUTE)
        self._read("a, at its end", PROVED, must_say=("genomics-ec2", "Not shown"))
        status, _ = self._environment("genomics-ec2")
        states = Counter(job["status"] for job in self.owner.batch.describe_jobs(jobs=jobs[:100])["jobs"])
        step(f"AWS Batch says of genomics-ec2: {status}; of the first 100 jobs: {dict(states)}")
        expect(status == "VALID", "genomics-ec2 should be VALID")
        expect(states["RUNNING"] + states["STARTING"] > 0, "jobs should start")

    def _memory(self) -> None:
        say("\n(c) A job asks for all the memory that EC2 lists for its instance type.")
        self.owner.submit("render-queue", vcpus=2, memory=2048, seconds=4 * 60 * MINUTE)
        self.stack.advance(6 * MINUTE)
        step("a small job runs on a c7g.4xlarge (16 vCPUs, 32,768 MiB) of render-ec2")
        self.owner.submit("render-queue", vcpus=4, memory=32_768)
        step("a job that asks for 32,768 MiB is submitted to render-queue and waits")
        self.stack.advance(12 * MINUTE)
        step("12 minutes pass; AWS Batch has sent an event for each of the 221 jobs")

    def _healthy(self) -> None:
        say("\n(e) A healthy queue starts up.")
        before = len(self.ears.slack.posts)
        self.stack.catch_up()
        (job,) = self.owner.submit("align-queue", vcpus=2, memory=2048)

        def runnable() -> bool:
            self.stack.catch_up()
            return self._status(job) == "RUNNABLE"

        wait_for(runnable, seconds=ALERT_SECONDS, what="a job in RUNNABLE")
        step(f"a job is {self._status(job)} in align-queue while an instance starts: its event is on the way")
        time.sleep(GRACE_SECONDS)
        report = self.stack.invoke(self.deployment, "DiagnoseFunction", {"v": 1, "hint": "sweep"})
        news = report["opened"] + report["worsened"]
        step(f"a sweep looked at all {report['looks']} job queues: {report['findings']} faults, {news} of them news")
        time.sleep(SILENCE_SECONDS)
        slack, mails = self.ears.about("align")
        expect(self._status(job) == "RUNNABLE", "the healthy job should still be starting up")
        expect(report["looks"] == ALL and news == 0, f"the sweep should see every queue and no news: {report}")
        expect(not slack and not mails, "nobody should hear of the healthy queue")
        expect(len(self.ears.slack.posts) == before, "the sweep should repeat nothing")
        step("silence: nobody was told anything more")

    def _status(self, job: str) -> str:
        (described,) = self.owner.batch.describe_jobs(jobs=[job])["jobs"]
        status: str = described["status"]
        return status

    def _read_all(self, story: str, subject: str, must_say: tuple[str, ...]) -> None:
        self._read(story, subject, must_say=must_say)

    def _read(self, story: str, subject: str, *, must_say: tuple[str, ...]) -> None:
        self.ears.wait_for(subject)
        slack, mails = self.ears.about(subject)
        say(f"\nWhat people read about ({story}):\n")
        post = next(post for post in self.ears.slack.posts if _is_about(subject, post.body))
        say(show.slack(post.json))
        say(show.mail(mails[0]))
        shown = show.slack_text(post.json)
        for text in must_say:
            expect(text in shown, f"Slack should say {text}")
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
        with LocalStack(progress=step, head_start=timedelta(hours=2)) as stack, WebhookSink() as slack:
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
    stack.set_variables(deployment, "RemediateFunction", VERIFY_SECONDS=str(VERIFY_SECONDS))
    step(
        f"deployed; to save your time, grace is {GRACE_SECONDS} s, notices wait {NOTICE_SECONDS} s, and repairs are "
        f"looked at every {VERIFY_SECONDS} s"
    )
    topic = TopicReader(sns=stack.client("sns"), sqs=stack.client("sqs"), topic_arn=deployment.outputs["AlertTopicArn"])
    owner = Owner(batch=stack.client("batch"), ec2=stack.client("ec2"))
    Demo(stack=stack, deployment=deployment, owner=owner, ears=Ears(slack=slack, topic=topic)).run()


if __name__ == "__main__":
    sys.exit(main())
