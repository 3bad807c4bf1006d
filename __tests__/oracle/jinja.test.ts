/** Ansible renders the same templates in one run; every byte must agree. */
import { execFile } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { render } from "../../src/render/jinja/index.js";
import { readCases } from "./jinja-cases.js";

const run = promisify(execFile);
const cases = await readCases();

type Outcome = { text: string } | { error: string };

/** The Python that Ansible is installed for: the one in the first line of its program. */
async function ansiblePython(): Promise<string> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const program = join(folder, "ansible");
    const isThere = await access(program).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const [shebang = ""] = (await readFile(program, "utf8")).split("\n");
    const python = /^#!\s*(\S+)/.exec(shebang)?.[1];
    if (python?.endsWith("python3")) return python;
  }
  throw new Error(
    "ansible is not installed, and it decides what is right here. Install it with " +
      "`node dist/testbed.cjs install --with ansible` or `apt-get install ansible-core`.",
  );
}

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
