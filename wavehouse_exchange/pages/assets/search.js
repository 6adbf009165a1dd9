// Search: all words must be found, each as the beginning of a word; where they are found decides the rank.
(function (wh) {
  const WITHOUT_SPACES = /[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
  const PLAIN = /^[\x20-\x7e]*$/;
  const WEIGHTS = { label: 60, name: 30, category: 12, question: 8, description: 5 };
  const CONTEXT = 60;
  // Letters that people type without their stroke, and that Unicode does not take apart.
  const LETTERS = { ø: "o", ł: "l", đ: "d", ß: "s", æ: "a", œ: "o", ı: "i", ð: "d", þ: "t" };

  /** Letters without accents and case; everything else a space. Keeps the length, so that places agree. */
  function fold(text) {
    if (PLAIN.test(text)) return text.toLowerCase().replace(/[^a-z0-9]/g, " ");
    let folded = "";
    for (let place = 0; place < text.length; place += 1) {
      const letter = text[place];
      // Hangul would fall apart into its parts.
      const base =
        LETTERS[letter.toLowerCase()] ||
        (letter >= "\uac00" && letter <= "\ud7af" ? letter : letter.normalize("NFD").replace(/\p{M}/gu, "")[0]) ||
        " ";
      folded += /[\p{L}\p{N}]/u.test(base) || (base >= "\ud800" && base <= "\udfff") ? base.toLowerCase()[0] : " ";
    }
    return folded;
  }
  wh.fold = fold;

  wh.words = (query) => fold(query.normalize("NFC")).split(/\s+/).filter(Boolean);

  /** Where a word begins in the text, or -1. The folded text has one character more, at its beginning. */
  function find(folded, word) {
    if (!WITHOUT_SPACES.test(word)) return folded.indexOf(` ${word}`);
    const at = folded.indexOf(word);
    return at < 0 ? -1 : at - 1;
  }

  /** Prepare the texts once: each field with its folded form, which begins with a space. */
  wh.makeIndex = (variables, texts) =>
    variables.map((entry, place) => {
      const [description, categories, questions] = texts[place];
      const fields = [
        { kind: "label", text: entry.label },
        { kind: "name", text: entry.id },
        ...categories.map((text) => ({ kind: "category", text })),
        ...questions.map(([text, wave]) => ({ kind: "question", text, wave })),
        { kind: "description", text: description },
      ].filter((field) => field.text);
      for (const field of fields) {
        field.text = field.text.normalize("NFC");
        field.folded = ` ${fold(field.text)}`;
      }
      return { entry, fields, all: fields.map((field) => field.folded).join("\n") };
    });

  /** Find variables; each hit has its rank and the field that shows the words best. */
  wh.search = (index, query, studyId) => {
    const words = wh.words(query);
    const hits = [];
    for (const item of index) {
      if (studyId && item.entry.study.id !== studyId) continue;
      if (!words.every((word) => find(item.all, word) >= 0)) continue;
      let rank = 0;
      let best = null;
      for (const word of words) {
        let weight = 0;
        for (const field of item.fields) {
          const at = find(field.folded, word);
          if (at < 0) continue;
          const end = field.folded[at + 1 + word.length];
          const whole = end === undefined || end === " " ? 1.5 : 1;
          weight = Math.max(weight, WEIGHTS[field.kind] * whole * (at === 0 ? 1.3 : 1));
        }
        rank += weight;
      }
      for (const field of item.fields) {
        if (field.kind === "label") continue;
        const found = words.filter((word) => find(field.folded, word) >= 0).length;
        if (found > (best ? best.found : 0)) best = { field, found };
      }
      hits.push({ entry: item.entry, rank, field: best && best.field });
    }
    return hits.sort((a, b) => b.rank - a.rank || a.entry.label.localeCompare(b.entry.label));
  };

  /** Show a text with the words marked, cut to what is around the first of them. */
  wh.marked = (text, words, cut) => {
    const folded = ` ${fold(text)}`;
    const ranges = [];
    for (const word of words) {
      const key = WITHOUT_SPACES.test(word) ? word : ` ${word}`;
      for (let at = folded.indexOf(key); at >= 0; at = folded.indexOf(key, at + key.length)) {
        const start = WITHOUT_SPACES.test(word) ? at - 1 : at;
        ranges.push([start, start + word.length]);
      }
    }
    ranges.sort((a, b) => a[0] - b[0]);
    let from = 0;
    let to = text.length;
    if (cut && ranges.length && text.length > 3 * CONTEXT) {
      from = Math.max(0, text.lastIndexOf(" ", Math.max(0, ranges[0][0] - CONTEXT)));
      const end = text.indexOf(" ", Math.min(text.length, ranges[0][1] + 2 * CONTEXT));
      to = end < 0 ? text.length : end;
    }
    const pieces = [from > 0 ? "… " : ""];
    let place = from;
    for (const [start, end] of ranges) {
      if (start < place || end > to) continue;
      pieces.push(text.slice(place, start), wh.h("mark", {}, text.slice(start, end)));
      place = end;
    }
    pieces.push(text.slice(place, to), to < text.length ? " …" : "");
    return pieces;
  };
})(wavehouse);
