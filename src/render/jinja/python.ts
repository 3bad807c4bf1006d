/** Python's operators and conversions, for the values of `values.ts`. */
import {
  Blank,
  Callable,
  Dict,
  defined,
  Fault,
  Float,
  hash,
  Marked,
  Range,
  Special,
  Tuple,
  tuple,
  Undefined,
  UndefinedFault,
  unsupported,
  type Value,
} from "./values.js";

/** Python's name of a value's type, as its messages have it. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  if (typeof value === "number" || typeof value === "bigint") return "int";
  if (value instanceof Float) return "float";
  if (value instanceof Tuple) return "tuple";
  if (Array.isArray(value)) return "list";
  if (value instanceof Dict) return "dict";
  if (value instanceof Range) return "range";
  if (value instanceof Undefined) return "undefined";
  if (value instanceof Blank) return "undefined value";
  if (value instanceof Special) return value.description;
  return "function";
}

/** Python's whitespace, to stand between brackets in a regular expression. JavaScript's differs. */
export const whitespace =
  "\\t\\n\\v\\f\\r\\x1c-\\x1f \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

// Truth, printing

export function truth(value: Value): boolean {
  if (value instanceof Undefined) throw new UndefinedFault(value);
  if (value instanceof Float) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof Range) return value.items.length > 0;
  if (value instanceof Blank) return false;
  return typeof value === "object" ? value !== null : Boolean(value);
}

/** `str(value)` */
export function str(value: Value): string {
  if (value instanceof Blank) return "";
  if (value instanceof Marked) return value.text;
  return typeof value === "string" ? value : repr(value);
}

/** `repr(value)` */
export function repr(value: Value): string {
  if (value instanceof Undefined) throw new UndefinedFault(value);
  if (value instanceof Blank) return "Undefined";
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return quoteString(value);
  if (typeof value === "number" || typeof value === "bigint") return value.toString();
  if (value instanceof Float) return formatFloat(value.value);
  if (value instanceof Tuple) {
    return `(${value.map(repr).join(", ")}${value.length === 1 ? "," : ""})`;
  }
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (value instanceof Dict) {
    return `{${value
      .entries()
      .map(([key, item]) => `${repr(key)}: ${repr(item)}`)
      .join(", ")}}`;
  }
  if (value instanceof Range) throw unsupported("printing a range", "Add | list");
  if (value instanceof Callable) {
    throw new Fault(`${value.name} is a function and is printed without being called`);
  }
  throw unsupported(`printing a ${value.description}`);
}

const named: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const unprintable = /[\p{C}\p{Z}\\]/gu;

function quoteString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(unprintable, (char) => {
    if (char === " ") return char;
    const short = named[char];
    if (short) return short;
    const code = char.codePointAt(0) as number;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
    return `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  if (value === 0) return "0.0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const negative = mantissa.startsWith("-");
  const digits = mantissa.replace(/[-.]/g, "");
  let text: string;
  if (exponent < 0) text = `0.${"0".repeat(-exponent - 1)}${digits}`;
  else if (digits.length <= exponent + 1) text = `${digits.padEnd(exponent + 1, "0")}.0`;
  else text = `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
  return negative ? `-${text}` : text;
}

// Numbers

/** An int: a number where that is exact, a bigint beyond. */
export function int(value: bigint | number): number | bigint {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? value + 0 : int(BigInt(value));
  }
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

type Numeric = number | bigint | Float;

/** The value as a number, booleans included, or nothing. */
export function numeric(value: Value): Numeric | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number" || typeof value === "bigint" || value instanceof Float)
    return value;
  return undefined;
}

export function isInt(value: Value): value is number | bigint | boolean {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
}

/** A whole number to count or index with. */
export function toIndex(value: Value): number {
  if (isInt(value)) return Number(value);
  throw new Fault(`a whole number is needed, not ${article(typeName(defined(value)))}`);
}

export function toDouble(value: Numeric): number {
  return value instanceof Float ? value.value : Number(value);
}

export type Operator = "+" | "-" | "*" | "/" | "//" | "%" | "**";

export function arithmetic(operator: Operator, a: Value, b: Value): Value {
  const left = defined(a);
  const right = defined(b);
  const x = numeric(left);
  const y = numeric(right);
  if (x !== undefined && y !== undefined) return compute(operator, x, y);
  if (operator === "+") {
    if (typeof left === "string" && typeof right === "string") return left + right;
    if (left instanceof Tuple && right instanceof Tuple) return tuple(...left, ...right);
    if (Array.isArray(left) && Array.isArray(right)) {
      if (!(left instanceof Tuple) && !(right instanceof Tuple)) return [...left, ...right];
    }
  }
  if (operator === "*") {
    if (isInt(right)) return repeat(left, Number(right));
    if (isInt(left)) return repeat(right, Number(left));
  }
  throw new Fault(
    `${operator} does not go with ${article(typeName(left))} and ${article(typeName(right))}`,
    operator === "+" ? "Join as text with ~, or convert with | int or | string" : undefined,
  );
}

function repeat(value: Value, times: number): Value {
  const count = Math.max(0, times);
  if (typeof value === "string") return value.repeat(count);
  if (Array.isArray(value)) {
    const items = Array.from({ length: count }, () => [...value]).flat();
    return value instanceof Tuple ? tuple(...items) : items;
  }
  throw new Fault(`* does not go with ${article(typeName(value))}`);
}

function compute(operator: Operator, x: Numeric, y: Numeric): Value {
  if (x instanceof Float || y instanceof Float) {
    return new Float(computeFloats(operator, toDouble(x), toDouble(y)));
  }
  const [a, b] = [BigInt(x), BigInt(y)];
  switch (operator) {
    case "+":
      return int(a + b);
    case "-":
      return int(a - b);
    case "*":
      return int(a * b);
    case "/":
      return new Float(computeFloats("/", Number(a), Number(b)));
    case "//":
      return int(floorDivide(a, nonZero(b)));
    case "%":
      return int(a - floorDivide(a, nonZero(b)) * b);
    case "**":
      if (b < 0n) return new Float(computeFloats("**", Number(a), Number(b)));
      if (b > 10_000n) throw unsupported(`raising to the power ${b}`);
      return int(a ** b);
  }
}

function nonZero<T extends bigint | number>(divisor: T): T {
  if (!divisor) throw new Fault("division by zero");
  return divisor;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function computeFloats(operator: Operator, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / nonZero(b);
    case "//":
      return floorDivideFloats(a, nonZero(b));
    case "%":
      return modulo(a, nonZero(b));
    case "**":
      if (a < 0 && !Number.isInteger(b)) throw unsupported("a complex number");
      if (a === 0 && b < 0) throw new Fault("division by zero");
      return finite(a ** b, a, b);
  }
}

function finite(result: number, ...operands: number[]): number {
  if (Number.isFinite(result) || !operands.every(Number.isFinite)) return result;
  throw new Fault("the result is too large for a float");
}

/** Python's whole quotient of floats; a zero has the sign of the true quotient. */
function floorDivideFloats(a: number, b: number): number {
  const exact = (a - modulo(a, b)) / b;
  if (exact === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
  return Math.round(exact);
}

/** Python's remainder, which has the divisor's sign. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

export function negate(value: Value): Value {
  const x = numeric(defined(value));
  if (x === undefined) throw new Fault(`- does not go with ${article(typeName(value))}`);
  return x instanceof Float ? new Float(-x.value) : int(-BigInt(x));
}

export function positive(value: Value): Value {
  const x = numeric(defined(value));
  if (x === undefined) throw new Fault(`+ does not go with ${article(typeName(value))}`);
  return x;
}

/** Python's `round()` of a float to a number of decimal places: half to even, and exact. */
export function roundHalfEven(value: number, places: number): number {
  if (
    !Number.isFinite(value) ||
    value === 0 ||
    places > 300 ||
    (places >= 0 && Math.abs(value) >= 1e21)
  ) {
    return value;
  }
  // toFixed is exact but takes half away from zero; only a true tie is to be put right.
  if (places >= 0 && places <= 100) {
    const up = Number(value.toFixed(places));
    const exact = exactDecimal(Math.abs(value));
    const [whole = "0", fraction = ""] = exact.split(".");
    const tie = fraction.slice(places).replace(/0+$/, "") === "5";
    if (!tie) return up;
    const kept = BigInt(whole + fraction.slice(0, places));
    const even = kept % 2n === 0n ? kept : kept + 1n;
    const magnitude = Number(`${even}e-${places}`);
    return value < 0 ? -magnitude : magnitude;
  }
  const unit = 10 ** -places;
  const quotient = value / unit;
  const floor = Math.floor(quotient);
  const rest = quotient - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return rounded * unit;
}

/** Every digit of a double below 1e21. */
function exactDecimal(value: number): string {
  const whole = Math.trunc(value);
  let fraction = value - whole;
  let digits = "";
  while (fraction > 0) {
    fraction *= 10;
    const digit = Math.trunc(fraction);
    digits += digit;
    fraction -= digit;
    if (digits.length > 1100) break;
  }
  return `${BigInt(whole)}.${digits}`;
}

// Comparison

/** `a == b` */
export function equals(left: Value, right: Value): boolean {
  const a = defined(left);
  const b = defined(right);
  if (a === b || (a instanceof Blank && b instanceof Blank)) return true;
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) return compareNumbers(x, y) === 0;
  if (Array.isArray(a) && Array.isArray(b)) {
    return (
      a instanceof Tuple === b instanceof Tuple &&
      a.length === b.length &&
      a.every((item, index) => equals(item, b[index] as Value))
    );
  }
  if (a instanceof Dict && b instanceof Dict) {
    return (
      a.size === b.size &&
      a.entries().every(([key, item]) => {
        const other = b.get(key);
        return other !== undefined && equals(item, other);
      })
    );
  }
  if (a instanceof Range && b instanceof Range) return equals([...a.items], [...b.items]);
  return false;
}

function compareNumbers(x: Numeric, y: Numeric): number {
  const a = x instanceof Float ? x.value : x;
  const b = y instanceof Float ? y.value : y;
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(Number(a)) || Number.isNaN(Number(b)) ? Number.NaN : 0;
}

export type Ordering = "<" | "<=" | ">" | ">=";

/** Less than 0, 0 or more than 0; NaN where a float is none. */
export function order(left: Value, right: Value, operator: Ordering = "<"): number {
  const a = defined(left);
  const b = defined(right);
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) return compareNumbers(x, y);
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  if (Array.isArray(a) && Array.isArray(b) && a instanceof Tuple === b instanceof Tuple) {
    for (const [index, item] of a.entries()) {
      if (index >= b.length) return 1;
      const other = b[index] as Value;
      if (!equals(item, other)) return order(item, other, operator);
    }
    return a.length - b.length;
  }
  throw new Fault(
    `${operator} does not go with ${article(typeName(a))} and ${article(typeName(b))}`,
    "Convert with | int or | string",
  );
}

/** By code point, where JavaScript compares UTF-16 units. */
export function compareStrings(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  for (let index = 0; index < limit; index++) {
    let x = a.charCodeAt(index);
    let y = b.charCodeAt(index);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) {
      // Surrogates stand for code points above U+FFFF.
      x += x >= 0xe000 ? -0x800 : 0x2000;
      y += y >= 0xe000 ? -0x800 : 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

/** `a < b` and its kin */
export function ordered(operator: Ordering, left: Value, right: Value): boolean {
  const difference = order(left, right, operator);
  switch (operator) {
    case "<":
      return difference < 0;
    case "<=":
      return difference <= 0;
    case ">":
      return difference > 0;
    case ">=":
      return difference >= 0;
  }
}

/** `item in container` */
export function contains(container: Value, item: Value): boolean {
  const where = defined(container);
  const what = defined(item);
  if (typeof where === "string") {
    if (typeof what === "string") return where.includes(what);
    throw new Fault(`in a string only a string can be looked for, not ${article(typeName(what))}`);
  }
  if (where instanceof Dict) return where.has(what);
  if (Array.isArray(where)) return where.some((other) => equals(other, what));
  if (where instanceof Range) return where.items.some((other) => equals(other, what));
  if (where instanceof Blank) return false;
  throw new Fault(`nothing can be in ${article(typeName(where))}`);
}

// Sequences

/** The characters of a string as Python counts them. */
export function characters(text: string): string[] {
  return Array.from(text);
}

/** `list(value)` */
export function iterate(value: Value): Value[] {
  const items = defined(value);
  if (Array.isArray(items)) return items;
  if (items instanceof Dict) return items.keys();
  if (typeof items === "string") return characters(items);
  if (items instanceof Range) return [...items.items];
  if (items instanceof Blank) return [];
  if (items instanceof Special && Symbol.iterator in items) {
    return [...(items as unknown as Iterable<Value>)];
  }
  throw new Fault(`${article(typeName(items))} cannot be gone through: it is no list`);
}

export function isIterable(value: Value): boolean {
  return (
    typeof value === "string" ||
    Array.isArray(value) ||
    value instanceof Dict ||
    value instanceof Range
  );
}

export function length(value: Value): number {
  const items = defined(value);
  if (typeof items === "string") {
    return /[\ud800-\udfff]/.test(items) ? characters(items).length : items.length;
  }
  if (Array.isArray(items)) return items.length;
  if (items instanceof Dict) return items.size;
  if (items instanceof Range) return items.items.length;
  if (items instanceof Blank) return 0;
  throw new Fault(`${article(typeName(items))} has no length`);
}

/** `value[start:stop:step]` */
export function slice(value: Value, start: Value, stop: Value, step: Value): Value {
  const stride = step === null ? 1 : toIndex(step);
  if (stride === 0) throw new Fault("slice step cannot be zero");
  const items =
    typeof value === "string"
      ? characters(value)
      : value instanceof Range
        ? [...value.items]
        : Array.isArray(value)
          ? value
          : undefined;
  if (!items) throw new Fault(`${article(typeName(value))} cannot be sliced`);
  const size = items.length;
  const clamp = (bound: Value, fallback: number) => {
    if (bound === null) return fallback;
    const index = toIndex(bound);
    const from = index < 0 ? index + size : index;
    return stride > 0 ? Math.min(Math.max(from, 0), size) : Math.min(Math.max(from, -1), size - 1);
  };
  const first = clamp(start, stride > 0 ? 0 : size - 1);
  const last = clamp(stop, stride > 0 ? size : -1);
  const taken: Value[] = [];
  for (let i = first; stride > 0 ? i < last : i > last; i += stride) taken.push(items[i] as Value);
  if (typeof value === "string") return taken.join("");
  if (value instanceof Range) return new Range(taken as number[]);
  return value instanceof Tuple ? tuple(...taken) : taken;
}

/** `value[index]` for whole numbers, or nothing where there is none. */
export function at(value: Value, index: number): Value | undefined {
  const items =
    typeof value === "string" ? characters(value) : value instanceof Range ? value.items : value;
  return Array.isArray(items) ? items.at(index) : undefined;
}

/** Keys usable in a set: what `unique` and the like compare by. */
export function isHashable(value: Value): boolean {
  try {
    hash(value);
    return true;
  } catch (error) {
    if (error instanceof UndefinedFault) throw error;
    return false;
  }
}

export function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}
