"""The Link header."""

from __future__ import annotations

import time

import pytest
from yarl import URL

from duohttp.rules.links import parse_links

BASE = URL("https://api.example/items?page=2")


def links(*values: str) -> dict[str, dict[str, str]]:
    return parse_links(list(values), BASE)


def test_targets_are_resolved_and_found_by_relation() -> None:
    assert links('<https://api.example/items?page=3>; rel="next", </items?page=1>; rel=prev; title="the first"') == {
        "next": {"url": "https://api.example/items?page=3", "rel": "next"},
        "prev": {"url": "https://api.example/items?page=1", "rel": "prev", "title": "the first"},
    }


@pytest.mark.parametrize(
    ("value", "key", "url"),
    [
        ("<?page=3>; rel=next", "next", "https://api.example/items?page=3"),
        ("<>; rel=self", "self", "https://api.example/items?page=2"),
        ("<other>; rel=Next", "next", "https://api.example/other"),
        ("<//cdn.example/x>;rel=preload;as=style", "preload", "https://cdn.example/x"),
        ("  ,, </a> ; rel = next ", "next", "https://api.example/a"),
        ('</a,b;c>; title="x, <y>; rel=no"; rel=next', "next", "https://api.example/a,b;c"),
        (r'</a>; title="say \"hi\", you"; rel="next"', "next", "https://api.example/a"),
        ('</a>; rel="next', "next", "https://api.example/a"),
        ("</a>; rel=next; rel=prev", "next", "https://api.example/a"),
        ("</a>; ; crossorigin; rel=next", "next", "https://api.example/a"),
        ("</a>; rel=https://example.com/Rel", "https://example.com/rel", "https://api.example/a"),
        ("rubbish </a>; rel=next", "next", "https://api.example/a"),
        ('</a>; rel=next "rubbish", </b>; rel=last', "last", "https://api.example/b"),
    ],
)
def test_shapes_that_servers_send(value: str, key: str, url: str) -> None:
    assert links(value)[key]["url"] == url


def test_a_link_of_several_relations_is_found_under_each() -> None:
    found = links('</a>; rel="next Last"')
    assert found["next"] == found["last"] == {"url": "https://api.example/a", "rel": "next Last"}


def test_several_headers_are_one_list_and_the_last_of_a_relation_stands() -> None:
    assert links("</a>; rel=next", "</b>; rel=next")["next"]["url"] == "https://api.example/b"
    assert set(links("</a>; rel=next", "</b>; rel=last")) == {"next", "last"}


def test_a_link_without_relation_is_keyed_by_its_url() -> None:
    assert links("</A>; title=x") == {"https://api.example/A": {"url": "https://api.example/A", "title": "x"}}


def test_extended_parameters_win_rfc_8187() -> None:
    assert links("</a>; rel=next; title*=UTF-8'de'n%c3%a4chste; title=naechste")["next"]["title"] == "nächste"
    assert links("</a>; rel=next; title*=iso-8859-1''n%e4chste")["next"]["title"] == "nächste"
    assert links("</a>; rel=next; title*=klingon''x; title=y")["next"]["title"] == "y"
    assert links("</a>; rel*=UTF-8''next; rel=last").keys() == {"last"}
    assert (
        links("</a>; rel=next; url=https://evil.example/; url*=UTF-8''evil")["next"]["url"] == "https://api.example/a"
    )


def test_a_link_of_another_context_is_left_out_rfc_8288_section_3_2() -> None:
    assert links('</a>; rel=next; anchor="/elsewhere"') == {}
    assert links('</a>; rel=next; anchor=""')["next"]["url"] == "https://api.example/a"


@pytest.mark.parametrize(
    "value", ["", ",", "<", "<a", "a>; rel=next", "<http://[bad>; rel=next", "<//h:99999/>; rel=x"]
)
def test_what_is_no_link_is_left_out(value: str) -> None:
    assert links(value) == {}


@pytest.mark.parametrize(
    "unit", ["<", "<>", "<>,", ",", ";", '"', "\\", " ", "<a>;", '<a>;b="', "<>;rel=a ", "=", "a,<b>;"]
)
def test_a_megabyte_of_anything_costs_linear_time(unit: str) -> None:
    start = time.process_time()
    links(unit * (1_000_000 // len(unit)), '<a>; rel="' + unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 5


def test_the_number_of_links_is_bounded() -> None:
    assert len(links(",".join(f"</{number}>" for number in range(10_500)))) == 10_000
