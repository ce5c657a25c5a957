"""The table of what has to be reached: a figure, its bound and its goal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from infra.capacity.__main__ import dollars
from infra.capacity.work import LOOK, PAID_ONLINE
from tests.benchmarks import counts

type Runs = Mapping[str, Sequence[Mapping[str, float]]]

F0, F1, NAIVE = "floor_stdlib", "floor_botocore", "naive"
WEBHOOK, RECORD, STAFF = "receive_stripe_webhook", "record_stripe_event", "serve_staff_api"
ORDERS = ("create_checkout", "refund_payment", "charge_fee")
SHOWN = (STAFF, "serve_widget", "serve_visit", "serve_pages")
PAY, FASTAPI, DJ_STRIPE = "payment", "fastapi", "dj_stripe"
OF_OURS = (WEBHOOK, RECORD, *ORDERS, *SHOWN, PAY)
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """What came of a row: the figure, and the least and the most of its rounds."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Say it, with its spread."""
        shown = said(self.value)
        if self.low == self.high:
            return shown
        return f"{shown} ({said(self.low)} to {said(self.high)})"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `is_least` where more is better, without bounds where none was set."""

    what: str
    figure: Figure
    must: float | None = None
    goal: float | None = None
    is_least: bool = False

    @property
    def bounds(self) -> tuple[str, str]:
        """What has to be reached, and what is wished for."""
        return _said(self.must), _said(self.goal)

    @property
    def verdict(self) -> str:
        """Whether the bound is held, and the goal."""
        if self.must is None or self.goal is None:
            return ""
        if self._reaches(self.goal):
            return "goal"
        return "must" if self._reaches(self.must) else "missed"

    def _reaches(self, bound: float) -> bool:
        # As it is shown: 1.004 is 1.00.
        shown = float(said(self.figure.value).replace(",", ""))
        return shown >= bound if self.is_least else shown <= bound


def said(value: float) -> str:
    """Return a figure as people read it."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _said(bound: float | None) -> str:
    return "" if bound is None else f"{bound:g}"


def ratio(runs: Runs, case: str, base: str, name: str) -> Figure:
    """Return how many times `base` a case takes: the median of the rounds' own ratios."""
    pairs = zip(runs[case], runs[base], strict=True)
    return spread([own[name] / other[name] for own, other in pairs])


def spread(found: Sequence[float]) -> Figure:
    """Return the median, and how far the rounds are apart."""
    return Figure(median(found), min(found), max(found))


def exact(value: float) -> Figure:
    """Return what was counted."""
    return Figure(value, value, value)


def rows(
    runs: Runs,
    verifying: Sequence[Mapping[str, float]],
    sizes: Mapping[str, float],
    report: Mapping[int, Mapping[str, float]],
    prices: Mapping[str, Mapping[str, float]],
) -> list[Row]:
    """Return the whole table."""

    def answered(case: str, must: float | None = None, goal: float | None = None) -> Row:
        what = f"`{case}`: cold start of F1, both to the end of the first request"
        return Row(what, ratio(runs, case, F1, "cold_s"), must, goal)

    def cold(case: str, must: float, goal: float) -> tuple[Row, Row]:
        loaded = ratio(runs, case, F1, "loaded_s")
        return Row(f"`{case}`: cold start of F1, loaded", loaded, must, goal), answered(case)

    def verify(size: str) -> Row:
        found = [each[f"by_us {size}"] / each[f"by_stdlib {size}"] for each in verifying]
        return Row(f"webhook: verify and parse, {size} kB, of stdlib", spread(found), 1.3, 1.1)

    def reads(history: str, found: float) -> Row:
        return Row(f"read units of a day's report, {history}", exact(found), 1, 1)

    peaks = {number: each["peak_mib"] for number, each in report.items()}
    fewest, most = min(peaks), max(peaks)
    paid, seen = (dollars(each, prices) * 1e6 for each in (PAID_ONLINE, LOOK + PAID_ONLINE))
    return [
        answered(WEBHOOK, 0.38, 0.25),
        Row("webhook: warm of F1 at 4 kB", ratio(runs, WEBHOOK, F1, "warm_s"), 0.60, 0.45),
        Row("webhook: modules", exact(runs[WEBHOOK][0]["modules"]), 230, 160),
        verify("4"),
        verify("20"),
        *cold(RECORD, 1.15, 1.05),
        *(row for each in ORDERS for row in cold(each, 1.40, 1.15)),
        *(row for each in SHOWN for row in cold(each, 1.40, 1.00)),
        Row("largest package, zipped, fonts apart, MB", exact(sizes["largest"] / MB), 20, 10),
        Row("all functions and layers, zipped, MB", exact(sizes["all"] / MB), 90, 45),
        Row(
            "one payment, signed body to committed transaction: times dj-stripe with SQLite",
            ratio(runs, DJ_STRIPE, PAY, "warm_s"),
            5,
            12,
            is_least=True,
        ),
        Row("Stripe calls per webhook event", exact(0), 0, 0),
        Row("AWS calls of the webhook, warm", exact(counts.WEBHOOK_CALLS), 1, 1),
        Row("the same, secrets read a minute ago", exact(counts.WEBHOOK_CALLS_AGAIN), 2, 2),
        Row("the same, secrets never read before", exact(counts.WEBHOOK_CALLS_COLD), 2, 2),
        Row("AWS calls of the consumer, a charge's event", exact(counts.CHARGE_CALLS), 2, 2),
        Row("AWS calls of the consumer, a refund's or dispute's", exact(counts.REFUND_CALLS), 3, 3),
        Row("write units: a payment's four events", exact(counts.PAYMENT_UNITS), 26, 20),
        Row("write units: a refund, with all that follows", exact(counts.REFUND_UNITS), 70, 55),
        Row("write units: a cancellation", exact(counts.CANCELLATION_UNITS), 75, 60),
        reads("10 times the payments before it", counts.REPORT_READS_RATIO),
        reads("400 days before it instead of 40", counts.REPORT_READS_OF_DAYS),
        Row(f"report over {most:,} entries: peak memory, MiB", exact(peaks[most]), 128, 64),
        Row(f"that peak, of the one over {fewest:,}", exact(peaks[most] / peaks[fewest]), 1.3, 1.2),
        Row("idle location: AWS calls a day", exact(counts.IDLE_AWS_CALLS), 60, 12),
        Row("idle location: Stripe calls a day", exact(counts.IDLE_STRIPE_CALLS), 10, 4),
        Row("dollars per million payments without mail", exact(paid), 80, 40),
        Row("the same, with six looks at free times before each", exact(seen)),
        Row("page: widget to first choice, requests", exact(counts.PAGE_REQUESTS), 4, 3),
        Row("page: the same, compressed kB", exact(counts.PAGE_KB), 45, 30),
        Row("slots for 25 employees, a week: compressed kB", exact(counts.SLOTS_KB), 20, 12),
        Row("slots: calls against one employee (ratio)", exact(counts.SLOTS_CALLS), 3, 1.5),
    ]


def peers(runs: Runs, verifying: Sequence[Mapping[str, float]]) -> list[tuple[str, ...]]:
    """Return all cases beside each other: loaded, cold and warm milliseconds, and modules."""
    found: list[tuple[str, ...]] = []
    for case, each in runs.items():
        loaded = median(run["loaded_s"] for run in each) * 1000
        cold = median(run["cold_s"] for run in each) * 1000
        warm = [run["warm_s"] for run in each if run["warm_s"] > 1e-4]
        warm_said = f"{median(warm) * 1000:.2f}" if warm else ""
        found.append((case, f"{loaded:.0f}", f"{cold:.0f}", warm_said, f"{each[0]['modules']:.0f}"))
    library = [each["by_stripe 4"] for each in verifying]
    found.append(("stripe.Webhook.construct_event", "", "", f"{median(library) * 1000:.2f}", ""))
    return found
