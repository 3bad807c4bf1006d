/** The variables of a host, those that win last; none is rendered yet. */
import { Deferred, Scoped } from "../render/jinja/index.js";
import { parseAddress } from "./addresses.js";
import { refused } from "./errors.js";
import { compareText, type Group, type Host, inOrder } from "./model.js";
import { absolute, type Inventory } from "./read.js";
import { join, variableFiles } from "./texts.js";

export type RawVariables = Readonly<Record<string, unknown>>;

export function variablesOf(
  inventory: Inventory,
  name: string,
  extra: RawVariables = {},
): RawVariables {
  return new Resolving(inventory, extra).of(name);
}

/** The hosts of each group, as the variable `groups` has them. */
export function groupsOf(inventory: Inventory): Map<string, string[]> {
  return new Map(
    [...inventory.tree.groups.values()].map((group) => [
      group.name,
      group.allHosts().map((host) => host.name),
    ]),
  );
}

/** The first label of a name; an address has none. */
function shortName(name: string): string {
  const isAddress = name.includes(":") || /^\d+(?:\.\d+){3}$/.test(name);
  return isAddress && parseAddress(name) ? name : (name.split(".")[0] as string);
}

class Resolving {
  readonly #inventory: Inventory;
  readonly #extra: RawVariables;
  readonly #known = new Map<string, RawVariables>();
  readonly #groups: Map<string, string[]>;
  readonly #hostvars: Map<string, unknown>;

  constructor(inventory: Inventory, extra: RawVariables) {
    this.#inventory = inventory;
    this.#extra = extra;
    this.#groups = groupsOf(inventory);
    this.#hostvars = new Map(
      [...inventory.tree.hosts.keys()].map((name) => [
        name,
        new Deferred(() => new Scoped(this.of(name))),
      ]),
    );
  }

  of(name: string): RawVariables {
    const host = this.#inventory.tree.hosts.get(name);
    if (!host) throw refused(`the inventory has no host ${name}`);
    const known = this.#known.get(name) ?? this.#merged(host);
    this.#known.set(name, known);
    return known;
  }

  #merged(host: Host): RawVariables {
    const { folders, options, tree } = this.#inventory;
    const play = options.playbookDirectory;
    const playFolders = play === undefined ? [] : [play];
    const all = [tree.addGroup("all")];
    const groups = inOrder([...host.groups].filter((group) => group.name !== "all"));
    const merged: Record<string, unknown> = Object.create(null);
    const put = (variables: Iterable<[string, unknown]>) => {
      for (const [name, value] of variables) merged[name] = value;
    };
    const putFiles = (kind: string, folders: readonly string[], of: readonly (Group | Host)[]) => {
      for (const folder of folders) {
        for (const { name } of of) {
          for (const file of variableFiles(this.#inventory.texts, join(folder, kind), name)) {
            put(this.#inventory.texts.variables(file));
          }
        }
      }
    };
    for (const group of [...all, ...groups]) put(group.variables);
    putFiles("group_vars", folders, all);
    putFiles("group_vars", playFolders, all);
    putFiles("group_vars", folders, groups);
    putFiles("group_vars", playFolders, groups);
    put(host.variables);
    put([
      ["inventory_hostname", host.name],
      ["inventory_hostname_short", shortName(host.name)],
      ["group_names", groups.map((group) => group.name).sort(compareText)],
    ]);
    putFiles("host_vars", folders, [host]);
    putFiles("host_vars", playFolders, [host]);
    put(Object.entries(this.#extra));
    // Nothing overrides these in Ansible.
    put([
      ["groups", this.#groups],
      ["hostvars", this.#hostvars],
      ["playbook_dir", absolute(options, play ?? "")],
    ]);
    return merged;
  }
}
