from __future__ import annotations

import re
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from oracles import run
from wire import unpacked

from dicomview.errors import DamagedPixels
from dicomview.views.canvas import Canvas
from dicomview.views.series_list import SeriesList
from dicomview.views.shipment import Piece, Wish, shipment
from dicomview.views.tag_table import TagTable

WINDOW = {"center": 40.0, "width": 400.0, "function": "LINEAR"}
STATE = {"plane": "axial", "positions": {"axial": 3}, "window": WINDOW}
SCENE = {"title": "phantom", "planes": {"axial": {"count": 9, "rows": 1, "columns": 2, "aspect": 1.0, "letters": None}}}


def slice_of(plane: str, at: tuple[int, ...], step: int) -> Piece:
    head = {"rows": 1, "columns": 2, "sample": "int16", "layers": []}
    return Piece(head, np.full((1, 2), at[0] + 100 * step, np.int16), [])


class Recorder(Canvas):
    """A canvas whose messages stay here."""

    def __init__(self, source: Any = slice_of) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(source, scene=SCENE, state=STATE)

    def send(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.sent.append((content, buffers or []))

    def receive(self, *indices: int, seen: int | None = None, late: bool = False, **more: Any) -> None:
        """Want slices; without `seen`, as a page that has just come."""
        items = [{"at": [index], "along": 0, "count": 1, "step": 1} | more for index in indices]
        want = {"kind": "want", "plane": "axial", "items": items, "seen": seen or 0, "anew": seen is None}
        want |= {"late": late, "pack": False}
        self._handle_custom_msg(want, [])

    def settle(self) -> Recorder:
        while (server := self._server) is not None:
            server.join(10)
        return self

    @property
    def indices(self) -> list[int]:
        return [head["at"][0] for content, _ in self.sent for head in content["slices"]]


@pytest.fixture
def canvas() -> Recorder:
    return Recorder()


def test_a_want_is_answered_slice_by_slice_in_its_order(canvas: Recorder) -> None:
    canvas.receive(3, 4, 2)
    assert canvas.settle().indices == [3, 4, 2]


def test_a_slice_is_one_message_and_one_buffer(canvas: Recorder) -> None:
    canvas.receive(5)
    head = {"rows": 1, "columns": 2, "sample": "int16", "layers": [], "at": [5]}
    message = {"kind": "slices", "plane": "axial", "step": 1, "packed": False, "slices": [head], "n": 1, "revision": 0}
    assert canvas.settle().sent == [(message, [b"i\0i\0"])]


def test_neighbours_come_in_one_message(canvas: Recorder) -> None:
    canvas.receive(4, count=3, step=2)
    ((message, buffers),) = canvas.settle().sent
    assert [head["at"] for head in message["slices"]] == [[4], [5], [6]]
    assert message["packed"]  # previews are, for any line
    assert [sent.samples.tolist() for sent in unpacked(message, buffers)] == [[[204] * 2], [[205] * 2], [[206] * 2]]


def test_neighbours_may_lie_along_an_extra_axis(canvas: Recorder) -> None:
    assert Wish("axial", (4, 2, 7), along=1, count=2).places == [(4, 2, 7), (4, 3, 7)]


class Slow:
    """A source that waits in its first slice until it may go on."""

    def __init__(self) -> None:
        self.decoding, self.go_on = threading.Event(), threading.Event()

    def __call__(self, plane: str, at: tuple[int, ...], step: int) -> Piece:
        self.decoding.set()
        assert self.go_on.wait(10)
        return slice_of(plane, at, step)


def test_the_latest_wish_wins() -> None:
    slow = Slow()
    canvas = Recorder(slow)
    canvas.receive(0, 1, 2)
    assert slow.decoding.wait(10)
    canvas.receive(3, 4, seen=0)
    canvas.receive(7, 8, seen=0)
    slow.go_on.set()
    # 0 was under way; 1, 2 and all of the second want are slices nobody waits for any more.
    assert canvas.settle().indices == [0, 7, 8]


def test_what_is_under_way_is_not_sent_twice_and_what_was_lost_is() -> None:
    slow = Slow()
    canvas = Recorder(slow)
    canvas.receive(0, 1)
    assert slow.decoding.wait(10)
    canvas.receive(0, 5, seen=0)  # the browser repeats all that it wishes for, and has no answer yet
    slow.go_on.set()
    assert canvas.settle().indices == [0, 5]
    canvas.receive(0, 5, seen=1)  # it has had the first answer, and has let go of the slice again
    assert canvas.settle().indices == [0, 5, 0]
    canvas.receive(5, seen=None)  # a page that has just come knows nothing of what was sent before
    assert canvas.settle().indices == [0, 5, 0, 5]


def test_a_browser_that_waits_hears_that_the_slice_is_being_made() -> None:
    slow = Slow()
    canvas = Recorder(slow)
    canvas.receive(0)
    assert slow.decoding.wait(10)
    canvas.receive(0, seen=0, late=True)
    assert canvas.sent == [({"kind": "busy"}, [])]
    slow.go_on.set()
    canvas.settle()
    assert len(canvas.sent) == 2  # and the slice comes once
    canvas.receive(1, seen=1, late=True)  # nobody is busy: the answer says enough
    assert [content["kind"] for content, _ in canvas.settle().sent] == ["busy", "slices", "slices"]


def test_an_interrupt_is_no_fault_of_a_slice() -> None:
    def source(plane: str, at: tuple[int, ...], step: int) -> Piece:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shipment(source, Wish("axial", (0,)), pack=False, failed=lambda _: None)


def test_a_view_that_rests_has_no_thread(canvas: Recorder) -> None:
    canvas.receive(1, 2)
    canvas.settle()
    assert not [thread for thread in threading.enumerate() if thread.name == "dicomview-canvas"]


def test_a_page_that_leaves_is_not_served_and_the_view_hears_of_it() -> None:
    slow = Slow()
    canvas = Recorder(slow)
    canvas.receive(0, 1, 2)
    assert slow.decoding.wait(10)
    gone: list[str] = []
    canvas.left = lambda page: gone.append(page)  # type: ignore[method-assign]
    canvas._handle_custom_msg({"kind": "left", "page": "a"}, [])
    slow.go_on.set()
    assert canvas.settle().indices == [0]
    assert gone == ["a"]


def test_slices_are_made_one_at_a_time_whoever_asks() -> None:
    busy, most, makers = [0], [0], set()

    def source(plane: str, at: tuple[int, ...], step: int) -> Piece:
        makers.add(threading.get_ident())
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        piece = slice_of(plane, at, step)
        busy[0] -= 1
        return piece

    canvas = Recorder(source)
    threads = [threading.Thread(target=canvas.receive, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    canvas.settle()
    assert most == [1]
    assert threading.get_ident() not in makers


def test_what_the_source_raises_becomes_a_fault_and_the_rest_follows() -> None:
    def source(plane: str, at: tuple[int, ...], step: int) -> Piece:
        if at == (3,):
            raise DamagedPixels("slice 3 ends after 12 of 512 rows")
        return slice_of(plane, at, step)

    canvas = Recorder(source)
    canvas.receive(2, count=3)
    ((message, buffers),) = canvas.settle().sent
    before, fault, after = unpacked(message, buffers)
    assert (fault.text, fault.samples) == ("slice 3 ends after 12 of 512 rows", None)
    assert [int(sent.samples[0, 0]) for sent in (before, after)] == [102, 104]
    assert isinstance(canvas.failure, DamagedPixels)


def test_a_foreign_error_does_not_carry_its_text_to_the_page() -> None:
    def source(plane: str, at: tuple[int, ...], step: int) -> Piece:
        raise OSError("/data/Doe^Jane/0001.dcm")

    canvas = Recorder(source)
    canvas.receive(0)
    text = canvas.settle().sent[0][0]["slices"][0]["text"]
    assert "OSError" in text
    assert "Doe" not in text
    assert "Traceback" not in text


def test_other_messages_are_left_alone(canvas: Recorder) -> None:
    canvas._handle_custom_msg({"kind": "something else"}, [])
    assert canvas.settle().sent == []


def test_closing_forgets_what_was_asked_for() -> None:
    slow = Slow()
    canvas = Recorder(slow)
    canvas.receive(0, 1, 2)
    assert slow.decoding.wait(10)
    canvas.close()
    slow.go_on.set()
    assert canvas.settle().indices == [0]


def test_traits_hold_the_scene_and_the_state_and_no_pixels(canvas: Recorder) -> None:
    canvas.receive(0, 1)
    state = canvas.settle().get_state()
    assert state["_scene"] == SCENE
    assert state["_state"] == STATE
    assert not any(isinstance(value, bytes | memoryview) for value in state.values())


def test_a_gesture_arrives_as_a_state_that_can_be_observed(canvas: Recorder) -> None:
    seen: list[dict[str, Any]] = []
    canvas.observe(lambda change: seen.append(change["new"]), "_state")
    moved = {**STATE, "positions": {"axial": 4}}
    canvas.set_state({"_state": moved})
    assert seen == [moved]


def test_what_python_sends_does_not_divert_the_browser_to_the_busy_shell(canvas: Recorder) -> None:
    assert canvas.comm is not None
    canvas.comm.__dict__["_reply_subshell_id"] = None  # as ipykernel 7.4 does whenever something is sent
    canvas._state = {**STATE, "positions": {"axial": 5}}
    assert "_reply_subshell_id" not in canvas.comm.__dict__


def test_a_message_beside_a_running_cell_does_not_end_the_figure_it_draws(
    canvas: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    shell = SimpleNamespace(events=SimpleNamespace(trigger=told.append))  # what matplotlib's inline backend listens to
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    comm: Any = canvas.comm
    content = {"data": {"method": "update", "state": {"_state": {**STATE, "positions": {"axial": 2}}}}}
    message = {"content": content, "buffers": [], "metadata": {}}
    beside = threading.Thread(target=comm.handle_msg, args=(message,))  # a subshell's
    beside.start()
    beside.join(10)
    assert canvas._state["positions"] == {"axial": 2}
    assert told == []
    content["data"]["state"] = {"_state": STATE}
    comm.handle_msg(message)  # while no cell runs
    assert canvas._state == STATE
    assert told == ["pre_execute", "post_execute"]


def test_the_page_parts_travel_whole(canvas: Recorder) -> None:
    static = Path(__file__).parent.parent / "dicomview" / "views" / "static"
    modules = [str(one) for one in (canvas._esm, TagTable._esm, SeriesList._esm)]
    lines = set("\n".join(modules).splitlines())
    for part in static.glob("*.js"):
        text = part.read_text(encoding="utf-8")
        code = {
            line for line in text.splitlines() if not re.match(r" *(\*|/\*|//|import )", line) and "/**" not in line
        }
        assert code <= lines or part.stem == "copy"
    for module in modules:
        assert "/**" not in module  # comments stay at home
        assert not re.search(r"^import ", module, re.MULTILINE)
    assert str(canvas._css) == (static / "canvas.css").read_text(encoding="utf-8")


def test_the_page_parts_fetch_nothing_and_make_no_elements_of_text() -> None:
    static = Path(__file__).parent.parent / "dicomview" / "views" / "static"
    parts = [*static.glob("*.js"), *static.glob("*.css")]
    network = r"https?:|\bwss?:|[\"'`]//|\bfetch\b|XMLHttpRequest|WebSocket|EventSource|sendBeacon|@import|url\("
    network += r"|import\((?!['\"]\./)"  # one of a type of ours may stand in a comment
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|srcdoc|DOMParser|\beval\b|\bFunction\("
    for part in parts:
        text = part.read_text(encoding="utf-8").replace('"http://www.w3.org/2000/svg"', "")  # the name of a language
        assert re.findall(rf"{network}|{markup}", text) == [], part.name
        assert all(one.startswith("./") for one in re.findall(r'^import .*? from "(.*?)";$', text, re.M)), part.name
    assert len(parts) > 10


def test_the_parts_make_one_module_without_a_name_twice(canvas: Recorder, tmp_path: Path) -> None:
    module = tmp_path / "canvas.mjs"
    module.write_text(str(canvas._esm), encoding="utf-8")
    run("node", "--check", module)
