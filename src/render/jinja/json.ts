/** JSON as Python's `json` writes and reads it: floats stay floats, keys keep their order. */
import { article, int, order, repr, typeName } from "./python.js";
import { Dict, defined, Fault, Float, type Value } from "./values.js";

export interface JsonStyle {
  /** How many spaces a level is indented by; without it all is one line. */
  readonly indent: number | undefined;
  readonly sortKeys: boolean;
  readonly separators: readonly [item: string, key: string];
  readonly ensureAscii: boolean;
}

export function writeJson(value: Value, style: JsonStyle, level = 0): string {
  const item = defined(value);
  if (Array.isArray(item)) {
    return brackets(
      "[]",
      style,
      level,
      item.map((entry) => writeJson(entry, style, level + 1)),
    );
  }
  if (item instanceof Dict) {
    const entries = item.entries();
    if (style.sortKeys) entries.sort(([a], [b]) => order(a, b));
    const members = entries.map(
      ([key, entry]) =>
        jsonString(keyText(key), style) + style.separators[1] + writeJson(entry, style, level + 1),
    );
    return brackets("{}", style, level, members);
  }
  if (typeof item === "string") return jsonString(item, style);
  const scalar = scalarText(item);
  if (scalar !== undefined) return scalar;
  throw new Fault(`${article(typeName(item))} cannot be written as JSON`);
}

function scalarText(value: Value): string | undefined {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint") return value.toString();
  if (!(value instanceof Float)) return undefined;
  if (Number.isNaN(value.value)) return "NaN";
  if (!Number.isFinite(value.value)) return value.value < 0 ? "-Infinity" : "Infinity";
  return repr(value);
}

function keyText(key: Value): string {
  const text = typeof key === "string" ? key : scalarText(key);
  if (text !== undefined) return text;
  throw new Fault(`${article(typeName(key))} cannot be a key in JSON`);
}

function brackets(
  [open, close]: string,
  style: JsonStyle,
  level: number,
  items: readonly string[],
): string {
  if (items.length === 0) return `${open}${close}`;
  if (style.indent === undefined) return open + items.join(style.separators[0]) + close;
  const newline = `\n${" ".repeat(style.indent * (level + 1))}`;
  const end = `\n${" ".repeat(style.indent * level)}`;
  return open + newline + items.join(style.separators[0] + newline) + end + close;
}

function jsonString(text: string, style: JsonStyle): string {
  const quoted = JSON.stringify(text);
  if (!style.ensureAscii) return quoted;
  return quoted.replace(/[\x7f-\uffff]/g, (unit) =>
    unit === "\x7f" ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const token =
  /\s*(?:([[\]{},:])|("(?:[^"\\]|\\.)*")|(-?\d+(?![\d.eE]))|(-?\d[\d.eE+-]*)|(true|false|null))/y;

export function parseJson(text: string): Value {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Fault(`this is not valid JSON: ${(error as Error).message}`);
  }
  // It is valid, so that reading on needs no checks.
  const next = () => token.exec(text) as RegExpExecArray;
  const read = (found: RegExpExecArray): Value => {
    const [, mark, string, whole, decimal, word] = found;
    if (mark === "[") return readList();
    if (mark === "{") return readDict();
    if (string !== undefined) return JSON.parse(string) as string;
    if (whole !== undefined) return int(BigInt(whole));
    if (decimal !== undefined) return new Float(Number(decimal));
    return word === "null" ? null : word === "true";
  };
  const readList = (): Value[] => {
    const items: Value[] = [];
    for (let found = next(); found[1] !== "]"; found = next()) {
      if (found[1] !== ",") items.push(read(found));
    }
    return items;
  };
  const readDict = (): Dict => {
    const dict = new Dict();
    for (let found = next(); found[1] !== "}"; found = next()) {
      if (found[1] === ",") continue;
      const key = JSON.parse(found[2] as string) as string;
      next();
      dict.set(key, read(next()));
    }
    return dict;
  };
  token.lastIndex = 0;
  return read(next());
}
