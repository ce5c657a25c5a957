// What the console says of states and facts: one word and one colour each, the same everywhere.

// Each table has every word of the API's, and no other: a test holds them to the domain.

const BOOKING_STATES = {
  awaiting_payment: ["Waits for payment", "warn"],
  awaiting_confirmation: ["Waits for confirmation", "warn"],
  confirmed: ["Confirmed", "good"],
  completed: ["Completed", "plain"],
  cancelled: ["Cancelled", "plain"],
  no_show: ["No-show", "warn"],
  expired: ["Lapsed", "plain"],
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
  requested: ["Asked for", "info"],
  pending: ["On its way", "info"],
  requires_action: ["Waits for the client", "warn"],
  succeeded: ["Refunded", "good"],
  failed: ["Failed", "bad"],
  canceled: ["Cancelled", "plain"],
};

/** Return what a refund's status is called, and its colour. */
export function refundState(refund) {
  if (refund.approval === "awaiting_approval") return ["Waits for approval", "warn"];
  if (refund.approval === "denied") return ["Denied", "plain"];
  return REFUND_STATES[refund.status] ?? [readable(refund.status), "plain"];
}

const FEE_STATES = {
  proposed: ["To be decided", "warn"],
  requested: ["Being taken", "info"],
  owed: ["Owed", "warn"],
  taken: ["Taken", "good"],
  waived: ["Waived", "plain"],
  written_off: ["Written off", "plain"],
};

/** Return what a fee's status is called, and its colour. */
export function feeState(status) { return FEE_STATES[status] ?? [readable(status), "info"]; }

const MAIL_STATES = {
  sent: ["Sent", "good"],
  refused: ["Not sent", "bad"],
  bounced: ["Came back", "bad"],
  complained: ["Marked as spam", "bad"],
};

/** Return what became of a mail, and its colour. */
export function mailState({ status }) { return MAIL_STATES[status] ?? [readable(status), "info"]; }

const CHARGE_STATES = {
  pending: ["On its way", "info"],
  authorized: ["On hold", "info"],
  succeeded: ["Paid", "good"],
  failed: ["Failed", "bad"],
  canceled: ["Let go", "plain"],
  expired: ["Hold lapsed", "plain"],
  unknown: ["Not known yet", "plain"],
};

/** Return what a charge's status is called, and its colour. */
export function chargeState(status) { return CHARGE_STATES[status] ?? [readable(status), "info"]; }

const DISPUTE_STATES = {
  needs_response: ["Needs your answer", "bad"],
  warning_needs_response: ["The bank asks", "warn"],
  under_review: ["The bank decides", "info"],
  warning_under_review: ["The bank decides", "info"],
  prevented: ["Prevented", "good"],
  won: ["Won", "good"],
  lost: ["Lost", "bad"],
  warning_closed: ["Closed", "plain"],
};

/** Return what a dispute's status is called, and its colour. */
export function disputeState(status) { return DISPUTE_STATES[status] ?? [readable(status), "info"]; }

const TIMELINE = {
  "booking.created": "Booked",
  "action.settled": "Looked at and settled",
  "booking.cancelled": "Cancelled",
  "booking.completed": "Completed",
  "booking.no_show": "The client did not come",
  "booking.reopened": "The end was a mistake, and is undone",
  "booking.expired": "Not paid, or not confirmed, in time: the slot is free again",
  "booking.expired_unasked": "The slot is free again; Stripe could not be asked about its payment",
  "booking.address_confirmed": "The client confirmed by the link of a mail",
  "mail.held_back": "A mail was held back: too many to an address that is not proved",
  "booking.slot_lost": "Paid after the slot was given away",
  "booking.slot_taken_again": "Paid late, and the slot was still free: confirmed",
  "refund.requested": "Refund asked for",
  "refund.approved": "Refund approved",
  "refund.approval_requested": "Refund asked for: a second person decides",
  "refund.denied": "Refund denied",
  "refund.refused": "Stripe refused the refund",
  "fee.confirmed": "Fee confirmed",
  "fee.waived": "Fee waived",
  "fee.reminded": "Client reminded of the fee",
  "fee.written_off": "Fee written off",
  "charge.refused": "Stripe refused the charge",
  "client.changed": "The client was corrected",
  "client.erased": "The client's data was erased",
  "checkout.session.completed": "The payment page was completed",
  "checkout.session.expired": "The payment page was closed",
  "checkout.session.async_payment_succeeded": "The payment arrived",
  "checkout.session.async_payment_failed": "The payment did not arrive",
  "payment_intent.succeeded": "Payment complete",
  "payment_intent.payment_failed": "Payment failed",
  "payment_intent.canceled": "Payment called off",
  "payment_intent.amount_capturable_updated": "The sum is held on the card",
  "setup_intent.succeeded": "Card saved",
  "setup_intent.setup_failed": "Card not saved",
  "charge.pending": "Charge on its way",
  "charge.succeeded": "Card charged",
  "charge.captured": "Held payment taken",
  "charge.failed": "Card declined",
  "charge.expired": "The hold lapsed",
  "charge.updated": "Charge updated",
  "charge.refunded": "Refunded at Stripe",
  "charge.refund.updated": "Refund updated",
  "refund.created": "Refund made at Stripe",
  "refund.updated": "Refund updated",
  "refund.failed": "Refund failed",
  "charge.dispute.created": "Dispute opened",
  "charge.dispute.updated": "Dispute updated",
  "charge.dispute.closed": "Dispute closed",
  "charge.dispute.funds_withdrawn": "Disputed money withdrawn",
  "charge.dispute.funds_reinstated": "Disputed money given back",
  "radar.early_fraud_warning.created": "A bank warned of fraud",
  "radar.early_fraud_warning.updated": "A warning of fraud changed",
};

/** Return a timeline's entry in words. */
export function happened(what) { return TIMELINE[what] ?? readable(what); }

const NEEDED = {
  overpaid: "More was paid than the price",
  refund_failed: "A refund came back",
  refund_canceled: "A refund was cancelled at Stripe",
  refund_refused: "Stripe refused a refund",
  refund_stuck: "A refund has no answer yet",
  refund_awaits_approval: "A refund waits for approval",
  charge_stuck: "A charge has no answer yet",
  hold_not_taken: "A hold could not be taken",
  hold_not_released: "A hold could not be released",
  session_not_closed: "A payment page could not be closed",
  former_account_sessions: "Open at the former Stripe account",
  fee_proposed: "A fee is to be decided",
  fee_owed: "A fee is owed",
  hold_lapses: "A hold lapses soon",
  hold_lapses_before_visit: "A hold lapses before the visit",
  money_left: "Money of a client's is left",
  paid_after_expiry: "Paid after the slot was gone",
  slot_freed_without_stripe: "A slot was freed unasked",
  paid_in_other_currency: "Paid in another currency",
  booking_unknown: "Money without a booking",
  event_unreadable: "An event cannot be read",
  dispute_needs_response: "A dispute needs your answer",
  inquiry_needs_response: "A bank asks about a payment",
  dispute_lost_after_won: "A dispute you had won is lost",
  early_fraud_warning: "A bank suspects fraud",
  mail_undelivered: "A mail did not arrive",
  refund_waits_for_funds: "A refund waits for your Stripe balance",
  booking_contradicted: "A payment names another booking",
  event_of_another_account: "Events of another account",
  stripe_key_refused: "Stripe refuses the key",
  stripe_permission_missing: "The key lacks a permission",
};

/** Return what needs action, in words. */
export function needed(kind) { return NEEDED[kind] ?? readable(kind); }

const LINES = {
  payments: "Payments", refunds: "Refunds", refund_reversals: "Refunds that came back",
  disputes: "Disputes", dispute_reversals: "Disputes won", stripe_fees: "Stripe's fees",
  adjustments: "Adjustments", prepayment: "Paid in advance", deposit: "Deposits", balance: "Rests of deposits",
  visit_link: "Paid by link", cancellation_fee: "Cancellation fees", no_show_fee: "No-show fees",
  other: "Other",
};

/** Return what a line of the report is called. */
export function lineName(key) { return LINES[key] ?? readable(key); }

/** Return an identifier as words: `card_on_file` as "Card on file". */
export function readable(text = "") {
  const words = String(text).replace(/[._]/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
