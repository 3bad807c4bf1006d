/**
 * The only door to nunjucks: its parser, compiler and syntax tree, which its own
 * type declarations leave out.
 */
import nunjucks from "nunjucks";

/** A node of the syntax tree; lines and columns count from 0, as nunjucks counts. */
export interface Node {
  readonly lineno: number;
  readonly colno: number;
  readonly typename: string;
}
export interface NodeClass<T extends Node = Node> {
  // biome-ignore lint/suspicious/noExplicitAny: nunjucks gives each node class its own fields
  new (line: number, column: number, ...fields: any[]): T;
  extend<S extends Node = T>(name: string, properties?: object): NodeClass<S>;
}
export interface ListNode extends Node {
  children: Node[];
  addChild(node: Node): void;
}
export interface ValueNode extends Node {
  value: unknown;
}
export interface SymbolNode extends Node {
  value: string;
}
export interface BinaryNode extends Node {
  left: Node;
  right: Node;
}
export interface ArithmeticNode extends BinaryNode {
  operator: string;
}
export interface UnaryNode extends Node {
  target: Node;
}
export interface PairNode extends Node {
  key: Node;
  value: Node;
}
export interface LookupNode extends Node {
  target: Node;
  val: Node;
}
export interface ConditionNode extends Node {
  cond: Node;
  body: Node;
  else_: Node | null;
}
export interface LoopNode extends Node {
  arr: Node;
  name: Node;
  body: Node;
  else_: Node | null;
  /** The `if` of `for … in … if`, which nunjucks does not have. */
  filter?: Node;
  /** Whether `loop(…)` goes through something else in the same way. */
  recursive?: boolean;
}
export interface WithNode extends Node {
  targets: Node[];
  values: Node[];
  body: Node;
}
export interface CompareNode extends Node {
  expr: Node;
  ops: OperandNode[];
}
export interface OperandNode extends Node {
  expr: Node;
  type: string;
}
export interface CallNode extends Node {
  name: Node;
  args: ListNode;
}
export interface MacroNode extends Node {
  name: SymbolNode;
  args: ListNode;
  body: Node;
}
export interface SetNode extends Node {
  targets: Node[];
  value: Node | null;
  body?: Node;
}
export interface TemplateNode extends Node {
  template: Node;
}
export interface IncludeNode extends TemplateNode {
  ignoreMissing: boolean;
  withoutContext?: boolean;
}
export interface ImportNode extends TemplateNode {
  target: SymbolNode;
  withContext: boolean | null;
}
export interface FromImportNode extends TemplateNode {
  names: ListNode;
  withContext: boolean | null;
}
export interface CaptureNode extends Node {
  body: Node;
}
export interface SliceNode extends Node {
  start: Node | null;
  stop: Node | null;
  step: Node | null;
}

export interface Token {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a token's value depends on its type
  readonly value: any;
  readonly lineno: number;
  readonly colno: number;
}

/** What nunjucks' parser asks of a lexer. */
export interface TokenSource {
  readonly tags: { readonly VARIABLE_START: string; readonly VARIABLE_END: string };
  nextToken(): Token | null;
}

export interface ParserBase {
  tokens: TokenSource;
  peeked: Token | null;
  breakOnBlocks: string[] | null;
  nextToken(): Token | null;
  peekToken(): Token | null;
  pushToken(token: Token | null): void;
  fail(message: string, line?: number, column?: number): never;
  skip(type: string): boolean;
  skipValue(type: string, value: string): boolean;
  skipSymbol(name: string): boolean;
  expect(type: string): Token;
  advanceAfterBlockEnd(name?: string): Token;
  advanceAfterVariableEnd(): void;
  parseUntilBlocks(...names: string[]): ListNode;
  parseStatement(): Node | null;
  parseMacro(): MacroNode;
  parseInclude(): Node;
  parseImport(): Node;
  parseFrom(): Node;
  parseIf(): Node;
  parseSet(): Node;
  parseFilterStatement(): Node;
  parseAsRoot(): ListNode;
}

export interface CompilerBase {
  readonly codebuf: string[];
  compile(node: Node): void;
  fail(message: string, line?: number, column?: number): never;
  getCode(): string;
  _emit(code: string): void;
  _emitLine(code: string): void;
  _tmpid(): string;
}

interface Internals {
  parser: { Parser: new (tokens: TokenSource) => ParserBase };
  compiler: { Compiler: new (name: string) => CompilerBase };
  lexer: Record<string, string>;
  nodes: Record<string, NodeClass>;
  lib: { TemplateError: new (...parts: never[]) => NunjucksError };
}

/** How nunjucks reports a syntax error; lines and columns count from 1. */
export interface NunjucksError extends Error {
  readonly lineno?: number;
  readonly colno?: number;
}

const internals = nunjucks as unknown as Internals;

export const { Parser } = internals.parser;
export const { Compiler } = internals.compiler;
export const { TemplateError } = internals.lib;

/** Token types by nunjucks' names for them. */
export const tokenType = internals.lexer as Record<
  | "TOKEN_STRING"
  | "TOKEN_DATA"
  | "TOKEN_BLOCK_START"
  | "TOKEN_BLOCK_END"
  | "TOKEN_VARIABLE_START"
  | "TOKEN_VARIABLE_END"
  | "TOKEN_LEFT_PAREN"
  | "TOKEN_RIGHT_PAREN"
  | "TOKEN_LEFT_BRACKET"
  | "TOKEN_RIGHT_BRACKET"
  | "TOKEN_LEFT_CURLY"
  | "TOKEN_RIGHT_CURLY"
  | "TOKEN_OPERATOR"
  | "TOKEN_COMMA"
  | "TOKEN_COLON"
  | "TOKEN_TILDE"
  | "TOKEN_PIPE"
  | "TOKEN_INT"
  | "TOKEN_FLOAT"
  | "TOKEN_SYMBOL",
  string
>;

const builtIn = <T extends Node>(name: string) => internals.nodes[name] as unknown as NodeClass<T>;

/** nunjucks' node classes that we use, and the few of Jinja2's that it lacks. */
export const nodes = {
  NodeList: builtIn<ListNode>("NodeList"),
  Literal: builtIn<ValueNode>("Literal"),
  Symbol: builtIn<SymbolNode>("Symbol"),
  List: builtIn<ListNode>("Array"),
  Tuple: builtIn<ListNode>("Array").extend("Tuple"),
  Dict: builtIn<ListNode>("Dict"),
  Pair: builtIn<PairNode>("Pair"),
  KeywordArgs: builtIn<ListNode>("KeywordArgs"),
  Attribute: builtIn<LookupNode>("LookupVal").extend("Attribute"),
  Item: builtIn<LookupNode>("LookupVal").extend("Item"),
  Slice: builtIn<SliceNode>("Node").extend<SliceNode>("Slice", {
    fields: ["start", "stop", "step"],
  }),
  FunCall: builtIn<CallNode>("FunCall"),
  Filter: builtIn<CallNode>("Filter"),
  Test: builtIn<CallNode>("Filter").extend("Test"),
  InlineIf: builtIn<ConditionNode>("InlineIf"),
  Or: builtIn<BinaryNode>("Or"),
  And: builtIn<BinaryNode>("And"),
  Not: builtIn<UnaryNode>("Not"),
  Neg: builtIn<UnaryNode>("Neg"),
  Pos: builtIn<UnaryNode>("Pos"),
  Concat: builtIn<BinaryNode>("Concat"),
  Compare: builtIn<CompareNode>("Compare"),
  CompareOperand: builtIn<OperandNode>("CompareOperand"),
  Arithmetic: builtIn<BinaryNode>("BinOp").extend<ArithmeticNode>("Arithmetic", {
    fields: ["operator", "left", "right"],
  }),
  For: builtIn<LoopNode>("For"),
  If: builtIn<ConditionNode>("If"),
  Macro: builtIn<MacroNode>("Macro"),
  Caller: builtIn<MacroNode>("Caller"),
  Set: builtIn<SetNode>("Set"),
  With: builtIn<WithNode>("Node").extend<WithNode>("With", {
    fields: ["targets", "values", "body"],
  }),
  /** `*…` among arguments, and `**…` among named ones. */
  Spread: builtIn<UnaryNode>("Node").extend<UnaryNode>("Spread", { fields: ["target"] }),
  Capture: builtIn<CaptureNode>("Capture"),
  Include: builtIn<IncludeNode>("Include"),
  Import: builtIn<ImportNode>("Import"),
  FromImport: builtIn<FromImportNode>("FromImport"),
  Output: builtIn<ListNode>("Output"),
  TemplateData: builtIn<ValueNode>("TemplateData"),
} as const;

/** The names that a target of `for` or `set` gives values to. */
export function namesIn(target: Node): string[] {
  if (target instanceof nodes.Symbol) return [(target as SymbolNode).value];
  // An attribute of a namespace is no name of its own.
  if (target instanceof nodes.Attribute) return [];
  return (target as ListNode).children.flatMap(namesIn);
}
