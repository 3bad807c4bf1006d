/** Filters of URLs. */
import * as python from "../python.js";
import { Dict, Fault, type Value } from "../values.js";
import { type Filters, filter } from "./registry.js";

export const urlFilters: Filters = {
  urlencode: filter([], (value) => {
    if (typeof value === "string" || !(value instanceof Dict || Array.isArray(value))) {
      return quote(python.str(value)).replaceAll("%2F", "/");
    }
    const pairs = value instanceof Dict ? value.entries() : value.map(pairOf);
    return pairs.map(([key, item]) => `${ofQuery(key)}=${ofQuery(item)}`).join("&");
  }),
  urldecode: filter([], (value) => decode(python.str(value).replaceAll("+", " "))),
  urlsplit: filter(["query"], (value, args) => {
    const parts = split(python.str(value));
    const wanted = args.string("query", "");
    if (wanted === "") return parts;
    const part = parts.get(wanted);
    if (part === undefined) throw new Fault(`urlsplit knows no ${wanted}`);
    return part;
  }),
};

/** As `urllib.parse.quote` with no character that is safe besides those that always are. */
function quote(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function ofQuery(value: Value): string {
  return quote(python.str(value)).replaceAll("%20", "+");
}

function pairOf(item: Value): [Value, Value] {
  const [key, value, ...more] = python.iterate(item);
  if (key === undefined || value === undefined || more.length > 0) {
    throw new Fault("urlencode goes with text, a dict or a list of pairs");
  }
  return [key, value];
}

/** What is no UTF-8 is replaced, and what is no escape stays. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

/** As `urllib.parse.urlsplit`; the parts in the order of their names. */
function split(url: string): Dict {
  const [, scheme = "", , netloc = "", path = "", , query = "", , fragment = ""] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?$/s.exec(url) ??
    [];
  const at = netloc.lastIndexOf("@");
  const login = at < 0 ? undefined : netloc.slice(0, at);
  const [, six, name = "", port] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(netloc.slice(at + 1)) ?? [];
  const colon = login?.indexOf(":") ?? -1;
  if (port !== undefined && port !== "" && !/^\d+$/.test(port)) {
    throw new Fault(`urlsplit: ${port} is no port`);
  }
  return Dict.of([
    ["fragment", fragment],
    ["hostname", (six ?? name).toLowerCase() || null],
    ["netloc", netloc],
    ["password", login === undefined || colon < 0 ? null : login.slice(colon + 1)],
    ["path", path],
    ["port", port === undefined || port === "" ? null : Number(port)],
    ["query", query],
    ["scheme", scheme.toLowerCase()],
    ["username", login === undefined ? null : colon < 0 ? login : login.slice(0, colon)],
  ]);
}
