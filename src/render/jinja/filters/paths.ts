/** Filters of paths, as text: none looks at a file. */
import { posix } from "node:path";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Fault, tuple, type Value } from "../values.js";
import { type Filters, filter } from "./registry.js";

export const pathFilters: Filters = {
  basename: filter([], (value, args) => {
    const path = text(value, args);
    return path.slice(path.lastIndexOf("/") + 1);
  }),
  dirname: filter([], (value, args) => dirname(text(value, args))),
  path_join: filter([], (value, args) => {
    if (typeof value === "string") return value;
    if (!Array.isArray(value)) throw new Fault("path_join goes with a string or a list of them");
    return value.map((part) => text(part, args)).reduce(join);
  }),
  splitext: filter([], (value, args) => {
    const path = text(value, args);
    // Dots that begin a name begin no extension.
    const [, ext = ""] = /[^/.][^/]*?(\.[^/.]*)$/.exec(path) ?? [];
    return tuple(path.slice(0, path.length - ext.length), ext);
  }),
  relpath: filter(["start!"], (value, args) => {
    const start = posix.resolve("/", text(args.value("start"), args));
    return posix.relative(start, posix.resolve("/", text(value, args))) || ".";
  }),
  win_basename: filter([], (value, args) => {
    const [, rest] = drive(text(value, args));
    return rest.slice(lastSlash(rest) + 1);
  }),
  win_dirname: filter([], (value, args) => {
    const [disk, rest] = drive(text(value, args));
    const head = rest.slice(0, lastSlash(rest) + 1);
    return disk + (head.replace(/[\\/]+$/, "") || head);
  }),
  win_splitdrive: filter([], (value, args) => tuple(...drive(text(value, args)))),
};

function text(value: Value, args: Args): string {
  if (typeof value === "string") return value;
  const type = python.article(python.typeName(value));
  throw new Fault(`${args.what} goes with a string, not with ${type}`, "Convert with | string");
}

/** `posixpath.join` of two: a path that is absolute makes all before it go. */
function join(before: string, part: string): string {
  if (part.startsWith("/")) return part;
  return before === "" || before.endsWith("/") ? before + part : `${before}/${part}`;
}

function dirname(path: string): string {
  if (!path.includes("/")) return "";
  const head = path.slice(0, path.lastIndexOf("/") + 1);
  const trimmed = head.replace(/\/+$/, "");
  return trimmed === "" ? head : trimmed;
}

function drive(path: string): [string, string] {
  const [disk = ""] = /^[A-Za-z]:/.exec(path) ?? [];
  return [disk, path.slice(disk.length)];
}

function lastSlash(path: string): number {
  return Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
}
