/** Filters that put items of several lists together, or apart. */
import { itemOf } from "../attributes.js";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Dict, Fault, Group, isUndefined, tuple, undefinedFault, type Value } from "../values.js";
import { attributeGetter, distinct, ignoreCase, notSets, sorted } from "./lists.js";
import { type Filters, filter } from "./registry.js";

const { iterate } = python;

export const combinationFilters: Filters = {
  zip: filter(["*"], (value, args) => {
    const lists = [value, ...args.rest].map(iterate);
    const length = Math.min(...lists.map((list) => list.length));
    return Array.from({ length }, (_, index) => tuple(...lists.map((list) => at(list, index))));
  }),
  zip_longest: filter(["*", "**"], (value, args) => {
    only(args, ["fillvalue"]);
    const lists = [value, ...args.rest].map(iterate);
    const fill = args.named.get("fillvalue") ?? null;
    const length = Math.max(...lists.map((list) => list.length));
    return Array.from({ length }, (_, index) =>
      tuple(...lists.map((list) => (index < list.length ? at(list, index) : fill))),
    );
  }),
  product: filter(["*", "**"], (value, args) => {
    only(args, ["repeat"]);
    const times = args.namedInt("repeat", 1);
    const once = [value, ...args.rest].map(iterate);
    const lists = Array.from({ length: Math.max(0, times) }, () => once).flat();
    return lists
      .reduce<Value[][]>(
        (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
        [[]],
      )
      .map((row) => tuple(...row));
  }),
  permutations: filter(["r"], (value, args) => {
    const items = iterate(value);
    return chosen(
      items,
      args.optionalInt("r") ?? items.length,
      (taken, index) => !taken.includes(index),
    );
  }),
  combinations: filter(["r!"], (value, args) => {
    const items = iterate(value);
    return chosen(
      items,
      args.optionalInt("r") ?? items.length,
      (taken, index) => index > (taken.at(-1) ?? -1),
    );
  }),
  symmetric_difference: filter(["b!"], (value, args) => {
    notSets(value, args);
    const other = args.value("b");
    const both = [...iterate(value), ...iterate(other)];
    return distinct(
      both.filter((item) => !(python.contains(value, item) && python.contains(other, item))),
    );
  }),
  subelements: filter(["subelements!", "skip_missing"], (value, args) => subelements(value, args)),
  extract: filter(["container!", "morekeys"], (value, args) => {
    const more = args.get("morekeys") ?? null;
    const keys = [value, ...(more === null ? [] : Array.isArray(more) ? more : [more])];
    return keys.reduce((holder, key) => itemOf(holder, key, ""), args.value("container"));
  }),
  rekey_on_member: filter(["key!", "duplicates"], (value, args) => rekeyed(value, args)),
  groupby: filter(["attribute!", "default", "case_sensitive"], (value, args) => {
    const getter = attributeGetter(args.value("attribute"));
    const fallback = args.get("default");
    const its = (item: Value) => {
      const found = getter(item);
      if (!isUndefined(found)) return found;
      if (fallback === undefined) throw undefinedFault(found);
      return fallback;
    };
    const fold = (item: Value) => (args.flag("case_sensitive") ? item : ignoreCase(item));
    const groups: { key: Value; items: Value[] }[] = [];
    for (const item of sorted(iterate(value), (one) => [fold(its(one))], false)) {
      const last = groups.at(-1);
      if (last && python.equals(fold(last.key), fold(its(item)))) last.items.push(item);
      else groups.push({ key: its(item), items: [item] });
    }
    return groups.map(({ key, items }) => Group.make(key, items));
  }),
  slice: filter(["slices!", "fill_with"], (value, args) => {
    const items = iterate(value);
    const count = args.int("slices", 1);
    if (count < 1) throw new Fault("slice makes one slice or more");
    const [each, longer] = [Math.floor(items.length / count), items.length % count];
    const fill = args.get("fill_with") ?? null;
    return Array.from({ length: count }, (_, index) => {
      const start = index * each + Math.min(index, longer);
      const part = items.slice(start, start + each + (index < longer ? 1 : 0));
      return fill !== null && index >= longer ? [...part, fill] : part;
    });
  }),
};

function at(list: readonly Value[], index: number): Value {
  return list[index] as Value;
}

function only(args: Args, known: readonly string[]): void {
  const other = [...args.named.keys()].find((name) => !known.includes(name));
  if (other !== undefined) throw new Fault(`${args.what} has no parameter ${other}`);
}

/** Every choice of `count` items in the order of their places, as far as each may follow. */
function chosen(
  items: readonly Value[],
  count: number,
  may: (taken: readonly number[], index: number) => boolean,
): Value[] {
  if (count < 0) throw new Fault("a number of items is 0 or more");
  const rows: Value[] = [];
  const choose = (taken: readonly number[]): void => {
    if (taken.length === count) {
      rows.push(tuple(...taken.map((index) => at(items, index))));
      return;
    }
    for (const index of items.keys()) if (may(taken, index)) choose([...taken, index]);
  };
  choose([]);
  return rows;
}

function subelements(value: Value, args: Args): Value {
  const way = args.value("subelements");
  const steps = typeof way === "string" ? way.split(".") : iterate(way);
  const skip = args.flag("skip_missing");
  const elements = value instanceof Dict ? value.values() : iterate(value);
  return elements.flatMap((element): Value[] => {
    let values: Value = element;
    for (const step of steps) {
      if (!(values instanceof Dict)) throw new Fault("subelements goes with a list of dicts");
      const next = values.get(step);
      if (next === undefined) {
        if (skip) return [];
        throw new Fault(`subelements: there is no key ${python.str(step)}`);
      }
      values = next;
    }
    if (!Array.isArray(values)) throw new Fault("subelements needs a list at its key");
    return values.map((item) => tuple(element, item));
  });
}

function rekeyed(value: Value, args: Args): Value {
  const key = args.value("key");
  const duplicates = args.string("duplicates", "error");
  if (duplicates !== "error" && duplicates !== "overwrite") {
    throw new Fault("rekey_on_member: duplicates is error or overwrite");
  }
  if (!(value instanceof Dict) && !Array.isArray(value)) {
    throw new Fault("rekey_on_member goes with a list or a dict");
  }
  const result = new Dict();
  for (const item of value instanceof Dict ? value.values() : value) {
    const name = item instanceof Dict ? item.get(key) : undefined;
    if (name === undefined) {
      throw new Fault(`rekey_on_member: an item has no key ${python.str(key)}`);
    }
    if (result.has(name) && duplicates === "error") {
      throw new Fault(`rekey_on_member: ${python.str(name)} is there twice`);
    }
    result.set(name, item);
  }
  return result;
}
