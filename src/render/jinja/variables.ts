/** The caller's variables as Python's values; those that hold templates are rendered when used. */
import { int } from "./python.js";
import type { Names } from "./scope.js";
import {
  Deferred,
  Dict,
  Fault,
  Float,
  Lazy,
  Scoped,
  Tuple,
  tuple,
  Undefined,
  UndefinedFault,
  Unsafe,
  unsupported,
  type Value,
} from "./values.js";

/** Renders a variable's text in which there are templates. */
export type RenderText = (text: string, variable: string, names: Names) => Value;

export class Variables implements Names {
  readonly #raw: Readonly<Record<string, unknown>>;
  readonly #otherwise: Names;
  readonly #render: RenderText;
  readonly #known = new Map<string, Value>();
  /** What is being worked out, to notice variables that need themselves. */
  readonly #underWay: string[] = [];

  /** All that were made in one rendering, so that hosts which need each other are noticed. */
  readonly #family: Map<unknown, Variables>;

  constructor(
    raw: Readonly<Record<string, unknown>>,
    otherwise: Names,
    render: RenderText,
    family = new Map<unknown, Variables>(),
  ) {
    this.#raw = raw;
    this.#otherwise = otherwise;
    this.#render = render;
    this.#family = family.set(raw, this);
  }

  get(name: string): Value | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const raw = Object.hasOwn(this.#raw, name) ? this.#raw[name] : undefined;
    if (raw === undefined) return this.#otherwise.get(name);
    const value = this.#value(raw, name);
    this.#known.set(name, value);
    return value;
  }

  *names(): Generator<string> {
    yield* Object.keys(this.#raw);
    yield* this.#otherwise.names();
  }

  #value(raw: unknown, path: string): Value {
    if (typeof raw === "string") return isTemplate(raw) ? this.#template(raw, path) : raw;
    if (raw === null || typeof raw === "boolean" || raw instanceof Float) return raw;
    if (typeof raw === "bigint") return int(raw);
    if (typeof raw === "number") return Number.isInteger(raw) ? int(raw) : new Float(raw);
    if (raw instanceof Unsafe) return raw.text;
    if (raw instanceof Deferred) return this.#value(raw.get(path), path);
    if (raw instanceof Scoped) return this.#scoped(raw.variables, path);
    if (raw instanceof Tuple) {
      return Object.freeze(tuple(...raw.map((item, at) => this.#value(item, `${path}[${at}]`))));
    }
    if (Array.isArray(raw)) {
      return Object.freeze(
        raw.map((item, index) => this.#value(item, `${path}[${index}]`)),
      ) as Value[];
    }
    if (raw instanceof Map) return this.#dict(raw.entries(), path);
    if (isPlainObject(raw)) return this.#dict(Object.entries(raw), path);
    if (raw instanceof Date) throw unsupported(`the date in the variable ${path}`, "Quote it");
    throw unsupported(`what the variable ${path} holds (${kindOf(raw)})`);
  }

  #dict(entries: Iterable<[unknown, unknown]>, path: string): Dict {
    const dict = new Dict();
    for (const [key, value] of entries) {
      if (value === undefined) continue;
      const name = typeof key === "string" ? key : this.#value(key, path);
      const inner = `${path}.${String(key)}`;
      dict.set(name, new Lazy(() => this.#value(value, inner)));
    }
    return dict;
  }

  #scoped(raw: Readonly<Record<string, unknown>>, path: string): Dict {
    const others =
      this.#family.get(raw) ?? new Variables(raw, this.#otherwise, this.#render, this.#family);
    const dict = new Dict();
    for (const name of Object.keys(raw)) {
      dict.set(
        name,
        new Lazy(() => {
          const value = others.get(name) ?? null;
          return value instanceof Undefined ? value.within(`${path}.${name}`) : value;
        }),
      );
    }
    return dict;
  }

  #template(text: string, path: string): Value {
    if (this.#underWay.includes(path)) {
      const circle = [...this.#underWay.slice(this.#underWay.indexOf(path)), path].join(" → ");
      throw new Circle(circle);
    }
    this.#underWay.push(path);
    try {
      const value = this.#render(text, path, this);
      return value instanceof Undefined ? value.within(path) : value;
    } catch (error) {
      // As in Ansible, a value that cannot be had is undefined, and `default` is a way out.
      if (error instanceof UndefinedFault) return error.missing.within(path);
      if (error instanceof Fault) {
        error.at = undefined;
        if (!(error instanceof Circle)) error.via = [path, ...error.via];
      }
      throw error;
    } finally {
      this.#underWay.pop();
    }
  }
}

class Circle extends Fault {
  constructor(chain: string) {
    super(`the variables need each other in a circle: ${chain}`);
  }
}

/** Whether a text is rendered at all, and not taken as it is. */
export function isTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%") || text.includes("{#");
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function kindOf(value: unknown): string {
  return typeof value === "object" ? (value?.constructor?.name ?? "an object") : typeof value;
}
