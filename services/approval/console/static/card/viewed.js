// What a person has ticked as viewed, kept in this browser, by person and digest of the plan: another plan has none.

/** Plans whose ticks are kept for one person. A desk decides some a day; the oldest go first. */
const PLANS_MAX = 200;

const PREFIX = "hawk.viewed";

/** The tick that must be set first after the plan has changed. */
export const CHANGES = "changed";

/**
 * Returns the ticks of one person.
 * @param {string} person
 * @param {Storage|null} storage where it is not to be had, ticks last as long as the page
 */
export function viewedBy(person, storage = storageOrNull()) {
  const key = `${PREFIX}:${person}`;
  let kept = read(storage, key);

  function of(digest) {
    return kept.find((each) => each.digest === digest)?.ticks ?? [];
  }

  function write(digest, ticks) {
    kept = [{ digest, ticks }, ...kept.filter((each) => each.digest !== digest)].slice(0, PLANS_MAX);
    try {
      storage?.setItem(key, JSON.stringify(kept));
    } catch {
      // A full or closed storage costs the ticks of an earlier visit, nothing else.
    }
  }

  return {
    /** Returns whether this person has looked at a plan before. */
    knows: (digest) => kept.some((each) => each.digest === digest),
    /** Notes that this person looks at a plan. */
    open(digest) {
      if (!kept.some((each) => each.digest === digest)) write(digest, []);
    },
    /** Returns whether a section of a plan is ticked. */
    has: (digest, section) => of(digest).includes(section),
    /** Sets or takes away a tick. */
    set(digest, section, ticked) {
      const others = of(digest).filter((each) => each !== section);
      write(digest, ticked ? [...others, section] : others);
    },
  };
}

function read(storage, key) {
  try {
    const kept = JSON.parse(storage?.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(each) {
  return typeof each?.digest === "string" && Array.isArray(each.ticks);
}

function storageOrNull() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
