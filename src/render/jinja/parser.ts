/** Jinja2's statements (jinja2/parser.py) on nunjucks' parser: its own are close, and differ. */
import { constants, ExpressionParser } from "./expressions.js";
import {
  type CallNode,
  type ConditionNode,
  type FromImportNode,
  type ImportNode,
  type IncludeNode,
  type ListNode,
  type LoopNode,
  type MacroNode,
  type Node,
  namesIn,
  nodes,
  type SetNode,
  type SymbolNode,
  type Token,
  tokenType as type,
  type WithNode,
} from "./nunjucks.js";

/** Tags of Jinja2 and Ansible that are not supported, and nunjucks' own, which must not be. */
const refusedTags: Record<string, string> = {
  block: "Template inheritance is not supported: use include or a macro",
  extends: "Template inheritance is not supported: use include or a macro",
  autoescape: "Nothing is escaped in Ansible's templates: remove the tag",
  trans: "It needs an extension of Jinja2's",
  do: "It needs an extension of Jinja2's: write {% set _ = … %}",
  break: "It needs an extension of Jinja2's: use {% for … if … %}",
  continue: "It needs an extension of Jinja2's: use {% for … if … %}",
  debug: "It needs an extension of Jinja2's",
  print: "Use {{ … }}",
};
const tags = new Set("if for set with macro call filter include import from".split(" "));
const closes: Record<string, string> = {
  endif: "if",
  elif: "if",
  else: "if",
  endfor: "for",
  endset: "set",
  endwith: "with",
  endmacro: "macro",
  endcall: "call",
  endfilter: "filter",
  endraw: "raw",
};

export class JinjaParser extends ExpressionParser {
  /** The tags whose blocks are open, for messages about their ends. */
  declare private open: Token[] | undefined;

  // Statements

  override parseStatement(): Node | null {
    const tag = this.peek();
    if (tag.type !== type.TOKEN_SYMBOL) this.failAt(tag, "a tag's name is expected here");
    if (this.breakOnBlocks?.includes(tag.value)) return null;
    if (!tags.has(tag.value)) this.failTag(tag);
    this.open = [...(this.open ?? []), tag];
    const node = this.statement(tag);
    this.open.pop();
    return node;
  }

  private statement(tag: Token): Node {
    switch (tag.value) {
      case "if":
        return this.parseIf();
      case "for":
        return this.parseFor();
      case "set":
        return this.parseSet();
      case "with":
        return this.parseWith();
      case "macro":
        return this.parseMacro();
      case "call":
        return this.parseCall();
      case "filter":
        return this.parseFilterStatement();
      case "include":
        return this.parseInclude();
      case "import":
        return this.parseImport();
      default:
        return this.parseFrom();
    }
  }

  private failTag(tag: Token): never {
    const opener = closes[tag.value];
    const open = this.open?.at(-1);
    if (opener && open) {
      const where = `the ${open.value} of line ${open.lineno + 1}`;
      this.failAt(tag, `${tag.value} does not belong here: ${where} is still open`);
    }
    if (opener) this.failAt(tag, `${tag.value} without ${opener}`);
    const reason = refusedTags[tag.value];
    if (reason) this.failAt(tag, `the tag ${tag.value} is not supported. ${reason}`);
    this.failAt(tag, `unknown tag ${tag.value}`);
  }

  override parseUntilBlocks(...names: string[]): ListNode {
    const body = super.parseUntilBlocks(...names);
    const opener = this.open?.at(-1);
    if (!this.peekToken() && opener) {
      this.failAt(opener, `this ${opener.value} has no ${names.at(-1)}`);
    }
    return body;
  }

  override parseIf(): ConditionNode {
    const tag = this.next();
    const cond = this.withoutCondition(() => this.parseExpression());
    this.blockEnd(tag);
    const body = this.parseUntilBlocks("elif", "else", "endif");
    const node = new nodes.If(tag.lineno, tag.colno, cond, body, null);
    if (this.peek().value === "elif") {
      node.else_ = this.parseIf();
      return node;
    }
    if (this.skipSymbol("else")) {
      this.blockEnd(tag);
      node.else_ = this.parseUntilBlocks("endif");
    }
    this.next();
    this.blockEnd(tag);
    return node;
  }

  parseFor(): LoopNode {
    const tag = this.next();
    const start = this.peek();
    const name = this.parseTarget();
    if (namesIn(name).includes("loop")) this.failAt(start, "loop is what a for loop sets itself");
    if (!this.skipSymbol("in")) this.failAt(this.peek(), "in is expected here");
    const arr = this.withoutCondition(() => this.parseExpression());
    const filter = this.skipSymbol("if") ? this.parseSingle() : undefined;
    const recursive = this.skipSymbol("recursive");
    this.blockEnd(tag);
    const body = this.parseUntilBlocks("else", "endfor");
    const node = new nodes.For(tag.lineno, tag.colno, arr, name, body, null);
    if (filter) node.filter = filter;
    if (recursive) node.recursive = true;
    if (this.skipSymbol("else")) {
      this.blockEnd(tag);
      node.else_ = this.parseUntilBlocks("endfor");
    }
    this.next();
    this.blockEnd(tag);
    return node;
  }

  override parseSet(): SetNode {
    const tag = this.next();
    const target = this.parseTarget(true);
    if (this.skipValue(type.TOKEN_OPERATOR, "=")) {
      const node = new nodes.Set(tag.lineno, tag.colno, [target], this.parseExpression());
      this.blockEnd(tag);
      return node;
    }
    const node = new nodes.Set(tag.lineno, tag.colno, [target], null);
    const placeholder = new nodes.Literal(tag.lineno, tag.colno, "");
    const filtered = this.parseFilter(placeholder);
    this.blockEnd(tag);
    const capture = new nodes.Capture(tag.lineno, tag.colno, this.parseUntilBlocks("endset"));
    this.next();
    this.blockEnd(tag);
    // Puts the captured text where the chain of filters begins.
    let first: Node = filtered;
    let last: CallNode | undefined;
    while (first !== placeholder) {
      last = first as CallNode;
      first = last.args.children[0] as Node;
    }
    if (last) last.args.children[0] = capture;
    node.body = last ? filtered : capture;
    return node;
  }

  parseWith(): WithNode {
    const tag = this.next();
    const node = new nodes.With(tag.lineno, tag.colno, [], [], null);
    while (this.peek().type !== type.TOKEN_BLOCK_END) {
      if (node.targets.length > 0) this.expect(type.TOKEN_COMMA);
      node.targets.push(this.parseTarget());
      const equals = this.peek();
      if (!this.skipValue(type.TOKEN_OPERATOR, "=")) this.failAt(equals, "= is expected here");
      node.values.push(this.parseSingle());
    }
    this.blockEnd(tag);
    node.body = this.parseUntilBlocks("endwith");
    this.next();
    this.blockEnd(tag);
    return node;
  }

  override parseMacro(): MacroNode {
    const tag = this.next();
    const name = this.parseName();
    const args = this.parseParameters();
    this.blockEnd(tag);
    const node = new nodes.Macro(tag.lineno, tag.colno, name, args);
    node.body = this.parseUntilBlocks("endmacro");
    this.next();
    this.blockEnd(tag);
    return node;
  }

  parseCall(): Node {
    const tag = this.next();
    const hasParameters = this.peek().type === type.TOKEN_LEFT_PAREN;
    const parameters = hasParameters ? this.parseParameters() : this.list(tag);
    const call = this.parseSingle() as CallNode;
    if (call.typename !== "FunCall") this.failAt(tag, "call needs a call of a macro");
    this.blockEnd(tag);
    const body = this.parseUntilBlocks("endcall");
    this.next();
    this.blockEnd(tag);
    const name = this.symbol(tag, "caller");
    const caller = new nodes.Caller(tag.lineno, tag.colno, name, parameters, body);
    const keywords = call.args.children.at(-1);
    const pair = new nodes.Pair(tag.lineno, tag.colno, name, caller);
    if (keywords instanceof nodes.KeywordArgs) keywords.addChild(pair);
    else call.args.addChild(new nodes.KeywordArgs(tag.lineno, tag.colno, [pair]));
    return new nodes.Output(tag.lineno, tag.colno, [call]);
  }

  override parseFilterStatement(): Node {
    const tag = this.next();
    const capture = new nodes.Capture(tag.lineno, tag.colno, null);
    const first = this.parseOneFilter(capture);
    const filtered = this.parseFilter(first);
    this.blockEnd(tag);
    capture.body = this.parseUntilBlocks("endfilter");
    this.next();
    this.blockEnd(tag);
    return new nodes.Output(tag.lineno, tag.colno, [filtered]);
  }

  override parseInclude(): IncludeNode {
    const tag = this.next();
    const node = new nodes.Include(tag.lineno, tag.colno, this.parseSingle(), false);
    if (this.skipSymbol("ignore")) {
      if (!this.skipSymbol("missing")) this.failAt(this.peek(), "missing is expected here");
      node.ignoreMissing = true;
    }
    node.withoutContext = this.parseContext() === false;
    this.blockEnd(tag);
    return node;
  }

  override parseImport(): ImportNode {
    const tag = this.next();
    const template = this.parseSingle();
    if (!this.skipSymbol("as")) this.failAt(this.peek(), "as is expected here");
    const target = this.parseName();
    const node = new nodes.Import(tag.lineno, tag.colno, template, target, this.parseContext());
    this.blockEnd(tag);
    return node;
  }

  override parseFrom(): FromImportNode {
    const tag = this.next();
    const template = this.parseSingle();
    if (!this.skipSymbol("import")) this.failAt(this.peek(), "import is expected here");
    const names = this.list(tag);
    let context: boolean | null = null;
    do {
      context = names.children.length > 0 ? this.parseContext() : null;
      if (context !== null) break;
      const name = this.parseName();
      if (name.value.startsWith("_")) {
        this.failAt(tag, `${name.value} cannot be imported: it begins with an underscore`);
      }
      const alias = this.skipSymbol("as") ? this.parseName() : name;
      names.addChild(new nodes.Pair(name.lineno, name.colno, name, alias));
      context = this.parseContext();
    } while (context === null && this.skip(type.TOKEN_COMMA));
    this.blockEnd(tag);
    return new nodes.FromImport(tag.lineno, tag.colno, template, names, context);
  }

  private parseContext(): boolean | null {
    const word = this.peek();
    const isWith = this.skipSymbol("with");
    if (!isWith && !this.skipSymbol("without")) return null;
    if (!this.skipSymbol("context")) this.failAt(word, `context is expected after ${word.value}`);
    return isWith;
  }

  /** A name, or names to unpack into: what `for` and `set` assign to. */
  private parseTarget(mayBeAttribute = false): Node {
    const start = this.peek();
    const targets: Node[] = [];
    let isTuple = false;
    do {
      const ahead = this.peek();
      if (targets.length > 0 && (ahead.value === "in" || ahead.value === "=")) break;
      if (this.skip(type.TOKEN_LEFT_PAREN)) {
        targets.push(this.parseTarget());
        this.expect(type.TOKEN_RIGHT_PAREN);
      } else targets.push(this.parseName());
      if (this.peek().type === type.TOKEN_COMMA) isTuple = true;
    } while (this.skip(type.TOKEN_COMMA));
    const after = this.peek();
    if (after.value === "." && after.type === type.TOKEN_OPERATOR) {
      const [only] = targets;
      if (!mayBeAttribute || isTuple || !(only instanceof nodes.Symbol)) {
        this.failAt(after, "an attribute cannot be set here");
      }
      this.next();
      const attribute = this.expect(type.TOKEN_SYMBOL);
      const name = new nodes.Literal(attribute.lineno, attribute.colno, attribute.value);
      return new nodes.Attribute(start.lineno, start.colno, only, name);
    }
    if (!isTuple) return targets[0] as Node;
    return new nodes.Tuple(start.lineno, start.colno, targets);
  }

  private parseName(): SymbolNode {
    const token = this.expect(type.TOKEN_SYMBOL);
    if (constants.has(token.value)) this.failAt(token, `${token.value} cannot be assigned to`);
    return this.symbol(token, token.value);
  }

  private parseParameters(): ListNode {
    const start = this.expect(type.TOKEN_LEFT_PAREN);
    const parameters = this.list(start);
    const defaults = new nodes.KeywordArgs(start.lineno, start.colno, []);
    while (!this.skip(type.TOKEN_RIGHT_PAREN)) {
      if (parameters.children.length + defaults.children.length > 0) {
        this.expect(type.TOKEN_COMMA);
      }
      const name = this.parseName();
      if (this.skipValue(type.TOKEN_OPERATOR, "=")) {
        const pair = new nodes.Pair(name.lineno, name.colno, name, this.parseSingle());
        defaults.addChild(pair);
      } else if (defaults.children.length > 0) {
        this.failAt(start, `the parameter ${name.value} follows one with a default and has none`);
      } else parameters.addChild(name);
    }
    if (defaults.children.length > 0) parameters.addChild(defaults);
    return parameters;
  }
}
