"""template.yaml as CloudFormation gets it: translated by SAM's own translator, without a network and without AWS."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

TEXT = (Path(__file__).resolve().parents[2] / "template.yaml").read_text()
REGIONS = {"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}  # one of each partition
PACKAGED = {"CodeUri", "ContentUri"}  # what `sam package` puts the address of the code into


@cache
def translated_text(region: str, **parameters: str) -> str:
    """The JSON that CloudFormation creates a stack from; a parameter that is not given has its default."""
    template: dict[str, Any] = yaml_parse(TEXT)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        properties.update(dict.fromkeys(PACKAGED & properties.keys(), "s3://bucket/code"))
    session = boto3.session.Session(region_name=region)
    translator = Translator({}, Parser(), boto_session=session)  # no managed policy is named, so none is looked up
    translation = translator.translate(template, parameter_values=dict(parameters), passthrough_metadata=True)
    return json.dumps(translation, indent=1)


def translated(region: str, **parameters: str) -> dict[str, Any]:
    translation: dict[str, Any] = json.loads(translated_text(region, **parameters))
    return translation


TRANSLATED = translated(REGIONS["aws"])


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all translated resources of a type, by logical id."""
    found = {name: one for name, one in TRANSLATED["Resources"].items() if one["Type"] == kind}
    return {name: one.get("Properties", {}) for name, one in found.items()}


def strings(part: Any) -> Iterator[str]:
    """Every key and every text in a part of a template."""
    match part:
        case dict():
            for name, value in part.items():
                yield from [name, *strings(value)]
        case list():
            for value in part:
                yield from strings(value)
        case str():
            yield part
