// The parts of a variable's page below the trend: coverage, wording, codes, source.
(function (wh) {
  const MISSING = ["not asked", "not applicable", "don’t know", "refused", "no answer", "invalid"];

  /** Who was asked in each wave, and what became of the answers: a bar, and the same in words. */
  wh.coverageSection = (study, record) => {
    if (!record.coverage.length) return null;
    const universes = new Map(
      record.questions.rows.map((row) => [row[0], row[2] === null ? "" : record.questions.words[row[2]]])
    );
    const rows = record.coverage.map(([wave, asked, n, valid, ...missing]) => {
      const label = study.waves[wave].label;
      if (!asked) return Object.assign([label, "not in this wave", wh.count(n), "", ""], { kind: "absent" });
      const kinds = missing.map((count, place) => [MISSING[place], count, place]).filter(([, count]) => count > 0);
      const bar = wh.h(
        "div",
        { class: "bar", "aria-hidden": "true" },
        [["answered", valid, -1], ...kinds].map(([name, count, place]) =>
          count > 0
            ? wh.h("span", { class: place < 0 ? "part answered" : `part missing-${place}`, style: `flex-grow:${count}`, title: `${name}: ${wh.count(count)}` })
            : null
        )
      );
      const words = kinds.map(([name, count]) => `${wh.count(count)} ${name}`).join(", ") || "none missing";
      return [label, universes.get(wave) || "", wh.count(n), wh.count(valid), [bar, wh.h("span", { class: "words" }, words)]];
    });
    const shown = record.coverage.some((row) => row.slice(4).some((count) => count > 0));
    return wh.section(
      "coverage",
      "Who was asked",
      wh.strip(study, record),
      shown
        ? wh.h(
            "p",
            { class: "key-line", "aria-hidden": "true" },
            wh.h("span", { class: "part answered" }), " answered ",
            MISSING.map((name, place) =>
              record.coverage.some((row) => row[4 + place] > 0) ? [wh.h("span", { class: `part missing-${place}` }), ` ${name} `] : null
            )
          )
        : null,
      wh.table(
        "Who was asked in each wave",
        [["Wave", ""], ["Asked of", "text"], ["Interviewed", "number"], ["Answered", "number"], ["Answers and kinds of missing", "wide-cell"]],
        rows
      )
    );
  };

  /** One cell for each wave of the study, so that gaps are seen at once. */
  wh.strip = (study, record) => {
    const asked = new Map(record.coverage.map((row) => [row[0], row]));
    const n = [...asked.values()].filter((row) => row[1]).length;
    return wh.h(
      "div",
      { class: "strip", role: "img", "aria-label": `Asked in ${n} of ${study.waves.length} waves` },
      study.waves.map((wave, place) => {
        const row = asked.get(place);
        return wh.h("span", { class: row && row[1] ? "in" : "out", title: `${wave.label}: ${row && row[1] ? "asked" : "not asked"}` });
      })
    );
  };

  /** The words that two texts share, marking what is new and what is gone. */
  wh.wordDiff = (before, after) => {
    // Words keep the space after them, so that neighbours stay together; it does not count for the comparison.
    const a = before.match(/\S+\s*/g) || [];
    const b = after.match(/\S+\s*/g) || [];
    const same = (i, j) => a[i].trimEnd() === b[j].trimEnd();
    const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
    for (let i = a.length - 1; i >= 0; i -= 1)
      for (let j = b.length - 1; j >= 0; j -= 1)
        longest[i][j] = same(i, j) ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    const pieces = [];
    const add = (kind, text) => {
      const last = pieces[pieces.length - 1];
      if (last && last.kind === kind) last.text += text;
      else pieces.push({ kind, text });
    };
    let i = 0;
    let j = 0;
    while (i < a.length || j < b.length) {
      if (i < a.length && j < b.length && same(i, j)) {
        add("same", b[j]);
        i += 1;
        j += 1;
      } else if (i < a.length && (j === b.length || longest[i + 1][j] >= longest[i][j + 1])) {
        add("del", a[i]);
        i += 1;
      } else {
        add("ins", b[j]);
        j += 1;
      }
    }
    // The space after marked words stays outside of the mark.
    return pieces.map(({ kind, text }) => (kind === "same" ? text : [wh.h(kind, {}, text.trimEnd()), " "]));
  };

  /** The question in each wave; waves with the same words are put together. */
  wh.wordingSection = (study, record) => {
    const { words, rows } = record.questions;
    if (!rows.length) return null;
    const word = (number) => (number === null ? "" : words[number]);
    const runs = [];
    for (const [wave, text, universe, column] of rows) {
      const last = runs[runs.length - 1];
      if (last && last.text === text && last.universe === universe) {
        last.waves.push(wave);
        last.columns.add(word(column));
      } else runs.push({ text, universe, waves: [wave], columns: new Set([word(column)]) });
    }
    return wh.section(
      "wording",
      "How it was asked",
      runs.length > 1
        ? wh.h("p", { class: "quiet" }, "What is new since the wave before is ", wh.h("ins", {}, "underlined"), ", what is gone ", wh.h("del", {}, "struck through"), ".")
        : null,
      wh.h(
        "ol",
        { class: "wording" },
        runs.map((run, place) => {
          const before = runs[place - 1];
          const part = (name) =>
            before && before[name] !== run[name] ? wh.wordDiff(word(before[name]), word(run[name])) : word(run[name]);
          return wh.h(
            "li",
            {},
            wh.h("h3", {}, wh.waveRange(study, run.waves)),
            run.text === null ? null : wh.h("p", { class: "question" }, part("text")),
            wh.h(
              "p",
              { class: "quiet" },
              run.universe === null ? "" : ["Asked of: ", part("universe"), ". "],
              "Delivered as ", [...run.columns].filter(Boolean).map((name, at) => [at ? ", " : "", wh.h("code", {}, name)]), "."
            )
          );
        })
      )
    );
  };

  const SIGNS = { "<number>": "any number", "<empty>": "nothing" };

  /** What each delivered code became; waves that agree are put together. */
  wh.codesSection = (study, record) => {
    if (!record.codes.length && !record.categories.length) return null;
    const meaning = ([, , , category, label, number, missing]) => {
      if (missing) return wh.h("span", { class: "quiet" }, `missing: ${missing.replaceAll("_", " ")}`);
      if (category) return [label, " ", wh.h("code", {}, category)];
      if (number !== null) return wh.short(number, 2);
      return "the number itself";
    };
    const asked = record.coverage.filter((row) => row[1]).map((row) => row[0]);
    const rows = record.codes.map((code) => {
      const [column, source, sourceLabel, , , , , method, note, waves] = code;
      return [
        SIGNS[source] ? wh.h("em", {}, SIGNS[source]) : wh.h("code", {}, source),
        sourceLabel || "",
        meaning(code),
        method === "identity" ? "" : wh.kindLabel(method || ""),
        wh.h("code", {}, column),
        waves.length === asked.length ? "all" : wh.waveRange(study, waves),
        note || "",
      ];
    });
    // A column that says nothing is left out.
    const kept = [true, 1, true, 3, true, true, 6].map((place) => place === true || rows.some((row) => row[place] !== ""));
    const columns = [
      ["Delivered", ""], ["The file calls it", "text"], ["Means", "text"], ["How", ""], ["Column", ""], ["Waves", "text"], ["Note", "text"],
    ];
    return wh.section(
      "codes",
      "Codes",
      rows.length
        ? wh.table("What each delivered code means", columns.filter((_, place) => kept[place]), rows.map((row) => row.filter((_, place) => kept[place])))
        : wh.h("ul", {}, record.categories.map(([code, label]) => wh.h("li", {}, wh.h("code", {}, code), " ", label)))
    );
  };

  wh.citation = (study) =>
    wh.h(
      "dl",
      { class: "facts" },
      [["Study", wh.h("a", { href: wh.address(["study", study.id]) }, study.label)], ["Producer", study.producer], ["To be cited as", study.citation], ["Terms of use", study.terms]].map(
        ([name, text]) => (text ? wh.h("div", {}, wh.h("dt", {}, name), wh.h("dd", {}, text)) : null)
      )
    );

  wh.sourceSection = (study, record) => {
    const link = (id) => {
      const entry = wh.byName.get(`${study.id}/${id}`);
      return entry ? wh.h("a", { href: wh.variableAddress(entry) }, entry.label) : wh.h("code", {}, id);
    };
    const children = wh.variables.filter((entry) => entry.study === study && entry.derivedFrom === record.id);
    const members =
      record.type === "group" ? [...new Set(record.measures.flatMap((one) => one.categories.map((pair) => pair[0])))] : [];
    const list = (ids) => ids.map((id, place) => [place ? ", " : "", link(id)]);
    return wh.section(
      "source",
      "Where it comes from",
      record.derived_from ? wh.h("p", {}, "Derived from ", link(record.derived_from), ".") : null,
      record.sum_of ? wh.h("p", {}, "The sum of the answers to the group ", wh.h("code", {}, record.sum_of), ".") : null,
      children.length ? wh.h("p", {}, "Derived from it: ", list(children.map((entry) => entry.id)), ".") : null,
      members.length ? wh.h("p", {}, "Made of: ", list(members), ".") : null,
      wh.citation(study)
    );
  };
})(wavehouse);
