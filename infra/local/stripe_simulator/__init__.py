"""A stateful Stripe on loopback: a test double that the unmodified `stripe` library talks to."""
