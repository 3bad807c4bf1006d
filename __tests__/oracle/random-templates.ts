/** Random templates over the grammar, mostly meaningful: expressions know which type they make. */
import { Dice } from "./dice.js";
import { Expressions } from "./random-expressions.js";

export interface Group {
  readonly group: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
  readonly cases: readonly string[];
}

/** Variables of every type; some hold templates, one of which uses another. */
const variables = {
  n: 7,
  zero: 0,
  neg: -3,
  big: 123456789012,
  f: 2.5,
  whole: 4.5,
  yes_: true,
  no_: false,
  nil: null,
  s: "hello World",
  empty: "",
  lines: "one\n  two\n\nthree\n",
  num: "42",
  odd: 'it\'s "q" & <b> $HOME %h \\n',
  uni: "Grüße – 漢字 😀",
  csv: "a,b,,c",
  xs: [3, 1, 2, 1],
  words: ["beta", "Alpha", "gamma", "alpha"],
  mixed: [1, "two", null, true, 2.5, [3, 4], { k: "v" }],
  none_at_all: [],
  nested: [[1, 2], [3, [4, 5]], []],
  d: { b: 1, a: "x", C: null },
  e: {},
  deep: { one: { two: { three: "deep" }, xs: [1, 2] }, items: "shadow", keys: 3 },
  users: [
    { name: "ada", uid: 3, admin: true },
    { name: "Bob", uid: 1, admin: false },
    { name: "cyd", uid: 2 },
  ],
  t: "t {{ n }}",
  t_int: "{{ n + 1 }}",
  t_list: "{{ xs | sort }}",
  t_dict: { inner: "{{ s | upper }}", plain: "p" },
  t_chain: "[{{ t }}|{{ t_int }}]",
};

const files = {
  "plain.j2": "plain {{ n }}\n",
  "loop.j2": "{% for w in words %}\n- {{ w }}\n{% endfor %}\n",
  "local.j2": "<{{ v | default('unset') }}{{ i | default('') }}>",
  "macros.j2":
    "{% macro pair(a, b='B') %}\n{{ a }}={{ b }}\n{%- endmacro %}\n{% set shared = 'sh' %}\n{% macro up(x) -%} {{ x | upper }} {%- endmacro %}\n",
};

export function randomGroup(seed: number, count: number): Group {
  const dice = new Dice(seed);
  const cases = Array.from({ length: count }, () => new Writer(dice).template());
  return { group: `seed ${seed}`, variables, files, cases };
}

/** How deep blocks nest. */
const DEEPEST = 3;

const TEXTS = [
  ...["", "", " ", "\n", "\n\n", "  \n", "a", "b\n", " c ", "\nd", "\te", "x\n  y", "[Unit]\n"],
  ...["Image=$REG/x:%i\n", "# note\n", "}", "'", '"', "\\", "é"],
] as [string, ...string[]];

class Writer {
  readonly #dice: Dice;
  readonly #expressions: Expressions;
  #depth = 0;
  #macros: string[] = [];
  #fresh = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#expressions = new Expressions(dice);
  }

  template(): string {
    const header = this.#dice.chance(2)
      ? `#jinja2: ${this.#dice.pick(["trim_blocks: False", "lstrip_blocks: True", "lstrip_blocks: True, trim_blocks: False"])}\n`
      : "";
    return header + this.#body(1, 4);
  }

  #body(low: number, high: number): string {
    this.#depth++;
    const parts = this.#dice.times(low, high, () => this.#part());
    this.#depth--;
    return parts.join("");
  }

  /** Text around one thing that does something. */
  #part(): string {
    const text = this.#dice.pick(TEXTS);
    if (this.#depth > DEEPEST || this.#dice.chance(45)) return `${text}${this.#output()}`;
    return text + this.#statement() + this.#dice.pick(TEXTS);
  }

  #output(): string {
    const last = this.#dice.chance(4) ? ` | ${this.#dice.pick(["e", "tojson", "safe"])}` : "";
    const expression = this.#expressions.any();
    const printed = last === "" ? expression : `(${expression})${last}`;
    return `{{${this.#dash(8)} ${printed} ${this.#dash(8)}}}`;
  }

  #statement(): string {
    return this.#dice.oneOf(
      () => this.#if(),
      () => this.#if(),
      () => this.#for(),
      () => this.#for(),
      () => this.#for(),
      () => this.#set(),
      () => this.#set(),
      () => this.#setBlock(),
      () => this.#macro(),
      () => this.#callBlock(),
      () => this.#include(),
      () => this.#import(),
      () => this.#namespace(),
      () => this.#with(),
      () => this.#filterBlock(),
      () => this.#raw(),
      () => this.#comment(),
    );
  }

  #if(): string {
    const condition = () => this.#expressions.condition();
    const otherwise = this.#dice.oneOf(
      () => "",
      () => this.#tag("else") + this.#body(0, 2),
      () => `${this.#tag(`elif ${condition()}`)}${this.#body(0, 2)}`,
      () => `${this.#tag(`elif ${condition()}`)}b${this.#tag("else")}c`,
    );
    return this.#tag(`if ${condition()}`) + this.#body(0, 2) + otherwise + this.#tag("endif");
  }

  #for(): string {
    const [target, over, names] = this.#dice.oneOf<[string, string, Record<string, Kind>]>(
      () => ["i", `(${this.#expressions.of("list")})[:4]`, { i: "any" }],
      () => ["i", this.#expressions.of("list"), { i: "any" }],
      () => ["i", `range(${this.#dice.int(0, 4)})`, { i: "int" }],
      () => ["k, v", `${this.#expressions.of("dict")}.items()`, { k: "str", v: "any" }],
      () => ["k, v", `${this.#expressions.of("dict")} | dictsort`, { k: "str", v: "any" }],
      () => ["u", "users", { u: "dict" }],
      () => ["c", `(${this.#expressions.of("str")})[:3]`, { c: "str" }],
    );
    const name = Object.keys(names)[0] as string;
    const loop = this.#expressions.within(names, () => {
      const filter = this.#dice.chance(20)
        ? ` if ${this.#dice.pick([`${name} is string`, `${name}`, `not ${name}`, `${name} != 1`])}`
        : "";
      const inside = this.#expressions.inLoop(() => {
        const early = this.#dice.chance(4)
          ? this.#tag(`if loop.index == 2`) +
            this.#tag(this.#dice.pick(["break", "continue"])) +
            this.#tag("endif")
          : "";
        return early + this.#body(1, 3);
      });
      return this.#tag(`for ${target} in ${over}${filter}`) + inside;
    });
    // Where the loop has no names: 2.19 does not say what is wrong with what nobody uses.
    const otherwise = this.#dice.chance(15) ? this.#tag("else") + this.#body(0, 1) : "";
    return loop + otherwise + this.#tag("endfor");
  }

  #set(): string {
    const kind = this.#expressions.kind();
    const value = this.#expressions.of(kind);
    const name = this.#dice.pick(["v", "w", "n", "acc"]);
    if (this.#dice.chance(10)) {
      const pair = `${value}, ${this.#expressions.of("int")}`;
      this.#expressions.know("v", kind);
      this.#expressions.know("w", "int");
      return this.#tag(`set v, w = ${pair}`);
    }
    this.#expressions.know(name, kind);
    return this.#tag(`set ${name} = ${value}`);
  }

  #setBlock(): string {
    const filter = this.#dice.chance(30)
      ? ` | ${this.#dice.pick(["upper", "trim", "replace('a', 'A')"])}`
      : "";
    const text = this.#tag(`set v${filter}`) + this.#body(1, 2) + this.#tag("endset");
    this.#expressions.know("v", "str");
    return text;
  }

  #macro(): string {
    const name = `m${this.#fresh++}`;
    const inside = this.#expressions.within({ p: "any", q: "any" }, () => this.#body(1, 2));
    const extra = this.#dice.oneOf(
      () => "",
      () => "",
      () => "{{ varargs }}",
      () => "{{ kwargs | dictsort }}",
      () => "{{ caller() if caller is defined else 'no caller' }}",
    );
    this.#macros.push(name);
    const byDefault = this.#dice.pick(["1", "'q'", "none", "[]", "n"]);
    return (
      this.#tag(`macro ${name}(p, q=${byDefault})`) +
      inside +
      extra +
      this.#tag("endmacro") +
      (this.#dice.chance(80) ? this.#call() : "")
    );
  }

  #arguments(): string {
    const value = () => this.#expressions.any();
    return this.#dice.oneOf(
      () => value(),
      () => value(),
      () => `${value()}, ${value()}`,
      () => `${value()}, q=${value()}`,
      () => `p=${value()}`,
      () => `${value()}, ${value()}, ${value()}`,
      () => `${value()}, z=${value()}`,
      () => "*xs",
    );
  }

  #call(): string {
    const name = this.#macros.at(-1) ?? "m0";
    const filter = this.#dice.chance(20)
      ? ` | ${this.#dice.pick(["upper", "trim", "length"])}`
      : "";
    return `{{ ${name}(${this.#arguments()})${filter} }}`;
  }

  #callBlock(): string {
    const name = `c${this.#fresh++}`;
    const takes = this.#dice.chance(30);
    const inner = takes ? "{{ caller(p, 2) }}" : "{{ caller() }}";
    const macro = `${this.#tag(`macro ${name}(p)`)}<${inner}|{{ p }}>${this.#tag("endmacro")}`;
    const call = takes ? "call(a, b)" : "call";
    const body = takes
      ? this.#expressions.within({ a: "any", b: "int" }, () => this.#body(1, 2))
      : this.#body(1, 2);
    const value = this.#expressions.any();
    return macro + this.#tag(`${call} ${name}(${value})`) + body + this.#tag("endcall");
  }

  #include(): string {
    const file = this.#dice.pick([
      "'plain.j2'",
      "'loop.j2'",
      "'local.j2'",
      "'none.j2'",
      "['none.j2', 'plain.j2']",
    ]);
    const missing = this.#dice.chance(file === "'none.j2'" ? 90 : 20) ? " ignore missing" : "";
    const context = this.#dice.pick(["", "", "", " with context", " without context"]);
    return this.#tag(`include ${file}${missing}${context}`);
  }

  #import(): string {
    const [tag, use] = this.#dice.pick([
      ["import 'macros.j2' as lib", "{{ lib.pair(n) }}{{ lib.shared }}"],
      ["from 'macros.j2' import pair", "{{ pair(s, b=n) }}"],
      ["from 'macros.j2' import up as louder, shared", "{{ louder(s) }}{{ shared }}"],
      ["import 'macros.j2' as lib with context", "{{ lib.up('a') }}"],
    ] as [[string, string], ...[string, string][]]);
    return this.#tag(tag) + use;
  }

  #namespace(): string {
    const value = this.#expressions.of("int");
    return (
      this.#tag(`set ns = namespace(x=${value}, found=false)`) +
      this.#tag(`for i in xs`) +
      this.#tag(
        this.#dice.pick(["set ns.x = ns.x + i", "set ns.x = [ns.x, i]", "set ns.found = i"]),
      ) +
      this.#tag("endfor") +
      "{{ ns.x }} {{ ns.found }}"
    );
  }

  #with(): string {
    const kind = this.#expressions.kind();
    const value = this.#expressions.of(kind);
    const inside = this.#expressions.within({ v: kind, w: "int" }, () => this.#body(1, 2));
    return this.#tag(`with v = ${value}, w = 2`) + inside + this.#tag("endwith");
  }

  #filterBlock(): string {
    const filter = this.#dice.pick([
      "upper",
      "trim",
      "indent(2)",
      "replace('a', 'A')",
      "indent(2, true) | lower",
      "center(20)",
    ]);
    // A text in any case: 2.19 does not say what a filter makes of a number that nobody uses.
    return `${this.#tag(`filter ${filter}`)}# ${this.#body(1, 2)}${this.#tag("endfilter")}`;
  }

  #raw(): string {
    return `${this.#tag("raw")}{{ n }} {% if %}${this.#dice.pick(TEXTS)}${this.#tag("endraw")}`;
  }

  #comment(): string {
    return `{#${this.#dash(20)} a {{ n }} ${this.#dice.pick(["", "\n", "{% if %}"])}${this.#dash(20)}#}`;
  }

  #tag(content: string): string {
    return `{%${this.#dash(12)} ${content} ${this.#dash(12)}%}`;
  }

  #dash(percent: number): string {
    if (this.#dice.chance(percent)) return "-";
    return this.#dice.chance(4) ? "+" : "";
  }
}

type Kind = import("./random-expressions.js").Kind;

/** The group as the case files have it. JSON is YAML, but for line ends that only YAML knows. */
export function asYaml(group: Group): string {
  return JSON.stringify([group]).replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
