/**
 * `<hawk-execution-progress workflow-id="…">` or `response-id`: what HAWK reports of a workflow, or of every workflow
 * of one answer, as it happens. See docs/frontend.md.
 */

import { announcer, banner, loadingState } from "../../shared/elements/banner.js";
import { stateBadge } from "../../shared/elements/badge.js";
import { longId } from "../../shared/elements/button.js";
import { environmentBlock } from "../../shared/elements/environment.js";
import { stageOutcome } from "../../shared/elements/stage-outcome.js";
import { stageBar } from "../../shared/elements/stages.js";
import { arrange, fill, h, newId } from "../../shared/lib/dom.js";
import { Clock } from "../../shared/lib/time.js";
import { announcer as saying } from "../card/announce.js";
import { inert, part } from "../card/frame.js";
import { logPanel } from "../execution/parts.js";
import { fold, nothingYet } from "../execution/state.js";
import { plan as planText } from "../card/text.js";
import { teller } from "./channel.js";
import { define, HawkElement } from "./element.js";
import { saidOf, stagesOf } from "./progress-state.js";
import { element as text, progress as progressText } from "./text.js";
import { openTicketed } from "./ticketed.js";

class ExecutionProgress extends HawkElement {
  missing() {
    const { workflowId, responseId } = this;
    if (workflowId !== null && responseId !== null) return text.oneScope;
    return workflowId === null && responseId === null ? text.noWorkflow : null;
  }

  run(box, { base, token, createClient }) {
    const clock = new Clock();
    const client = createClient({ base, token, onDate: (date) => clock.set(date) });
    const announce = announcer();
    const says = saying({ announce, clock });
    const told = teller((name, detail) => this.tell(name, detail));
    const scope = this.workflowId !== null ? { workflow_id: this.workflowId } : { response_id: this.responseId };
    const view = new View(box, announce.element);
    const seen = new Map();

    const line = openTicketed({
      client,
      scope,
      onMessage(message) {
        const before = seen.get(message.workflow_id) ?? nothingYet();
        const now = fold(before, message);
        if (now === before) return;
        seen.set(message.workflow_id, now);
        told(message);
        says.progress(before, now, message);
        view.show(seen);
      },
      onRestart() {
        seen.clear();
      },
      // A failure that belongs to no workflow: the answer led to nothing that could be executed.
      onEnd(failure) {
        if (failure !== null && !seen.has(failure.workflow_id)) {
          told({ ...failure, final: true });
          view.refused(failure);
        }
        view.line({ open: true, why: null });
      },
      onState: (state) => view.line(state),
      over: () => seen.size > 0 && [...seen.values()].every((each) => each.final),
    });
    // Without the word nothing is claimed; what is reported is shown all the same.
    void client.environment().then((kind) => view.environment(kind), () => {});
    return line.end;
  }
}

/** What is shown: a part for each workflow, and above them whether the line is there. */
class View {
  constructor(box, announced) {
    this.where = part((kind) => kind && h("div", { class: "crumbs" }, environmentBlock(kind)));
    this.above = part((why) => why && banner("look", [{ first: why, text: progressText.lostMore }]));
    this.list = h("div", { class: "stack" }, loadingState(2));
    this.main = h("div", { class: "hawk-main stack" });
    this.parts = new Map();
    fill(box, this.main, announced);
    this.#arrange();
  }

  environment(kind) {
    this.where.show(kind);
    this.#arrange();
  }

  line({ open, why }) {
    this.above.show(open ? null : (why ?? progressText.lost));
    this.#arrange();
  }

  show(seen) {
    for (const [workflow, now] of seen) {
      const kept = this.parts.get(workflow) ?? part((piece) => workflowPanel(workflow, piece));
      this.parts.set(workflow, kept);
      kept.show(now);
    }
    for (const workflow of [...this.parts.keys()]) if (!seen.has(workflow)) this.parts.delete(workflow);
    arrange(this.list, [...this.parts.values()].map((each) => each.element));
  }

  refused(failure) {
    const title = failure.error ?? failure.status ?? "";
    fill(this.list, outcomePanel({ tone: "idle", icon: "ban", title, code: failure.state }));
  }

  #arrange() {
    arrange(this.main, [this.where.element, this.above.element, this.list]);
  }
}

/** Sentences of the service may repeat what a model or Murex wrote. */
function outcomePanel(said) {
  return stageOutcome({ ...said, title: inert(said.title), text: said.text && inert(said.text), focus: "outcome" });
}

function workflowPanel(workflow, seen) {
  const id = newId("workflow");
  return h(
    "section",
    { class: "stack", "aria-labelledby": id },
    h(
      "div",
      { class: "card-title progress-title" },
      h("h2", { id }, seen.orderId ?? longId(workflow, planText.workflow, { copy: false })),
      seen.state && stateBadge(seen.state),
    ),
    stageBar(stagesOf(seen)),
    outcomePanel(saidOf(seen)),
    logPanel({ seen, names: {} }),
  );
}

define("hawk-execution-progress", ExecutionProgress);
