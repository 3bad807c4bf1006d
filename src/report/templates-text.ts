import type { CheckedTemplate } from "../render/check-templates.js";
import { inertLines } from "./inert.js";
import type { Paint } from "./plan-text.js";
import { problemLines } from "./problems.js";
import type { Redact } from "./redact.js";

/** What each template uses and whether it renders, for a terminal. */
export function templatesText(
  templates: readonly CheckedTemplate[],
  redact: Redact,
  paint: Paint,
): readonly string[] {
  return [
    ...templates.flatMap((template) => [...templateLines(template, redact), ""]),
    templatesSentence(templates),
  ]
    .flatMap((line) => inertLines(redact(line)))
    .map(paint);
}

export function renders({ problems }: CheckedTemplate): boolean {
  return problems.length === 0;
}

export function templatesSentence(templates: readonly CheckedTemplate[]): string {
  const failed = templates.filter((template) => !renders(template)).length;
  const all = `${templates.length} ${templates.length === 1 ? "template" : "templates"}`;
  if (failed === 0) return `${all}: ${templates.length === 1 ? "it renders" : "all render"}.`;
  return `${all}: ${failed} ${failed === 1 ? "does" : "do"} not render.`;
}

function templateLines(template: CheckedTemplate, redact: Redact): readonly string[] {
  const { uses, notGiven, problems, unreached } = template;
  const used = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`  ${what.padEnd(10)} ${names.join(", ")}`];
  return [
    `${renders(template) ? "✓" : "✗"} ${template.file}: ${verdict(template)}`,
    ...used("variables", uses.variables),
    ...used("not given", notGiven),
    ...used("tags", uses.tags),
    ...used("filters", uses.filters),
    ...used("tests", uses.tests),
    ...used("functions", uses.functions),
    ...used("includes", uses.includes),
    ...problems.flatMap(({ error, hosts }) => [
      ...problemLines([error], redact).map((line) => `  ${line}`),
      ...(hosts.length === 0 ? [] : [`    | for ${hosts.join(", ")}`]),
    ]),
    ...problemLines(unreached, redact).map(
      (line) => `  ${line.replace(/^error: /, "unreached: ")}`,
    ),
  ];
}

function verdict(template: CheckedTemplate): string {
  if (!renders(template)) return "does not render";
  switch (template.fate.kind) {
    case "deployed":
      return `renders to ${template.fate.path}`;
    case "included":
      return `included by ${template.fate.by.join(", ")}`;
    case "unused":
      return "renders, and no unit uses it: it is not deployed";
  }
}
