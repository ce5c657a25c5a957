"""What each piece of work takes of AWS and of Stripe.

DynamoDB's calls and write units of what a client does are held against counted ones by
`tests/functions/test_write_units.py`, and a sync's by `tests/workflows/ledger`. Times are reckoned:
a call to a service has the time that `TABLE_S` and `STRIPE_S` say, and a function's own work what
`make bench` measured, at the share of a processor that its memory gives it.
"""

from dataclasses import dataclass, fields

# A call within the region, and a call to Stripe.
TABLE_S, STRIPE_S = 0.008, 0.4
# 1,769 MB are a whole processor. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MEMORY_MB, PROCESSOR_MB = 512, 1769
# A processor's time of one call of a function, beside what it waits for.
OWN_S = 0.006
LOG_KB = 0.6
# A function that asks SQS for messages waits up to 20 s for one. Five of them ask at all times.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLS_A_DAY = 5 * 86_400 // 20


@dataclass(frozen=True, slots=True)
class Work:
    """What a piece of work takes, in calls and units; `own_s` is a processor's time beside them."""

    api_requests: float = 0
    invocations: float = 0
    table_calls: float = 0
    write_units: float = 0
    read_units: float = 0
    stripe_calls: float = 0
    bus_events: float = 0
    queue_requests: float = 0
    key_requests: float = 0
    mails: float = 0
    own_s: float = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(Work))
        )

    def times(self, number: float) -> "Work":
        """Return the same work done a number of times."""
        return Work(*(getattr(self, each.name) * number for each in fields(Work)))

    @property
    def seconds(self) -> float:
        """How long functions are at it, together."""
        own = self.own_s * PROCESSOR_MB / MEMORY_MB
        calls = self.table_calls + self.bus_events + self.queue_requests / 3 + self.key_requests
        return own + calls * TABLE_S + self.stripe_calls * STRIPE_S

    @property
    def gigabyte_seconds(self) -> float:
        """What Lambda charges for."""
        return self.seconds * MEMORY_MB / 1024

    @property
    def logs_gb(self) -> float:
        """What is logged: a line or two for each call of a function, and one for each request."""
        return (self.invocations * LOG_KB + self.api_requests * 0.2) / 1024 / 1024


# ------------------------------------------------------------------ what a client does

# Location and times, looked at twice over; then the page that follows the payment.
LOOK = Work(api_requests=6, invocations=6, table_calls=18, read_units=30, own_s=6 * OWN_S)
# Booked online: the request, a session at Stripe.
BOOK = Work(
    api_requests=1,
    invocations=1,
    table_calls=15,
    write_units=36,
    read_units=20,
    stripe_calls=1,
    own_s=3 * OWN_S,
)
# Stripe's four events, each verified, put on the bus, queued and recorded; our message to the bus.
PAY = Work(
    api_requests=4,
    invocations=9,
    table_calls=9,
    write_units=22,
    read_units=12,
    bus_events=5,
    # Sent, received and deleted.
    queue_requests=3 * 4,
    own_s=9 * OWN_S,
)
# A mail: taken from the queue, marked, sent, noted.
MAIL = Work(
    invocations=1,
    table_calls=4,
    write_units=4,
    read_units=4,
    queue_requests=3,
    mails=1,
    own_s=OWN_S,
)
# What the ledger keeps of a payment: its entry, and its part of the day's sums.
ENTRY = Work(table_calls=2, write_units=5, read_units=2, own_s=OWN_S / 2)
PAID_ONLINE = BOOK + PAY + ENTRY
# What goes with it: who looks at times first, and the mail that says that it was paid.
PAYMENT = LOOK + PAID_ONLINE + MAIL
# Asked for by staff, carried out, told by four events.
REFUND_MADE = Work(
    api_requests=5,
    invocations=12,
    table_calls=22,
    write_units=60,
    read_units=20,
    stripe_calls=1,
    bus_events=7,
    queue_requests=3 * 5,
    own_s=12 * OWN_S,
)
REFUND = REFUND_MADE + MAIL

# ------------------------------------------------------------------ what goes by the clock

# One sync in which nothing has moved, with its key, its order, and the note of it.
SYNC = Work(
    invocations=1,
    table_calls=10 + 1,
    write_units=6 + 1,
    read_units=12,
    stripe_calls=7,
    queue_requests=3,
    key_requests=1,
    own_s=3 * OWN_S,
)
# A location's part of a day's hourly ticks: four parts of each of three read the list, a hundred
# locations a call, and one of them reads what is known of a location's syncs, in three items.
LISTED = Work(
    table_calls=24 * (3 * 4 + 3) / 100,
    read_units=24 * (3 * 4 * 0.31 + 3),
    own_s=24 * 3 * 4 * 0.0002,
)
# A day's report with fifty payments: synced, read, written, mailed; its files take a
# processor's second.
REPORT = Work(
    invocations=1,
    table_calls=20 + SYNC.table_calls,
    write_units=12 + SYNC.write_units,
    read_units=60 + SYNC.read_units,
    stripe_calls=SYNC.stripe_calls,
    queue_requests=3,
    key_requests=1,
    mails=1,
    own_s=1.0,
)
# An idle location's one sync a day is that of its report.
SYNCS_A_DAY_ACTIVE, SYNCS_A_DAY_IDLE = 24, 0
# The minute's and the hour's functions, whoever there is.
TICKS = Work(
    invocations=1440 + 288 + 3 * 4 * 24,
    table_calls=(1440 + 288) * 8,
    read_units=(1440 + 288) * 4,
    own_s=(1440 + 288 + 288) * OWN_S,
    queue_requests=POLLS_A_DAY,
)
