import { differences, type Series, stepsTable, timesTable } from "./results.js";

/** What was measured over one way to the host; the first series is the floor. */
export interface Results {
  readonly title: string;
  readonly rounds: number;
  readonly series: readonly Series[];
}

/** The page for the repository, in Markdown. */
export function resultsPage(results: readonly Results[], versions: readonly string[]): string {
  const date = new Date().toISOString().slice(0, 10);
  return `# How long a deploy takes

Written by \`npm run bench\` (\`-- --rounds N\` for more or fewer rounds) on ${date}: ${versions.join(", ")}.

A deploy of the Senex stack's next version, which changes nothing but the image's tag, on a real
host from \`testbed/\` that runs the version before and has both images. Each contender leaves
the same files and the same application running and healthy, which is checked after each; all
but the last one restart the three services that use the image. Contenders take turns within a
round, each after a rest. Seconds depend on the machine: what counts is how many times as long
as the floor each takes, in the same round.

- **The floor** is \`floor.sh\`: \`tar | ssh\`, \`podman pull\`, \`daemon-reload\`, one restart job, and
  \`curl\` until the first healthy answer. It checks nothing and cannot go back.
- **This action** is \`dist/action.cjs\` as a runner starts it, Node's own start included. By
  default it wants two healthy answers in a row and services that stay up for five seconds; the
  others look at neither, so that it is also shown without both.
- **Ansible** runs \`playbook.yml\`, the deployment guide's steps, over a connection of its own.

${results.map(times).join("\n")}
## Where the time goes

Median seconds of each step, as each contender names it.

${results.map(steps).join("\n")}`;
}

function times({ title, rounds, series }: Results): string {
  return `## ${title}, ${rounds} rounds\n\n${timesTable(series)}\n`;
}

/** Of the floor and the action, which do the same steps under the same names. */
function steps({ title, series }: Results): string {
  const [floor, ...actions] = series.slice(0, 3);
  if (floor === undefined) return "";
  const told = actions.map(
    (action) => `- ${action.name}, next to the floor: ${differences(floor, action)}`,
  );
  return `### ${title}\n\n${stepsTable([floor, ...actions])}\n\n${told.join("\n")}\n`;
}

const RENDERING = "\n## Rendering 1,000 templates";

/** The page with that section in place of the one it has, if any. */
export function withRendering(page: string, table: string, rounds: number): string {
  return `${page.split(RENDERING)[0]?.trimEnd()}
${RENDERING}, ${rounds} rounds

Written by \`npm run bench:templates\`. A unit with loops, conditions, filters and variables that
hold templates, a thousand times with another number in it, so that nothing is compiled before.
Each renders in a process of its own, whose start is not counted; Ansible's Templar is called as
the \`template\` module calls it, but for the task, the connection and the copy around it. Jinja2
alone does not render variables that hold templates.

${table}
`;
}

/** That section of a page, to be kept when the rest is written anew. */
export function renderingOf(page: string): string {
  const at = page.indexOf(RENDERING);
  return at < 0 ? "" : page.slice(at);
}
