import { describe, expect, test } from "vitest";
import { type DeployError, deployErrors } from "../../../../src/errors.js";
import { Float, render, Unsafe } from "../../../../src/render/jinja/index.js";

type Variables = Record<string, unknown>;

function rendered(text: string, variables: Variables = {}): string {
  return render({ name: "web.container.j2", text }, variables);
}

/** What the reader gets to see of the errors: message, then the lines below it. */
function errorsOf(
  text: string,
  variables: Variables = {},
  files: Record<string, string> = {},
): readonly DeployError[] {
  const loader = (name: string) => {
    const file = files[name];
    return file === undefined ? undefined : { name: `templates/${name}`, text: file };
  };
  try {
    render({ name: "web.container.j2", text }, variables, loader);
  } catch (error) {
    return deployErrors(error);
  }
  throw new Error("it was rendered");
}

function errorOf(...args: Parameters<typeof errorsOf>): DeployError {
  const [first, ...more] = errorsOf(...args);
  expect(more.map((error) => error.message)).toEqual([]);
  return first as DeployError;
}

describe("text", () => {
  test.each<[name: string, text: string, variables: Variables, expected: string]>([
    [
      "is left alone",
      "Exec=a \u0024{B} $C %h %% $$ \\n \"q\" 'r'\n",
      {},
      "Exec=a \u0024{B} $C %h %% $$ \\n \"q\" 'r'\n",
    ],
    ["loses its byte order mark", "\ufeffa {{ v }}\n", { v: 1 }, "a 1\n"],
    ["gets Unix line ends", "a\r\n{% if v %}\r\nb\r\n{% endif %}\r\n", { v: 1 }, "a\nb\n"],
    ["keeps its last newlines", "{{ v }}\n\n\n", { v: 1 }, "1\n\n\n"],
    ["may lack the last newline", "{{ v }}", { v: 1 }, "1"],
  ])("%s", (_, text, variables, expected) => {
    expect(rendered(text, variables)).toBe(expected);
  });
});

describe("variables", () => {
  test.each<[name: string, text: string, variables: Variables, expected: string]>([
    ["whole numbers are ints", "{{ n }} {{ [n] }} {{ n / 2 }}", { n: 4 }, "4 [4] 2.0"],
    ["broken numbers are floats", "{{ n }}", { n: 0.5 }, "0.5"],
    ["Float is a float", "{{ n }} {{ n + 1 }}", { n: new Float(1) }, "1.0 2.0"],
    [
      "bigints are ints",
      "{{ n }} {{ n + 1 }}",
      { n: 2n ** 64n },
      "18446744073709551616 18446744073709551617",
    ],
    ["objects are dicts", "{{ d }} {{ d.a }}", { d: { a: 1, b: "x" } }, "{'a': 1, 'b': 'x'} 1"],
    ["maps are dicts of any keys", "{{ d }} {{ d[1] }}", { d: new Map([[1, "a"]]) }, "{1: 'a'} a"],
    ["an undefined value is none at all", "{{ v is defined }}", { v: undefined }, "False"],
    ["Unsafe is never a template", "{{ v }}", { v: new Unsafe("{{ x }}") }, "{{ x }}"],
    [
      "templates in values are rendered",
      "{{ a }}",
      { a: "{{ b }}/x", b: "{{ c }}", c: "/srv" },
      "/srv/x",
    ],
    [
      "and keep the type of a single expression",
      "{{ a + 1 }}",
      { a: "{{ b }}", b: "{{ 1 + 1 }}" },
      "3",
    ],
    ["and are rendered only when used", "{{ d.ok }}", { d: { ok: 1, bad: "{{ nope }}" } }, "1"],
    ["and may refer to their neighbours", "{{ d.x }}", { d: { x: "{{ d.y }}!", y: "y" } }, "y!"],
    [
      "and are no fault where nothing uses them",
      "{% if false %}{{ a }}{% endif %}",
      { a: "{{ 1 + }}" },
      "",
    ],
    ["and may have been undefined", "{{ a | default('d') }}", { a: "{{ nope }}" }, "d"],
    ["backslashes in their strings stay", "{{ a }}", { a: "{{ '\\d\\n' }}" }, "\\d\\n"],
    ["a variable hides a function", "{{ range }}", { range: "x" }, "x"],
  ])("%s", (_, text, variables, expected) => {
    expect(rendered(text, variables)).toBe(expected);
  });

  test.each<[name: string, variables: Variables, cause: RegExp]>([
    ["dates", { v: new Date(0) }, /the date in the variable v is not supported/],
    ["functions", { v: () => 1 }, /what the variable v holds \(function\) is not supported/],
    ["other objects", { v: new URL("http://x") }, /what the variable v holds \(URL\)/],
  ])("%s are refused", (_, variables, cause) => {
    expect(errorOf("{{ v }}", variables).parts.cause).toMatch(cause);
  });
});

describe("nothing of JavaScript is reachable", () => {
  const names = ["constructor", "__proto__", "toString", "hasOwnProperty", "prototype", "process"];
  const targets = ["", "d.", "l.", "s.", "n.", "f.", "loop.", "m."];
  const cases = targets.flatMap((target) => names.map((name) => target + name));

  test.each(cases)("%s", (expression) => {
    const variables = { d: { a: 1 }, l: [1], s: "x", n: 5, f: 0.5 };
    const text = `{% macro m() %}{% endmacro %}{% for x in l %}{{ ${expression} is defined }}{% endfor %}`;
    expect(rendered(text, variables)).toBe("False");
  });

  test.each(["constructor", "__proto__", "toString"])("the filter and the test %s", (name) => {
    expect(errorOf(`{{ 1 | ${name} }}`).parts.cause).toBe(`the filter ${name} is not supported`);
    expect(errorOf(`{{ 1 is ${name} }}`).parts.cause).toBe(`the test ${name} is not supported`);
  });

  test.each(["dump", "nl2br", "sort_by", "urlize"])("nor nunjucks' filter %s", (name) => {
    expect(errorOf(`{{ "a" | ${name} }}`).parts.cause).toBe(`the filter ${name} is not supported`);
  });
});

describe("undefined variables", () => {
  test("are named with their place, the line and near names", () => {
    const error = errorOf("[Container]\nImage={{ imagge }}:{{ tag }}\n", { image: "x", tag: 1 });
    expect(error.message).toBe(
      "render: web.container.j2:2: the variable imagge is undefined. Did you mean image? " +
        "If not, give it a value, or write {{ imagge | default(…) }}",
    );
    expect(error.parts.location).toEqual({ file: "web.container.j2", line: 2, column: 10 });
    expect(error.parts.details).toEqual(["2 | Image={{ imagge }}:{{ tag }}", "             ^"]);
  });

  test("are all found in one go, each named once with its lines", () => {
    const errors = errorsOf("{{ a }}\n{{ b }} {{ a }}\n{{ d.x }}\n{{ a ~ 1 }}\n", { d: {} });
    expect(errors.map((error) => error.parts.cause)).toEqual([
      "the variable a is undefined",
      "the variable b is undefined",
      "d has no key x",
    ]);
    expect(errors[0]?.parts.details).toContain("also at line 2, 4");
  });

  test.each<[text: string, cause: string]>([
    ["{{ x }}", "the variable x is undefined"],
    ["{{ x.y.z }}", "the variable x is undefined"],
    ["{{ d.y }}", "d has no key y"],
    ["{{ d.y.z }}", "d has no key y"],
    ["{{ d['y z'] }}", "d has no key y z"],
    ["{{ l[7] }}", "l has no item 7: it has 1"],
    ["{{ s.foo }}", "s is a str and has no foo"],
    ["{{ n.foo }}", "n is None and has no foo"],
    ["{{ [].first }}", "a list has no first"],
    ["{% if x %}{% endif %}", "the variable x is undefined"],
    ["{% for i in x %}{% endfor %}", "the variable x is undefined"],
    ["{{ 'a' | replace('a', x) }}", "the variable x is undefined"],
    ["{{ [x] }}", "the variable x is undefined"],
    ["{{ via }}", "the variable x is undefined (in the value of the variable via)"],
    ["{{ far }}", "the variable x is undefined (in the value of the variable far, in that of via)"],
    ["{{ deep.a }}", "the variable x is undefined (in the value of the variable deep.a)"],
    [
      "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}",
      "the macro m was called without its parameter a",
    ],
    [
      "{{ y }}{% for i in l %}{{ z }}{% endfor %}{% set z = 1 %}",
      "the variable z is set only further below",
    ],
  ])("%s", (text, cause) => {
    const variables = {
      d: { a: 1 },
      l: [1],
      s: "text",
      n: null,
      y: 1,
      via: "{{ x }}",
      far: "{{ via }}!",
      deep: { a: "{{ x }}" },
    };
    expect(errorOf(text, variables).parts.cause).toBe(cause);
  });

  test("of a variable's value are placed where the template uses it", () => {
    const error = errorOf("a\nb {{ v }}\n", { v: "{{ 1 }}\n{{ x }}" });
    expect(error.parts.location).toEqual({ file: "web.container.j2", line: 2, column: 6 });
  });
});

describe("circles", () => {
  test.each<[text: string, variables: Variables, circle: string]>([
    ["{{ a }}", { a: "{{ a }}" }, "a → a"],
    ["{{ a }}", { a: "{{ b }}", b: "{{ c }}", c: "x{{ a }}" }, "a → b → c → a"],
    ["{{ d.x }}", { d: { x: "{{ d.y }}", y: "{{ d.x }}" } }, "d.x → d.y → d.x"],
  ])("%s %o", (text, variables, circle) => {
    expect(errorOf(text, variables).parts.cause).toBe(
      `the variables need each other in a circle: ${circle}`,
    );
  });

  test("of includes and macros", () => {
    const included = errorOf("{% include 'a' %}", {}, { a: "{% include 'a' %}" });
    expect(included.parts.cause).toMatch(/^templates include each other without end/);
    const macro = errorOf("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
    expect(macro.parts.cause).toBe("the macro m calls itself without end");
  });
});

describe("syntax errors", () => {
  test.each<[text: string, line: number, column: number, cause: string]>([
    ["a\n{% if x %}\nb", 2, 4, "this if has no endif"],
    [
      "{% for x in y %}\n{% if x %}\n{% endfor %}",
      3,
      4,
      "endfor does not belong here: the if of line 2 is still open",
    ],
    ["a\n{% endif %}", 2, 4, "endif without if"],
    ["{% else %}", 1, 4, "else without if"],
    ["{% foo %}", 1, 4, "unknown tag foo"],
    ["{% switch x %}{% endswitch %}", 1, 4, "unknown tag switch"],
    ["{% ifAsync x %}{% endif %}", 1, 4, "unknown tag ifAsync"],
    ["{% asyncEach x in y %}{% endeach %}", 1, 4, "unknown tag asyncEach"],
    ["a\n  {{ x", 2, 3, "this {{ has no }}"],
    ["a\n  {# x", 2, 3, "this comment has no #}"],
    ["{% raw %}", 1, 1, "this raw block has no {% endraw %}"],
    ["{{ x y }}", 1, 6, "}} or an operator is expected here, not y"],
    ["{{ (x }}", 1, 7, "unexpected } where ) is due"],
    ["{{ 'x }}", 1, 4, "this string has no end"],
    ["{{ x ? y }}", 1, 6, "unexpected ?"],
    ["{{ r/a/g }}", 1, 4, "the variable r is undefined"],
    ["{{ 1 === 1 }}", 1, 8, "an expression is expected here, not ="],
    ["{{ }}", 1, 4, "an expression is expected here, not }}"],
    ["{{ .Names }}", 1, 4, "an expression is expected here, not ."],
    ["{{ x | }}", 1, 8, "a name is expected here, not }}"],
    ["{{ x | foo.bar }}", 1, 8, "the filter foo.bar is not supported"],
    ["{{ x is bar }}", 1, 9, "the test bar is not supported"],
    ["{% set x %}", 1, 4, "this set has no endset"],
    ["{% for x y %}", 1, 10, "in is expected here"],
    ["{{ '\\xZZ' }}", 1, 4, "this string has an invalid \\ escape"],
    ["a\nb\0", 2, 2, "the template holds a NUL character"],
    ["a\ufffd", 1, 2, "the template holds a character that is not valid UTF-8"],
  ])("%j", (text, line, column, cause) => {
    const { parts } = errorOf(text, { x: 1, y: [], g: 1, a: 1 });
    expect(parts.cause).toBe(cause);
    expect(parts.location).toEqual({ file: "web.container.j2", line, column });
    expect(parts.details?.at(1)?.indexOf("^")).toBe(`${line} | `.length + column - 1);
  });

  test("in a variable's value name the variable", () => {
    const { cause, object } = errorOf("{{ v }}", { v: "{{ 1 + }}" }).parts;
    expect(object).toBe("web.container.j2:1");
    expect(cause).toBe("an expression is expected here, not }} (in the value of the variable v)");
  });

  test("in an include or a macro of another file name that file", () => {
    const files = {
      "a.j2": "x\n{{ nope }}\n",
      "m.j2": "{% macro m() %}\n{{ 1 / 0 }}\n{% endmacro %}",
    };
    const include = errorOf("\n\n{% include 'a.j2' %}", {}, files);
    expect(include.parts.location).toMatchObject({ file: "templates/a.j2", line: 2 });
    const macro = errorOf("{% from 'm.j2' import m %}\n\n{{ m() }}", {}, files);
    expect(macro.parts.object).toBe("templates/m.j2:2");
    expect(macro.parts.cause).toBe("division by zero");
  });

  test("after an include are this file's", () => {
    const { parts } = errorOf("{% include 'a' %}\n{{ 1 + 'a' }}", {}, { a: "ok" });
    expect(parts.object).toBe("web.container.j2:2");
  });
});

describe("what is not supported says so", () => {
  test.each<[text: string, cause: string]>([
    ["{% block a %}{% endblock %}", "the tag block is not supported"],
    ["{% extends 'a' %}", "the tag extends is not supported"],
    ["{% do x.append(1) %}", "the tag do is not supported"],
    ["{% for x in l %}{% break %}{% endfor %}", "the tag break is not supported"],
    ["{{ now() }}", "now() is not supported"],
    ["{{ 'x'.casefold() }}", "str.casefold is not supported"],
    ["{{ ('<' | e) + '<' }}", "the filter e anywhere but at the end of what is printed"],
    ["{{ l | map('e') | list }}", "the filter e of each item is not supported"],
    ["{% macro m() %}{{ '<' | e }}{% endmacro %}{{ m() }}", "text escaped for HTML that is all of"],
    ["{{ '::1/30' | ansible.utils.ipsubnet(26, 0) }}", "ipsubnet of an IPv6 network below ::1:0:0"],
    ["{{ 'x' | password_hash }}", "password_hash without a salt is not supported"],
    ["{{ [] | json_query('a') }}", "the filter json_query is not supported"],
    ["{{ 1 | ansible.builtin.pprint }}", "the filter pprint is not supported"],
    ["{{ d.pop('a') }}", "dict.pop is not supported"],
    ["{{ l.append(1) }}", "changing the list of a variable is not supported"],
    ["{{ self }}", "self, of template inheritance, is not supported"],
    ["{{ range(3) }}", "printing a range is not supported"],
    ["{{ 'x' | regex_search('(?>a)') }}", "(?>…) in the regular expression (?>a) is not supported"],
    ["{{ l | random }}", "the filter random without a seed is not supported"],
    ["{{ lookup('pipe', 'id') }}", "lookup('pipe') is not supported"],
    ["{{ query('url', 'http://h') }}", "query('url') is not supported"],
    ["{{ lookup('password', '/dev/null') }}", "lookup('password') is not supported"],
    ["{{ [l, l] | to_yaml }}", "the same list or dict twice in one YAML text is not supported"],
    [
      "#jinja2: variable_start_string: '[['\n",
      "#jinja2: variable_start_string: '[[' is not supported",
    ],
  ])("%s", (text, cause) => {
    const error = errorOf(text, { l: [1], d: { a: 1 }, f: 1 });
    expect(error.parts.cause.startsWith(cause), error.message).toBe(true);
    expect(error.parts.object).toBe("web.container.j2:1");
  });

  test("unless a condition keeps it from being reached, as in Jinja2", () => {
    expect(
      rendered("{% if false %}{{ 1 | nosuch }}{% endif %}{{ 1 if true else 2 is nosuch }}"),
    ).toBe("1");
    expect(errorOf("{% if true %}{{ 1 | nosuch }}{% endif %}").parts.cause).toBe(
      "the filter nosuch is not supported",
    );
  });

  test("and what it may have been meant to be", () => {
    expect(errorOf("{{ x | defualt(1) }}").parts.remedy).toBe("Did you mean default?");
    expect(errorOf("{{ 1 is definde }}").parts.remedy).toBe("Did you mean defined?");
  });
});

describe("as in Ansible 2.19, where 2.14 differs", () => {
  test.each<[name: string, text: string, variables: Variables, expected: string]>([
    ["numbers in variables stay numbers", "{{ a + 1 }} {{ [a] }}", { a: "{{ 1 + 1 }}" }, "3 [2]"],
    [
      "text that looks like a list stays text",
      "{{ a }} {{ a | length }}",
      { a: "[{{ 1 }},2]" },
      "[1,2] 5",
    ],
    [
      "a macro of one expression gives its value",
      "{% macro m() %}{{ 80 }}{% endmacro %}{{ m() + 1 }}",
      {},
      "81",
    ],
    ["items() is a list", "{{ {'a': 1}.items()[0] }}", {}, "['a', 1]"],
    ["only what is used is rendered", "{{ d.a }}", { d: { a: 1, b: "{{ nope }}" } }, "1"],
  ])("%s", (_, text, variables, expected) => {
    expect(rendered(text, variables)).toBe(expected);
  });
});

describe("lookups", () => {
  const files = { "motd.txt": "  hello\n\n", "part.j2": "{{ x }} and {{ y }}\n", "list.j2": "[1]" };
  const of = (text: string) =>
    render({ name: "a.j2", text }, { x: 1, y: "{{ x + 1 }}" }, (name) => {
      const found = files[name as keyof typeof files];
      return found === undefined ? undefined : { name, text: found };
    });

  test.each([
    ["{{ lookup('file', 'motd.txt') }}|", "  hello|"],
    ["{{ lookup('file', 'motd.txt', rstrip=false, lstrip=true) }}|", "hello\n\n|"],
    ["{{ lookup('ansible.builtin.template', 'part.j2') }}|", "1 and 2\n|"],
    ["{{ lookup('template', 'list.j2', convert_data=false) }}", "[1]"],
    ["{{ lookup('env', 'QD_NO_SUCH_VARIABLE', default='none') }}", "none"],
    ["{{ lookup('env', 'QD_NO_SUCH_VARIABLE') }}.", "."],
    ["{{ lookup('vars', 'y') + 1 }}", "3"],
  ])("%s", (text, expected) => {
    expect(of(text)).toBe(expected);
  });

  test("of the environment", () => {
    process.env.QD_LOOKED_UP = "found";
    expect(of("{{ lookup('env', 'QD_LOOKED_UP') }}")).toBe("found");
    delete process.env.QD_LOOKED_UP;
  });

  test.each([
    ["{{ lookup('file', 'no.txt') }}", "there is no file no.txt in the folders of templates"],
    ["{{ lookup('template', 'list.j2') }}", "of a list or a dict is not supported"],
    ["{{ lookup('vars', 'z') }}", "the variable z is undefined"],
    ["{{ lookup('env', 'X', errors='ignore') }}", "with errors='ignore' is not supported"],
    ["{{ lookup() }}", "needs the kind of lookup first"],
  ])("%s fails", (text, cause) => {
    expect(() => of(text)).toThrow(cause);
  });
});
