/** An inventory as `ansible-inventory --list --export` prints it: who is where, and what is said of whom. */
import type { Inventory } from "../../src/inventory/index.js";
import type { Group, Host } from "../../src/inventory/model.js";
import { join, variableFiles } from "../../src/inventory/texts.js";
import { Dict, Float, Tuple, Unsafe, type Value } from "../../src/render/jinja/values.js";

export interface Exported {
  readonly _meta: { readonly hostvars: Readonly<Record<string, unknown>> };
  readonly [group: string]: unknown;
}

/** Those that the command leaves out. */
const internal = new Set(["inventory_dir", "inventory_file"]);

export function exported(inventory: Inventory): Exported {
  const { tree } = inventory;
  const groups: Record<string, unknown> = {};
  const add = (group: Group) => {
    const children = [...group.children];
    const priority = group.priority === 1 ? {} : { ansible_group_priority: group.priority };
    const said = {
      hosts: group.name === "all" ? [] : [...group.hosts].map(({ name }) => name),
      children: children.map(({ name }) => name),
      vars: { ...variablesSaid(inventory, "group_vars", group), ...priority },
    };
    const some = Object.entries(said).filter(([, value]) => Object.keys(value).length > 0);
    if (some.length > 0) groups[group.name] = Object.fromEntries(some);
    for (const child of children) if (!(child.name in groups)) add(child);
  };
  add(tree.addGroup("all"));
  const hosts = [...tree.hosts.values()].map((host) => [
    host.name,
    variablesSaid(inventory, "host_vars", host),
  ]);
  const some = hosts.filter(([, variables]) => Object.keys(variables as object).length > 0);
  return { ...groups, _meta: { hostvars: Object.fromEntries(some) } };
}

/** A group's or a host's own variables: of the inventory, and of the files beside it. */
function variablesSaid(
  { texts, folders, options }: Inventory,
  kind: "group_vars" | "host_vars",
  of: Group | Host,
): Record<string, unknown> {
  const play = options.playbookDirectory;
  const files = [...folders, ...(play === undefined ? [] : [play])].flatMap((folder) =>
    variableFiles(texts, join(folder, kind), of.name),
  );
  const all = [...of.variables, ...files.flatMap((file) => [...texts.variables(file)])];
  return Object.fromEntries(
    all.filter(([name]) => !internal.has(name)).map(([name, value]) => [name, plain(value)]),
  );
}

function plain(value: unknown): unknown {
  if (value instanceof Unsafe) return { __ansible_unsafe: value.text };
  if (value instanceof Float) return value.value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Map) {
    // A dict of Python's: 1 and true are one key.
    const entries = Dict.of(value as Map<Value, Value>).entries();
    return Object.fromEntries(entries.map(([key, item]) => [String(key), plain(item)]));
  }
  if (value instanceof Tuple || Array.isArray(value)) return Array.from(value, plain);
  return value;
}
