"""The nodes for files and devices: pictures, sound, media."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import wave
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from remotemedia import (
    AudioSink,
    AudioSource,
    AudioTrackSource,
    LocalMediaReaderNode,
    MediaReaderNode,
    MediaWriterNode,
    Node,
    NodeError,
    PassThroughNode,
    Pipeline,
    VideoBuffer,
    VideoResizer,
    VideoSink,
    VideoSource,
    VideoTrackSource,
    VideoTransform,
)

av = pytest.importorskip("av")

RATE = 16_000


def pictures(count: int = 20, width: int = 64, height: int = 36) -> list[NDArray[np.uint8]]:
    """Colours that change smoothly, and a bar that moves."""
    made = []
    for at in range(count):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[..., 0] = np.linspace(0, 255, width)
        picture[..., 1] = at * 10
        picture[:, at : at + 8] = 255
        made.append(picture)
    return made


def stereo(seconds: float = 1.0) -> NDArray[np.float32]:
    at = np.arange(int(seconds * RATE)) / RATE
    return np.stack([np.sin(2 * np.pi * 440 * at), np.cos(2 * np.pi * 220 * at)]).astype("f4") * np.float32(0.5)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film of one second: 20 pictures, and sound."""
    path = tmp_path / "film.mp4"
    writer = MediaWriterNode(str(path))
    for picture, sound in zip(pictures(), np.split(stereo(), 20, axis=1), strict=True):
        writer.process({"audio": (sound, RATE)})
        writer.process({"video": picture})
    writer.flush()
    return path


def test_a_wav_file_comes_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes((stereo() * 32767).astype("<i2").T.tobytes())
    pieces = Pipeline([MediaReaderNode(path), AudioTrackSource()]).run()
    assert {(samples.dtype, samples.ndim, rate) for samples, rate in pieces} == {(np.dtype("f4"), 2, RATE)}
    samples = np.concatenate([samples for samples, _ in pieces], axis=1)
    assert np.array_equal(samples * 32768, (stereo() * 32767).astype("<i2"))


def test_a_film_is_read_frame_by_frame(film: Path) -> None:
    frames = Pipeline([LocalMediaReaderNode(str(film)), PassThroughNode()]).run()
    tracks = [next(iter(frame)) for frame in frames]
    assert tracks.count("video") == 20
    assert isinstance(frames[tracks.index("audio")]["audio"], av.AudioFrame)
    shown = Pipeline([MediaReaderNode(film), VideoTrackSource(output_format="rgb24")]).run()
    times = [pts for _, pts in shown]
    assert times == sorted(set(times))
    for (picture, _), original in zip(shown, pictures(), strict=True):
        assert picture.shape == (36, 64, 3)
        assert np.abs(picture.astype(int) - original).mean() < 6
    blue_first, _ = Pipeline([MediaReaderNode(film), VideoTrackSource()]).run()[0]
    assert np.abs(blue_first[..., ::-1].astype(int) - shown[0][0]).max() <= 1


def test_a_film_is_written_again(film: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mkv"
    assert Pipeline([MediaReaderNode(film), MediaWriterNode(str(copy))]).run() is None
    with av.open(str(copy)) as container:
        assert [stream.type for stream in container.streams] == ["audio", "video"]
        assert container.duration == pytest.approx(1_000_000, rel=0.1)
    first, second = (Pipeline([MediaReaderNode(path), VideoTrackSource("rgb24")]).run() for path in (film, copy))
    for (before, _), (after, _) in zip(first, second, strict=True):
        assert np.abs(before.astype(int) - after).mean() < 4


def test_frames_of_the_other_track_are_dropped() -> None:
    assert AudioTrackSource().process({"video": object()}) is None
    assert VideoTrackSource().process("text") is None
    for node, value in ((AudioTrackSource(), {"audio": "text"}), (VideoTrackSource(), {"video": 1})):
        with pytest.raises(NodeError, match="expected an `av") as caught:
            node.process(value)
        assert caught.value.code == "RM606"


@pytest.mark.parametrize("form", ["u8", "s16", "s16p", "s32", "flt", "dblp"])
def test_samples_of_every_form_have_full_scale_one(form: str) -> None:
    resampler = av.AudioResampler(format=form, layout="stereo", rate=RATE)
    frame = av.AudioFrame.from_ndarray(stereo(), format="fltp", layout="stereo")
    frame.sample_rate = RATE
    (converted,) = resampler.resample(frame)
    samples, rate = AudioTrackSource().process({"audio": converted})  # type: ignore[misc]  # it is no other track
    assert (samples.shape, samples.dtype, rate) == ((2, RATE), np.float32, RATE)
    assert np.abs(samples - stereo()).max() <= (2**-6 if form == "u8" else 2**-14)


@pytest.mark.parametrize("shape", [(36, 64), (36, 64, 3), (36, 64, 4)])
def test_pictures_are_resized(shape: tuple[int, ...]) -> None:
    picture = np.broadcast_to(np.linspace(0, 200, 64, dtype="u1")[:, None], (36, 64, 4))[..., : (*shape, 1)[2]]
    picture = picture.reshape(shape)
    small = VideoResizer((32, 18)).process(picture)
    assert (small.shape, small.dtype) == ((18, 32, *shape[2:]), np.uint8)
    expected = picture.reshape(18, 2, 32, 2, -1).mean(axis=(1, 3)).reshape(small.shape)
    assert np.abs(small - expected).max() < 4


def test_a_picture_comes_out_as_it_came() -> None:
    picture = pictures(1)[0]
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.pts = 7
    resizer = VideoResizer(target_resolution=(32, 18))
    resized = resizer.process({"video": frame, "session_id": "a"})
    assert (resized["video"].width, resized["video"].height, resized["video"].pts) == (32, 18, 7)
    assert resized["session_id"] == "a"
    array, pts = resizer.process((picture, 7))
    assert (array.shape, pts) == ((18, 32, 3), 7)
    assert resizer.process({"audio": "sound"}) == {"audio": "sound"}


def test_pictures_are_fitted_with_bars() -> None:
    white = np.full((36, 64, 3), 255, np.uint8)
    fitted = VideoTransform(resolution=(64, 64)).process(white)
    assert fitted.shape == (64, 64, 3)
    assert fitted[14:50].min() == 255
    assert fitted[:14].max() == fitted[50:].max() == 0
    frame = VideoTransform((64, 64)).process(
        av.VideoFrame.from_ndarray(white, format="rgb24").reformat(format="yuv420p")
    )
    assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - fitted).max() <= 3
    transparent = VideoTransform((64, 64)).process(np.zeros((36, 64, 4), np.uint8))
    assert (transparent[0, 0].tolist(), transparent[32, 32].tolist()) == ([0, 0, 0, 255], [0, 0, 0, 0])


@pytest.mark.parametrize("value", ["text", np.zeros((3, 3)), np.zeros((3, 3, 2), "u1"), {"video": None}])
def test_what_is_no_picture_is_refused(value: Any) -> None:
    for node in (VideoResizer((4, 4), name="v"), VideoTransform((4, 4), name="v")):
        with pytest.raises(NodeError, match="expected a video frame") as caught:
            node.process(value)
        assert (caught.value.code, caught.value.details["node"]) == ("RM606", "v")


def test_sizes_are_positive() -> None:
    for size in ((0, 4), (4,), "4x4"):
        with pytest.raises(ValueError, match="width and a height"):
            VideoResizer(size)  # type: ignore[arg-type]  # the point


def test_pictures_are_gathered() -> None:
    lists = Pipeline([VideoBuffer(buffer_size=8)]).run(pictures(20))
    assert [len(gathered) for gathered in lists] == [8, 8, 4]


def test_a_video_goes_through_files(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    assert len(Pipeline([VideoSource(), VideoSink(str(path), fps=10.0)]).run(pictures())) == 20
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 10
    shown = Pipeline([VideoSource(path)]).run()
    assert [np.abs(a.astype(int) - b).mean() < 6 for a, b in zip(shown, pictures(), strict=True)] == [True] * 20


@pytest.mark.parametrize(("name", "tolerance"), [("out.wav", 0.0), ("out.flac", 2**-14)])
def test_sound_goes_through_files(tmp_path: Path, name: str, tolerance: float) -> None:
    path = tmp_path / name
    blocks = [(block, RATE) for block in np.split(stereo(), 10, axis=1)]
    passed = Pipeline([AudioSink(str(path))]).run(blocks)
    assert all(np.array_equal(after[0], before[0]) for after, before in zip(passed, blocks, strict=True))
    heard = Pipeline([AudioSource(path)]).run()
    heard = heard if isinstance(heard, list) else [heard]
    samples = np.concatenate([samples for samples, _ in heard], axis=1)
    assert np.abs(samples - stereo()).max() <= tolerance
    assert {rate for _, rate in heard} == {RATE}


def test_sound_goes_to_the_standard_output(tmp_path: Path) -> None:
    code = (
        "import numpy as np; from remotemedia import AudioSink, Pipeline\n"
        "Pipeline([AudioSink('-')]).run((np.arange(100, dtype='f4') / 128, 8000))\n"
    )
    written = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout
    (tmp_path / "out.wav").write_bytes(written)
    samples, rate = Pipeline([MediaReaderNode(tmp_path / "out.wav"), AudioTrackSource()]).run()
    assert (samples.tolist(), rate) == ([(np.arange(100) / 128).tolist()], 8000)


def test_a_file_has_one_kind_of_sound(tmp_path: Path) -> None:
    sink = AudioSink(str(tmp_path / "out.wav"))
    sink.process((np.zeros(10, "f4"), 8000))
    with pytest.raises(NodeError, match="8000 Hz and 1 channels") as caught:
        sink.process((np.zeros(10, "f4"), 16000))
    assert caught.value.code == "RM606"
    sink.cleanup()
    written = (tmp_path / "out.wav").read_bytes()
    assert (int.from_bytes(written[54:58], "little"), len(written)) == (40, 98)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film", encoding="utf-8")
    cases: list[tuple[str, Any]] = [
        ("RM612", lambda: asyncio.run(drained(MediaReaderNode(tmp_path / "text.mp4")))),
        ("RM612", lambda: asyncio.run(drained(LocalMediaReaderNode(tmp_path / "none.mp4")))),
        ("RM612", lambda: list(VideoSource(tmp_path / "none.mp4").process())),
        ("RM612", lambda: list(VideoSource(device=str(tmp_path / "camera")).process())),
        ("RM616", lambda: MediaWriterNode(str(tmp_path / "out.unknown")).process({"video": pictures(1)[0]})),
        ("RM616", lambda: AudioSink(str(tmp_path / "none" / "out.wav")).process((np.zeros(1, "f4"), 8000))),
        ("RM606", lambda: MediaWriterNode(str(tmp_path / "out.mp4")).process("frame")),
        ("RM606", lambda: VideoSink(str(tmp_path / "out.mp4")).process("frame")),
        ("RM606", lambda: AudioSink(str(tmp_path / "out.wav")).process("sound")),
    ]
    for code, call in cases:
        with pytest.raises(NodeError) as caught:
            call()
        assert caught.value.code == code


async def drained(node: Any) -> None:
    async for _ in node.process():
        pass


@pytest.mark.parametrize(
    ("node", "module", "extra"),
    [
        (VideoResizer((4, 4)), "av", "video"),
        (AudioSink(device="speakers"), "sounddevice", "devices"),
    ],
)
def test_a_missing_extra_is_named(node: Any, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(NodeError, match=f"the library `{module}`") as caught:
        node.process((np.zeros(4, "f4"), 8000))
    assert caught.value.code == "RM617"
    assert f"pip install 'remotemedia[{extra}]'" in (caught.value.hint or "")


class Devices(ModuleType):
    """A stand-in for the library: a microphone that counts, and a loudspeaker that keeps what it plays."""

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.played: list[NDArray[np.float32]] = []
        self.opened: list[Any] = []

    def query_devices(self, device: object, kind: str) -> dict[str, float]:
        if device == "broken":
            raise ValueError(f"no {kind} device matching 'broken'")
        return {"default_samplerate": 8000.0}

    def InputStream(self, **given: Any) -> Any:  # noqa: N802 - the library's name
        self.opened.append(given)
        return Stream(self)

    def OutputStream(self, **given: Any) -> Any:  # noqa: N802 - the same
        if given["device"] == "broken":
            raise self.PortAudioError("no such device")
        self.opened.append(given)
        return Stream(self)


class Stream:
    def __init__(self, devices: Devices) -> None:
        self.devices = devices

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, frames: int) -> tuple[NDArray[np.float32], bool]:
        return np.arange(frames, dtype="f4")[:, None], False

    def write(self, samples: NDArray[np.float32]) -> None:
        self.devices.played.append(samples)

    def start(self) -> None:
        pass

    stop = close = start


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Devices:
    stand_in = Devices()
    monkeypatch.setitem(sys.modules, "sounddevice", stand_in)
    return stand_in


def test_a_microphone_is_heard(devices: Devices) -> None:
    samples, rate = next(AudioSource(device="default").process())
    assert (samples.tolist(), rate) == (list(range(160)), 8000)
    assert devices.opened[0]["device"] is None
    next(AudioSource(device="3").process())
    assert devices.opened[1]["device"] == 3


def test_a_loudspeaker_plays(devices: Devices) -> None:
    sound = (np.array([[0.0, 1.0], [0.5, 0.25]], "f4"), 8000)
    Pipeline([AudioSink(device="speakers")]).run(sound)
    assert devices.played[0].tolist() == [[0.0, 0.5], [1.0, 0.25]]
    assert (devices.opened[0]["samplerate"], devices.opened[0]["channels"]) == (8000, 2)


def test_a_device_that_is_not_there_is_named(devices: Devices) -> None:
    for code, call in (
        ("RM612", lambda: next(AudioSource(device="broken").process())),
        ("RM616", lambda: AudioSink(device="broken").process((np.zeros(1, "f4"), 8000))),
    ):
        with pytest.raises(NodeError, match="`broken`") as caught:
            call()
        assert caught.value.code == code


def test_a_run_hears_the_device_of_its_source(devices: Devices) -> None:
    class First(Node):
        def process(self, value: Any) -> Any:
            raise LookupError(f"{value[1]} Hz, {len(value[0])} samples")

    with pytest.raises(NodeError, match="8000 Hz, 160 samples"):
        Pipeline([AudioSource(device="microphone"), First()]).run()
    assert devices.opened[0]["device"] is None


def test_sound_comes_from_the_standard_input(tmp_path: Path) -> None:
    sink = AudioSink(str(tmp_path / "in.wav"))
    sink.process((stereo()[0], RATE))
    sink.flush()
    code = (
        "import numpy as np; from remotemedia import AudioSource, Pipeline\n"
        "heard = Pipeline([AudioSource()]).run('-')\n"
        "print(sum(len(samples) for samples, _ in (heard if isinstance(heard, list) else [heard])))\n"
    )
    given = (tmp_path / "in.wav").read_bytes()
    printed = subprocess.run([sys.executable, "-c", code], input=given, check=True, capture_output=True).stdout
    assert int(printed) == RATE
