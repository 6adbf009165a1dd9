// The start page: find a variable by words.
(function (wh) {
  const FIRST = 60;
  let index = null;

  const asked = (entry) => {
    if (entry.type === "group") return "several questions";
    const waves = entry.study.waves;
    const n = `${entry.asked} of ${waves.length} waves`;
    if (!entry.asked) return n;
    const years = [...new Set([entry.first, entry.last].map((wave) => waves[wave].date.slice(0, 4)))];
    return `${years.join("–")} · ${n}`;
  };

  const FOUND_IN = { name: "name", category: "answer", question: "question", description: "description" };

  function item(entry, words, field) {
    const context =
      field && (field.kind !== "name")
        ? wh.h(
            "span",
            { class: "context" },
            wh.h("span", { class: "where" }, FOUND_IN[field.kind], field.wave === undefined ? "" : ` ${entry.study.waves[field.wave].label}`),
            " ", wh.marked(field.text, words, true)
          )
        : null;
    return wh.h(
      "li",
      {},
      wh.h(
        "a",
        { class: "hit", href: wh.variableAddress(entry) },
        wh.h("span", { class: "name" }, wh.marked(entry.label, words)),
        entry.hasTrend ? wh.h("span", { class: "tag" }, "trend") : null,
        wh.h("span", { class: "when" }, asked(entry)),
        context
      )
    );
  }

  /** A list that shows its first part, and the rest when asked. */
  function list(items, label) {
    const holder = wh.h("ul", { class: "hits", "aria-label": label }, items.slice(0, FIRST).map((make) => make()));
    if (items.length <= FIRST) return holder;
    const button = wh.h(
      "button",
      {
        type: "button", class: "more",
        onclick: () => {
          const rest = items.slice(FIRST).map((make) => make());
          holder.append(...rest);
          button.remove();
          rest[0].querySelector("a").focus();
        },
      },
      `Show the other ${wh.count(items.length - FIRST)}`
    );
    return wh.h("div", {}, holder, button);
  }

  function results(words, hits, studyId) {
    const studies = wh.studies.filter((study) => !studyId || study.id === studyId);
    if (!words.length) {
      return studies.map((study) => {
        const entries = wh.variables.filter((entry) => entry.study === study).sort((a, b) => a.label.localeCompare(b.label));
        return wh.h(
          "section",
          { class: "group" },
          wh.h(
            "h2", {}, wh.h("a", { href: wh.address(["study", study.id]) }, study.label),
            wh.h("span", { class: "count" }, ` ${wh.count(entries.length)} variables, ${study.waves.length} waves`)
          ),
          list(entries.map((entry) => () => item(entry, [], null)), study.label)
        );
      });
    }
    if (!hits.length) return [wh.h("p", { class: "notice" }, "Nothing has all of these words. Try fewer words, or their beginnings.")];
    // The studies in the order of their best hit.
    const groups = new Map();
    for (const hit of hits) {
      if (!groups.has(hit.entry.study)) groups.set(hit.entry.study, []);
      groups.get(hit.entry.study).push(hit);
    }
    return [...groups].map(([study, found]) =>
      wh.h(
        "section",
        { class: "group" },
        wh.h("h2", {}, study.label, wh.h("span", { class: "count" }, ` ${wh.count(found.length)} found`)),
        list(found.map((hit) => () => item(hit.entry, words, hit.field)), study.label)
      )
    );
  }

  /** Arrow keys go through the search field and what was found. */
  function walk(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [...document.querySelectorAll("#query, .hit")];
    const at = stops.indexOf(document.activeElement);
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }

  wh.startView = async (address) => {
    if (!index) index = wh.makeIndex(wh.variables, await wh.load("search"));
    const studyId = address.options.get("study") || "";
    const holder = wh.h("div", { id: "results" });
    let spoken = 0;
    const show = (query) => {
      const words = wh.words(query);
      const hits = words.length ? wh.search(index, query, studyId) : [];
      holder.replaceChildren(...results(words, hits, studyId));
      window.clearTimeout(spoken);
      if (words.length) {
        const n = hits.length;
        const text = n === 1 ? "1 variable found" : `${n} variables found`;
        // Not if the reader has gone elsewhere meanwhile.
        spoken = window.setTimeout(() => holder.isConnected && wh.announce(text), 400);
      }
    };
    const field = wh.h("input", {
      type: "search", id: "query", autocomplete: "off", spellcheck: "false", "aria-describedby": "query-help",
      value: address.options.get("q") || "",
      oninput: () => {
        show(field.value);
        wh.own = wh.address([], { q: field.value, study: studyId });
        wh.go(wh.own, true);
      },
      onkeydown: (event) => {
        if (event.key === "Enter") {
          const first = document.querySelector(".hit");
          if (first && wh.words(field.value).length) first.click();
        }
      },
    });
    show(field.value);
    const waves = wh.studies.reduce((sum, study) => sum + study.waves.length, 0);
    return {
      title: "Find a variable",
      heading: "Find a variable",
      keepFocus: Boolean(field.value),
      nodes: [
        wh.h(
          "div",
          { class: "hero" },
          wh.h("h1", { tabindex: -1 }, "Find a variable"),
          wh.h(
            "p",
            { class: "lede" },
            `${wh.count(wh.variables.length)} variables of ${wh.count(wh.studies.length)} ${wh.studies.length === 1 ? "study" : "studies"}, asked in ${wh.count(waves)} waves: their trends, their wording, and what can be compared.`
          ),
          wh.h("form", { role: "search", class: "search", onsubmit: (event) => event.preventDefault() }, wh.h("label", { for: "query" }, "Words of the question, the answers or the label"), field, wh.h("p", { class: "quiet", id: "query-help" }, "All words must be found; their beginnings are enough. Press ", wh.h("kbd", {}, "/"), " to come here, arrows to go through the list.")),
          wh.studies.length > 1
            ? wh.h("p", { class: "chips" }, [["", "All studies"], ...wh.studies.map((study) => [study.id, study.label])].map(([id, label]) => wh.h("a", { class: "chip", href: wh.address([], { q: field.value, study: id }), "aria-current": id === studyId ? "true" : null, onclick: (event) => { event.preventDefault(); wh.go(wh.address([], { q: field.value, study: id })); } }, label)))
            : null
        ),
        holder,
      ],
      keys: walk,
    };
  };
})(wavehouse);
