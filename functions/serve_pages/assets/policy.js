// What cancelling costs, with the dates of one visit, by the steps of its location's policy.

import { element } from "./dom.js";
import { WHOLE_UNITS, exponentOf } from "./format.js";

const HOUR_MS = 3_600_000;

/** Return the policy of a visit as lines, each until a moment; null where nothing ever costs. */
export function datedPolicy(app, cancellation, price, currency, startsAt) {
  const { t, format } = app;
  const said = (fee) => costs(fee) ? t("policyFee", { sum: feeText(app, fee, price, currency) }) : t("policyFree");
  const steps = [...cancellation?.steps || []].sort((one, other) => other.hours_before - one.hours_before);
  const noShow = cancellation?.no_show_fee || { type: "none" };
  if (!price || ![...steps.map((each) => each.fee), noShow].some(costs)) return null;
  const stages = steps.map((step, number) => ({
    until: Date.parse(startsAt) - step.hours_before * HOUR_MS, fee: number ? steps[number - 1].fee : { type: "none" },
  }));
  stages.push({ until: Date.parse(startsAt), fee: steps.at(-1)?.fee || { type: "none" } });
  const lines = stages.filter((each) => each.until > Date.now()).map(({ until, fee }) =>
    element("li", {}, t("policyUntil", { moment: format.moment(until), costs: said(fee) })));
  return element("ul", { class: "dated soft" }, lines,
    costs(noShow) && element("li", {}, t("policyNoShow", { costs: said(noShow) })));
}

function costs(fee) {
  return fee.type !== "none";
}

function feeText(app, fee, price, currency) {
  const { format } = app;
  const money = (minor) => format.money(minor, currency);
  if (fee.type === "percent") return `${money(share(price, fee.percent, currency))} (${format.percent(fee.percent)})`;
  return money(fee.type === "full" ? price : Math.min(fee.amount, price));
}

// As the API rounds it: a half up, to a sum that Stripe can charge.
function share(price, percent, currency) {
  const step = exponentOf(currency) === 3 ? 10 : WHOLE_UNITS.has(currency) ? 100 : 1;
  const steps = Math.floor((2 * price * percent + 100 * step) / (200 * step));
  return Math.min(steps * step, price);
}
