// A request's key: a repetition of one form's same body is the same request, a changed form is another.

/** Return some digits that tell two bodies of one form apart. */
export function hashOf(body) {
  let sum = 7;
  for (const char of JSON.stringify(body)) sum = (sum * 31 + char.codePointAt(0)) % 2_147_483_647;
  return sum.toString(36);
}
