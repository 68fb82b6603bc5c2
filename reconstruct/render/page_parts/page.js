"use strict";
// Filters, time zones and the charts and queries inside opened lines. Without it the page still reads from top to bottom.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // ---- time zones

  const times = all("time.t").map((node) => ({ node, at: new Date(node.dateTime) }));
  const ticks = all("[data-tick]").map((node) => ({ node, at: new Date(node.dataset.tick) }));
  const parts = (zone, options) => {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    return (at) => Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
  };
  const digits = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };

  function showTimes(zone) {
    const read = parts(zone, digits);
    const day = (t) => `${t.year}-${t.month}-${t.day}`;
    const told = times.map(({ node, at }) => ({ node, ...read(at) }));
    const dated = new Set(told.map(day)).size > 1;
    for (const t of told) {
      const after = t.node.dataset.after; // the end of an interval names its day only where it is another one
      const bare = !dated || (after && day(read(new Date(after))) === day(t));
      t.node.textContent = `${bare ? "" : `${day(t)} `}${t.hour}:${t.minute}:${t.second}`;
    }
    for (const { node, at } of ticks) {
      const t = read(at);
      node.textContent = `${dated ? `${t.month}-${t.day} ` : ""}${t.hour}:${t.minute}`;
    }
    root.classList.toggle("dated", dated);
    byId("zone-name").textContent = zone;
    byId("zone-note").hidden = zone === "UTC";
  }

  const zones = byId("zone");
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (local && local !== "UTC") zones.add(new Option(`local (${local})`, local));
  zones.addEventListener("change", () => showTimes(zones.value));
  showTimes("UTC");

  // ---- colours

  byId("theme").addEventListener("change", (event) => {
    if (event.target.value) root.dataset.theme = event.target.value;
    else delete root.dataset.theme;
  });
  byId("print").addEventListener("click", () => window.print());

  // ---- filters

  const form = byId("filters");
  const entries = all(".entry");
  const marks = new Map(all("[data-mark]").map((node) => [node.dataset.mark, node]));
  const words = new Map(entries.map((node) => [node, node.textContent.toLowerCase()]));

  function filter() {
    const kinds = new Set(all("input[name=kind]:checked", form).map((box) => box.value));
    const service = form.elements.service ? form.elements.service.value : "";
    const find = form.elements.find.value.trim().toLowerCase();
    const details = form.elements.details.checked;
    let shown = 0;
    for (const entry of entries) {
      const fits =
        (details || entry.dataset.level === "key") &&
        kinds.has(entry.dataset.kind) &&
        (!service || entry.dataset.service === service) &&
        (!find || words.get(entry).includes(find));
      entry.hidden = !fits;
      const mark = marks.get(entry.id);
      if (mark) mark.classList.toggle("off", !fits);
      shown += fits;
    }
    byId("shown").value = `${shown} of ${entries.length} lines`;
    byId("nothing").hidden = shown > 0;
  }

  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    const expand = byId("expand");
    expand.addEventListener("click", () => {
      const visible = entries.filter((entry) => !entry.hidden).map((entry) => entry.querySelector("details"));
      const open = visible.some((details) => !details.open);
      for (const details of visible) details.open = open;
      expand.textContent = open ? "Close all" : "Open all";
    });
    filter(); // a browser that goes back restores what was ticked
  }

  // ---- an opened line shows its charts and queries where it stands

  function fill(details) {
    const slot = details.querySelector(".slot");
    if (!slot || slot.childElementCount) return;
    const ids = (selector, key) => new Set(all(selector, details).map((node) => node.dataset[key]));
    for (const id of ids("[data-query]", "query")) {
      const code = byId(id) && byId(id).querySelector("pre");
      if (code) slot.append(code.cloneNode(true));
    }
    for (const id of ids("[data-chart]", "chart")) {
      const figure = byId(id);
      if (!figure) continue;
      const copy = figure.cloneNode(true);
      copy.removeAttribute("id");
      slot.append(copy);
    }
  }
  byId("timeline").addEventListener("toggle", (event) => event.target.open && fill(event.target), true);

  function openTarget() {
    const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const folded = target.closest("details") || target.querySelector(":scope > details");
    if (folded) folded.open = true;
    if (target.hidden) {
      form.reset();
      form.elements.details.checked = target.dataset.level === "detail";
      setTimeout(filter);
    }
    target.scrollIntoView({ block: "nearest" });
  }
  window.addEventListener("hashchange", openTarget);
  openTarget();

  // ---- copy and print

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const code = byId(button.dataset.copy).querySelector("pre");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.firstChild.textContent = "Copied";
      setTimeout(() => { button.firstChild.textContent = "Copy"; }, 1500);
    } catch {
      getSelection().selectAllChildren(code); // no clipboard here: it is selected, ready for the keyboard
    }
  });
})();
