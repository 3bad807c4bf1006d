/** Filters by chance, where a seed makes the same of the same: a minute for each host, say. */
import { MersenneTwister } from "../mersenne-twister.js";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Fault, unsupported, type Value } from "../values.js";
import { type Filters, filter } from "./registry.js";

export const randomFilters: Filters = {
  random: filter(["start", "step", "seed"], (value, args) => {
    const chance = seeded(args);
    if (python.isInt(value)) {
      const start = args.int("start", 0);
      const step = args.int("step", 1);
      const count = Math.ceil((Number(value) - start) / step);
      if (step < 1 || count < 1) throw new Fault("random has nothing to choose from");
      return start + step * chance.below(count);
    }
    if (args.int("start", 0) || args.int("step", 0)) {
      throw new Fault("start and step go with a number alone");
    }
    const items = python.iterate(value);
    if (items.length === 0) throw new Fault("random has nothing to choose from");
    return items[chance.below(items.length)] as Value;
  }),
  shuffle: filter(["seed"], (value, args) => {
    const chance = seeded(args);
    const items = [...python.iterate(value)];
    for (let last = items.length - 1; last > 0; last--) {
      const other = chance.below(last + 1);
      [items[last], items[other]] = [items[other] as Value, items[last] as Value];
    }
    return items;
  }),
};

function seeded(args: Args): MersenneTwister {
  const seed = args.get("seed") ?? null;
  if (seed === null) {
    throw unsupported(
      `${args.what} without a seed`,
      "Its result would differ from run to run; write seed=inventory_hostname",
    );
  }
  if (typeof seed === "string" || python.isInt(seed)) {
    return new MersenneTwister(typeof seed === "string" ? seed : BigInt(seed));
  }
  throw new Fault(`${args.what} takes a string or a whole number as seed`);
}
