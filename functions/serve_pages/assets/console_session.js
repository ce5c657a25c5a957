// Who is signed in: the one module that asks Cognito, over its JSON API. At a login passwords are
// proved and not sent. Tokens are in memory; the tab's own storage keeps the refresh token, so that a
// reload is no new login.

import { answerChallenge, beginProof, hexOf } from "./console_srp.js";

const COGNITO_MS = 15_000;
const KEPT_UNDER = "bookpay-console";
// A token is renewed a minute before its end: clocks differ, and requests take time.
const MARGIN_MS = 60_000;

/** What Cognito refuses: `code` is its exception's name, `offline` where it was not reached. */
export class SignInFailed extends Error {
  constructor(code, message = "") {
    super(message || code);
    this.code = code;
  }
}

/** A login. `signIn` and `answer` return null when it is done, or `{name, session, user}` to ask. */
export class Session {
  #url;
  #poolId;
  #clientId;
  #token = null;
  #refresh = null;
  #renewing = null;

  constructor({ cognito, userPoolId, clientId }) {
    this.#url = cognito;
    this.#poolId = userPoolId;
    this.#clientId = clientId;
    this.#refresh = stored((storage) => storage.getItem(KEPT_UNDER));
  }

  /** The signed-in person's address, or "". */
  get email() { return this.#token?.claims.email ?? ""; }

  async signIn(email, password) {
    const proof = beginProof();
    const asked = await this.#ask("InitiateAuth", {
      AuthFlow: "USER_SRP_AUTH",
      AuthParameters: { USERNAME: nameOf(email), SRP_A: hexOf(proof.public) },
    });
    const responses = await answerChallenge(
      proof, this.#poolId, password, asked.ChallengeParameters, new Date());
    return this.#go("PASSWORD_VERIFIER", asked.Session, responses);
  }

  /** Answer what Cognito wants to know besides: a new password, or the app's six digits. */
  answer(challenge, responses) {
    return this.#go(challenge.name, challenge.session, { USERNAME: challenge.user, ...responses });
  }

  /** Have a code mailed to who has forgotten their password; nobody learns whether there is such a user. */
  forgot(email) { return this.#ask("ForgotPassword", { Username: nameOf(email) }); }

  /** Replace a forgotten password; the code shows that the address is theirs. */
  resetPassword(email, code, password) {
    return this.#ask("ConfirmForgotPassword",
      { Username: nameOf(email), ConfirmationCode: code.trim(), Password: password });
  }

  /** Return the secret for an authenticator app. */
  async beginFactor() {
    const begun = await this.#askAsUser("AssociateSoftwareToken");
    return begun.SecretCode;
  }

  /** Ask for the app's codes from now on, and end all sessions, which began without one. */
  async finishFactor(code) {
    const verified = await this.#askAsUser("VerifySoftwareToken", { UserCode: code.trim() });
    if (verified.Status !== "SUCCESS") throw new SignInFailed("CodeMismatchException");
    const wanted = { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } };
    await this.#askAsUser("SetUserMFAPreference", wanted);
    await this.#askAsUser("GlobalSignOut");
    this.#forget();
  }

  /** Return a token that is valid for a while; throws `SignInFailed` where somebody has to sign in. */
  async token() {
    if (this.#token && this.#token.claims.exp * 1000 - MARGIN_MS > Date.now()) return this.#token.text;
    this.#renewing ??= this.#renew().finally(() => { this.#renewing = null; });
    await this.#renewing;
    return this.#token.text;
  }

  /** Forget the token that the API refused. */
  expire() { this.#token = null; }

  async signOut() {
    const token = this.#refresh;
    this.#forget();
    if (!token) return;
    try {
      await this.#ask("RevokeToken", { Token: token });
    } catch {
      // It is forgotten here in any case, and ends by itself.
    }
  }

  async #renew() {
    if (!this.#refresh) throw new SignInFailed("signed_out");
    try {
      const renewed = await this.#ask("InitiateAuth", {
        AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: { REFRESH_TOKEN: this.#refresh },
      });
      this.#keep(renewed.AuthenticationResult);
    } catch (failed) {
      if (failed.code !== "offline") this.#forget();
      throw failed;
    }
  }

  async #go(name, session, responses) {
    const answered = await this.#ask("RespondToAuthChallenge", {
      ChallengeName: name, Session: session, ChallengeResponses: responses,
    });
    if (answered.AuthenticationResult) {
      this.#keep(answered.AuthenticationResult);
      return null;
    }
    const user = answered.ChallengeParameters?.USER_ID_FOR_SRP ?? responses.USERNAME;
    return { name: answered.ChallengeName, session: answered.Session, user };
  }

  async #askAsUser(action, body = {}) {
    await this.token();
    return this.#send(action, { AccessToken: this.#token.access, ...body });
  }

  #ask(action, body) { return this.#send(action, { ClientId: this.#clientId, ...body }); }

  async #send(action, body) {
    let answer;
    try {
      answer = await fetch(`${this.#url}/`, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `AWSCognitoIdentityProviderService.${action}`,
        },
        body: JSON.stringify(body),
        credentials: "omit",
        signal: AbortSignal.timeout(COGNITO_MS),
      });
    } catch {
      throw new SignInFailed("offline");
    }
    const document = await answer.json().catch(() => ({}));
    if (answer.ok) return document;
    if (answer.status >= 500) throw new SignInFailed("offline");
    throw new SignInFailed((document.__type ?? "").split("#").pop(), document.message);
  }

  #keep(result) {
    this.#token = { text: result.IdToken, access: result.AccessToken, claims: claimsOf(result.IdToken) };
    this.#refresh = result.RefreshToken ?? this.#refresh;
    stored((storage) => storage.setItem(KEPT_UNDER, this.#refresh));
  }

  #forget() {
    this.#token = this.#refresh = null;
    stored((storage) => storage.removeItem(KEPT_UNDER));
  }
}

// Addresses are the same in capitals, for people and for us.
function nameOf(email) { return email.trim().toLowerCase(); }

function claimsOf(token) {
  const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(part), (char) => char.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

// A browser may forbid storage: a reload is then a new login.
function stored(act) {
  try {
    return act(sessionStorage);
  } catch {
    return null;
  }
}
