/** Jinja2's lexical rules (jinja2/lexer.py) as a token source for nunjucks' parser. */
import { type Token, type TokenSource, tokenType as type } from "./nunjucks.js";
import { int, whitespace } from "./python.js";
import { Fault, Float, type Position, type Source } from "./values.js";

export interface LexerOptions {
  readonly trimBlocks: boolean;
  readonly lstripBlocks: boolean;
  /**
   * Whether a backslash in a string within `{{ }}` is just a backslash. So it is in variables,
   * where YAML has dealt with escapes already, and not in template files.
   */
  readonly literalBackslashes: boolean;
}

const space = `[${whitespace}]`;
const spaces = new RegExp(`${space}+`, "y");
const trailingSpaces = new RegExp(`${space}+$`);

const opening = new RegExp(
  `\\{%(?<raw>[-+]?)${space}*raw${space}*(?:-%\\}${space}*|%\\})|(?<tag>\\{%|\\{\\{|\\{#)(?<sign>[-+]?)`,
  "g",
);
const endRaw = (newline: string) =>
  new RegExp(`\\{%([-+]?)${space}*endraw${space}*(?:\\+%\\}|-%\\}${space}*|%\\}${newline})`, "g");
const endComment = (newline: string) => new RegExp(`\\+#\\}|-#\\}${space}*|#\\}${newline}`, "g");
const endBlock = (newline: string) => new RegExp(`\\+%\\}|-%\\}${space}*|%\\}${newline}`, "y");
const endVariable = new RegExp(`-\\}\\}${space}*|\\}\\}`, "y");

const float = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const identifier = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const string = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const operator = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}<>=.:|,;]/y;

const punctuation: Record<string, string> = {
  "(": type.TOKEN_LEFT_PAREN,
  ")": type.TOKEN_RIGHT_PAREN,
  "[": type.TOKEN_LEFT_BRACKET,
  "]": type.TOKEN_RIGHT_BRACKET,
  "{": type.TOKEN_LEFT_CURLY,
  "}": type.TOKEN_RIGHT_CURLY,
  ",": type.TOKEN_COMMA,
  ":": type.TOKEN_COLON,
  "~": type.TOKEN_TILDE,
  "|": type.TOKEN_PIPE,
};
const closing: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

export class Tokens implements TokenSource {
  readonly tags = { VARIABLE_START: "{{", VARIABLE_END: "}}" };
  readonly #tokens: Token[];
  #next = 0;

  constructor(source: Source, options: LexerOptions) {
    this.#tokens = [...new Lexer(source, options).run()];
  }

  nextToken(): Token | null {
    return this.#tokens[this.#next++] ?? null;
  }
}

class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #options: LexerOptions;
  readonly #lines: number[] = [0];
  readonly #newline: string;
  #at = 0;

  constructor(source: Source, options: LexerOptions) {
    this.#source = source;
    this.#text = source.text;
    this.#options = options;
    this.#newline = options.trimBlocks ? "\\n?" : "";
    for (let i = this.#text.indexOf("\n"); i >= 0; i = this.#text.indexOf("\n", i + 1)) {
      this.#lines.push(i + 1);
    }
  }

  *run(): Generator<Token> {
    const text = this.#text;
    // As Jinja2, without one newline at the end: whoever renders puts it back.
    const end = text.endsWith("\n") ? text.length - 1 : text.length;
    this.#at = this.#header();
    while (this.#at < end) {
      opening.lastIndex = this.#at;
      const match = opening.exec(text);
      if (!match || match.index >= end) {
        yield this.#token(type.TOKEN_DATA, text.slice(this.#at, end), this.#at);
        return;
      }
      const { raw, tag, sign } = match.groups as { raw?: string; tag?: string; sign?: string };
      yield* this.#data(this.#at, match.index, raw ?? sign ?? "", tag !== "{{");
      this.#at = opening.lastIndex;
      if (tag === undefined) yield* this.#raw(match.index);
      else if (tag === "{#") this.#comment(match.index);
      else yield* this.#code(match.index, tag);
    }
  }

  /** Skips `#jinja2: …`, the first line in which a file sets its own options. */
  #header(): number {
    return this.#source.kind !== "included" && this.#text.startsWith(headerMark)
      ? this.#text.indexOf("\n") + 1 || this.#text.length
      : 0;
  }

  *#data(start: number, end: number, sign: string, isBlock: boolean): Generator<Token> {
    let data = this.#text.slice(start, end);
    if (sign === "-") data = data.replace(trailingSpaces, "");
    else if (sign !== "+" && isBlock && this.#options.lstripBlocks) {
      const lineStart = data.lastIndexOf("\n") + 1;
      const startsLine = lineStart > 0 || start === 0 || this.#text[start - 1] === "\n";
      if (startsLine && data.slice(lineStart).trim() === "") data = data.slice(0, lineStart);
    }
    if (data) yield this.#token(type.TOKEN_DATA, data, start);
  }

  *#raw(start: number): Generator<Token> {
    const end = endRaw(this.#newline);
    end.lastIndex = this.#at;
    const match = end.exec(this.#text);
    if (!match) throw this.#fault("this raw block has no {% endraw %}", start);
    yield* this.#data(this.#at, match.index, match[1] ?? "", true);
    this.#at = end.lastIndex;
  }

  #comment(start: number): void {
    const end = endComment(this.#newline);
    end.lastIndex = this.#at;
    if (!end.test(this.#text)) {
      throw this.#fault(
        "this comment has no #}",
        start,
        "Shell text such as a length ($ and {#) goes in {% raw %}…{% endraw %}",
      );
    }
    this.#at = end.lastIndex;
  }

  *#code(start: number, tag: string): Generator<Token> {
    const isBlock = tag === "{%";
    yield this.#token(isBlock ? type.TOKEN_BLOCK_START : type.TOKEN_VARIABLE_START, tag, start);
    const end = isBlock ? endBlock(this.#newline) : endVariable;
    const open: { bracket: string; at: number }[] = [];
    for (;;) {
      this.#match(spaces);
      const at = this.#at;
      if (open.length === 0 && this.#match(end) !== undefined) {
        if (isBlock) yield this.#token(type.TOKEN_BLOCK_END, "%}", at);
        else yield this.#token(type.TOKEN_VARIABLE_END, "}}", at);
        return;
      }
      if (at >= this.#text.length) throw this.#unclosed(start, tag, open);
      yield this.#expression(open, tag);
    }
  }

  #expression(open: { bracket: string; at: number }[], tag: string): Token {
    const at = this.#at;
    let text = this.#text[at - 1] === "." ? undefined : this.#match(float);
    if (text !== undefined) {
      return this.#token(type.TOKEN_FLOAT, new Float(Number(text.replaceAll("_", ""))), at);
    }
    text = this.#match(integer);
    if (text !== undefined) {
      return this.#token(type.TOKEN_INT, int(BigInt(text.replaceAll("_", ""))), at);
    }
    text = this.#match(identifier);
    if (text !== undefined) return this.#token(type.TOKEN_SYMBOL, text, at);
    text = this.#match(string);
    if (text !== undefined) return this.#token(type.TOKEN_STRING, this.#string(text, tag, at), at);
    text = this.#match(operator);
    if (text === undefined) {
      const char = String.fromCodePoint(this.#text.codePointAt(at) as number);
      const what = char === "'" || char === '"' ? "this string has no end" : `unexpected ${char}`;
      throw this.#fault(what, at);
    }
    if (text in closing) open.push({ bracket: text, at });
    else if (text === ")" || text === "]" || text === "}") {
      const last = open.pop();
      if (!last) throw this.#fault(`unexpected ${text}`, at);
      const expected = closing[last.bracket];
      if (expected !== text) throw this.#fault(`unexpected ${text} where ${expected} is due`, at);
    }
    return this.#token(punctuation[text] ?? type.TOKEN_OPERATOR, text, at);
  }

  #string(quoted: string, tag: string, at: number): string {
    const body = quoted.slice(1, -1);
    if (tag === "{{" && this.#options.literalBackslashes) return body;
    return decodeEscapes(body, () => this.#fault("this string has an invalid \\ escape", at));
  }

  #unclosed(start: number, tag: string, open: readonly { bracket: string; at: number }[]): Fault {
    const last = open.at(-1);
    if (last) return this.#fault(`this ${last.bracket} is not closed`, last.at);
    return this.#fault(
      `this ${tag} has no ${tag === "{%" ? "%}" : "}}"}`,
      start,
      `If it is meant as text, write {% raw %}${tag}{% endraw %}`,
    );
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return undefined;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #token(type: string, value: unknown, offset: number): Token {
    const { line, column } = this.#position(offset);
    return { type, value, lineno: line, colno: column };
  }

  #position(offset: number): Position {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lines[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { source: this.#source, line: low, column: offset - (this.#lines[low] as number) };
  }

  #fault(cause: string, offset: number, remedy?: string): Fault {
    return new Fault(cause, remedy, this.#position(offset));
  }
}

export const headerMark = "#jinja2:";

const escapes: Record<string, string> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const escapeSequence =
  /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g;

/** Python's `unicode-escape`: an escape that it does not know stays as it is written. */
function decodeEscapes(text: string, invalid: () => Fault): string {
  return text.replace(escapeSequence, (whole, octal, hex2, hex4, hex8, other) => {
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const hex = hex2 ?? hex4 ?? hex8;
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) throw invalid();
      return String.fromCodePoint(code);
    }
    if ("xuUN".includes(other) || other > "\x7f") throw invalid();
    return escapes[other] ?? whole;
  });
}
