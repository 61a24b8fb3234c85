"""The last questions before each change, and what becomes of AWS's refusals."""

from dataclasses import dataclass
from datetime import timedelta

from batchmedic.changes import ApiCall
from batchmedic.errors import ChangeError
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.ports import Changer, Claim, KillSwitch, RepairStore
from batchmedic.repairs.pauses import GaveUpError, PutOffError
from batchmedic.safeguards.permission import forbidden

STOPPED = timedelta(minutes=10)
AGAIN = timedelta(minutes=1)
PASS_ROLE = "iam:PassRole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    changer: Changer
    switch: KillSwitch
    store: RepairStore
    mode: str

    def change(self, claim: Claim, call: ApiCall, environment: ComputeEnvironment | None) -> str:
        """Make the change if the claim is still ours and nobody forbids it; the id of what was made.

        `environment` as it is now, None where the change does not touch one. ConflictError, PutOffError, GaveUpError.
        """
        stopped = self.switch.stopped()
        if environment is None:
            because = f"the kill switch is on: {stopped}" if stopped else None
        else:
            because = forbidden(environment, mode=self.mode, stopped=stopped)
        if because:
            raise PutOffError(because, after=STOPPED)
        self.store.hold(claim)
        try:
            return self.changer.apply(call)
        except ChangeError as error:
            if error.retryable:
                raise PutOffError(f"{error.call} failed: {error.because}", after=AGAIN) from error
            raise GaveUpError(_in_words(error)) from error


def _in_words(error: ChangeError) -> str:
    if PASS_ROLE not in error.because:
        return f"AWS refused {error.call}: {error.because}"
    role = error.because.partition("resource: ")[2].split()
    return (
        f"AWS asks for {PASS_ROLE} on {role[0] if role else 'the instance role of the environment'}: put that ARN into "
        "the parameter PassableRoleArns of the stack, deploy, and apply the plan again"
    )
