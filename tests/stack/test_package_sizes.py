"""How large what was deployed is: cold starts load it, and a deployment has an end."""

import pytest

from infra.package_sizes import BUILD, MB, layer_sizes, loaded_sizes, package_sizes

pytestmark = pytest.mark.stack

MOST_FOR_A_FUNCTION = 20 * MB
MOST_OF_ALL = 90 * MB


@pytest.mark.usefixtures("stack")
def test_packages_and_layers_stay_small() -> None:
    """The stack has built them. Fonts, which writers of PDFs load besides, are apart."""
    layers, packages = layer_sizes(BUILD), package_sizes(BUILD)
    loaded = loaded_sizes(BUILD, layers, packages)
    assert len(packages) >= 20
    assert len(layers) >= 5
    for name, size in loaded.items():
        shared = layers["SharedLayer"]
        assert size.zipped - size.fonts_zipped - shared.zipped < MOST_FOR_A_FUNCTION, name
    everything = [*layers.values(), *packages.values()]
    assert sum(size.zipped for size in everything) < MOST_OF_ALL
