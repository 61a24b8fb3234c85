"""How Amazon EC2's Describe calls choose: by ids, all or nothing, and by filters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from local.account.errors import AwsError
from local.account.pages import BadTokenError, page
from local.account.world import World

Record = dict[str, Any]
Accessors = Mapping[str, Callable[[Record], Iterable[object]]]

MOST_PER_PAGE = 1000


def member(name: str) -> Callable[[Record], Iterable[object]]:
    return lambda record: [record[name]] if name in record else []


def by_ids(records: Mapping[str, Record], ids: Sequence[str] | None, code: str, noun: str) -> list[Record]:
    """One missing id fails the whole call (EC2 API reference, error codes)."""
    if not ids:
        return list(records.values())
    missing = [each for each in ids if each not in records]
    if missing:
        listed = ", ".join(f"'{each}'" for each in missing)
        raise AwsError(code, f"The {noun} {listed} does not exist")
    return [records[each] for each in dict.fromkeys(ids)]


def filtered(
    records: Iterable[Record], filters: Iterable[Mapping[str, Any]] | None, accessors: Accessors
) -> list[Record]:
    """Filters are joined by AND, the values of one by OR; `*` and `?` are wildcards (Using_Filtering)."""
    chosen = list(records)
    for each in filters or ():
        name, patterns = each["Name"], each.get("Values", [])
        read = accessors.get(name) or _tag_accessor(name)
        chosen = [one for one in chosen if any(_matches(pattern, text) for text in read(one) for pattern in patterns)]
    return chosen


def _tag_accessor(name: str) -> Callable[[Record], Iterable[object]]:
    if name == "tag-key":
        return lambda record: [tag["Key"] for tag in record.get("Tags", [])]
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda record: [tag["Value"] for tag in record.get("Tags", []) if tag["Key"] == key]
    raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")


def _matches(pattern: str, value: object) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def paged(
    answer_member: str, records: Sequence[Record], parameters: Mapping[str, Any], most: int = MOST_PER_PAGE
) -> Record:
    try:
        found, token = page(records, parameters.get("NextToken"), parameters.get("MaxResults", most))
    except BadTokenError as error:
        raise AwsError("InvalidNextToken", f"The token '{error}' is invalid") from error
    return {answer_member: found, **({"NextToken": token} if token else {})}


def tags(parameters: Mapping[str, Any], resource_type: str) -> list[dict[str, str]]:
    return [
        {"Key": tag["Key"], "Value": tag.get("Value", "")}
        for specification in parameters.get("TagSpecifications", [])
        if specification.get("ResourceType") == resource_type
        for tag in specification.get("Tags", [])
    ]


def arn(world: World, resource: str, resource_id: str) -> str:
    return world.arn("ec2", f"{resource}/{resource_id}")
