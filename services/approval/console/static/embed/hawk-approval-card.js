/**
 * `<hawk-approval-card workflow-id="…">`: the card of one request inside another site, with its decision and then its
 * execution. See docs/frontend.md.
 */

import { announcer, loadingState } from "../../shared/elements/banner.js";
import { fill, h } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { Clock } from "../../shared/lib/time.js";
import { CardPage } from "../card/page.js";
import { page as pageText } from "../card/text.js";
import { crumbsOf, executionBarOf, watch } from "./card-context.js";
import { define, failed, HawkElement } from "./element.js";
import { element as text } from "./text.js";

class ApprovalCard extends HawkElement {
  missing() {
    return this.workflowId === null ? text.noWorkflow : null;
  }

  run(box, { base, token, again, createClient }) {
    const workflow = this.workflowId;
    const clock = new Clock();
    const client = createClient({ base, token });
    const ends = [];
    let closed = false;

    async function read() {
      const [card, rollout, environment] = await Promise.all([
        client.http.get(address(`/approvals/${encodeURIComponent(workflow)}`, { detail: "false" })),
        client.http.get("/rollout").catch(() => null),
        client.environment(),
      ]);
      return { card, rollout, environment };
    }

    const begin = async () => {
      fill(box, loadingState(6));
      try {
        const found = await read();
        if (!closed) this.#show(box, found, { base, client, clock, ends });
      } catch (failure) {
        if (closed) return;
        failed(box, failure, pageText.nothingDecided(failure.sentence ?? String(failure)), again);
        if (failure.status === undefined) throw failure;
      }
    };
    void begin();
    return () => {
      closed = true;
      for (const end of ends) end();
    };
  }

  #show(box, { card, rollout, environment }, { base, client, clock, ends }) {
    const main = h("div", { class: "hawk-main" });
    const announce = announcer();
    fill(box, main, announce.element);
    clock.set(card.view.as_of);
    const tell = (name, detail) => this.tell(name, detail);
    const line = watch({ client, workflow: card.workflow_id, clock, tell });
    const context = {
      http: client.http,
      clock,
      announce,
      environment,
      session: { person: card.view.who.viewer.person },
      live: line.live,
      follow: line.follow,
      moved: line.moved,
      root: box,
      narrow: this.width,
      title() {},
      decided: (now, decision) => tell("hawk-decided", { workflow_id: now.workflow_id, decision, card: now }),
      leave: () => tell("hawk-cancelled", { workflow_id: page.workflow }),
      toTop: () => main.scrollIntoView({ block: "nearest" }),
      crumbs: crumbsOf(environment, base, () => page.workflow),
      executionBar: executionBarOf(base),
    };
    const page = new CardPage(main, card.workflow_id, context);
    page.rollout = rollout;
    page.begin(card);
    ends.push(() => page.close(), line.close);
  }
}

define("hawk-approval-card", ApprovalCard);
