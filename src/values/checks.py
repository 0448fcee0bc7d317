"""Options of the wrong type: what an option takes is read from the annotation that it has anyway."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FunctionType, NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

from yarl import URL

from .unset import Unset

if TYPE_CHECKING:
    from .value import Value

__all__ = ["Kind", "check_each", "check_fields", "check_options", "read_types"]

Test: TypeAlias = "tuple[Callable[[Any], bool], str]"
Kind: TypeAlias = "tuple[frozenset[type], tuple[Test, ...]]"


def _is_collection(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, (str, bytes))


def _is_url(value: Any) -> bool:
    if isinstance(value, (str, URL)):
        return True
    from .resource import is_resource

    return is_resource(value)


_TESTS: dict[str, Test] = {
    "None": (lambda value: value is None, "None"),
    "Unset": (lambda value: isinstance(value, Unset), ""),
    "bool": (lambda value: isinstance(value, bool), "True or False"),
    "int": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "float": (lambda value: isinstance(value, (int, float)) and not isinstance(value, bool), "a number"),
    "str": (lambda value: isinstance(value, str), "a str"),
    "bytes": (lambda value: isinstance(value, bytes), "bytes"),
    "tuple": (lambda value: isinstance(value, tuple), "a tuple"),
    "Callable": (callable, "a function"),
    "URL": (lambda value: isinstance(value, URL), "a yarl.URL"),
    "URLTypes": (_is_url, "a url (a str, a yarl.URL or an object of a @resource class)"),
    "HeaderTypes": (_is_collection, "a mapping, or pairs of name and value"),
    "ParamTypes": (lambda value: value is None or hasattr(value, "__iter__"), "a mapping, pairs, a str or None"),
    "PathLike": (lambda value: hasattr(value, "__fspath__"), "a path"),
    "TextIO": (lambda value: hasattr(value, "write"), "a file to write text to"),
    "Mapping": (lambda value: isinstance(value, Mapping), "a mapping"),
    "Iterable": (_is_collection, "a collection"),
    "Collection": (_is_collection, "a collection"),
    "Sequence": (_is_collection, "a collection"),
}
_OPEN = frozenset({"Any", "object", "CertTypes", "PinTypes", "VerifyTypes"})
"""Anything, and what is checked where it is put into one form."""
_PLAIN: dict[str, type] = {
    "None": NoneType,
    "": Unset,
    "True or False": bool,
    "a whole number": int,
    "a number": float,
    "a str": str,
    "bytes": bytes,
    "a tuple": tuple,
    "a function": FunctionType,
    "a collection": list,
    "a mapping": dict,
}
_TAKES: dict[Any, dict[str, Kind]] = {}


def check_options(owner: Any, given: Mapping[str, Any]) -> None:
    """Raise TypeError for an option that is not what ``owner``, a class or a method, is annotated with.

    ``given`` is ``locals()`` at the beginning of the constructor, or of the method, of which only what is given by
    name is looked at. Annotations that tell too little (``Any``, names of protocols) are left to the function itself.
    Values are not shown, as they may be secrets.
    """
    takes = _TAKES.get(owner)
    if takes is None:
        is_class = isinstance(owner, type)
        make: Any = owner.__init__ if is_class else owner
        code, annotations = make.__code__, make.__annotations__
        end = code.co_argcount + code.co_kwonlyargcount  # behind it are *args and **kwargs
        names = code.co_varnames[1 if is_class else code.co_argcount : end]
        takes = _TAKES[owner] = read_types(owner.__module__, {name: annotations[name] for name in names})
    check_each(owner.__name__ if isinstance(owner, type) else f"{owner.__name__}()", takes, given)


def check_fields(owner: type[Value], given: Mapping[str, Any]) -> None:
    """Raise TypeError for a field that is not what the class is annotated with; otherwise as check_options."""
    given = {name: value for name, value in given.items() if value is not getattr(owner, name, given)}
    if not given:  # all as by default, as most are: no annotation is read for that
        return
    takes = _TAKES.get(owner)
    if takes is None:
        takes = _TAKES[owner] = {}
        for kind in owner.__mro__[:-2]:
            takes.update(read_types(kind.__module__, kind.__annotations__))
    check_each(owner.shown_as or owner.__name__, takes, given)


def check_each(owner: str, takes: Mapping[str, Kind], given: Mapping[str, Any]) -> None:
    """Raise TypeError for one of the options ``given`` that is not as it should; ``owner`` is named in the error."""
    for name, value in given.items():
        if name in takes:
            types, tests = takes[name]
            if type(value) not in types and not any(test(value) for test, _ in tests):
                raise TypeError(f"{name} of {owner} is {_words(tests)}, not {_shown(value, tests)}")


def read_types(module: str, annotations: Mapping[str, str]) -> dict[str, Kind]:
    """Return what each option takes, of those whose annotations tell it."""
    read = {name: tuple(_read(annotation, vars(sys.modules[module]))) for name, annotation in annotations.items()}
    return {name: (_plain(tests), tests) for name, tests in read.items() if tests}


def _plain(tests: tuple[Test, ...]) -> frozenset[type]:
    """Return the types whose objects all pass: that is quickly told, and loads no class for an option not given."""
    return frozenset(_PLAIN[word] for _, word in tests if word in _PLAIN)


def _read(annotation: str, names: Mapping[str, Any]) -> list[Test]:
    """Return a test for each alternative of an annotation; none where one of them can't be told."""
    tests: list[Test] = []
    for part in _alternatives(annotation.strip("\"'")):
        found = _tests_of(part, names)
        if not found:
            return []
        tests += found
    return tests


def _alternatives(annotation: str) -> list[str]:
    parts, depth = [""], 0
    for char in annotation:
        depth += (char in "[(") - (char in "])")
        if char == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def _tests_of(part: str, names: Mapping[str, Any]) -> list[Test]:
    name, _, inside = part.partition("[")
    name = name.rpartition(".")[2]
    if name in _TESTS:
        return [_TESTS[name]]
    if name == "Literal":
        from ast import literal_eval

        values = literal_eval(f"({inside.rstrip(']')},)")
        kinds = tuple({type(value) for value in values})
        # Whether it is one of the values is what the constructor checks.
        return [(lambda value: isinstance(value, kinds), " or ".join(map(repr, values)))]
    if name in _OPEN:
        return []
    found = names.get(name)
    if found is None:
        return _public(name)
    if isinstance(found, type):
        return [] if getattr(found, "_is_protocol", False) else [(lambda value: isinstance(value, found), _word(name))]
    alias = found if isinstance(found, str) else repr(found)
    return _read(alias, names) if isinstance(found, str) or "[" in alias or "|" in alias else []


def _public(name: str) -> list[Test]:
    """Return the test for a class of this package that the module imports for annotations alone."""
    package = sys.modules[__name__.partition(".")[0]]
    if name not in package.__all__:
        return []
    return [(lambda value: isinstance(value, getattr(package, name)), _word(name))]


def _word(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _words(tests: tuple[Test, ...]) -> str:
    words = list(dict.fromkeys(word for _, word in tests if word))
    words.sort(key="None".__eq__)
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _shown(value: Any, tests: tuple[Test, ...]) -> str:
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}; make an object of it: add ()"
    takes_many = any(word == "a collection" for _, word in tests)
    hint = "; put it into a list" if takes_many and isinstance(value, (str, bytes, int)) else ""
    return f"{type(value).__name__}{hint}"
