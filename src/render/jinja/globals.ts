/** Jinja2's and Ansible's functions that are there without being variables. */
import { rangeItems } from "./loop.js";
import { iterate } from "./python.js";
import type { Names } from "./scope.js";
import { Callable, Dict, Fault, Range, unsupported, type Value } from "./values.js";

const noClock = "There is no clock here: the same input gives the same release";
const noLookup = "Give the value as a variable";

const functions: Record<string, Callable> = {
  range: new Callable("range", (args) => new Range(rangeItems(args))),
  dict: new Callable("dict", (args, keywords) => {
    const [from] = args;
    if (args.length > 1) throw new Fault("dict takes one value, and names");
    const pairs = from instanceof Dict ? from.entries() : from ? iterate(from).map(pairOf) : [];
    return Dict.of([...pairs, ...keywords]);
  }),
  lookup: new Callable("lookup", (args) => refuseLookup("lookup", args)),
  query: new Callable("query", (args) => refuseLookup("query", args)),
  q: new Callable("q", (args) => refuseLookup("q", args)),
  now: refusal("now", noClock),
  undef: refusal("undef"),
  namespace: refusal("namespace"),
  cycler: refusal("cycler", "In a loop, use loop.cycle()"),
  joiner: refusal("joiner", "Use | join"),
  lipsum: refusal("lipsum"),
};

export const globals: Names = {
  get: (name) => (Object.hasOwn(functions, name) ? functions[name] : undefined),
  names: () => Object.keys(functions),
};

function refusal(name: string, remedy?: string): Callable {
  return new Callable(
    name,
    () => {
      throw unsupported(`${name}()`, remedy);
    },
    { lenient: true },
  );
}

function refuseLookup(name: string, args: readonly Value[]): never {
  const [kind] = args;
  throw unsupported(`${name}(${typeof kind === "string" ? `'${kind}'` : ""})`, noLookup);
}

function pairOf(item: Value): [Value, Value] {
  const [key, value, ...more] = iterate(item);
  if (key === undefined || value === undefined || more.length > 0) {
    throw new Fault("dict takes a list of pairs");
  }
  return [key, value];
}
