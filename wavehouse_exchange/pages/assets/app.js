// Puts the view of the address on the page, and keeps titles, focus and keys in order.
(function (wh) {
  const main = document.getElementById("main");
  let current = null;
  let turn = 0;

  wh.missingView = (text) => ({
    title: "Not found",
    heading: "Not found",
    nodes: [wh.h("h1", { tabindex: -1 }, "Not found"), wh.h("p", {}, text), wh.h("p", {}, wh.h("a", { href: "#/" }, "Find a variable"))],
  });

  const helpView = async () => ({
    title: "How to read these pages",
    heading: "How to read these pages",
    nodes: [wh.h("article", { class: "prose" }, document.getElementById("help").content.cloneNode(true))],
  });

  const VIEWS = { start: wh.startView, variable: wh.variableView, study: wh.studyView, help: helpView };

  async function show() {
    if (location.hash === wh.own && current) return;
    wh.own = null;
    const address = wh.readAddress();
    const name = [address.view, ...address.parts].join("/");
    if (current && current.name === name && current.update) {
      current.update(address.options);
      return;
    }
    const mine = (turn += 1);
    let view;
    try {
      const make = VIEWS[address.view] || (async () => wh.missingView("This address leads nowhere."));
      view = await make(address);
    } catch (error) {
      view = {
        title: "Problem", heading: "Problem",
        nodes: [wh.h("h1", { tabindex: -1 }, "This page could not be shown"), wh.h("p", { class: "notice" }, error.message)],
      };
    }
    if (mine !== turn) return;
    const first = current === null;
    const stays = current && current.name === name;
    if (!view.nodes.some((node) => node && node.id === "trend")) wh.forgetChart();
    main.replaceChildren(...view.nodes.flat(Infinity).filter(Boolean));
    document.title = `${view.title} · Wavehouse`;
    current = { ...view, name };
    document.getElementById("to-start").toggleAttribute("aria-current", address.view === "start");
    if (!first && !stays) {
      window.scrollTo(0, 0);
      main.querySelector("h1").focus({ preventScroll: true });
      wh.announce(view.heading);
    }
    main.dataset.view = address.view;
    main.dataset.ready = name;
  }

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      const field = document.getElementById("query");
      if (field) field.focus();
      else {
        wh.focusQuery = true;
        wh.go("#/");
      }
    } else if (current && current.keys) current.keys(event);
  });

  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    const heading = main.querySelector("h1");
    if (heading) heading.focus();
  });

  window.addEventListener("hashchange", async () => {
    await show();
    const field = document.getElementById("query");
    if (wh.focusQuery && field) {
      wh.focusQuery = false;
      field.focus();
    }
  });

  (async () => {
    try {
      wh.readCatalogue(await wh.load("catalogue"));
    } catch (error) {
      main.replaceChildren(wh.h("h1", {}, "The pages are not complete"), wh.h("p", { class: "notice" }, error.message));
      return;
    }
    document.getElementById("to-docs").hidden = !wh.docs;
    document.getElementById("foot").append(
      wh.h("p", {}, `Made ${wh.date(wh.made)} by Wavehouse. Charts are drawn by Vega-Lite.`)
    );
    await show();
    const field = document.getElementById("query");
    if (field && !("ontouchstart" in window)) field.focus({ preventScroll: true });
    // The chart library comes while the reader is still choosing.
    if (!document.getElementById("chart")) (window.requestIdleCallback || window.setTimeout)(() => wh.loadCharts().catch(() => {}));
  })();
})(wavehouse);
