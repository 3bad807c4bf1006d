/** The methods of Python's str, list and dict that templates call. */
import { define, type Methods } from "./method.js";
import { Args } from "./parameters.js";
import * as python from "./python.js";
import { moreOfStr } from "./string-methods.js";
import { capitalize, join, lower, replace, split, splitLines, strip, upper } from "./text.js";
import {
  Callable,
  Dict,
  Fault,
  Float,
  Range,
  Tuple,
  tuple,
  unsupported,
  type Value,
} from "./values.js";

const ofStr: Methods<string> = {
  capitalize: define([], (text) => capitalize(text)),
  count: define(["sub!"], (text, args) => {
    const part = args.string("sub", "");
    return part === "" ? python.length(text) + 1 : text.split(part).length - 1;
  }),
  endswith: define(["suffix!"], (text, args) => anyOf(args, "suffix", (s) => text.endsWith(s))),
  find: define(["sub!"], (text, args) => {
    const index = text.indexOf(args.string("sub", ""));
    return index < 0 ? -1 : python.length(text.slice(0, index));
  }),
  isdigit: define([], (text) => /^\p{Nd}+$/u.test(text)),
  join: define(["iterable!"], (text, args) => join(text, python.iterate(args.value("iterable")))),
  lower: define([], (text) => lower(text)),
  lstrip: define(["chars"], (text, args) => strip(text, args.get("chars"), "left")),
  removeprefix: define(["prefix!"], (text, args) => {
    const prefix = args.string("prefix", "");
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  }),
  removesuffix: define(["suffix!"], (text, args) => {
    const suffix = args.string("suffix", "");
    return suffix && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  }),
  replace: define(["old!", "new!", "count"], (text, args) =>
    replace(text, args.string("old", ""), args.string("new", ""), args.int("count", -1)),
  ),
  rstrip: define(["chars"], (text, args) => strip(text, args.get("chars"), "right")),
  split: define(["sep", "maxsplit"], (text, args) =>
    split(text, args.get("sep") ?? null, args.int("maxsplit", -1)),
  ),
  splitlines: define([], (text) => splitLines(text)),
  startswith: define(["prefix!"], (text, args) => anyOf(args, "prefix", (p) => text.startsWith(p))),
  strip: define(["chars"], (text, args) => strip(text, args.get("chars"), "both")),
  title: define([], (text) =>
    text.replace(/\p{L}+/gu, (word) => {
      const [first = "", ...rest] = python.characters(word);
      return upper(first) + lower(rest.join(""));
    }),
  ),
  upper: define([], (text) => upper(text)),
  zfill: define(["width!"], (text, args) => {
    const sign = /^[-+]/.exec(text)?.[0] ?? "";
    const space = args.int("width", 0) - python.length(text);
    return sign + "0".repeat(Math.max(0, space)) + text.slice(sign.length);
  }),
};

const ofDict: Methods<Dict> = {
  copy: define([], (dict) => Dict.of(dict.entries())),
  get: define(["key!", "default"], (dict, args) => {
    const value = dict.get(args.value("key"));
    return value === undefined ? (args.get("default") ?? null) : value;
  }),
  items: define([], (dict) => dict.entries().map(([key, value]) => tuple(key, value))),
  keys: define([], (dict) => dict.keys()),
  values: define([], (dict) => dict.values()),
};

const ofList: Methods<Value[]> = {
  append: define(["object!"], (list, args) => {
    changeable(list).push(args.value("object"));
    return null;
  }),
  copy: define([], (list) => [...list]),
  count: define(["value!"], (list, args) => countOf(list, args.value("value"))),
  extend: define(["iterable!"], (list, args) => {
    changeable(list).push(...python.iterate(args.value("iterable")));
    return null;
  }),
  index: define(["value!"], (list, args) => indexOf(list, args.value("value"))),
};

const ofTuple: Methods<Value[]> = {
  count: define(["value!"], (list, args) => countOf(list, args.value("value"))),
  index: define(["value!"], (list, args) => indexOf(list, args.value("value"))),
};

const words = (text: string) => new Set(text.split(/\s+/));

/** What Python's own types have besides the above: found, as in Python, and then refused. */
const others = {
  str: words(
    `casefold encode format_map isidentifier isnumeric isprintable istitle maketrans translate`,
  ),
  dict: words("clear fromkeys pop popitem setdefault update"),
  list: words("clear insert pop remove reverse sort"),
  tuple: words(""),
  int: words(
    `as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag numerator real
    to_bytes`,
  ),
  float: words("as_integer_ratio conjugate fromhex hex imag is_integer real"),
  range: words("count index start step stop"),
};

function kindOf(
  target: Value,
): { methods: Methods<never>; others: ReadonlySet<string> } | undefined {
  if (typeof target === "string")
    return { methods: { ...ofStr, ...moreOfStr }, others: others.str };
  if (target instanceof Dict) return { methods: ofDict, others: others.dict };
  if (target instanceof Tuple) return { methods: ofTuple, others: others.tuple };
  if (Array.isArray(target)) return { methods: ofList, others: others.list };
  if (target instanceof Float) return { methods: {}, others: others.float };
  if (target instanceof Range) return { methods: {}, others: others.range };
  if (python.isInt(target)) return { methods: {}, others: others.int };
  return undefined;
}

export function hasMethod(target: Value, name: string): boolean {
  const kind = kindOf(target);
  return kind !== undefined && (Object.hasOwn(kind.methods, name) || kind.others.has(name));
}

export function method(target: Value, name: string): Value {
  const full = `${python.typeName(target)}.${name}`;
  const kind = kindOf(target);
  const found = kind && Object.hasOwn(kind.methods, name) ? kind.methods[name] : undefined;
  if (!found) throw unsupported(full, hint(target, name));
  return new Callable(`${full}()`, (args, keywords) =>
    found.apply(target as never, new Args(`${full}()`, found.parameters, args, keywords)),
  );
}

function hint(target: Value, name: string): string | undefined {
  return target instanceof Dict ? `For the key of that name write ['${name}']` : undefined;
}

function anyOf(args: Args, name: string, test: (part: string) => boolean): boolean {
  const value = args.value(name);
  const parts = value instanceof Tuple ? value : [value];
  return parts.some((part) => {
    if (typeof part === "string") return test(part);
    throw new Fault(`${args.what} takes a string or a tuple of strings`);
  });
}

function countOf(list: readonly Value[], value: Value): number {
  return list.filter((item) => python.equals(item, value)).length;
}

function indexOf(list: readonly Value[], value: Value): number {
  const index = list.findIndex((item) => python.equals(item, value));
  if (index < 0) throw new Fault(`${python.repr(value)} is not in the list`);
  return index;
}

function changeable(list: Value[]): Value[] {
  if (!Object.isFrozen(list)) return list;
  throw unsupported("changing the list of a variable", "Add to a copy of it: {{ list + [item] }}");
}
