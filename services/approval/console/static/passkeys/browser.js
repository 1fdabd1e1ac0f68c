/**
 * Passkeys as the browser holds them: one is made, one signs. Bytes travel as Base64 for URLs.
 */

import { Failure } from "../../shared/lib/http.js";
import { signing as text } from "./text.js";

const REFUSED = 400;
/** Of bytes that become one text at a time. */
const CHUNK = 4_096;

/** Returns why this browser can use no passkey on this page; null where it can. */
export function whyNoPasskeys() {
  if (!globalThis.isSecureContext) return text.insecure;
  return globalThis.PublicKeyCredential && navigator.credentials ? null : text.unsupported;
}

/**
 * Has a passkey made for the person who is signed in, and returns what the service is to keep of it.
 * @param {{post: Function}} http
 * @param {string} name what its owner calls it
 */
export async function makePasskey(http, name) {
  mustWork();
  const asked = await http.post("/passkeys/registration");
  const made = await used(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: asked.rp_id, name: "HAWK" },
        user: { id: bytes(asked.user_id), name: asked.user, displayName: asked.user },
        challenge: bytes(asked.challenge),
        pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: asked.exclude.map(described),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
        timeout: asked.timeout_ms,
      },
    }),
  );
  const { clientDataJSON, attestationObject } = made.response;
  return { name, nonce: asked.nonce, client_data: written(clientDataJSON), attestation: written(attestationObject) };
}

/** Has a decision signed, and returns the signature as the decision carries it. */
export async function signDecision(http, workflow, digest) {
  mustWork();
  const at = `/approvals/${encodeURIComponent(workflow)}/signing`;
  const asked = await http.post(at, { decision: "APPROVE", plan_digest: digest });
  if (asked.origin !== location.origin) throw refused("PASSKEY_ELSEWHERE", text.elsewhere(asked.origin));
  const signed = await used(() =>
    navigator.credentials.get({
      publicKey: {
        rpId: asked.rp_id,
        challenge: bytes(asked.challenge),
        allowCredentials: asked.allow.map(described),
        userVerification: "required",
        timeout: asked.timeout_ms,
      },
    }),
  );
  const { clientDataJSON, authenticatorData, signature } = signed.response;
  return {
    credential_id: written(signed.rawId),
    nonce: asked.nonce,
    client_data: written(clientDataJSON),
    authenticator_data: written(authenticatorData),
    signature: written(signature),
  };
}

function mustWork() {
  const why = whyNoPasskeys();
  if (why !== null) throw refused("PASSKEY_UNSUPPORTED", why);
}

async function used(ask) {
  try {
    return await ask();
  } catch (error) {
    const sentence = { NotAllowedError: text.stopped, AbortError: text.stopped, InvalidStateError: text.unknown };
    throw refused("PASSKEY_NOT_USED", sentence[error.name] ?? text.failed);
  }
}

/** Returns a failure of which it is certain that nothing was sent. */
function refused(code, sentence) {
  return new Failure({ status: REFUSED, code, sentence, known: true });
}

function described(id) {
  return { type: "public-key", id: bytes(id) };
}

function bytes(text_) {
  return Uint8Array.from(atob(text_.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
}

function written(buffer) {
  const all = new Uint8Array(buffer);
  let raw = "";
  for (let at = 0; at < all.length; at += CHUNK) raw += String.fromCharCode(...all.subarray(at, at + CHUNK));
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
