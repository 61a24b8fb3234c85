"""What code owns a compute environment."""

STACK_TAG = "aws:cloudformation:stack-name"
CLOUDFORMATION = "AWS CloudFormation"
TOOLS = {  # words of the user agent that created it
    "cloudformation": CLOUDFORMATION,
    "terraform": "Terraform",
    "opentofu": "OpenTofu",
    "pulumi": "Pulumi",
    "aws-cdk": "AWS CDK",
    "cloudcontrolapi": "AWS Cloud Control API",
    "ansible": "Ansible",
}


def tool_of(user_agent: str) -> str | None:
    """The tool that has this user agent, as CloudTrail records it; None for a person's."""
    return next((name for word, name in TOOLS.items() if word in user_agent.lower()), None)
