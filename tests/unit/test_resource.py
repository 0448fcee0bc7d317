"""Resources: what urls their objects stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from duohttp import InvalidURL, href, resource
from duohttp.values.resource import template_of


@resource("/articles")
class Articles:
    sort: str | None = "new"


@resource("{id}")
class Article:
    id: int | str | None
    parent: Articles = Articles()


@resource("edit")
class Edit:
    parent: Article
    draft: bool = False


@resource("/files/{folder?}/{rest...}")
@dataclass
class Files:
    rest: list[str] | str
    folder: str | None = None
    tags: list[str] = field(default_factory=list)
    since: int | None = field(default=None, metadata={"name": "from"})


@resource("")
class Root:
    page: int | None = None


@pytest.mark.parametrize(
    ("value", "url", "template"),
    [
        (Articles(), "/articles?sort=new", "/articles"),
        (Articles(sort=None), "/articles", "/articles"),
        (Article(12), "/articles/12?sort=new", "/articles/{id}"),
        (Article("a/b ä?", Articles(None)), "/articles/a%2Fb%20%C3%A4%3F", "/articles/{id}"),
        (Edit(Article(1), draft=True), "/articles/1/edit?sort=new&draft=true", "/articles/{id}/edit"),
        (Files("a/b c"), "/files/a/b%20c", "/files/{folder?}/{rest...}"),
        (Files(["a/b", "c"], "x y"), "/files/x%20y/a%2Fb/c", "/files/{folder?}/{rest...}"),
        (Files([], tags=["1", "2"], since=3), "/files?tags=1&tags=2&from=3", "/files/{folder?}/{rest...}"),
        (Root(2), "?page=2", ""),
    ],
)
def test_urls(value: object, url: str, template: str) -> None:
    assert href(value) == url
    assert template_of(value) == template


@pytest.mark.parametrize("value", [Article(None), Article(""), Article(".."), Files("a/../b"), Files([".."])])
def test_values_that_would_make_another_path(value: object) -> None:
    with pytest.raises(InvalidURL):
        href(value)


def test_objects_are_frozen_and_compare() -> None:
    assert Article(1) == Article(1)
    assert len({Article(1), Article(1)}) == 1
    with pytest.raises(AttributeError):
        Article(1).id = 2  # type: ignore[misc]


def test_what_is_no_resource() -> None:
    with pytest.raises(ValueError, match="brace"):
        resource("/a/{b")
    with pytest.raises(ValueError, match="end"):
        resource("/a/{b...}/c")
    wrong: Any = type("Wrong", (), {})
    with pytest.raises(TypeError, match="'b'"):
        resource("/a/{b}")(wrong)
    with pytest.raises(TypeError, match="@resource"):
        href("/a")
    two: Any = resource("/two")(type("Two", (), {"__annotations__": {"a": Any, "b": Any}}))
    with pytest.raises(InvalidURL, match="two resources"):
        href(two(Articles(), Articles()))
