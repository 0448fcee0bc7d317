"""What is built and what is imported: archives, lazy imports, life without extras."""

from __future__ import annotations

import os
import pkgutil
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = str(ROOT / ".dev")

HEAVY = {"asyncio", "ssl", "socket", "http.client", "httpcore", "httptools", "h2", "anyio", "trio", "msgspec"}
HEAVY |= {"pydantic", "certifi", "rich", "concurrent.futures", "multiprocessing", "email", "json", "zlib", "tempfile"}
EXTRAS = {"h2", "socksio", "brotli", "brotlicffi", "zstandard", "backports.zstd", "trio", "pycurl", "pydantic"}
EXTRAS |= {
    "orjson",
    "yaml",
    "cbor2",
    "rich",
    "opentelemetry",
    "publicsuffixlist",
    "redis",
    "distributed",
    "attr",
    "attrs",
}
EXTRAS |= {"uvloop", "websockets", "wsproto", "typing_extensions", "sniffio"}
BLOCK = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r}))\n"


def python(code: str, packages: str = PACKAGES) -> str:
    """Run code in a fresh interpreter, warnings being errors, and return what it printed."""
    environment = {**os.environ, "PYTHONPATH": packages}
    environment.pop("COVERAGE_PROCESS_START", None)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=environment, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a wheel or an sdist of a source folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=source)
    assert done.returncode == 0, done.stderr
    (built,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of this checkout."""
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


def modules(folder: Path) -> set[str]:
    """Return the files of a package folder that belong in a wheel."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {f"duohttp/{path.as_posix()}" for path in files if "__pycache__" not in path.parts}


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == modules(ROOT / "src")
    assert {"duohttp/py.typed", "duohttp/_async/client.py", "duohttp/_sync/client.py"} < names


def test_wheel_runs_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    where = python("import duohttp; duohttp.Client().close(); print(duohttp.__file__)", str(tmp_path))
    assert where == str(tmp_path / "duohttp" / "__init__.py")


def test_the_public_suffix_list_goes_along_and_is_read_from_archives_too(wheel: Path) -> None:
    name = "duohttp/rules/public_suffix_list.dat"
    data = zipfile.ZipFile(wheel).read(name)
    assert data.startswith(b"// This Source Code Form is subject to the terms of the Mozilla Public\n")
    code = BLOCK + (
        "import duohttp.rules.public_suffix as module\n"
        "assert module.is_public_suffix('ide.kyoto.jp') and not module.is_public_suffix('example.com')\n"
        "print(module.bundled_public_suffixes.cache_info().currsize, module.__file__)"
    )
    assert python(code, str(wheel)).startswith(f"1 {wheel}")


def test_metadata(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(archive.read(name).decode())
    assert metadata["Name"] == "duohttp"
    assert metadata["License-Expression"] == "Apache-2.0 AND MPL-2.0"
    assert metadata["Version"] == python("import duohttp; print(duohttp.__version__)")
    names = archive.namelist()
    assert all(any(name.endswith(f"/licenses/{text}") for name in names) for text in ("LICENSE", "NOTICE"))


def test_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    again = build("wheel", unpacked, tmp_path / "again")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())
    for name in ("tests/_async", "tests/_sync", "scripts/generate_sync.py", "README.md", "CHANGELOG.md"):
        assert (unpacked / name).exists(), name
    assert not (unpacked / ".venv").exists()
    shutil.rmtree(unpacked)


def test_importing_loads_nothing_heavy() -> None:
    bare = set(python("import sys; print(*sys.modules)").split())
    loaded = set(python("import sys, duohttp; print(*sys.modules)").split()) - bare
    assert {name for name in loaded if name.startswith("duohttp")} == {"duohttp"}
    assert not loaded & HEAVY


def test_a_client_loads_nothing_heavy() -> None:
    code = "import sys, duohttp; client = duohttp.Client(); print(*sys.modules)"
    bare = set(python("import sys; print(*sys.modules)").split())
    loaded = set(python(code).split()) - bare
    assert "duohttp._sync.client" in loaded
    assert not {name for name in loaded if name.startswith("duohttp._async")}
    heavy = {
        "asyncio",
        "ssl",
        "httpcore",
        "msgspec",
        "anyio",
        "pydantic",
        "trio",
        "h2",
        "certifi",
        "concurrent.futures",
        "dataclasses",
        "hashlib",
        "inspect",
    }
    assert not loaded & heavy


def test_every_public_name_without_extras() -> None:
    code = BLOCK + (
        "import duohttp\n"
        "for name in duohttp.__all__: getattr(duohttp, name)\n"
        "duohttp.Client().close()\n"
        "duohttp.AsyncClient()\n"
        "print(len(duohttp.__all__))"
    )
    assert int(python(code)) > 60


def test_public_names_are_the_same_for_users_and_for_type_checkers() -> None:
    import ast

    import duohttp

    tree = ast.parse((ROOT / "src" / "__init__.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1]
    typed = {alias.asname for node in imports for alias in node.names}
    assert typed | {"__version__"} == set(duohttp.__all__)
    assert set(dir(duohttp)) == set(duohttp.__all__)


def test_unknown_name() -> None:
    import duohttp

    with pytest.raises(AttributeError, match="module 'duohttp' has no attribute 'Klient'"):
        duohttp.Klient  # noqa: B018  # type: ignore[attr-defined]


def test_no_module_hides_one_of_the_standard_library_by_accident() -> None:
    # Imports inside the package are relative, so a rules/caching.py is fine; a top-level json.py would not be.
    ours = {module.name for module in pkgutil.iter_modules([str(ROOT / "src")])}
    assert not ours & (set(sys.stdlib_module_names) - {"__main__"})


def test_rings_import_in_one_direction() -> None:
    import ast

    ring_3_only = {"asyncio", "anyio", "trio", "threading", "socket", "time", "queue", "select", "selectors"}
    wrong = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        parts = path.relative_to(ROOT / "src").parts
        ring_3 = parts[0] in ("_apps", "_concurrency", "_files", "_network")
        ring_2 = parts[0] in ("_async", "_sync")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                outside = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                outside = {(node.module or "").partition(".")[0]}
            else:
                outside = set()
            if not ring_3 and outside & ring_3_only:
                wrong.append(f"{'/'.join(parts)}:{node.lineno} imports {outside}")  # type: ignore[attr-defined]
            if isinstance(node, ast.ImportFrom) and node.level and len(parts) > 1 and not ring_2:
                target = (parts[: len(parts) - node.level] + tuple((node.module or "").split(".")))[:1]
                if target and target[0] in ("_async", "_sync"):
                    wrong.append(f"{'/'.join(parts)}:{node.lineno} imports ring 2")
    assert wrong == []
