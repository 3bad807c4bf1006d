// Writes action.yml and the README's tables from the one table of options. With --check it
// only says whether they are up to date.
import { readFile, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import { options, outputs } from "../src/settings/options.ts";

const check = process.argv.includes("--check");
const root = new URL("../", import.meta.url);

const secrets = new Set(options.filter((option) => option.secret).map((option) => option.name));
const inputs = options.filter((option) => option.door !== "cli");

function actionYml() {
  const action = {
    name: "Deploy Podman Quadlet",
    description:
      "Deploys Podman Quadlet units to hosts over SSH: renders, verifies, applies in one atomic flip and proves the new containers healthy.",
    author: "Senex",
    branding: { icon: "upload-cloud", color: "purple" },
    inputs: Object.fromEntries(
      inputs.map((option) => [
        option.name,
        {
          description: describe(option),
          required: false,
          ...(option.default === undefined ? {} : { default: option.default }),
        },
      ]),
    ),
    outputs: Object.fromEntries(outputs.map(({ name, help }) => [name, { description: help }])),
    runs: { using: "node24", main: "dist/action.cjs" },
  };
  const head = "# Written by `npm run docs` from src/settings/options.ts.\n";
  return head + stringify(action, { lineWidth: 0 });
}

function describe(option) {
  const choices = option.choices?.length > 1 ? ` One of: ${option.choices.join(", ")}.` : "";
  return `${option.help}${choices}`;
}

function optionsTable() {
  const groups = Map.groupBy(inputs, (option) => option.group);
  return [...groups]
    .map(([group, members]) =>
      [
        `**${group}**`,
        "",
        "| Input | Default | |",
        "| --- | --- | --- |",
        ...members.map(
          (option) =>
            `| \`${option.name}\` | ${option.default ? `\`${option.default}\`` : ""} | ${describe(option)}${secrets.has(option.name) ? " Keep it in a secret." : ""} |`,
        ),
      ].join("\n"),
    )
    .join("\n\n");
}

function outputsTable() {
  return [
    "| Output | |",
    "| --- | --- |",
    ...outputs.map(({ name, help }) => `| \`${name}\` | ${help} |`),
  ].join("\n");
}

function between(text, name, content) {
  const [start, end] = [`<!-- ${name}: written by npm run docs -->`, `<!-- end of ${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no place for ${name}`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

const readme = await readFile(new URL("README.md", root), "utf8").catch(() => "");
const files = {
  "action.yml": actionYml(),
  "README.md": between(between(readme, "inputs", optionsTable()), "outputs", outputsTable()),
};
for (const [name, text] of Object.entries(files)) {
  const old = await readFile(new URL(name, root), "utf8").catch(() => "");
  if (old === text) continue;
  if (check) {
    console.error(`${name} is not what src/settings/options.ts says: run "npm run docs".`);
    process.exitCode = 1;
  } else {
    await writeFile(new URL(name, root), text);
    console.log(`wrote ${name}`);
  }
}
