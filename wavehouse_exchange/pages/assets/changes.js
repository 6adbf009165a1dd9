// What changed, in words, from the published tests of changes.
(function (wh) {
  /** The row of a change between two waves, if one is published. */
  const between = (changes, from, to) => changes.find((row) => row.from === from && row.to === to);

  /** The waves to compare when the reader has not chosen: the latest change of which the number is known. */
  wh.latestPair = (lists) => {
    const rows = lists.flat();
    const known = rows.filter((row) => row.change !== null && row.change !== undefined);
    const pool = known.length ? known : rows;
    return pool.reduce(
      (best, row) =>
        !best || row.to > best.to || (row.to === best.to && row.from > best.from) ? { from: row.from, to: row.to } : best,
      null
    );
  };

  const COVARIANCE = {
    panel: "The same people were asked in both waves.",
    shared_psu: "Both waves were drawn in the same places; the test takes this into account.",
    independent: "The two samples are independent.",
  };

  /** One sentence about the change of one line. */
  function sentence(series, row, measure, decimals) {
    const name = wh.h("strong", {}, series.name);
    if (!row) return [name, ": no test of this pair is published."];
    if (!row.is_comparable && row.change === null)
      return [name, ": not comparable, because a hard break lies between the two waves."];
    if (row.change === null)
      return [
        name,
        row.observation_status === "Q" ? ": suppressed, because one of the two figures is." : ": no change can be computed.",
      ];
    const verb = row.change > 0 ? "rose by " : row.change < 0 ? "fell by " : "stayed the same: ";
    const size = wh.difference(Math.abs(row.change), measure, decimals).replace("+", "");
    const interval =
      row.ci_lower === null
        ? ""
        : ` (${wh.percent(measure.level || 0.95)} interval ${wh.difference(row.ci_lower, measure, decimals, false)} to ${wh.difference(row.ci_upper, measure, decimals, false)})`;
    const p = row.p_value_adjusted === null ? row.p_value : row.p_value_adjusted;
    const verdict =
      row.is_significant === null
        ? wh.h("span", { class: "verdict" }, "not tested")
        : wh.h(
            "span",
            { class: row.is_significant ? "verdict yes" : "verdict" },
            row.is_significant ? "significant" : "not significant"
          );
    const bridge = row.is_bridged ? " Figures before the break were multiplied by the factor of a declared bridge." : "";
    return [
      name, " ", verb, size, interval, ": ", verdict,
      p === null ? "." : `, ${wh.pValue(p)}${row.p_value_adjusted === null ? "" : " after adjusting"}.`, bridge,
    ];
  }

  /**
   * The block about changes, with a choice of two waves.
   *
   * @param changed called with from and to, as ids of waves, when the reader chooses others
   */
  wh.changesBlock = (view, options, changed) => {
    const { study, measure, series } = view;
    const lists = series.map((one) => one.changes);
    const pairs = lists.flat();
    if (!pairs.length) return wh.h("p", {}, "There is one wave only, or no change is published.");
    const waveOf = (id) => study.waves.findIndex((wave) => wave.id === id);
    const latest = wh.latestPair(lists);
    const to = options.to && waveOf(options.to) >= 0 ? waveOf(options.to) : latest.to;
    const fromGiven = options.from && waveOf(options.from) >= 0 ? waveOf(options.from) : null;
    const froms = [...new Set(pairs.filter((row) => row.to === to).map((row) => row.from))].sort((a, b) => b - a);
    const from = fromGiven !== null ? fromGiven : to === latest.to ? latest.from : froms.length ? froms[0] : Math.max(0, to - 1);
    const waves = [...new Set(series.flatMap((one) => one.points.map((point) => point.wave)))].sort((a, b) => a - b);
    const option = (wave) => [study.waves[wave].id, study.waves[wave].label];
    const published = new Set(froms);
    const id = (wave) => (wave === undefined ? "" : study.waves[wave].id);
    const rows = lists.map((list) => between(list, from, to));
    const first = rows.find(Boolean);
    const crossed = view.breaks.filter((found) => found.wave > from && found.wave <= to && found.severity === "soft");
    return wh.h(
      "div",
      { class: "changes" },
      wh.h(
        "div",
        { class: "fields" },
        wh.select(
          "change-from", "From",
          waves.filter((wave) => wave !== to).map((wave) => [option(wave)[0], option(wave)[1] + (published.has(wave) ? "" : " (no test)")]),
          id(from), (value) => changed(value, id(to))
        ),
        wh.select("change-to", "To", waves.map(option), id(to), (value) => changed("", value))
      ),
      // On paper and to the ear, where the two fields above are not.
      wh.h("p", { class: "unseen on-paper" }, `From ${study.waves[from].label} to ${study.waves[to].label}:`),
      wh.h("ul", { class: "plain", id: "change-words" }, series.map((one, place) => wh.h("li", {}, sentence(one, rows[place], measure, view.decimals)))),
      first
        ? wh.h(
            "p",
            { class: "quiet" },
            COVARIANCE[first.covariance_method] || "",
            first.p_value_adjusted !== null && first.adjustment_method
              ? ` p-values allow for the changes tested together (${wh.adjustment(first.adjustment_method)}).`
              : "",
            crossed.length
              ? ` Between the two waves lies ${crossed.length === 1 ? "a soft break" : `${crossed.length} soft breaks`}: compare with care.`
              : ""
          )
        : wh.h(
            "p",
            { class: "quiet" },
            "Tests are published for the pairs of waves that the codebook declares. Two intervals are no substitute for a test."
          )
    );
  };
})(wavehouse);
