// The page of a variable.
(function (wh) {
  const PREFERRED = ["share", "mean", "net", "share_of_cases", "ratio", "quantile", "score", "total"];
  const ALL = "*";
  // Above this number of categories one is shown at first.
  const MOST_CATEGORIES = 9;

  // Of yes and no, readers look for yes, whichever comes first in the code list.
  const NEGATIVE = /^(no|not|none|never)(_|$)/;

  /** What the address asks for, made possible: unknown names fall back to what is shown at first. */
  function choices(record, options) {
    const byKind = [...record.measures].sort(
      (a, b) => (PREFERRED.indexOf(a.kind) + 1 || 99) - (PREFERRED.indexOf(b.kind) + 1 || 99)
    );
    const measure = record.measures.find((one) => one.id === options.get("measure")) || byKind[0];
    if (!measure) return null;
    const count = measure.categories.length;
    const segments = measure.segments.map((one) => one.id);
    let segment = segments.includes(options.get("segment")) ? options.get("segment") : segments[0];
    const codes = measure.categories.map((pair) => pair[0]);
    let category = options.get("category");
    if (category === ALL && count > 1) segment = segments[0];
    else if (!codes.includes(category))
      category = count > 2 && count <= MOST_CATEGORIES && segment === segments[0] ? ALL : codes.find((code) => !NEGATIVE.test(code)) || codes[0];
    const scale = ["zero", "full"].includes(options.get("scale")) ? options.get("scale") : "fit";
    return { measure, category, segment, scale: scale === "full" && !wh.isPercent(measure) ? "fit" : scale };
  }

  /** The lines of the chart, which are categories or parts of the sample. */
  function viewModel(study, record, chosen) {
    const { measure, category, segment } = chosen;
    const part = measure.segments.find((one) => one.id === segment);
    const keys =
      category === ALL
        ? measure.categories.map(([code, label]) => [code, part.values[0][0], label])
        : part.values.map(([code, label]) => [category, code, label]);
    const labels = keys.map((key) => key[2]);
    const series = keys.flatMap(([code, value, label]) => {
      const cell = measure.cells.find((one) => one[0] === code && one[1] === segment && one[2] === value);
      if (!cell) return [];
      const name = labels.filter((one) => one === label).length > 1 ? `${label} (${category === ALL ? code : value})` : label;
      return [{ name, cell, points: wh.pointsOf(measure, cell), changes: wh.changesOf(measure, cell) }];
    });
    const decimals = wh.decimals(measure, series.flatMap((one) => one.points));
    // A single line is named after what it counts: "Total" says nothing.
    const categoryName = measure.categories.length > 1 ? wh.nameOf(measure.categories, category) : "";
    if (series.length === 1) series[0].name = categoryName || measure.label;
    for (const one of series) one.format = (value) => wh.number(value, measure, decimals);
    const what = category === ALL || !categoryName ? measure.label : `${measure.label}: ${categoryName}`;
    const whom = segment === measure.segments[0].id ? "" : `, by ${part.label.toLowerCase()}`;
    const breaks = record.breaks.filter((found) => series.some((one) => one.points.some((point) => point.wave >= found.wave)));
    return {
      ...chosen, study, record, series, decimals, breaks, what: `${what}${whom}`,
      title: `${what}${whom}`,
      subtitle: [
        `${study.label}. ${measure.base || ""}${measure.unit ? `, ${measure.unit}` : ""}. ${wh.percent(measure.level || study.level)} intervals.`,
        ...breaks.map((found, place) => `Break ${place + 1}: ${found.kind.replaceAll("_", " ")} changed at ${study.waves[found.wave].label} (${found.severity}).`),
        study.producer ? `Source: ${study.producer}.` : "",
      ].filter(Boolean),
    };
  }

  function controls(view, set) {
    const { record, measure, category, segment, scale } = view;
    const fields = [];
    if (record.measures.length > 1)
      fields.push(wh.select("measure", "Measure", record.measures.map((one) => [one.id, one.label]), measure.id, (value) => set({ measure: value, category: "", segment: segment, from: "", to: "" })));
    if (measure.categories.length > 1)
      fields.push(
        wh.select("category", "Answer", [[ALL, "All answers"], ...measure.categories], category, (value) =>
          set(value === ALL ? { category: value, segment: "" } : { category: value })
        )
      );
    if (measure.segments.length > 1)
      fields.push(
        wh.select("segment", "Groups", measure.segments.map((one) => [one.id, one.id === "total" ? "Everybody" : one.label]), segment, (value) =>
          set({ segment: value, category: category === ALL && value !== measure.segments[0].id ? "" : category })
        )
      );
    const scales = [["fit", "Fit to the data"], ["zero", "From zero"]];
    if (wh.isPercent(measure)) scales.push(["full", "0 to 100%"]);
    fields.push(wh.select("scale", "Scale", scales, scale, (value) => set({ scale: value === "fit" ? "" : value })));
    return wh.h("div", { class: "fields controls" }, fields);
  }

  function numbers(view) {
    const { study, measure, series } = view;
    const rows = series.flatMap((one) =>
      one.points.map((point) => {
        const shown = wh.isShown(point);
        const cells = [
          study.waves[point.wave].label,
          one.name,
          shown ? one.format(point.estimate) : wh.absence(point),
          shown && point.ci_lower !== null ? `${one.format(point.ci_lower)} to ${one.format(point.ci_upper)}` : "",
          wh.count(point.n_respondents),
          shown ? wh.short(point.n_effective, 0) : "",
          shown ? wh.short(point.design_effect) : "",
          wh.statusText(point),
        ];
        return Object.assign(series.length > 1 ? cells : cells.filter((_, place) => place !== 1), { kind: shown ? "" : "absent" });
      })
    );
    const columns = [
      ["Wave", ""], ["What", "what"], ["Estimate", "number"], [`${wh.percent(measure.level || study.level)} interval`, "number"],
      ["Respondents", "number"], ["Effective", "number"], ["Design effect", "number"], ["Status", "text"],
    ];
    return wh.table("The numbers of the chart", series.length > 1 ? columns : columns.filter((_, place) => place !== 1), rows);
  }

  function key(view) {
    const { series } = view;
    if (series.length < 2 || series.length > wh.MOST_LINES) return null;
    // Where there is room, the lines are named at their ends; a line that is suppressed has no end.
    const spare = series.every((one) => one.points.some(wh.isShown));
    return wh.h("ul", { class: spare ? "legend spare" : "legend" }, series.map((one, place) => wh.h("li", {}, wh.swatch(place), one.name)));
  }

  function marksUsed(view) {
    const points = view.series.flatMap((one) => one.points);
    const notes = [];
    if (points.some(wh.isCaution)) notes.push("Open marks: low reliability.");
    const words = [...new Set(points.filter((point) => !wh.isShown(point)).map(wh.absence))];
    const WHY = {
      suppressed: "× suppressed: too few people, or the figure would reveal another suppressed one.",
      "not collected": "× not collected in that wave.",
      "not applicable": "× not applicable: nobody to ask in that group.",
      "no estimate": "× no estimate.",
    };
    notes.push(...words.map((word) => WHY[word]));
    return notes.length ? wh.h("p", { class: "quiet", id: "marks" }, notes.join(" ")) : null;
  }

  function breakList(view) {
    if (!view.breaks.length) return null;
    return wh.h(
      "div",
      { class: "breaks" },
      wh.h("h3", {}, "Breaks in the series"),
      wh.h(
        "ol",
        {},
        view.breaks.map((found) =>
          wh.h("li", {}, wh.h("strong", {}, `${view.study.waves[found.wave].label}, ${found.kind.replaceAll("_", " ")} (${found.severity})`), ". ", found.description)
        )
      )
    );
  }

  function summary(view) {
    const parts = view.series.slice(0, 4).map((one) => {
      const shown = one.points.filter(wh.isShown);
      if (!shown.length) return `${one.name}: no number`;
      const last = shown[shown.length - 1];
      return `${one.name}: ${one.format(shown[0].estimate)} in ${view.study.waves[shown[0].wave].label}, ${one.format(last.estimate)} in ${view.study.waves[last.wave].label}`;
    });
    return `Line chart of ${view.what}. ${parts.join("; ")}. The table below has all numbers.`;
  }

  function trend(view, set, options) {
    const name = [view.record.id, view.measure.id, view.category === ALL ? "" : view.category, view.segment].filter((one) => one && one !== "total" && one !== "_Z").join("-");
    const chart = wh.h("div", { class: "chart", role: "img", "aria-label": summary(view), id: "chart" }, wh.h("p", { class: "quiet" }, "The chart is being drawn."));
    const button = (label, act, id) => wh.h("button", { type: "button", id, onclick: (event) => act(event.currentTarget) }, label);
    const failed = (promise) =>
      promise.catch((error) => document.querySelector("#trend .buttons").after(wh.h("p", { class: "notice", role: "alert" }, error.message)));
    wh.drawChart(chart, view);
    return wh.section(
      "trend",
      "Trend",
      controls(view, set),
      wh.h(
        "figure",
        {},
        wh.h("figcaption", {}, wh.h("strong", {}, view.what), wh.h("span", { class: "quiet" }, ` ${[view.measure.base, view.measure.unit].filter(Boolean).join(", ")}`)),
        key(view), chart, marksUsed(view)
      ),
      wh.h(
        "div",
        { class: "buttons" },
        button("Copy link", wh.copyLink, "copy-link"),
        button("CSV", () => wh.saveCsv(wh.csv(view.study, view.record, view.measure, view.series.map((one) => one.cell)), name), "save-csv"),
        button("CSV, all groups", () => wh.saveCsv(wh.csv(view.study, view.record, view.measure, view.measure.cells), `${view.record.id}-${view.measure.id}-all`), "save-csv-all"),
        button("PNG", () => failed(wh.savePng(view, name)), "save-png"),
        button("SVG", () => failed(wh.saveSvg(view, name)), "save-svg"),
        wh.api && wh.h("a", { class: "button", id: "request", href: wh.requestOf(view) }, "Request")
      ),
      breakList(view),
      wh.h("h3", {}, "Did it change?"),
      wh.changesBlock(view, { from: options.get("from"), to: options.get("to") }, (from, to) => set({ from, to })),
      wh.h("h3", {}, "The numbers"),
      numbers(view)
    );
  }

  wh.variableView = async (address) => {
    const [studyId, id] = address.parts;
    const entry = wh.byName.get(`${studyId}/${id}`);
    if (!entry) return wh.missingView(`There is no variable ${id || ""} of ${studyId || "a study"} here.`);
    const study = entry.study;
    const record = await wh.load(entry.file);
    const chosen = choices(record, address.options);
    const set = (changes) => {
      const current = wh.readAddress();
      const options = Object.fromEntries(current.options);
      wh.go(wh.variableAddress(entry, { ...options, measure: chosen.measure.id, category: chosen.category, segment: chosen.segment, ...changes }));
    };
    const asked = record.coverage.filter((row) => row[1]);
    const facts = [
      { categorical: "Categories", numeric: "Number", group: "Several questions" }[record.type] || record.type,
      record.unit,
      record.coverage.length ? `asked in ${asked.length} of ${study.waves.length} waves` : null,
      record.is_derived ? "derived" : null,
    ].filter(Boolean);
    const makeTrend = (options) => {
      const now = choices(record, options);
      Object.assign(chosen, now);
      return trend(viewModel(study, record, now), set, options);
    };
    const part = chosen
      ? makeTrend(address.options)
      : wh.section("trend", "Trend", wh.h("p", {}, "No measure is declared for this variable, so it has no trend. What was asked, and how it is coded, is below."));
    return {
      title: `${record.label}, ${study.label}`,
      heading: record.label,
      nodes: [
        wh.h("p", { class: "crumbs" }, wh.h("a", { href: wh.address(["study", study.id]) }, study.label)),
        wh.h("h1", { tabindex: -1 }, record.label),
        record.description ? wh.h("p", { class: "lede" }, record.description) : null,
        wh.h("p", { class: "meta" }, facts.map((fact) => wh.h("span", {}, fact)), wh.h("span", {}, wh.h("code", {}, record.id))),
        part,
        wh.coverageSection(study, record),
        wh.wordingSection(study, record),
        wh.codesSection(study, record),
        wh.comparabilitySection(study, record),
        wh.sourceSection(study, record),
      ],
      // Another choice on the same page changes the trend alone, and leaves the reader where they are.
      update: chosen
        ? (options) => {
            const focused = document.activeElement && document.activeElement.id;
            document.getElementById("trend").replaceWith(makeTrend(options));
            const again = focused && document.getElementById(focused);
            if (again) again.focus({ preventScroll: true });
            wh.announce(document.querySelector("#trend figcaption strong").textContent);
          }
        : null,
    };
  };
})(wavehouse);
