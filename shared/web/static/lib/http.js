/**
 * Requests for JSON, and why one failed as a sentence.
 */

import { failures } from "./text.js";

/** Milliseconds a request may take: more than the slowest answer of the service, less than a person's patience. */
const PATIENCE = 20_000;

const NOT_SIGNED_IN = 401;

/** A session goes on with these: one act needs a later or a stronger sign-in. The page that asked says so. */
const SESSION_GOES_ON = new Set(["SIGN_IN_AGAIN", "STEP_UP_REQUIRED"]);
const CANNOT_BE_READ_AGAIN = 204;

/**
 * Why a request failed.
 * `known`: whether the service answered, so that it is certain that nothing was done unless it says so.
 */
export class Failure extends Error {
  constructor({ status = 0, code, sentence, trace, document = {}, known = status > 0 }) {
    super(sentence);
    this.name = "Failure";
    this.status = status;
    this.code = code;
    this.sentence = sentence;
    this.trace = trace;
    this.document = document;
    this.known = known;
  }
}

function hex(bytes) {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function bodyOf(response) {
  if (response.status === CANNOT_BE_READ_AGAIN) return null;
  if (!/\bjson\b/.test(response.headers.get("content-type") ?? "")) return null;
  return response.json();
}

/** Returns the sentence of a problem document (RFC 9457), or one for the status alone. */
function sentenceOf(status, document) {
  const detail = document?.detail;
  return typeof detail === "string" && detail !== "" ? detail : failures.status(status);
}

async function failureOf(response, trace) {
  let document = null;
  try {
    document = await bodyOf(response);
  } catch {
    // The status says enough where the body cannot be read.
  }
  return new Failure({
    status: response.status,
    code: document?.code ?? `HTTP_${response.status}`,
    sentence: sentenceOf(response.status, document),
    trace,
    document: document ?? {},
  });
}

/**
 * Returns `{get, post}` for this site.
 * @param {{csrf?: () => string|null, onSignedOut?: (failure: Failure) => void, onDate?: (text: string|null) => void,
 *   ask?: typeof fetch}} options `ask` may fail with a `Failure` of its own; `onDate` gets the service's time of each
 *   answer, in whole seconds
 */
export function createHttp({ csrf = () => null, onSignedOut = () => {}, onDate = () => {}, ask = fetch } = {}) {
  async function send(method, path, { body, signal, headers = {} } = {}) {
    const trace = hex(16);
    const limit = AbortSignal.timeout(PATIENCE);
    const token = method === "GET" ? null : csrf();
    let response;
    try {
      response = await ask.call(globalThis, path, {
        method,
        credentials: "same-origin",
        redirect: "error",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        body: body === undefined ? undefined : JSON.stringify(body),
        headers: {
          Accept: "application/json",
          traceparent: `00-${trace}-${hex(8)}-01`,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(token ? { "X-HAWK-CSRF": token } : {}),
          ...headers,
        },
      });
    } catch (error) {
      if (signal?.aborted || error instanceof Failure) throw error;
      throw new Failure({ code: "NO_ANSWER", sentence: failures.noAnswer, trace });
    }
    onDate(response.headers.get("date"));
    if (!response.ok) {
      const failure = await failureOf(response, trace);
      if (failure.status === NOT_SIGNED_IN && !SESSION_GOES_ON.has(failure.code)) onSignedOut(failure);
      throw failure;
    }
    try {
      return await bodyOf(response);
    } catch (error) {
      if (signal?.aborted) throw error;
      const { status } = response;
      throw new Failure({ status, code: "UNREADABLE", sentence: failures.unreadable, trace, known: false });
    }
  }
  return {
    /** Reads a JSON document. */
    get: (path, options) => send("GET", path, options),
    /** Sends a JSON document and reads the answer. */
    post: (path, body, options) => send("POST", path, { ...options, body }),
  };
}

/** Returns a path with its query; members that are empty are left out. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length === 0 ? path : `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(given)}`;
}
