// A password is proved to Cognito without being sent: Secure Remote Password, as its SDKs do it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
// https://www.rfc-editor.org/rfc/rfc5054 (the group of 3072 bits, which Cognito uses with 2)

const PRIME = BigInt(`0x${`
FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD
EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED
EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F
83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B
E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510
15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7
ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C
BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF`
  .replace(/\s/g, "")}`);
const GENERATOR = 2n;
const SECRET_BYTES = 64;
const KEY_BYTES = 16;
const DERIVED = "Caldera Derived Key";
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const UTF8 = new TextEncoder();

/** Begin: return what the client keeps, `secret`, and what it tells, `public`, as BigInts. */
export function beginProof(secret = numberOf(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))) {
  return { secret, public: power(GENERATOR, secret, PRIME) };
}

/** Return the answer to Cognito's `PASSWORD_VERIFIER`; `challenge` is its `ChallengeParameters`.
 *
 * `now` is a Date. Throws where the server's number is none that an honest one sends.
 */
export async function answerChallenge(proof, poolId, password, challenge, now) {
  const [, poolName] = poolId.split("_");
  const user = challenge.USER_ID_FOR_SRP;
  const theirs = BigInt(`0x${challenge.SRP_B}`);
  const scramble = numberOf(await sha256(padded(proof.public), padded(theirs)));
  if (theirs % PRIME === 0n || scramble === 0n) throw new Error("The server's number is not valid.");
  const identity = await sha256(UTF8.encode(`${poolName}${user}:${password}`));
  const salted = numberOf(await sha256(padded(BigInt(`0x${challenge.SALT}`)), identity));
  const multiplier = numberOf(await sha256(padded(PRIME), padded(GENERATOR)));
  const verifier = multiplier * power(GENERATOR, salted, PRIME);
  const root = (((theirs - verifier) % PRIME) + PRIME) % PRIME;
  const shared = power(root, proof.secret + scramble * salted, PRIME);
  const drawn = await hmac(padded(scramble), padded(shared));
  const key = (await hmac(drawn, UTF8.encode(`${DERIVED}\u0001`))).slice(0, KEY_BYTES);
  const block = Uint8Array.from(atob(challenge.SECRET_BLOCK), (char) => char.charCodeAt(0));
  const timestamp = timestampOf(now);
  const signed = joined(UTF8.encode(`${poolName}${user}`), block, UTF8.encode(timestamp));
  return {
    USERNAME: user,
    TIMESTAMP: timestamp,
    PASSWORD_CLAIM_SECRET_BLOCK: challenge.SECRET_BLOCK,
    PASSWORD_CLAIM_SIGNATURE: btoa(String.fromCharCode(...(await hmac(key, signed)))),
  };
}

/** Return a number in hexadecimal digits. */
export function hexOf(number) {
  return number.toString(16);
}

function power(base, exponent, modulus) {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

// Bytes of a signed number: one that begins with a set bit has a zero before it.
function padded(number) {
  const digits = number.toString(16);
  const even = digits.length % 2 ? `0${digits}` : digits;
  const hex = /^[89a-f]/.test(even) ? `00${even}` : even;
  return Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
}

function numberOf(bytes) {
  return BigInt(`0x${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`);
}

function joined(...parts) {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

async function hmac(secret, message) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
}

// English, in UTC, the day without a zero before it: `Sun Nov 2 09:05:00 UTC 2026`.
function timestampOf(now) {
  const time = now.toISOString().slice(11, 19);
  return `${DAYS[now.getUTCDay()]} ${MONTHS[now.getUTCMonth()]} ${now.getUTCDate()} ${time} UTC ${now.getUTCFullYear()}`;
}
