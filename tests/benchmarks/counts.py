"""What is counted exactly, each figure held by the test that is named: CI fails where it changes.

`make bench` prints them beside what it measures.
"""

from infra.capacity.work import PAY, REFUND_MADE, SYNC

# tests/benchmarks/test_counts.py: modules of Python at the end of a first event.
WEBHOOK_MODULES_AT_MOST = 230
# tests/functions/test_write_units.py: write units, the index with them.
PAYMENT_UNITS = PAY.write_units
REFUND_UNITS = REFUND_MADE.write_units
CANCELLATION_UNITS = 59
# tests/functions/test_receive_stripe_webhook.py, tests/functions/test_record_stripe_event.py
WEBHOOK_CALLS, WEBHOOK_CALLS_AGAIN, WEBHOOK_CALLS_COLD = 1, 2, 3
CHARGE_CALLS, REFUND_CALLS = 2, 3
# tests/functions/test_idle_location.py: a day's one sync, its key's item and KMS.
IDLE_AWS_CALLS = SYNC.table_calls - 1 + 2
IDLE_STRIPE_CALLS = SYNC.stripe_calls
# tests/workflows/reports/test_report_reads.py: ten times the payments over 40 days, and 400 days.
REPORT_READS_RATIO, REPORT_READS_OF_DAYS = 1.0, 1.3
# tests/functions/test_page_weight.py: our own page up to its list of services.
PAGE_REQUESTS, PAGE_KB = 4, 36
# tests/functions/test_many_employees.py
SLOTS_KB, SLOTS_CALLS = 16, 1.5
