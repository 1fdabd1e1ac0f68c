/**
 * What the page of messages says: dead letters, blocked messages, events that were not published.
 */

import { grouped } from "../../shared/lib/money.js";

const some = (number, one, many = `${one}s`) => `${grouped(String(number))} ${number === 1 ? one : many}`;

export const messages = {
  title: "Messages",
  sentence: "What HAWK refused to read, what holds up others, and what was not published.",
  tabList: "Which messages",
  tabs: { letters: "Dead letters", blocked: "Blocked messages", unpublished: "Not published" },
};

export const letters = {
  away: "The dead letters could not be read.",
  empty: "There is no dead letter.",
  emptyText: "Every message that came could be read and handled.",
  list: "Dead letters, the latest first",
  columns: { refused: "Refused", what: "Code and reason", cure: "What to do", act: "Replay" },
  place: (topic, partition, offset) => `${topic}, partition ${partition}, offset ${offset}`,
  places: (topic, partition, first, last) => `${topic}, partition ${partition}, offsets ${first} to ${last}`,
  refusedBy: (group) => `by ${group}`,
  times: (count) => `refused ${count} times`,
  covers: (count) => `covers ${some(count, "message")}`,
  noCode: "no details kept",
  states: { REFUSED: "Refused", ASKED: "Asked for", REPLAYED: "Published again" },
  askedBy: ({ by, reason }) => `${by} asked: ${reason || "no reason given"}`,
  declined: ({ by, reason }) => `Not published for ${by}: ${reason}`,
  replay: "Publish again",
  replaying: "Asking…",
  question: "Publish this message again?",
  first: "It meets all checks again.",
  text:
    "The service that refused it decides whether it can be published as it was. " +
    "Publish it after the cause is put right, else it comes back.",
  done: "Asked for. The service that refused it answers here.",
  letter: "Dead letter",
  where: "Message",
  code: "Code",
  cause: "What was put right",
  pages: "Pages of the list",
  older: "Older",
  newest: "Newest",
};

export const blocked = {
  away: "The proposals could not be read.",
  what:
    "A message that meets a fault of HAWK holds up its partition, since it may be money. " +
    "A release that can handle it takes it up by itself; or two persons set it aside, one of them OPERATIONS.",
  where: " and the dashboard’s health page name the place.",
  empty: "No order waits for a second person.",
  emptyText: "Propose one below where a message holds up its partition.",
  waiting: "Waits for a second person",
  place: ({ topic, partition, offset }) => `${topic}, partition ${partition}, offset ${offset}`,
  partition: "Partition",
  offset: "Offset",
  propose: "Set a message aside",
  group: "Consumer group",
  topic: "Topic",
  nameWrong: "Letters, digits, points, hyphens and underscores.",
  numberWrong: "A whole number from 0.",
  paste: "Paste “group topic partition offset” here and it is parted by itself.",
  reason: "Why it may be passed over",
  reasonMissing: "Say why. The second person decides by it.",
  proposeButton: "Propose",
  proposing: "Proposing…",
  question: "Propose to set this message aside?",
  first: "Nothing changes yet.",
  text:
    "Once a second person has confirmed, the messages behind it go on, and this one becomes a dead letter if " +
    "it still cannot be handled.",
  done: "Proposed. A second person has to confirm.",
  confirm: "Confirm",
  confirming: "Confirming…",
  confirmQuestion: "Set this message aside?",
  confirmFirst: "The messages behind it go on.",
  confirmText:
    "It becomes a dead letter if it still cannot be handled. What it would have done is missing until it is replayed.",
  confirmed: "Confirmed. The consumer sets it aside at its next attempt.",
};

export const unpublished = {
  away: "The events could not be read.",
  empty: "Every event was published.",
  emptyText: "The relay has passed over none.",
  list: "Events that were not published, the oldest first",
  more: (shown, count) => `The first ${shown} of ${grouped(String(count))}.`,
  columns: { event: "Event", cause: "Why it was passed over", second: "Second person", act: "Publish" },
  at: (position) => `position ${grouped(String(position))}`,
  version: (version) => `version ${version}`,
  ordered: "Two persons want it published; the relay is about to try.",
  tried: "It was tried again and cannot be published yet.",
  nobody: "nobody yet",
  proposedBy: ({ person, role }) => `proposed by ${person} (${role})`,
  propose: "Propose",
  proposing: "Proposing…",
  question: "Propose to publish this event?",
  first: "Nothing changes yet.",
  text: "The relay tries once when a second person has confirmed. Put right first what was in the way.",
  cause: "What was put right",
  reasonMissing: "Say what was put right. The second person decides by it.",
  done: "Proposed. A second person has to confirm.",
  confirm: "Confirm",
  confirming: "Confirming…",
  confirmQuestion: "Publish this event?",
  confirmFirst: "The relay tries it once.",
  confirmText: "Its readers check it as ever.",
  confirmed: "Confirmed. The relay tries it.",
  event: "Event",
  stream: "Stream",
  why: "Passed over",
};
