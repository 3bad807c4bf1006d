import { describe, expect, test } from "vitest";
import { checkTemplates, type Host } from "../../../src/render/check-templates.js";
import { usesOf } from "../../../src/render/jinja/index.js";
import { templatesText } from "../../../src/report/templates-text.js";
import { overrides, Repository, templates } from "./support.js";

const uses = (text: string) => usesOf({ name: "t.j2", text });
const none = { variables: [], tags: [], filters: [], tests: [], functions: [], includes: [] };

describe("what a template uses", () => {
  test("names by their kinds, each once, sorted", () => {
    const text = `{% import 'm.j2' as m %}{% from "n.j2" import one as two %}
      {% for port in ports if port is defined %}{{ loop.index }}{{ port | default(base + 1) | int }}
      {% endfor %}{% set x = y.z[w] %}{{ x | default('') }}{{ m.f(two) }}
      {% macro f(a, b=c) %}{{ a ~ b ~ caller() }}{% endmacro %}{% include ["p.j2", other] %}
      {% if v is version('1', '>') %}{{ lookup('env', name) }}{{ range(3) }}{% endif %}`;
    expect(uses(text)).toEqual({
      variables: ["base", "c", "name", "other", "ports", "v", "w", "y"],
      tags: ["for", "if", "import", "include", "macro", "set"],
      filters: ["default", "int"],
      tests: ["defined", "version"],
      functions: ["lookup('env')", "range"],
      includes: ["m.j2", "n.j2", "p.j2"],
      refused: [],
    });
  });

  test("keys of arguments and of attributes are no variables", () => {
    const text =
      "{{ f(key=value) }}{{ a.b }}{{ x | regex_search('a', multiline=yes) }}{{ {k: 1} }}";
    expect(uses(text).variables).toEqual(["a", "f", "k", "value", "x", "yes"]);
  });

  test("what is refused is found wherever it stands, with its place", () => {
    const text = "{% if false %}\n{{ a | pprint }}{{ b | colour }}{{ now() }}\n{% endif %}".concat(
      "{{ lookup('pipe', 'id') if false }}{{ 1 is abs }}",
    );
    expect(uses(text).refused.map(({ parts }) => [parts.location?.line, parts.cause])).toEqual([
      [2, "the filter pprint is not supported"],
      [2, "the filter colour is not supported"],
      [2, "now() is not supported"],
      [3, "lookup('pipe') is not supported"],
      [3, "the test abs is not supported"],
    ]);
  });

  test("a template that cannot be read says why, and where", () => {
    const found = uses("a\n{% block x %}{% endblock %}");
    expect(found).toMatchObject(none);
    expect(found.refused.map(({ message }) => message)).toEqual([
      expect.stringContaining("t.j2:2: the tag block is not supported"),
    ]);
  });
});

describe("the check of a repository's templates", () => {
  const image = "[Container]\nImage={{ image }}\n";
  const checked = (
    files: Readonly<Record<string, string>>,
    hosts: readonly Host[] = [{ name: "", variables: { image: "redis:7" } }],
  ) => {
    using repository = new Repository(files);
    return checkTemplates(repository.sources(), hosts);
  };

  test("each is deployed, included or unused", () => {
    const found = checked({
      [`${templates}/web.container.j2`]: `{% set given_by_others = [] %}{% include 'common.j2' %}${image}Volume=./conf:/c:ro\n`,
      [`${templates}/common.j2`]: "{% for x in given_by_others %}{% endfor %}",
      [`${templates}/conf/app.ini.j2`]: "a={{ image }}",
      [`${templates}/notes.txt.j2`]: "{{ image }}",
      [`${templates}/static.container`]: "[Container]\nImage=redis:7\n",
      [`${overrides}/env.j2`]: "A={{ image }}",
    });
    expect(found.map(({ file, fate, problems }) => [file, fate, problems])).toEqual([
      [`${overrides}/env.j2`, { kind: "deployed", path: ".env" }, []],
      [`${templates}/common.j2`, { kind: "included", by: [`${templates}/web.container.j2`] }, []],
      [`${templates}/conf/app.ini.j2`, { kind: "deployed", path: "conf/app.ini" }, []],
      [`${templates}/notes.txt.j2`, { kind: "unused" }, []],
      [`${templates}/web.container.j2`, { kind: "deployed", path: "web.container" }, []],
    ]);
  });

  test("a problem of one host is that host's, and one of all is said once", () => {
    const [web] = checked(
      { [`${templates}/web.container.j2`]: `${image}Exec={{ cmd }} {{ port }}\n` },
      [
        { name: "a", variables: { image: "x", port: 1 } },
        { name: "b", variables: { image: "x" } },
      ],
    );
    expect(web?.problems.map(({ error, hosts }) => [error.parts.cause, hosts])).toEqual([
      ["the variable cmd is undefined", []],
      ["the variable port is undefined", ["b"]],
    ]);
    expect(web?.notGiven).toEqual(["cmd"]);
  });

  test("the page names what each uses, its problems, and what was not reached", () => {
    const found = checked({
      [`${templates}/a.container.j2`]: `${image}{% if debug | default(false) %}{{ now() }}{% endif %}`,
      [`${templates}/b.container.j2`]: `${image}Exec={{ imagee | upper }}\n`,
    });
    expect(templatesText(found, String, String)).toEqual([
      `✓ ${templates}/a.container.j2: renders to a.container`,
      "  variables  debug, image",
      "  not given  debug",
      "  tags       if",
      "  filters    default",
      "  functions  now",
      expect.stringMatching(
        /^ {2}unreached: render: .*a\.container\.j2:3: now\(\) is not supported/,
      ),
      expect.stringMatching(/^ {4}\| 3 \| /),
      expect.stringMatching(/^ {4}\| +\^$/),
      "",
      `✗ ${templates}/b.container.j2: does not render`,
      "  variables  image, imagee",
      "  not given  imagee",
      "  filters    upper",
      expect.stringMatching(/^ {2}error: render: .*b\.container\.j2:3: the variable imagee/),
      expect.stringMatching(/^ {4}\| 3 \| Exec=/),
      expect.stringMatching(/^ {4}\| +\^$/),
      "",
      "2 templates: 1 does not render.",
    ]);
  });
});
