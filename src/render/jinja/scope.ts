import { Undefined, type Value } from "./values.js";

/** Where names can be looked up. */
export interface Names {
  get(name: string): Value | undefined;
  /** All names there are, for suggestions. */
  names(): Iterable<string>;
}

/** The names set by a template, a loop or a macro; what it lacks, its parent may have. */
export class Scope implements Names {
  readonly #parent: Names;
  readonly #own = new Map<string, Value>();
  readonly #hidden = new Set<string>();

  constructor(parent: Names) {
    this.#parent = parent;
  }

  push(): Scope {
    return new Scope(this);
  }

  set(name: string, value: Value): void {
    this.#hidden.delete(name);
    this.#own.set(name, value);
  }

  /** Makes names undefined until they are set here, whatever the parent has. */
  hide(names: readonly string[]): void {
    for (const name of names) {
      const cause = `the variable ${name} is set only further below`;
      this.#own.set(name, new Undefined({ path: name, cause }));
      this.#hidden.add(name);
    }
  }

  get(name: string): Value | undefined {
    const value = this.#own.get(name);
    return value === undefined ? this.#parent.get(name) : value;
  }

  /** What a template that is included here sees: what is hidden here is not hidden from it. */
  forIncluded(): Scope {
    return new Scope({ get: (name) => this.#visible(name), names: () => this.names() });
  }

  #visible(name: string): Value | undefined {
    const value = this.#hidden.has(name) ? undefined : this.#own.get(name);
    if (value !== undefined) return value;
    return this.#parent instanceof Scope ? this.#parent.#visible(name) : this.#parent.get(name);
  }

  /** The value set in this very scope. */
  own(name: string): Value | undefined {
    return this.#own.get(name);
  }

  ownNames(): Iterable<string> {
    return this.#own.keys();
  }

  *names(): Generator<string> {
    yield* this.#own.keys();
    yield* this.#parent.names();
  }
}
