/** What Python's str does, for its methods and for filters. */
import * as python from "./python.js";
import { Fault, unsupported, type Value } from "./values.js";

export const upper = (text: string): string => text.toUpperCase();
export const lower = (text: string): string => text.toLowerCase();

export function capitalize(text: string): string {
  const [first = "", ...rest] = python.characters(text);
  return upper(first) + lower(rest.join(""));
}

export function join(separator: string, items: readonly Value[]): string {
  for (const [index, item] of items.entries()) {
    if (typeof item === "string") continue;
    const type = python.article(python.typeName(item));
    throw new Fault(`str.join() takes strings, and item ${index} is ${type}`, "Use | join");
  }
  return items.join(separator);
}

export function strip(
  text: string,
  chars: Value | undefined,
  side: "left" | "right" | "both",
): string {
  let left = new RegExp(`^[${python.whitespace}]+`);
  let right = new RegExp(`[${python.whitespace}]+$`);
  if (chars !== undefined && chars !== null) {
    if (typeof chars !== "string") throw new Fault("strip takes the characters as a string");
    if (chars === "") return text;
    const set = chars.replace(/[\\\]^-]/g, "\\$&");
    left = new RegExp(`^[${set}]+`, "u");
    right = new RegExp(`[${set}]+$`, "u");
  }
  const start = side === "right" ? text : text.replace(left, "");
  return side === "left" ? start : start.replace(right, "");
}

export function replace(text: string, old: string, by: string, count: number): string {
  if (count < 0) return text.split(old).length > 1 || old === "" ? replaceAll(text, old, by) : text;
  if (old === "") throw unsupported("replacing the empty string a number of times");
  const parts = text.split(old);
  if (parts.length - 1 <= count) return parts.join(by);
  return [parts.slice(0, count + 1).join(by), ...parts.slice(count + 1)].join(old);
}

function replaceAll(text: string, old: string, by: string): string {
  if (old !== "") return text.split(old).join(by);
  return [by, ...python.characters(text).flatMap((char) => [char, by])].join("");
}

export function split(text: string, separator: Value, limit: number): string[] {
  if (separator === null) {
    const trimmed = strip(text, null, "left");
    if (trimmed === "") return [];
    if (limit < 0)
      return strip(trimmed, null, "right").split(new RegExp(`[${python.whitespace}]+`));
    const parts: string[] = [];
    let rest = trimmed;
    while (parts.length < limit) {
      const gap = new RegExp(`[${python.whitespace}]+`).exec(rest);
      if (!gap) break;
      parts.push(rest.slice(0, gap.index));
      rest = rest.slice(gap.index + gap[0].length);
    }
    return rest === "" ? parts : [...parts, rest];
  }
  if (typeof separator !== "string") throw new Fault("split takes the separator as a string");
  if (separator === "") throw new Fault("split cannot go by an empty separator");
  const parts = text.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

/** Lines as Python's `splitlines()` sees them. */
export function splitLines(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Python's line ends
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
