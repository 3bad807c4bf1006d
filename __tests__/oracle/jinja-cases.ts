import { readFile } from "node:fs/promises";
import type { Loader } from "../../src/render/jinja/index.js";
import { loadYaml } from "../../src/render/jinja/load-yaml.js";

export interface Case {
  readonly group: string;
  readonly template: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly loader: Loader;
  /** Whether Ansible and we both refuse it. */
  readonly fails: boolean;
}

/** The cases of `jinja-cases.yaml`: groups of templates that share variables and files. */
export async function readCases(): Promise<Case[]> {
  const text = await readFile(new URL("./jinja-cases.yaml", import.meta.url), "utf8");
  return (loadYaml(text) as Map<string, unknown>[]).flatMap((group) => {
    const variables = Object.fromEntries(mapOf(group.get("variables")));
    const files = mapOf(group.get("files"));
    const loader: Loader = (name) => {
      const file = files.get(name);
      return file === undefined ? undefined : { name, text: String(file) };
    };
    const read = (key: string, fails: boolean) =>
      ((group.get(key) ?? []) as unknown[]).map((template) => ({
        group: String(group.get("group")),
        template: String(template),
        variables,
        loader,
        fails,
      }));
    return [...read("cases", false), ...read("fails", true)];
  });
}

function mapOf(value: unknown): Map<string, unknown> {
  return value instanceof Map ? value : new Map();
}
