// The address holds everything that a view needs: #/variable/<study>/<id>?measure=...&segment=...
(function (wh) {
  wh.readAddress = () => {
    const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
    let parts;
    try {
      parts = path.split("/").map(decodeURIComponent);
    } catch {
      parts = [path];
    }
    return { view: parts[0] || "start", parts: parts.slice(1), options: new URLSearchParams(query || "") };
  };

  wh.address = (parts, options) => {
    const path = parts.map(encodeURIComponent).join("/");
    const query = new URLSearchParams(
      Object.entries(options || {}).filter(([, value]) => value !== null && value !== undefined && value !== "")
    ).toString();
    return `#/${path}${query ? `?${query}` : ""}`;
  };

  wh.variableAddress = (entry, options) => wh.address(["variable", entry.study.id, entry.id], options);

  /** Go to an address; with `replace` the one before is forgotten (while somebody types). */
  wh.go = (address, replace) => {
    if (address === location.hash) return;
    if (replace) location.replace(address);
    else location.hash = address;
  };
})(wavehouse);
