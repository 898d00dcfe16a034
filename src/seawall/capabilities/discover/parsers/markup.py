"""XML as columns, one for each path of elements or attributes; HTML as text."""

from collections.abc import Iterator
from typing import BinaryIO

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.parts import Job, Part, Rows, Text, read_whole, strings

_BATCH = 50_000
_BLOCKS = frozenset(("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "header", "hr")) | {
    *("h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre", "section", "table", "title", "tr", "ul")
}
_CELLS = frozenset(("td", "th"))
_ATTRIBUTES = ("value", "href", "content", "alt", "title", "placeholder")


def parse_xml(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read elements as they come. Entities are not resolved, nothing is fetched.

    Raises:
        Unscannable: for XML that is not well-formed, or that hides a bomb.
    """
    del job
    from lxml import etree

    columns: dict[str, list[str | None]] = {}
    trail: list[str] = []
    size = 0
    try:
        events = etree.iterparse(
            file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        for event, element in events:
            if not isinstance(element.tag, str):
                continue
            if event == "start":
                trail.append(_local(element.tag))
                for name, value in element.attrib.items():
                    columns.setdefault(f"{'/'.join(trail)}@{_local(str(name))}", []).append(str(value))
                continue
            own = [element.text, *(child.tail for child in element)]
            for text in own:
                if text and text.strip():
                    columns.setdefault("/".join(trail), []).append(text)
                    size += 1
            trail.pop()
            tail = element.tail
            element.clear(keep_tail=False)
            element.tail = tail
            if size >= _BATCH:
                yield from _rows(path, columns)
                columns, size = {}, 0
    except etree.XMLSyntaxError:
        raise Unscannable("parse.xml", "this XML is not well-formed, or larger than it may become.") from None
    yield from _rows(path, columns)


def _rows(path: str, columns: dict[str, list[str | None]]) -> Iterator[Part]:
    for name, values in columns.items():
        yield Rows(path=path, table="", columns=[name], values=[strings(values)])


def _local(name: str) -> str:
    """Drop the namespace of a name; not every name that a file holds is one that XML allows."""
    return name.rpartition("}")[2]


def parse_html(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read all text of a page, scripts and comments too, and what attributes say."""
    text = html_text(read_whole(file, job.limits))
    if text:
        yield Text(path=path, text=text)


def html_text(data: bytes | str) -> str:
    """Return the text of a page, a line for each block."""
    from lxml import etree, html

    if not data.strip():
        return ""
    try:
        root = html.document_fromstring(data)
    except etree.ParserError:  # nothing but comments
        return ""
    except (etree.LxmlError, ValueError):
        raise Unscannable("parse.html", "this HTML cannot be read.") from None
    parts: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end", "comment")):
        if event != "end":
            parts += ["\n" if element.tag in _BLOCKS else "\t" if element.tag in _CELLS else "", element.text or ""]
            said = (element.get(name) for name in _ATTRIBUTES) if event == "start" else ()
            parts += [f" {value} " for value in said if value]
        if event != "start":
            parts += ["\n" if element.tag in _BLOCKS else "", element.tail or ""]
    return "".join(parts).strip()
