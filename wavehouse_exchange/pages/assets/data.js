// Data come as scripts, since a page that was opened from a file may not fetch anything.
(function (wh) {
  const waiting = new Map();
  const loaded = new Map();
  // What is kept in memory besides the small common files: the variables looked at last.
  const KEPT = 20;

  const POINT = [
    "observation_status", "confidentiality_status", "status_reason", "estimate", "standard_error",
    "degrees_of_freedom", "ci_lower", "ci_upper", "ci_method", "n_respondents", "n_effective", "design_effect",
  ];
  const CHANGE = [
    "comparison", "is_comparable", "is_bridged", "covariance_method", "observation_status", "change",
    "ci_lower", "ci_upper", "p_value", "p_value_adjusted", "is_significant", "adjustment_method",
  ];
  const TEXTS = new Set(["status_reason", "ci_method", "comparison", "covariance_method", "adjustment_method"]);

  wh.release = document.documentElement.dataset.release;

  /** Called by each data file. */
  wh.take = (release, name, record) => {
    const found = waiting.get(name);
    if (!found) return;
    waiting.delete(name);
    if (release === wh.release) found.resolve(record);
    else found.reject(new Error("The pages were written again while you had them open. Reload this page."));
  };

  function addScript(source, failed) {
    const script = wh.h("script", { src: source, onerror: failed });
    script.addEventListener("load", () => script.remove());
    document.head.append(script);
    return script;
  }

  /** Load a data file once; `name` is its path below data/. */
  wh.load = (name) => {
    if (loaded.has(name)) return loaded.get(name);
    const promise = new Promise((resolve, reject) => {
      waiting.set(name, { resolve, reject });
      const path = `data/${name}.js`;
      addScript(`${path}?v=${wh.release}`, () => {
        waiting.delete(name);
        reject(new Error(`${path} could not be read. Write the pages again, and copy the whole folder.`));
      });
    });
    loaded.set(name, promise);
    promise.catch(() => loaded.delete(name));
    const variables = [...loaded.keys()].filter((key) => key.includes("/"));
    if (variables.length > KEPT) loaded.delete(variables[0]);
    return promise;
  };

  let library = null;
  /** Load the chart library, which only pages with a trend need. */
  wh.loadCharts = () => {
    library =
      library ||
      new Promise((resolve, reject) => {
        const script = addScript(`assets/vega.js?v=${wh.release}`, () => {
          library = null;
          reject(new Error("assets/vega.js could not be read, so there is no chart; the table has the numbers."));
        });
        script.addEventListener("load", resolve);
      });
    return library;
  };

  const named = (names, values, words) =>
    Object.fromEntries(
      names.map((name, place) => {
        const value = values[place] === undefined ? null : values[place];
        return [name, TEXTS.has(name) && value !== null ? words[value] : value];
      })
    );

  /** The rows of a measure with names, for one category, segment and value. */
  wh.pointsOf = (measure, cell) =>
    cell[3].map(([wave, ...values]) => ({ wave, ...named(POINT, values, measure.words) }));
  wh.changesOf = (measure, cell) =>
    cell[4].map(([from, to, ...values]) => ({ from, to, ...named(CHANGE, values, measure.words) }));

  /** The catalogue as objects. */
  wh.readCatalogue = (catalogue) => {
    wh.studies = catalogue.studies;
    wh.docs = catalogue.docs;
    wh.api = catalogue.api;
    wh.made = catalogue.made;
    wh.variables = catalogue.variables.map(
      ([study, id, label, file, type, asked, first, last, hasTrend, derivedFrom], place) => ({
        place, study: wh.studies[study], id, label, file, type, asked, first, last, hasTrend, derivedFrom,
      })
    );
    wh.byName = new Map(wh.variables.map((entry) => [`${entry.study.id}/${entry.id}`, entry]));
  };
})(wavehouse);
