"""YAML."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any, ClassVar

from ..exceptions import MissingExtra
from .converter import DataConverter
from .shared import refuse_bombs

__all__ = ["YamlConverter"]


class YamlConverter(DataConverter):
    """YAML 1.1 (RFC 9512), by PyYAML's safe loader. Options as in DataConverter.

    A document whose aliases blow it up beyond a million values, or refer to themselves, is refused. Raises
    MissingExtra where PyYAML is not installed.
    """

    media_types: ClassVar[tuple[str, ...]] = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
    name: ClassVar[str] = "YAML"
    str_keys: ClassVar[bool] = False
    builtin_types: ClassVar[tuple[type, ...]] = (dt.datetime, dt.date)

    def loads(self, data: bytes) -> Any:
        """Parse YAML. Raises ValueError."""
        yaml = _yaml()
        try:
            value = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
            raise ValueError(f"{getattr(error, 'problem', None) or 'it does not parse'}{where}") from error
        if b"*" in data:
            refuse_bombs(value)
        return value

    def dumps(self, value: Any) -> bytes:
        """Write YAML in block style, keys in their order."""
        yaml = _yaml()
        dump = partial(yaml.dump, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
        written: bytes = dump(value, allow_unicode=True, sort_keys=False, encoding="utf-8")
        return written


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        raise MissingExtra("YAML needs PyYAML; install duohttp[yaml]") from None
    return yaml
