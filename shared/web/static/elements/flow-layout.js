// Where the books and arrows of a flow picture stand. Pure: numbers in, numbers out; no page.

/** Pixels. A book is wide enough for FUNDING_DESK and TREASURY_BU at 12 px. */
export const BOX = { width: 112, height: 42 };
const GAP = 56;
/** Between the main row and the row below it: room for a badge and its letter. */
const ROW_GAP = 84;
const MARGIN = 18;
/** A first arc above a book, and what each further one is higher and wider. */
const ARC = { height: 40, half: 26, higher: 30, wider: 11 };
/** Between arrows that leave a book on one side. */
const PORT = 14;
/** The frame of the final book stands this far outside. */
export const FRAME = 5;
/** Paths are tried one after the other; a plan has at most about ten books. */
const NODES_MAX = 16;

/**
 * Return where everything stands.
 * @param {{id: string, kind: string}[]} nodes in the order in which the amount passes them
 * @param {{number: number, from: string, to: string}[]} arrows
 * @returns {{width: number, height: number, boxes: object[], arrows: object[]}}
 */
export function layOut(nodes, arrows) {
  const main = mainRow(nodes, arrows);
  const side = nodes.filter((node) => !main.includes(node.id)).map((node) => node.id);
  const columns = new Map(main.map((id, column) => [id, column]));
  placeSides(side, columns, arrows, main);
  const loops = arrows.filter((arrow) => arrow.from === arrow.to);
  const top = MARGIN + arcsHeight(loops);
  const skips = arrows.filter((arrow) => skipsBooks(arrow, columns, main));
  const boxes = nodes.map((node) => boxOf(node, columns.get(node.id), main.includes(node.id) ? 0 : 1, top));
  const place = new Map(boxes.map((box) => [box.id, box]));
  const rows = side.length > 0 ? 2 : 1;
  const below = skips.length > 0 ? 30 + 26 * skips.length : 0;
  const last = Math.max(...columns.values(), 0);
  return {
    width: 2 * MARGIN + (last + 1) * BOX.width + last * GAP,
    height: top + rows * BOX.height + (rows - 1) * ROW_GAP + below + MARGIN + 10,
    boxes,
    arrows: arrows.map((arrow) => drawn(arrow, arrows, place, skips)),
  };
}

/** The longest way from the first book to the final one that never goes back in the order of the books. */
function mainRow(nodes, arrows) {
  const ids = nodes.map((node) => node.id).slice(0, NODES_MAX);
  const order = new Map(ids.map((id, index) => [id, index]));
  const best = new Map();
  for (const id of ids) {
    const before = arrows
      .filter((arrow) => arrow.to === id && order.get(arrow.from) < order.get(id))
      .map((arrow) => best.get(arrow.from))
      .sort((one, other) => other.length - one.length);
    best.set(id, [...(before[0] ?? []), id]);
  }
  const final = nodes.find((node) => node.kind === "final")?.id;
  const ending = best.get(final) ?? [];
  const longest = [...best.values()].reduce((one, other) => (other.length > one.length ? other : one), []);
  return ending.length > 1 ? ending : longest;
}

/** Put books beside the main way into a second row, under their neighbours, in a column where no arrow comes down. */
function placeSides(side, columns, arrows, main) {
  const taken = new Set();
  for (const id of side) {
    const near = [...new Set(neighbours(id, arrows).filter((each) => main.includes(each)))];
    const wanted = near.map((each) => columns.get(each));
    const middle = wanted.length === 0 ? 0 : wanted.reduce((sum, each) => sum + each, 0) / wanted.length;
    const free = main
      .map((_, column) => column)
      .filter((column) => !taken.has(column) && (wanted.length < 2 || !wanted.includes(column)));
    const column = nearest(free, middle) ?? main.length + taken.size;
    taken.add(column);
    columns.set(id, column);
  }
}

function neighbours(id, arrows) {
  return arrows
    .filter((arrow) => arrow.from !== arrow.to && (arrow.from === id || arrow.to === id))
    .map((arrow) => (arrow.from === id ? arrow.to : arrow.from));
}

function nearest(columns, middle) {
  return columns.reduce(
    (best, each) => (best === undefined || Math.abs(each - middle) < Math.abs(best - middle) ? each : best),
    undefined,
  );
}

function arcsHeight(loops) {
  const most = Math.max(0, ...loops.map((loop) => loops.filter((each) => each.from === loop.from).length));
  return most === 0 ? 30 : ARC.height + (most - 1) * ARC.higher + 12;
}

function boxOf(node, column, row, top) {
  const x = MARGIN + column * (BOX.width + GAP);
  const y = top + row * (BOX.height + ROW_GAP);
  return { ...node, column, row, x, y, width: BOX.width, height: BOX.height };
}

function skipsBooks(arrow, columns, main) {
  const [from, to] = [columns.get(arrow.from), columns.get(arrow.to)];
  const inRow = main.includes(arrow.from) && main.includes(arrow.to);
  return inRow && arrow.from !== arrow.to && Math.abs(from - to) > 1;
}

function drawn(arrow, arrows, place, skips) {
  const from = place.get(arrow.from);
  const to = place.get(arrow.to);
  if (from === to) {
    return { ...arrow, ...arc(arrow, arrows, from) };
  }
  if (from.row !== to.row) {
    return { ...arrow, ...between(arrow, arrows, place) };
  }
  return skips.includes(arrow)
    ? { ...arrow, ...under(from, to, skips.indexOf(arrow)) }
    : { ...arrow, ...straight(arrow, arrows, from, to) };
}

function straight(arrow, arrows, from, to) {
  const right = from.column < to.column;
  const both = arrows.filter((each) => samePair(each, arrow));
  const shift = (both.indexOf(arrow) - (both.length - 1) / 2) * 26;
  const y = from.y + BOX.height / 2 + shift;
  const start = right ? from.x + BOX.width + outside(from) : from.x - outside(from);
  const end = right ? to.x - outside(to) : to.x + BOX.width + outside(to);
  const middle = (start + end) / 2;
  return {
    path: `M${start + (right ? 2 : -2)} ${y}H${end + (right ? -1 : 1)}`,
    badge: { x: middle, y: y - 17 },
    letterAt: { x: middle, y: y + 20, anchor: "middle" },
  };
}

function samePair(one, other) {
  return (one.from === other.from && one.to === other.to) || (one.from === other.to && one.to === other.from);
}

function arc(arrow, arrows, box) {
  const loops = arrows.filter((each) => each.from === box.id && each.to === box.id);
  const index = loops.indexOf(arrow);
  const half = ARC.half + index * ARC.wider;
  const widest = ARC.half + (loops.length - 1) * ARC.wider;
  const height = ARC.height + index * ARC.higher;
  const middle = box.x + BOX.width / 2;
  const base = box.y - outside(box) - 1;
  const peak = base - height + 6;
  const [left, right] = [middle - half, middle + half];
  return {
    path: `M${left} ${base}V${base - 6}C${left} ${peak - 8} ${right} ${peak - 8} ${right} ${base - 6}V${base - 1}`,
    badge: { x: middle, y: base - height * 0.75 - 5 },
    letterAt: {
      x: middle + widest * (loops.length > 1 ? 1 : 0.62) + 10,
      y: base - height * 0.75 - 2,
      anchor: "start",
    },
  };
}

/** An arrow below the row, for books that are not neighbours. */
function under(from, to, index) {
  const [start, end] = [from.x + BOX.width / 2, to.x + BOX.width / 2];
  const y = from.y + BOX.height + 30 + index * 26;
  const shift = 8 + index * 8;
  const [top, bottom] = [from.y + BOX.height + outside(from), to.y + BOX.height + outside(to) + 1];
  return {
    path: `M${start + shift} ${top}V${y}H${end - shift}V${bottom}`,
    badge: { x: (start + end) / 2, y },
    letterAt: { x: (start + end) / 2 + 16, y: y + 14, anchor: "start" },
  };
}

/** An arrow between the rows: straight where the books stand one above the other, else with one corner. */
function between(arrow, arrows, place) {
  const goesDown = place.get(arrow.from).row < place.get(arrow.to).row;
  const upper = goesDown ? place.get(arrow.from) : place.get(arrow.to);
  const lower = goesDown ? place.get(arrow.to) : place.get(arrow.from);
  const x = upperPort(arrow, arrows, place, upper);
  const top = upper.y + BOX.height + outside(upper) + 1;
  const aside = upper.column === lower.column ? 0 : Math.sign(lower.column - upper.column);
  const y = aside === 0 ? lower.y - outside(lower) - 1 : sidePort(arrow, arrows, place, lower);
  const edge = aside > 0 ? lower.x - outside(lower) - 1 : lower.x + BOX.width + outside(lower) + 1;
  const down = aside === 0 ? `M${x} ${top}V${y}` : `M${x} ${top}V${y}H${edge}`;
  const up = aside === 0 ? `M${x} ${y}V${top}` : `M${edge} ${y}H${x}V${top}`;
  const middle = upper.y + BOX.height + ROW_GAP / 2;
  const left = x < upper.x + BOX.width / 2;
  return {
    path: goesDown ? down : up,
    badge: { x, y: middle },
    letterAt: { x: left ? x - 14 : x + 14, y: middle + 4, anchor: left ? "end" : "start" },
  };
}

/** Arrows at the lower edge of a book of the main row stand beside each other. */
function upperPort(arrow, arrows, place, upper) {
  const here = arrows.filter((each) => crosses(each, place) && (each.from === upper.id || each.to === upper.id));
  const shift = (here.indexOf(arrow) - (here.length - 1) / 2) * 2 * PORT;
  return upper.x + BOX.width / 2 + shift;
}

/** Arrows at one side of a lower book: the nearest book above takes the highest place, so that none cross. */
function sidePort(arrow, arrows, place, lower) {
  const sideOf = (each) => Math.sign(other(each, lower, place).column - lower.column);
  const here = arrows
    .filter((each) => crosses(each, place) && (each.from === lower.id || each.to === lower.id))
    .filter((each) => sideOf(each) === sideOf(arrow))
    .sort((one, two) => distance(one, lower, arrows, place) - distance(two, lower, arrows, place));
  const shift = (here.indexOf(arrow) - (here.length - 1) / 2) * (PORT - 3);
  return lower.y + BOX.height / 2 + shift;
}

function distance(arrow, lower, arrows, place) {
  const upper = other(arrow, lower, place);
  return Math.abs(upperPort(arrow, arrows, place, upper) - (lower.x + BOX.width / 2));
}

function other(arrow, box, place) {
  return place.get(arrow.from === box.id ? arrow.to : arrow.from);
}

function crosses(arrow, place) {
  return place.get(arrow.from).row !== place.get(arrow.to).row;
}

function outside(box) {
  return box.kind === "final" ? FRAME : 0;
}
