/**
 * A card and what happens to it while it is shown: a new document, a stream, a decision, a plan in its place.
 * What is shown is a function of the document, of the progress after it, and of what the person opened and ticked.
 */

import { focused } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { moment } from "../../shared/lib/time.js";
import { announcer } from "./announce.js";
import { isOpen, stateOf, whyNot } from "./judgement.js";
import { CardLayout } from "./layout.js";
import { sectionsOf, namesOf } from "./sections.js";
import { CHANGES, viewedBy } from "./viewed.js";
import { openDialog } from "../dialog/dialog.js";
import { moveComment, takeNote } from "../dialog/comment.js";
import { fold, nothingYet } from "../execution/state.js";
import { follow } from "../execution/stream.js";
import { cardAddress } from "../routes.js";

/** Milliseconds between two looks at the rollout: a stop is not news about one workflow. */
const ROLLOUT = 15_000;
/** Milliseconds before a plan that took the place of this one is looked for again; it follows within a second. */
const SUCCESSOR = [0, 500, 1_000, 2_000, 4_000];
/** Endings after which another plan takes the place of this one. */
const REPLACED = new Set(["STALE_CONTEXT", "SUPERSEDED"]);
/** The dialog of a decision does not wait for more news than this, in milliseconds. */
const BURST = 150;

function showAddress(workflow) {
  history.replaceState(null, "", cardAddress(workflow));
}

/**
 * `context` is that of the console, see `card.js`. An element of another site has besides: `follow`, `moved(workflow)`,
 * `decided(card, decision)`, `root` for the dialog, `narrow`, `environment`, `crumbs`, `leave`, `executionBar`,
 * `toTop`.
 */
export class CardPage {
  constructor(container, workflow, context) {
    this.container = container;
    this.workflow = workflow;
    this.context = context;
    this.person = context.session.person;
    this.viewed = viewedBy(this.person);
    this.card = null;
    this.rollout = null;
    this.live = context.live.state?.() ?? { state: "live", at: null };
    this.seen = nothingYet();
    this.lost = null;
    this.replaced = null;
    this.dialog = null;
    this.ends = [];
    this.announce = announcer(context);
    this.layout = new CardLayout(this);
  }

  get state() {
    return stateOf(this.card, this.seen);
  }

  /** Whether somebody decides on this now, would if it had not expired, or waits for the plan that takes its place. */
  get reads() {
    const awaits = this.wasOpen && !this.gaveUp && REPLACED.has(this.state);
    return isOpen(this.card) || this.card.state === "EXPIRED" || awaits;
  }

  /** Whether this person looked at the plan before this one, and has not looked at what changed. */
  get mustLook() {
    const changed = this.card.view.changed;
    return Boolean(changed) && this.readBefore && !this.viewed.has(this.card.plan_digest, CHANGES);
  }

  get readBefore() {
    const changed = this.card.view.changed;
    return Boolean(changed) && this.viewed.knows(changed.digest);
  }

  get against() {
    return whyNot({ card: this.card, live: this.live, rollout: this.rollout, mustLook: this.mustLook });
  }

  /** Returns the sections with their names, and whether each is ticked. */
  sections() {
    const { view } = this.card;
    return sectionsOf(view).map((key) => ({
      key,
      name: namesOf(key, view.headline.kind)[1],
      ticked: this.viewed.has(this.card.plan_digest, key),
    }));
  }

  async read(workflow = this.workflow) {
    const [card, rollout] = await Promise.all([
      this.context.http.get(address(`/approvals/${encodeURIComponent(workflow)}`, { detail: "false" })),
      this.context.http.get("/rollout").catch(() => this.rollout),
    ]);
    this.rollout = rollout;
    return card;
  }

  begin(card) {
    this.note = takeNote(this.person, this.workflow);
    this.take(card);
    this.layout.begin(this.container);
    this.ends.push(
      this.context.clock.tick((now) => this.#tick(now)),
      this.context.live.hear({
        changed: (ids) => ids.includes(this.workflow) && this.refresh(),
        resync: () => this.refresh(),
        state: (state) => this.#liveness(state),
      }),
    );
    const looking = setInterval(() => void this.#lookAtRollout(), ROLLOUT);
    this.ends.push(() => clearInterval(looking));
    this.show();
  }

  /** Takes a document, and follows the progress where there is some. */
  take(card) {
    const before = this.card;
    this.card = card;
    this.context.clock.set(card.view.as_of);
    if (isOpen(card)) this.viewed.open(card.plan_digest);
    if (!isOpen(card)) this.#follow();
    this.announce.card(before, card);
  }

  show(force = false) {
    this.layout.show(force);
  }

  /** Reads the card again; a burst of news is one reading. */
  refresh() {
    this.again ??= setTimeout(() => {
      this.again = null;
      void this.#refreshNow();
    }, BURST);
  }

  async #refreshNow() {
    const { workflow, card: before } = this;
    try {
      const card = await this.read();
      if (this.closed || workflow !== this.workflow) return;
      if (this.card !== before) {
        // A decision was answered meanwhile, and this may be how it was before: it is read once more.
        this.refresh();
        return;
      }
      this.wasOpen ||= isOpen(this.card);
      this.take(card);
      this.dialog?.update(card);
      this.show();
    } catch {
      // What is shown stays; the line above says whether it is live.
    }
  }

  async #lookAtRollout() {
    try {
      this.rollout = await this.context.http.get("/rollout");
      if (!this.closed) this.show();
    } catch {
      // The next look will do.
    }
  }

  /** Follows what happens to a workflow that nobody decides on any more. */
  #follow() {
    if (this.following === this.workflow) return;
    this.following = this.workflow;
    this.unfollow?.();
    this.unfollow = (this.context.follow ?? follow)({
      workflow: this.workflow,
      onMessage: (message) => this.#message(message),
      onRestart: () => {
        this.seen = nothingYet();
      },
      onLost: (lost) => this.#lost(lost),
      over: () => this.seen.final,
    });
  }

  #message(message) {
    const before = this.seen;
    this.seen = fold(this.seen, message);
    this.announce.progress(before, this.seen, message);
    if (this.seen.successor && REPLACED.has(this.seen.state)) void this.#replace(message);
    this.painting ??= requestAnimationFrame(() => {
      this.painting = null;
      if (!this.closed) this.show();
    });
  }

  #lost(lost) {
    this.lost = lost ? this.context.clock.now() : null;
    if (lost) this.announce.lost(this.lost);
    else this.announce.back();
    this.show();
  }

  /** Another plan has taken the place of the one that was being read: it is shown here, where it was read. */
  async #replace(message) {
    const successor = this.seen.successor;
    if (!this.wasOpen || this.replacing === successor) return;
    this.replacing = successor;
    for (const pause of SUCCESSOR) {
      await new Promise((done) => setTimeout(done, pause));
      if (this.closed) return;
      try {
        const card = await this.read(successor);
        if (!this.closed) this.#swap(successor, card, message);
        return;
      } catch {
        // It is planned, and its request follows in a moment.
      }
    }
    this.gaveUp = true;
    this.show();
  }

  #swap(workflow, card, message) {
    moveComment(this.person, this.workflow, workflow);
    this.replaced = { order: this.card.view.headline.order_id, at: message.at };
    this.workflow = workflow;
    this.seen = nothingYet();
    this.unfollow?.();
    this.following = null;
    this.wasOpen = false;
    (this.context.moved ?? showAddress)(workflow);
    this.take(card);
    this.announce.changed();
    this.show();
    if (this.wantsChanges) this.#jumpToChanges();
  }

  #liveness(state) {
    const was = this.live;
    this.live = state;
    if (this.card !== null && was.state !== state.state) this.show();
    this.layout.live(state);
  }

  #tick(now) {
    this.layout.tick(now);
    this.dialog?.tick(now);
    if (this.announce.expiry(this.card, now)) this.refresh();
  }

  tick(key, checked) {
    this.viewed.set(this.card.plan_digest, key, checked);
    this.show();
  }

  /** Opens the dialog of a decision. Focus comes back to where it was when it closes without one. */
  decide(decision) {
    if (this.dialog !== null) return;
    const from = focused();
    const sections = this.sections();
    const missing = sections.filter((each) => !each.ticked).map((each) => each.name);
    this.dialog = openDialog({
      decision,
      card: this.card,
      context: this.context,
      viewed: { count: sections.length - missing.length, all: sections.length, missing, keys: this.#ticked(sections) },
      observes: this.layout.observes,
      onClosed: () => {
        this.dialog = null;
        if (this.closed) return;
        this.show();
        this.layout.focus(from);
      },
      onDecided: (card) => this.#decided(card, decision),
      onShowChanges: () => this.#showChanges(),
    });
  }

  /** The ticks as they are kept with the decision: that of what changed comes last. */
  #ticked(sections) {
    const keys = sections.filter((each) => each.ticked).map((each) => each.key);
    return this.viewed.has(this.card.plan_digest, CHANGES) ? [...keys, CHANGES] : keys;
  }

  #decided(card, decision) {
    this.context.decided?.(card, decision);
    // Somebody may have left while the decision was on its way: what is shown by now is another page.
    if (this.closed) return;
    this.wasOpen = false;
    this.take(card);
    this.show();
    this.layout.focusOutcome();
  }

  async #showChanges() {
    await this.#refreshNow();
    this.#jumpToChanges();
  }

  /** Goes to what changed: now, or once the plan that takes the place of this one is there. */
  #jumpToChanges() {
    this.wantsChanges = !isOpen(this.card);
    if (!this.wantsChanges) this.layout.jump(CHANGES);
  }

  /** When the plan before this one ended, where this page has seen it. */
  get replacedAt() {
    return this.replaced === null ? null : moment(this.replaced.at);
  }

  close() {
    this.closed = true;
    this.unfollow?.();
    clearTimeout(this.again);
    this.dialog?.close();
    for (const end of this.ends) end();
  }
}
