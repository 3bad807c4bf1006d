/** Both of Debian's Ansibles render the same templates in one run; every byte must agree. */
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { render } from "../../src/render/jinja/index.js";
import { ask, NEWER, OLDER, type Version } from "./ansible.js";
import { type Case, caseFiles, type Outcome, readCases } from "./jinja-cases.js";

const text = await caseFiles();
const cases = readCases(text).map((one, index) => ({ ...one, index }));
const outcomes: Record<Version, readonly Outcome[]> = { "2.14": [], "2.19": [] };

beforeAll(async () => {
  const asked = [OLDER, NEWER].map(async (version) => {
    outcomes[version] = await ask(version, "jinja.py", text);
    expect(outcomes[version]).toHaveLength(cases.length);
  });
  await Promise.all(asked);
}, 120_000);

describe("Ansible renders the same", () => {
  test.each(cases)("$group: $template", ({ index, ...one }) => {
    const [older, newer] = [outcomes[OLDER][index], outcomes[NEWER][index]];
    if (one.as === undefined) {
      expect(shown(older), "2.14 and 2.19 differ: say so in jinja-versions.yaml").toBe(
        shown(newer),
      );
    } else {
      expect(shown(older), "2.14 and 2.19 agree").not.toBe(shown(newer));
    }
    const outcome = outcomes[one.as ?? NEWER][index] as Outcome;
    const attempt = () =>
      render({ name: "case.j2", text: one.template }, one.variables, one.loader);
    if (one.fails) {
      expect(outcome, "Ansible renders this").toHaveProperty("error");
      expect(attempt).toThrow(/^render: /m);
    } else {
      expect(outcome, "Ansible does not render this").toHaveProperty("text");
      expect(attempt()).toBe((outcome as { text: string }).text);
    }
  });
});

test("where Ansible's versions differ is written down", async () => {
  const page = await readFile(new URL("../../docs/templates.md", import.meta.url), "utf8");
  const differing = cases.filter((one) => one.as !== undefined);
  const firsts = differing.filter(
    ({ group }, at) => differing.findIndex((other) => other.group === group) === at,
  );
  const rows = firsts.map((first) => row(first));
  const table = [
    "| what | for example | 2.14 | 2.19 | here as |",
    "| --- | --- | --- | --- | --- |",
  ];
  expect(page).toContain([...table, ...rows].join("\n"));
});

function row({ group, template, as, index }: Case & { index: number }): string {
  const results = [OLDER, NEWER].map((version) => {
    const outcome = outcomes[version][index];
    return outcome && "text" in outcome ? quoted(outcome.text) : "an error";
  });
  return `| ${[group, quoted(template), ...results, as].join(" | ")} |`;
}

function quoted(code: string): string {
  if (code === "") return "nothing";
  return `\`${code.replaceAll("\r", "\u240d").replaceAll("\n", "\u23ce").replaceAll("|", "\\|")}\``;
}

/** The text, or that there is none: the versions word their errors differently. */
function shown(outcome: Outcome | undefined): string | null {
  return outcome && "text" in outcome ? outcome.text : null;
}
