/** Random expressions of a wanted type, over the variables of `random-templates.ts`. */
import type { Dice } from "./dice.js";

export type Kind = "int" | "float" | "bool" | "str" | "list" | "dict" | "any";

/** What holds a value of each kind without any work. */
const NAMES: Record<Exclude<Kind, "any">, readonly [string, ...string[]]> = {
  int: ["n", "zero", "neg", "big", "t_int", "d.b", "d['b']", "xs[0]", "users[0].uid"],
  float: ["f", "whole", "mixed[4]"],
  bool: ["yes_", "no_", "users[1].admin"],
  str: [
    ...(["s", "empty", "lines", "num", "odd", "uni", "csv", "t", "t_chain", "d.a"] as const),
    ...(["deep.one.two.three", "users[2]['name']", "words[-1]", "t_dict.inner"] as const),
  ],
  list: ["xs", "words", "mixed", "none_at_all", "nested", "users", "t_list", "deep.one.xs"],
  dict: ["d", "e", "deep", "users[0]", "t_dict", "deep['one']", "mixed[6]"],
};

const LITERALS: Record<Exclude<Kind, "any">, readonly [string, ...string[]]> = {
  int: ["0", "1", "2", "10", "-1", "1_000"],
  float: ["0.5", "1.0", "2.25", "-3.5", "1e3"],
  bool: ["true", "false", "True", "False"],
  str: ["'a'", '"b c"', "''", "'x\\ny'", "'Ä'", "'{}'", "'a,b'", "'l'"],
  list: ["[]", "[1, 2]", "['a', 'B', 'c']", "[[1], 2]", "(1, 2)", "[none, true]", "[n, s]"],
  dict: ["{}", "{'a': 1}", "{'k': [1], 'b': 'x'}", "{1: 'one'}", "{'n': n}"],
};

const KINDS: readonly [Kind, ...Kind[]] = ["int", "float", "bool", "str", "str", "list", "dict"];

export class Expressions {
  readonly #dice: Dice;
  /** What the template has set so far; the last of a name counts. */
  #known: { name: string; kind: Kind }[] = [];
  #loops = 0;
  #depth = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  kind(): Kind {
    return this.#dice.pick(KINDS);
  }

  /** From now on there is such a variable, as far as one can tell. */
  know(name: string, kind: Kind): void {
    this.#known.push({ name, kind });
  }

  within(names: Readonly<Record<string, Kind>>, make: () => string): string {
    const before = this.#known;
    this.#known = [...before, ...Object.entries(names).map(([name, kind]) => ({ name, kind }))];
    const made = make();
    this.#known = before;
    return made;
  }

  inLoop(make: () => string): string {
    this.#loops++;
    const made = make();
    this.#loops--;
    return made;
  }

  any(): string {
    // Now and then what need not be there, or what need not fit.
    if (this.#dice.chance(4))
      return this.#dice.pick([
        "missing",
        "missing.deeper",
        "d.missing",
        "xs[99]",
        "nil",
        "none",
        "nil.x",
      ]);
    if (this.#dice.chance(8)) return `${this.of(this.kind())} ${this.#chain()}`;
    return this.of(this.kind());
  }

  condition(): string {
    return this.#dice.chance(60) ? this.of("bool") : this.any();
  }

  of(kind: Kind): string {
    if (kind === "any") return this.any();
    this.#depth++;
    const made = this.#depth > 3 || this.#dice.chance(35) ? this.#leaf(kind) : this.#made(kind);
    this.#depth--;
    return made;
  }

  #leaf(kind: Exclude<Kind, "any">): string {
    if (this.#loops > 0 && this.#dice.chance(15)) {
      if (kind === "int")
        return this.#dice.pick([
          "loop.index",
          "loop.index0",
          "loop.revindex",
          "loop.length",
          "loop.depth",
        ]);
      if (kind === "bool") return this.#dice.pick(["loop.first", "loop.last"]);
      if (kind === "str")
        return this.#dice.pick(["loop.cycle('a', 'b')", "loop.previtem | default('-')"]);
    }
    const fitting = this.#known.filter((known) => known.kind === kind || known.kind === "any");
    if (fitting.length > 0 && this.#dice.chance(40))
      return (fitting[this.#dice.int(0, fitting.length - 1)] as { name: string }).name;
    return this.#dice.pick(this.#dice.chance(60) ? NAMES[kind] : LITERALS[kind]);
  }

  #made(kind: Exclude<Kind, "any">): string {
    if (this.#dice.chance(6))
      return `(${this.of(kind)} if ${this.of("bool")} else ${this.of(kind)})`;
    if (this.#dice.chance(4)) return `(missing | default(${this.of(kind)}))`;
    if (this.#dice.chance(2)) return `(${this.of(kind)} if ${this.of("bool")})`;
    const made = this.#makers[kind];
    return this.#dice.pick(made)();
  }

  /** An address or a network, of either version, or another text: 2.19 fails to copy lists. */
  #address(): string {
    const octet = () => this.#pick("0", "1", "10", "127", "168", "192", "224", "254", "255");
    const group = () => this.#pick("0", "1", "db8", "fe80", "2001", "ffff", "a0b");
    const four = () => [octet(), octet(), octet(), octet()].join(".");
    const six = () =>
      this.#pick(
        `${group()}::${group()}`,
        [group(), group(), group(), group(), group(), group(), group(), group()].join(":"),
        `::${group()}`,
      );
    const prefix = () => this.#pick("", "/8", "/24", "/30", "/31", "/32", "/33", "/64", "/128");
    return this.#pick(
      `'${four()}${prefix()}'`,
      `'${four()}${prefix()}'`,
      `'${six()}${prefix()}'`,
      this.of("str"),
    );
  }

  #addressFilter(): string {
    const query = this.#pick(
      ...(["", "address", "host", "net", "network", "netmask", "prefix", "subnet"] as const),
      ...(["broadcast", "cidr", "size", "size_usable", "type", "version", "wrap"] as const),
      ...(["revdns", "int", "ip/prefix", "private", "public", "hostmask", "bool"] as const),
      ...(["first_usable", "last_usable", "next_usable", "range_usable", "peer"] as const),
      ...(["10.0.0.0/8", "192.0.0.0/2", "2001:db8::/32", "1", "-1", "loopback"] as const),
    );
    return this.#pick(
      `ipaddr('${query}')`,
      `ipaddr('${query}')`,
      `ipv4('${query}')`,
      `ipv6('${query}')`,
      "ipwrap",
      `ipsubnet(${this.#pick("", "28", "26, 0", "32, -1", "64, 1", "'192.0.0.0/2'")})`,
      `ipmath(${this.#pick("1", "-1", "300")})`,
      `nthhost(${this.#pick("1", "5", "-1", "300")})`,
    );
  }

  #pick(...words: [string, ...string[]]): string {
    return this.#dice.pick(words);
  }

  /** A filter that fits any value badly or well. */
  #chain(): string {
    return `| ${this.#pick(
      ...(["string", "upper", "length", "list", "first", "last", "int", "float", "bool"] as const),
      ...([
        "to_json",
        "to_nice_json",
        "to_yaml",
        "to_nice_yaml",
        "sort",
        "unique",
        "reverse",
      ] as const),
      ...([
        "join(',')",
        "default('d')",
        "default('d', true)",
        "mandatory",
        "quote",
        "trim",
      ] as const),
      ...([
        "b64encode",
        "hash('sha1')",
        "ternary('y', 'n')",
        "type_debug",
        "items",
        "sum",
      ] as const),
      ...(["round", "abs", "capitalize", "title", "wordcount", "center(9)", "flatten"] as const),
    )}`;
  }

  readonly #makers: Record<Exclude<Kind, "any">, readonly [() => string, ...(() => string)[]]> = {
    int: [
      () => `${this.of("int")} ${this.#pick("+", "-", "*")} ${this.of("int")}`,
      () =>
        `(${this.of("int")} ${this.#pick("//", "%")} ${this.#pick("2", "3", "-2", "n", "zero")})`,
      () => `${this.#pick("2", "n", "neg")} ** ${this.#pick("2", "3", "0")}`,
      () => `-${this.of("int")}`,
      () =>
        `${this.of(this.#pick("list", "str", "dict") as Kind)} | ${this.#pick("length", "count")}`,
      () => `(${this.of("str")} | int${this.#pick("", "(5)", "(default=1)", "(0, 16)")})`,
      () => `(${this.of("float")} | int)`,
      () =>
        `${this.#pick("xs", "[4, 2]", "t_list")} | ${this.#pick("first", "last", "min", "max", "sum")}`,
      () => `${this.of("str")}.${this.#pick("count('l')", "find('o')", "index('l')")}`,
      () => `(${this.of("list")}).index(${this.of("int")})`,
      () => `users | map(attribute='uid') | ${this.#pick("sum", "max", "list | length")}`,
      () => `users | sum(attribute='uid')`,
      () => `${this.of("int")} | abs`,
      () => `('${this.#pick("10M", "1.5 GB", "512", "2KB")}' | human_to_bytes)`,
      () => `(${this.of("str")} | wordcount)`,
    ],
    float: [
      () =>
        `${this.of("float")} ${this.#pick("+", "-", "*")} ${this.of(this.#pick("int", "float") as Kind)}`,
      () => `${this.of("int")} / ${this.#pick("2", "3", "n", "zero", "4.0")}`,
      () => `(${this.of("float")} ${this.#pick("//", "%")} ${this.#pick("2", "1.5", "-2")})`,
      () =>
        `(${this.of("float")} | round${this.#pick("", "(1)", "(0, 'floor')", "(1, 'ceil')", "(method='common')")})`,
      () => `(${this.of("str")} | float${this.#pick("", "(1.5)")})`,
      () => `${this.of("float")} ** 2`,
    ],
    bool: [
      () =>
        `${this.of("int")} ${this.#pick("<", "<=", ">", ">=", "==", "!=")} ${this.of(this.#pick("int", "float") as Kind)}`,
      () => `${this.of("str")} ${this.#pick("==", "!=", "<", "in", "not in")} ${this.of("str")}`,
      () => `${this.of("int")} ${this.#pick("in", "not in")} ${this.of("list")}`,
      () => `${this.of("str")} in ${this.of(this.#pick("dict", "list") as Kind)}`,
      () => `${this.of("int")} < ${this.of("int")} <= ${this.of("int")}`,
      () => `(${this.of("bool")} ${this.#pick("and", "or")} ${this.of("bool")})`,
      () => `not ${this.of("bool")}`,
      () => `(${this.of(this.kind())} ${this.#pick("and", "or")} ${this.of(this.kind())})`,
      () =>
        `${this.#pick("n", "missing", "d.missing", "d.a", "nil", "v", "w", "xs[9]", "deep.one")} is ${this.#pick("", "not ")}${this.#pick("defined", "undefined")}`,
      () =>
        `${this.of(this.kind())} is ${this.#pick("", "not ")}${this.#pick(
          ...([
            "none",
            "string",
            "number",
            "integer",
            "float",
            "boolean",
            "mapping",
            "sequence",
          ] as const),
          ...(["iterable", "true", "false", "callable", "truthy", "falsy"] as const),
        )}`,
      () =>
        `${this.of("int")} is ${this.#pick("odd", "even", "divisibleby 3", "divisibleby(2)", "gt 3", "in xs", "eq(7)", "ne 7")}`,
      () =>
        `${this.of("str")} is ${this.#pick("lower", "upper", "match('h')", "search('o')", "regex('^.e')", "in csv", "eq 'a'", "version('1.2', '>=')")}`,
      () =>
        `${this.of("list")} is ${this.#pick("contains(1)", "subset([1, 2, 3])", "superset([])", "any", "all")}`,
      () => `${this.of("list")} == ${this.of("list")}`,
      () => `${this.of("dict")} == ${this.of("dict")}`,
      () => `(${this.of(this.kind())} | bool)`,
      () =>
        `${this.of("str")}.${this.#pick("startswith('h')", "endswith('d')", "isdigit()", "isalpha()", "isupper()")}`,
    ],
    str: [
      () => `${this.of(this.kind())} ~ ${this.of(this.kind())}`,
      () => `(${this.of("str")} + ${this.of("str")})`,
      () => `${this.#pick("s", "csv", "'ab'")} * ${this.#pick("0", "2", "3")}`,
      () =>
        `(${this.of("str")} | ${this.#pick(
          ...([
            "upper",
            "lower",
            "capitalize",
            "title",
            "trim",
            "reverse",
            "string",
            "quote",
          ] as const),
          ...([
            "b64encode",
            "replace('o', '0')",
            "replace('l', 'L', 1)",
            "indent(2)",
            "center(12)",
          ] as const),
          ...([
            "indent(2, true)",
            "indent(width=3, blank=true)",
            "regex_replace('o', '0')",
          ] as const),
          ...([
            "regex_replace('(\\w+) (\\w+)', '\\\\2 \\\\1')",
            "regex_escape",
            "comment",
          ] as const),
          ...([
            "basename",
            "dirname",
            "default('d', true)",
            "trim('hd')",
            "truncate(5)",
            "e",
          ] as const),
          ...([
            "urlencode",
            "wordwrap(5)",
            "hash('sha256')",
            "to_uuid",
            "splitext",
            "striptags",
          ] as const),
          ...([
            "regex_search('o+')",
            "first",
            "last",
            "random(seed='x')",
            "password_hash",
          ] as const),
        )})`,
      () =>
        `${this.of("str")}.${this.#pick(
          ...(["upper()", "lower()", "strip()", "title()", "capitalize()", "lstrip('h')"] as const),
          ...([
            "rstrip('d\\n')",
            "replace('l', '')",
            "split(',') | join('-')",
            "swapcase()",
          ] as const),
          ...(["zfill(8)", "ljust(9) ~ '|'", "rjust(9, '.')", "center(9)", "format(1)"] as const),
          ...([
            "partition(',') | join('/')",
            "expandtabs()",
            "removeprefix('h')",
            "casefold()",
          ] as const),
        )}`,
      () =>
        `${this.of("str")}[${this.#pick("0:2", ":3", "1:", "-2:", "::-1", "::2", "2:1", ":-1")}]`,
      () => `(${this.of("list")} | join(${this.#pick("", "','", "' '", "', '")}))`,
      () =>
        `(${this.of(this.#pick("list", "dict", "int", "str", "bool") as Kind)} | ${this.#pick("to_json", "to_nice_json", "to_yaml", "to_nice_yaml", "to_json(sort_keys=true)", "to_nice_json(indent=2)", "string")})`,
      () =>
        `'${this.#pick("%s", "%d", "%5s", "%-5s|", "%03d", "%.2f", "%x", "%s %%")}' % ${this.#pick("n", "f", "s", "neg")}`,
      () => `('%s-%s' | format(${this.of("int")}, ${this.of("str")}))`,
      () => `'{}/{}'.format(${this.of(this.kind())}, ${this.of("int")})`,
      () => `(${this.of("bool")} | ternary(${this.of("str")}, ${this.of("str")}))`,
      () =>
        `(words | ${this.#pick("sort", "sort(reverse=true)", "sort(case_sensitive=true)", "unique", "map('upper')", "select('match', '.*a')")} | ${this.#pick("join(',')", "first", "list | last")})`,
      () =>
        `(users | ${this.#pick("selectattr('admin', 'defined')", "rejectattr('uid', 'gt', 2)", "sort(attribute='name')", "selectattr('name', 'search', 'a')")} | map(attribute='name') | join(' '))`,
      () => `(users | map(attribute='admin', default='?') | join)`,
      () => `(${this.#address()} | ansible.utils.${this.#addressFilter()} | string)`,
      () =>
        `(${this.of("str")} | ansible.builtin.${this.#pick("quote", "b64encode", "comment", "regex_replace('l', 'L')")})`,
      () => `(${this.of(this.kind())} | type_debug)`,
    ],
    list: [
      () => `(${this.of("list")} + ${this.of("list")})`,
      () => `[${this.of(this.kind())}, ${this.of(this.kind())}]`,
      () => `(${this.of("int")}, ${this.of("str")})`,
      () =>
        `(${this.of("list")} | ${this.#pick(
          ...([
            "unique",
            "reverse | list",
            "list",
            "flatten",
            "sort",
            "map('string') | list",
          ] as const),
          ...([
            "batch(2) | list",
            "batch(2, 'x') | list",
            "slice(2) | list",
            "select | list",
          ] as const),
          ...(["reject('none') | list", "select('string') | list", "flatten(levels=1)"] as const),
          ...([
            "map('default', 'x') | list",
            "intersect([1])",

            "zip([1, 2]) | list",
          ] as const),
          ...([
            "product([1, 2]) | list",
            "select('in', [1, 2]) | list",
            "reject('odd') | list",
          ] as const),
          ...(["map('to_json') | list", "map('int') | list", "max", "min"] as const),
        )})`,
      () => `(${this.of("list")})[${this.#pick("0:2", ":3", "1:", "-2:", "::-1", "::2", ":-1")}]`,
      () =>
        `${this.of("str")}.${this.#pick("split(',')", "split()", "splitlines()", "split('l', 1)", "rsplit('o', 1)")}`,
      () =>
        `(${this.of("str")} | ${this.#pick("list", "regex_findall('\\w+')", "regex_findall('(.)(o)')", "split", "split(',')")})`,
      () =>
        `(${this.of("dict")} | ${this.#pick("dictsort", "dict2items", "list", "items | list", "dictsort(by='value')", "dictsort(reverse=true)")})`,
      () =>
        `${this.of("dict")}.${this.#pick("items() | list", "keys() | list", "values() | list", "items()", "keys()", "values()")}`,
      () =>
        `range(${this.#pick("0", "2", "4", "zero", "neg", "xs[0]")}${this.#pick("", ", 6", ", 10, 3")})${this.#pick(" | list", " | list", "")}`,
      () => `${this.#pick("xs", "[1]", "none_at_all")} * ${this.#pick("2", "0")}`,
      () =>
        `(users | ${this.#pick("map(attribute='name') | list", "selectattr('admin', 'defined') | list", "groupby('admin')", "sort(attribute='uid')", "map(attribute='uid') | sort")})`,
    ],
    dict: [
      () => `({'a': ${this.of(this.kind())}, 'z': ${this.of(this.kind())}})`,
      () =>
        `(${this.of("dict")} | combine(${this.of("dict")}${this.#pick("", ", recursive=true", ", list_merge='append'")}))`,
      () => `(${this.of("dict")} | dict2items | items2dict)`,
      () => `dict(a=${this.of(this.kind())}, b=${this.of("int")})`,
      () => `dict([['k', ${this.of(this.kind())}]])`,
      () => `(${this.of("dict")} | to_json | from_json)`,
      () => `${this.of("dict")}.copy()`,
      () => `(users | ${this.#pick("first", "last")})`,
      () => `(${this.of("dict")} | to_yaml | from_yaml)`,
    ],
  };
}
