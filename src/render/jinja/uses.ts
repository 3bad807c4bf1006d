/** What a template uses, as its text says, whether a rendering would come to it or not. */
import type { DeployError } from "../../errors.js";
import { deployErrorsOf, syntaxFault, unknownName } from "./errors.js";
import { filters } from "./filters/index.js";
import { functionRefusal, globals } from "./globals.js";
import { Tokens } from "./lexer.js";
import { lookupRefusal } from "./lookups.js";
import {
  type CallNode,
  type FromImportNode,
  type ImportNode,
  type IncludeNode,
  type ListNode,
  type LoopNode,
  type MacroNode,
  type Node,
  namesIn,
  nodes,
  type PairNode,
  type SetNode,
  type SymbolNode,
  type ValueNode,
  type WithNode,
} from "./nunjucks.js";
import { JinjaParser } from "./parser.js";
import { fileSource, optionsOf, type Template } from "./rendering.js";
import { tests } from "./tests.js";
import { Fault, type Source } from "./values.js";

/** Names in the order of the alphabet, each once. */
export interface Uses {
  readonly variables: readonly string[];
  readonly tags: readonly string[];
  readonly filters: readonly string[];
  readonly tests: readonly string[];
  /** `range`, `lookup('env')`. */
  readonly functions: readonly string[];
  /** Templates that it includes or imports, where the name is written out. */
  readonly includes: readonly string[];
  /** What of it is not supported, or why it cannot be read at all. */
  readonly refused: readonly DeployError[];
}

const tagsOf: Readonly<Record<string, string>> = {
  If: "if",
  For: "for",
  Set: "set",
  With: "with",
  Macro: "macro",
  Caller: "call",
  Include: "include",
  Import: "import",
  FromImport: "import",
};
const lookups = new Set(["lookup", "query", "q"]);
/** Names that Jinja2 gives to loops and macros. */
const given = ["loop", "caller", "varargs", "kwargs"];

export function usesOf(template: Template): Uses {
  let source: Source = { ...template, kind: "file" };
  try {
    source = fileSource(template);
    const reader = new Reader(source);
    reader.visit(parse(source));
    return reader.uses();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const refused = deployErrorsOf([error], source);
    const none: readonly string[] = [];
    const [variables, tags, names, includes] = [none, none, none, none];
    return { variables, tags, filters: names, tests: names, functions: names, includes, refused };
  }
}

function parse(source: Source): ListNode {
  try {
    return new JinjaParser(new Tokens(source, optionsOf(source))).parseAsRoot();
  } catch (error) {
    throw syntaxFault(error, source, { filter: filters.keys(), test: tests.keys() });
  }
}

class Reader {
  readonly #source: Source;
  readonly #loaded = new Set<string>();
  readonly #assigned = new Set(given);
  readonly #tags = new Set<string>();
  readonly #filters = new Set<string>();
  readonly #tests = new Set<string>();
  readonly #functions = new Set<string>();
  readonly #includes = new Set<string>();
  readonly #refused: Fault[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  uses(): Uses {
    const sorted = (names: Iterable<string>) => [...names].sort();
    const functions = [...this.#loaded].filter((name) => globals.get(name) || lookups.has(name));
    const variables = [...this.#loaded].filter(
      (name) => !this.#assigned.has(name) && !functions.includes(name),
    );
    const plain = functions.filter((name) => !lookups.has(name));
    return {
      variables: sorted(variables),
      tags: sorted(this.#tags),
      filters: sorted(this.#filters),
      tests: sorted(this.#tests),
      functions: sorted([...plain, ...this.#functions]),
      includes: sorted(this.#includes),
      refused: deployErrorsOf(this.#refused, this.#source),
    };
  }

  visit(node: unknown): void {
    if (Array.isArray(node)) for (const child of node) this.visit(child);
    if (!isNode(node)) return;
    const tag = tagsOf[node.typename];
    if (tag !== undefined) this.#tags.add(tag);
    for (const name of assignedBy(node)) this.#assigned.add(name);
    switch (node.typename) {
      case "Symbol":
        this.#loaded.add((node as SymbolNode).value);
        return;
      case "Filter":
      case "Test":
        this.#filterOrTest(node as CallNode);
        return;
      case "FunCall":
        this.#call(node as CallNode);
        break;
      case "Include":
      case "Import":
        this.#include((node as IncludeNode | ImportNode).template);
        break;
      case "FromImport":
        // Its names are the other template's.
        this.#include((node as FromImportNode).template);
        this.visit((node as FromImportNode).template);
        return;
      case "KeywordArgs":
        for (const pair of (node as ListNode).children) {
          this.visit(pair.typename === "Pair" ? (pair as PairNode).value : pair);
        }
        return;
    }
    for (const child of Object.values(node)) this.visit(child);
  }

  #filterOrTest(node: CallNode): void {
    const name = (node.name as SymbolNode).value;
    const isFilter = node.typename === "Filter";
    (isFilter ? this.#filters : this.#tests).add(name);
    if (!isFilter && !tests.has(name)) this.#refuse(unknownName("test", name, tests.keys()), node);
    if (isFilter) {
      const found = filters.get(name);
      if (!found) this.#refuse(unknownName("filter", name, filters.keys()), node);
      else this.#refuse(found.refusal?.(), node);
    }
    this.visit(node.args);
  }

  #call(node: CallNode): void {
    if (!(node.name instanceof nodes.Symbol)) return;
    const name = (node.name as SymbolNode).value;
    this.#refuse(functionRefusal(name), node);
    const kind = lookups.has(name) ? literal(node.args.children[0]) : undefined;
    if (kind === undefined) return;
    this.#functions.add(`${name}('${kind}')`);
    this.#refuse(lookupRefusal(name, kind), node);
  }

  #include(template: Node): void {
    const names =
      template instanceof nodes.List ? (template as ListNode).children.map(literal) : [];
    for (const name of [literal(template), ...names]) {
      if (name !== undefined) this.#includes.add(name);
    }
  }

  #refuse(fault: Fault | undefined, node: Node): void {
    if (fault === undefined) return;
    fault.at = { source: this.#source, line: node.lineno, column: node.colno };
    this.#refused.push(fault);
  }
}

function assignedBy(node: Node): readonly string[] {
  switch (node.typename) {
    case "For":
      return namesIn((node as LoopNode).name);
    case "Set":
      return (node as SetNode).targets.flatMap(namesIn);
    case "With":
      return (node as WithNode).targets.flatMap(namesIn);
    case "Import":
      return [(node as ImportNode).target.value];
    case "FromImport":
      return (node as FromImportNode).names.children.map(
        (pair) => ((pair as PairNode).value as SymbolNode).value,
      );
    case "Macro":
    case "Caller": {
      const { name, args } = node as MacroNode;
      return [name.value, ...args.children.flatMap(parametersIn)];
    }
    default:
      return [];
  }
}

function parametersIn(arg: Node): readonly string[] {
  if (arg instanceof nodes.Symbol) return [(arg as SymbolNode).value];
  return (arg as ListNode).children.map((pair) => ((pair as PairNode).key as SymbolNode).value);
}

function literal(node: Node | undefined): string | undefined {
  const value = node instanceof nodes.Literal ? (node as ValueNode).value : undefined;
  return typeof value === "string" ? value : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "typename" in value;
}
