"""Finds diagnoses and remedies by their place: every module of `diagnoses` and `remedies` carries one card."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from batchmedic import diagnoses, remedies
from batchmedic.findings import Diagnosis
from batchmedic.remedy import Remedy


@cache
def all_remedies() -> tuple[Remedy, ...]:
    """Every card, by id; likewise with its REMEDY."""
    modules = sorted(module.name for module in iter_modules(remedies.__path__))
    return tuple(import_module(f"{remedies.__name__}.{name}").REMEDY for name in modules)


@cache
def all_diagnoses() -> tuple[Diagnosis, ...]:
    """Every card, by id. A module without a DIAGNOSIS fails here, at start, and not in silence."""
    modules = sorted(module.name for module in iter_modules(diagnoses.__path__))
    return tuple(import_module(f"{diagnoses.__name__}.{name}").DIAGNOSIS for name in modules)
