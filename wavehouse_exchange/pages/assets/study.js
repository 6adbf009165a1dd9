// The page of a study.
(function (wh) {
  wh.studyView = async (address) => {
    const study = wh.studies.find((one) => one.id === address.parts[0]);
    if (!study) return wh.missingView(`There is no study ${address.parts[0] || ""} here.`);
    const fieldwork = (wave) =>
      wave.start ? `${wh.date(wave.start)} to ${wh.date(wave.end)}` : wh.date(wave.date);
    const waves = study.waves.map((wave) => [
      wave.label, fieldwork(wave), wh.count(wave.n), wave.design || "", wh.count(wave.strata), wh.count(wave.psus),
      wh.count(wave.df), wh.short(wave.kish),
    ]);
    const label = (id) => {
      const entry = wh.byName.get(`${study.id}/${id}`);
      return entry ? wh.h("a", { href: wh.variableAddress(entry) }, entry.label) : id;
    };
    const breaks = study.breaks.map((found) =>
      wh.h(
        "li",
        {},
        wh.h("h3", {}, `${study.waves[found.wave].label}: ${found.kind.replaceAll("_", " ")}, ${found.severity} break`),
        wh.h("p", {}, found.description),
        found.of_study ? wh.h("p", { class: "quiet" }, "Of all variables.") : wh.h("p", { class: "quiet" }, "Of ", found.variables.map((id, place) => [place ? ", " : "", label(id)]), ".")
      )
    );
    const n = wh.variables.filter((entry) => entry.study === study).length;
    return {
      title: study.label,
      heading: study.label,
      nodes: [
        wh.h("p", { class: "crumbs" }, wh.h("a", { href: "#/" }, "All studies")),
        wh.h("h1", { tabindex: -1 }, study.label),
        wh.h("p", { class: "lede" }, study.description),
        wh.h("p", {}, wh.h("a", { class: "button", href: wh.address([], { study: study.id }) }, `Its ${wh.count(n)} variables`)),
        wh.h(
          "dl",
          { class: "facts" },
          [
            ["Universe", study.universe], ["Producer", study.producer], ["To be cited as", study.citation], ["Terms of use", study.terms],
            ["Intervals", `${wh.percent(study.level)}`], ["Publication rule", wh.kindLabel(study.rule || "")],
            ["Tests of several changes", wh.adjustment(study.adjustment)],
          ].map(([name, text]) => (text ? wh.h("div", {}, wh.h("dt", {}, name), wh.h("dd", {}, text)) : null))
        ),
        wh.section(
          "waves",
          "Waves",
          wh.table(
            "The waves of the study",
            [["Wave", ""], ["Fieldwork", "text"], ["Respondents", "number"], ["Design", "text"], ["Strata", "number"], ["PSUs", "number"], ["Degrees of freedom", "number"], ["Design effect of weights", "number"]],
            waves
          )
        ),
        wh.section("breaks", "Breaks", breaks.length ? wh.h("ol", { class: "wording" }, breaks) : wh.h("p", {}, "None is declared.")),
      ],
    };
  };
})(wavehouse);
