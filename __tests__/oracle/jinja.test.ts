/** Ansible renders the same templates in one run; every byte must agree. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { render } from "../../src/render/jinja/index.js";
import { ansiblePython } from "./ansible-python.js";
import { readCases } from "./jinja-cases.js";

const run = promisify(execFile);
const cases = await readCases();

type Outcome = { text: string } | { error: string };

describe("Ansible renders the same", () => {
  let outcomes: Outcome[] = [];

  beforeAll(async () => {
    const script = new URL("./jinja.py", import.meta.url).pathname;
    const file = new URL("./jinja-cases.yaml", import.meta.url).pathname;
    const python = await ansiblePython();
    const { stdout } = await run(python, [script, file], { maxBuffer: 64 << 20 });
    outcomes = JSON.parse(stdout);
    expect(outcomes).toHaveLength(cases.length);
  }, 120_000);

  test.each(cases.map((one, index) => ({ ...one, index })))(
    "$group: $template",
    ({ index, template, variables, loader, fails }) => {
      const outcome = outcomes[index] as Outcome;
      const attempt = () => render({ name: "case.j2", text: template }, variables, loader);
      if (fails) {
        expect(outcome, "Ansible renders this").toHaveProperty("error");
        expect(attempt).toThrow(/^render: /m);
      } else {
        expect(outcome, "Ansible does not render this").toHaveProperty("text");
        expect(attempt()).toBe((outcome as { text: string }).text);
      }
    },
  );
});
