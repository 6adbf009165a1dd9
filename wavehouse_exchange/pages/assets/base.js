"use strict";

// The one global name of the pages. Every text reaches the page through `h`, as text: no label can become markup.
const wavehouse = (window.wavehouse = {});

(function (wh) {
  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "value") node.value = value;
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return node;
  }

  /** Make an element: its name, attributes (`on...` are listeners), and children. */
  wh.h = (name, attributes, ...children) =>
    fill(document.createElement(name), attributes, children);

  /** The same for drawings. */
  wh.svg = (name, attributes, ...children) =>
    fill(document.createElementNS(SVG, name), attributes, children);

  /** Say something to those who listen instead of look. */
  wh.announce = (text) => {
    const place = document.getElementById("announcements");
    place.textContent = "";
    window.setTimeout(() => (place.textContent = text), 60);
  };

  /** Make a table with a caption; `columns` are [heading, class], cells are nodes or texts. */
  wh.table = (caption, columns, rows, attributes) =>
    wh.h(
      "div",
      { class: "scroll", role: "region", "aria-label": caption, tabindex: 0, ...attributes },
      wh.h(
        "table",
        {},
        wh.h("caption", { class: "unseen" }, caption),
        wh.h(
          "thead",
          {},
          wh.h("tr", {}, columns.map(([text, kind]) => wh.h("th", { scope: "col", class: kind }, text)))
        ),
        wh.h(
          "tbody",
          {},
          rows.map((cells) =>
            wh.h(
              "tr",
              { class: cells.kind },
              cells.map((cell, place) =>
                place === 0
                  ? wh.h("th", { scope: "row", class: columns[0][1] }, cell)
                  : wh.h("td", { class: columns[place][1] }, cell)
              )
            )
          )
        )
      )
    );

  wh.section = (id, title, ...children) =>
    wh.h("section", { id, "aria-labelledby": `${id}-title` }, wh.h("h2", { id: `${id}-title` }, title), children);

  /** A choice out of a list: [value, text] pairs. */
  wh.select = (id, label, options, value, change) =>
    wh.h(
      "div",
      { class: "field" },
      wh.h("label", { for: id }, label),
      wh.h(
        "select",
        { id, onchange: (event) => change(event.target.value) },
        options.map(([code, text]) => wh.h("option", { value: code, selected: code === value }, text))
      )
    );
})(wavehouse);
