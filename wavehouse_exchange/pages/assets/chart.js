// Draws the trend, and again when the space or the colours change.
(function (wh) {
  const LABELS_FROM = 560;
  // The width of the drawing on paper.
  const PAPER = 660;

  wh.chartLook = (width) => ({ width, dark: wh.isDark(), labels: width >= LABELS_FROM, text: false });

  /** The mark and colour of a line, for the key above the chart. */
  wh.swatch = (place) => {
    const { shape } = wh.styleOf(place, false);
    const mark = {
      circle: () => wh.svg("circle", { cx: 14, cy: 7, r: 4.5 }),
      square: () => wh.svg("rect", { x: 9.8, y: 2.8, width: 8.4, height: 8.4 }),
      "triangle-up": () => wh.svg("path", { d: "M14 1.8 L19.2 11.4 L8.8 11.4 Z" }),
      diamond: () => wh.svg("path", { d: "M14 1.2 L19 7 L14 12.8 L9 7 Z" }),
    }[shape]();
    return wh.svg(
      "svg",
      { width: 28, height: 14, viewBox: "0 0 28 14", class: `swatch line-${place % wh.MOST_LINES}`, "aria-hidden": "true" },
      wh.svg("path", { d: "M0 7 H28", class: "stroke" }),
      mark
    );
  };

  let drawn = null;
  function forget() {
    if (drawn) {
      drawn.observer.disconnect();
      if (drawn.result) drawn.result.finalize();
    }
    drawn = null;
  }
  wh.forgetChart = forget;

  async function embed(model, look) {
    await wh.loadCharts();
    const holder = wh.h("div", {});
    const theme = look.dark ? "dark" : "light";
    const result = await window.vegaEmbed(holder, wh.trendSpec(model, look), { actions: false, renderer: "svg", tooltip: { theme } });
    // The element around it is the image, with its text; the parts have none of their own.
    for (const part of holder.querySelectorAll("[role], [aria-roledescription]")) {
      part.removeAttribute("role");
      part.removeAttribute("aria-roledescription");
    }
    return { holder, result };
  }

  /** Paper is white, and as wide as paper, whatever the screen is: it has a drawing of its own. */
  async function drawForPaper(mine) {
    const { holder, result } = await embed(mine.model, { width: PAPER, dark: false, labels: true, text: false });
    result.finalize();
    if (mine !== drawn) return;
    holder.className = "for-paper";
    mine.place.append(holder);
  }

  async function draw(mine) {
    const width = Math.floor(mine.place.clientWidth);
    if (mine !== drawn || width < 50) return;
    mine.width = width;
    try {
      const { holder, result } = await embed(mine.model, wh.chartLook(width));
      if (mine !== drawn) {
        result.finalize();
        return;
      }
      if (mine.result) mine.result.finalize();
      mine.result = result;
      holder.className = "for-screen";
      const paper = mine.place.querySelector(".for-paper");
      mine.place.replaceChildren(holder, ...(paper ? [paper] : []));
      mine.place.dataset.drawn = "true";
      if (!paper) (window.requestIdleCallback || window.setTimeout)(() => mine === drawn && drawForPaper(mine));
    } catch (error) {
      mine.place.replaceChildren(wh.h("p", { class: "notice" }, error.message));
    }
  }

  /** Draw a model into an element; the size of the element is known once it is on the page. */
  wh.drawChart = (place, model) => {
    forget();
    const mine = { place, model, width: 0, result: null };
    let timer = 0;
    mine.observer = new ResizeObserver(() => {
      if (Math.abs(place.clientWidth - mine.width) < 4) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => draw(mine), mine.width ? 120 : 0);
    });
    drawn = mine;
    mine.observer.observe(place);
  };

  wh.redraw = () => drawn && draw(drawn);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => wh.redraw());
})(wavehouse);
