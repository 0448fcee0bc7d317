"""URI templates: the examples of the RFC, and what a url must not become."""

from __future__ import annotations

import json
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from duohttp import InvalidURL
from duohttp.rules.uri_template import expand, expand_path

FILE = Path(__file__).parents[2].parent / "shared" / "vectors" / "uritemplate-spec-examples.json"
LEVELS: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}


@pytest.mark.skipif(not LEVELS, reason="the public vectors are not here")
def test_public_vectors() -> None:
    count = 0
    for name, level in LEVELS.items():
        for template, expected in level["testcases"]:
            accepted = [expected] if isinstance(expected, str) else expected
            assert expand(template, level["variables"]) in accepted, (name, template)
            count += 1
    assert count == 64


class Color(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{none}{?none}{&missing}{#empty_list}{empty_map}", ""),
        ("{?yes,count,when,color,price}", "?yes=true&count=3&when=2026-01-02&color=red&price=1.5"),
        ("/{text}{?text}", "/%C3%A4%2F%3F%23%25?text=%C3%A4%2F%3F%23%25"),
        ("/{+text}", "/%C3%A4/?#%25"),
        ("/{+done}{#done}", "/%20%25x#%20%25x"),
        ("{+text:1}{text:2}", "%C3%A4%C3%A4%2F"),
        ("/ä b/{count}", "/%C3%A4%20b/3"),
        ("{?list*}{&list}", "?list=a&list=b%2Cc&list=&list=a,b%2Cc,"),
        ("{;map*}{?map}", ";k=v;l?map=k,v,l,"),
        ("{a.b}{?a.b}", "dotted?a.b=dotted"),
    ],
)
def test_values(template: str, expected: str) -> None:
    values = {
        "none": None,
        "empty_list": [],
        "empty_map": {},
        "yes": True,
        "count": 3,
        "when": date(2026, 1, 2),
        "color": Color.RED,
        "price": 1.5,
        "text": "ä/?#%",
        "done": "%20%x",
        "list": ["a", "b,c", ""],
        "map": {"k": "v", "l": ""},
        "a.b": "dotted",
    }
    assert expand(template, values) == expected


@pytest.mark.parametrize(
    "template", ["{", "}", "a{b", "{}", "{a,}", "{a b}", "{!a}", "{a:0}", "{a:x}", "{a**}", "{{a}}"]
)
def test_bad_templates(template: str) -> None:
    with pytest.raises(InvalidURL, match="template"):
        expand(template, {"a": "b"})


@pytest.mark.parametrize("value", [b"bytes", ["a", ["b"]], {"a": {}}, {"a": [1]}, "\ud800"])
def test_bad_values(value: object) -> None:
    with pytest.raises(InvalidURL):
        expand("{?a}", {"a": value})
    with pytest.raises(InvalidURL, match="begin of a text"):
        expand("{a:3}", {"a": ["x"]})


def test_a_url_needs_what_its_path_names() -> None:
    assert expand_path("/users/{id}{/part}{?q}", {"id": 7}) == "/users/7"
    with pytest.raises(InvalidURL, match="'id'"):
        expand_path("/users/{id}", {})
    with pytest.raises(InvalidURL, match="'id'"):
        expand_path("/users/{+id}", {"id": None})


@pytest.mark.parametrize("value", ["..", "."])
def test_values_do_not_lead_elsewhere(value: str) -> None:
    for template in ("/users/{id}", "/users/{id}/x{?q}", "/users{/id}", "/users/{+id}"):
        with pytest.raises(InvalidURL, match=r"'\.\.'"):
            expand_path(template, {"id": value})
    with pytest.raises(InvalidURL):
        expand_path("/users/{+id}", {"id": "a/%2e%2E/b"})
    assert expand_path("/../users/{id}{?q}", {"id": "..a", "q": "/../x"}) == "/../users/..a?q=%2F..%2Fx"
