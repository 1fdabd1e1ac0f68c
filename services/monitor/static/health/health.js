/**
 * The health of HAWK: what needs somebody first, then every figure, each with its runbook.
 */

import { arrange, h, keeper } from "../../shared/lib/dom.js";
import {
  attentionPanel,
  barsPanel,
  consumersPanel,
  lettersPanel,
  murexPanel,
  processesPanel,
  relayPanel,
  rolloutPanel,
} from "./panels.js";
import { windowsSayer } from "../speed/said.js";
import { watchDocument } from "./reading.js";
import { bars, health as text } from "./text.js";

const LIMITS = {
  title: bars.limits,
  note: bars.limitsNote,
  columns: bars.columns.name,
  whole: bars.columns.whole,
  none: bars.none,
};
const CAPACITIES = {
  title: bars.capacities,
  note: bars.capacitiesNote,
  columns: bars.columns.exposure,
  whole: bars.position,
  none: bars.noneUsed,
};

/** Parts of the page in their order: what of the document each shows, how, and in which row it stands. */
const PARTS = [
  { key: "attention", of: ({ attention }) => ({ attention }), make: attentionPanel },
  {
    key: "processes",
    of: ({ processes, sources }) => ({ processes, sources: sources.map(quiet) }),
    make: processesPanel,
  },
  { key: "consumers", row: 2, of: ({ consumers }) => ({ consumers }), make: consumersPanel },
  { key: "limits", row: 2, of: ({ limits }) => ({ limits }), make: (part) => barsPanel("limits", part, LIMITS) },
  { key: "murex", row: 3, of: ({ murex }) => ({ murex }), make: murexPanel },
  { key: "relay", row: 3, of: ({ relay }) => ({ relay }), make: relayPanel },
  {
    key: "rollout",
    row: 3,
    of: ({ rollout, console }) => ({ rollout, console }),
    make: rolloutPanel,
  },
  {
    key: "letters",
    of: ({ letters, console }) => ({ letters, console }),
    make: (part, _, now) => lettersPanel(part, now),
  },
  {
    key: "capacities",
    of: ({ capacities }) => ({ capacities }),
    make: (part) => barsPanel("capacities", part, CAPACITIES),
  },
];

/** Returns a source without what changes with each reading and is not shown. */
function quiet({ as_of: _, ...shown }) {
  return shown;
}

/** Leaves open what somebody has opened. */
function keepOpen(old, node) {
  if (old.querySelector("details")?.open) node.querySelector("details")?.setAttribute("open", "");
}

/** Returns what puts a document into a body, changing only the parts that are other than before. */
function partsIn(body) {
  let now = null;
  const made = keeper(
    ({ key }) => key,
    ({ key, part }) => {
      const ticks = [];
      const element = PARTS.find((each) => each.key === key).make(part, ticks, now);
      element.follow = (at) => ticks.forEach((tick) => tick(at));
      return element;
    },
    keepOpen,
  );
  const rows = new Map([2, 3].map((row) => [row, h("div", { class: `health-row health-row-${row}` })]));
  let shown = [];
  return {
    show(document, at) {
      now = at;
      shown = made(PARTS.map(({ key, of }) => ({ key, part: of(document) })));
      const places = [];
      for (const [place, node] of shown.entries()) {
        const row = rows.get(PARTS[place].row);
        const target = row ?? node;
        if (!places.includes(target)) places.push(target);
      }
      for (const [row, element] of rows) arrange(element, shown.filter((_, place) => PARTS[place].row === row));
      arrange(body, places);
      this.follow(at);
    },
    follow: (at) => shown.forEach((each) => each.follow(at)),
  };
}

/** Shows the page. */
export async function mount({ main }, context) {
  const say = windowsSayer(context);
  let parts = null;
  const watched = watchDocument({
    main,
    context,
    text,
    address: "/health/overview",
    show(document, now) {
      parts ??= partsIn(watched.body);
      parts.show(document, now);
      watched.said.textContent = document.attention.length === 0 ? "" : text.looks(document.attention.length);
      context.counts({ health: document.attention.length });
      context.elsewhere(document.console);
      const windows = document.sources.find(({ runbook }) => runbook === "windows");
      say(windows.state !== "away", windows.since, now);
    },
    follow: (now) => parts?.follow(now),
  });
  return watched;
}
