"""What is left out of packages, and what must not be."""

from pathlib import Path

from infra.package import trim_babel
from shared.domain.locales import LOCALES


def test_every_language_of_checkouts_stays_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "babel" / "locale-data"
    folder.mkdir(parents=True)
    spoken = {locale.replace("-", "_") for locale in LOCALES}
    for name in spoken | {"root", "no", "en_DE", "zh_Hant_HK", "zu", "ar", "ar_EG"}:
        (folder / f"{name}.dat").touch()

    trim_babel(tmp_path)

    kept = {file.stem for file in folder.iterdir()}
    assert kept == spoken | {"root", "no", "en_DE", "zh_Hant_HK"}


def test_a_package_without_babel_has_nothing_to_trim(tmp_path: Path) -> None:
    trim_babel(tmp_path)
    assert list(tmp_path.iterdir()) == []
