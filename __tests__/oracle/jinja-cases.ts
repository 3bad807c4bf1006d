import { readdir, readFile } from "node:fs/promises";
import type { Loader } from "../../src/render/jinja/index.js";
import { loadYaml } from "../../src/render/jinja/load-yaml.js";
import type { Version } from "./ansible.js";

export interface Case {
  readonly group: string;
  readonly template: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly loader: Loader;
  /** Whether Ansible and we both refuse it. */
  readonly fails: boolean;
  /** That Ansible's two versions differ here, and which of them we do as. */
  readonly as?: Version;
}

/** What becomes of a template: its text, or why there is none. */
export type Outcome = { readonly text: string } | { readonly error: string };

/** All files `jinja-*.yaml` as one text, each being a list of groups. */
export async function caseFiles(): Promise<string> {
  const folder = new URL(".", import.meta.url);
  const names = (await readdir(folder)).filter((name) => /^jinja-.*\.yaml$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")));
  return texts.join("\n");
}

/** The cases in the order in which Ansible is asked: those of a group share variables and files. */
export function readCases(text: string): Case[] {
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
        ...(group.has("as") ? { as: group.get("as") as Version } : {}),
      }));
    return [...read("cases", false), ...read("fails", true)];
  });
}

function mapOf(value: unknown): Map<string, unknown> {
  return value instanceof Map ? value : new Map();
}
