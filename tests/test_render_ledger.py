"""Measurements as a table: out and back without a digit lost, and what does not fit is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import phantoms
import pytest

import dicomview as dv
from dicomview.errors import AlreadyThere, NothingFound, UnknownChoice

if TYPE_CHECKING:
    from pathlib import Path

STORED = np.random.default_rng(2).integers(-500, 500, (12, 40, 50)).astype(np.int16)
THIRD = 1 / 3


@pytest.fixture(scope="module")
def view() -> Any:
    view = dv.view(phantoms.regular(STORED), embed=False)
    yield view
    view.close()


@pytest.fixture(autouse=True)
def empty(view: Any) -> None:
    view.measurements = None
    view.plane, view.index = "axial", 6


def some(view: Any) -> pd.DataFrame:
    """A measurement of each kind, with numbers that have no end."""
    view.measure("line", [(1 + THIRD, 2), (30, 20 * np.pi / 3)])
    view.measure("angle", [(1, 2), (10, 12), (30, 2 + THIRD)], index=3)
    view.measure("rectangle", [(1, 2), (10 + THIRD, 12)], plane="coronal")
    view.measure("ellipse", [(1, 2), (10, 12)])
    view.measure("freehand", [(1, 2), (10.1, 2.7), (8, 12.7 + THIRD), (3, 9)], plane="sagittal", index=0)
    view.measure("point", [(4, 5)])
    table: pd.DataFrame = view.measurements
    return table


def test_a_row_has_what_was_asked_for(view: Any) -> None:
    row = view.measure("ellipse", [(1, 2), (10, 12)])
    names = (
        "kind,value,unit,mean,SD,min,max,area mm²,n,plane,index,axes,SOPInstanceUID,frame,points,LPS mm,beside mm,note"
    )
    assert list(row.index) == names.split(",")
    assert (row["kind"], row["unit"], row["plane"], row["index"], row["frame"]) == ("ellipse", "HU", "axial", 6, 0)
    assert row["SOPInstanceUID"] == view.scene.stack.slices[6].sop_instance_uid
    assert row["area mm²"] == pytest.approx(np.pi / 4 * 9 * 0.7 * 10 * 0.8)
    np.testing.assert_allclose(row["LPS mm"][0], (-20 + 0.7, -30 + 1.6, 100 - 12))
    table = some(view)
    assert list(table["kind"]) == ["ellipse", "line", "angle", "rectangle", "ellipse", "freehand", "point"]
    assert table["n"].isna().tolist() == [False, True, True, False, False, False, False]
    assert dict(table.dtypes.astype(str)[["value", "n", "frame", "area mm²"]]) == {
        "value": "float64", "n": "Int64", "frame": "Int64", "area mm²": "float64"}  # fmt: skip


@pytest.mark.parametrize("way", ["table", "csv", "json", "pandas csv", "mm alone"])
def test_out_and_back_without_a_digit_lost(view: Any, tmp_path: Path, way: str) -> None:
    before = some(view)
    path: Path = tmp_path / f"measured.{way[-4:].strip()}"
    wish: Any = before
    if way == "pandas csv":
        before.to_csv(path)
        wish = pd.read_csv(path)
    elif way in ("csv", "json"):
        assert view.write_measurements(path) == path
        with pytest.raises(AlreadyThere, match="nothing was written"):
            view.write_measurements(path)
        assert "Patient" not in path.read_text("utf-8")
        wish = path
    elif way == "mm alone":
        wish = before[["kind", "LPS mm", "plane"]]
    view.measurements = None
    assert len(view.measurements) == 0
    view.measurements = wish
    if way != "mm alone":
        pd.testing.assert_frame_equal(view.measurements, before, check_exact=True)
        return
    columns = ["value", "mean", "SD", "n", "plane", "index", "SOPInstanceUID"]
    pd.testing.assert_frame_equal(view.measurements[columns], before[columns])


def test_rows_are_dropped_and_numbers_in_a_table_are_not_believed(view: Any) -> None:
    heard: list[int] = []
    view.observe(lambda change: heard.append(len(change.new)), "measurements")
    table = some(view)
    view.measurements = table.drop(index=[0, 2]).assign(mean=1e9, value=-1.0)
    assert heard == [1, 2, 3, 4, 5, 6, 4]
    kept = table.drop(index=[0, 2]).reset_index(drop=True)
    pd.testing.assert_frame_equal(view.measurements, kept)
    view.unobserve_all("measurements")


def test_extra_axes_are_kept(tmp_path: Path) -> None:
    view = dv.view(phantoms.echoes(), embed=False)
    view.measure("rectangle", [(1, 1), (5, 5)], index=2)
    view.measure("rectangle", [(1, 1), (5, 5)], index=2, echo=1)
    table = view.measurements
    assert table["mean"].diff()[1] == phantoms.BLOCK
    assert list(table["axes"]) == ['{"echo": 0}', '{"echo": 1}']
    view.measurements = None
    view.measurements = table
    pd.testing.assert_frame_equal(view.measurements, table)
    with pytest.raises(UnknownChoice, match="no place"):
        view.measure("point", [(1, 1)], echo=2)
    view.close()


def test_a_table_of_another_series_is_refused_with_the_row(view: Any) -> None:
    table = some(view)
    moved = [tuple((x + 5, y, z) for x, y, z in place) for place in table["LPS mm"]]
    cases = {
        "row 0 .* made on another instance": table.assign(SOPInstanceUID="1.2.3"),
        "row 0 .* mm away": table.assign(**{"LPS mm": moved}),
        "there is no axial 99; they run from 0 to 11": table.assign(index=99),
        "there is no plane 'oblique'": table.assign(plane="oblique"),
        "no numbers in brackets": table.assign(points="os.remove"),
        "there is no measurement 'liner'": table.assign(kind="liner"),
        "row 0 .* index 1.5 is no whole number": table.assign(index=1.5),
        "row 0 .* index 'x' is no whole number": table.assign(index="x"),
        "row 0 .* are no places": table.assign(axes="[1]"),
        "the place along echo 'x' is no whole number": table.assign(axes='{"echo": "x"}'),
    }
    for words, wrong in cases.items():
        with pytest.raises(UnknownChoice, match=words):
            view.measurements = wrong
    for wish in (5, [1], {"kind": ["line"]}, pd.DataFrame({"kind": ["line"]}), pd.DataFrame({"points": [1]})):
        with pytest.raises(UnknownChoice, match="DataFrame with the columns kind"):
            view.measurements = wish
    pd.testing.assert_frame_equal(view.measurements, table)  # none of them has changed anything


def test_files_that_hold_no_measurements_are_refused(view: Any, tmp_path: Path) -> None:
    with pytest.raises(NothingFound, match="no file"):
        view.measurements = tmp_path / "none.csv"
    for name, text in (("a.json", "{"), ("b.csv", "a,b\n1,2\n"), ("c.csv", ""), ("d.json", "5")):
        (tmp_path / name).write_text(text)
        with pytest.raises(UnknownChoice, match="measurements"):
            view.measurements = str(tmp_path / name)
    (tmp_path / "e.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnknownChoice, match=r"e\.csv holds no table of measurements"):
        view.measurements = tmp_path / "e.csv"
    with pytest.raises(UnknownChoice, match=r"as \.csv or \.json, not as \.xlsx"):
        view.write_measurements(tmp_path / "x.xlsx")


@pytest.mark.parametrize(
    ("kind", "points", "words"),
    [
        ("rectangle", [(60, 5), (70, 9)], "holds the centre of no pixel; axial 6 has columns 0 to 49 and rows 0 to 39"),
        ("ellipse", [(5.1, 5.1), (5.3, 5.3)], "holds the centre of no pixel"),
        ("line", [(-3, 5), (70, 9)], "the line leaves the picture"),
        ("angle", [(3, 5), (3, 5), (5, 9)], "an arm of the angle has no length"),
        ("line", [(0, 0, 500), (1, 1, 500)], "beside or between the axial slices"),
        ("line", [(0, 0, 1), (1, 1)], "pairs"),
        ("line", 5, "pairs"),
    ],
)
def test_what_cannot_be_measured_is_refused(view: Any, kind: str, points: Any, words: str) -> None:
    with pytest.raises(UnknownChoice, match=words):
        view.measure(kind, points)
    assert len(view.measurements) == 0


@pytest.mark.parametrize("points", [[(3, 5), (7, 9)], [(0, 0, 0), (1, 1, 0)]])
def test_a_picture_that_does_not_exist_has_no_measurement(view: Any, points: Any) -> None:
    with pytest.raises(UnknownChoice, match="there is no plane 'oblique' here; there is axial, coronal, sagittal"):
        view.measure("line", points, plane="oblique")
    with pytest.raises(UnknownChoice, match="echo"):
        view.measure("line", points, echo=1)


def test_an_index_is_a_whole_number(view: Any) -> None:
    assert view.measure("point", [(1, 1)], index=np.float64(3))["index"] == 3
    with pytest.raises(UnknownChoice, match=r"index 1\.5 is no whole number"):
        view.measure("point", [(1, 1)], index=1.5)


def test_text_of_the_file_is_no_formula(tmp_path: Path) -> None:
    pile = phantoms.regular()
    for ds in pile:
        ds.Modality, ds.RescaleType = "MR", "=cmd()"
    view = dv.view(pile, embed=False)
    view.measure("point", [(1, 1)])
    assert view.measurements["unit"][0] == "=cmd()"
    path = view.write_measurements(tmp_path / "a.csv")
    assert "'=cmd()" in path.read_text("utf-8")
    view.close()
