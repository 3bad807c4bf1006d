/** Filters that compute, and those that write sizes for people. */
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Fault, Float, type Value } from "../values.js";
import { type Filters, filter } from "./registry.js";

export const numberFilters: Filters = {
  log: filter(["base"], (value, args) => {
    const x = double(value, args);
    if (x <= 0) throw new Fault("log goes with a number above 0");
    const base = args.get("base");
    if (base === undefined) return new Float(Math.log(x));
    const b = double(base, args);
    return new Float(b === 10 ? Math.log10(x) : Math.log(x) / Math.log(b));
  }),
  pow: filter(["y!"], (value, args) =>
    power(double(value, args), double(args.value("y"), args), args),
  ),
  root: filter(["base"], (value, args) => {
    const x = double(value, args);
    const base = double(args.or("base", 2), args);
    if (base === 2) return x < 0 ? notReal(args) : new Float(Math.sqrt(x));
    return power(x, 1 / base, args);
  }),
  human_readable: filter(["isbits", "unit"], (value, args) => humanReadable(value, args)),
  filesizeformat: filter(["binary"], (value, args) =>
    fileSize(
      typeof value === "string" ? Number(value) : double(value, args),
      args.flag("binary"),
      args,
    ),
  ),
};

function double(value: Value, args: Args): number {
  const number = python.numeric(value);
  if (number !== undefined) return python.toDouble(number);
  const type = python.article(python.typeName(value));
  throw new Fault(`${args.what} goes with a number, not with ${type}`, "Convert with | float");
}

function power(x: number, y: number, args: Args): Float {
  const result = x ** y;
  if (Number.isNaN(result)) return notReal(args);
  if (!Number.isFinite(result)) throw new Fault(`${args.what}: the result is too large`);
  return new Float(result);
}

function notReal(args: Args): never {
  throw new Fault(`${args.what}: the result is no real number`);
}

/** `%.Nf`: half goes to even, as Python's does. */
function fixed(value: number, places: number): string {
  return python.roundHalfEven(value, places).toFixed(places);
}

const magnitudes = ["Y", "Z", "E", "P", "T", "G", "M", "K", "B"];

/** Ansible's `bytes_to_human`: powers of 1024. */
function humanReadable(value: Value, args: Args): string {
  const size = double(value, args);
  const unit = args.get("unit") ?? null;
  const wanted = unit === null ? undefined : python.str(unit).toUpperCase();
  const found = magnitudes.findIndex((letter, index) =>
    wanted === undefined ? size >= 1024 ** (8 - index) : letter === wanted,
  );
  const index = found < 0 ? magnitudes.length - 1 : found;
  const bits = args.flag("isbits");
  const letter = magnitudes[index] ?? "B";
  const name = index === 8 ? (bits ? "bits" : "Bytes") : `${letter}${bits ? "b" : "B"}`;
  return `${fixed(size / 1024 ** (8 - index), 2)} ${name}`;
}

/** Jinja2's: powers of 1000, or of 1024 where it is to be binary. */
function fileSize(size: number, binary: boolean, args: Args): string {
  if (Number.isNaN(size)) throw new Fault(`${args.what} goes with a number`);
  const base = binary ? 1024 : 1000;
  if (size === 1) return "1 Byte";
  if (size < base) return `${Math.trunc(size)} Bytes`;
  const prefixes = binary
    ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
  const at = prefixes.findIndex((_, index) => size < base ** (index + 2));
  const index = at < 0 ? prefixes.length - 1 : at;
  return `${fixed((base * size) / base ** (index + 2), 1)} ${prefixes[index]}`;
}
