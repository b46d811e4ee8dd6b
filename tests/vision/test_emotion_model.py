import sys
import types

import numpy as np
import pytest

from eyelearn.vision.emotion_model import (
    OURS,
    UnusableModel,
    facts_of_ours,
    load_emotion_model,
)
from vision.onnx_files import colour_model

RED = np.zeros((96, 96, 3), np.uint8)
RED[..., 0] = 255
GREY = np.full((96, 96, 3), 90, np.uint8)


@pytest.fixture
def saved(tmp_path):
    """Writes a model's bytes to a file and gives its path."""

    def save(content, name="theirs.onnx"):
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return save


def test_ours_is_small():
    model = load_emotion_model("")
    assert model.facts.input_shape == (96, 96, 3)
    assert 100_000 < model.facts.total_params <= 1_500_000
    assert OURS.stat().st_size <= 6_000_000


def test_a_version_names_the_file_and_changes_with_its_content(saved):
    one = load_emotion_model(saved(colour_model((1, 3, 48, 48)), "mine é.onnx")).facts.version
    other = load_emotion_model(saved(colour_model((1, 3, 64, 64)), "mine é.onnx")).facts.version
    assert one.startswith("mine__-")
    assert one != other


def test_a_version_fits_the_database(saved):
    version = load_emotion_model(
        saved(colour_model((1, 3, 48, 48)), "a" * 200 + ".onnx")
    ).facts.version
    assert version.isascii()
    assert len(version) <= 64


@pytest.mark.parametrize("picture", [RED, GREY], ids=["colour", "grey"])
def test_probabilities_add_up_to_one(picture):
    probabilities = load_emotion_model("").probabilities(picture)
    assert probabilities.shape == (7,)
    assert probabilities.dtype == np.float32
    assert probabilities.min() >= 0
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("sides", "channels_first"),
    [
        ((1, 3, 48, 40), True),
        (("batch", 3, 48, 40), True),
        ((1, 48, 40, 3), False),
        (("batch", 48, 40, 3), False),
    ],
    ids=str,
)
@pytest.mark.parametrize("softmax", [False, True], ids=["logits", "probabilities"])
def test_either_order_of_sides_and_either_kind_of_output_is_taken(
    saved, sides, channels_first, softmax
):
    content = colour_model(sides, softmax=softmax, channels_first=channels_first)
    model = load_emotion_model(saved(content))
    assert model.facts.input_shape == (48, 40, 3)
    assert model.facts.total_params == 21
    powers = np.exp([0, 0, 0, 0, 0, 0, 255 / 64])
    np.testing.assert_allclose(model.probabilities(RED), powers / powers.sum(), rtol=1e-4)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no ONNX file"),
        (b"not a model at all", "no ONNX file"),
        (colour_model((1, 3, 48, 48))[:60], "no ONNX file"),
        (colour_model((1, 1, 48, 48)), r"must be \(N, 3, .* it is \(1, 1, 48, 48\)"),
        (colour_model((1, 3, "height", "width")), r"it is \(1, 3, open, open\)"),
        (colour_model((8, 3, 48, 48)), r"it is \(8, 3, 48, 48\)"),
        (colour_model((1, 3, 48, 48), outputs=8), r"must be \(N, 7\); it is \(1, 8\)"),
        (colour_model((1, 3, 48, 48), operator="Nonsense"), "unknown operator"),
    ],
    ids=[
        "empty",
        "text",
        "cut off",
        "one channel",
        "open sides",
        "eight at a time",
        "eight classes",
        "unknown operator",
    ],
)
def test_what_is_wrong_with_a_file_is_told(saved, content, told):
    with pytest.raises(UnusableModel, match=told):
        load_emotion_model(saved(content))


def test_a_missing_file_is_told_by_its_name_only(tmp_path):
    with pytest.raises(UnusableModel, match=r"^The model none\.onnx can't be read: No such file"):
        load_emotion_model(str(tmp_path / "none.onnx"))


def test_a_keras_model_asks_for_tensorflow(saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(UnusableModel, match=r"theirs\.h5 TensorFlow must be installed"):
        load_emotion_model(saved(b"\x89HDF\r\n", "theirs.h5"))


def keras_that_loads(inputs, outputs):
    """TensorFlow is half a gigabyte, and not installed for the tests: what we ask of it."""

    class Model:
        inputs = ()
        outputs = ()

        def __call__(self, batch, training):
            assert batch.dtype == np.float32
            assert not training
            return np.full((1, self.outputs[0].shape[-1]), batch.max())

        def count_params(self):
            return 12

    model = Model()
    model.inputs = [types.SimpleNamespace(shape=inputs)]
    model.outputs = [types.SimpleNamespace(shape=outputs)]
    load_model = lambda path, compile, safe_mode: model  # noqa: E731
    models = types.SimpleNamespace(load_model=load_model)
    return types.SimpleNamespace(keras=types.SimpleNamespace(models=models))


def test_a_keras_model_runs_where_tensorflow_is_installed(saved, monkeypatch):
    tensorflow = keras_that_loads((None, 48, 48, 3), (None, 7))
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    model = load_emotion_model(saved(b"", "theirs.keras"))
    assert (model.facts.input_shape, model.facts.total_params) == ((48, 48, 3), 12)
    np.testing.assert_allclose(model.probabilities(GREY), np.full(7, 1 / 7), rtol=1e-5)


def test_a_keras_model_of_other_shapes_is_refused(saved, monkeypatch):
    tensorflow = keras_that_loads((None, 48, 48, 1), (None, 7))
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    with pytest.raises(UnusableModel, match=r"it is \(open, 48, 48, 1\)"):
        load_emotion_model(saved(b"", "theirs.keras"))


def test_ours_says_what_it_is_without_being_loaded() -> None:
    assert facts_of_ours() == load_emotion_model("").facts
