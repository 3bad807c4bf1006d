import { expect, test } from "vitest";
import { Float, Unsafe } from "../../../../src/render/jinja/index.js";
import { loadYaml } from "../../../../src/render/jinja/load-yaml.js";

test.each<[yaml: string, value: unknown]>([
  ["1", 1],
  ["0644", 420],
  ["12345678901234567890", 12345678901234567890n],
  ["1.0", new Float(1)],
  ["1.10", new Float(1.1)],
  ["-.5", "-.5"],
  [".inf", new Float(Number.POSITIVE_INFINITY)],
  ["1e3", "1e3"],
  ["yes", true],
  ["Off", false],
  ["y", "y"],
  ["~", null],
  ["'1.0'", "1.0"],
  ["!unsafe '{{ x }}'", new Unsafe("{{ x }}")],
  [
    "{8080: web, 443: tls}",
    new Map([
      [8080, "web"],
      [443, "tls"],
    ]),
  ],
  ["{a: 1, a: 2}", new Map([["a", 2]])],
  [
    "a: &x {b: 1}\nc: {<<: *x, d: 2}",
    new Map([
      ["a", new Map([["b", 1]])],
      [
        "c",
        new Map([
          ["b", 1],
          ["d", 2],
        ]),
      ],
    ]),
  ],
])("reads %j as Ansible does", (yaml, value) => {
  expect(loadYaml(yaml)).toEqual(value);
});

test("throws for what is no YAML", () => {
  expect(() => loadYaml("a: [")).toThrow();
});
