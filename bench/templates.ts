/** How long rendering takes next to Ansible's and plain Jinja2: 1,000 templates in one process. */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { ask, NEWER, OLDER, type Version } from "../__tests__/oracle/ansible.js";
import { render } from "../src/render/jinja/index.js";
import { withRendering } from "./page.js";
import { type Series, timesTable } from "./results.js";

const project = process.cwd();
const results = join(project, "bench/RESULTS.md");

const COUNT = 1000;
/** Rendered before the clock starts. */
const WARM_UP = 5;

interface Work {
  readonly texts: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
}

const variables = {
  app: "web",
  base: "/opt/{{ app }}",
  ports: [8000, 8001],
  labels: { "io.containers.autoupdate": "registry", tier: "front" },
  environment_of: { DEBUG: false, WORKERS: 4, NAME: "{{ app | upper }}" },
  hosts: ["db1.example.org", "db2.example.org"],
};

/** A unit as people write them, and another for each number, as files are. */
const unit = (number: number) => `[Unit]
Description={{ app | capitalize }} number ${number}
{% for host in hosts %}
After=tunnel-{{ host.split('.') | first }}.service
{% endfor %}

[Container]
Image={{ registry | default('registry.example.org') }}/{{ app }}:{{ tag | default('latest', true) }}
{% for port in ports if port > 8000 or app == 'web' %}
PublishPort=127.0.0.1:{{ port }}:{{ port }}
{% endfor %}
{% for name, value in labels.items() %}
Label={{ name }}={{ value }}
{% endfor %}
{% for name, value in environment_of | dictsort %}
Environment={{ name }}={{ value | string | lower if value is boolean else value }}
{% endfor %}
{% if base is defined %}
Volume={{ base }}/data:/data:Z
{% else %}
Volume=data:/data
{% endif %}

[Install]
WantedBy={{ ['multi-user.target', 'default.target'] | join(' ') }}
`;

async function bench(rounds: number): Promise<void> {
  const texts = Array.from({ length: COUNT + WARM_UP }, (_, number) => unit(number));
  const input = JSON.stringify({ texts, variables } satisfies Work);
  const times = new Map<string, number[]>();
  const note = (name: string, ms: number) => times.set(name, [...(times.get(name) ?? []), ms]);
  for (let round = 0; round < rounds; round++) {
    const newer = await theirs(NEWER, input);
    const older = await theirs(OLDER, input);
    note("Jinja2 3.1.6 alone, without Ansible", newer.jinja2);
    note("this action", await ours(input));
    note("Ansible 2.19's Templar", newer.Templar);
    note("Ansible 2.14's Templar", older.Templar);
    console.log(`round ${round + 1}`);
  }
  const series: Series[] = [...times].map(([name, walls]) => ({
    name,
    runs: walls.map((wall) => ({ wall, steps: new Map() })),
  }));
  const table = timesTable(series, { what: `${COUNT} templates`, base: "Jinja2" });
  const page = withRendering(await readFile(results, "utf8"), table, rounds);
  await writeFile(results, page);
  console.log(table);
}

async function theirs(
  version: Version,
  input: string,
): Promise<{ readonly Templar: number; readonly jinja2: number }> {
  return ask(version, "templates.py", input, join(project, "bench"));
}

/** In a process of its own, as the others have: nothing is compiled yet. */
async function ours(input: string): Promise<number> {
  const child = spawn(process.execPath, [process.argv[1] ?? "", "--ours"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(input);
  return (await json(child.stdout)) as number;
}

async function timeOurs(): Promise<void> {
  const work = (await json(process.stdin)) as Work;
  const run = (texts: readonly string[]) => {
    for (const text of texts) render({ name: "web.container.j2", text }, work.variables);
  };
  run(work.texts.slice(0, WARM_UP));
  const began = performance.now();
  run(work.texts.slice(WARM_UP));
  console.log(performance.now() - began);
}

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, ours: { type: "boolean" } },
});
const work = values.ours ? timeOurs() : bench(Number(values.rounds));
work.catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
