/**
 * The page's behavior: plain JavaScript as text, so that it needs no build. It copies existing elements and sets text, but
 * never parses HTML.
 */
export const SCRIPT = String.raw`
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // The side that is shown. Narrow screens start with one side.
  const radios = all("input[name=side]");
  const show = (side) => {
    root.dataset.side = side;
    for (const radio of radios) radio.checked = radio.value === side;
  };
  for (const radio of radios) radio.addEventListener("change", () => show(radio.value));
  show(matchMedia("(max-width: 900px)").matches ? "after" : "both");

  // The theme: the system's, until the reader changes it.
  const button = document.querySelector(".theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => {
    button.textContent = isDark() ? "☀" : "☾";
    button.setAttribute("aria-label", isDark() ? "Light theme" : "Dark theme");
    button.title = button.getAttribute("aria-label");
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();

  // The differences of a panel.
  const drawer = document.getElementById("drawer");
  const title = document.getElementById("drawer-title");
  const body = drawer.querySelector(".body");
  let opener;
  const with_ = (card, side, key) => all(side + " [data-k]", card).find((one) => one.dataset.k === key);
  const element = (tag, className, ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };
  const facts = (panel) => all("small, code", panel).map((one) => one.cloneNode(true));
  const statusOf = (one) => ["added", "changed", "removed", "moved"].find((status) => one.classList.contains(status)) || "same";

  const open = (panel) => {
    const card = panel.closest(".card");
    const key = panel.dataset.k;
    const [before, after] = [with_(card, ".before", key), with_(card, ".after", key)];
    const listed = with_(card, ".changes", key);
    const list = listed && listed.querySelector(".diff");
    close(false);
    opener = panel;
    for (const one of [before, after]) if (one) one.classList.add("open");
    title.textContent = panel.querySelector("b").textContent;
    const status = statusOf(panel);
    title.className = status;
    body.replaceChildren(element("p", "figure " + status, status === "same" ? "unchanged" : status));
    if (list) body.append(list.cloneNode(true));
    const pictures = listed && listed.querySelector(".pictures");
    if (pictures) body.append(pictures.cloneNode(true));
    const [was, is] = [before && facts(before), after && facts(after)];
    const text = (nodes) => nodes.map((node) => node.textContent).join("\n");
    if (was && is && text(was) === text(is)) body.append(element("div", "facts", ...is));
    else {
      if (was) body.append(element("h3", "", "Before"), element("div", "facts", ...was));
      if (is) body.append(element("h3", "", "After"), element("div", "facts", ...is));
    }
    // Next to the panel, without covering it.
    const { left, width } = panel.getBoundingClientRect();
    drawer.classList.toggle("left", left + width / 2 > innerWidth / 2);
    drawer.show();
    drawer.scrollTop = 0;
    title.focus({ preventScroll: true });
  };
  const close = (back = true) => {
    if (!drawer.open) return;
    for (const one of all(".p.open")) one.classList.remove("open");
    drawer.close();
    if (back && opener) opener.focus();
  };
  drawer.querySelector(".close").addEventListener("click", () => close());
  document.addEventListener("click", ({ target }) => {
    const panel = target.closest(".p");
    if (panel) open(panel);
    else if (!target.closest("#drawer, .bar") && getSelection().isCollapsed) close(false);
  });

  // A link to a panel highlights the panel.
  const mark = ({ target }, on) => {
    const item = target.closest && target.closest(".changes > [data-k]");
    if (!item) return;
    for (const one of all(".p, .collapsed", item.closest(".card"))) if (one.dataset.k === item.dataset.k) one.classList.toggle("hint", on);
  };
  document.addEventListener("pointerover", (event) => mark(event, true));
  document.addEventListener("pointerout", (event) => mark(event, false));
  document.addEventListener("focusin", (event) => mark(event, true));
  document.addEventListener("focusout", (event) => mark(event, false));

  // Opens all parts without a change.
  for (const button of all("button.all")) {
    const closed = () => all(".sides details:not([open])", button.closest(".card"));
    button.hidden = closed().length === 0;
    button.addEventListener("click", () => {
      for (const one of closed()) one.open = true;
      button.hidden = true;
    });
  }

  // The keyboard.
  const visible = (one) => one.getClientRects().length > 0;
  const step = (by) => {
    const from = drawer.open ? opener : document.activeElement;
    // Skips the duplicate on the "before" side. Does not read positions, which is slow with thousands of panels.
    const { side } = root.dataset;
    const isShown = (one) =>
      !one.closest("details:not([open]), .side." + (side === "after" ? "before" : side === "before" ? "after" : "none")) &&
      (side !== "both" || one.matches(".removed") || !one.closest(".before"));
    const stops = all(".card:not(.dashboard), .p:not(.same, .pushed)").filter(isShown);
    const at = stops.indexOf(from && from.closest(".p, .card:not(.dashboard)"));
    const next = stops[at < 0 ? (by > 0 ? 0 : stops.length - 1) : at + by];
    if (!next) return;
    const wasOpen = drawer.open;
    close(false);
    if (!next.matches("button")) next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "center" });
    if (wasOpen && next.matches("button")) open(next);
  };
  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const neighbour = (panel, [dx, dy]) => {
    const middle = (one) => {
      const { left, top, width, height } = one.getBoundingClientRect();
      return [left + width / 2, top + height / 2];
    };
    const [x, y] = middle(panel);
    let [best, least] = [undefined, Infinity];
    for (const one of all(".p", panel.closest(".side"))) {
      if (one === panel || !visible(one)) continue;
      const [ox, oy] = middle(one);
      const [along, across] = dx ? [(ox - x) * dx, Math.abs(oy - y)] : [(oy - y) * dy, Math.abs(ox - x)];
      if (along > 4 && along + 2 * across < least) [best, least] = [one, along + 2 * across];
    }
    return best;
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, target } = event;
    const panel = target.closest && target.closest(".p");
    if (key === "Escape" && drawer.open) close();
    else if (panel && DIRECTIONS[key]) {
      const next = neighbour(panel, DIRECTIONS[key]);
      if (next) next.focus();
    } else if (target.matches && target.matches("input[type=text], textarea")) return;
    else if (key === "j") step(1);
    else if (key === "k") step(-1);
    else if (key === "b") show("before");
    else if (key === "a") show("after");
    else if (key === "s") show("both");
    else return;
    event.preventDefault();
  });
})();
`;
