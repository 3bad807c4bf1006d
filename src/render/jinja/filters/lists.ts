/** Filters of lists and dicts: Jinja2's and Ansible's. */
import { itemOf } from "../attributes.js";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { applyTest, tests } from "../tests.js";
import { join } from "../text.js";
import {
  Blank,
  Dict,
  defined,
  Fault,
  hash,
  tuple,
  Undefined,
  UndefinedFault,
  type Value,
} from "../values.js";
import { applyToItem, unknownTest } from "./index.js";
import { type Filters, filter } from "./registry.js";

const { iterate } = python;

export const listFilters: Filters = {
  length: filter([], python.length),
  count: filter([], python.length),
  list: filter([], (value) => [...iterate(value)]),
  first: filter([], (value) => iterate(value)[0] ?? nothing("there is no first item of none")),
  last: filter([], (value) => iterate(value).at(-1) ?? nothing("there is no last item of none")),
  join: filter(["d", "attribute"], (value, args) => {
    const getter = attributeGetter(args.get("attribute"));
    return join(python.str(args.or("d", "")), iterate(value).map(getter).map(python.str));
  }),
  map: filter(["*", "**"], (value, args) => map(value, args)),
  select: filter(["*", "**"], (value, args) => select(value, args, true)),
  reject: filter(["*", "**"], (value, args) => select(value, args, false)),
  selectattr: filter(["attribute!", "*", "**"], (value, args) => select(value, args, true)),
  rejectattr: filter(["attribute!", "*", "**"], (value, args) => select(value, args, false)),
  sort: filter(["reverse", "case_sensitive", "attribute"], (value, args) => {
    const key = sortKey(args);
    return sorted(iterate(value), key, args.flag("reverse"));
  }),
  unique: filter(["case_sensitive", "attribute"], (value, args) => unique(value, args)),
  min: filter(["case_sensitive", "attribute"], (value, args) => extreme(value, args, "<")),
  max: filter(["case_sensitive", "attribute"], (value, args) => extreme(value, args, ">")),
  sum: filter(["attribute", "start"], (value, args) => {
    const getter = attributeGetter(args.get("attribute"));
    const start = args.or("start", 0);
    if (typeof start === "string") throw new Fault("sum does not add strings", "Use | join");
    if (start === null) throw new Fault("sum cannot start with None");
    return iterate(value)
      .map(getter)
      .reduce((sum, item) => python.arithmetic("+", sum, item), start);
  }),
  reverse: filter([], (value) =>
    typeof value === "string"
      ? python.characters(value).reverse().join("")
      : [...iterate(value)].reverse(),
  ),
  items: filter([], (value) => (value instanceof Blank ? [] : pairs(value, "items"))),
  dictsort: filter(["case_sensitive", "by", "reverse"], (value, args) => {
    const by = args.string("by", "key");
    if (by !== "key" && by !== "value") throw new Fault("dictsort goes by key or by value");
    const fold = args.flag("case_sensitive") ? same : ignoreCase;
    const key = (pair: Value) => [fold((pair as Value[])[by === "key" ? 0 : 1] as Value)];
    return sorted(pairs(value, "dictsort"), key, args.flag("reverse"));
  }),
  batch: filter(["linecount!", "fill_with"], (value, args) => {
    const size = args.int("linecount", 1);
    const rows: Value[][] = [];
    for (const [index, item] of iterate(value).entries()) {
      if (index % size === 0) rows.push([]);
      rows.at(-1)?.push(item);
    }
    const fill = args.get("fill_with") ?? null;
    const last = rows.at(-1);
    if (last && fill !== null) while (last.length < size) last.push(fill);
    return rows;
  }),

  // Ansible's
  dict2items: filter(["key_name", "value_name"], (value, args) => {
    const [key, item] = [args.string("key_name", "key"), args.string("value_name", "value")];
    return (pairs(value, "dict2items") as Value[][]).map(([k, v]) =>
      Dict.of([
        [key, k as Value],
        [item, v as Value],
      ]),
    );
  }),
  items2dict: filter(["key_name", "value_name"], (value, args) => {
    const [key, item] = [args.string("key_name", "key"), args.string("value_name", "value")];
    if (!Array.isArray(value)) throw new Fault("items2dict goes with a list");
    return Dict.of(
      value.map((entry) => [member(entry, key, "items2dict"), member(entry, item, "items2dict")]),
    );
  }),
  combine: filter(["*", "**"], (value, args) => combine(value, args)),
  flatten: filter(["levels", "skip_nulls"], (value, args) =>
    flatten(
      iterate(value),
      args.optionalInt("levels") ?? Number.POSITIVE_INFINITY,
      args.flag("skip_nulls", true),
    ),
  ),
  union: filter(["b!"], (value, args) => {
    notSets(value, args);
    return distinct(iterate(python.arithmetic("+", value, args.value("b"))));
  }),
  intersect: filter(["b!"], (value, args) => {
    notSets(value, args);
    return distinct(iterate(value).filter((item) => python.contains(args.value("b"), item)));
  }),
  difference: filter(["b!"], (value, args) => {
    notSets(value, args);
    return distinct(iterate(value).filter((item) => !python.contains(args.value("b"), item)));
  }),
};

function nothing(cause: string): Undefined {
  return new Undefined({ path: "", cause });
}

function pairs(value: Value, name: string): Value[] {
  if (!(value instanceof Dict)) {
    const type = python.article(python.typeName(value));
    throw new Fault(`${name} goes with a dict, not with ${type}`);
  }
  return value.entries().map(([key, item]) => tuple(key, item));
}

function member(entry: Value, key: string, name: string): Value {
  const value = entry instanceof Dict ? entry.get(key) : undefined;
  if (value === undefined) throw new Fault(`${name} needs the key ${key} in each item`);
  return value;
}

const same = (value: Value): Value => value;
export const ignoreCase = (value: Value): Value =>
  typeof value === "string" ? value.toLowerCase() : value;

/** `a.b.0`: the way to a value within each item. */
export function attributeGetter(attribute: Value | undefined): (item: Value) => Value {
  if (attribute === undefined || attribute === null) return same;
  const steps = typeof attribute === "string" ? attribute.split(".").map(stepOf) : [attribute];
  return (item) => steps.reduce((value, step) => itemOf(value, step, ""), item);
}

function stepOf(step: string): Value {
  return /^\d+$/.test(step) ? Number(step) : step;
}

/** What to sort by: the item, an attribute of it, or several with commas between. */
function sortKey(args: Args): (item: Value) => Value[] {
  const fold = args.flag("case_sensitive") ? same : ignoreCase;
  const attribute = args.get("attribute");
  const names = typeof attribute === "string" ? attribute.split(",") : [attribute];
  const getters = names.map(attributeGetter);
  return (item) => getters.map((getter) => fold(getter(item)));
}

export function sorted(
  items: readonly Value[],
  key: (item: Value) => Value[],
  reverse: boolean,
): Value[] {
  const direction = reverse ? -1 : 1;
  return items
    .map((item) => ({ item, key: key(item) }))
    .sort((a, b) => direction * python.order(a.key, b.key))
    .map(({ item }) => item);
}

function unique(value: Value, args: Args): Value[] {
  const fold = args.flag("case_sensitive") ? same : ignoreCase;
  const getter = attributeGetter(args.get("attribute"));
  const items = iterate(value);
  const keys = items.map((item) => fold(getter(item)));
  if (!keys.every(python.isHashable)) {
    if (args.get("attribute") !== undefined) {
      throw new Fault("unique cannot compare the lists or dicts under that attribute");
    }
    return distinct(items);
  }
  const seen = new Set<unknown>();
  return items.filter((_, index) => {
    const id = hash(keys[index] as Value);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/** Of hashable values Ansible makes Python sets, which have no order to agree with. */
export function notSets(value: Value, args: Args): void {
  if (!python.isHashable(value) || !python.isHashable(args.value("b"))) return;
  throw new Fault(
    `${args.what} goes with lists, not with ${python.article(python.typeName(value))}`,
  );
}

/** Each of the items once, where it comes first. */
export function distinct(items: readonly Value[]): Value[] {
  const result: Value[] = [];
  for (const item of items) if (!python.contains(result, item)) result.push(item);
  return result;
}

function extreme(value: Value, args: Args, operator: "<" | ">"): Value {
  const fold = args.flag("case_sensitive") ? same : ignoreCase;
  const getter = attributeGetter(args.get("attribute"));
  const key = (item: Value) => fold(getter(item));
  const [first, ...rest] = iterate(value);
  if (first === undefined) return nothing("there is no least or greatest of no items");
  return rest.reduce(
    (best, item) => (python.ordered(operator, key(item), key(best)) ? item : best),
    first,
  );
}

function map(value: Value, args: Args): Value[] {
  if (!python.truth(value)) return [];
  const [name, ...rest] = args.rest;
  if (name === undefined) {
    const attribute = args.named.get("attribute");
    if (attribute === undefined) throw new Fault("map needs a filter's name or an attribute");
    const fallback = args.named.get("default");
    const getter = attributeGetter(attribute);
    return iterate(value).map((item) => {
      const found = getter(item);
      return found instanceof Undefined && fallback !== undefined ? fallback : found;
    });
  }
  return iterate(value).map((item) => applyToItem(python.str(name), item, rest, args.named));
}

function select(value: Value, args: Args, wanted: boolean): Value[] {
  if (!python.truth(value)) return [];
  const attribute = args.get("attribute");
  const getter = attributeGetter(attribute);
  const [name, ...rest] = args.rest;
  const check = (item: Value) => {
    if (name === undefined) return python.truth(item);
    const test = tests.get(python.str(name));
    if (!test) throw unknownTest(python.str(name));
    return applyTest(python.str(name), test, item, rest, args.named);
  };
  return iterate(value).filter((item) => check(getter(item)) === wanted);
}

function flatten(items: readonly Value[], levels: number, skipNulls: boolean): Value[] {
  return items.flatMap((item): Value[] => {
    defined(item);
    if (skipNulls && (item === null || item === "None" || item === "null")) return [];
    if (!Array.isArray(item)) return [item];
    return levels >= 1 ? flatten(item, levels - 1, skipNulls) : [item];
  });
}

function combine(value: Value, args: Args): Value {
  for (const name of args.named.keys()) {
    if (name !== "recursive" && name !== "list_merge") {
      throw new Fault(`combine has no parameter ${name}`);
    }
  }
  const lists = python.str(args.named.get("list_merge") ?? "replace");
  if (!Object.hasOwn(listMerges, lists)) {
    throw new Fault(`list_merge is one of ${Object.keys(listMerges).join(", ")}`);
  }
  const how = { recursive: python.truth(args.named.get("recursive") ?? false), lists };
  const dicts = flatten([value, ...args.rest], 1, true);
  // Even of what another dict replaces.
  for (const dict of dicts)
    if (dict instanceof Dict) for (const [, item] of dict.entries()) defined(item);
  return dicts.reduce((result: Value, dict) => {
    if (result instanceof Dict && dict instanceof Dict) return merge(result, dict, how);
    throw new Fault(`combine goes with dicts, not with ${python.article(python.typeName(dict))}`);
  }, new Dict());
}

/** What becomes of two lists under one key. */
const listMerges: Readonly<Record<string, (before: Value[], after: Value[]) => Value[]>> = {
  replace: (_, after) => after,
  keep: (before) => before,
  append: (before, after) => [...before, ...after],
  prepend: (before, after) => [...after, ...before],
  append_rp: (before, after) => [...without(before, after), ...after],
  prepend_rp: (before, after) => [...after, ...without(before, after)],
};

function without(items: readonly Value[], others: Value[]): Value[] {
  return items.filter((item) => !python.contains(others, item));
}

interface Merging {
  readonly recursive: boolean;
  readonly lists: string;
}

function merge(base: Dict, over: Dict, how: Merging): Dict {
  // Of equal dicts the order may differ: the second one's counts.
  if (base.size === 0 || python.equals(base, over)) return Dict.of(over.entries());
  const result = Dict.of(base.entries());
  for (const [key, value] of over.entries()) {
    if (value instanceof Undefined) throw new UndefinedFault(value);
    const before = result.get(key);
    if (how.recursive && before instanceof Dict && value instanceof Dict) {
      result.set(key, merge(before, value, how));
    } else if (Array.isArray(before) && Array.isArray(value)) {
      result.set(key, listMerges[how.lists]?.(before, value) ?? value);
    } else result.set(key, value);
  }
  return result;
}
