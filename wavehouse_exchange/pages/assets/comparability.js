// Which waves of a variable may be compared: a table of waves against waves, with the reason of each pair.
(function (wh) {
  const GRADES = {
    identical: ["=", "identical", "Nothing differs."],
    harmonised: ["≈", "harmonised", "Columns or codes differ; the codebook harmonises them."],
    with_care: ["!", "with care", ""],
    not_comparable: ["×", "not comparable", ""],
  };
  // A larger table is drawn only when somebody asks for it.
  const OPEN_UP_TO = 16;

  function matrix(study, record) {
    const { words, pairs } = record.comparability;
    const waves = [...new Set(pairs.flatMap((pair) => pair.slice(0, 2)))].sort((a, b) => a - b);
    const reason = wh.h("p", { class: "reason", "aria-live": "polite" }, "Choose a pair of waves to read the reason.");
    const found = new Map(pairs.map((pair) => [`${pair[0]}|${pair[1]}`, pair]));
    const cells = [];
    const text = ([from, to, grade, why]) => {
      const [, name, usual] = GRADES[words[grade]] || ["?", words[grade], ""];
      return `${study.waves[from].label} and ${study.waves[to].label}: ${name}. ${why === undefined ? usual : words[why]}`;
    };
    function move(event) {
      const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!step) return;
      const [row, column] = event.target.dataset.at.split(",").map(Number);
      const next = cells.find((cell) => cell.dataset.at === `${row + step[0]},${column + step[1]}`);
      if (!next) return;
      event.preventDefault();
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
    const rows = waves.slice(1).map((to, row) => {
      const line = [study.waves[to].label];
      waves.slice(0, -1).forEach((from, column) => {
        const pair = found.get(`${from}|${to}`);
        if (!pair) {
          line.push("");
          return;
        }
        const [sign, name] = GRADES[words[pair[2]]] || ["?", words[pair[2]]];
        const show = () => {
          if (reason.textContent !== text(pair)) reason.textContent = text(pair);
        };
        const cell = wh.h(
          "button",
          {
            type: "button", class: `grade ${words[pair[2]]}`, "data-at": `${row},${column}`, tabindex: cells.length ? -1 : 0,
            "aria-label": `${study.waves[from].label} and ${study.waves[to].label}: ${name}`, onfocus: show, onmouseenter: show, onclick: show, onkeydown: move,
          },
          sign
        );
        cells.push(cell);
        line.push(cell);
      });
      return line;
    });
    return [
      reason,
      wh.table(
        "Each wave compared with each other wave",
        [["Wave", ""], ...waves.slice(0, -1).map((wave) => [study.waves[wave].label, "grade-head"])],
        rows,
        { class: "scroll matrix" }
      ),
    ];
  }

  wh.comparabilitySection = (study, record) => {
    const { words, pairs } = record.comparability;
    if (!pairs.length) return null;
    const counts = new Map();
    for (const pair of pairs) counts.set(words[pair[2]], (counts.get(words[pair[2]]) || 0) + 1);
    const n = new Set(pairs.flatMap((pair) => pair.slice(0, 2))).size;
    const summary = wh.h(
      "p",
      { class: "key-line" },
      Object.keys(GRADES)
        .filter((grade) => counts.has(grade))
        .map((grade) => [
          wh.h("span", { class: `grade ${grade}`, "aria-hidden": "true" }, GRADES[grade][0]),
          ` ${GRADES[grade][1]}: ${wh.count(counts.get(grade))} ${counts.get(grade) === 1 ? "pair" : "pairs"} `,
        ])
    );
    if (n <= OPEN_UP_TO) return wh.section("comparability", "Which waves may be compared", summary, matrix(study, record));
    const details = wh.h("details", {}, wh.h("summary", {}, `Show the ${n} waves against each other`));
    details.addEventListener("toggle", () => details.open && details.childElementCount === 1 && details.append(...matrix(study, record)));
    return wh.section("comparability", "Which waves may be compared", summary, details);
  };
})(wavehouse);
