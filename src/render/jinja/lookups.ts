/** `lookup` and `query`: what they find in variables, in files of the repository, in the environment. */
import { posix } from "node:path";
import { builtinCollections, plainName } from "./collections.js";
import { formatPercent } from "./filters/text.js";
import { Args, type Parameters } from "./parameters.js";
import * as python from "./python.js";
import type { Names } from "./scope.js";
import {
  Callable,
  Dict,
  Fault,
  type Keywords,
  tuple,
  Undefined,
  undefinedFault,
  unsupported,
  type Value,
} from "./values.js";

/** What lookups can look into. */
export interface Surroundings {
  readonly variables: Names;
  /** The text of a file that includes could name as well; nothing where there is none. */
  file(name: string): string | undefined;
  /** The text that such a file renders to. */
  template(name: string): string | undefined;
}

interface Lookup {
  readonly parameters: Parameters;
  readonly find: (terms: readonly Value[], args: Args, around: Surroundings) => readonly Value[];
}

const options = ["wantlist", "errors"];

function lookup(parameters: Parameters, find: Lookup["find"]): Lookup {
  return { parameters, find };
}

const lookups: Readonly<Record<string, Lookup>> = {
  env: lookup(["default"], (terms, args) =>
    terms.map((term) => process.env[python.str(term)] ?? args.get("default") ?? ""),
  ),
  vars: lookup(["default"], (terms, args, { variables }) =>
    terms.map((term) => {
      if (typeof term !== "string") throw new Fault("lookup('vars') goes by names");
      const value = variables.get(term);
      if (value !== undefined) return value;
      const otherwise = args.get("default") ?? null;
      if (otherwise !== null) return otherwise;
      const cause = `the variable ${term} is undefined`;
      throw undefinedFault(new Undefined({ path: term, cause, known: variables.names() }));
    }),
  ),
  file: lookup(["rstrip", "lstrip"], (terms, args, around) =>
    terms.map((term) => {
      const text = needed(term, around.file(python.str(term)));
      const end = args.flag("rstrip", true) ? text.replace(trailing, "") : text;
      return args.flag("lstrip") ? end.replace(leading, "") : end;
    }),
  ),
  template: lookup(["convert_data"], (terms, args, around) =>
    terms.map((term) => {
      const text = needed(term, around.template(python.str(term)));
      if (args.flag("convert_data", true) && /^\s*[[{]/.test(text)) {
        throw unsupported(
          "lookup('template') of a list or a dict",
          "Write convert_data=false, and | from_yaml where it is to be one",
        );
      }
      return text;
    }),
  ),
  first_found: lookup(["files", "paths", "skip"], (terms, args, around) => {
    const found = candidates(terms, args).find((name) => around.file(name) !== undefined);
    if (found !== undefined) return [found];
    const skips = terms.some((term) => term instanceof Dict && python.truth(term.get("skip") ?? 0));
    if (skips || args.flag("skip")) return [];
    throw new Fault("lookup('first_found') found none of its files in the folders of templates");
  }),
  list: lookup([], (terms) => terms),
  items: lookup([], flattened),
  dict: lookup([], (terms) =>
    terms.flatMap((term) => {
      if (!(term instanceof Dict)) throw new Fault("lookup('dict') goes with a dict");
      return term.entries().map(([key, value]) =>
        Dict.of([
          ["key", key],
          ["value", value],
        ]),
      );
    }),
  ),
  indexed_items: lookup([], (terms) => flattened(terms).map((item, index) => tuple(index, item))),
  together: lookup([], (terms) => {
    const lists = terms.map(asList);
    const length = Math.max(0, ...lists.map((list) => list.length));
    return Array.from({ length }, (_, index) =>
      lists.flatMap((list) => asList(list[index] ?? null)),
    );
  }),
  nested: lookup([], (terms) => {
    if (terms.length === 0) throw new Fault("lookup('nested') needs a list");
    return terms
      .map(asList)
      .reduce<Value[][]>(
        (rows, list) => rows.flatMap((row) => list.map((item) => [...row, ...asList(item)])),
        [[]],
      );
  }),
  sequence: lookup(["start", "end", "count", "stride", "format"], (terms, args) =>
    terms.length === 0
      ? sequence(args)
      : terms.flatMap((term) => sequence(sequenceArgs(python.str(term)))),
  ),
};

const trailing = new RegExp(`[${python.whitespace}]+$`);
const leading = new RegExp(`^[${python.whitespace}]+`);

/** `lookup`, `query` and `q`, and beside them what `others` has. */
export function withLookups(others: Names, around: Surroundings): Names {
  const functions = new Map<string, Callable>(
    ["lookup", "query", "q"].map((name) => [
      name,
      new Callable(name, ([kind, ...terms], keywords) => {
        if (typeof kind !== "string") throw new Fault(`${name} needs the kind of lookup first`);
        return look(name, kind, terms, keywords, around);
      }),
    ]),
  );
  return {
    get: (name) => functions.get(name) ?? others.get(name),
    names: () => [...functions.keys(), ...others.names()],
  };
}

function look(
  caller: string,
  kind: string,
  terms: readonly Value[],
  keywords: Keywords,
  around: Surroundings,
): Value {
  const found = find(kind);
  const what = `${caller}('${kind}')`;
  if (found === undefined) throw lookupRefusal(caller, kind);
  const errors = keywords.get("errors") ?? "strict";
  // Only where the file may be missing is there something to go on with.
  const ignores = errors === "ignore" && plainName(kind) === "first_found";
  if (errors !== "strict" && !ignores)
    throw unsupported(`${what} with errors='${python.str(errors)}'`);
  const own = new Map([...keywords].filter(([key]) => !options.includes(key)));
  if (ignores) own.set("skip", true);
  const results = found.find(terms, new Args(what, found.parameters, [], own), around);
  if (python.truth(keywords.get("wantlist") ?? caller !== "lookup")) return [...results];
  const [only] = results;
  if (results.every((one) => typeof one === "string")) return results.join(",");
  return results.length === 1 ? (only as Value) : [...results];
}

function find(kind: string): Lookup | undefined {
  const collection = builtinCollections.find((one) => kind.startsWith(`${one}.`));
  const name = collection === undefined ? kind : plainName(kind);
  return Object.hasOwn(lookups, name) ? lookups[name] : undefined;
}

/** Why a kind of lookup is not supported; nothing for one that is. */
export function lookupRefusal(caller: string, kind: string): Fault | undefined {
  if (find(kind)) return undefined;
  return unsupported(`${caller}('${kind}')`, "Give the value as a variable");
}

function needed(term: Value, text: string | undefined): string {
  if (text !== undefined) return text;
  throw new Fault(`there is no file ${python.str(term)} in the folders of templates`);
}

/** The names that `first_found` goes through: those of dicts in each of their paths. */
function candidates(terms: readonly Value[], args: Args): readonly string[] {
  const texts = (value: Value | undefined): string[] => {
    if (value === undefined || value === null) return [];
    if (typeof value === "string") return value.split(/[,;]/).map((one) => one.trim());
    return python.iterate(value).flatMap(texts);
  };
  const within = (files: readonly string[], paths: readonly string[]) =>
    paths.length === 0
      ? files
      : paths.flatMap((path) => files.map((file) => posix.join(path, file)));
  return [
    ...terms.flatMap((term) =>
      term instanceof Dict
        ? within(texts(term.get("files")), texts(term.get("paths")))
        : within(texts(term), texts(args.get("paths"))),
    ),
    ...within(texts(args.get("files")), texts(args.get("paths"))),
  ];
}

function asList(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [value];
}

function flattened(terms: readonly Value[]): readonly Value[] {
  return terms.flatMap(asList);
}

/** `start=1 end=9`, or the short form `1-9/2:host%02d`. */
function sequenceArgs(term: string): Args {
  const short = /^(?:(0?x?[0-9a-f]+)-)?(0?x?[0-9a-f]+)(?:\/(-?\d+))?(?::(.+))?$/i.exec(term.trim());
  const pairs = short
    ? [
        ["start", short[1]],
        ["end", short[2]],
        ["stride", short[3]],
        ["format", short[4]],
      ]
    : term
        .trim()
        .split(/\s+/)
        .map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]);
  const named = new Map<string, Value>(
    pairs.flatMap(([name = "", value]): [string, Value][] => {
      if (value === undefined) return [];
      if (name === "format") return [[name, value]];
      if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(value)) throw new Fault(`sequence cannot read ${term}`);
      return [[name, value.startsWith("-") ? -Number(value.slice(1)) : Number(value)]];
    }),
  );
  return new Args("lookup('sequence')", lookups.sequence?.parameters ?? [], [], named);
}

function sequence(args: Args): readonly Value[] {
  const start = args.int("start", 1);
  const count = args.optionalInt("count");
  const given = args.optionalInt("end");
  if ((count === undefined) === (given === undefined)) {
    throw new Fault("sequence needs either an end or a count");
  }
  const step = args.optionalInt("stride") ?? 1;
  if (count === 0) return [];
  const end = given ?? start + step * ((count ?? 0) - 1);
  if (step === 0) return [];
  if (step > 0 !== end >= start && end !== start) throw new Fault("sequence would never end");
  const format = args.string("format", "%d");
  const length = Math.floor((end - start) / step) + 1;
  if (length > 1_000_000) throw new Fault(`sequence of ${length} numbers is too long`);
  return Array.from({ length }, (_, index) => formatPercent(format, start + index * step));
}
