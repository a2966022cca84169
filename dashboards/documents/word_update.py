"""Puts new numbers, tables and diagrams into a Word report that people have written in, and tells what changed.

The new report is made whole; what stands in its content controls goes into the controls of the same tags. Whatever stands outside
them is left as it is, and so is a control in which nothing changed.
"""

import copy
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO

from docx.opc.oxml import serialize_part_xml
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml

from dashboards.documents.word_elements import TAG_PREFIX, Element
from dashboards.documents.word_styles import update_fields_on_opening

DOCUMENT, RELATIONS, TYPES = "word/document.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"
SETTINGS, STYLES = "word/settings.xml", "word/styles.xml"

#: How an encrypted file begins: the format of old Office files, in which the encrypted one is wrapped.
_WRAPPED = bytes.fromhex("D0CF11E0A1B11AE1")
#: What a reviewer's changes are in, until somebody accepts or rejects them.
_TRACKED = tuple(
    qn(f"w:{name}")
    for name in (
        "ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange", "tblPrChange", "trPrChange", "tcPrChange", "cellIns",
        "cellDel",
    )
)  # fmt: skip
_EMBED = qn("r:embed")
_SVG = "{http://schemas.microsoft.com/office/drawing/2016/SVG/main}svgBlip"
_IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/%s}%s"
_RELATION = _PACKAGE % ("relationships", "Relationship")
_DEFAULT, _OVERRIDE = (_PACKAGE % ("content-types", name) for name in ("Default", "Override"))
_MEDIA_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}


class CannotUpdate(Exception):
    """The document cannot be updated; the sentence says why and what to do."""


@dataclass(frozen=True)
class Change:
    """Something that the report says otherwise now. ``before`` or ``after`` is empty where it is new, or not there any more."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Updated:
    """``missing``: what somebody has taken out of the document; ``obsolete``: what the new report does not have, and was left."""

    content: bytes
    changes: tuple[Change, ...]
    missing: tuple[str, ...]
    obsolete: tuple[str, ...]


@dataclass
class _Package:
    """A Word file: its parts by name, of which those that are XML are read when they are asked for."""

    parts: dict[str, bytes]
    read: dict[str, Element] = field(default_factory=dict)

    @classmethod
    def of(cls, content: bytes) -> "_Package":
        """Raises CannotUpdate for what is no Word file."""
        if content.startswith(_WRAPPED):
            raise CannotUpdate("it is protected by a password: save it in Word without one")
        try:
            with zipfile.ZipFile(BytesIO(content)) as file:
                package = cls({name: file.read(name) for name in file.namelist()})
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise CannotUpdate("it is no Word file: save it in Word as .docx") from error
        if not {DOCUMENT, RELATIONS, TYPES, SETTINGS, STYLES} <= package.parts.keys():
            raise CannotUpdate("it is no Word file: save it in Word as .docx")
        return package

    def xml(self, name: str) -> Element:
        if name not in self.read:
            try:
                self.read[name] = parse_xml(self.parts[name])
            except SyntaxError as error:  # lxml's own is one
                raise CannotUpdate(f"its part {name} cannot be read: open it in Word and save it again") from error
        return self.read[name]

    def controls(self) -> dict[str, list[Element]]:
        """Our content controls by tag; what somebody has copied is there twice."""
        found: dict[str, list[Element]] = {}
        for control in self.xml(DOCUMENT).iter(qn("w:sdt")):
            tag = control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}")
            if tag is not None and tag.get(qn("w:val"), "").startswith(TAG_PREFIX):
                found.setdefault(tag.get(qn("w:val")), []).append(control)
        return found

    def target(self, relation_id: str) -> str:
        """The part that a relation of the document leads to."""
        for relation in self.xml(RELATIONS):
            if relation.get("Id") == relation_id:
                return posixpath.normpath(posixpath.join("word", relation.get("Target")))
        return ""

    def style_ids(self) -> dict[str, str]:
        """The ids of the styles by kind and name, of which the name is the same in every language."""
        return {
            f"{style.get(qn('w:type'))} {style.find(qn('w:name')).get(qn('w:val')).lower()}": style.get(qn("w:styleId"))
            for style in self.xml(STYLES).findall(qn("w:style"))
            if style.find(qn("w:name")) is not None
        }

    def saved(self) -> bytes:
        """The file, with the parts that an update changes as they are now."""
        result = BytesIO()
        with zipfile.ZipFile(result, "w") as file:
            for name, content in self.parts.items():
                is_changed = name in (DOCUMENT, RELATIONS, TYPES, SETTINGS)
                data = serialize_part_xml(self.xml(name)) if is_changed else content
                file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return result.getvalue()


def identity(content: bytes) -> dict[str, str]:
    """What a document remembers of itself; nothing where it is not one of ours. Raises CannotUpdate where it cannot be read."""
    variables = _Package.of(content).xml(SETTINGS).iter(qn("w:docVar"))
    return {variable.get(qn("w:name")): variable.get(qn("w:val")) for variable in variables}


def update(edited: bytes, new: bytes) -> Updated:
    """The edited document with what the new one has in its controls. Raises CannotUpdate where that would lose something."""
    old, fresh = _Package.of(edited), _Package.of(new)
    _refuse_protected(old)
    known, wanted = old.controls(), fresh.controls()
    for controls in known.values():
        for control in controls:
            _refuse_tracked(control)
    changes: list[Change] = []
    replaced = False
    for tag, (control,) in wanted.items():
        others = [each for each in known.get(tag, []) if _fingerprint(each, old) != _fingerprint(control, fresh)]
        if others:
            changes += _changes(others[0], control)
        for other in others:
            _replace(other, control, old, fresh)
            replaced = True
    if replaced:
        _drop_unused_pictures(old)
        if old.xml(SETTINGS).find(qn("w:updateFields")) is None:
            update_fields_on_opening(old.xml(SETTINGS))
    missing = tuple(_title(controls[0]) for tag, controls in wanted.items() if tag not in known)
    obsolete = tuple(_title(controls[0]) for tag, controls in known.items() if tag not in wanted)
    return Updated(old.saved() if replaced else edited, tuple(changes), missing, obsolete)


# -- what stops it -----------------------------------------------------------------------------------------------------


def _refuse_protected(package: _Package) -> None:
    protection = package.xml(SETTINGS).find(qn("w:documentProtection"))
    if protection is not None and protection.get(qn("w:enforcement"), "0") in ("1", "true", "on"):
        raise CannotUpdate("editing is restricted in it: stop the protection in Word, under Review")


def _refuse_tracked(control: Element) -> None:
    """What a reviewer has changed in a table is not lost, nor is a deleted table brought back half."""
    content = control.find(qn("w:sdtContent"))
    changed = content is not None and next(content.iter(*_TRACKED), None) is not None
    if changed or next(control.iterancestors(*_TRACKED), None) is not None:
        raise CannotUpdate(
            f"{_title(control)} has tracked changes: accept or reject them in Word, and then update it again"
        )


# -- what a control says -----------------------------------------------------------------------------------------------


def _title(control: Element) -> str:
    """What people see the control called."""
    alias = control.find(f"{qn('w:sdtPr')}/{qn('w:alias')}")
    tag = control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}")
    return str((alias if alias is not None else tag).get(qn("w:val")))


def _text(element: Element) -> str:
    """What a reader sees: the instructions of fields are not among it."""
    return "".join(text.text or "" for text in element.iter(qn("w:t")))


def _alternative_texts(control: Element) -> list[str]:
    return [properties.get("descr") or "" for properties in control.iter(qn("wp:docPr"))]


def _fingerprint(control: Element, package: _Package) -> list[object]:
    """All that the control says: its text paragraph by paragraph, and the words and the content of its pictures."""
    texts: list[object] = [_text(paragraph) for paragraph in control.iter(qn("w:p"))] or [_text(control)]
    pictures = [package.parts.get(package.target(each.get(_EMBED) or ""), b"") for each in control.iter(qn("a:blip"))]
    return [*texts, *_alternative_texts(control), *(sha256(picture).hexdigest() for picture in pictures)]


def _cells(control: Element) -> dict[tuple[str, str, int], str]:
    """The numbers of a control's tables by row and column, and how often there was one of the same names before."""
    found: dict[tuple[str, str, int], str] = {}
    times: Counter[tuple[str, str]] = Counter()
    for table in control.iter(qn("w:tbl")):
        heads: dict[int, list[str]] = {}
        for row in table.iter(qn("w:tr")):
            is_head = row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
            label, *cells = _in_columns(row)
            for place, text in enumerate(cells):
                if is_head:
                    heads.setdefault(place, []).append(text)
                else:
                    column = " ".join(filter(None, heads.get(place, [])))
                    found[label, column, times[label, column]] = text
                    times[label, column] += 1
    return found


def _in_columns(row: Element) -> list[str]:
    """A row's texts, one for each column: what stands in a merged cell stands in each of its columns."""
    texts = []
    for cell in row.iter(qn("w:tc")):
        span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
        texts += [_text(cell)] * (int(span.get(qn("w:val"))) if span is not None else 1)
    return texts


def _lines(control: Element) -> list[str]:
    """The texts outside tables."""
    paragraphs = [each for each in control.iter(qn("w:p")) if next(each.iterancestors(qn("w:tbl")), None) is None]
    return [text for text in (_text(each) for each in paragraphs or [control]) if text]


def _changes(old: Element, new: Element) -> Iterator[Change]:
    title = _title(new)
    before, after = _cells(old), _cells(new)
    for key in dict.fromkeys([*after, *before]):
        if before.get(key) != after.get(key):
            yield Change(f"{title}, {', '.join(filter(None, key[:2]))}", before.get(key, ""), after.get(key, ""))
    if before or after:
        pairs = _unlike(_lines(old), _lines(new))
    elif _alternative_texts(old) or _alternative_texts(new):
        pairs = _unlike(_in_pieces(_alternative_texts(old)), _in_pieces(_alternative_texts(new)))
    else:
        pairs = _unlike(_lines(old), _lines(new))
    yield from (Change(title, was, now) for was, now in pairs)


def _in_pieces(texts: Iterable[str]) -> list[str]:
    """An alternative text row by row."""
    return [piece for text in texts for piece in re.split(r"(?<=[.;]) ", text)]


def _unlike(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    """The lines that are others, side by side as far as there are as many."""
    gone = [line for line in before if line not in after]
    come = [line for line in after if line not in before]
    for place in range(max(len(gone), len(come))):
        yield "".join(gone[place : place + 1]), "".join(come[place : place + 1])


# -- putting it in -----------------------------------------------------------------------------------------------------


def _replace(old: Element, new: Element, into: _Package, of: _Package) -> None:
    content = old.find(qn("w:sdtContent"))
    fresh = copy.deepcopy(new.find(qn("w:sdtContent")))
    _take_pictures(fresh, into, of)
    _use_styles(fresh, into, of)
    _unlink_lost(fresh, into)
    for child in list(content):
        content.remove(child)
    content.extend(list(fresh))
    placeholder = old.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}")
    if placeholder is not None:  # somebody had emptied it
        placeholder.getparent().remove(placeholder)


def _take_pictures(content: Element, into: _Package, of: _Package) -> None:
    taken = [int(properties.get("id") or 0) for properties in into.xml(DOCUMENT).iter(qn("wp:docPr"))]
    for place, properties in enumerate(content.iter(qn("wp:docPr")), start=1):
        properties.set("id", str(max(taken, default=0) + place))
    for picture in content.iter(qn("a:blip"), _SVG):
        source = of.target(picture.get(_EMBED))
        picture.set(_EMBED, _add_picture(into, of.parts[source], posixpath.splitext(source)[1]))


def _add_picture(package: _Package, content: bytes, extension: str) -> str:
    """Put a picture into a package; returns the id of the relation to it."""
    name = f"media/{sha256(content).hexdigest()[:16]}{extension}"
    package.parts[f"word/{name}"] = content
    relations = package.xml(RELATIONS)
    for relation in relations:
        if relation.get("Target") == name:
            return str(relation.get("Id"))
    used = {relation.get("Id") for relation in relations}
    id_ = next(f"rKaa{number}" for number in range(1, len(used) + 2) if f"rKaa{number}" not in used)
    relations.append(relations.makeelement(_RELATION, {"Id": id_, "Type": _IMAGE, "Target": name}))
    types = package.xml(TYPES)
    if not any(each.get("Extension", "").lower() == extension[1:] for each in types.iter(_DEFAULT)):
        kind = {"Extension": extension[1:], "ContentType": _MEDIA_TYPES[extension]}
        types.insert(0, types.makeelement(_DEFAULT, kind))
    return id_


def _drop_unused_pictures(package: _Package) -> None:
    """A picture that nothing shows any more would still tell the numbers of before."""
    used = {value for element in package.xml(DOCUMENT).iter() for value in element.attrib.values()}
    relations = package.xml(RELATIONS)
    for relation in list(relations):
        if relation.get("Type") != _IMAGE or relation.get("Id") in used:
            continue
        part = package.target(relation.get("Id"))
        relations.remove(relation)
        if not any(package.target(each.get("Id")) == part for each in relations):
            _drop(package, part)


def _drop(package: _Package, part: str) -> None:
    others = (content for name, content in package.parts.items() if name.endswith(".rels") and name != RELATIONS)
    if any(posixpath.basename(part).encode() in content for content in others):  # a header shows it too
        return
    package.parts.pop(part, None)
    types = package.xml(TYPES)
    for override in list(types.iter(_OVERRIDE)):
        if override.get("PartName") == f"/{part}":
            types.remove(override)


def _use_styles(content: Element, into: _Package, of: _Package) -> None:
    """Styles by the ids that the document has for them."""
    theirs = into.style_ids()
    ids: Mapping[str, str] = {id_: theirs[name] for name, id_ in of.style_ids().items() if name in theirs}
    for reference in content.iter(qn("w:pStyle"), qn("w:rStyle"), qn("w:tblStyle")):
        reference.set(qn("w:val"), ids.get(reference.get(qn("w:val")), reference.get(qn("w:val"))))


def _unlink_lost(content: Element, into: _Package) -> None:
    """A cross-reference to a caption that somebody has taken out would become an error in Word: its words stay."""
    marks = {mark.get(qn("w:name")) for mark in into.xml(DOCUMENT).iter(qn("w:bookmarkStart"))}
    for paragraph in content.iter(qn("w:p")):
        lost = False
        for run in list(paragraph):
            code = run.find(qn("w:instrText"))
            mark = run.find(qn("w:fldChar"))
            if mark is not None and mark.get(qn("w:fldCharType")) == "begin":
                following = run.getnext().find(qn("w:instrText"))
                lost = following is not None and following.text.split()[1] not in marks
            if lost and (code is not None or mark is not None):
                paragraph.remove(run)
            if mark is not None and mark.get(qn("w:fldCharType")) == "end":
                lost = False
