/** Filters that escape for HTML. Their results can only be printed; see {@link Marked}. */
import { writeJson } from "../json.js";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Marked, type Value } from "../values.js";
import { type Filter, type Filters, filter } from "./registry.js";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};
const escaped = printedOnly([], (value) =>
  python.str(value).replace(/[&<>"']/g, (character) => entities[character] ?? character),
);

export const htmlFilters: Filters = {
  escape: escaped,
  e: escaped,
  forceescape: escaped,
  safe: printedOnly([], python.str),
  tojson: printedOnly(["indent"], (value, args) => {
    const indent = args.int("indent", undefined);
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
