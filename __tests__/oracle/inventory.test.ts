/** Ansible resolves the same inventories in one run: groups, variables and patterns must agree. */
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  groupsOf,
  hostsMatching,
  type Inventory,
  memoryReader,
  readInventory,
  variablesOf,
  withTaskVariables,
} from "../../src/inventory/index.js";
import { render } from "../../src/render/jinja/index.js";
import { ask, NEWER, OLDER, type Version } from "./ansible.js";
import { type Exported, exported } from "./inventory-export.js";

const file = new URL("./inventory-cases.yaml", import.meta.url).pathname;

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly inventory: readonly string[];
  readonly playbook?: string;
  readonly password?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly patterns?: readonly string[];
  /** Whether a task of `ansible` is asked as well. */
  readonly debug?: boolean;
  /** Ours is an error where Ansible warns and goes on, or fails as well. */
  readonly fails?: boolean;
}

interface Outcome {
  readonly groups: string;
  readonly hosts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly patterns: Readonly<Record<string, readonly string[]>>;
}

const cases: Case[] = parse(await readFile(file, "utf8"));

function read(one: Case): Inventory {
  return readInventory(one.inventory, memoryReader(new Map(Object.entries(one.files))), {
    vaultPasswords: one.password === undefined ? [] : [one.password],
    ...(one.playbook === undefined ? {} : { playbookDirectory: one.playbook }),
  });
}

function resolve(one: Case): Outcome {
  const inventory = read(one);
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

/** What a task for each host sees. */
function debugged(one: Case): CommandOutcome["debug"] {
  const inventory = read(one);
  const all = [...inventory.tree.hosts.keys()];
  return Object.fromEntries(
    all.map((host) => {
      const variables = withTaskVariables(variablesOf(inventory, host, one.extra), all);
      const names = Object.keys(variables).filter((name) => !made.has(name));
      const shown = names.map((name) => [
        name,
        render({ name, text: `{{ ${name} | to_json }}` }, variables),
      ]);
      return [host, Object.fromEntries(shown)];
    }),
  );
}

/** As the commands leave them out. */
const made = new Set(["hostvars", "inventory_dir", "inventory_file", "playbook_dir"]);

interface CommandOutcome {
  readonly export: unknown;
  readonly debug?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const commandOutcomes: Record<Version, readonly (CommandOutcome | { error: string })[]> = {
  "2.14": [],
  "2.19": [],
};

const outcomes: Record<Version, readonly (Outcome | { error: string })[]> = {
  "2.14": [],
  "2.19": [],
};

beforeAll(async () => {
  const input = await readFile(file, "utf8");
  const asked = [OLDER, NEWER].map(async (version) => {
    outcomes[version] = await ask(version, "inventory.py", input);
    expect(outcomes[version]).toHaveLength(cases.length);
    commandOutcomes[version] = await ask(version, "inventory-commands.py", input);
  });
  await Promise.all(asked);
}, 240_000);

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

describe.each([OLDER, NEWER])("the commands of Ansible %s say the same", (version) => {
  const resolved = cases.flatMap((one, index) => (one.fails ? [] : [{ ...one, index }]));
  const outcomeOf = (index: number) => {
    const outcome = commandOutcomes[version][index];
    expect(outcome).not.toHaveProperty("error");
    return outcome as CommandOutcome;
  };

  // A vaulted value is printed as its cipher text.
  const open = resolved.filter(({ password }) => password === undefined);
  test.each(open)("ansible-inventory --list --export: $name", ({ index, ...one }) => {
    const { _meta, ...groups } = outcomeOf(index).export as Exported;
    expect(exported(read(one))).toEqual({ ...groups, _meta: { hostvars: _meta.hostvars } });
  });

  test.each(resolved.filter(({ debug }) => debug))(
    "ansible -m debug: $name",
    ({ index, ...one }) => {
      expect(debugged(one)).toEqual(outcomeOf(index).debug);
    },
  );
});
