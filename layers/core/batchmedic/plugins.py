"""Finds diagnoses by their place: every module of `batchmedic.diagnoses` carries one card."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from batchmedic import diagnoses
from batchmedic.findings import Diagnosis


@cache
def all_diagnoses() -> tuple[Diagnosis, ...]:
    """Every card, by id. A module without a DIAGNOSIS fails here, at start, and not in silence."""
    modules = sorted(module.name for module in iter_modules(diagnoses.__path__))
    return tuple(import_module(f"{diagnoses.__name__}.{name}").DIAGNOSIS for name in modules)
