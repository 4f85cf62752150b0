"""The machine's own LibreOffice, without a window: how a spreadsheet reads our files."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

PROGRAMS = ("soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
# Comma, double quote, UTF-8, from the first line, in US English; special numbers are found, formulas
# are worked out: the most that a reader can ask of it.
AS_CSV = "CSV:44,34,76,1,,1033,false,true,false,false,false,0,true"
RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode"><value>0</value></prop>
</item>
</oor:items>
"""
_TABLE, _OFFICE = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("table", "office"))
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


class Cell:
    """What LibreOffice made of a cell."""

    __slots__ = ("formula", "kind", "text", "value")

    def __init__(self, cell: ElementTree.Element) -> None:
        self.formula = cell.get(f"{_TABLE}formula")
        self.kind = cell.get(f"{_OFFICE}value-type") or ""
        """float | string | date | ...; empty: nothing stands there"""
        self.value = cell.get(f"{_OFFICE}value")
        self.text = "\n".join("".join(part.itertext()) for part in cell.findall(f"{_TEXT}p"))


def opened(file: Path, folder: Path, *, seconds: float = 240) -> dict[str, list[list[Cell]]]:
    """Sheet -> rows of cells, formulas worked out anew; a test without LibreOffice fails in words."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.fail(
            "no LibreOffice on PATH: install its spreadsheet (Debian: apt install libreoffice-calc;"
            " macOS: brew install --cask libreoffice)",
            pytrace=False,
        )
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE)
    reading = [f"--infilter={AS_CSV}"] if file.suffix == ".csv" else []
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", *reading]
    command += ["--convert-to", "fods", "--outdir", str(folder), str(file)]
    done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    made = folder / f"{file.stem}.fods"
    assert made.exists(), f"LibreOffice did not open {file.name}: {done.stderr.decode(errors='replace')[-2000:]}"
    return dict(_sheets(made))


def _sheets(file: Path) -> Iterator[tuple[str, list[list[Cell]]]]:
    rows: list[list[Cell]] = []
    for _, element in ElementTree.iterparse(file):
        if element.tag == f"{_TABLE}table-row":
            rows += [_row(element)] * min(int(element.get(f"{_TABLE}number-rows-repeated", 1)), 10_000)
            element.clear()
        elif element.tag == f"{_TABLE}table":
            while rows and not any(cell.kind for cell in rows[-1]):
                rows.pop()
            yield element.get(f"{_TABLE}name") or "", rows
            rows = []


def _row(element: ElementTree.Element) -> list[Cell]:
    cells: list[Cell] = []
    for one in element:
        times = int(one.get(f"{_TABLE}number-columns-repeated", 1))
        cells += [Cell(one)] * (times if times < 1000 else 0)
    return cells
