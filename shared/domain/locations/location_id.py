"""What a location is called in addresses and keys; the webhook loads no more of it. Pure."""

import re

LOCATION_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
