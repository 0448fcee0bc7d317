"""Typed bodies: from bytes to objects and back."""

from __future__ import annotations

from .converter import Converter, DataConverter
from .json_converter import JsonConverter
from .registry import DEFAULT_CONVERTERS, Converters

__all__ = ["DEFAULT_CONVERTERS", "Converter", "Converters", "DataConverter", "JsonConverter"]
