/** Filters that escape for HTML. Their results can only be printed; see {@link Marked}. */
import { writeJson } from "../json.js";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Dict, defined, Fault, Marked, type Value } from "../values.js";
import { type Filter, type Filters, filter } from "./registry.js";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};
const escapedText = (value: Value) =>
  python.str(value).replace(/[&<>"']/g, (character) => entities[character] ?? character);
const escaped = printedOnly([], escapedText);

export const htmlFilters: Filters = {
  escape: escaped,
  e: escaped,
  forceescape: escaped,
  safe: printedOnly([], python.str),
  xmlattr: printedOnly(["autospace"], (value, args) => {
    if (!(value instanceof Dict)) throw new Fault("xmlattr goes with a dict");
    const pairs = value.entries().filter(([, item]) => defined(item) !== null);
    for (const [key] of pairs) {
      if (/[\s/>=]/.test(python.str(key))) {
        throw new Fault(`${python.str(key)} is no name of an attribute`);
      }
    }
    const text = pairs.map(([key, item]) => `${escapedText(key)}="${escapedText(item)}"`).join(" ");
    return text !== "" && args.flag("autospace", true) ? ` ${text}` : text;
  }),
  tojson: printedOnly(["indent"], (value, args) => {
    const indent = args.optionalInt("indent");
    const json = writeJson(value, {
      indent,
      sortKeys: true,
      separators: [indent === undefined ? ", " : ",", ": "],
      ensureAscii: true,
    });
    return json.replace(
      /[<>&']/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }),
};

function printedOnly(
  parameters: readonly string[],
  text: (value: Value, args: Args) => string,
): Filter {
  const apply = (value: Value, args: Args) => new Marked(text(value, args));
  return { ...filter(parameters, apply), printedOnly: true };
}
