import { equals, toIndex } from "./python.js";
import { Callable, Fault, Special, tuple, Undefined, type Value } from "./values.js";

const attributes = [
  "index",
  "index0",
  "revindex",
  "revindex0",
  "first",
  "last",
  "length",
  "depth",
  "depth0",
  "previtem",
  "nextitem",
  "cycle",
  "changed",
];

/** A `for` loop under way: what is gone through, and `loop` within it. */
export class Loop extends Special implements Iterable<Value> {
  readonly description = "loop";
  readonly length: number;
  readonly #items: readonly Value[];
  #index = -1;
  #changed: Value | undefined;

  readonly #depth: number;
  readonly #recurse: ((items: Value) => Value) | undefined;

  /**
   * @param depth how many loops of the same kind surround it
   * @param recurse renders the loop's body for other items, where it is recursive
   */
  constructor(items: readonly Value[], depth = 0, recurse?: (items: Value) => Value) {
    super();
    this.#items = items;
    this.#depth = depth;
    this.#recurse = recurse;
    this.length = items.length;
  }

  /** `loop(…)` */
  call(args: readonly Value[]): Value {
    const [items, ...more] = args;
    if (this.#recurse === undefined) {
      throw new Fault("this loop cannot be called", "Write {% for … in … recursive %}");
    }
    if (items === undefined || more.length > 0) throw new Fault("loop() takes what to go through");
    return this.#recurse(items);
  }

  *[Symbol.iterator](): Generator<Value> {
    for (const [index, item] of this.#items.entries()) {
      this.#index = index;
      yield item;
    }
  }

  attributes(): Iterable<string> {
    return attributes;
  }

  attribute(name: string): Value | undefined {
    const index = this.#index;
    switch (name) {
      case "index":
        return index + 1;
      case "index0":
        return index;
      case "revindex":
        return this.length - index;
      case "revindex0":
        return this.length - index - 1;
      case "first":
        return index === 0;
      case "last":
        return index === this.length - 1;
      case "length":
        return this.length;
      case "depth":
        return this.#depth + 1;
      case "depth0":
        return this.#depth;
      case "previtem":
        return this.#items[index - 1] ?? none("there is no item before the first");
      case "nextitem":
        return this.#items[index + 1] ?? none("there is no item after the last");
      case "cycle":
        return new Callable("loop.cycle", (values) => {
          if (values.length === 0) throw new Fault("loop.cycle() needs something to cycle through");
          return values[index % values.length] as Value;
        });
      case "changed":
        return new Callable("loop.changed", (values) => this.#hasChanged(tuple(...values)));
      default:
        return undefined;
    }
  }

  #hasChanged(value: Value): boolean {
    if (this.#changed !== undefined && equals(this.#changed, value)) return false;
    this.#changed = value;
    return true;
  }
}

function none(cause: string): Undefined {
  return new Undefined({ path: "", cause });
}

/** `range(…)` as the numbers it gives. */
export function rangeItems(args: readonly Value[]): number[] {
  if (args.length < 1 || args.length > 3) throw new Fault("range takes 1 to 3 whole numbers");
  const [first, second, third] = args.map(toIndex) as [number, number?, number?];
  const [start, stop, step] = second === undefined ? [0, first, 1] : [first, second, third ?? 1];
  if (step === 0) throw new Fault("range's third argument must not be zero");
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count > 1_000_000)
    throw new Fault(`range of ${count} numbers: at most 1000000 are supported`);
  return Array.from({ length: count }, (_, index) => start + index * step);
}
