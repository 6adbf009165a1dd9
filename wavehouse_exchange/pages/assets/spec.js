// What a chart shows, first as plain rows, then as a Vega-Lite specification. Texts are data, never expressions.
(function (wh) {
  // Colours that colour-blind people can tell apart (after Okabe and Ito), each with a shape of its own.
  const STYLES = {
    light: ["#0072b2", "#c25400", "#00805f", "#a2457d"],
    dark: ["#6cb9ec", "#f0a04b", "#3fc79d", "#e295c3"],
  };
  const SHAPES = ["circle", "square", "triangle-up", "diamond"];
  // More lines than this in one drawing cannot be followed: each gets a small one of its own.
  wh.MOST_LINES = SHAPES.length;
  const DAY = 86400000;
  // With more waves than this, words at the axis would run into each other.
  const MOST_WORDS = 12;

  wh.isDark = () => window.matchMedia("(prefers-color-scheme: dark)").matches;
  wh.styleOf = (place, dark) => ({
    colour: STYLES[dark ? "dark" : "light"][place % SHAPES.length],
    shape: SHAPES[place % SHAPES.length],
  });

  const time = (study, wave) => Date.parse(study.waves[wave].date);

  /** Where a break is drawn: half-way between the wave after it and the one before. */
  function breakTime(study, found) {
    const after = time(study, found.declared);
    return found.declared > 0 ? (after + time(study, found.declared - 1)) / 2 : after - 30 * DAY;
  }

  /** The rows of one line: its points, the pieces of its line, bands, and words where there is no number. */
  function seriesRows(study, series, breaks) {
    const rows = [];
    let run = 0;
    let piece = 0;
    let before = null;
    const name = series.name;
    const lengths = new Map();
    const points = [];
    for (const point of series.points) {
      const at = time(study, point.wave);
      if (!wh.isShown(point)) {
        rows.push({ kind: "absent", name, t: at, words: wh.absence(point), wave: study.waves[point.wave].label });
        before = null;
        continue;
      }
      const crossed = before ? breaks.filter((found) => found.wave > before.wave && found.wave <= point.wave) : [];
      const hard = crossed.some((found) => found.severity === "hard");
      if (!before || hard) {
        run += 1;
        piece += 1;
      } else if (crossed.length) {
        piece += 1;
        rows.push({ kind: "across", name, t: time(study, before.wave), y: before.estimate, piece });
        rows.push({ kind: "across", name, t: at, y: point.estimate, piece });
        piece += 1;
      }
      rows.push({ kind: "line", name, t: at, y: point.estimate, piece });
      points.push({ point, at, run });
      lengths.set(run, (lengths.get(run) || 0) + 1);
      before = point;
    }
    for (const { point, at, run: itsRun } of points) {
      const bounds = point.ci_lower !== null && point.ci_upper !== null;
      rows.push({
        kind: "point", name, t: at, y: point.estimate, low: point.ci_lower, high: point.ci_upper, piece: itsRun,
        alone: bounds && lengths.get(itsRun) === 1, band: bounds && lengths.get(itsRun) > 1,
        open: wh.isCaution(point), wave: study.waves[point.wave].label, status: wh.statusText(point),
        shown: series.format(point.estimate),
        interval: bounds ? `${series.format(point.ci_lower)} to ${series.format(point.ci_upper)}` : "unknown",
        people: wh.count(point.n_respondents),
      });
    }
    return rows;
  }

  /** The range of the upright axis. */
  function range(rows, percent, scale) {
    if (percent && scale === "full") return [0, 1];
    const values = rows.flatMap((row) => (row.kind === "point" ? [row.y, row.low, row.high] : [])).filter(
      (value) => value !== null && value !== undefined
    );
    if (!values.length) return percent ? [0, 1] : [0, 1];
    let low = Math.min(...values);
    let high = Math.max(...values);
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    low -= room;
    high += room;
    if (scale === "zero") {
      low = Math.min(0, low);
      high = Math.max(0, high);
      if (Math.min(...values) >= 0) low = 0;
    }
    return percent ? [Math.max(low, Math.min(0, ...values)), Math.min(high, Math.max(1, ...values))] : [low, high];
  }

  /** Keep the labels at the right apart. */
  function spread(labels, low, high, gap) {
    const unit = (high - low) * gap;
    labels.sort((a, b) => a.y - b.y);
    for (let round = 0; round < 20; round += 1) {
      for (let place = 1; place < labels.length; place += 1) {
        const overlap = labels[place - 1].y + unit - labels[place].y;
        if (overlap > 0) {
          labels[place - 1].y -= overlap / 2;
          labels[place].y += overlap / 2;
        }
      }
    }
    return labels;
  }

  function ticks(study, waves, width) {
    const room = Math.max(2, Math.floor(width / 58));
    const step = Math.ceil(waves.length / room);
    const shown = waves.filter((_, place) => (waves.length - 1 - place) % step === 0);
    const years = shown.map((wave) => study.waves[wave].date.slice(0, 4));
    const format = new Set(years).size === years.length ? "%Y" : "%b %Y";
    return { values: shown.map((wave) => time(study, wave)), format };
  }

  const only = (kind) => [{ filter: { field: "kind", equal: kind } }];
  const isTrue = (field) => [{ filter: { and: [{ field: "kind", equal: "point" }, { field, equal: true }] } }];

  /**
   * The specification of a trend.
   *
   * @param model study, measure, series (name, points, format), breaks, scale, title, subtitle
   * @param look width, dark, labels (names at the right), text (title and source in the drawing)
   */
  wh.trendSpec = (model, look) => {
    const { study, measure, series, breaks } = model;
    const percent = wh.isPercent(measure);
    const facets = series.length > wh.MOST_LINES;
    const waves = [...new Set(series.flatMap((one) => one.points.map((point) => point.wave)))].sort((a, b) => a - b);
    const rows = series.flatMap((one) => seriesRows(study, one, breaks));
    const [low, high] = range(rows, percent, model.scale);
    const ink = look.dark ? "#e8e6e1" : "#23272b";
    const quiet = look.dark ? "#a9b0b6" : "#5c656d";
    const grid = look.dark ? "#33393e" : "#e8eaec";
    const paper = look.dark ? "#16191c" : "#ffffff";
    const columns = facets ? Math.max(1, Math.min(4, Math.floor(look.width / 250))) : 1;
    const longest = Math.max(...series.map((one) => one.name.length));
    const right = look.labels && !facets ? Math.min(Math.round(look.width * 0.26), 18 + longest * 7.2) : 12;
    const width = Math.floor(facets ? (look.width - 50) / columns - 22 : look.width - 48 - right);
    const height = facets ? (rows.some((row) => row.kind === "absent") ? 210 : 150) : Math.round(Math.max(240, Math.min(380, look.width * 0.5)));
    const axis = ticks(study, waves, width);
    const times = waves.map((wave) => time(study, wave));
    const margin = Math.max((times[times.length - 1] - times[0]) * 0.03, 40 * DAY);
    const names = series.map((one) => one.name);
    const colour = {
      field: "name", type: "nominal", legend: null,
      scale: { domain: names, range: names.map((_, place) => (facets ? wh.styleOf(0, look.dark) : wh.styleOf(place, look.dark)).colour) },
    };
    const shape = {
      field: "name", type: "nominal", legend: null,
      scale: { domain: names, range: names.map((_, place) => (facets ? SHAPES[0] : SHAPES[place % SHAPES.length])) },
    };
    // Breaks at the same place are one line with all their numbers; it is solid if one of them is hard.
    const lines = new Map();
    breaks.forEach((found, place) => {
      const at = breakTime(study, found);
      const line = lines.get(at) || { marks: [], severity: "soft" };
      line.marks.push(place + 1);
      if (found.severity === "hard") line.severity = "hard";
      lines.set(at, line);
    });
    for (const [t, line] of lines)
      for (const name of facets ? names : [names[0]])
        rows.push({ kind: "break", name, t, severity: line.severity, mark: line.marks.join(", ") });
    // One word for a wave is enough, also where several lines have no number there.
    const seen = new Set();
    for (const row of rows.filter((one) => one.kind === "absent")) {
      const key = `${facets ? row.name : ""}|${row.t}|${row.words}`;
      row.kind = seen.has(key) ? "again" : "absent";
      seen.add(key);
      const count = rows.filter((one) => one.t === row.t && one.words === row.words).length;
      row.say = !facets && names.length > 1 && count < names.length ? `${row.words} (${count} of ${names.length})` : row.words;
    }
    if (look.labels && !facets) {
      const last = series.flatMap((one) => {
        const points = one.points.filter(wh.isShown);
        return points.length ? [{ kind: "name", name: one.name, y: points[points.length - 1].estimate }] : [];
      });
      rows.push(...spread(last, low, high, 17 / (height - 60)));
    }
    const x = {
      field: "t", type: "temporal", title: null,
      scale: { type: "utc", domain: [times[0] - margin, times[times.length - 1] + margin] },
      axis: { values: axis.values, format: axis.format, labelOverlap: true, grid: false },
    };
    const bottom = { value: height };
    // Words where there is no number have a strip of their own below the numbers.
    const absent = rows.filter((row) => row.kind === "absent");
    const longestWord = Math.max(0, ...absent.map((row) => row.say.length)) * 5.8;
    const gaps = times.slice(1).map((at, place) => at - times[place]);
    const gap = (Math.min(...gaps) / (times[times.length - 1] - times[0] + 2 * margin)) * width;
    const isWordy = waves.length <= MOST_WORDS;
    const isFlat = isWordy && gap > longestWord + 8;
    const strip = !absent.length ? 0 : !isWordy ? 20 : isFlat ? 42 : 24 + longestWord;
    const y = {
      field: "y", type: "quantitative", title: null,
      scale: { domain: [low, high], zero: false, nice: false, range: [height - strip, 0] },
      axis: { format: percent ? (high - low < 0.04 ? ".1%" : ".0%") : "", tickCount: facets ? 3 : 5 },
    };
    const tooltip = [
      { field: "name", title: "What" }, { field: "wave", title: "Wave" }, { field: "shown", title: "Estimate" },
      { field: "interval", title: `${wh.percent(measure.level || 0.95)} interval` },
      { field: "people", title: "Respondents" }, { field: "status", title: "Status" },
    ].map((one) => ({ ...one, type: "nominal" }));
    const layer = [
      {
        transform: only("break"),
        mark: { type: "rule", color: quiet, strokeWidth: 1.2 },
        encoding: {
          x,
          strokeDash: { field: "severity", type: "nominal", legend: null, scale: { domain: ["soft", "hard"], range: [[3, 4], [1, 0]] } },
        },
      },
      {
        transform: only("break"),
        mark: { type: "text", color: quiet, fontSize: 11, align: "left", dx: 4, baseline: "top" },
        encoding: { x, y: { value: 2 }, text: { field: "mark", type: "nominal" } },
      },
      {
        transform: isTrue("band"),
        mark: { type: "area", opacity: facets || names.length === 1 ? 0.18 : 0.14 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: colour, detail: { field: "piece", type: "nominal" } },
      },
      {
        transform: isTrue("alone"),
        mark: { type: "rule", strokeWidth: 2, opacity: 0.55 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: colour },
      },
      {
        transform: only("line"),
        mark: { type: "line", strokeWidth: 2 },
        encoding: { x, y, color: colour, detail: { field: "piece", type: "nominal" } },
      },
      {
        transform: only("across"),
        mark: { type: "line", strokeWidth: 1.6, strokeDash: [4, 4] },
        encoding: { x, y, color: colour, detail: { field: "piece", type: "nominal" } },
      },
      {
        transform: only("point"),
        mark: { type: "point", size: waves.length > 40 ? 22 : facets ? 40 : 62, strokeWidth: 1.8, opacity: 1 },
        encoding: {
          x, y, shape, color: colour, tooltip,
          fill: { condition: { test: { field: "open", equal: true }, value: paper }, ...colour },
        },
      },
      {
        transform: only("absent"),
        mark: { type: "text", color: quiet, text: "×", fontSize: 15, baseline: "bottom", dy: 2 },
        encoding: { x, y: bottom, tooltip: [{ field: "wave", type: "nominal", title: "Wave" }, { field: "say", type: "nominal", title: "No number" }] },
      },
      {
        transform: isWordy ? only("absent") : only("never"),
        mark: isFlat
          ? { type: "text", color: quiet, baseline: "bottom", dy: -15, fontSize: 10.5 }
          : { type: "text", color: quiet, angle: -90, align: "left", dx: 14, fontSize: facets ? 9.5 : 10.5 },
        encoding: { x, y: bottom, text: { field: "say", type: "nominal" } },
      },
      {
        transform: only("name"),
        mark: { type: "text", align: "left", dx: 10, fontSize: 12, fontWeight: 600, limit: right - 8, clip: false },
        encoding: { x: { value: width }, y, color: colour, text: { field: "name", type: "nominal" } },
      },
    ];
    const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
    const drawing = { width, height, layer };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      background: paper,
      padding: look.text ? 18 : { left: 2, right: 4, top: 6, bottom: 4 },
      autosize: { type: "pad" },
      ...(look.text
        ? {
            title: {
              text: model.title, subtitle: model.subtitle, anchor: "start", frame: "group", offset: 16, fontSize: 17,
              subtitleFontSize: 12, subtitlePadding: 6, color: ink, subtitleColor: quiet,
            },
          }
        : {}),
      data: { values: rows },
      ...(facets
        ? {
            facet: { field: "name", type: "nominal", sort: names, title: null, header: { labelAnchor: "start", labelFontWeight: 600, labelFontSize: 12, labelLimit: width } },
            columns,
            spacing: { row: 22, column: 22 },
            spec: drawing,
          }
        : drawing),
      config: {
        aria: false,
        font,
        view: { stroke: null },
        axis: {
          labelColor: quiet, labelFontSize: 11, domainColor: grid, tickColor: grid, gridColor: grid, labelPadding: 6,
          domain: false,
        },
        axisX: { domain: true, domainColor: quiet, tickColor: quiet },
        header: { labelColor: ink },
        text: { font },
      },
    };
  };
})(wavehouse);
