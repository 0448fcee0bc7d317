"""The documentation is true: its code runs, prints what it says it prints, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import duohttp
from scripts import engine_table

from .docs_runner import Block, blocks_of, matches, run_page
from .docs_site.sitecustomize import lookup
from .servers.certificates import Certificates
from .servers.process import ServerProcess

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
COMMANDS = [block for block in BLOCKS if "$ python -m duohttp" in block.text]
LINK = re.compile(r"\[[^]]+\]\(([^)\s]+)\)")

# The files that the pages send.
FILES = {
    "photo.jpg": b"\xff\xd8\xff\xe0 not really a photo",
    "report.csv": b"name,score\nAda,3\n",
    "big.bin": b"x" * 300_000,
}


@pytest.fixture(scope="module")
def api(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The server that is api.example.org for the pages; its ports for http and https."""
    chain_and_key = certificates.issue("docs", "api.example.org", "*.example.org")
    log = tmp_path_factory.mktemp("docs") / "server.log"
    with socket.socket() as http, socket.socket() as https:
        for one in (http, https):
            one.bind(("127.0.0.1", 0))
            one.listen(1024)
        handles = [http.fileno(), https.fileno()]
        chain, key = map(str, chain_and_key)
        command = [sys.executable, "-W", "ignore", "-m", "tests.docs_app", *map(str, handles), key, chain]
        server = ServerProcess("docs server", ["env", "-C", str(ROOT), *command], log, pass_fds=handles)
        try:
            addresses = [http.getsockname(), https.getsockname()]
            assert server.wait_until_accepting(addresses), server.tail()
            yield addresses[0][1], addresses[1][1]
        finally:
            server.stop()


@pytest.fixture
def reader(api: tuple[int, int], certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The world of a reader: api.example.org is there, with a certificate that is trusted, and so are some files."""
    monkeypatch.setattr(socket, "getaddrinfo", lookup(*api, socket.getaddrinfo))
    monkeypatch.setenv("DOCS_PORTS", " ".join(map(str, api)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT / "tests" / "docs_site", ROOT / ".dev"))))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("ca.pem").write_bytes(certificates.ca.read_bytes())
    for name, content in FILES.items():
        Path(name).write_bytes(content)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_code_runs_and_prints_what_the_page_says(page: Path) -> None:
    assert run_page(page) == []


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: block.name)
def test_commands_run_and_print_what_the_page_says(block: Block) -> None:
    for command, output in commands_of(block):
        words = shlex.split(command)
        done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        assert not output or matches(output, done.stdout)


def test_code_that_is_not_run_says_why() -> None:
    reasons = []
    for block in BLOCKS:
        if block.not_run:
            compile(block.text, block.name, "exec")
            reasons.append(f"{block.name}: {block.not_run}")
    if reasons:
        pytest.skip("not run: " + "; ".join(reasons))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        if anchor:
            assert anchor in headings(target), f"{page.name} links to {link}, a heading that is not there"


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert f"(docs/{page.name})" in readme


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_tables_list_only_what_there_is(page: Path) -> None:
    for names in re.findall(r"^\| ((?:`[A-Z]\w+`(?:, )?)+) \|", page.read_text(encoding="utf-8"), re.MULTILINE):
        for name in re.findall(r"\w+", names):
            assert name == name.upper() or name in duohttp.__all__, f"{page.name} lists {name}, which is not there"


def test_the_engine_of_a_page_passes_the_conformance_suite(tmp_path: Path) -> None:
    blocks = blocks_of(ROOT / "docs" / "engine-of-your-own.md")
    code = [block.text for block in blocks if block.language == "python" and "async with AsyncClient" not in block.text]
    (tmp_path / "h11_engine.py").write_text("\n\n".join(code))
    (console,) = (block for block in blocks if block.language == "console")
    command = shlex.split(console.text.removeprefix("$ python "))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *command, "-q", "-p", "no:cacheprovider", "-p", "no:cov"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 100


def test_the_table_of_engines_is_up_to_date() -> None:
    assert engine_table.main(["--check"]) == 0


def commands_of(block: Block) -> list[tuple[str, str]]:
    """Return the commands of a block, those after a ``$``, and what the page says that each prints."""
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


# The runner itself: a check that can't fail is none.


def test_the_runner_finds_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nprint(1 + 1)  # 3\n```\n\n```text\n3\n```\n\n"
        "<!-- not run: it needs a moon -->\n```python\n1 / 0\n```\n\n"
        "```python\nimport asyncio\nawait asyncio.sleep(0)\nprint('as …')  # as it says, …\n"
        "if False:\n    print('never')  # never\nprint(\n    4\n)  # 5\n```\n"
    )
    first, second, third = blocks_of(page)
    assert (first.line, first.output, second.not_run, third.not_run) == (2, "3\n", "it needs a moon", None)
    assert run_page(page) == [
        "line 2 prints '2', the page says '3'",
        "the block at line 2 prints '2\\n', the page says '3\\n'",
        "line 17 prints 'as …', the page says 'as it says, …'",
        "line 20 prints '4', the page says '5'",
        "line 19 prints nothing",
    ]


def test_the_runner_raises_with_the_line_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("A page.\n\n```python\nvalue = 1\nvalue / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as caught:
        run_page(page)
    assert caught.traceback[-1].lineno == 4


def test_an_ellipsis_stands_for_anything() -> None:
    assert matches("a … z", "a b c z")
    assert matches("…", "")
    assert not matches("a … z", "a b c")
    assert not matches("a.c", "abc")
