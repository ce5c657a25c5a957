"""What holds a secret does not show it where it is printed, in a log or a failed test."""

from typing import Any

import pytest

from shared.adapters.api_keys import StoredKey
from shared.adapters.secrets_table import StoredSecret
from shared.adapters.signing_secrets import SigningSecrets
from shared.config import AwsAccess, Config

SECRET = "sk_live_unshown"
HOLDERS = (
    StoredKey(SECRET, 1),
    StoredSecret({"secret_key": SECRET}, 1, SECRET),
    SigningSecrets("test", (SECRET,), own=(SECRET,)),
    Config(AwsAccess("eu-west-1", "k", SECRET, SECRET, ""), edge_secret=SECRET),
)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda each: type(each).__name__)
def test_it_is_not_in_the_text_of_its_holder(holder: Any) -> None:
    assert SECRET in str(tuple(holder))
    assert SECRET not in f"{holder} {holder!r}"
