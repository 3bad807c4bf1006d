/** A method of one of Python's types. */
import type { Args, Parameters } from "./parameters.js";
import type { Value } from "./values.js";

export interface Method<T> {
  readonly parameters: Parameters;
  readonly apply: (target: T, args: Args) => Value;
}
export type Methods<T> = Readonly<Record<string, Method<T>>>;

export function define<T>(
  parameters: Parameters,
  apply: (target: T, args: Args) => Value,
): Method<T> {
  return { parameters, apply };
}
