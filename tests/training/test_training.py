import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is only needed to train")
sys.path.append(str(Path(__file__).parents[2] / "training"))

from augment import augmented  # noqa: E402
from dataset import Pictures, split  # noqa: E402
from network import EmotionNetwork  # noqa: E402
from train import Recipe, Training, macro_f1  # noqa: E402

TOY = Recipe(epochs=3, batch=8, side=32, small_side=24)


@pytest.fixture
def toy():
    """Two dozen random pictures."""
    random = np.random.default_rng(0)
    pixels = torch.from_numpy(random.integers(0, 255, (24, 96, 96), np.uint8))
    return Pictures(pixels, pixels.flip(2), torch.from_numpy(np.arange(24) % 7))


def weights(training):
    return torch.cat([value.flatten().float() for value in training.average.state_dict().values()])


def trained(pictures, epochs):
    training = Training(TOY, pictures)
    for _ in range(epochs):
        training.run_epoch()
    return training


def test_no_picture_is_on_both_sides_of_the_split():
    labels = np.repeat(np.arange(7), 100)
    training, choosing = split(labels, seed=1)
    assert sorted([*training, *choosing]) == list(range(700))
    assert np.bincount(labels[choosing]).tolist() == [6] * 7


def test_the_split_is_the_same_each_time():
    labels = np.repeat(np.arange(7), 100)
    assert (split(labels, seed=1)[1] == split(labels, seed=1)[1]).all()
    assert (split(labels, seed=1)[1] != split(labels, seed=2)[1]).any()


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(toy, tmp_path):
    trained(toy, 1).save(tmp_path / "checkpoint.pt")
    resumed = Training(TOY, toy)
    resumed.resume(tmp_path / "checkpoint.pt")
    resumed.run_epoch()
    resumed.run_epoch()
    assert torch.equal(weights(resumed), weights(trained(toy, 3)))


def test_pictures_are_augmented_to_the_side_that_is_asked_for(toy):
    torch.manual_seed(0)
    pictures = augmented(toy.aligned.unsqueeze(1).float(), 40)
    assert pictures.shape == (24, 1, 40, 40)
    assert 0 <= pictures.min() <= pictures.max() <= 255


def test_brightness_and_colour_tell_the_network_nothing():
    torch.manual_seed(0)
    network = EmotionNetwork().eval()
    picture = torch.rand(1, 3, 96, 96) * 100
    grey = picture.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    with torch.no_grad():
        of_colour, of_grey, of_bright = network(picture), network(grey), network(grey + 100)
    assert torch.allclose(of_colour, of_grey, atol=1e-4)
    assert torch.allclose(of_bright, of_grey, atol=1e-4)


def test_the_network_is_small():
    parameters = sum(value.numel() for value in EmotionNetwork().parameters())
    assert parameters <= 1_500_000


def test_the_learning_rate_ends_at_nothing():
    assert TOY.rate_at(TOY.warm_up_share) == TOY.peak_rate
    assert TOY.rate_at(0) == 0
    assert TOY.rate_at(1) == pytest.approx(0)


def test_macro_f1_counts_each_class_alike():
    labels = torch.tensor([0] * 90 + [1, 2, 3, 4, 5, 6])
    assert macro_f1(labels, labels) == 1
    assert macro_f1(labels, torch.zeros(96, dtype=torch.long)) < 0.15
