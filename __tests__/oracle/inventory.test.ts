/** Ansible resolves the same inventories in one run: groups, variables and patterns must agree. */
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  groupsOf,
  hostsMatching,
  memoryReader,
  readInventory,
  variablesOf,
} from "../../src/inventory/index.js";
import { render } from "../../src/render/jinja/index.js";
import { ask, NEWER, OLDER, type Version } from "./ansible.js";

const file = new URL("./inventory-cases.yaml", import.meta.url).pathname;

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly inventory: readonly string[];
  readonly playbook?: string;
  readonly password?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly patterns?: readonly string[];
  /** Ours is an error where Ansible warns and goes on, or fails as well. */
  readonly fails?: boolean;
}

interface Outcome {
  readonly groups: string;
  readonly hosts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly patterns: Readonly<Record<string, readonly string[]>>;
}

const cases: Case[] = parse(await readFile(file, "utf8"));

function resolve(one: Case): Outcome {
  const inventory = readInventory(one.inventory, memoryReader(new Map(Object.entries(one.files))), {
    vaultPasswords: one.password === undefined ? [] : [one.password],
    ...(one.playbook === undefined ? {} : { playbookDirectory: one.playbook }),
  });
  const groups = groupsOf(inventory);
  const hosts = [...inventory.tree.hosts.keys()].map((host) => {
    const variables = variablesOf(inventory, host, one.extra);
    const shown = Object.keys(variables)
      .filter((name) => name !== "hostvars" && name !== "playbook_dir")
      .map((name) => {
        if (/^inventory_(?:dir|file)$/.test(name)) return [name, variables[name]];
        return [name, render({ name, text: `{{ ${name} | to_json }}` }, variables)];
      });
    return [host, Object.fromEntries(shown)];
  });
  return {
    groups: render({ name: "groups", text: "{{ groups | to_json }}" }, { groups }),
    hosts: Object.fromEntries(hosts),
    patterns: Object.fromEntries(
      (one.patterns ?? []).map((pattern) => [pattern, hostsMatching(inventory, pattern)]),
    ),
  };
}

const outcomes: Record<Version, readonly (Outcome | { error: string })[]> = {
  "2.14": [],
  "2.19": [],
};

beforeAll(async () => {
  const input = await readFile(file, "utf8");
  const asked = [OLDER, NEWER].map(async (version) => {
    outcomes[version] = await ask(version, "inventory.py", input);
    expect(outcomes[version]).toHaveLength(cases.length);
  });
  await Promise.all(asked);
}, 120_000);

describe.each([OLDER, NEWER])("Ansible %s resolves the same", (version) => {
  test.each(cases.map((one, index) => ({ ...one, index })))("$name", ({ index, ...one }) => {
    const outcome = outcomes[version][index];
    if (one.fails) {
      expect(outcome, "Ansible resolves this").toHaveProperty("error");
      expect(() => resolve(one)).toThrow(/^(?:settings|render): /);
    } else {
      expect(outcome, "Ansible does not resolve this").not.toHaveProperty("error");
      expect(resolve(one)).toEqual(outcome);
    }
  });
});
