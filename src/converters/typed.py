"""How a type is made from plain data: by msgspec, or by pydantic where one of its models is involved."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, get_args, get_origin

from yarl import URL

from ..exceptions import DecodingError
from .explain import describe
from .fields import is_record, wire_fields
from .kinds import is_model_class, is_union, mentions_model, type_name

__all__ = ["DecHook", "Recipe", "text_classes"]

DecHook: TypeAlias = Callable[[Any, Any], Any]


@cache
def text_classes() -> tuple[type, ...]:
    """Return the classes beyond msgspec's own that travel as strings."""
    import ipaddress as ip
    from pathlib import PurePath

    v4 = (ip.IPv4Address, ip.IPv4Interface, ip.IPv4Network)
    return (URL, PurePath, *v4, ip.IPv6Address, ip.IPv6Interface, ip.IPv6Network)


class Recipe:
    """How values of one type are made.

    Either ``adapter`` is pydantic's TypeAdapter for the whole type, or ``type`` and ``dec_hook`` are for msgspec.
    Raises DecodingError when neither can make the type.
    """

    __slots__ = ("adapter", "dec_hook", "into", "strict", "type")

    def __init__(self, into: Any, dec_hook: DecHook | None = None, *, strict: bool = True) -> None:
        self.into = into
        self.strict = strict
        self.adapter: Any = None
        self.type: Any = into
        self.dec_hook: DecHook = _Hook(dec_hook, strict)
        if mentions_model(into) and self._adapt() is None:
            return
        reason = _refused(into)
        if reason is None:
            if dec_hook is None and _is_foreign(into):
                advice = "make it a dataclass, TypedDict, NamedTuple, Struct or model, or give the converter a dec_hook"
                raise DecodingError(f"{type_name(into)} is no type a body can be decoded as: {advice}")
            return
        self.type = _split_unions(into, dec_hook, strict)
        if _refused(self.type) is None:
            return
        if self._adapt() is None:
            return
        raise DecodingError(f"{type_name(into)} is no type a body can be decoded as: {reason}") from reason

    def _adapt(self) -> Exception | None:
        """Let pydantic make the whole type, or return why it can't."""
        try:
            from pydantic import TypeAdapter

            adapter: Any = TypeAdapter(self.into)
            if not getattr(adapter, "pydantic_complete", True):
                adapter.rebuild(raise_errors=True)
        except Exception as error:  # pydantic absent, or any of its errors about a type it doesn't know
            return error
        self.adapter = adapter
        return None

    def convert(self, *, str_keys: bool = True) -> Callable[[Any], Any]:
        """Return the function from plain data (dict, list, str …) to the type; it raises ValueErrors.

        ``str_keys``: keys of mappings come as strings, also where the type has numbers.
        """
        if self.adapter is not None:
            validate: Callable[[Any], Any] = self.adapter.validate_python
            return validate
        if self.type is Any or self.type is object:
            return _as_is
        import msgspec

        return partial(msgspec.convert, type=self.type, strict=self.strict, dec_hook=self.dec_hook, str_keys=str_keys)


def _as_is(value: Any) -> Any:
    return value


def _refused(into: Any) -> Exception | None:
    """Return why msgspec can't make the type, or None if it can."""
    import msgspec

    try:
        msgspec.json.Decoder(into)
    except Exception as error:  # also NameError and the like, from annotations that can't be resolved
        return error
    return None


class _Hook:
    """msgspec's dec_hook: makes what msgspec does not know, the user's own hook first."""

    __slots__ = ("_adapters", "_strict", "_user")

    def __init__(self, user: DecHook | None, strict: bool) -> None:
        self._user = user
        self._strict = strict
        self._adapters: dict[Any, Any] = {}

    def __call__(self, kind: Any, value: Any) -> Any:
        if self._user is not None:
            try:
                return self._user(kind, value)
            except NotImplementedError:
                pass
        actual = get_origin(kind) or kind
        if not isinstance(actual, type):
            raise ValueError(f"`{type_name(kind)}` is no type that can be decoded")
        if issubclass(actual, _Choice):
            return actual.choose(value)
        if is_model_class(actual) or (hasattr(actual, "__get_pydantic_core_schema__") and actual is not URL):
            return self._validate(kind, value)
        if isinstance(value, str) and issubclass(actual, text_classes()):
            make: Callable[[str], Any] = actual
            return make(value)
        if isinstance(value, actual):
            return value
        raise ValueError(f"Expected `{type_name(kind)}`, got `{type(value).__name__}`")

    def _validate(self, kind: Any, value: Any) -> Any:
        adapter = self._adapters.get(kind)
        if adapter is None:
            from pydantic import TypeAdapter

            adapter = self._adapters[kind] = TypeAdapter(kind)
        try:
            return adapter.validate_python(value)
        except ValueError as error:
            raise ValueError(describe(error)) from error


# msgspec refuses a union of several classes that look alike in JSON, unless they are tagged Structs. Each such union
# is replaced by a class of its own, which the hook makes by trying the members.


def _is_foreign(into: Any) -> bool:
    """Whether this is a class that nobody here can make; msgspec would only find that out with each body."""
    if not isinstance(into, type) or into is object or is_record(into) or issubclass(into, text_classes()):
        return False
    import msgspec

    is_custom = isinstance(msgspec.inspect.type_info(into), msgspec.inspect.CustomType)
    return is_custom and not hasattr(into, "__get_pydantic_core_schema__")


class _AnyInstance(type):
    """msgspec asks whether what the hook made is an instance of the class it stands for; it always is."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return True


class _Choice(metaclass=_AnyInstance):
    """Stands for a union of classes whose members are told apart by trying."""

    members: ClassVar[tuple[Any, ...]]
    makers: ClassVar[tuple[Callable[[Any], Any], ...]]
    keys: ClassVar[tuple[frozenset[str], ...]]

    @classmethod
    def choose(cls, value: Any) -> Any:
        """Return the member that fits and knows most of the keys; the first of equals."""
        best: tuple[int, Any] | None = None
        failures: list[str] = []
        for member, make, keys in zip(cls.members, cls.makers, cls.keys, strict=True):
            try:
                made = make(value)
            except ValueError as error:
                failures.append(f"{type_name(member)}: {describe(error)}")
                continue
            score = len(keys & value.keys()) if isinstance(value, dict) else 0
            if best is None or score > best[0]:
                best = (score, made)
        if best is None:
            names = " | ".join(map(type_name, cls.members))
            raise ValueError(f"Expected one of {names} ({'; '.join(failures)})")
        return best[1]


def _split_unions(into: Any, dec_hook: DecHook | None, strict: bool) -> Any:
    """Return the type with each union that msgspec refuses replaced; fields of classes are left as they are."""
    origin, args = get_origin(into), get_args(into)
    if not args or origin is Literal:
        return into
    if origin is Annotated:
        return Annotated[(_split_unions(args[0], dec_hook, strict), *args[1:])]
    if is_union(into):
        if _refused(into) is None:
            return into
        members = tuple(member for member in args if member is not NoneType)
        makers = tuple(Recipe(member, dec_hook, strict=strict).convert() for member in members)
        keys = tuple(frozenset(wire_fields(member) or ()) for member in members)
        choice = _AnyInstance("Choice", (_Choice,), {"members": members, "makers": makers, "keys": keys})
        return choice | None if NoneType in args else choice
    try:
        return origin[tuple(_split_unions(arg, dec_hook, strict) for arg in args)]
    except TypeError:
        return into
