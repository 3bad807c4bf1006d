/** One rendering: the file, what it includes, and the variables whose values are templates. */
import { JinjaCompiler } from "./compiler.js";
import { syntaxFault } from "./errors.js";
import { filters } from "./filters/index.js";
import { globals } from "./globals.js";
import { headerMark, type LexerOptions, Tokens } from "./lexer.js";
import { withLookups } from "./lookups.js";
import { JinjaParser } from "./parser.js";
import { iterate, str } from "./python.js";
import { Runtime } from "./runtime.js";
import { type Names, Scope } from "./scope.js";
import { tests } from "./tests.js";
import {
  Blank,
  Dict,
  Fault,
  Marked,
  type Source,
  type UndefinedFault,
  undefinedFault,
  unsupported,
  type Value,
} from "./values.js";
import { Variables } from "./variables.js";

/** A template: its text and its path as users know it. */
export interface Template {
  readonly name: string;
  readonly text: string;
}

/** Finds the template that an `include` or `import` names. */
export type Loader = (name: string) => Template | undefined;

type Root = (runtime: Runtime, frame: Scope) => Value[];

const maxFiles = 50;
const maxCalls = 250;

export class Rendering {
  readonly variables: Names;
  /** The undefined variables found in output so far. */
  readonly missing: UndefinedFault[] = [];
  readonly #loader: Loader | undefined;
  readonly #roots = new Map<string, Root>();
  readonly #open: string[] = [];
  #calls = 0;
  #options: LexerOptions | undefined;

  /** Functions that are there without being variables. */
  readonly globals: Names;

  constructor(variables: Readonly<Record<string, unknown>>, loader: Loader | undefined) {
    this.#loader = loader;
    this.globals = withLookups(globals, {
      variables: { get: (name) => this.variables.get(name), names: () => this.variables.names() },
      file: (name) => this.#loader?.(name)?.text,
      template: (name) => this.#textOf(name),
    });
    this.variables = new Variables(variables, this.globals, (text, name, names) =>
      this.#value(text, name, names),
    );
  }

  /** The nodes that `source` renders to, with the names of `frame`. */
  run(source: Source, frame: Scope): Value[] {
    if (this.#open.length >= maxFiles) {
      const chain = this.#open.slice(-4).join(" → ");
      throw new Fault(`templates include each other without end: … ${chain}`);
    }
    if (source.kind !== "value") this.#open.push(source.name);
    try {
      return this.#root(source)(new Runtime(this, source), frame);
    } finally {
      if (source.kind !== "value") this.#open.pop();
    }
  }

  /** Runs a macro, unless too many are under way. */
  call<T>(name: string, run: () => T): T {
    if (this.#calls >= maxCalls) throw new Fault(`the macro ${name} calls itself without end`);
    this.#calls++;
    try {
      return run();
    } finally {
      this.#calls--;
    }
  }

  /** The first template there is of the names given, or of a list of them. */
  load(name: Value): Source | undefined {
    for (const candidate of typeof name === "string" ? [name] : iterate(name)) {
      const template = this.#loader?.(str(candidate));
      if (template) return fileSource(template, "included");
    }
    return undefined;
  }

  /** What a template renders to by itself, for a lookup. */
  #textOf(name: string): string | undefined {
    const source = this.load(name);
    if (source === undefined) return undefined;
    const nodes = this.run(source, new Scope(this.variables));
    return str(keepNewlines(source.text, concatenated(nodes)));
  }

  /** A variable's value: that of its one expression, or the text around several. */
  #value(text: string, name: string, names: Names): Value {
    const source: Source = { name: `variable ${name}`, text, kind: "value" };
    return keepNewlines(text, concatenated(this.run(source, new Scope(names))));
  }

  /** What is included is read with the options of the file that includes it. */
  #optionsOf(source: Source): LexerOptions {
    const options = source.kind === "included" ? this.#options : optionsOf(source);
    if (source.kind === "file") this.#options = options;
    return options ?? optionsOf(source);
  }

  #root(source: Source): Root {
    const key = `${source.kind}\n${source.text}`;
    let root = this.#roots.get(key);
    if (!root) {
      root = compile(source, this.#optionsOf(source));
      this.#roots.set(key, root);
    }
    return root;
  }
}

function compile(source: Source, options: LexerOptions): Root {
  try {
    const tokens = new Tokens(source, options);
    const compiler = new JinjaCompiler(source.name, {
      filter: (name) => filters.has(name),
      test: (name) => tests.has(name),
      isPrintedOnly: (name) => filters.get(name)?.printedOnly ?? false,
    });
    compiler.compile(new JinjaParser(tokens).parseAsRoot());
    return new Function(compiler.getCode())() as Root;
  } catch (error) {
    throw syntaxFault(error, source, { filter: filters.keys(), test: tests.keys() });
  }
}

/** Ansible's options, and those a file sets for itself in its first line. */
export function optionsOf(source: Source): LexerOptions {
  const options = {
    trimBlocks: true,
    lstripBlocks: false,
    literalBackslashes: source.kind === "value",
  };
  if (!source.text.startsWith(headerMark)) return options;
  const [line = ""] = source.text.slice(headerMark.length).split("\n");
  const fail = (what: string) =>
    Object.assign(unsupported(what, "In this line only trim_blocks and lstrip_blocks can be set"), {
      at: { source, line: 0, column: 0 },
    });
  for (const pair of line.split(",")) {
    const [key, value] = pair.split(":").map((part) => part.trim());
    if (value !== "True" && value !== "False") throw fail(`${headerMark}${pair}`);
    if (key === "trim_blocks") options.trimBlocks = value === "True";
    else if (key === "lstrip_blocks") options.lstripBlocks = value === "True";
    else throw fail(`${headerMark} ${key}`);
  }
  return options;
}

/** A template as a source: without a byte order mark, lines ending in LF alone. */
export function fileSource(template: Template, kind: "file" | "included" = "file"): Source {
  const text = template.text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const source: Source = { name: template.name, text, kind };
  const invalid =
    /[\0\ufffd]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
  const found = invalid.exec(text);
  if (!found) return source;
  const before = text.slice(0, found.index).split("\n");
  const what = found[0] === "\0" ? "a NUL character" : "a character that is not valid UTF-8";
  throw new Fault(`the template holds ${what}`, undefined, {
    source,
    line: before.length - 1,
    column: before.at(-1)?.length ?? 0,
  });
}

/**
 * What nodes make together, as in Ansible 2.19: None goes, what is alone keeps its type, several
 * are a text, and none are None.
 */
export function concatenated(nodes: readonly Value[]): Value {
  const some = nodes.filter((node) => node !== null);
  if (some.length > 1) return some.map((node) => str(finished(node))).join("");
  if (some[0] instanceof Marked) {
    throw unsupported(
      "text escaped for HTML that is all of a macro, a block or a variable",
      "Write {{ '' ~ (… | e) }}",
    );
  }
  return some[0] ?? null;
}

/** What a file's nodes make together. */
export function fileText(template: string, nodes: readonly Value[]): string {
  const unmarked = nodes.map((node) => (node instanceof Marked ? node.text : node));
  return printed(template, concatenated(unmarked));
}

/** A file's text: what `result` prints as, and a final newline only where it is text already. */
function printed(template: string, result: Value): string {
  if (result === null) return "";
  noBlank(result);
  return str(keepNewlines(template, finished(result)));
}

/** An inline `if` without `else` goes into a text, but is no value for a file to be. */
function noBlank(value: Value): void {
  if (value instanceof Blank) throw undefinedFault(value);
  if (Array.isArray(value)) value.forEach(noBlank);
  if (value instanceof Dict) for (const [, item] of value.entries()) noBlank(item);
}

/** As it leaves a template: a tuple, at whatever depth, is a list. */
function finished(value: Value): Value {
  if (Array.isArray(value)) return Array.from(value, finished);
  if (!(value instanceof Dict)) return value;
  return Dict.of(value.entries().map(([key, item]) => [finished(key), finished(item)]));
}

/** As in Ansible, a text ends in at least as many newlines as the template. */
function keepNewlines(template: string, result: Value): Value {
  if (typeof result !== "string") return result;
  const count = (text: string) => text.length - text.replace(/\n+$/, "").length;
  return result + "\n".repeat(Math.max(0, count(template) - count(result)));
}
