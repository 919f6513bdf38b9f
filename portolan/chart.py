"""The chart: all 65,536 ports as one picture of 256 by 256 dots, coloured by what they are."""

from __future__ import annotations

import struct
import zlib

from portolan.answer import OWN
from portolan.pages import BLOCK
from portolan.ports import Chart, Segment
from portolan.registry.types import PORTS

# The names are classes of the stylesheet as well; the colours are its colours (assets/style.css). Readers who do not tell red from
# green tell them apart by their lightness: it differs between any two of them.
COLOURS = {
    "assigned": (0x1F, 0x6F, 0xA8),
    "used": (0xE0, 0x8A, 0x1E),
    "reserved": (0x3D, 0x2F, 0x66),
    "unassigned": (0xFB, 0xF8, 0xF0),
    "dynamic": (0xA9, 0xC9, 0xA4),
}
_SIDE = 16  # a block is a square of 16 by 16 dots, the chart a square of 16 by 16 blocks


def colour(segment: Segment) -> str:
    """What the ports of a segment are, in one of the names of ``COLOURS``. What has an article is met in practice, too."""
    if segment.articles or any(len(use.ports) <= OWN for use in segment.uses):
        return "used"
    if segment.range.id == "dynamic":
        return "dynamic"
    return {"deregistered": "reserved", None: "unassigned"}.get(segment.status, segment.status or "unassigned")


def picture(chart: Chart) -> bytes:
    """The chart as a PNG. A block is a square of dots, from left to right and top to bottom; so are the blocks."""
    palette = list(COLOURS)
    dots = bytearray(PORTS)
    for segment in chart.segments:
        dots[segment.first : segment.last + 1] = bytes([palette.index(colour(segment))]) * (segment.last - segment.first + 1)
    width = _SIDE * _SIDE
    rows = bytearray()
    for y in range(width):
        rows.append(0)
        for block in range(y // _SIDE * _SIDE, y // _SIDE * _SIDE + _SIDE):
            first = block * BLOCK + y % _SIDE * _SIDE
            rows += dots[first : first + _SIDE]
    return _png(width, bytes(rows), b"".join(bytes(COLOURS[name]) for name in palette))


def _png(width: int, rows: bytes, palette: bytes) -> bytes:
    """An indexed PNG with eight bits a dot (https://www.w3.org/TR/png-3/)."""
    header = struct.pack(">IIBBBBB", width, width, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, data) for kind, data in parts)


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
