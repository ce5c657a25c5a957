// Where the widget stands: on its page, or in a frame of somebody else's, such as a page builder's.

/** The outermost window whose address may be read: the page's own, or a frame's of another site. */
export const home = outermost();
/** Whether a page of another site stands around `home`: its address is not ours to use. */
export const isFramed = home !== home.top;

function outermost() {
  let seen = window;
  while (seen !== seen.parent && isReadable(seen.parent)) seen = seen.parent;
  return seen;
}

function isReadable(other) {
  try {
    return Boolean(other.location.href);
  } catch {
    return false;
  }
}

/** Lead the client to the payment page, and return how: "left", "opened" or "stuck".
 *
 * Stripe's page runs in no frame. From a page of its own, whose storage remembers the booking, the
 * browser leaves; else the payment opens in a window, and the widget stays and follows the booking.
 * A frame that may neither open windows nor lead the page around it is stuck.
 */
export function leaveFor(address, isRemembered) {
  if (!isFramed && isRemembered && leadTop(address)) return "left";
  const opened = open(address, "_blank");
  if (opened) {
    opened.opener = null;
    return "opened";
  }
  return leadTop(address) ? "left" : "stuck";
}

// A sandbox that forbids it throws.
function leadTop(address) {
  try {
    home.top.location.href = address;
    return true;
  } catch {
    return false;
  }
}
