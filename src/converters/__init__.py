"""Typed bodies: from bytes to objects and back."""

from __future__ import annotations

from .cbor_converter import CborConverter
from .converter import Converter, DataConverter
from .form_converter import FormConverter
from .json_converter import JsonConverter
from .msgpack_converter import MsgpackConverter
from .registry import DEFAULT_CONVERTERS, Converters
from .xml_converter import XmlConverter
from .yaml_converter import YamlConverter

__all__ = [
    "DEFAULT_CONVERTERS",
    "CborConverter",
    "Converter",
    "Converters",
    "DataConverter",
    "FormConverter",
    "JsonConverter",
    "MsgpackConverter",
    "XmlConverter",
    "YamlConverter",
]
