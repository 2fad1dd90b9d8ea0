/** The path at which the page's script is served. */
export const SCRIPT_PATH = "/page.js";

/**
 * Keeps an open page up to date. While the page is visible it requests it every five seconds with the tag of the
 * current one. An answer with the same tag has no body. Changes are applied node by node, so that focus, scroll
 * positions and open details stay. A screen reader hears only of another verdict or another address.
 */
export const SCRIPT = `"use strict";
(() => {
  const EVERY_MS = 5000, AT_MOST_MS = 60000, LIMIT_MS = 10000;
  const parts = ["part-header", "part-main", "part-footer"];
  const news = document.getElementById("news");
  const lost = document.getElementById("lost");
  let tag = "", failures = 0, timer = 0, asking = false;

  const words = (element) => (element ? element.textContent.replace(/\\s+/g, " ").trim() : "");
  const headlines = (root) => [
    words(root.querySelector("#verdict")),
    ...[...root.querySelectorAll("#part-address article")].map((card) =>
      words(card.querySelector("h3")) + " " + words(card.querySelector(".address"))),
  ];

  const attributes = (from, to) => {
    for (const { name } of [...from.attributes]) {
      // Whether details are open is the reader's business.
      if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
    }
    for (const { name, value } of to.attributes) {
      if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
  };

  const same = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

  const lay = (from, to) => {
    if (from.nodeType !== Node.ELEMENT_NODE) {
      if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
      return;
    }
    if (from.isEqualNode(to)) return;
    attributes(from, to);
    let at = from.firstChild;
    for (const wanted of [...to.childNodes]) {
      let match = at;
      // A child with an id is found wherever it is, so that one more row above does not move the focus.
      while (match && !same(match, wanted) && wanted.id) match = match.nextSibling;
      if (match && same(match, wanted)) {
        while (at !== match) { const gone = at; at = at.nextSibling; gone.remove(); }
        lay(match, wanted);
        at = match.nextSibling;
      } else {
        from.insertBefore(document.importNode(wanted, true), at);
      }
    }
    while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  };

  const show = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html");
    const before = headlines(document);
    // What has the focus stays where it is seen, whatever grew above it.
    const held = document.activeElement === document.body ? null : document.activeElement;
    const top = held && held.getBoundingClientRect().top;
    for (const id of parts) {
      const from = document.getElementById(id), to = next.getElementById(id);
      if (from && to) lay(from, to);
    }
    if (held && held.isConnected) scrollBy({ top: held.getBoundingClientRect().top - top, behavior: "instant" });
    document.title = next.title;
    const told = headlines(document).filter((line) => !before.includes(line));
    if (told.length > 0) news.textContent = told.join(" ");
  };

  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch("/", {
        headers: tag ? { "If-None-Match": tag } : {},
        cache: "no-store",
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      if (answer.status === 200) {
        const text = await answer.text();
        show(text);
        tag = answer.headers.get("etag") || "";
      } else if (answer.status !== 304) throw new Error(String(answer.status));
      failures = 0;
      lost.hidden = true;
    } catch {
      failures += 1;
      if (failures === 2) {
        lost.textContent = "No answer from the page's pod since " + new Date().toISOString().slice(11, 16) + " UTC: this may be out of date.";
        lost.hidden = false;
      }
    }
    asking = false;
    plan();
  };

  const plan = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, Math.min(AT_MOST_MS, EVERY_MS * 2 ** failures));
  };

  document.addEventListener("visibilitychange", () => { if (document.hidden) plan(); else ask(); });
  plan();
})();
`;
