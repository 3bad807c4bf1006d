/** Values in INI inventories: Python literals, or else the text as it stands. */
import { Float, Tuple } from "../render/jinja/index.js";

/** The value of a Python literal; any other text is itself, as in Ansible. */
export function parseLiteral(text: string): unknown {
  try {
    return new Literal(text.replace(/^[ \t]+/, "")).whole();
  } catch (error) {
    if (error instanceof NoLiteral) return text;
    throw error;
  }
}

class NoLiteral extends Error {}

function unsupported(what: string): Error {
  return new Error(`this is ${what} to Python, and that is not supported. Quote the value twice`);
}

const numberPattern =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.?)(?:[eE][-+]?\d(?:_?\d)*)?/y;
const stringPattern =
  /([a-zA-Z]{0,2})("""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')/y;

class Literal {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#list("");
    this.#space();
    if (this.#at < this.#text.length) throw new NoLiteral();
    return value;
  }

  /** One value, or a tuple where commas follow. */
  #list(close: string): unknown {
    const first = this.#value();
    if (!this.#take(",")) return first;
    const items = [first];
    while (!this.#ends(close)) {
      items.push(this.#value());
      if (!this.#take(",")) break;
    }
    return tupleOf(items);
  }

  #ends(close: string): boolean {
    this.#space();
    return close === "" ? this.#at >= this.#text.length : this.#text.startsWith(close, this.#at);
  }

  #value(): unknown {
    this.#space();
    const character = this.#text[this.#at] ?? "";
    if (this.#take("[")) {
      const items: unknown[] = [];
      while (!this.#take("]")) {
        items.push(this.#value());
        if (!this.#take(",") && !this.#ends("]")) throw new NoLiteral();
      }
      return items;
    }
    if (this.#take("(")) {
      if (this.#take(")")) return tupleOf([]);
      const value = this.#list(")");
      if (!this.#take(")")) throw new NoLiteral();
      return value;
    }
    if (this.#take("{")) return this.#dict();
    if (character === "-" || character === "+") {
      this.#at++;
      this.#space();
      const value = this.#number();
      return character === "-" ? negative(value) : value;
    }
    if (/[\d.]/.test(character)) return this.#number();
    const text = this.#strings();
    if (text !== undefined) return text;
    for (const [name, value] of [
      ["True", true],
      ["False", false],
      ["None", null],
    ] as const) {
      if (new RegExp(`^${name}(?![\\w])`).test(this.#text.slice(this.#at))) {
        this.#at += name.length;
        return value;
      }
    }
    throw new NoLiteral();
  }

  #dict(): Map<unknown, unknown> {
    const dict = new Map<unknown, unknown>();
    while (!this.#take("}")) {
      const key = this.#value();
      if (this.#ends(",") || this.#ends("}")) throw unsupported("a set");
      if (!this.#take(":")) throw new NoLiteral();
      dict.set(key, this.#value());
      if (!this.#take(",") && !this.#ends("}")) throw new NoLiteral();
    }
    return dict;
  }

  #number(): number | bigint | Float {
    const text = this.#match(numberPattern)?.[0];
    if (this.#match(/[jJ](?![\w.])/y)) throw unsupported("a complex number");
    if (text === undefined || /[\w.]/.test(this.#text[this.#at] ?? "")) throw new NoLiteral();
    const digits = text.replaceAll("_", "");
    if (/^0[xob]/i.test(digits) || /^\d+$/.test(digits)) {
      if (/^0+[1-9]/.test(digits)) throw new NoLiteral();
      const value = BigInt(digits);
      return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
    }
    return new Float(Number(digits));
  }

  /** Strings that stand next to each other are one. */
  #strings(): string | undefined {
    let whole: string | undefined;
    for (;;) {
      this.#space();
      const match = this.#match(stringPattern);
      if (!match) return whole;
      const prefix = (match[1] ?? "").toLowerCase();
      if (["b", "br", "rb"].includes(prefix)) throw unsupported("bytes");
      if (!["", "r", "u"].includes(prefix)) throw new NoLiteral();
      const quoted = match[2] as string;
      const width = /^("""|''')/.test(quoted) ? 3 : 1;
      const inner = quoted.slice(width, -width);
      whole = (whole ?? "") + (prefix === "r" ? inner : unescaped(inner));
    }
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match) this.#at += match[0].length;
    return match;
  }

  #take(token: string): boolean {
    this.#space();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #space(): void {
    this.#match(/[ \t\f]*(?:#.*)?/y);
  }
}

function tupleOf(items: readonly unknown[]): Tuple {
  const result = new Tuple();
  for (const item of items) result.push(item as never);
  return result;
}

function negative(value: number | bigint | Float): number | bigint | Float {
  if (value instanceof Float) return new Float(-value.value);
  return value === 0 ? 0 : -value;
}

const simple: Readonly<Record<string, string>> = {
  "\n": "",
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (all, x, u, long, octal, other) => {
      const hex = x ?? u ?? long;
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (/[xuUN]/.test(other)) throw new NoLiteral();
      return simple[other] ?? all;
    },
  );
}
