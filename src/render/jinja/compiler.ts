/**
 * nunjucks' compiler with Python's semantics: every operation of a template becomes a call of
 * the {@link Runtime}, named `rt` in the code. As in nunjucks' own code, `lineno` and `colno`
 * say where the template is; they are set as the last arguments of each call, so that they hold
 * when the call is made and its operands have been worked out.
 */
import {
  type ArithmeticNode,
  type BinaryNode,
  type CallNode,
  type CaptureNode,
  type CompareNode,
  Compiler,
  type ConditionNode,
  type FromImportNode,
  type ImportNode,
  type IncludeNode,
  type ListNode,
  type LookupNode,
  type LoopNode,
  type MacroNode,
  type Node,
  namesIn,
  nodes,
  type PairNode,
  type SetNode,
  type SliceNode,
  type SymbolNode,
  type UnaryNode,
  type ValueNode,
  type WithNode,
} from "./nunjucks.js";
import { Float } from "./values.js";

/** Whether a filter, or a test, of this name is there. */
export interface Known {
  filter(name: string): boolean;
  test(name: string): boolean;
  /** Whether the result of the filter can be printed, and nothing else. */
  isPrintedOnly(name: string): boolean;
}

type Operand = Node | string;

export class JinjaCompiler extends Compiler {
  private readonly known: Known;
  /** How many conditions surround what is being compiled. */
  private conditional = 0;
  /** The names that the macro being compiled has mentioned: some turn on what Jinja2 adds. */
  private used = new Set<string>();
  private readonly scopes: ScopeNames[] = [];
  /** Filters whose result is printed as it is. */
  private readonly printed = new WeakSet<Node>();

  constructor(name: string, known: Known) {
    super(name);
    this.known = known;
  }

  // Templates, macros

  /** How many macros and blocks whose text is a value surround what is being compiled. */
  private kept = 0;

  compileRoot(node: ListNode): void {
    this._emit("return ");
    this.body(new nodes.NodeList(node.lineno, node.colno, node.children));
  }

  /** A function that renders `node` in a given frame, and says where it was when it fails. */
  private body(node: Node, parameters: readonly string[] = []): void {
    this._emitLine("function (rt, frame) {");
    this._emitLine(`var lineno = ${node.lineno}, colno = ${node.colno}, out = [];`);
    this._emitLine("try {");
    this.scope(parameters, () => this.compile(node));
    this._emitLine("return out;");
    this._emitLine("} catch (error) { throw rt.fault(error, lineno, colno); }");
    this._emit("}");
  }

  compileMacro(node: MacroNode): void {
    this.stores(node.name.value);
    this._emit(`frame.set(${quote(node.name.value)}, `);
    this.compileCaller(node);
    this._emitLine(");");
  }

  /** A macro, or the block of a `call`, as a value. */
  compileCaller(node: MacroNode): void {
    const positional = node.args.children.filter((arg) => arg instanceof nodes.Symbol);
    const names = positional.map((arg) => (arg as SymbolNode).value);
    this._emit(`rt.macro(frame, ${quote(node.name.value)}, ${JSON.stringify(names)}, [`);
    for (const pair of this.pairs(node.args)) {
      names.push((pair.key as SymbolNode).value);
      this._emit(`[${quote((pair.key as SymbolNode).value)}, function (frame) { return `);
      // Jinja2 looks names of defaults up inside the macro.
      this.scopes.push(new ScopeNames(names, this.scopes.at(-1)));
      this.compile(pair.value);
      this.scopes.pop();
      this._emit("; }], ");
    }
    this._emit("], ");
    const before = this.used;
    this.used = new Set();
    this.kept++;
    this.body(node.body, names);
    this.kept--;
    const extra = ["varargs", "kwargs", "caller"].filter((name) => this.used.has(name));
    // What a macro within mentions, this one mentions too.
    this.used = new Set([...before, ...this.used]);
    this._emit(`, ${JSON.stringify(extra)})`);
  }

  compileInclude(node: IncludeNode): void {
    if (node.withoutContext && this.kept > 0) {
      // Jinja2 writes it past the block, or makes a generator of the macro.
      const what = "include … without context inside a macro or a block whose text is used";
      this.fail(`${what} is not supported`, node.lineno, node.colno);
    }
    const frame = node.withoutContext ? "null" : "frame";
    this.invoke("include", node, "out", node.template, String(node.ignoreMissing), frame);
    this._emitLine(";");
  }

  compileImport(node: ImportNode): void {
    this.stores(node.target.value);
    this._emit(`frame.set(${quote(node.target.value)}, `);
    this.invoke("module", node, node.template, node.withContext ? "frame" : "null");
    this._emitLine(");");
  }

  compileFromImport(node: FromImportNode): void {
    const module = this._tmpid();
    this._emit(`var ${module} = `);
    this.invoke("module", node, node.template, node.withContext ? "frame" : "null");
    this._emitLine(";");
    for (const child of node.names.children) {
      const pair = child as PairNode;
      const [name, alias] = [pair.key as SymbolNode, pair.value as SymbolNode];
      this.stores(alias.value);
      this._emitLine(`frame.set(${quote(alias.value)}, ${module}.imported(${quote(name.value)}));`);
    }
  }

  // Statements

  compileOutput(node: ListNode): void {
    for (const child of node.children) {
      if (child instanceof nodes.TemplateData) {
        this._emitLine(`out.push(${quote((child as ValueNode).value as string)});`);
        continue;
      }
      for (const filter of printedFilters(child)) this.printed.add(filter);
      this._emit("try { ");
      this.invoke("output", child, "out", child);
      this._emitLine("; } catch (error) { rt.recover(error, lineno, colno); }");
    }
  }

  compileIf(node: ConditionNode): void {
    this._emit("if (");
    this.invoke("truth", node, node.cond);
    this._emitLine(") {");
    this.inBranch(() => this.compile(node.body));
    if (node.else_) {
      this._emitLine("} else {");
      this.inBranch(() => this.compile(node.else_ as Node));
    }
    this._emitLine("}");
  }

  compileFor(node: LoopNode): void {
    const outer = this._tmpid();
    this._emitLine(`var ${outer} = frame;`);
    if (!node.recursive) {
      this.loop(node, outer, node.arr, "0", "null");
      return;
    }
    // loop(…) comes back here with other items, and one level deeper.
    const [again, items, depth] = [this._tmpid(), this._tmpid(), this._tmpid()];
    this._emitLine(`var ${again} = function (${items}, ${depth}) {`);
    this._emitLine(`var frame = ${outer}, out = [];`);
    this.loop(node, outer, items, depth, again);
    this._emitLine("return out; };");
    this._emit(`out.push(...${again}(`);
    this.compile(node.arr);
    this._emitLine(", 0));");
  }

  private loop(node: LoopNode, outer: string, items: Operand, depth: string, again: string): void {
    const [loop, item] = [this._tmpid(), this._tmpid()];
    this._emit(`var ${loop} = `);
    const filter = node.filter;
    const operands = [depth, again];
    if (filter) {
      const keep = () => {
        this._emit(`function (${item}) { var outer = frame; frame = outer.push(); `);
        this.scope([], () => {
          this.unpack(node.name, item);
          this._emit("var keep = ");
          this.invoke("truth", filter, filter);
        });
        this._emit("; frame = outer; return keep; }");
      };
      this.invoke("loop", node, items, keep, ...operands);
    } else this.invoke("loop", node, items, "null", ...operands);
    this._emitLine(";");
    this._emitLine(`for (var ${item} of ${loop}) {`);
    this._emitLine(`frame = ${outer}.push();`);
    this.unpack(node.name, item);
    this._emitLine(`frame.set("loop", ${loop});`);
    this.scope(["loop", ...namesIn(node.name)], () => this.compile(node.body));
    this._emitLine("}");
    this._emitLine(`frame = ${outer};`);
    if (!node.else_) return;
    this._emitLine(`if (${loop}.length === 0) {`);
    this._emitLine("frame = frame.push();");
    this.scope([], () => this.compile(node.else_ as Node));
    this._emitLine(`frame = ${outer};`);
    this._emitLine("}");
  }

  /** Gives the value of the code `value` to one name, or its items to several. */
  private unpack(target: Node, value: string): void {
    if (target instanceof nodes.Symbol) {
      this._emitLine(`frame.set(${quote((target as SymbolNode).value)}, ${value});`);
      return;
    }
    if (target instanceof nodes.Attribute) {
      const { target: holder, val } = target as LookupNode;
      this.invoke("setAttribute", target, holder, val, value);
      this._emitLine(";");
      return;
    }
    const targets = (target as ListNode).children;
    const items = this._tmpid();
    this._emit(`var ${items} = `);
    this.invoke("unpack", target, value, String(targets.length));
    this._emitLine(";");
    for (const [index, child] of targets.entries()) this.unpack(child, `${items}[${index}]`);
  }

  compileSet(node: SetNode): void {
    const value = this._tmpid();
    this._emit(`var ${value} = `);
    this.compile((node.value ?? node.body) as Node);
    this._emitLine(";");
    const [target] = node.targets as [Node];
    for (const name of namesIn(target)) this.stores(name);
    this.unpack(target, value);
  }

  compileWith(node: WithNode): void {
    const outer = this._tmpid();
    this._emitLine(`var ${outer} = frame;`);
    const values = node.values.map((value) => {
      const name = this._tmpid();
      this._emit(`var ${name} = `);
      this.compile(value);
      this._emitLine(";");
      return name;
    });
    this._emitLine(`frame = ${outer}.push();`);
    for (const [index, target] of node.targets.entries()) this.unpack(target, values[index] ?? "");
    this.scope(node.targets.flatMap(namesIn), () => this.compile(node.body));
    this._emitLine(`frame = ${outer};`);
  }

  /** What a block renders to, as a value. */
  compileCapture(node: CaptureNode): void {
    this._emitLine("(() => { var frame0 = frame, out0 = out; frame = frame.push(); out = [];");
    this._emitLine("try {");
    this.kept++;
    this.scope([], () => this.compile(node.body));
    this.kept--;
    this._emitLine("return rt.concat(out);");
    this._emit("} finally { frame = frame0; out = out0; } })()");
  }

  // Expressions

  compileLiteral(node: ValueNode): void {
    const { value } = node;
    if (value instanceof Float) this._emit(`rt.float(${value.value})`);
    else if (typeof value === "bigint") this._emit(`${value}n`);
    else this._emit(quote(value as string | number | boolean | null));
  }

  compileSymbol(node: SymbolNode): void {
    if (node.value === "self") {
      this.fail("self, of template inheritance, is not supported", node.lineno, node.colno);
    }
    this.used.add(node.value);
    this.scopes.at(-1)?.loads(node.value);
    this.invoke("name", node, "frame", quote(node.value));
  }

  compileArray(node: ListNode): void {
    this.list(node.children);
  }

  compileTuple(node: ListNode): void {
    this._emit("rt.tuple(");
    this.list(node.children);
    this._emit(")");
  }

  compileDict(node: ListNode): void {
    this.invoke("dict", node, () => {
      this._emit("[");
      for (const child of node.children) {
        const pair = child as PairNode;
        this.list([pair.key, pair.value]);
        this._emit(", ");
      }
      this._emit("]");
    });
  }

  compileAttribute(node: LookupNode): void {
    this.invoke("attribute", node, node.target, node.val, quote(pathOf(node.target)));
  }

  compileItem(node: LookupNode): void {
    this.invoke("item", node, node.target, node.val, quote(pathOf(node.target)));
  }

  compileSlice(node: SliceNode): void {
    const none = new nodes.Literal(node.lineno, node.colno, null);
    this.invoke("sliceOf", node, node.start ?? none, node.stop ?? none, node.step ?? none);
  }

  compileFunCall(node: CallNode): void {
    this.invoke("call", node, node.name, quote(pathOf(node.name)), ...this.args(node.args));
  }

  compileFilter(node: CallNode): void {
    const name = (node.name as SymbolNode).value;
    this.checkKnown("filter", name, node);
    if (this.known.isPrintedOnly(name) && !this.printed.has(node)) {
      const use = `the filter ${name} anywhere but at the end of what is printed`;
      this.fail(`${use} is not supported`, node.lineno, node.colno);
    }
    const [target, ...rest] = node.args.children;
    const args = new nodes.NodeList(node.lineno, node.colno, rest);
    this.invoke("filter", node, quote(name), target as Node, ...this.args(args));
  }

  compileTest(node: CallNode): void {
    const name = (node.name as SymbolNode).value;
    this.checkKnown("test", name, node);
    const [target, ...rest] = node.args.children;
    const args = new nodes.NodeList(node.lineno, node.colno, rest);
    this.invoke("test", node, quote(name), target as Node, ...this.args(args));
  }

  /** As in Jinja2, what stands under a condition may be unknown until it is reached. */
  private checkKnown(kind: "filter" | "test", name: string, node: Node): void {
    if (this.conditional > 0 || this.known[kind](name)) return;
    throw new UnknownName(kind, name, node);
  }

  compileInlineIf(node: ConditionNode): void {
    this.invoke("choose", node, node.cond, () => {
      this.inCondition(() => {
        this.thunk(node.body);
        this._emit(", ");
        if (node.else_) this.thunk(node.else_);
        else this._emit("null");
      });
    });
  }

  compileOr(node: BinaryNode): void {
    this.invoke("or", node, node.left, () => this.thunk(node.right));
  }

  compileAnd(node: BinaryNode): void {
    this.invoke("and", node, node.left, () => this.thunk(node.right));
  }

  compileNot(node: UnaryNode): void {
    this._emit("!");
    this.invoke("truth", node, node.target);
  }

  compileNeg(node: UnaryNode): void {
    this.invoke("negate", node, node.target);
  }

  compilePos(node: UnaryNode): void {
    this.invoke("positive", node, node.target);
  }

  compileArithmetic(node: ArithmeticNode): void {
    this.invoke("arithmetic", node, quote(node.operator), node.left, node.right);
  }

  compileConcat(node: BinaryNode): void {
    this.invoke("join", node, node.left, node.right);
  }

  compileCompare(node: CompareNode): void {
    this.invoke("compare", node, node.expr, () => {
      this._emit("[");
      for (const operand of node.ops) {
        this._emit(`[${quote(operand.type)}, `);
        this.thunk(operand.expr);
        this._emit("], ");
      }
      this._emit("]");
    });
  }

  // Emitting

  /** A call of the runtime's method `name` with `operands`, at the place of `node`. */
  private invoke(name: string, node: Node, ...operands: (Operand | (() => void))[]): void {
    this._emit(`rt.${name}(`);
    for (const operand of operands) {
      if (typeof operand === "string") this._emit(operand);
      else if (typeof operand === "function") operand();
      else this.compile(operand);
      this._emit(", ");
    }
    this._emit(`lineno = ${node.lineno}, colno = ${node.colno})`);
  }

  private thunk(node: Node): void {
    this._emit("() => ");
    this.compile(node);
  }

  private list(items: readonly Node[]): void {
    this._emit("[");
    for (const item of items) {
      if (item instanceof nodes.Spread) {
        this._emit("...");
        this.invoke("spread", item, (item as UnaryNode).target);
      } else this.compile(item);
      this._emit(", ");
    }
    this._emit("]");
  }

  /** Positional arguments and named ones. */
  private args(args: ListNode): (() => void)[] {
    const positional = args.children.filter((arg) => !(arg instanceof nodes.KeywordArgs));
    const named = () => {
      this._emit("[");
      for (const pair of this.pairs(args)) {
        if (pair instanceof nodes.Spread) {
          this._emit("...");
          this.invoke("spreadNamed", pair, (pair as unknown as UnaryNode).target);
          this._emit(", ");
          continue;
        }
        this._emit(`[${quote((pair.key as SymbolNode).value)}, `);
        this.compile(pair.value);
        this._emit("], ");
      }
      this._emit("]");
    };
    return [() => this.list(positional), named];
  }

  private pairs(args: ListNode): PairNode[] {
    const keywords = args.children.find((arg) => arg instanceof nodes.KeywordArgs);
    return ((keywords as ListNode | undefined)?.children ?? []) as PairNode[];
  }

  private inBranch(compile: () => void): void {
    const names = this.scopes.at(-1);
    if (names) names.branches++;
    this.inCondition(compile);
    if (names) names.branches--;
  }

  /**
   * Compiles what has a scope of its own, and hides in it the names that it sets but has not set
   * yet: as in Jinja2, they are undefined till then to macros and loops within.
   */
  private scope(set: readonly string[], compile: () => void): void {
    const names = new ScopeNames(set, this.scopes.at(-1));
    const prologue = this.codebuf.push("") - 1;
    this.scopes.push(names);
    compile();
    this.scopes.pop();
    const hidden = names.hidden();
    if (hidden.length > 0) this.codebuf[prologue] = `frame.hide(${JSON.stringify(hidden)});\n`;
  }

  private stores(name: string): void {
    this.scopes.at(-1)?.stores(name);
  }

  private inCondition(compile: () => void): void {
    this.conditional++;
    compile();
    this.conditional--;
  }
}

/** Which names a scope looks up and sets, in what order, as Jinja2's idtracking.py notes them. */
class ScopeNames {
  /** How many branches of `if` surround what is being compiled, within the scope. */
  branches = 0;
  readonly #outer: ScopeNames | undefined;
  readonly #first = new Map<string, "load" | "store">();

  constructor(set: readonly string[], outer: ScopeNames | undefined) {
    this.#outer = outer;
    for (const name of set) this.#first.set(name, "load");
  }

  loads(name: string): void {
    if (!this.#first.has(name)) this.#first.set(name, "load");
  }

  stores(name: string): void {
    if (!this.#first.has(name)) this.#first.set(name, this.branches > 0 ? "load" : "store");
  }

  knows(name: string): boolean {
    return this.#first.has(name) || (this.#outer?.knows(name) ?? false);
  }

  hidden(): string[] {
    return [...this.#first]
      .filter(([name, first]) => first === "store" && !this.#outer?.knows(name))
      .map(([name]) => name);
  }
}

/** A filter or test that does not exist here. */
export class UnknownName extends Error {
  readonly kind: "filter" | "test";
  readonly subject: string;
  readonly node: Node;
  constructor(kind: "filter" | "test", subject: string, node: Node) {
    super(`${kind} ${subject}`);
    this.kind = kind;
    this.subject = subject;
    this.node = node;
  }
}

/** The filters whose results a printed expression consists of. */
function printedFilters(node: Node): readonly Node[] {
  if (node instanceof nodes.Filter) return [node];
  if (node instanceof nodes.Concat) {
    const { left, right } = node as BinaryNode;
    return [left, right].flatMap(printedFilters);
  }
  if (node instanceof nodes.InlineIf) {
    const { body, else_ } = node as ConditionNode;
    return [body, ...(else_ ? [else_] : [])].flatMap(printedFilters);
  }
  return [];
}

/** How the reader knows an expression: `web.ports`; empty where it has no such name. */
function pathOf(node: Node): string {
  if (node instanceof nodes.Symbol) return (node as SymbolNode).value;
  if (node.typename !== "Attribute" && node.typename !== "Item") return "";
  const { target, val } = node as LookupNode;
  const path = pathOf(target);
  if (!path || !(val instanceof nodes.Literal)) return "";
  const key = (val as ValueNode).value;
  if (node.typename === "Attribute") return `${path}.${key}`;
  return typeof key === "string" ? `${path}['${key}']` : `${path}[${key}]`;
}

function quote(value: string | number | boolean | null): string {
  return JSON.stringify(value);
}
