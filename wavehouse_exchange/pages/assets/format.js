// Numbers, dates and statuses as people read them.
(function (wh) {
  const PERCENT_KINDS = new Set(["share", "net", "share_of_cases", "share_of_responses"]);
  const MINUS = "\u2212";

  wh.isPercent = (measure) => PERCENT_KINDS.has(measure.kind);

  const plain = (value, decimals) =>
    value
      .toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
      .replace("-", MINUS);

  /** Decimals that show two digits of an error. */
  function decimalsFor(error) {
    if (error === null || !(error > 0)) return 2;
    return Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(error))));
  }

  /** One number of decimals for all points of a view, by their errors. */
  wh.decimals = (measure, points) => {
    if (wh.isPercent(measure)) return 1;
    if (measure.kind === "total") return 0;
    const errors = points.map((point) => point.standard_error).filter((error) => error > 0);
    return errors.length ? decimalsFor(errors.sort((a, b) => a - b)[Math.floor(errors.length / 2)]) : 2;
  };

  wh.number = (value, measure, decimals) => {
    if (value === null || value === undefined) return "";
    return wh.isPercent(measure) ? `${plain(value * 100, decimals)}%` : plain(value, decimals);
  };

  /** A change, with its sign and the unit of a difference. */
  wh.difference = (value, measure, decimals, withUnit = true) => {
    const size = wh.isPercent(measure) ? value * 100 : value;
    const text = plain(Math.abs(size), decimals);
    const sign = Number(Math.abs(size).toFixed(decimals)) === 0 ? "" : size < 0 ? MINUS : "+";
    const unit = !withUnit ? "" : wh.isPercent(measure) ? " percentage points" : measure.unit ? ` ${measure.unit}` : "";
    return `${sign}${text}${unit}`;
  };

  wh.count = (value) => (value === null || value === undefined ? "" : plain(value, 0));
  wh.short = (value, decimals = 2) => (value === null || value === undefined ? "" : plain(value, decimals));
  wh.percent = (value, decimals = 0) => `${plain(value * 100, decimals)}%`;

  wh.pValue = (value) =>
    value === null || value === undefined ? "" : value < 0.001 ? "p < 0.001" : `p = ${value.toFixed(3)}`;

  const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  wh.date = (day) => (day ? DAY.format(new Date(day)) : "");

  const ADJUSTMENTS = { benjamini_hochberg: "Benjamini and Hochberg", holm: "Holm" };
  wh.adjustment = (method) => ADJUSTMENTS[method] || wh.kindLabel(method || "");

  wh.kindLabel = (kind) => kind.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());

  wh.isShown = (point) => point.estimate !== null;
  /** Few people, or another caution: the reason says so whatever the status is. */
  wh.isCaution = (point) =>
    wh.isShown(point) && (point.observation_status === "U" || point.status_reason !== null);

  /** Why there is no number, in a word or two for a chart. */
  wh.absence = (point) =>
    point.confidentiality_status !== "F" || point.observation_status === "Q"
      ? "suppressed"
      : { L: "not collected", M: "not applicable" }[point.observation_status] || "no estimate";

  const STATUSES = {
    A: "Normal",
    B: "First after a break",
    L: "Not collected",
    M: "Not applicable",
    P: "Provisional",
    Q: "Suppressed",
    U: "Low reliability",
  };
  wh.statusText = (point) => {
    const words = [STATUSES[point.observation_status] || point.observation_status];
    if (point.observation_status === "B" && !wh.isShown(point)) words.push("suppressed");
    if (point.observation_status === "B" && wh.isCaution(point)) words.push("low reliability");
    const text = words.join(", ");
    return point.status_reason ? `${text}: ${point.status_reason}` : text;
  };

  /** The waves of a list of numbers, in short: runs are given by their ends. */
  wh.waveRange = (study, waves) => {
    const runs = [];
    for (const wave of waves) {
      const last = runs[runs.length - 1];
      if (last && last[1] === wave - 1) last[1] = wave;
      else runs.push([wave, wave]);
    }
    return runs
      .map(([from, to]) =>
        from === to ? study.waves[from].label : `${study.waves[from].label} to ${study.waves[to].label}`
      )
      .join(", ");
  };
})(wavehouse);
