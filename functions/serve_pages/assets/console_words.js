// What the console says of states and facts: one word and one colour each, the same everywhere.

// Each table has every word of the API's, and no other: a test holds them to the domain.

/** What a booking may be, as it is chosen from and as it is shown. */
export const BOOKING_STATES = {
  awaiting_payment: ["Awaiting payment", "warn"],
  awaiting_confirmation: ["Awaiting confirmation", "warn"],
  confirmed: ["Confirmed", "good"],
  completed: ["Completed", "plain"],
  cancelled: ["Cancelled", "plain"],
  no_show: ["No-show", "warn"],
  expired: ["Expired", "plain"],
};

/** Return what a booking's status is called, and its colour. */
export function bookingState(status) { return BOOKING_STATES[status] ?? [readable(status), "plain"]; }

/** What a booking's money may be, as it is chosen from and as it is shown. */
export const PAYMENT_STATES = {
  unpaid: ["Unpaid", "warn"],
  paid: ["Paid", "good"],
  authorized: ["On hold", "info"],
  card_saved: ["Card saved", "info"],
  partially_refunded: ["Partly refunded", "plain"],
  refunded: ["Refunded", "plain"],
  disputed: ["Disputed", "bad"],
  failed: ["Payment failed", "bad"],
  not_required: ["No payment needed", "plain"],
};

/** Return what a payment status is called, and its colour. */
export function paymentState(status) { return PAYMENT_STATES[status] ?? [readable(status), "plain"]; }

const REFUND_STATES = {
  requested: ["Requested", "info"],
  pending: ["On its way", "info"],
  requires_action: ["Awaiting the client", "warn"],
  succeeded: ["Refunded", "good"],
  failed: ["Failed", "bad"],
  canceled: ["Cancelled", "plain"],
};

/** Return what a refund's status is called, and its colour. */
export function refundState(refund) {
  if (refund.approval === "awaiting_approval") return ["Awaiting approval", "warn"];
  if (refund.approval === "denied") return ["Denied", "plain"];
  return REFUND_STATES[refund.status] ?? [readable(refund.status), "plain"];
}

const FEE_STATES = {
  proposed: ["Needs a decision", "warn"],
  requested: ["Being charged", "info"],
  owed: ["Owed", "warn"],
  taken: ["Charged", "good"],
  paid_elsewhere: ["Paid outside Stripe", "good"],
  waived: ["Waived", "plain"],
  written_off: ["Written off", "plain"],
};

/** Return what a fee's status is called, and its colour. */
export function feeState(status) { return FEE_STATES[status] ?? [readable(status), "info"]; }

const MAIL_STATES = {
  sent: ["Sent", "good"],
  refused: ["Not sent", "bad"],
  bounced: ["Bounced", "bad"],
  complained: ["Marked as spam", "bad"],
};

/** Return what became of a mail, and its colour. */
export function mailState({ status }) { return MAIL_STATES[status] ?? [readable(status), "info"]; }

const CHARGE_STATES = {
  pending: ["On its way", "info"],
  authorized: ["On hold", "info"],
  succeeded: ["Paid", "good"],
  failed: ["Failed", "bad"],
  canceled: ["Released", "plain"],
  expired: ["Hold expired", "plain"],
  unknown: ["Unknown", "plain"],
};

/** Return what a charge's status is called, and its colour. */
export function chargeState(status) { return CHARGE_STATES[status] ?? [readable(status), "info"]; }

const DISPUTE_STATES = {
  needs_response: ["Needs a response", "bad"],
  warning_needs_response: ["Bank inquiry", "warn"],
  under_review: ["Under review", "info"],
  warning_under_review: ["Under review", "info"],
  prevented: ["Prevented", "good"],
  won: ["Won", "good"],
  lost: ["Lost", "bad"],
  warning_closed: ["Closed", "plain"],
};

/** Return what a dispute's status is called, and its colour. */
export function disputeState(status) { return DISPUTE_STATES[status] ?? [readable(status), "info"]; }

const PAYOUT_STATES = {
  paid: ["Paid", "good"],
  pending: ["On its way", "info"],
  in_transit: ["On its way", "info"],
  canceled: ["Cancelled", "plain"],
  failed: ["Failed", "bad"],
};

/** Return what a payout's status is called, and its colour. */
export function payoutState(status) { return PAYOUT_STATES[status] ?? [readable(status), "plain"]; }

const TIMELINE = {
  "booking.created": "Booked",
  "action.settled": "Reviewed and settled",
  "booking.cancelled": "Cancelled",
  "booking.completed": "Completed",
  "booking.no_show": "The client did not come",
  "booking.moved": "Moved to another time",
  "booking.reopened": "Reopened after being ended by mistake",
  "booking.expired": "Not paid, or not confirmed, in time: the slot was released",
  "booking.expired_unasked": "Slot released without Stripe's confirmation",
  "booking.address_confirmed": "The client confirmed by email link",
  "mail.held_back": "An email was held back: too many to an unproved address",
  "booking.slot_lost": "Paid after the slot was released",
  "booking.slot_taken_again": "Paid late, while the slot was still free: confirmed",
  "refund.requested": "Refund requested",
  "refund.approved": "Refund approved",
  "refund.approval_requested": "Refund requested: awaiting approval",
  "refund.denied": "Refund denied",
  "refund.refused": "Stripe refused the refund",
  "fee.confirmed": "Fee confirmed",
  "fee.waived": "Fee waived",
  "fee.reminded": "Client reminded of the fee",
  "fee.written_off": "Fee written off",
  "charge.refused": "Stripe refused the charge",
  "payment.recorded": "Paid outside Stripe",
  "payment.voided": "Payment outside Stripe voided",
  "client.changed": "Client details corrected",
  "client.erased": "Client data erased",
  "checkout.session.completed": "The payment page was completed",
  "checkout.session.expired": "The payment page was closed",
  "checkout.session.async_payment_succeeded": "The payment arrived",
  "checkout.session.async_payment_failed": "The payment did not arrive",
  "payment_intent.succeeded": "Payment complete",
  "payment_intent.payment_failed": "Payment failed",
  "payment_intent.canceled": "Payment canceled",
  "payment_intent.amount_capturable_updated": "Amount held on the card",
  "setup_intent.succeeded": "Card saved",
  "setup_intent.setup_failed": "Card not saved",
  "charge.pending": "Charge pending",
  "charge.succeeded": "Card charged",
  "charge.captured": "Held payment captured",
  "charge.failed": "Card declined",
  "charge.expired": "The hold expired",
  "charge.updated": "Charge updated",
  "charge.refunded": "Refunded at Stripe",
  "charge.refund.updated": "Refund updated",
  "refund.created": "Refund created at Stripe",
  "refund.updated": "Refund updated",
  "refund.failed": "Refund failed",
  "charge.dispute.created": "Dispute opened",
  "charge.dispute.updated": "Dispute updated",
  "charge.dispute.closed": "Dispute closed",
  "charge.dispute.funds_withdrawn": "Disputed money withdrawn",
  "charge.dispute.funds_reinstated": "Disputed money returned",
  "radar.early_fraud_warning.created": "A bank warned of fraud",
  "radar.early_fraud_warning.updated": "A warning of fraud changed",
};

/** Return a timeline's entry in words. */
export function happened(what) { return TIMELINE[what] ?? readable(what); }

const NEEDED = {
  overpaid: "More was paid than the price",
  refund_failed: "A refund was returned by the bank",
  refund_canceled: "A refund was cancelled at Stripe",
  refund_refused: "Stripe refused a refund",
  refund_stuck: "A refund has no answer yet",
  refund_awaits_approval: "A refund is awaiting approval",
  charge_stuck: "A charge has no answer yet",
  hold_not_taken: "A hold could not be captured",
  hold_not_released: "A hold could not be released",
  session_not_closed: "A payment page could not be closed",
  former_account_sessions: "Payment pages open at the former Stripe account",
  fee_proposed: "A fee needs a decision",
  fee_owed: "A fee is owed",
  hold_lapses: "A hold expires soon",
  hold_lapses_before_visit: "A hold expires before the visit",
  money_left: "Client balance to refund",
  money_left_elsewhere: "Money to give back outside Stripe",
  paid_after_expiry: "Paid after the slot was released",
  slot_freed_without_stripe: "Slot released without Stripe's confirmation",
  paid_in_other_currency: "Paid in another currency",
  booking_unknown: "Payment without a booking",
  event_unreadable: "An event cannot be read",
  dispute_needs_response: "A dispute needs a response",
  inquiry_needs_response: "A bank inquiry needs a response",
  dispute_lost_after_won: "A dispute you had won is lost",
  early_fraud_warning: "A bank suspects fraud",
  mail_undelivered: "An email did not arrive",
  refund_waits_for_funds: "A refund is waiting for your Stripe balance",
  booking_contradicted: "A payment names another booking",
  event_of_another_account: "Events of another account",
  stripe_key_refused: "Stripe refuses the key",
  stripe_permission_missing: "The key lacks a permission",
};

/** Return what needs action, in words. */
export function needed(kind) { return NEEDED[kind] ?? readable(kind); }

const LINES = {
  payments: "Payments from clients", refunds: "Refunds to clients", refund_reversals: "Returned refunds",
  disputes: "Chargebacks", dispute_reversals: "Dispute reversals", stripe_fees: "Stripe's fees",
  adjustments: "Other adjustments", payouts: "Paid out to the bank", prepayment: "Paid in full online", deposit: "Deposit",
  balance: "Balance after a deposit", visit_link: "Payment link for a visit", cancellation_fee: "Cancellation fee",
  no_show_fee: "No-show fee", reschedule_fee: "Fee for moving a visit", other: "No booking",
};

/** Return what a line of the report is called. */
export function lineName(key) { return LINES[key] ?? readable(key); }

/** Return an identifier as words: `card_on_file` as "Card on file". */
export function readable(text = "") {
  const words = String(text).replace(/[._]/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

// What the API's validation says, as people say it; its own sentences come as they are.
const PLAIN = [
  [/^String should have at least 1 character/, () => "This is required"],
  [/^String should have at least (\d+) char/, (found) => `Write at least ${found[1]} characters`],
  [/^String should have at most (\d+) char/, (found) => `Write at most ${found[1]} characters`],
  [/^Input should be greater than or equal to (\S+)/, (found) => `Must be at least ${found[1]}`],
  [/^Input should be less than or equal to (\S+)/, (found) => `Must be at most ${found[1]}`],
  [/^String should match pattern '\^\[\^@/, () => "Write an email address, such as anna@salon.example"],
  [/^Field required/, () => "This is required"],
  [/^Value error, /, (found) => found.input.slice(found[0].length)],
];

/** Return what is wrong with a field as a sentence. */
export function mistakeInWords(given) {
  const [found, say] = PLAIN.map(([shape, words]) => [given.match(shape), words]).find(([each]) => each) ?? [];
  const detail = found ? say(found) : given;
  const text = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
