/** Jinja2's expressions, by its own precedence: nunjucks' differs. */
import {
  type CallNode,
  type ListNode,
  type Node,
  nodes,
  Parser,
  type SymbolNode,
  type Token,
  tokenType as type,
} from "./nunjucks.js";

const comparisons = new Set(["==", "!=", "<", "<=", ">", ">="]);
export const constants = new Map<string, boolean | null>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

export class ExpressionParser extends Parser {
  /** Whether `a if b` is taken as an expression: in `for … in … if` it is not. */
  declare private noCondition: boolean | undefined;

  // From what binds least to what binds most.

  /** A whole expression: what nunjucks asks for between `{{` and `}}`, commas included. */
  parseExpression(): Node {
    return this.parseTuple(() => false);
  }

  private parseTuple(isEnd: () => boolean, mayBeEmpty = false): Node {
    const start = this.peek();
    const items: Node[] = [];
    let isTuple = false;
    while (!isEnd() && !this.isTupleEnd(items.length > 0 || mayBeEmpty)) {
      items.push(this.noCondition ? this.parseOr() : this.parseSingle());
      if (!this.skip(type.TOKEN_COMMA)) break;
      isTuple = true;
    }
    if (!isTuple && items[0]) return items[0];
    return new nodes.Tuple(start.lineno, start.colno, items);
  }

  private isTupleEnd(mayEnd: boolean): boolean {
    const ends = [type.TOKEN_VARIABLE_END, type.TOKEN_BLOCK_END, type.TOKEN_RIGHT_PAREN];
    return mayEnd && ends.includes(this.peek().type);
  }

  /** One expression: `a if b else c`, or what is in it. */
  protected parseSingle(): Node {
    let node = this.parseOr();
    for (let token = this.peek(); this.skipSymbol("if"); token = this.peek()) {
      const cond = this.parseOr();
      const otherwise = this.skipSymbol("else") ? this.parseSingle() : null;
      node = new nodes.InlineIf(token.lineno, token.colno, cond, node, otherwise);
    }
    return node;
  }

  private parseOr(): Node {
    let node = this.parseAnd();
    for (let token = this.peek(); this.skipSymbol("or"); token = this.peek()) {
      node = new nodes.Or(token.lineno, token.colno, node, this.parseAnd());
    }
    return node;
  }

  private parseAnd(): Node {
    let node = this.parseNot();
    for (let token = this.peek(); this.skipSymbol("and"); token = this.peek()) {
      node = new nodes.And(token.lineno, token.colno, node, this.parseNot());
    }
    return node;
  }

  private parseNot(): Node {
    const token = this.peek();
    if (!this.skipSymbol("not")) return this.parseComparison();
    return new nodes.Not(token.lineno, token.colno, this.parseNot());
  }

  private parseComparison(): Node {
    const expr = this.parseSum();
    const first = this.peek();
    const ops: Node[] = [];
    for (;;) {
      const token = this.peek();
      const operator = this.skipComparison();
      if (operator === undefined) break;
      const operand = this.parseSum();
      ops.push(new nodes.CompareOperand(token.lineno, token.colno, operand, operator));
    }
    return ops.length > 0 ? new nodes.Compare(first.lineno, first.colno, expr, ops) : expr;
  }

  private skipComparison(): string | undefined {
    const token = this.peek();
    if (token.type === type.TOKEN_OPERATOR && comparisons.has(token.value)) {
      return this.next().value;
    }
    if (this.skipSymbol("in")) return "in";
    if (!this.skipSymbol("not")) return undefined;
    if (!this.skipSymbol("in")) this.failAt(token, "in is expected after not");
    return "not in";
  }

  private parseSum(): Node {
    return this.parseArithmetic(["+", "-"], () => this.parseConcat());
  }

  private parseConcat(): Node {
    let node = this.parseProduct();
    for (let token = this.peek(); this.skip(type.TOKEN_TILDE); token = this.peek()) {
      node = new nodes.Concat(token.lineno, token.colno, node, this.parseProduct());
    }
    return node;
  }

  private parseProduct(): Node {
    return this.parseArithmetic(["*", "/", "//", "%"], () => this.parsePower());
  }

  private parsePower(): Node {
    return this.parseArithmetic(["**"], () => this.parseUnary());
  }

  private parseArithmetic(operators: readonly string[], operand: () => Node): Node {
    let node = operand();
    for (;;) {
      const token = this.peek();
      const operator = operators.find((one) => this.skipValue(type.TOKEN_OPERATOR, one));
      if (operator === undefined) return node;
      node = new nodes.Arithmetic(token.lineno, token.colno, operator, node, operand());
    }
  }

  private parseUnary(withFilters = true): Node {
    const token = this.peek();
    let node: Node;
    if (this.skipValue(type.TOKEN_OPERATOR, "-")) {
      node = new nodes.Neg(token.lineno, token.colno, this.parseUnary(false));
    } else if (this.skipValue(type.TOKEN_OPERATOR, "+")) {
      node = new nodes.Pos(token.lineno, token.colno, this.parseUnary(false));
    } else node = this.parsePrimary();
    node = this.parsePostfix(node);
    return withFilters ? this.parseFilter(node) : node;
  }

  private parsePrimary(): Node {
    const token = this.next();
    switch (token.type) {
      case type.TOKEN_SYMBOL:
        return constants.has(token.value)
          ? new nodes.Literal(token.lineno, token.colno, constants.get(token.value))
          : this.symbol(token, token.value);
      case type.TOKEN_STRING: {
        let text: string = token.value;
        while (this.peek().type === type.TOKEN_STRING) text += this.next().value;
        return new nodes.Literal(token.lineno, token.colno, text);
      }
      case type.TOKEN_INT:
      case type.TOKEN_FLOAT:
        return new nodes.Literal(token.lineno, token.colno, token.value);
      case type.TOKEN_LEFT_PAREN: {
        const node = this.withCondition(() => this.parseTuple(() => false, true));
        this.expect(type.TOKEN_RIGHT_PAREN);
        return node;
      }
      case type.TOKEN_LEFT_BRACKET:
        return this.withCondition(() => this.parseList(token));
      case type.TOKEN_LEFT_CURLY:
        return this.withCondition(() => this.parseDict(token));
      default:
        return this.unexpected(token);
    }
  }

  private parseList(start: Token): Node {
    const items: Node[] = [];
    while (!this.skip(type.TOKEN_RIGHT_BRACKET)) {
      if (items.length > 0) {
        this.expect(type.TOKEN_COMMA);
        if (this.skip(type.TOKEN_RIGHT_BRACKET)) break;
      }
      items.push(this.parseSingle());
    }
    return new nodes.List(start.lineno, start.colno, items);
  }

  private parseDict(start: Token): Node {
    const pairs: Node[] = [];
    while (!this.skip(type.TOKEN_RIGHT_CURLY)) {
      if (pairs.length > 0) {
        this.expect(type.TOKEN_COMMA);
        if (this.skip(type.TOKEN_RIGHT_CURLY)) break;
      }
      const key = this.parseSingle();
      this.expect(type.TOKEN_COLON);
      pairs.push(new nodes.Pair(key.lineno, key.colno, key, this.parseSingle()));
    }
    return new nodes.Dict(start.lineno, start.colno, pairs);
  }

  private parsePostfix(node: Node): Node {
    for (;;) {
      const token = this.peek();
      if (this.skipValue(type.TOKEN_OPERATOR, ".")) node = this.parseAttribute(node, token);
      else if (this.skip(type.TOKEN_LEFT_BRACKET)) node = this.parseSubscript(node, token);
      else if (token.type === type.TOKEN_LEFT_PAREN) node = this.parseCallOf(node);
      else return node;
    }
  }

  private parseAttribute(target: Node, dot: Token): Node {
    const name = this.next();
    const key = new nodes.Literal(name.lineno, name.colno, name.value);
    if (name.type === type.TOKEN_SYMBOL) {
      return new nodes.Attribute(dot.lineno, name.colno, target, key);
    }
    if (name.type !== type.TOKEN_INT) this.failAt(name, "a name is expected after the dot");
    return new nodes.Item(dot.lineno, name.colno, target, key);
  }

  private parseSubscript(target: Node, bracket: Token): Node {
    const keys: Node[] = [];
    this.withCondition(() => {
      do {
        if (keys.length > 0 && this.peek().type === type.TOKEN_RIGHT_BRACKET) break;
        keys.push(this.parseIndex());
      } while (this.skip(type.TOKEN_COMMA));
      return keys;
    });
    this.expect(type.TOKEN_RIGHT_BRACKET);
    const [key] = keys;
    const index = keys.length === 1 ? key : new nodes.Tuple(bracket.lineno, bracket.colno, keys);
    return new nodes.Item(bracket.lineno, bracket.colno, target, index);
  }

  private parseIndex(): Node {
    const token = this.peek();
    const isEnd = () =>
      [type.TOKEN_RIGHT_BRACKET, type.TOKEN_COMMA, type.TOKEN_COLON].includes(this.peek().type);
    const start = isEnd() ? null : this.parseSingle();
    if (!this.skip(type.TOKEN_COLON)) return start ?? this.unexpected(token);
    const stop = isEnd() ? null : this.parseSingle();
    const step = this.skip(type.TOKEN_COLON) && !isEnd() ? this.parseSingle() : null;
    return new nodes.Slice(token.lineno, token.colno, start, stop, step);
  }

  private parseCallOf(target: Node): Node {
    const token = this.peek();
    return new nodes.FunCall(token.lineno, token.colno, target, this.parseArguments());
  }

  private parseArguments(): ListNode {
    const start = this.expect(type.TOKEN_LEFT_PAREN);
    return this.withCondition(() => {
      const args = this.list(start);
      const keywords = new nodes.KeywordArgs(start.lineno, start.colno, []);
      let first = true;
      const spread = { "*": false, "**": false };
      while (!this.skip(type.TOKEN_RIGHT_PAREN)) {
        if (!first) {
          this.expect(type.TOKEN_COMMA);
          if (this.skip(type.TOKEN_RIGHT_PAREN)) break;
        }
        first = false;
        const token = this.peek();
        if (token.type === type.TOKEN_OPERATOR && (token.value === "*" || token.value === "**")) {
          const stars: "*" | "**" = this.next().value;
          if (spread[stars] || spread["**"]) this.failAt(token, `${stars} cannot stand here`);
          spread[stars] = true;
          const node = new nodes.Spread(token.lineno, token.colno, this.parseSingle());
          (stars === "*" ? args : keywords).addChild(node);
          continue;
        }
        if (spread["**"]) this.failAt(token, "nothing can follow ** in a call");
        const arg = this.parseSingle();
        if (arg instanceof nodes.Symbol && this.skipValue(type.TOKEN_OPERATOR, "=")) {
          const value = this.parseSingle();
          keywords.addChild(new nodes.Pair(arg.lineno, arg.colno, arg, value));
        } else if (keywords.children.length > 0 || spread["*"]) {
          this.failAt(token, "an argument without a name follows one with a name");
        } else args.addChild(arg);
      }
      if (keywords.children.length > 0) args.addChild(keywords);
      return args;
    });
  }

  /** Filters and tests, which bind as tightly as attributes. */
  protected parseFilter(target: Node): Node {
    let node = target;
    for (;;) {
      if (this.skip(type.TOKEN_PIPE)) node = this.parseOneFilter(node);
      else if (this.skipSymbol("is")) node = this.parseTest(node);
      else if (this.peek().type === type.TOKEN_LEFT_PAREN) node = this.parseCallOf(node);
      else return node;
    }
  }

  protected parseOneFilter(target: Node): CallNode {
    const name = this.parseDottedName();
    const hasArguments = this.peek().type === type.TOKEN_LEFT_PAREN;
    const args = hasArguments ? this.parseArguments() : this.list(this.peek());
    args.children.unshift(target);
    return new nodes.Filter(name.lineno, name.colno, name, args);
  }

  private parseTest(target: Node): Node {
    const token = this.peek();
    const negated = this.skipSymbol("not");
    const name = this.parseDottedName();
    const args = this.parseTestArguments();
    args.children.unshift(target);
    const node = new nodes.Test(name.lineno, name.colno, name, args);
    return negated ? new nodes.Not(token.lineno, token.colno, node) : node;
  }

  private parseTestArguments(): ListNode {
    const token = this.peek();
    if (token.type === type.TOKEN_LEFT_PAREN) return this.parseArguments();
    const begins = [
      type.TOKEN_SYMBOL,
      type.TOKEN_STRING,
      type.TOKEN_INT,
      type.TOKEN_FLOAT,
      type.TOKEN_LEFT_BRACKET,
      type.TOKEN_LEFT_CURLY,
    ];
    const args = this.list(token);
    const isWord = token.type === type.TOKEN_SYMBOL;
    if (!begins.includes(token.type)) return args;
    if (isWord && ["else", "or", "and"].includes(token.value)) return args;
    if (isWord && token.value === "is") this.failAt(token, "tests cannot be chained with is");
    args.addChild(this.parsePostfix(this.parsePrimary()));
    return args;
  }

  private parseDottedName(): SymbolNode {
    const token = this.expect(type.TOKEN_SYMBOL);
    let name: string = token.value;
    while (this.skipValue(type.TOKEN_OPERATOR, ".")) {
      name += `.${this.expect(type.TOKEN_SYMBOL).value}`;
    }
    return this.symbol(token, name);
  }

  // Helpers

  protected withoutCondition<T>(parse: () => T): T {
    return this.setCondition(true, parse);
  }

  protected withCondition<T>(parse: () => T): T {
    return this.setCondition(false, parse);
  }

  protected setCondition<T>(noCondition: boolean, parse: () => T): T {
    const before = this.noCondition;
    this.noCondition = noCondition;
    const result = parse();
    this.noCondition = before;
    return result;
  }

  protected symbol(token: { lineno: number; colno: number }, name: string): SymbolNode {
    return new nodes.Symbol(token.lineno, token.colno, name);
  }

  protected list(token: Token): ListNode {
    return new nodes.NodeList(token.lineno, token.colno, []);
  }

  /** The token ahead. Within a tag there is always one: the lexer sees that tags end. */
  protected peek(): Token {
    return this.peekToken() as Token;
  }

  protected next(): Token {
    return this.nextToken() as Token;
  }

  override expect(expected: string): Token {
    const token = this.next();
    if (token.type !== expected) {
      this.failAt(token, `${describe(expected)} is expected here, not ${shown(token)}`);
    }
    return token;
  }

  protected blockEnd(tag: Token): void {
    const token = this.next();
    if (token.type !== type.TOKEN_BLOCK_END) {
      this.failAt(token, `%} is expected here, at the end of ${tag.value}, not ${shown(token)}`);
    }
  }

  override advanceAfterVariableEnd(): void {
    const token = this.next();
    if (token.type !== type.TOKEN_VARIABLE_END) {
      this.failAt(token, `}} or an operator is expected here, not ${shown(token)}`);
    }
  }

  override advanceAfterBlockEnd(name?: string): Token {
    const token = this.peek();
    this.blockEnd({ ...token, value: name ?? "the tag" });
    return token;
  }

  protected unexpected(token: Token): never {
    return this.failAt(token, `an expression is expected here, not ${shown(token)}`);
  }

  protected failAt(token: Token, message: string): never {
    return this.fail(message, token.lineno, token.colno);
  }
}

function shown(token: Token): string {
  return token.type === type.TOKEN_STRING ? `"${token.value}"` : String(token.value);
}

function describe(expected: string): string {
  switch (expected) {
    case type.TOKEN_SYMBOL:
      return "a name";
    case type.TOKEN_LEFT_PAREN:
      return "(";
    case type.TOKEN_RIGHT_PAREN:
      return ")";
    case type.TOKEN_RIGHT_BRACKET:
      return "]";
    case type.TOKEN_COMMA:
      return ",";
    case type.TOKEN_COLON:
      return ":";
    default:
      return expected;
  }
}
