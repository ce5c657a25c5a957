"""What others would write, with their own libraries: `python peers.py CASE WORLD.json`.

It runs on the environment of infra/locks/bench.txt, and knows nothing of Bookpay. What it prints is
as `cases.py` does.

    fastapi     a tutorial's handler on Lambda: FastAPI behind Mangum, `construct_event`, one item
                into DynamoDB by boto3; no ledger, no order, no duplicate is told apart
    dj_stripe   Django with dj-stripe and SQLite, in memory: the event and its objects as models
"""

import importlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

STARTED_S = time.process_time()
CASE, WORLD = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
SECRET, UUID = WORLD["secret"], "00000000-0000-4000-8000-000000000001"


def fastapi() -> Any:
    """Return what answers one request of API Gateway."""
    boto3 = importlib.import_module("boto3")
    stripe = importlib.import_module("stripe")
    web = importlib.import_module("fastapi")
    mangum = importlib.import_module("mangum")
    app, table = web.FastAPI(), boto3.resource("dynamodb").Table("tutorial")

    async def webhook(request: Any) -> dict[str, bool]:
        body = await request.body()
        event = stripe.Webhook.construct_event(body, request.headers["stripe-signature"], SECRET)
        charge = event["data"]["object"]
        item = {"pk": charge["id"], "sk": "payment", "amount": charge["amount"]}
        table.put_item(Item=item | {"body": json.dumps(charge.to_dict(), default=str)})
        return {"received": True}

    webhook.__annotations__["request"] = web.Request
    app.post("/webhooks/stripe/demo")(webhook)
    answer = mangum.Mangum(app, lifespan="off")

    def handle(request: dict[str, Any]) -> int:
        return int(answer(request, None)["statusCode"])

    return handle


def dj_stripe() -> Any:
    """Return what answers one request, with tables made straight from the models."""
    settings = importlib.import_module("django.conf").settings
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
        INSTALLED_APPS=[
            *("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"),
            "djstripe",
        ],
        # The chain of migrations takes most of a minute, and makes the same tables.
        MIGRATION_MODULES={"djstripe": None},
        ROOT_URLCONF=__name__,
        SECRET_KEY="bench",
        STRIPE_LIVE_MODE=False,
        STRIPE_TEST_SECRET_KEY=WORLD["key"],
        USE_TZ=True,
    )
    importlib.import_module("django").setup()
    path = importlib.import_module("django.urls")
    global urlpatterns  # noqa: PLW0603 (Django looks it up here)
    urlpatterns = [path.path("stripe/", path.include("djstripe.urls", namespace="djstripe"))]
    importlib.import_module("django.core.management").call_command(
        "migrate", run_syncdb=True, verbosity=0
    )
    stripe: Any = importlib.import_module("stripe")
    stripe.api_base = WORLD["stripe"]
    # The simulator's key is shorter than Stripe's.
    keys: Any = importlib.import_module("djstripe.models.api")
    keys.API_KEY_REGEX = re.compile(r"^(sk)_(test)_([a-zA-Z0-9]+)$")
    models = importlib.import_module("djstripe.models")
    models.WebhookEndpoint.objects.create(
        id="we_bench",
        livemode=False,
        enabled_events=["*"],
        secret=SECRET,
        url="https://bench.example",
        djstripe_uuid=UUID,
    )
    client = importlib.import_module("django.test").Client(raise_request_exception=True)

    def handle(request: dict[str, Any]) -> int:
        answer = client.post(
            f"/stripe/webhook/{UUID}/",
            data=request["body"],
            content_type="application/json",
            headers={"stripe-signature": request["headers"]["stripe-signature"]},
        )
        return int(answer.status_code)

    return handle


urlpatterns: list[Any] = []


def main() -> None:
    """Measure one case."""
    signed = importlib.import_module("signing").signed
    handle = {"fastapi": fastapi, "dj_stripe": dj_stripe}[CASE]()
    loaded_s = time.process_time()
    first, *others = [signed(each, SECRET) for each in WORLD["bodies"]]
    statuses = [handle(first)]
    cold_s, warm_started_s = time.process_time() - STARTED_S, time.process_time()
    statuses += [handle(each) for each in others]
    warm_s = (time.process_time() - warm_started_s) / len(others)
    if set(statuses) != {200}:
        raise SystemExit(f"{CASE} refused an event: {statuses}")
    found = {"loaded_s": loaded_s - STARTED_S, "cold_s": cold_s, "warm_s": warm_s}
    sys.stdout.write(json.dumps(found | {"modules": len(sys.modules)}) + "\n")


if __name__ == "__main__":
    main()
