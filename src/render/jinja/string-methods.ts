/** The less usual methods of Python's str. */
import { define, type Methods } from "./method.js";
import type { Args } from "./parameters.js";
import * as python from "./python.js";
import { formatString } from "./str-format.js";
import { lower, split, upper } from "./text.js";
import { Fault, tuple, type Value } from "./values.js";

export const moreOfStr: Methods<string> = {
  center: define(["width!", "fillchar"], (text, args) => {
    const width = args.int("width", 0);
    const space = Math.max(0, width - python.length(text));
    const left = Math.floor(space / 2) + (space & width & 1);
    const fill = filler(args);
    return fill.repeat(left) + text + fill.repeat(space - left);
  }),
  ljust: define(["width!", "fillchar"], (text, args) => text + padding(text, args)),
  rjust: define(["width!", "fillchar"], (text, args) => padding(text, args) + text),
  expandtabs: define(["tabsize"], (text, args) => expanded(text, args.int("tabsize", 8))),
  format: define(["*", "**"], (text, args) => formatString(text, args.rest, args.named)),
  index: define(["sub!"], (text, args) => found(text, text.indexOf(args.string("sub", "")))),
  rfind: define(["sub!"], (text, args) => place(text, text.lastIndexOf(args.string("sub", "")))),
  rindex: define(["sub!"], (text, args) => found(text, text.lastIndexOf(args.string("sub", "")))),
  isalnum: define([], (text) => /^[\p{L}\p{N}]+$/u.test(text)),
  isalpha: define([], (text) => /^\p{L}+$/u.test(text)),
  isascii: define([], (text) => /^\p{ASCII}*$/u.test(text)),
  isdecimal: define([], (text) => /^\p{Nd}+$/u.test(text)),
  islower: define([], (text) => isCased(text) && lower(text) === text),
  isspace: define([], (text) => new RegExp(`^[${python.whitespace}]+$`).test(text)),
  isupper: define([], (text) => isCased(text) && upper(text) === text),
  partition: define(["sep!"], (text, args) => {
    const separator = separatorOf(args);
    const at = text.indexOf(separator);
    return at < 0
      ? tuple(text, "", "")
      : tuple(text.slice(0, at), separator, text.slice(at + separator.length));
  }),
  rpartition: define(["sep!"], (text, args) => {
    const separator = separatorOf(args);
    const at = text.lastIndexOf(separator);
    return at < 0
      ? tuple("", "", text)
      : tuple(text.slice(0, at), separator, text.slice(at + separator.length));
  }),
  rsplit: define(["sep", "maxsplit"], (text, args) =>
    splitFromRight(text, args.get("sep") ?? null, args.int("maxsplit", -1)),
  ),
  swapcase: define([], (text) =>
    python
      .characters(text)
      .map((char) => (upper(char) === char ? lower(char) : upper(char)))
      .join(""),
  ),
};

function filler(args: Args): string {
  const fill = args.string("fillchar", " ");
  if (python.length(fill) !== 1) throw new Fault(`${args.what} fills with one character`);
  return fill;
}

function padding(text: string, args: Args): string {
  return filler(args).repeat(Math.max(0, args.int("width", 0) - python.length(text)));
}

function place(text: string, at: number): number {
  return at < 0 ? -1 : python.length(text.slice(0, at));
}

function found(text: string, at: number): number {
  if (at < 0) throw new Fault("the text to look for is not there");
  return place(text, at);
}

function separatorOf(args: Args): string {
  const separator = args.string("sep", "");
  if (separator === "") throw new Fault(`${args.what} cannot go by an empty separator`);
  return separator;
}

function isCased(text: string): boolean {
  return /\p{Lowercase}|\p{Uppercase}|\p{Lt}/u.test(text);
}

function expanded(text: string, size: number): string {
  let column = 0;
  let result = "";
  for (const char of text) {
    if (char === "\t") {
      const space = size > 0 ? size - (column % size) : 0;
      result += " ".repeat(space);
      column += space;
    } else {
      result += char;
      column = char === "\n" || char === "\r" ? 0 : column + 1;
    }
  }
  return result;
}

function splitFromRight(text: string, separator: Value, limit: number): string[] {
  if (limit < 0) return split(text, separator, limit);
  const mirrored = (one: string) => python.characters(one).reverse().join("");
  const by = typeof separator === "string" ? mirrored(separator) : separator;
  return split(mirrored(text), by, limit).map(mirrored).reverse();
}
