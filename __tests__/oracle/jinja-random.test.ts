/** Templates made at random from a seed; Ansible and we must make the same of each. */
import { expect, test } from "vitest";
import { deployErrors } from "../../src/errors.js";
import { render } from "../../src/render/jinja/index.js";
import { ask, NEWER, OLDER } from "./ansible.js";
import { type Case, type Outcome, readCases } from "./jinja-cases.js";
import { asYaml, randomGroup } from "./random-templates.js";

const seed = Number(process.env.ORACLE_SEED ?? 1);
const count = Number(process.env.ORACLE_CASES ?? 500);

/** How many differences are shown. */
const SHOWN = 40;

test(`${count} templates of seed ${seed}`, { timeout: 900_000 }, async () => {
  const input = asYaml(randomGroup(seed, count));
  const cases = readCases(input);
  const [outcomes, older] = await Promise.all([
    ask<Outcome[]>(NEWER, "jinja.py", input),
    ask<Outcome[]>(OLDER, "jinja.py", input),
  ]);
  expect(outcomes).toHaveLength(count);

  const refused = new Map<string, number>();
  const differences: string[] = [];
  let rendered = 0;
  let forgiven = 0;
  for (const [index, one] of cases.entries()) {
    const theirs = outcomes[index] as Outcome;
    const ours = renderOurs(one);
    if ("refused" in ours) {
      refused.set(ours.refused, (refused.get(ours.refused) ?? 0) + 1);
    } else if ("text" in ours && "text" in theirs) {
      rendered++;
      if (ours.text !== theirs.text) differences.push(difference(one, ours, theirs));
    } else if ("error" in ours && "text" in theirs && "error" in (older[index] as Outcome)) {
      // As docs/templates.md says: what fails unused is an error here and in 2.14.
      forgiven++;
    } else if ("text" in ours || "text" in theirs) {
      differences.push(difference(one, ours, theirs));
    }
  }
  const features = [...refused].sort(([, a], [, b]) => b - a);
  const sum = features.reduce((all, [, times]) => all + times, 0);
  console.log(
    [
      `seed ${seed}: ${count} templates, ${rendered} rendered by both, ${sum} that we refuse, ` +
        `${forgiven} that 2.14 and we find wrong, ${differences.length} differences`,
      ...features.map(([feature, times]) => `  refused ${times}: ${feature}`),
    ].join("\n"),
  );
  // The shortest tell the most.
  differences.sort((a, b) => a.length - b.length);
  expect(differences.slice(0, SHOWN).join("\n\n")).toBe("");
});

/** Ours; what we say is not supported is none that must agree. */
function renderOurs({ template, variables, loader }: Case): Outcome | { refused: string } {
  try {
    return { text: render({ name: "random.j2", text: template }, variables, loader) };
  } catch (error) {
    const causes = deployErrors(error).map(({ parts }) => parts.cause);
    const refusal = causes.find((cause) => /\bsupported\b/.test(cause));
    if (refusal) return { refused: refusal.replace(/(?: is| are)?(?: not)? supported.*/s, "") };
    return { error: causes.join("; ") };
  }
}

function difference(one: Case, ours: Outcome, theirs: Outcome): string {
  return [one.template, ours, theirs].map((part) => JSON.stringify(part)).join("\n");
}
