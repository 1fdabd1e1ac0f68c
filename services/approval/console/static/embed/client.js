/**
 * Requests to HAWK from another site: with a token that the page gives for each of them, and never with a cookie.
 */

import { createHttp, Failure } from "../../shared/lib/http.js";
import { failures } from "../../shared/lib/text.js";
import { element as text } from "./text.js";

const NOT_SIGNED_IN = 401;
/** An element has no page to sign in on: a token that HAWK does not take is a refusal like any other. */
const REFUSED = 403;
const NOTHING_MORE = 204;
/** Characters of what the page says about its own failure: a sentence. */
const REASON_MAX = 200;
/** What a token consists of (RFC 6750); a header takes nothing else. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** No cookie, no copy that is kept, and no word about the page that asks. */
const APART = { mode: "cors", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Returns the address that requests begin with, or null where no token may be sent to it.
 * @param {string|null} given by the page; none: where this module came from
 */
export function baseOf(given, here = import.meta.url) {
  let at;
  try {
    at = new URL(given || here.replace(/\/static\/.*$/, ""));
  } catch {
    return null;
  }
  const safe = at.protocol === "https:" || (at.protocol === "http:" && LOOPBACK.test(at.hostname));
  const plain = at.username === "" && at.password === "" && at.search === "" && at.hash === "";
  return safe && plain ? at.origin + at.pathname.replace(/\/+$/, "") : null;
}

function notAsked(code, sentence) {
  return new Failure({ status: REFUSED, code, sentence });
}

/** Asks the page for a token. It may take as long as the request may. */
async function tokenOf(give, asked, signal) {
  const late = new Promise((_, fail) => {
    const over = () => fail(notAsked("TOKEN_LATE", text.tokenLate));
    if (signal.aborted) over();
    else signal.addEventListener("abort", over, { once: true });
  });
  late.catch(() => {});
  let token;
  try {
    token = await Promise.race([Promise.resolve(asked).then(give), late]);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const why = String(error?.message ?? error).slice(0, REASON_MAX);
    throw notAsked("TOKEN_FAILED", text.tokenFailed(why));
  }
  if (typeof token !== "string" || !TOKEN.test(token)) throw notAsked("TOKEN_EMPTY", text.tokenEmpty);
  return token;
}

/**
 * Returns `{http, ticket, stream, why, environment}` for one element.
 *
 * @param {Object} options
 * @param {string} options.base see `baseOf`
 * @param {(asked: {renew: boolean, problem: Object|null}) => string|Promise<string>} options.token is called for each
 *   request; `renew` says that HAWK did not take the last one, and `problem` why
 * @param {(text: string|null) => void} [options.onDate]
 */
export function createClient({ base, token, onDate = () => {} }) {
  async function ask(path, options) {
    const first = await tokenOf(token, { renew: false, problem: null }, options.signal);
    const answer = await send(path, options, first);
    if (answer.status !== NOT_SIGNED_IN) return answer;
    // Nothing was done without a token that counts: the same request may be sent once more.
    const problem = await answer.clone().json().catch(() => null);
    const next = await tokenOf(token, { renew: true, problem }, options.signal);
    return next === first ? answer : send(path, options, next);
  }

  function send(path, options, bearer) {
    return fetch(base + path, {
      ...options,
      ...APART,
      headers: { ...options.headers, Authorization: `Bearer ${bearer}` },
    });
  }

  const plain = createHttp({ ask, onDate });
  const open = createHttp({ ask: (path, options) => fetch(base + path, { ...options, ...APART }) });
  const asRefusal = (failure) => {
    const { status, code, sentence, trace, document } = failure;
    throw status === NOT_SIGNED_IN ? new Failure({ status: REFUSED, code, sentence, trace, document }) : failure;
  };
  const http = {
    get: (path, options) => plain.get(path, options).catch(asRefusal),
    post: (path, body, options) => plain.post(path, body, options).catch(asRefusal),
  };
  const streamPath = (scope, more) => `/hawk-agent/execute-actions?${new URLSearchParams({ ...scope, ...more })}`;
  return {
    base,
    http,
    /** Returns what opens one stream once. */
    ticket: async (scope) => (await http.post("/stream-tickets", scope)).ticket,
    /** Returns the address of a stream. */
    stream: (scope, ticket, after) => base + streamPath(scope, { ticket, ...(after === null ? {} : { after }) }),
    /** Returns why a stream does not open, which an `EventSource` does not say: null: it does; "over": it has ended. */
    async why(scope, after) {
      const stop = new AbortController();
      const headers = { Accept: "text/event-stream, application/problem+json" };
      try {
        const answer = await ask(streamPath(scope, after === null ? {} : { after }), { signal: stop.signal, headers });
        if (answer.status === NOTHING_MORE) return "over";
        if (answer.ok) return null;
        const problem = await answer.json().catch(() => null);
        return problem?.detail ?? failures.status(answer.status);
      } catch (error) {
        return error instanceof Failure ? error.sentence : failures.noAnswer;
      } finally {
        stop.abort();
      }
    },
    /** Returns SIMULATOR or LIVE. */
    environment: async () => (await open.get("/embed/environment")).environment,
  };
}
