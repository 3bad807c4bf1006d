/** The arguments of a filter, a test or a method, matched to its parameters as Python does. */
import { article, isInt, toIndex, truth, typeName } from "./python.js";
import { Fault, type Keywords, type Value } from "./values.js";

/**
 * Parameters in order: `name` may be left out, `name!` may not; `*` takes further arguments and
 * `**` further named ones.
 */
export type Parameters = readonly string[];

export class Args {
  readonly what: string;
  readonly rest: readonly Value[];
  readonly named: Keywords;
  readonly #values: ReadonlyMap<string, Value>;

  constructor(what: string, parameters: Parameters, args: readonly Value[], keywords: Keywords) {
    this.what = what;
    const names = parameters.filter((parameter) => !parameter.startsWith("*"));
    const values = new Map<string, Value>();
    for (const [index, parameter] of names.entries()) {
      const name = parameter.replace("!", "");
      const positional = args[index];
      const named = keywords.get(name);
      if (positional !== undefined && named !== undefined) {
        throw new Fault(`${what} is given its parameter ${name} twice`);
      }
      const value = positional ?? named;
      if (positional !== undefined) values.set(name, positional);
      else if (value !== undefined) values.set(name, value);
      else if (parameter.endsWith("!")) throw new Fault(`${what} needs its parameter ${name}`);
    }
    this.#values = values;
    this.rest = args.slice(names.length);
    this.named = new Map([...keywords].filter(([name]) => !values.has(name)));
    if (this.rest.length > 0 && !parameters.includes("*")) {
      throw new Fault(`${what} takes at most ${names.length} arguments, not ${args.length}`);
    }
    const [unknown] = this.named.keys();
    if (unknown !== undefined && !parameters.includes("**")) {
      const known = names.map((name) => name.replace("!", "")).join(", ") || "none";
      throw new Fault(`${what} has no parameter ${unknown} (it has ${known})`);
    }
  }

  /** The argument, or nothing where it was left out. */
  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  /** The argument, None as well, or `fallback` where it was left out. */
  or(name: string, fallback: Value): Value {
    const value = this.get(name);
    return value === undefined ? fallback : value;
  }

  /** The argument, which must be there: its parameter is `name!`. */
  value(name: string): Value {
    return this.#values.get(name) as Value;
  }

  string(name: string, fallback: string): string {
    const value = this.get(name);
    if (value === undefined) return fallback;
    if (typeof value === "string") return value;
    throw new Fault(`${this.what} takes a string as ${name}, not ${article(typeName(value))}`);
  }

  int(name: string, fallback: number): number {
    return wholeNumber(this.or(name, fallback), `${this.what} takes a whole number as ${name}`);
  }

  /** The argument's number; nothing for None as well. */
  optionalInt(name: string): number | undefined {
    return (this.get(name) ?? null) === null ? undefined : this.int(name, 0);
  }

  /** The same of those that come by name alone. */
  namedInt(name: string, fallback: number): number {
    const value = this.named.get(name);
    if (value === undefined) return fallback;
    return wholeNumber(value, `${this.what} takes a whole number as ${name}`);
  }

  flag(name: string, fallback = false): boolean {
    const value = this.get(name);
    return value === undefined ? fallback : truth(value);
  }
}

function wholeNumber(value: Value, wanted: string): number {
  if (isInt(value)) return toIndex(value);
  throw new Fault(`${wanted}, not ${article(typeName(value))}`);
}
