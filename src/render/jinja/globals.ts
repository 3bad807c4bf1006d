/** Jinja2's and Ansible's functions that are there without being variables. */
import { rangeItems } from "./loop.js";
import { Namespace } from "./namespace.js";
import { iterate, str } from "./python.js";
import type { Names } from "./scope.js";
import {
  Callable,
  Dict,
  Fault,
  type Keywords,
  Range,
  Special,
  unsupported,
  type Value,
} from "./values.js";

const functions: Record<string, Callable> = {
  range: new Callable("range", (args) => new Range(rangeItems(args))),
  dict: new Callable("dict", dictOf),
  namespace: new Callable("namespace", (args, keywords) => {
    const entries = dictOf(args, keywords).entries();
    return new Namespace(entries.map(([name, value]) => [str(name), value]));
  }),
  cycler: new Callable("cycler", (args) => new Cycler(args)),
  joiner: new Callable("joiner", (args) => {
    if (args.length > 1) throw new Fault("joiner takes one separator");
    const separator = args[0] ?? ", ";
    let used = false;
    return new Callable("a joiner", () => {
      const first = !used;
      used = true;
      return first ? "" : separator;
    });
  }),
};

/** Those that there are in Ansible and not here, with what to do instead. */
const refusals: Readonly<Record<string, string | undefined>> = {
  now: "There is no clock here: the same input gives the same release",
  undef: undefined,
  lipsum: undefined,
};

/** Why a function is not supported, where Ansible has it. */
export function functionRefusal(name: string): Fault | undefined {
  return Object.hasOwn(refusals, name) ? unsupported(`${name}()`, refusals[name]) : undefined;
}

export const globals: Names = {
  get: (name) => (Object.hasOwn(functions, name) ? functions[name] : refused(name)),
  names: () => Object.keys(functions),
};

function refused(name: string): Callable | undefined {
  if (!Object.hasOwn(refusals, name)) return undefined;
  const fail = () => {
    throw functionRefusal(name);
  };
  return new Callable(name, fail, { lenient: true });
}

function dictOf(args: readonly Value[], keywords: Keywords): Dict {
  const [from] = args;
  if (args.length > 1) throw new Fault("dict takes one value, and names");
  const pairs = from instanceof Dict ? from.entries() : from ? iterate(from).map(pairOf) : [];
  return Dict.of([...pairs, ...keywords]);
}

/** What `cycler(…)` makes: `next()` goes round its values. */
class Cycler extends Special {
  readonly description = "cycler";
  readonly #items: readonly Value[];
  #at = 0;

  constructor(items: readonly Value[]) {
    super();
    if (items.length === 0) throw new Fault("cycler() needs something to cycle through");
    this.#items = items;
  }

  attributes(): Iterable<string> {
    return ["next", "reset", "current"];
  }

  attribute(name: string): Value | undefined {
    const current = this.#items[this.#at] as Value;
    switch (name) {
      case "current":
        return current;
      case "next":
        return new Callable("cycler.next", () => {
          const item = this.#items[this.#at] as Value;
          this.#at = (this.#at + 1) % this.#items.length;
          return item;
        });
      case "reset":
        return new Callable("cycler.reset", () => {
          this.#at = 0;
          return null;
        });
      default:
        return undefined;
    }
  }
}

function pairOf(item: Value): [Value, Value] {
  const [key, value, ...more] = iterate(item);
  if (key === undefined || value === undefined || more.length > 0) {
    throw new Fault("dict takes a list of pairs");
  }
  return [key, value];
}
