/** Filters of strings: Jinja2's and Ansible's. */

import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { escapeRegex, findAll, groupOf, search, substitute } from "../regex.js";
import * as methods from "../text.js";
import { Blank, Dict, Fault, Range, Tuple, tuple, type Value } from "../values.js";
import { type Wrapping, wrap } from "../wrap.js";
import { type Filters, filter } from "./registry.js";

const { str } = python;

export const textFilters: Filters = {
  string: filter([], str),
  lower: filter([], (value) => methods.lower(str(value))),
  upper: filter([], (value) => methods.upper(str(value))),
  capitalize: filter([], (value) => methods.capitalize(str(value))),
  title: filter([], (value) => title(str(value))),
  trim: filter(["chars"], (value, args) => methods.strip(str(value), args.get("chars"), "both")),
  replace: filter(["old!", "new!", "count"], (value, args) =>
    methods.replace(
      str(value),
      str(args.value("old")),
      str(args.value("new")),
      args.optionalInt("count") ?? -1,
    ),
  ),
  indent: filter(["width", "first", "blank"], (value, args) => indent(value, args)),
  truncate: filter(["length", "killwords", "end", "leeway"], (value, args) =>
    truncate(value, args),
  ),
  wordwrap: filter(
    ["width", "break_long_words", "wrapstring", "break_on_hyphens"],
    (value, args) => {
      const how: Wrapping = {
        width: args.int("width", 79),
        breakLongWords: args.flag("break_long_words", true),
        breakOnHyphens: args.flag("break_on_hyphens", true),
      };
      if (how.width <= 0) throw new Fault("wordwrap needs a width of 1 or more");
      const end = args.get("wrapstring") ?? "\n";
      return methods
        .splitLines(text(value, args))
        .map((line) => wrap(line, how).join(str(end)))
        .join(str(end));
    },
  ),
  center: filter(["width"], (value, args) => center(str(value), args.int("width", 80))),
  wordcount: filter([], (value) => findAll("\\w+", str(value), {}).length),
  format: filter(["*", "**"], (value, args) => {
    if (args.rest.length > 0 && args.named.size > 0) {
      throw new Fault("format takes positional arguments or named ones, not both");
    }
    const values = args.named.size > 0 ? Dict.of(args.named) : tuple(...args.rest);
    return formatPercent(str(value), values);
  }),

  // Ansible's
  split: filter(["sep", "maxsplit"], (value, args) =>
    methods.split(text(value, args), args.get("sep") ?? null, args.int("maxsplit", -1)),
  ),
  quote: filter([], (value) => shellQuote(value === null ? "" : str(value))),
  comment: filter(["style", "**"], (value, args) => comment(text(value, args), args)),
  b64encode: filter(["encoding"], (value, args) => {
    utf8Only(args);
    return Buffer.from(str(value), "utf8").toString("base64");
  }),
  b64decode: filter(["encoding"], (value, args) => {
    utf8Only(args);
    return decodeBase64(value instanceof Blank ? "" : text(value, args));
  }),
  regex_replace: filter(["pattern", "replacement", "ignorecase", "multiline"], (value, args) =>
    substitute(args.string("pattern", ""), str(value), args.string("replacement", ""), flags(args)),
  ),
  regex_search: filter(["regex!", "*", "**"], (value, args) => regexSearch(str(value), args)),
  regex_findall: filter(["regex!", "multiline", "ignorecase"], (value, args) =>
    findAll(args.string("regex", ""), str(value), flags(args)).map((match): Value => {
      const [whole, ...groups] = match;
      if (groups.length === 0) return whole;
      const found = groups.map((group) => group ?? "");
      return found.length === 1 ? (found[0] as string) : tuple(...found);
    }),
  ),
  regex_escape: filter(["re_type"], (value, args) => {
    const kind = args.string("re_type", "python");
    if (kind !== "python") throw new Fault(`regex_escape for ${kind} is not supported`);
    return escapeRegex(str(value));
  }),
};

function text(value: Value, args: Args): string {
  if (typeof value === "string") return value;
  const type = python.article(python.typeName(value));
  throw new Fault(`${args.what} goes with a string, not with ${type}`, "Convert with | string");
}

function title(value: string): string {
  return value
    .split(/([-\s({[<]+)/u)
    .map((part) => methods.capitalize(part))
    .join("");
}

function indent(value: Value, args: Args): string {
  const width = args.or("width", 4);
  const indention = typeof width === "string" ? width : " ".repeat(args.int("width", 4));
  const lines = methods.splitLines(`${text(value, args)}\n`);
  const pad = (line: string) => (line || args.flag("blank") ? indention + line : line);
  const [first = "", ...rest] = lines;
  const start = args.flag("first") ? indention + first : first;
  return [start, ...rest.map(pad)].join("\n");
}

/** Jinja2 lets a text be five characters longer, and what is short enough be anything. */
function truncate(value: Value, args: Args): Value {
  const [length, end] = [args.int("length", 255), args.string("end", "...")];
  const leeway = args.int("leeway", 5);
  if (length < python.length(end)) throw new Fault(`truncate: ${end} alone is longer`);
  if (value instanceof Blank || python.length(value) <= length + leeway) return value;
  const characters = python.characters(text(value, args));
  const kept = characters.slice(0, length - python.length(end)).join("");
  const space = kept.lastIndexOf(" ");
  return (args.flag("killwords") || space < 0 ? kept : kept.slice(0, space)) + end;
}

function center(value: string, width: number): string {
  const space = width - python.length(value);
  if (space <= 0) return value;
  const left = Math.floor(space / 2) + (space & width & 1);
  return " ".repeat(left) + value + " ".repeat(space - left);
}

/** `shlex.quote` */
function shellQuote(value: string): string {
  if (value === "") return "''";
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'"'"'`)}'`;
}

const commentStyles: Record<string, Record<string, string>> = {
  plain: { decoration: "# " },
  erlang: { decoration: "% " },
  c: { decoration: "// " },
  cblock: { beginning: "/*", decoration: " * ", end: " */" },
  xml: { beginning: "<!--", decoration: " - ", end: "-->" },
};
const commentOptions = [
  "newline",
  "beginning",
  "prefix",
  "prefix_count",
  "decoration",
  "postfix",
  "postfix_count",
  "end",
];

function comment(value: string, args: Args): string {
  const style = args.string("style", "plain");
  const preset = Object.hasOwn(commentStyles, style) ? commentStyles[style] : undefined;
  if (!preset) throw new Fault(`comment has no style ${style}`);
  for (const name of args.named.keys()) {
    if (!commentOptions.includes(name)) throw new Fault(`comment has no parameter ${name}`);
  }
  const option = (name: string, fallback: string) => {
    const given = args.named.get(name);
    return given === undefined ? (preset[name] ?? fallback) : str(given);
  };
  const count = (name: string) => args.namedInt(name, 1);
  const newline = option("newline", "\n");
  const decoration = option("decoration", "");
  const bare = methods.strip(decoration, null, "right");
  const prefix = option("prefix", bare);
  const beginning = option("beginning", "");
  const end = option("end", "");
  const prefixLine = prefix && (prefix === newline ? newline : prefix + newline);
  const body = (decoration + methods.replace(value, newline, newline + decoration, -1)).replaceAll(
    decoration + newline,
    bare + newline,
  );
  return [
    beginning && beginning + newline,
    prefixLine.repeat(Math.max(0, count("prefix_count"))),
    body,
    `${newline}${option("postfix", bare)}`.repeat(Math.max(0, count("postfix_count"))),
    end && newline + end,
  ].join("");
}

function utf8Only(args: Args): void {
  const encoding = args.string("encoding", "utf-8");
  if (!/^utf-?8$/i.test(encoding)) throw new Fault(`the encoding ${encoding} is not supported`);
}

function decodeBase64(value: string): string {
  // Python passes over what is no base64, and insists on the padding.
  const digits = value.replace(/[^A-Za-z\d+/=]/g, "");
  if (!/^[A-Za-z\d+/]*={0,2}$/.test(digits) || digits.length % 4 !== 0) {
    throw new Fault("this is no valid base64");
  }
  const bytes = Buffer.from(digits, "base64");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Fault("what this base64 stands for is no UTF-8 text");
  }
}

function flags(args: Args): { ignoreCase: boolean; multiline: boolean } {
  return { ignoreCase: args.flag("ignorecase"), multiline: args.flag("multiline") };
}

function regexSearch(value: string, args: Args): Value {
  const option = (name: string) => python.truth(args.named.get(name) ?? false);
  for (const name of args.named.keys()) {
    if (name !== "ignorecase" && name !== "multiline") {
      throw new Fault(`regex_search has no parameter ${name}`);
    }
  }
  const groups = args.rest.map((group) => {
    const name = typeof group === "string" && /^\\(?:g<(\S+)>|(\d+))/.exec(group);
    if (!name) throw new Fault("regex_search takes groups as '\\\\1' or '\\\\g<name>'");
    return (name[1] ?? name[2]) as string;
  });
  const options = { ignoreCase: option("ignorecase"), multiline: option("multiline") };
  const match = search(args.string("regex", ""), value, options);
  if (!match) return null;
  return groups.length > 0 ? groups.map((group) => groupOf(match, group)) : match[0];
}

/** Python's `%` between a string and values, for the conversions that templates use. */
export function formatPercent(format: string, values: Value): string {
  const items = values instanceof Tuple ? [...values] : [values];
  let next = 0;
  const directive = /%(?:\((\w+)\))?([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])|%/g;
  const result = format.replace(directive, (whole, key, options, width, precision, kind) => {
    if (whole === "%") throw new Fault("the % at the end of this format stands alone");
    if (kind === "%") return "%";
    let value: Value | undefined;
    if (key !== undefined) value = values instanceof Dict ? values.get(key) : undefined;
    else value = items[next++];
    if (value === undefined) throw new Fault(`the format has no value for ${whole}`);
    const places = precision === undefined ? undefined : Number(precision);
    return pad(convert(kind, value, places, options), options, Number(width || 0), kind);
  });
  const isList = Array.isArray(values) && !(values instanceof Tuple);
  const mayBeLeft = isList || values instanceof Dict || values instanceof Range;
  if (next < items.length && !mayBeLeft) {
    throw new Fault(`the format leaves ${items.length - next} of its values unused`);
  }
  return result;
}

function convert(kind: string, value: Value, places: number | undefined, options: string): string {
  if (kind === "s" || kind === "r") {
    const full = kind === "s" ? str(value) : python.repr(value);
    return places === undefined ? full : python.characters(full).slice(0, places).join("");
  }
  const number = python.numeric(value);
  if (number === undefined) throw new Fault(`%${kind} takes a number`);
  if (options.includes("#")) throw new Fault("# in a format is not supported");
  const sign = (digits: string) =>
    digits.startsWith("-") ? digits : (/[+ ]/.exec(options)?.[0] ?? "") + digits;
  const double = python.toDouble(number);
  switch (kind) {
    case "d":
    case "i": {
      const whole = python.isInt(value) ? BigInt(value) : BigInt(Math.trunc(double));
      if (places !== undefined) throw new Fault("a precision with %d is not supported");
      return sign(whole.toString());
    }
    case "x":
    case "X":
    case "o": {
      if (!python.isInt(value)) throw new Fault(`%${kind} takes a whole number`);
      const digits = BigInt(value).toString(kind === "o" ? 8 : 16);
      return sign(kind === "X" ? digits.toUpperCase() : digits);
    }
    case "f":
    case "F": {
      const decimals = places ?? 6;
      const rounded = python.roundHalfEven(double, decimals);
      return sign(rounded.toFixed(decimals));
    }
    default:
      throw new Fault(`%${kind} in a format is not supported`);
  }
}

function pad(value: string, options: string, width: number, kind: string): string {
  const space = Math.max(0, width - python.length(value));
  if (options.includes("-")) return value + " ".repeat(space);
  if (options.includes("0") && kind !== "s" && kind !== "r") {
    const sign = /^[-+ ]/.exec(value)?.[0] ?? "";
    return sign + "0".repeat(space) + value.slice(sign.length);
  }
  return " ".repeat(space) + value;
}
