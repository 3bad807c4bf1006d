/**
 * What compiled templates call. One runtime belongs to one source; what all sources of a
 * rendering share is in its {@link Rendering}.
 */
import { attributeOf, itemOf } from "./attributes.js";
import { asFault, unknownName } from "./errors.js";
import { applyByName } from "./filters/index.js";
import { formatPercent } from "./filters/text.js";
import { Loop } from "./loop.js";
import { Namespace } from "./namespace.js";
import * as python from "./python.js";
import { concatenated, type Rendering } from "./rendering.js";
import { Scope } from "./scope.js";
import { applyTest, tests } from "./tests.js";
import {
  Blank,
  Callable,
  Dict,
  defined,
  Fault,
  Float,
  type Keywords,
  type Position,
  type Source,
  Special,
  tuple,
  Undefined,
  UndefinedFault,
  type Value,
} from "./values.js";

type Block = (runtime: Runtime, frame: Scope) => Value[];
type NamedArguments = [string, Value][];

/** `start:stop:step` between brackets. */
class SliceKey {
  readonly start: Value;
  readonly stop: Value;
  readonly step: Value;
  constructor(start: Value, stop: Value, step: Value) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
}

export class Runtime {
  readonly rendering: Rendering;
  readonly source: Source;

  constructor(rendering: Rendering, source: Source) {
    this.rendering = rendering;
    this.source = source;
  }

  // Failing

  fault(error: unknown, line: number, column: number): unknown {
    return asFault(error, this.#at(line, column));
  }

  /** Notes an undefined variable in a file's output and goes on, to find the others as well. */
  recover(error: unknown, line: number, column: number): void {
    const fault = this.fault(error, line, column);
    if (this.source.kind === "value" || !(fault instanceof UndefinedFault)) throw fault;
    this.rendering.missing.push(fault);
  }

  #at(line: number, column: number): Position {
    return { source: this.source, line, column };
  }

  // Output

  output(out: Value[], value: Value): void {
    // Shows here, where their place is known, what cannot be printed or is undefined within.
    if (typeof value === "object" && value !== null) python.str(value);
    out.push(value);
  }

  concat(out: readonly Value[]): Value {
    return concatenated(out);
  }

  include(out: Value[], name: Value, ignoreMissing: boolean, frame: Scope | null): void {
    const source = this.rendering.load(defined(name));
    if (source) out.push(...this.rendering.run(source, this.#frameFor(frame)));
    else if (!ignoreMissing) throw new Fault(`there is no template ${shown(name)} to include`);
  }

  module(name: Value, frame: Scope | null): Module {
    const source = this.rendering.load(defined(name));
    if (!source) throw new Fault(`there is no template ${shown(name)} to import`);
    const scope = this.#frameFor(frame);
    this.rendering.run(source, scope);
    return new Module(source.name, scope);
  }

  #frameFor(frame: Scope | null): Scope {
    return frame ? frame.forIncluded() : new Scope(this.rendering.globals);
  }

  // Names

  name(frame: Scope, name: string, line: number, column: number): Value {
    const value = frame.get(name);
    if (value !== undefined) return this.#seen(value, line, column);
    const at = this.#at(line, column);
    const cause = `the variable ${name} is undefined`;
    return new Undefined({ path: name, cause, known: frame.names(), at });
  }

  attribute(target: Value, name: string, path: string, line: number, column: number): Value {
    return this.#seen(attributeOf(target, name, path), line, column);
  }

  item(target: Value, key: Value | SliceKey, path: string, line: number, column: number): Value {
    if (!(key instanceof SliceKey)) return this.#seen(itemOf(target, key, path), line, column);
    if (target instanceof Undefined) return target;
    return python.slice(target, key.start, key.stop, key.step);
  }

  sliceOf(start: Value, stop: Value, step: Value): SliceKey {
    return new SliceKey(defined(start), defined(stop), defined(step));
  }

  #seen(value: Value, line: number, column: number): Value {
    return value instanceof Undefined ? value.seenAt(this.#at(line, column)) : value;
  }

  unpack(value: Value, count: number): Value[] {
    const items = python.iterate(value);
    if (items.length === count) return items;
    throw new Fault(`${count} values are expected here, and there are ${items.length}`);
  }

  // Values

  float(value: number): Float {
    return new Float(value);
  }

  tuple(items: Value[]): Value {
    return tuple(...items);
  }

  dict(pairs: [Value, Value][]): Dict {
    return Dict.of(pairs);
  }

  // Operators

  truth(value: Value): boolean {
    return python.truth(value);
  }

  negate(value: Value): Value {
    return python.negate(value);
  }

  positive(value: Value): Value {
    return python.positive(value);
  }

  arithmetic(operator: python.Operator, left: Value, right: Value): Value {
    if (operator === "%" && typeof left === "string") return formatPercent(left, defined(right));
    return python.arithmetic(operator, left, right);
  }

  join(left: Value, right: Value): string {
    return python.str(left) + python.str(right);
  }

  and(left: Value, right: () => Value): Value {
    return python.truth(left) ? right() : left;
  }

  or(left: Value, right: () => Value): Value {
    return python.truth(left) ? left : right();
  }

  choose(
    condition: Value,
    body: () => Value,
    otherwise: (() => Value) | null,
    line: number,
    column: number,
  ): Value {
    if (python.truth(condition)) return body();
    if (otherwise) return otherwise();
    return new Blank(this.#at(line, column));
  }

  compare(first: Value, operations: [string, () => Value][]): boolean {
    let left = first;
    for (const [operator, operand] of operations) {
      const right = operand();
      if (!compareTwo(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  // Calls

  call(callee: Value, path: string, args: Value[], named: NamedArguments): Value {
    const target = defined(callee);
    const keywords = keywordsOf(named);
    if (target instanceof Loop) return target.call(args);
    if (!(target instanceof Callable)) {
      const what = path || "this";
      const type = python.article(python.typeName(target));
      throw new Fault(`${what} is ${type} and cannot be called`);
    }
    if (!target.lenient) for (const value of [...args, ...keywords.values()]) defined(value);
    return target.call(args, keywords);
  }

  filter(name: string, value: Value, args: Value[], named: NamedArguments): Value {
    return applyByName(name, value, args, keywordsOf(named));
  }

  test(name: string, value: Value, args: Value[], named: NamedArguments): boolean {
    const test = tests.get(name);
    if (!test) throw unknownName("test", name, tests.keys());
    return applyTest(name, test, value, args, keywordsOf(named));
  }

  /** `*…` in a call */
  spread(value: Value): readonly Value[] {
    return python.iterate(value);
  }

  /** `**…` in a call */
  spreadNamed(value: Value): NamedArguments {
    const dict = defined(value);
    if (!(dict instanceof Dict)) throw new Fault("** goes with a dict");
    return dict.entries().map(([name, its]) => {
      if (typeof name === "string") return [name, its];
      throw new Fault("** goes with a dict whose keys are strings");
    });
  }

  /**
   * @param depth how many loops of the same kind surround it
   * @param again goes through other items in the same way, where the loop is recursive
   */
  loop(
    value: Value,
    filter: ((item: Value) => boolean) | null,
    depth: number,
    again: ((items: Value, depth: number) => Value[]) | null,
  ): Loop {
    const items = python.iterate(value);
    const recurse = again
      ? (others: Value) => this.concat(this.rendering.call("loop", () => again(others, depth + 1)))
      : undefined;
    return new Loop(filter ? items.filter((item) => filter(item)) : [...items], depth, recurse);
  }

  setAttribute(target: Value, name: string, value: Value): void {
    const holder = defined(target);
    if (!(holder instanceof Namespace)) {
      const type = python.article(python.typeName(holder));
      throw new Fault(`only a namespace's attributes can be set, not those of ${type}`);
    }
    holder.set(name, value);
  }

  macro(
    frame: Scope,
    name: string,
    parameters: string[],
    defaults: [string, (frame: Scope) => Value][],
    body: Block,
    extra: string[],
  ): Callable {
    const names = [...parameters, ...defaults.map(([parameter]) => parameter)];
    const call = (args: Value[], keywords: Keywords) => {
      const scope = frame.push();
      bindMacro(scope, name, names, args, keywords, new Set(extra));
      for (const [parameter, compute] of defaults) {
        if (scope.own(parameter) === undefined) scope.set(parameter, compute(scope));
      }
      for (const parameter of parameters) {
        if (scope.own(parameter) !== undefined) continue;
        const cause = `the macro ${name} was called without its parameter ${parameter}`;
        scope.set(parameter, new Undefined({ path: parameter, cause }));
      }
      return this.concat(this.rendering.call(name, () => body(this, scope)));
    };
    return new Callable(name, call, { lenient: true });
  }
}

function keywordsOf(named: NamedArguments): Map<string, Value> {
  const keywords = new Map(named);
  if (keywords.size < named.length) {
    const names = named.map(([name]) => name);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    throw new Fault(`the argument ${twice} is given twice`);
  }
  return keywords;
}

/** An imported template: what it set and its macros. */
class Module extends Special {
  readonly description = "template";
  readonly #name: string;
  readonly #scope: Scope;

  constructor(name: string, scope: Scope) {
    super();
    this.#name = name;
    this.#scope = scope;
  }

  attribute(name: string): Value | undefined {
    return name.startsWith("_") ? undefined : this.#scope.own(name);
  }

  attributes(): string[] {
    return [...this.#scope.ownNames()].filter((name) => !name.startsWith("_"));
  }

  imported(name: string): Value {
    const cause = `${this.#name} has no ${name} to import`;
    return this.attribute(name) ?? new Undefined({ path: name, cause, known: this.attributes() });
  }
}

function bindMacro(
  scope: Scope,
  name: string,
  parameters: readonly string[],
  args: readonly Value[],
  keywords: Keywords,
  extra: ReadonlySet<string>,
): void {
  for (const [index, parameter] of parameters.entries()) {
    const positional = args[index];
    const named = keywords.get(parameter);
    if (positional !== undefined && named !== undefined) {
      throw new Fault(`the macro ${name} is given its parameter ${parameter} twice`);
    }
    const value = positional === undefined ? named : positional;
    if (value !== undefined) scope.set(parameter, value);
  }
  const rest = args.slice(parameters.length);
  if (extra.has("varargs")) scope.set("varargs", tuple(...rest));
  else if (rest.length > 0) {
    throw new Fault(`the macro ${name} takes ${parameters.length} arguments, not ${args.length}`);
  }
  const others = new Map([...keywords].filter(([key]) => !parameters.includes(key)));
  if (extra.has("caller")) {
    const cause = "there is no caller: the macro was not called by {% call %}";
    scope.set("caller", others.get("caller") ?? new Undefined({ path: "caller", cause }));
    others.delete("caller");
  }
  const [surplus] = others.keys();
  if (extra.has("kwargs")) scope.set("kwargs", Dict.of(others));
  else if (surplus === "caller") {
    throw new Fault(`the macro ${name} has no caller() for the block it is called with`);
  } else if (surplus !== undefined) {
    throw new Fault(`the macro ${name} has no parameter ${surplus}`);
  }
}

function compareTwo(operator: string, left: Value, right: Value): boolean {
  switch (operator) {
    case "==":
      return python.equals(left, right);
    case "!=":
      return !python.equals(left, right);
    case "in":
      return python.contains(right, left);
    case "not in":
      return !python.contains(right, left);
    default:
      return python.ordered(operator as python.Ordering, left, right);
  }
}

function shown(name: Value): string {
  return typeof name === "string" ? name : python.iterate(name).map(python.str).join(", ");
}
