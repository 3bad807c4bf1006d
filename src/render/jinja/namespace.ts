import { Special, type Value } from "./values.js";

/** What `namespace()` makes: names that inner scopes can set for outer ones. */
export class Namespace extends Special {
  readonly description = "namespace";
  readonly #values: Map<string, Value>;

  constructor(values: Iterable<readonly [string, Value]>) {
    super();
    this.#values = new Map(values);
  }

  attribute(name: string): Value | undefined {
    return this.#values.get(name);
  }

  attributes(): Iterable<string> {
    return this.#values.keys();
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}
