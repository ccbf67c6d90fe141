"""QTI 2.1 and 3.0: a package with a file for each item, a test over them, and a manifest.

After IMS Content Packaging 1.1.4 as QTI profiles it. What items lack stands in comments.
"""

import io
import json
import posixpath
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Callable, Iterator

import msgspec

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.exchange.carried import assembled, head_of
from kmslab.quiz.exchange.comments import comment, of_comment, parsed
from kmslab.quiz.exchange.plain import Plain, items_of
from kmslab.quiz.exchange.qti import assessment, el
from kmslab.quiz.exchange.qti_back import question
from kmslab.quiz.exchange.qti_spelling import bare, spelled
from kmslab.quiz.exchange.rest import rest

Node = ET.Element
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of a zip: the same quiz makes the same bytes
MAX_BYTES = 20_000_000  # of a package, unpacked
MANIFEST = "imsmanifest.xml"


class Version(msgspec.Struct, frozen=True):
    """What differs between the versions of QTI, beyond what `spell` does."""

    items: str
    package: str
    schema: str
    number: str
    kind: str
    spell: Callable[[Node], Node]


V21 = Version(
    items="http://www.imsglobal.org/xsd/imsqti_v2p1",
    package="http://www.imsglobal.org/xsd/imscp_v1p1",
    schema="QTIv2.1 Package",
    number="1.0.0",
    kind="imsqti_{}_xmlv2p1",
    spell=lambda node: node,
)
V30 = Version(
    items="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    package="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    schema="QTI Package",
    number="3.0.0",
    kind="imsqti_{}_xmlv3p0",
    spell=spelled,
)


def write21(quiz: Quiz) -> bytes:
    """Return a package of QTI 2.1."""
    return write(quiz, V21)


def write30(quiz: Quiz) -> bytes:
    """Return a package of QTI 3.0."""
    return write(quiz, V30)


def write(quiz: Quiz, version: Version) -> bytes:
    """Return the package as a zip file; a task, which needs a world, is in a comment alone."""
    unasked = _unasked(quiz)
    quiz = quiz.worldless()
    files = {MANIFEST: _manifest(quiz, version, unasked), "test.xml": _spaced(_test(quiz), version)}
    for (_, item, case), whole in zip(quiz.placed(), items_of(quiz), strict=True):
        root = assessment(item, case)
        seen = question(ET.fromstring(ET.tostring(root, encoding="utf-8")))  # noqa: S314 - our own  # nosec
        told = json.dumps(rest(whole, seen), ensure_ascii=False)
        root.insert(0, comment("item", told))
        files[f"items/{item.id}.xml"] = _spaced(root, version)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, root in files.items():
            raw = ET.tostring(root, encoding="utf-8", xml_declaration=True)
            package.writestr(zipfile.ZipInfo(name, EPOCH), raw)
    return out.getvalue()


def _spaced(root: Node, version: Version) -> Node:
    root = version.spell(root)
    root.attrib = {"xmlns": version.items, **root.attrib}
    return root


def _unasked(quiz: Quiz) -> str:
    """Return what no QTI player asks, by its place among the items."""
    asked = {item.id for item in quiz.worldless().items}
    places = enumerate(zip(quiz.placed(), items_of(quiz), strict=True))
    told = {str(n): whole for n, ((_, item, _), whole) in places if item.id not in asked}
    return json.dumps(told, ensure_ascii=False)


def _manifest(quiz: Quiz, version: Version, unasked: str) -> Node:
    items = [
        _resource(f"item{item.id}", version.kind.format("item"), f"items/{item.id}.xml")
        for item in quiz.items
    ]
    test = _resource("test", version.kind.format("test"), "test.xml")
    test.extend(el("dependency", identifierref=f"item{item.id}") for item in quiz.items)
    return el(
        "manifest",
        comment("quiz", head_of(quiz)),
        comment("unasked", unasked),
        el("metadata", el("schema", version.schema), el("schemaversion", version.number)),
        el("organizations"),
        el("resources", test, *items),
        xmlns=version.package,
        identifier=f"kmslab-{quiz.quiz}",
    )


def _resource(identifier: str, kind: str, href: str) -> Node:
    return el("resource", el("file", href=href), identifier=identifier, type=kind, href=href)


def _test(quiz: Quiz) -> Node:
    refs = [
        el("assessmentItemRef", identifier=f"item{item.id}", href=f"items/{item.id}.xml")
        for item in quiz.items
    ]
    section = el("assessmentSection", *refs, identifier="all", title=quiz.title, visible="true")
    part = el(
        "testPart",
        section,
        identifier="part",
        navigationMode="nonlinear",
        submissionMode="individual",
    )
    return el("assessmentTest", part, identifier=f"kmslab-{quiz.quiz}", title=quiz.title)


# --------------------------------------------------------------------------------------- back


def read(raw: bytes) -> Quiz:
    """Read a package of either version, ours or another's. Raises: ValueError."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            return _read(package)
    except (zipfile.BadZipFile, zlib.error, KeyError, RuntimeError) as error:
        raise ValueError(f"no package: {error}") from None


def _read(package: zipfile.ZipFile) -> Quiz:
    if sum(info.file_size for info in package.infolist()) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES:,} bytes when unpacked")
    manifest = parsed(package.read(MANIFEST))
    told = dict(map(of_comment, manifest))
    names = list(_items(bare(manifest)))
    if not names:
        raise ValueError("the manifest names no item")
    pairs = []
    for name in names:
        root = parsed(package.read(name))
        lacks: Plain = dict(map(of_comment, root)).get("item", {})
        try:
            pairs.append((question(bare(root)), lacks))
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(f"{name}: {error}") from None
    for place, whole in told.get("unasked", {}).items():
        pairs.insert(int(place), ({}, whole))
    return assembled(told.get("quiz", {}), pairs)


def _items(manifest: Node) -> Iterator[str]:
    for each in manifest.iter("resource"):
        if each.get("type", "").startswith("imsqti_item"):
            yield posixpath.normpath(each.get("href", ""))
