/**
 * The page of another site. It does with the elements what a template of Angular does: it makes them by name, sets
 * attributes and properties whether or not they are defined yet, and listens for events.
 */

const NAMES = ["hawk-decided", "hawk-progress", "hawk-completed", "hawk-failed", "hawk-cancelled"];

globalThis.place = document.querySelector("#place");

/** What was heard, and how often a token was asked for. */
globalThis.heard = [];
globalThis.asked = [];
/** What the page gives when HAWK asks for a token; a test changes it. */
globalThis.giveToken = async () => "a.good-token";

for (const name of NAMES) {
  place.addEventListener(name, ({ detail, target }) => heard.push({ name, detail, target: target.localName }));
}

/** As `<hawk-… [attr.workflow-id]="…" [token]="token">`. */
globalThis.show = (name, attributes = {}, token = true) => {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  if (token) {
    element.token = async (request) => {
      asked.push({ renew: request.renew, code: request.problem?.code ?? null });
      return giveToken(request);
    };
  }
  place.append(element);
  return element;
};

globalThis.namesOf = () => heard.map(({ name }) => name);

// What the address of the page asks for is there before HAWK's modules are: properties come first.
const query = new URLSearchParams(location.search);
if (query.has("element")) {
  const { element, ...attributes } = Object.fromEntries(query);
  delete attributes.early;
  globalThis.shown = show(element, attributes);
}
