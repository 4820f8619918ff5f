from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from dicomview.errors import DamagedPixels
from dicomview.views.canvas import Canvas

WINDOW = {"center": 40.0, "width": 400.0, "function": "LINEAR"}
STATE = {"plane": "axial", "positions": {"axial": 3}, "window": WINDOW}
SCENE = {"title": "phantom", "planes": {"axial": {"count": 9, "rows": 1, "columns": 2, "aspect": 1.0, "letters": None}}}


def slice_of(plane: str, at: tuple[int, ...]) -> tuple[dict[str, Any], list[bytes]]:
    return {"rows": 1, "columns": 2, "sample": "int16"}, [bytes([at[0], 0, at[0], 0])]


class Recorder(Canvas):
    """A canvas whose messages stay here."""

    def __init__(self, source: Any = slice_of) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(source, scene=SCENE, state=STATE)

    def send(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.sent.append((content, buffers or []))

    def receive(self, *indices: int, plane: str = "axial") -> None:
        self._handle_custom_msg({"kind": "want", "plane": plane, "places": [[index] for index in indices]}, [])

    def settle(self) -> Recorder:
        self._worker.submit(int).result(timeout=10)
        return self

    @property
    def indices(self) -> list[int]:
        return [content["at"][0] for content, _ in self.sent]


@pytest.fixture
def canvas() -> Recorder:
    return Recorder()


def test_a_want_is_answered_slice_by_slice_in_its_order(canvas: Recorder) -> None:
    canvas.receive(3, 4, 2)
    assert canvas.settle().indices == [3, 4, 2]


def test_a_slice_is_one_message_and_one_buffer(canvas: Recorder) -> None:
    canvas.receive(5)
    message = {"kind": "slice", "plane": "axial", "at": [5], "rows": 1, "columns": 2, "sample": "int16"}
    assert canvas.settle().sent == [(message, [b"\5\0\5\0"])]


def test_the_latest_wish_wins() -> None:
    decoding, go_on = threading.Event(), threading.Event()

    def slow(plane: str, at: tuple[int, ...]) -> tuple[dict[str, Any], list[bytes]]:
        decoding.set()
        assert go_on.wait(10)
        return slice_of(plane, at)

    canvas = Recorder(slow)
    canvas.receive(0, 1, 2)
    assert decoding.wait(10)
    canvas.receive(3, 4)
    canvas.receive(7, 8)
    go_on.set()
    # 0 was under way; 1, 2 and all of the second want are slices nobody waits for any more.
    assert canvas.settle().indices == [0, 7, 8]


def test_slices_are_made_one_at_a_time_whoever_asks() -> None:
    makers: set[int] = set()

    def source(plane: str, at: tuple[int, ...]) -> tuple[dict[str, Any], list[bytes]]:
        makers.add(threading.get_ident())
        return slice_of(plane, at)

    canvas = Recorder(source)
    threads = [threading.Thread(target=canvas.receive, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    canvas.settle()
    assert len(makers) == 1
    assert threading.get_ident() not in makers


def test_what_the_source_raises_becomes_a_fault_and_the_rest_follows() -> None:
    def source(plane: str, at: tuple[int, ...]) -> tuple[dict[str, Any], list[bytes]]:
        if at == (3,):
            raise DamagedPixels("slice 3 ends after 12 of 512 rows")
        return slice_of(plane, at)

    canvas = Recorder(source)
    canvas.receive(3, 4)
    fault, follower = canvas.settle().sent
    assert fault == ({"kind": "fault", "plane": "axial", "at": [3], "text": "slice 3 ends after 12 of 512 rows"}, [])
    assert follower[0]["at"] == [4]
    assert isinstance(canvas.failure, DamagedPixels)


def test_a_foreign_error_does_not_carry_its_text_to_the_page() -> None:
    def source(plane: str, at: tuple[int, ...]) -> tuple[dict[str, Any], list[bytes]]:
        raise OSError("/data/Doe^Jane/0001.dcm")

    canvas = Recorder(source)
    canvas.receive(0)
    text = canvas.settle().sent[0][0]["text"]
    assert "OSError" in text
    assert "Doe" not in text
    assert "Traceback" not in text


def test_other_messages_are_left_alone(canvas: Recorder) -> None:
    canvas._handle_custom_msg({"kind": "something else"}, [])
    assert canvas.settle().sent == []


def test_closing_forgets_what_was_asked_for() -> None:
    decoding, go_on = threading.Event(), threading.Event()

    def slow(plane: str, at: tuple[int, ...]) -> tuple[dict[str, Any], list[bytes]]:
        decoding.set()
        assert go_on.wait(10)
        return slice_of(plane, at)

    canvas = Recorder(slow)
    canvas.receive(0, 1, 2)
    assert decoding.wait(10)
    canvas.close()
    go_on.set()
    canvas._worker.shutdown(wait=True)
    assert canvas.indices == [0]


def test_traits_hold_the_scene_and_the_state_and_no_pixels(canvas: Recorder) -> None:
    canvas.receive(0, 1)
    state = canvas.settle().get_state()
    assert state["scene"] == SCENE
    assert state["state"] == STATE
    assert not any(isinstance(value, bytes | memoryview) for value in state.values())


def test_a_gesture_arrives_as_a_state_that_can_be_observed(canvas: Recorder) -> None:
    seen: list[dict[str, Any]] = []
    canvas.observe(lambda change: seen.append(change["new"]), "state")
    moved = {**STATE, "positions": {"axial": 4}}
    canvas.set_state({"state": moved})
    assert seen == [moved]


def test_what_python_sends_does_not_divert_the_browser_to_the_busy_shell(canvas: Recorder) -> None:
    assert canvas.comm is not None
    canvas.comm.__dict__["_reply_subshell_id"] = None  # as ipykernel 7.4 does whenever something is sent
    canvas.state = {**STATE, "positions": {"axial": 5}}
    assert "_reply_subshell_id" not in canvas.comm.__dict__


def test_the_page_parts_travel_whole(canvas: Recorder) -> None:
    static = Path(__file__).parent.parent / "dicomview" / "views" / "static"
    for part in static.glob("*.js"):
        body = part.read_text(encoding="utf-8").rpartition('.js";\n')[2]
        assert body in str(canvas._esm)
    assert not re.search(r"^import ", str(canvas._esm), re.MULTILINE)
    assert str(canvas._css) == (static / "canvas.css").read_text(encoding="utf-8")
