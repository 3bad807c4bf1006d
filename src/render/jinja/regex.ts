/** Python's regular expressions (`re`), as JavaScript's. */
import { whitespace } from "./python.js";
import { Fault, unsupported } from "./values.js";

export interface Flags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
}

/** The first match in `text`, or the one at its very beginning. */
export function search(
  pattern: string,
  text: string,
  flags: Flags,
  place: "search" | "match" = "search",
): RegExpExecArray | undefined {
  const regex = compile(pattern, flags);
  if (place === "match") return new RegExp(regex.source, `${regex.flags}y`).exec(text) ?? undefined;
  return findAll(pattern, text, flags)[0];
}

/** `re.findall` */
export function findAll(pattern: string, text: string, flags: Flags): RegExpExecArray[] {
  const regex = compile(pattern, flags);
  const matches = text.matchAll(new RegExp(regex.source, `${regex.flags}g`));
  // V8 may find an empty match in the middle of a character beyond U+FFFF.
  return [...matches].filter(({ index }) => !isWithinCharacter(text, index));
}

function isWithinCharacter(text: string, index: number): boolean {
  return index > 0 && (text.codePointAt(index - 1) as number) > 0xffff;
}

/** `re.sub` */
export function substitute(
  pattern: string,
  text: string,
  replacement: string,
  flags: Flags,
): string {
  const expand = template(replacement);
  let result = "";
  let last = 0;
  for (const match of findAll(pattern, text, flags)) {
    result += text.slice(last, match.index) + expand(match);
    last = match.index + match[0].length;
  }
  return result + text.slice(last);
}

/** `re.escape` */
export function escapeRegex(text: string): string {
  return text.replace(/[-()[\]{}?*+|^$\\.&~# \t\n\r\v\f]/g, "\\$&");
}

const compiled = new Map<string, RegExp>();

function compile(pattern: string, flags: Flags): RegExp {
  const key = JSON.stringify([pattern, flags]);
  const known = compiled.get(key);
  if (known) return known;
  const { source, ignoreCase } = new Translation(pattern, flags).run();
  try {
    const regex = new RegExp(source, ignoreCase ? "iu" : "u");
    compiled.set(key, regex);
    return regex;
  } catch (error) {
    throw new Fault(`the regular expression ${pattern} is invalid: ${(error as Error).message}`);
  }
}

const classes: Record<string, string> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: "[\\p{L}\\p{N}_]",
  W: "[^\\p{L}\\p{N}_]",
  s: `[${whitespace}]`,
  S: `[^${whitespace}]`,
};
/** The same within `[…]`, where those that exclude cannot be written so. */
const inClass: Record<string, string> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: "\\p{L}\\p{N}_",
  s: whitespace,
};
const controls: Record<string, string> = {
  n: "\\n",
  t: "\\t",
  r: "\\r",
  f: "\\f",
  v: "\\v",
  a: "\\x07",
};
const word = "[\\p{L}\\p{N}_]";
// Without the flag m, these are the very ends of the text.
const start = "^";
const end = "$";

class Translation {
  readonly #pattern: string;
  #multiline: boolean;
  #ignoreCase: boolean;
  #dotAll = false;
  #at = 0;
  #out = "";

  constructor(pattern: string, flags: Flags) {
    this.#pattern = pattern;
    this.#multiline = flags.multiline ?? false;
    this.#ignoreCase = flags.ignoreCase ?? false;
  }

  run(): { source: string; ignoreCase: boolean } {
    while (this.#at < this.#pattern.length) this.#out += this.#next();
    return { source: this.#out, ignoreCase: this.#ignoreCase };
  }

  /** The next part of the pattern, when it is like `regex`. */
  #take(regex: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(regex.source, "yu");
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#pattern);
    if (!match) return undefined;
    this.#at += match[0].length;
    return match;
  }

  #next(): string {
    if (this.#take(/\\/)) return this.#escape();
    if (this.#take(/\[/)) return this.#class();
    if (this.#take(/\(\?/)) return this.#group();
    if (this.#take(/\^/)) return this.#multiline ? `(?<=\\n|${start})` : start;
    if (this.#take(/\$/)) return this.#multiline ? `(?=\\n|${end})` : `(?=\\n?${end})`;
    if (this.#take(/\./)) return this.#dotAll ? "[\\s\\S]" : "[^\\n]";
    if (this.#take(/(?:[*+?]|\{\d*,?\d*\})\+/)) throw this.#refuse("a possessive quantifier");
    const few = this.#take(/\{,(\d+)\}/);
    if (few) return `{0,${few[1]}}`;
    const repeat = this.#take(/\{\d+(?:,\d*)?\}/);
    if (repeat) return repeat[0];
    const brace = this.#take(/[{}\]]/);
    if (brace) return `\\${brace[0]}`;
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number);
    this.#at += char.length;
    return char;
  }

  #group(): string {
    const named = this.#take(/P<(\w+)>/);
    if (named) return `(?<${named[1]}>`;
    const backreference = this.#take(/P=(\w+)\)/);
    if (backreference) return `\\k<${backreference[1]}>`;
    if (this.#take(/#[^)]*\)/)) return "";
    const flags = this.#take(/([a-zA-Z]+)\)/);
    if (flags) {
      if (this.#at !== flags[0].length + 2) throw this.#refuse("flags past the beginning");
      for (const flag of flags[1] as string) this.#flag(flag);
      return "";
    }
    const plain = this.#take(/:|=|!|<=|<!/);
    if (plain) return `(?${plain[0]}`;
    throw this.#refuse(`(?${this.#pattern.slice(this.#at, this.#at + 1)}…)`);
  }

  #flag(flag: string): void {
    if (flag === "i") this.#ignoreCase = true;
    else if (flag === "m") this.#multiline = true;
    else if (flag === "s") this.#dotAll = true;
    else if (flag !== "u") throw this.#refuse(`the flag ${flag}`);
  }

  #escape(): string {
    if (this.#take(/A/)) return start;
    if (this.#take(/Z/)) return end;
    if (this.#take(/b/)) return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
    if (this.#take(/B/)) return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;
    const kind = this.#take(/[dDwWsS]/);
    if (kind) return classes[kind[0]] as string;
    const group = this.#take(/[1-9]\d?/);
    if (group) return `(?:\\${group[0]})`;
    return this.#character();
  }

  /** An escape that stands for one character. */
  #character(): string {
    const control = this.#take(/[ntrfva]/);
    if (control) return controls[control[0]] as string;
    const hex = this.#take(/x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})/);
    if (hex) return `\\u{${hex[1] ?? hex[2] ?? hex[3]}}`;
    const octal = this.#take(/0[0-7]{0,2}|[1-3][0-7]{2}/);
    if (octal) return `\\u{${Number.parseInt(octal[0], 8).toString(16)}}`;
    if (this.#at >= this.#pattern.length) throw this.#refuse("a backslash at the end");
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number);
    this.#at += char.length;
    if (/[a-zA-Z\d]/.test(char)) throw this.#refuse(`\\${char}`);
    return /[\^$\\.*+?()[\]{}|/-]/.test(char) ? `\\u{${char.charCodeAt(0).toString(16)}}` : char;
  }

  #class(): string {
    let out = this.#take(/\^/) ? "[^" : "[";
    for (let first = true; ; first = false) {
      if (this.#at >= this.#pattern.length) throw this.#refuse("a [ without its ]");
      if (!first && this.#take(/\]/)) return `${out}]`;
      if (this.#take(/\\/)) {
        if (this.#take(/b/)) out += "\\b";
        else {
          const kind = this.#take(/[dDwWsS]/);
          const inside = kind ? inClass[kind[0]] : this.#character();
          if (inside === undefined) throw this.#refuse(`\\${kind?.[0]} within [ ]`);
          out += inside;
        }
        continue;
      }
      const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number);
      this.#at += char.length;
      out += /[\]^[\\]/.test(char) ? `\\${char}` : char;
    }
  }

  #refuse(what: string): Fault {
    return unsupported(`${what} in the regular expression ${this.#pattern}`);
  }
}

/** The replacement of `re.sub`, with `\1`, `\g<1>` and `\g<name>`. */
function template(text: string): (match: RegExpExecArray) => string {
  const parts: (string | ((match: RegExpExecArray) => string))[] = [];
  const token = /\\(?:g<(\w+)>|([1-9]\d?)|([ntrfvab])|(\\)|([a-zA-Z\d])|())|[^\\]+/g;
  for (const found of text.matchAll(token)) {
    const [whole, named, number, control, backslash, letter] = found;
    const group = named ?? number;
    if (group !== undefined) parts.push((match) => groupOf(match, group));
    else if (control !== undefined) parts.push(JSON.parse(`"${jsonControl(control)}"`));
    else if (backslash !== undefined) parts.push("\\");
    else if (letter !== undefined) {
      throw unsupported(`\\${letter} in the replacement of a regular expression`);
    } else parts.push(whole);
  }
  return (match) => parts.map((part) => (typeof part === "string" ? part : part(match))).join("");
}

function jsonControl(letter: string): string {
  if (letter === "v") return "\\u000b";
  return letter === "a" ? "\\u0007" : `\\${letter}`;
}

/** What a group of a match has caught: nothing counts as the empty string. */
export function groupOf(match: RegExpExecArray, group: string): string {
  if (/^\d+$/.test(group)) {
    if (Number(group) < match.length) return match[Number(group)] ?? "";
  } else if (match.groups && Object.hasOwn(match.groups, group)) return match.groups[group] ?? "";
  throw new Fault(`the regular expression has no group ${group}`);
}
