/** Python's `str.format()`, as far as it can be told alike (Format String Syntax of its manual). */
import * as python from "./python.js";
import { Fault, Float, type Keywords, unsupported, type Value } from "./values.js";

export function formatString(text: string, args: readonly Value[], keywords: Keywords): string {
  let next = 0;
  let numbered: boolean | undefined;
  const valueNamed = (name: string): Value => {
    const isNumber = /^\d+$/.test(name);
    if (name === "" || isNumber) {
      if (numbered !== undefined && numbered !== isNumber) {
        throw new Fault("a format has either {} or {0}, not both");
      }
      numbered = isNumber;
      const index = isNumber ? Number(name) : next++;
      const value = args[index];
      if (value === undefined) throw new Fault(`the format has no value ${index}`);
      return value;
    }
    const value = keywords.get(name);
    if (value === undefined) throw new Fault(`the format has no value ${name}`);
    return value;
  };
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole, field?: string) => {
    if (whole === "{{" || whole === "}}") return whole.charAt(0);
    if (field === undefined) throw new Fault(`a ${whole} in a format stands alone`);
    const [, name = "", conversion, spec = ""] =
      /^([^!:]*)(?:!([^:]*))?(?::(.*))?$/s.exec(field) ?? [];
    if (!/^\w*$/.test(name)) throw unsupported(`{${field}} in a format`, "Name the value itself");
    const value = valueNamed(name);
    if (conversion === "r") return formatted(python.repr(value), spec);
    if (conversion === "s") return formatted(python.str(value), spec);
    if (conversion !== undefined) throw unsupported(`!${conversion} in a format`);
    return formatted(value, spec);
  });
}

const specification = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/su;

function formatted(value: Value, spec: string): string {
  if (spec === "") return python.str(value);
  const match = specification.exec(spec);
  if (!match) throw new Fault(`${spec} is no format of a value`);
  const [, fill, align, sign, alternate, zero, width, grouping, precision, type] = match;
  if (alternate) throw unsupported("# in a format");
  const number = python.numeric(value);
  const size = Number(width ?? 0);
  if (typeof value === "string") {
    if (sign || grouping || zero || align === "=" || (type && type !== "s")) {
      throw new Fault(`:${spec} does not go with a string`);
    }
    const cut =
      precision === undefined
        ? value
        : python.characters(value).slice(0, Number(precision)).join("");
    return aligned(cut, align ?? "<", fill ?? " ", size);
  }
  if (number === undefined) {
    throw new Fault(`:${spec} does not go with ${python.article(python.typeName(value))}`);
  }
  const digits = numberText(number, type, precision === undefined ? undefined : Number(precision));
  const [, minus = "", whole = "", rest = ""] = /^(-?)([0-9a-fA-F]+)(.*)$/s.exec(digits) ?? [];
  const grouped = grouping ? whole.replace(/\B(?=(\d{3})+$)/g, grouping) : whole;
  const signed = minus || (sign === "+" || sign === " " ? sign : "");
  const body = grouped + rest;
  if (align === undefined && zero) {
    if (grouping) throw unsupported("zeros and groups of digits in one format");
    return signed + body.padStart(size - signed.length, "0");
  }
  if (align === "=") return signed + body.padStart(size - signed.length, fill ?? " ");
  return aligned(signed + body, align ?? ">", fill ?? (zero ? "0" : " "), size);
}

function numberText(
  number: number | bigint | Float,
  type: string | undefined,
  precision: number | undefined,
): string {
  const double = python.toDouble(number);
  if (type === "f" || type === "F" || type === "%") {
    if (!Number.isFinite(double)) throw unsupported("a number that is not finite in a format");
    const places = precision ?? 6;
    const shown = python
      .roundHalfEven(type === "%" ? double * 100 : double, places)
      .toFixed(places);
    return type === "%" ? `${shown}%` : shown;
  }
  if (number instanceof Float) {
    if (type !== undefined || precision !== undefined) {
      throw unsupported(`a float as ${type ?? "a precision alone"} in a format`, "Write .2f");
    }
    return python.repr(number);
  }
  if (precision !== undefined) throw new Fault("a whole number has no precision in a format");
  const base = { d: 10, n: 10, b: 2, o: 8, x: 16, X: 16 }[type ?? "d"];
  if (base === undefined) throw unsupported(`:${type} in a format`);
  const text = BigInt(number).toString(base);
  return type === "X" ? text.toUpperCase() : text;
}

function aligned(text: string, align: string, fill: string, size: number): string {
  const space = Math.max(0, size - python.length(text));
  if (align === "<") return text + fill.repeat(space);
  if (align === ">") return fill.repeat(space) + text;
  const left = Math.floor(space / 2);
  return fill.repeat(left) + text + fill.repeat(space - left);
}
