/** Jinja2's tests, what follows `is`, and Ansible's that templates of files can use. */
import { builtinCollections, plainName, qualified } from "./collections.js";
import { Args, type Parameters } from "./parameters.js";
import * as python from "./python.js";
import { search } from "./regex.js";
import {
  Blank,
  Callable,
  Dict,
  defined,
  Fault,
  Float,
  hash,
  isUndefined,
  type Keywords,
  undefinedFault,
  type Value,
} from "./values.js";
import { compareVersions } from "./versions.js";

type Check = (value: Value, args: Args) => boolean;

interface Test {
  readonly parameters: Parameters;
  readonly check: Check;
  /** Whether it may be asked of what is undefined. */
  readonly lenient: boolean;
}

const test = (parameters: Parameters, check: Check): Test => ({
  parameters,
  check,
  lenient: false,
});
const lenient = (check: Check): Test => ({ parameters: [], check, lenient: true });
const relation = (check: (value: Value, other: Value) => boolean): Test =>
  test(["other!"], (value, args) => check(value, args.value("other")));
const pattern = (place: "match" | "search"): Test =>
  test(["pattern", "ignorecase", "multiline"], (value, args) => matches(value, args, place));

const equal = relation(python.equals);
const unequal = relation((value, other) => !python.equals(value, other));
const greater = relation((value, other) => python.ordered(">", value, other));
const atLeast = relation((value, other) => python.ordered(">=", value, other));
const less = relation((value, other) => python.ordered("<", value, other));
const atMost = relation((value, other) => python.ordered("<=", value, other));
const version = test(["version!", "operator", "strict", "version_type"], (value, args) =>
  compareVersions(value, args),
);

export const tests: ReadonlyMap<string, Test> = new Map(
  qualified<Test>(
    {
      defined: lenient((value) => !isUndefined(value)),
      undefined: lenient(isUndefined),
      none: test([], (value) => value === null),
      boolean: test([], (value) => typeof value === "boolean"),
      true: test([], (value) => value === true),
      false: test([], (value) => value === false),
      integer: test([], (value) => typeof value === "number" || typeof value === "bigint"),
      float: test([], (value) => value instanceof Float),
      number: test([], (value) => python.numeric(value) !== undefined),
      string: test([], (value) => typeof value === "string"),
      mapping: test([], (value) => value instanceof Dict),
      sequence: test([], isIterable),
      iterable: test([], isIterable),
      // What is escaped for HTML can be printed alone, and not be asked.
      escaped: test([], () => false),
      callable: test([], (value) => value instanceof Callable || value instanceof Blank),
      odd: test([], (value) => python.equals(python.arithmetic("%", value, 2), 1)),
      even: test([], (value) => python.equals(python.arithmetic("%", value, 2), 0)),
      divisibleby: test(["num!"], (value, args) =>
        python.equals(python.arithmetic("%", value, args.value("num")), 0),
      ),
      lower: test([], (value) => isCased(value, (text) => text.toLowerCase())),
      upper: test([], (value) => isCased(value, (text) => text.toUpperCase())),
      sameas: relation(isSame),
      in: relation((value, seq) => python.contains(seq, value)),
      "==": equal,
      eq: equal,
      equalto: equal,
      "!=": unequal,
      ne: unequal,
      ">": greater,
      gt: greater,
      greaterthan: greater,
      ">=": atLeast,
      ge: atLeast,
      "<": less,
      lt: less,
      lessthan: less,
      "<=": atMost,
      le: atMost,
      // Ansible's
      match: pattern("match"),
      search: pattern("search"),
      regex: test(["pattern", "ignorecase", "multiline", "match_type"], (value, args) =>
        matches(value, args, args.string("match_type", "search")),
      ),
      contains: relation((container, item) => python.contains(container, item)),
      subset: relation((value, other) => isSubset(value, other)),
      issubset: relation((value, other) => isSubset(value, other)),
      superset: relation((value, other) => isSubset(other, value)),
      issuperset: relation((value, other) => isSubset(other, value)),
      any: test([], (value) => python.iterate(value).some(python.truth)),
      all: test([], (value) => python.iterate(value).every(python.truth)),
      truthy: test([], python.truth),
      falsy: test([], (value) => !python.truth(value)),
      version,
      version_compare: version,
    },
    builtinCollections,
  ),
);

function isIterable(value: Value): boolean {
  return python.isIterable(value) || value instanceof Blank;
}

/** What an inline `if` without `else` can be asked for, as an empty string or list. */
const blankGoes = new Set(
  [
    "none string number mapping boolean integer float true false sameas sequence iterable",
    "callable truthy falsy lower upper match search regex contains subset issubset superset",
    "issuperset any all in eq equalto == ne !=",
  ].flatMap((line) => line.split(" ")),
);

export function applyTest(
  name: string,
  found: Test,
  value: Value,
  args: readonly Value[],
  keywords: Keywords,
): boolean {
  if (
    !found.lenient &&
    isUndefined(value) &&
    !(value instanceof Blank && blankGoes.has(plainName(name)))
  ) {
    throw undefinedFault(value);
  }
  for (const arg of [...args, ...keywords.values()]) defined(arg);
  return found.check(value, new Args(`the test ${name}`, found.parameters, args, keywords));
}

/** `str.islower()` and its like: there is a cased character, and none of the other case. */
function isCased(value: Value, convert: (text: string) => string): boolean {
  const text = python.str(value);
  return /\p{Lowercase}|\p{Uppercase}|\p{Lt}/u.test(text) && convert(text) === text;
}

/** `is`: the same object, and for small constants the same value. */
function isSame(value: Value, other: Value): boolean {
  if (value instanceof Float || other instanceof Float) {
    throw new Fault("sameas of floats depends on Python's memory", "Use == instead");
  }
  return value === other;
}

function isSubset(part: Value, whole: Value): boolean {
  const items = new Set(python.iterate(whole).map(hash));
  // All of them first: one that can be in no set is an error wherever it stands.
  const parts = python.iterate(part).map(hash);
  return parts.every((item) => items.has(item));
}

function matches(value: Value, args: Args, place: string): boolean {
  if (place !== "match" && place !== "search") {
    throw new Fault(`match_type ${place} is not supported`);
  }
  const flags = { ignoreCase: args.flag("ignorecase"), multiline: args.flag("multiline") };
  return search(args.string("pattern", ""), python.str(value), flags, place) !== undefined;
}
