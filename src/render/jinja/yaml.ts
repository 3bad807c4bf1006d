/**
 * YAML in the layout of libyaml, by which PyYAML's `yaml.dump` writes in Ansible, for `to_yaml` and
 * `to_nice_yaml`.
 */
import { article, characters, order, repr, typeName } from "./python.js";
import { Dict, defined, Fault, Float, unsupported, type Value } from "./values.js";

export interface YamlStyle {
  readonly indent: number;
  readonly width: number;
  readonly sortKeys: boolean;
  readonly explicitStart: boolean;
  /** Collections on one line: all, none, or (null) those that hold nothing but scalars. */
  readonly flow: boolean | null;
}

export function writeYaml(value: Value, style: YamlStyle): string {
  return new Emitter(style).run(defined(value));
}

/** What surrounds a node that is being written. */
type Context = "root" | "sequence" | "mapping" | "key";

const breaks = "\r\n\x85\u2028\u2029";
const blanks = `\0 \t${breaks}`;
const isOneOf = (chars: string, char: string | undefined) =>
  char !== undefined && chars.includes(char);

class Emitter {
  readonly #style: YamlStyle;
  readonly #bestIndent: number;
  readonly #bestWidth: number;
  #out = "";
  #indent = -1;
  #flowLevel = 0;
  #column = 0;
  /** Whether the last character is a space, and whether it belongs to the indentation. */
  #whitespace = true;
  #indention = true;
  readonly #seen = new Set<Value>();

  constructor(style: YamlStyle) {
    this.#style = style;
    this.#bestIndent = style.indent > 1 && style.indent < 10 ? style.indent : 2;
    this.#bestWidth = style.width > this.#bestIndent * 2 ? style.width : 80;
  }

  run(value: Value): string {
    if (this.#style.explicitStart) {
      this.#writeIndent();
      this.#indicator("---", true);
    }
    this.#node(value, "root");
    this.#writeIndent();
    return this.#out;
  }

  #node(value: Value, context: Context): void {
    if (Array.isArray(value)) {
      this.#once(value);
      if (this.#flowLevel > 0 || value.length === 0 || this.#isFlow(value)) {
        this.#flowSequence(value);
      } else this.#blockSequence(value, context);
    } else if (value instanceof Dict) {
      this.#once(value);
      const entries = this.#entries(value);
      if (this.#flowLevel > 0 || entries.length === 0 || this.#isFlow(entries.flat())) {
        this.#flowMapping(entries);
      } else this.#blockMapping(entries);
    } else this.#scalar(value, context);
  }

  /** PyYAML would write a second mention of the same list or dict as an alias. */
  #once(value: Value[] | Dict): void {
    if (this.#seen.has(value)) throw unsupported("the same list or dict twice in one YAML text");
    this.#seen.add(value);
  }

  #isFlow(parts: readonly Value[]): boolean {
    const { flow } = this.#style;
    return flow ?? parts.every((part) => !Array.isArray(part) && !(part instanceof Dict));
  }

  #entries(dict: Dict): [Value, Value][] {
    const entries = dict.entries();
    for (const [, value] of entries) defined(value);
    if (!this.#style.sortKeys) return entries;
    try {
      return [...entries].sort(([a], [b]) => order(a, b));
    } catch (error) {
      // Keys that cannot be compared stay in their order, as in PyYAML.
      if (error instanceof Fault) return entries;
      throw error;
    }
  }

  #nested(flow: boolean, indentless: boolean, write: () => void): void {
    const before = this.#indent;
    if (before < 0) this.#indent = flow ? this.#bestIndent : 0;
    else if (!indentless) this.#indent += this.#bestIndent;
    write();
    this.#indent = before;
  }

  #flowSequence(items: readonly Value[]): void {
    this.#indicator("[", true, true);
    this.#flowLevel++;
    this.#nested(true, false, () => {
      for (const [index, item] of items.entries()) {
        if (index > 0) this.#indicator(",", false);
        if (this.#column > this.#bestWidth) this.#writeIndent();
        this.#node(defined(item), "sequence");
      }
    });
    this.#flowLevel--;
    this.#indicator("]", false);
  }

  #flowMapping(entries: readonly [Value, Value][]): void {
    this.#indicator("{", true, true);
    this.#flowLevel++;
    this.#nested(true, false, () => {
      for (const [index, [key, value]] of entries.entries()) {
        if (index > 0) this.#indicator(",", false);
        if (this.#column > this.#bestWidth) this.#writeIndent();
        this.#key(key);
        this.#indicator(":", false);
        this.#node(value, "mapping");
      }
    });
    this.#flowLevel--;
    this.#indicator("}", false);
  }

  #blockSequence(items: readonly Value[], context: Context): void {
    this.#nested(false, context === "mapping" && !this.#indention, () => {
      for (const item of items) {
        this.#writeIndent();
        this.#indicator("-", true, false, true);
        this.#node(defined(item), "sequence");
      }
    });
  }

  #blockMapping(entries: readonly [Value, Value][]): void {
    this.#nested(false, false, () => {
      for (const [key, value] of entries) {
        this.#writeIndent();
        this.#key(key);
        this.#indicator(":", false);
        this.#node(value, "mapping");
      }
    });
  }

  #key(key: Value): void {
    const text = typeof key === "string" ? key : "";
    if (text.length >= 128 || [...text].some((char) => breaks.includes(char))) {
      throw unsupported("a key of many lines or characters in YAML");
    }
    if (Array.isArray(key)) throw unsupported(`the key ${repr(key)} in YAML`);
    this.#scalar(key, "key");
  }

  #scalar(value: Value, context: Context): void {
    const { text, isString } = scalarText(value);
    this.#nested(true, false, () => {
      const style = this.#scalarStyle(text, isString, context);
      const split = context !== "key";
      if (style === '"') this.#doubleQuoted(characters(text), split);
      else if (style === "'") this.#singleQuoted(characters(text), split);
      else this.#plain(characters(text), split);
    });
  }

  #scalarStyle(text: string, isString: boolean, context: Context): "" | "'" | '"' {
    const analysis = analyze(characters(text));
    const plain = this.#flowLevel > 0 ? analysis.flowPlain : analysis.blockPlain;
    if (plain && (!isString || !looksLikeOther(text))) return "";
    return analysis.singleQuoted && !(context === "key" && analysis.multiline) ? "'" : '"';
  }

  // Writing

  #write(text: string): void {
    this.#out += text;
    this.#column += characters(text).length;
  }

  #indicator(text: string, needsSpace: boolean, whitespace = false, indention = false): void {
    this.#write(needsSpace && !this.#whitespace ? ` ${text}` : text);
    this.#whitespace = whitespace;
    this.#indention = this.#indention && indention;
  }

  #writeIndent(): void {
    const indent = Math.max(0, this.#indent);
    const isPast = this.#column > indent || (this.#column === indent && !this.#whitespace);
    if (!this.#indention || isPast) this.#lineBreak();
    if (this.#column < indent) this.#write(" ".repeat(indent - this.#column));
    this.#whitespace = true;
    this.#indention = true;
  }

  #lineBreak(char = "\n"): void {
    this.#out += char;
    this.#column = 0;
  }

  /** Folds the line instead of writing the space at `index`, if that is a place to fold at. */
  #fold(text: readonly string[], index: number): boolean {
    const single = text[index - 1] !== " " && text[index + 1] !== " ";
    if (!single || this.#column <= this.#bestWidth) return false;
    this.#writeIndent();
    return true;
  }

  #plain(text: readonly string[], split: boolean): void {
    if (!this.#whitespace && (text.length > 0 || this.#flowLevel > 0)) this.#write(" ");
    for (const [index, char] of text.entries()) {
      if (char === " " && split && this.#fold(text, index)) continue;
      this.#write(char);
      if (char !== " ") this.#indention = false;
    }
    this.#whitespace = false;
    this.#indention = false;
  }

  #singleQuoted(text: readonly string[], split: boolean): void {
    this.#indicator("'", true);
    let afterBreak = false;
    for (const [index, char] of text.entries()) {
      if (char === " ") {
        const isInner = index > 0 && index < text.length - 1;
        if (!(split && isInner && this.#fold(text, index))) this.#write(char);
      } else if (breaks.includes(char)) {
        if (!afterBreak && char === "\n") this.#lineBreak();
        this.#lineBreak(char);
        this.#indention = true;
        afterBreak = true;
      } else {
        if (afterBreak) this.#writeIndent();
        this.#write(char === "'" ? "''" : char);
        this.#indention = false;
        afterBreak = false;
      }
    }
    if (afterBreak) this.#writeIndent();
    this.#indicator("'", false);
    this.#whitespace = false;
    this.#indention = false;
  }

  #doubleQuoted(text: readonly string[], split: boolean): void {
    this.#indicator('"', true);
    for (const [index, char] of text.entries()) {
      const isInner = index > 0 && index < text.length - 1;
      const isFirstSpace = char === " " && text[index - 1] !== " ";
      if (isFirstSpace && isInner && split && this.#column > this.#bestWidth) {
        this.#writeIndent();
        if (text[index + 1] === " ") this.#write("\\");
      } else this.#write(needsEscape(char) ? escapeOf(char) : char);
    }
    this.#indicator('"', false);
    this.#whitespace = false;
    this.#indention = false;
  }
}

function scalarText(value: Value): { text: string; isString: boolean } {
  const item = defined(value);
  if (typeof item === "string") return { text: item, isString: true };
  if (item === null) return { text: "null", isString: false };
  if (typeof item === "boolean") return { text: String(item), isString: false };
  if (typeof item === "number" || typeof item === "bigint") {
    return { text: item.toString(), isString: false };
  }
  if (item instanceof Float) return { text: floatText(item), isString: false };
  throw new Fault(`${article(typeName(item))} cannot be written as YAML`);
}

function floatText(value: Float): string {
  if (Number.isNaN(value.value)) return ".nan";
  if (!Number.isFinite(value.value)) return value.value < 0 ? "-.inf" : ".inf";
  const text = repr(value);
  return text.includes(".") ? text : text.replace("e", ".0e");
}

/** Texts that, unquoted, YAML 1.1 would read as something other than a string. */
const others = [
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/,
  /^(?:[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$/,
  /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/,
  /^(?:<<|=|~|null|Null|NULL|)$/,
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?$/,
];

function looksLikeOther(text: string): boolean {
  return others.some((pattern) => pattern.test(text));
}

interface Analysis {
  readonly multiline: boolean;
  readonly flowPlain: boolean;
  readonly blockPlain: boolean;
  readonly singleQuoted: boolean;
}

/** Which styles a text can be written in. */
function analyze(text: readonly string[]): Analysis {
  if (text.length === 0) {
    return { multiline: false, flowPlain: false, blockPlain: true, singleQuoted: true };
  }
  const whole = text.join("");
  let blockIndicators = /^(?:---|\.\.\.)/.test(whole);
  let flowIndicators = blockIndicators;
  let special = false;
  for (const [index, char] of text.entries()) {
    const next = text[index + 1];
    const isFollowed = next === undefined || blanks.includes(next);
    const isPreceded = index === 0 || isOneOf(blanks, text[index - 1]);
    if (index === 0 && "#,[]{}&*!|>'\"%@`".includes(char)) blockIndicators = flowIndicators = true;
    if (",?[]{}:".includes(char) && (index > 0 || "?:".includes(char))) flowIndicators = true;
    const isIndicator =
      (char === ":" && isFollowed) ||
      (index === 0 && (char === "?" || char === "-") && isFollowed) ||
      (index > 0 && char === "#" && isPreceded);
    if (isIndicator) blockIndicators = flowIndicators = true;
    if (!isPrintable(char)) special = true;
  }
  const multiline = text.some((char) => breaks.includes(char));
  const edges = [text[0], text.at(-1)].some((char) => isOneOf(` ${breaks}`, char));
  const breakSpace = /[\r\n\x85\u2028\u2029] /.test(whole);
  const spaceBreak = / [\r\n\x85\u2028\u2029]/.test(whole);
  const plain = !edges && !breakSpace && !spaceBreak && !special && !multiline;
  return {
    multiline,
    flowPlain: plain && !flowIndicators,
    blockPlain: plain && !blockIndicators,
    singleQuoted: !breakSpace && !spaceBreak && !special,
  };
}

/** What libyaml takes for printable: nothing beyond the basic plane, for one. */
function isPrintable(char: string): boolean {
  const code = char.codePointAt(0) as number;
  return (
    code === 0x0a ||
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
  );
}

function needsEscape(char: string): boolean {
  return '"\\'.includes(char) || breaks.includes(char) || !isPrintable(char);
}

const escapes: Record<string, string> = {
  "\0": "0",
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\x1b": "e",
  '"': '"',
  "\\": "\\",
  "\x85": "N",
  "\xa0": "_",
  "\u2028": "L",
  "\u2029": "P",
};

function escapeOf(char: string): string {
  const short = escapes[char];
  if (short) return `\\${short}`;
  const hex = (char.codePointAt(0) as number).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
