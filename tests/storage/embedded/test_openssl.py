"""Fetching OpenSSL 1.1: how package sources are rewritten, and a real apt on a repository made here."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from storage.embedded import mongod, openssl
from storage.embedded.openssl import LIBRARIES, PACKAGE, OpensslUnavailable, donor_sources

BOOKWORM = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
JAMMY = {"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_CODENAME": "jammy", "UBUNTU_CODENAME": "jammy"}

DEB822 = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
# another
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""


def test_a_deb822_source_keeps_its_address_and_key() -> None:
    expected = """\
Types: deb
URIs: http://mirror.example/debian
Suites: bullseye
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
    assert list(donor_sources(BOOKWORM, [("debian.sources", DEB822)])) == [(".sources", expected)]


def test_a_key_within_the_source_is_kept_whole() -> None:
    key = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINB\n"
    text = f"Types: deb\nURIs: http://m.example/\nSuites: bookworm\nComponents: main\nSigned-By:{key}"
    [(_, rewritten)] = donor_sources(BOOKWORM, [("a.sources", text)])
    assert rewritten.endswith(key)


@pytest.mark.parametrize(
    "change",
    [
        ("Types: deb deb-src", "Types: deb-src"),
        ("Components: main contrib", "Components: contrib"),
        ("bookworm bookworm-updates", "trixie"),
        ("Types: deb deb-src", "Enabled: no\nTypes: deb"),
    ],
)
def test_other_sources_are_left_out(change: tuple[str, str]) -> None:
    assert list(donor_sources(BOOKWORM, [("debian.sources", DEB822.replace(*change))])) == []


def test_one_line_sources() -> None:
    text = (
        "# deb http://off.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # here\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        "deb http://mirror.example/debian bookworm-updates main\n"
        "deb http://plain.example/debian  bookworm  main\n"
        "deb http://other.example/linux bookworm stable\n"
    )
    assert list(donor_sources(BOOKWORM, [("sources.list", text)])) == [
        (".list", "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bullseye main\n"),
        (".list", "deb http://plain.example/debian bullseye main\n"),
    ]


def test_ubuntu_has_a_donor_of_its_own_and_other_systems_none() -> None:
    line = [("sources.list", "deb http://mirror.example/ubuntu jammy main universe\n")]
    assert list(donor_sources(JAMMY, line)) == [(".list", "deb http://mirror.example/ubuntu focal main\n")]
    assert list(donor_sources({"ID": "fedora", "VERSION_CODENAME": "jammy"}, line)) == []
    assert list(donor_sources({}, line)) == []


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a package repository in a folder, which this machine's release is told to come from."""
    folder = tmp_path / "repository"
    listing = folder / "dists" / "bullseye" / "main" / "binary-amd64"
    listing.mkdir(parents=True)
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    listing = listing.rename(listing.with_name(f"binary-{architecture}"))
    control = (
        f"Package: {PACKAGE}\nVersion: 1.1.1\nArchitecture: {architecture}\nMaintainer: A <a@b.example>\n"
    )
    package = tmp_path / "package"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "DEBIAN" / "control").write_text(f"{control}Description: for a test\n")
    (package / "usr" / "lib" / "any").mkdir(parents=True)
    for name in LIBRARIES:
        (package / "usr" / "lib" / "any" / name).write_text(f"the library {name}")
    subprocess.run(["dpkg-deb", "--build", package, folder / "p.deb"], check=True, capture_output=True)
    data = (folder / "p.deb").read_bytes()
    (listing / "Packages").write_text(
        f"{control}Filename: p.deb\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
    )
    source = f"deb [trusted=yes] file:{folder} bookworm main\n"
    monkeypatch.setattr(openssl, "_os_release", lambda: BOOKWORM)
    monkeypatch.setattr(openssl, "_apt_sources", lambda: [("sources.list", source)])
    return folder


needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="this system has no apt")


@needs_apt
def test_the_libraries_are_fetched_and_nothing_else_is_left(repository: Path, tmp_path: Path) -> None:
    target = tmp_path / "share" / "openssl-1.1"
    openssl.fetch(target)
    assert {file.name: file.read_text() for file in target.iterdir()} == {
        name: f"the library {name}" for name in LIBRARIES
    }
    assert list(target.parent.iterdir()) == [target]


@needs_apt
def test_a_broken_folder_is_replaced(repository: Path, tmp_path: Path) -> None:
    target = tmp_path / "share" / "openssl-1.1"
    target.mkdir(parents=True)
    (target / LIBRARIES[0]).write_text("half")
    openssl.fetch(target)
    assert (target / LIBRARIES[0]).read_text() != "half"


@needs_apt
def test_a_package_that_is_not_what_the_list_says_is_refused(repository: Path, tmp_path: Path) -> None:
    (repository / "p.deb").write_bytes((repository / "p.deb").read_bytes() + b"!")
    target = tmp_path / "share" / "openssl-1.1"
    with pytest.raises(OpensslUnavailable, match="apt-get: E: "):
        openssl.fetch(target)
    assert not target.exists()


@needs_apt
def test_a_source_that_does_not_answer_is_told(repository: Path, tmp_path: Path) -> None:
    shutil.rmtree(repository)
    with pytest.raises(OpensslUnavailable, match=r"could not be fetched: apt-get: .*MADANG_MONGODB_URL"):
        openssl.fetch(tmp_path / "openssl-1.1")


@needs_apt
def test_no_source_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openssl, "_apt_sources", list)
    with pytest.raises(OpensslUnavailable, match="names no source of this release's own packages"):
        openssl.fetch(tmp_path / "openssl-1.1")


def test_a_system_without_apt_is_told_where_to_put_the_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OpensslUnavailable, match=r"no apt-get.*Put libssl\.so\.1\.1 and libcrypto"):
        openssl.fetch(tmp_path / "openssl-1.1")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OpensslUnavailable, match="Not a directory"):
        openssl.fetch(tmp_path / "file" / "share" / "openssl-1.1")


def test_nothing_is_fetched_where_mongod_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")  # any call of apt would fail
    assert openssl.main() == 0


def test_what_openssl_does_not_help_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(mongod, "find_spec", lambda _: None)
    assert openssl.main() == 1
    assert "no `mongod` on the PATH" in capsys.readouterr().err
