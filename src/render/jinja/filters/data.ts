/** Filters of values of any kind: defaults, conversions, data formats. */
import { onlyAttributeOf } from "../attributes.js";
import { parseJson, writeJson } from "../json.js";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { strip } from "../text.js";
import {
  Fault,
  Float,
  isUndefined,
  Undefined,
  undefinedFault,
  unsupported,
  type Value,
} from "../values.js";
import { type Filters, filter, lenientFilter } from "./registry.js";

const defaultFilter = lenientFilter(["default_value", "boolean"], (value, args) => {
  const useDefault = value instanceof Undefined || (args.flag("boolean") && !python.truth(value));
  return useDefault ? args.or("default_value", "") : value;
});

export const dataFilters: Filters = {
  default: defaultFilter,
  d: defaultFilter,
  mandatory: lenientFilter(["msg"], (value, args) => {
    if (!isUndefined(value)) return value;
    const message = args.get("msg") ?? null;
    if (message === null) throw undefinedFault(value);
    throw new Fault(python.str(message));
  }),
  // What it does not choose may be undefined.
  ternary: lenientFilter(["true_val!", "false_val!", "none_val"], (value, args) => {
    const forNone = args.get("none_val") ?? null;
    if (value === null && forNone !== null) return forNone;
    return args.value(python.truth(value) ? "true_val" : "false_val");
  }),
  bool: filter([], toBool),
  int: filter(["default", "base"], (value, args) =>
    toInt(value, args.or("default", 0), args.int("base", 10)),
  ),
  float: filter(["default"], (value, args) => toFloat(value) ?? args.or("default", new Float(0))),
  abs: filter([], (value) => {
    // The zero of a float has a sign, which no comparison shows.
    if (value instanceof Float) return new Float(Math.abs(value.value));
    return python.ordered("<", value, 0) ? python.negate(value) : python.positive(value);
  }),
  round: filter(["precision", "method"], (value, args) => round(value, args)),
  human_to_bytes: filter(["default_unit", "isbits"], (value, args) => humanToBytes(value, args)),
  to_json: filter(["indent", "sort_keys", "separators", "ensure_ascii"], (value, args) =>
    writeJson(value, {
      indent: args.optionalInt("indent"),
      sortKeys: args.flag("sort_keys"),
      separators: separators(args, [", ", ": "]),
      ensureAscii: args.flag("ensure_ascii", true),
    }),
  ),
  to_nice_json: filter(["indent", "sort_keys", "ensure_ascii"], (value, args) =>
    writeJson(value, {
      indent: args.get("indent") === null ? undefined : args.int("indent", 4),
      sortKeys: args.flag("sort_keys", true),
      separators: [",", ": "],
      ensureAscii: args.flag("ensure_ascii", true),
    }),
  ),
  attr: lenientFilter(["name!"], (value, args) => onlyAttributeOf(value, args.string("name", ""))),
  type_debug: lenientFilter([], (value) => {
    if (isUndefined(value)) return value instanceof Undefined ? "UndefinedMarker" : "Undefined";
    return python.typeName(value);
  }),
  from_json: filter([], (value) => {
    if (typeof value === "string") return parseJson(value);
    throw new Fault(`from_json reads a string, not ${python.article(python.typeName(value))}`);
  }),
};

function separators(args: Args, otherwise: [string, string]): [string, string] {
  const given = args.get("separators") ?? null;
  if (given === null) {
    return args.optionalInt("indent") === undefined ? otherwise : [",", ": "];
  }
  const [item, key] = python.iterate(given).map(python.str);
  if (item === undefined || key === undefined) throw new Fault("separators are two strings");
  return [item, key];
}

function toBool(value: Value): Value {
  if (typeof value === "boolean") return value;
  const known = typeof value === "string" ? value.toLowerCase() : value;
  if (typeof known === "string") return ["yes", "on", "1", "true"].includes(known);
  return python.equals(known, 1);
}

const integerText = /^[-+]?\d+(?:_\d+)*$/;
const floatText = /^[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[-+]?\d+)?$/i;

function toInt(value: Value, otherwise: Value, base: number): Value {
  if (typeof value === "string") {
    const text = strip(value, null, "both");
    const whole = parseInteger(text, base);
    if (whole !== undefined) return whole;
  } else if (python.isInt(value)) return python.int(BigInt(value));
  const float = toFloat(value);
  if (!float) return otherwise;
  if (!Number.isFinite(float.value)) {
    if (Number.isNaN(float.value)) return otherwise;
    throw new Fault("an infinite number cannot be made an int");
  }
  return python.int(BigInt(Math.trunc(float.value)));
}

function parseInteger(text: string, base: number): Value | undefined {
  if (base === 10) {
    return integerText.test(text) ? python.int(BigInt(text.replace(/[_+]/g, ""))) : undefined;
  }
  const [, sign = "", digits = ""] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  const prefixes: Record<number, RegExp> = { 2: /^0b/i, 8: /^0o/i, 16: /^0x/i };
  const prefix = prefixes[base];
  if (!prefix) throw unsupported(`int with base ${base}`);
  const plain = digits.replace(prefix, "").replaceAll("_", "");
  const allowed = { 2: /^[01]+$/, 8: /^[0-7]+$/, 16: /^[\da-f]+$/i }[base] as RegExp;
  if (!allowed.test(plain)) return undefined;
  const value = BigInt(`0${{ 2: "b", 8: "o", 16: "x" }[base]}${plain}`);
  return python.int(sign === "-" ? -value : value);
}

function toFloat(value: Value): Float | undefined {
  if (typeof value === "string") {
    const text = strip(value, null, "both").toLowerCase();
    const special = /^([-+]?)(inf|infinity|nan)$/.exec(text);
    if (special) {
      const size = special[2] === "nan" ? Number.NaN : Number.POSITIVE_INFINITY;
      return new Float(special[1] === "-" ? -size : size);
    }
    return floatText.test(text) ? new Float(Number(text.replaceAll("_", ""))) : undefined;
  }
  const number = python.numeric(value);
  return number === undefined ? undefined : new Float(python.toDouble(number));
}

function round(value: Value, args: Args): Value {
  const precision = args.int("precision", 0);
  const method = args.string("method", "common");
  const number = python.numeric(value);
  if (number === undefined) {
    throw new Fault(`round goes with a number, not ${python.article(python.typeName(value))}`);
  }
  if (method === "common") {
    if (!(number instanceof Float) && precision >= 0) return number;
    const rounded = python.roundHalfEven(python.toDouble(number), precision);
    return number instanceof Float ? new Float(rounded) : python.int(BigInt(rounded));
  }
  if (method !== "ceil" && method !== "floor") {
    throw new Fault("round's method is common, ceil or floor");
  }
  const scale = 10 ** precision;
  // A whole number in Python, whose zero has no sign.
  const whole = Math[method](python.toDouble(number) * scale) + 0;
  return new Float(whole / scale);
}

const units = "BKMGTPEZY";
const magnitudes = ["", "kilo", "mega", "giga", "tera", "peta", "exa", "zeta", "yotta"];

/** Ansible's `human_to_bytes`: powers of 1024, whatever the unit is called. */
function humanToBytes(value: Value, args: Args): Value {
  const text = python.str(value);
  const isBits = args.flag("isbits");
  const [, digits = "", written] = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?/.exec(text) ?? [];
  if (!/\d/.test(digits)) throw new Fault(`human_to_bytes cannot read ${text}`);
  const unit = written ?? args.get("default_unit") ?? null;
  if (unit === null) return python.int(BigInt(python.roundHalfEven(Number(digits), 0)));
  const name = python.str(unit);
  const exponent = units.indexOf(name.slice(0, 1).toUpperCase());
  const isKnown =
    name.length === 1 ||
    name.toLowerCase() === magnitudes[exponent] + (isBits ? "bit" : "byte") ||
    (exponent > 0 && name === units[exponent] + (isBits ? "b" : "B"));
  if (exponent < 0 || !isKnown) throw new Fault(`human_to_bytes does not know the unit ${name}`);
  return python.int(BigInt(python.roundHalfEven(Number(digits) * 1024 ** exponent, 0)));
}
