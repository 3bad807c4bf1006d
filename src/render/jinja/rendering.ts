/** One rendering: the file, what it includes, and the variables whose values are templates. */
import { JinjaCompiler } from "./compiler.js";
import { syntaxFault } from "./errors.js";
import { filters } from "./filters/index.js";
import { globals } from "./globals.js";
import { headerMark, type LexerOptions, Tokens } from "./lexer.js";
import { JinjaParser } from "./parser.js";
import { iterate, str } from "./python.js";
import { Runtime } from "./runtime.js";
import { type Names, Scope } from "./scope.js";
import { tests } from "./tests.js";
import { Fault, type Source, type UndefinedFault, unsupported, type Value } from "./values.js";
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

  constructor(variables: Readonly<Record<string, unknown>>, loader: Loader | undefined) {
    this.#loader = loader;
    this.variables = new Variables(variables, globals, (text, name, names) =>
      this.#value(text, name, names),
    );
  }

  /** The nodes that `source` renders to, with the names of `frame`. */
  run(source: Source, frame: Scope): Value[] {
    if (this.#open.length >= maxFiles) {
      const chain = this.#open.slice(-4).join(" → ");
      throw new Fault(`templates include each other without end: … ${chain}`);
    }
    if (source.kind === "file") this.#open.push(source.name);
    try {
      return this.#root(source)(new Runtime(this, source), frame);
    } finally {
      if (source.kind === "file") this.#open.pop();
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
      if (template) return fileSource(template);
    }
    return undefined;
  }

  /** A variable's value: that of its one expression, or the text around several. */
  #value(text: string, name: string, names: Names): Value {
    const source: Source = { name: `variable ${name}`, text, kind: "value" };
    const nodes = this.run(source, new Scope(names));
    const [first] = nodes;
    if (nodes.length === 0) return null;
    if (nodes.length === 1 && first !== undefined && typeof first !== "string") return first;
    return keepNewlines(text, joined(nodes));
  }

  #root(source: Source): Root {
    const key = `${source.kind}\n${source.text}`;
    let root = this.#roots.get(key);
    if (!root) {
      root = compile(source);
      this.#roots.set(key, root);
    }
    return root;
  }
}

function compile(source: Source): Root {
  try {
    const tokens = new Tokens(source, optionsOf(source));
    const compiler = new JinjaCompiler(source.name, {
      filter: (name) => filters.has(name),
      test: (name) => tests.has(name),
    });
    compiler.compile(new JinjaParser(tokens).parseAsRoot());
    return new Function(compiler.getCode())() as Root;
  } catch (error) {
    throw syntaxFault(error, source, { filter: filters.keys(), test: tests.keys() });
  }
}

/** Ansible's options, and those a file sets for itself in its first line. */
function optionsOf(source: Source): LexerOptions {
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
export function fileSource(template: Template): Source {
  const text = template.text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const source: Source = { name: template.name, text, kind: "file" };
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

/** Nodes as one text; None is empty in it, as Ansible prints it. */
export function joined(nodes: readonly Value[]): string {
  return nodes.map((node) => (node === null ? "" : str(node))).join("");
}

/** As in Ansible, the result ends in at least as many newlines as the template. */
export function keepNewlines(template: string, result: string): string {
  const count = (text: string) => text.length - text.replace(/\n+$/, "").length;
  return result + "\n".repeat(Math.max(0, count(template) - count(result)));
}
