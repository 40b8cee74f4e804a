// The queue is drawn by the server; this puts what has changed of it in place, and shows the rig's status.
import { tickAges } from "./ages.js";
import { pollTiles, showCameras } from "./cameras.js";
import { listen, rigNow } from "./connection.js";
import { ring } from "./sound.js";
import { number, say } from "./words.js";

/** An alert that still asks for this person calls again after so many seconds. */
const STILL_S = [15, 60];

/** What came while the whole queue was being fetched: by alert, its card as HTML, null where it left the queue. */
const cards = new Map();
let whole = false;
let fetching = false;

listen("change", ({ alert, card }) => {
  // Without a card the queue is fetched: after a lost line, where much changed at once.
  if (card === undefined) whole = true;
  else cards.set(alert, card);
  refresh();
});
listen("status", ({ queue, tally, deployment, cameras }) => {
  showCounts(queue);
  showTally(tally, deployment);
  showCameras(cameras);
});
pollTiles();
setInterval(callAgain, 1000);

async function refresh() {
  if (fetching) return;
  draw();
  fetching = true;
  while (whole) {
    whole = false;
    try {
      await refreshAll();
    } catch {
      // The connection's banner says it; the next change, or the line's return, draws the queue again.
    }
    draw();
  }
  fetching = false;
}

function draw() {
  for (const [alert, card] of cards) drawOne(alert, card);
  cards.clear();
}

async function refreshAll() {
  const answer = await fetch("/queue");
  if (answer.ok) replaceQueue(await answer.text());
}

/** One card in, out or anew; where a group begins or ends, the whole queue is drawn. */
function drawOne(alert, card) {
  const before = document.getElementById(`item-${alert}`);
  const fresh = document.createElement("template");
  fresh.innerHTML = card ?? "";
  const item = fresh.content.querySelector("li");
  if (before && item && essence(before) === essence(item)) return;
  const [left, entered] = [before?.parentElement, item && listOf(item.dataset.list)];
  if ((item && !entered) || (left && left !== entered && left.childElementCount === 1)) {
    whole = true;
    return;
  }
  const focused = document.activeElement?.id;
  if (item) {
    document.adoptNode(item);
    if (!before) item.firstElementChild.classList.add("is-new");
    const [old, picture] = [before, item].map((card) => card?.querySelector("img"));
    if (old && picture && sourceOf(old) === sourceOf(picture)) picture.replaceWith(old);
  }
  before?.remove();
  if (item) {
    const next = [...entered.children].find((other) => other.dataset.order > item.dataset.order);
    entered.insertBefore(item, next ?? null);
  }
  for (const list of document.querySelectorAll("#queue ol[data-list]")) {
    list.previousElementSibling.querySelector("span").textContent = number(list.childElementCount);
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  tickAges();
}

const listOf = (name) => document.querySelector(`#queue ol[data-list="${name}"]`);

/** Cards that say the same as before stay as they are: their pictures are not fetched again. */
function replaceQueue(html) {
  const queue = document.getElementById("queue");
  // A template's content loads nothing; what stays is put in once it is of this document, as a move between two
  // documents would load its picture again.
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const kept = [];
  for (const item of fresh.content.querySelectorAll("li[id]")) {
    const before = document.getElementById(item.id);
    if (!before) {
      item.firstElementChild.classList.add("is-new");
    } else if (essence(before) === essence(item)) {
      item.replaceWith(placeFor(kept, before));
    } else {
      const [old, picture] = [before, item].map((card) => card.querySelector("img"));
      if (old && picture && sourceOf(old) === sourceOf(picture)) picture.replaceWith(placeFor(kept, old));
    }
  }
  const focused = document.activeElement?.id;
  const drawn = document.adoptNode(fresh.content);
  for (const place of drawn.querySelectorAll("[data-kept]")) place.replaceWith(kept[place.dataset.kept]);
  queue.replaceChildren(drawn);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  tickAges();
}

function placeFor(kept, node) {
  const place = document.createElement("span");
  place.dataset.kept = kept.push(node) - 1;
  return place;
}

/** Also while the page is locked, when its pictures are let go. */
const sourceOf = (picture) => picture.dataset.lockedSrc ?? picture.getAttribute("src");

/** What a card says, without what the page itself changes in it. */
function essence(item) {
  const copy = item.cloneNode(true);
  for (const time of copy.querySelectorAll("time[data-age]")) time.textContent = "";
  copy.firstElementChild.classList.remove("is-new");
  return [copy.textContent, copy.firstElementChild.dataset.step, ...[...copy.querySelectorAll("img")].map(sourceOf)].join("|");
}

function showCounts(counts) {
  for (const place of document.querySelectorAll("[data-count]")) {
    place.querySelector("dd").textContent = number(counts[place.dataset.count]);
    place.dataset.some = String(counts[place.dataset.count] > 0);
  }
}

function showTally(tally, deployment) {
  for (const place of document.querySelectorAll("[data-tally]")) {
    place.textContent = number(tally[place.dataset.tally]);
  }
  const over = deployment?.ended_at != null;
  showTime("running", over ? null : deployment?.started_at);
  showTime("remaining", over ? null : deployment?.ends_at);
}

function showTime(id, moment) {
  const time = document.getElementById(id);
  if (moment) time.dateTime = moment;
  else time.removeAttribute("datetime");
}

function callAgain() {
  const asking = document.querySelectorAll('[data-alert]:is([data-step="review"], [data-step="decide"])');
  for (const card of asking) {
    const item = card.parentElement;
    const seconds = (rigNow() - Date.parse(card.querySelector("time[data-age]").dateTime)) / 1000;
    const calls = STILL_S.filter((at) => seconds >= at).length;
    // An alert that was old when the page was opened has been heard, or was somebody else's.
    const before = Number(item.dataset.called ?? calls);
    item.dataset.called = calls;
    if (calls > before) {
      ring("still");
      document.getElementById("announcer").textContent = say("alert.still");
      break;
    }
  }
}
