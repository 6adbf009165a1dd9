// Files that the page makes itself: the numbers as CSV, the chart as SVG or PNG.
(function (wh) {
  const WIDTH = 860;

  function save(content, type, name) {
    const link = wh.h("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // A text that a spreadsheet would run as a formula has an apostrophe before it, as in `csv_text` of the exports.
  const FORMULA = /^(?:[\s']*[=+@\-\uff1d\uff0b\uff20\uff0d]|[\t\r\n])/;
  const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
  wh.csvText = (text) => (FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text);

  const quoted = (value) => {
    if (value === null || value === undefined) return "";
    const text = wh.csvText(String(value));
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  const COLUMNS = [
    "study_id", "study_label", "wave_id", "wave_label", "wave_date", "measure_id", "measure_label", "measure_kind",
    "variable_id", "variable_label", "unit", "category_code", "category_label", "segment_id", "segment_label",
    "segment_code", "segment_value_label", "estimate", "standard_error", "degrees_of_freedom", "ci_level", "ci_lower",
    "ci_upper", "ci_method", "n_respondents", "n_effective", "design_effect", "observation_status",
    "confidentiality_status", "status_reason", "publication_rule", "base_description",
  ];

  /** The rows of some cells of a measure as CSV (RFC 4180), with the numbers as they are in the warehouse. */
  wh.csv = (study, record, measure, cells) => {
    const lines = [COLUMNS.join(",")];
    for (const cell of cells) {
      const segment = measure.segments.find((one) => one.id === cell[1]);
      for (const point of wh.pointsOf(measure, cell)) {
        const wave = study.waves[point.wave];
        const row = {
          ...point,
          study_id: study.id, study_label: study.label, wave_id: wave.id, wave_label: wave.label, wave_date: wave.date,
          measure_id: measure.id, measure_label: measure.label, measure_kind: measure.kind, unit: measure.unit,
          variable_id: record.type === "group" ? null : record.id, variable_label: record.label,
          category_code: cell[0], category_label: wh.nameOf(measure.categories, cell[0]),
          segment_id: segment.id, segment_label: segment.label,
          segment_code: cell[2], segment_value_label: wh.nameOf(segment.values, cell[2]),
          ci_level: wh.isShown(point) ? measure.level : null,
          publication_rule: measure.rule, base_description: measure.base,
        };
        lines.push(COLUMNS.map((name) => quoted(row[name])).join(","));
      }
    }
    return `${lines.join("\r\n")}\r\n`;
  };

  /** The address of the API's answer that has the figures of a chart. */
  wh.requestOf = (view) => {
    const segments = [...new Set(view.series.map((one) => one.cell[1]))];
    const filters = { study: view.study.id, measure: view.measure.id, segment: segments.join(",") };
    const query = Object.entries(filters).map(([name, value]) => `filter[${name}]=${encodeURIComponent(value)}`);
    return `${wh.api}/estimates?${query.join("&")}`;
  };

  wh.nameOf = (pairs, code) => (pairs.find((pair) => pair[0] === code) || [code, code])[1];

  wh.saveCsv = (content, name) => save(content, "text/csv;charset=utf-8", `${name}.csv`);

  /** Draw the chart where nobody sees it, with its title and breaks, always on white. */
  async function drawn(model, take) {
    await wh.loadCharts();
    const spec = wh.trendSpec(model, { width: WIDTH, dark: false, labels: true, text: true });
    const result = await window.vegaEmbed(wh.h("div", {}), spec, { actions: false, renderer: "svg" });
    try {
      return await take(result.view);
    } finally {
      result.finalize();
    }
  }

  wh.saveSvg = async (model, name) => save(await drawn(model, (view) => view.toSVG()), "image/svg+xml", `${name}.svg`);

  wh.savePng = async (model, name) => {
    const blob = await drawn(model, async (view) => {
      const canvas = await view.toCanvas(2);
      return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    });
    save(blob, "image/png", `${name}.png`);
  };

  /** Copy the address of this view; where the browser does not allow it, show it to be copied. */
  wh.copyLink = async (button) => {
    try {
      await navigator.clipboard.writeText(location.href);
      wh.announce("The link is copied.");
      button.textContent = "Copied";
    } catch {
      const field = wh.h("input", { type: "text", readonly: true, value: location.href, "aria-label": "The link of this view" });
      button.replaceWith(field);
      field.focus();
      field.select();
      wh.announce("The link is selected; copy it.");
      return;
    }
    window.setTimeout(() => (button.textContent = "Copy link"), 2000);
  };
})(wavehouse);
