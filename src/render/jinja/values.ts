/**
 * Python's values as templates see them. None, booleans and strings are JavaScript's own; an int
 * is a whole `number`, or a `bigint` past 2^53; a list is an array; the rest is here.
 */

export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | Float
  | Range
  | Value[]
  | Dict
  | Undefined
  | Blank
  | Callable
  | Special;

/** A Python float. `new Float(1)` prints `1.0`, where the number 1 is the int `1`. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  valueOf(): number {
    return this.value;
  }
}

/** A string that is never rendered as a template, as Ansible's `!unsafe`. */
export class Unsafe {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A variable's value that is fetched when it is used, and may fail then: it is told where. */
export class Deferred {
  readonly get: (variable: string) => unknown;
  constructor(get: (variable: string) => unknown) {
    this.get = get;
  }
}

/** A dict of variables that are rendered with each other, as those of another host are. */
export class Scoped {
  readonly variables: Readonly<Record<string, unknown>>;
  constructor(variables: Readonly<Record<string, unknown>>) {
    this.variables = variables;
  }
}

export class Tuple extends Array<Value> {
  static override get [Symbol.species]() {
    return Array;
  }
}

/** One of what `groupby` makes: a tuple of what its items have in common and the items. */
export class Group extends Tuple {
  static make(grouper: Value, list: Value[]): Group {
    const group = new Group();
    group.push(grouper, list);
    return group;
  }

  /** By its names, as a Python namedtuple has them. */
  named(name: string): Value | undefined {
    return name === "grouper" ? this[0] : name === "list" ? this[1] : undefined;
  }
}

export function tuple(...items: Value[]): Tuple {
  const result = new Tuple();
  for (const item of items) result.push(item);
  return result;
}

/** Python's `range(…)`: iterates and indexes like a list, but is none. */
export class Range {
  readonly items: readonly number[];
  constructor(items: readonly number[]) {
    this.items = items;
  }
}

/** A name or attribute that does not exist. Any use but `default` and `is defined` fails. */
export class Undefined {
  /** What the reader called it: `web.port`. */
  readonly path: string;
  /** Why there is nothing, as a sentence without a full stop. */
  readonly cause: string;
  /** Names it may have been meant to be. */
  readonly known: readonly string[];
  readonly at?: Position;
  /** The variables whose values led here, outermost first. */
  readonly via: readonly string[];

  constructor(parts: {
    path: string;
    cause: string;
    known?: Iterable<string>;
    at?: Position | undefined;
    via?: readonly string[];
  }) {
    this.path = parts.path;
    this.cause = parts.cause;
    this.known = [...(parts.known ?? [])];
    if (parts.at) this.at = parts.at;
    this.via = parts.via ?? [];
  }

  /** The same, seen at `at` unless it knows its place. */
  seenAt(at: Position): Undefined {
    return this.at ? this : new Undefined({ ...this, at });
  }

  /** The same, as the value of the variable `name`: its place is where that gets used. */
  within(name: string): Undefined {
    return new Undefined({ ...this, at: undefined, via: [name, ...this.via] });
  }
}

/**
 * What an inline `if` without `else` gives when its condition is false. Jinja2 is lenient with
 * it, however strict it is with undefined variables: it prints as nothing and is false.
 */
export class Blank {
  readonly missing: Undefined;
  constructor(at: Position) {
    const cause = "the condition of this inline if is false and it has no else";
    this.missing = new Undefined({ path: "", cause, at });
  }
}

export function isUndefined(value: Value): value is Undefined | Blank {
  return value instanceof Undefined || value instanceof Blank;
}

/** The text of a file, of one that it includes, or of a variable, as it is being rendered. */
export interface Source {
  readonly name: string;
  readonly text: string;
  readonly kind: "file" | "included" | "value";
}

/** A place in a source; line and column count from 0. */
export interface Position {
  readonly source: Source;
  readonly line: number;
  readonly column: number;
}

/** What goes wrong in a template, before it has become a user's error. */
export class Fault extends Error {
  readonly remedy: string | undefined;
  at: Position | undefined;
  via: readonly string[];

  constructor(cause: string, remedy?: string, at?: Position, via: readonly string[] = []) {
    super(cause);
    this.remedy = remedy;
    this.at = at;
    this.via = via;
  }
}

export class UndefinedFault extends Fault {
  readonly missing: Undefined;
  constructor(missing: Undefined) {
    super(missing.cause, undefined, missing.at, missing.via);
    this.missing = missing;
  }
}

export function undefinedFault(value: Undefined | Blank): UndefinedFault {
  return new UndefinedFault(value instanceof Blank ? value.missing : value);
}

/** Something that Jinja2 or Ansible has and we do not. */
export function unsupported(feature: string, remedy?: string): Fault {
  return new Fault(`${feature} is not supported`, remedy);
}

/** Throws for an undefined value, as every use of one does. */
export function defined<T extends Value>(value: T): Exclude<T, Undefined> {
  if (value instanceof Undefined) throw new UndefinedFault(value);
  return value as Exclude<T, Undefined>;
}

export type Keywords = ReadonlyMap<string, Value>;

/** A function, a method or a macro. */
export class Callable {
  readonly name: string;
  readonly call: (args: Value[], keywords: Keywords) => Value;
  /** Whether it deals with undefined arguments itself, as macros do. */
  readonly lenient: boolean;
  constructor(
    name: string,
    call: (args: Value[], keywords: Keywords) => Value,
    options: { lenient?: boolean } = {},
  ) {
    this.name = name;
    this.call = call;
    this.lenient = options.lenient ?? false;
  }
}

/** `loop`, an imported template: things with attributes of their own. */
export abstract class Special {
  abstract readonly description: string;
  abstract attribute(name: string): Value | undefined;
  abstract attributes(): Iterable<string>;
}

/**
 * Text escaped for HTML. Python goes on to escape what is put together with it, so that it can
 * be printed here and nothing else.
 */
export class Marked extends Special {
  readonly description = "text escaped for HTML";
  readonly text: string;
  constructor(text: string) {
    super();
    this.text = text;
  }
  attributes(): Iterable<string> {
    return [];
  }
  attribute(): undefined {
    return undefined;
  }
}

/** A value that is worked out when it is first looked at. */
export class Lazy {
  #compute: (() => Value) | undefined;
  #value: Value | undefined;
  constructor(compute: () => Value) {
    this.#compute = compute;
  }
  get(): Value {
    if (this.#compute) {
      this.#value = this.#compute();
      this.#compute = undefined;
    }
    return this.#value as Value;
  }
}

interface Entry {
  readonly key: Value;
  value: Value | Lazy;
}

/** A Python dict: insertion order, and keys that are equal in Python are one (1, 1.0 and True). */
export class Dict {
  readonly #entries = new Map<unknown, Entry>();

  static of(pairs: Iterable<readonly [Value, Value]>): Dict {
    const dict = new Dict();
    for (const [key, value] of pairs) dict.set(key, value);
    return dict;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: Value): boolean {
    return this.#entries.has(hash(key));
  }

  get(key: Value): Value | undefined {
    const entry = this.#entries.get(hash(key));
    return entry && force(entry);
  }

  set(key: Value, value: Value | Lazy): void {
    const id = hash(key);
    const entry = this.#entries.get(id);
    if (entry) entry.value = value;
    else this.#entries.set(id, { key, value });
  }

  keys(): Value[] {
    return [...this.#entries.values()].map((entry) => entry.key);
  }

  values(): Value[] {
    return [...this.#entries.values()].map(force);
  }

  entries(): [Value, Value][] {
    return [...this.#entries.values()].map((entry) => [entry.key, force(entry)]);
  }
}

function force(entry: Entry): Value {
  if (entry.value instanceof Lazy) entry.value = entry.value.get();
  return entry.value;
}

/** What makes two hashable values the same dict key. */
export function hash(key: Value): unknown {
  const value = defined(key);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "bigint") return value;
  if (value instanceof Float) return Number.isNaN(value.value) ? value : value.value;
  if (value instanceof Tuple) return `(${value.map((item) => tag(hash(item))).join()})`;
  if (value === null || typeof value === "number") return value;
  if (typeof value === "string") return `"${value}`;
  if (Array.isArray(value)) throw new Fault("a list cannot be a key: unhashable type: 'list'");
  if (value instanceof Dict) throw new Fault("a dict cannot be a key: unhashable type: 'dict'");
  return value;
}

function tag(id: unknown): string {
  return typeof id === "string" ? JSON.stringify(id) : `${typeof id}:${String(id)}`;
}
