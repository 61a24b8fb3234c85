"""The aws commands that several diagnoses recommend, complete for pasting."""

from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.fit import Room


def update_environment(environment: ComputeEnvironment, region: str, resources: str) -> str:
    return (
        f"aws batch update-compute-environment --region {region} --compute-environment {environment.name} "
        f"--compute-resources {resources}"
    )


def allow_larger_type(like: Room, region: str, at_least: str) -> tuple[str, ...]:
    """Lists the instance types of that size and the same processor, and adds the one chosen to the environment."""
    types = ",".join((*like.environment.instance_types, "INSTANCE_TYPE"))
    processors = ",".join(like.instance.architectures)
    alike = f"--filters Name=processor-info.supported-architecture,Values={processors} " if processors else ""
    return (
        f"aws ec2 describe-instance-types --region {region} {alike}"
        f"--query 'InstanceTypes[?{at_least}].[InstanceType,VCpuInfo.DefaultVCpus,MemoryInfo.SizeInMiB]' --output text",
        update_environment(like.environment, region, f"instanceTypes={types}"),
    )


def describe_job(job_id: str, region: str) -> str:
    return f"aws batch describe-jobs --region {region} --jobs {job_id}"


def only_by_replacement(environment: ComputeEnvironment) -> str:
    """A warning, with a space before it, where AWS Batch refuses to change the instance types (Batch user guide,
    "Perform infrastructure updates")."""
    if not environment.best_fit:
        return ""
    return (
        f" {environment.name} has the allocation strategy BEST_FIT, which AWS Batch does not let change its instance "
        "types: make a new compute environment for them."
    )


def scaling_groups(environment: ComputeEnvironment, region: str) -> str:
    """Batch names them after the environment (inferred; AWS managed policy BatchServiceRolePolicy shows the start)."""
    return (
        f"aws autoscaling describe-auto-scaling-groups --region {region} --query "
        f"'AutoScalingGroups[?starts_with(AutoScalingGroupName,`AWSBatch-{environment.name}-`)]"
        ".[AutoScalingGroupName,DesiredCapacity]' --output text"
    )


def container_instances(cluster: str, region: str) -> str:
    return (
        f"aws ecs list-container-instances --region {region} --cluster {cluster} --query containerInstanceArns "
        f"--output text | xargs -n 100 aws ecs describe-container-instances --region {region} --cluster {cluster} "
        "--query 'containerInstances[].[ec2InstanceId,status,agentConnected,runningTasksCount]' --output text "
        "--container-instances"
    )


def new_template_version(reference: LaunchTemplateReference, region: str, data: str) -> str:
    """One that says `data` in place of what this version says, and the rest like it."""
    member = "--launch-template-id" if reference.template.startswith("lt-") else "--launch-template-name"
    return (
        f"aws ec2 create-launch-template-version --region {region} {member} {reference.template} "
        f"--source-version '{reference.version}' --launch-template-data {data}"
    )


def use_template(environment: ComputeEnvironment, region: str, template: str, version: str) -> str:
    member = "launchTemplateId" if template.startswith(("lt-", "LAUNCH_TEMPLATE_ID")) else "launchTemplateName"
    return update_environment(environment, region, f"'launchTemplate={{{member}={template},version={version}}}'")


def launch_history(environment: ComputeEnvironment, region: str) -> str:
    """What EC2 said to the latest tries: to the Auto Scaling groups, or to the Spot Fleets that are active."""
    if environment.by_spot_fleet:
        return (
            f"aws ec2 describe-spot-fleet-requests --region {region} --query "
            "'SpotFleetRequestConfigs[?SpotFleetRequestState==`active`].SpotFleetRequestId' --output text | xargs -n 1 "
            f"aws ec2 describe-spot-fleet-request-history --region {region} "
            "--start-time $(($(date +%s)-10800)) "
            "--query 'HistoryRecords[].[Timestamp,EventType,EventInformation.EventDescription]' --output text "
            "--spot-fleet-request-id"
        )
    return (
        f"aws autoscaling describe-scaling-activities --region {region} --query "
        f"'Activities[?starts_with(AutoScalingGroupName,`AWSBatch-{environment.name}-`)]"
        ".[StartTime,StatusCode,StatusMessage] | [:20]' --output text"
    )
