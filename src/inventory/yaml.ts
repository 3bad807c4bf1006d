/** Inventories in YAML: groups with `hosts`, `vars` and `children`. */
import { expandHosts } from "./addresses.js";
import { type Group, setGroupVariable, type Tree, type Variables } from "./model.js";

export function readGroups(
  tree: Tree,
  groups: Map<unknown, unknown>,
  source: Variables,
  warn: (text: string) => void,
): void {
  for (const [name, data] of groups) readGroup(tree, name, data, source, warn);
}

function readGroup(
  tree: Tree,
  name: unknown,
  data: unknown,
  source: Variables,
  warn: (text: string) => void,
): Group | undefined {
  if (typeof name !== "string" || name === "") {
    throw new Error(`the group's name ${String(name)} is no text. Quote it`);
  }
  if (data !== null && !(data instanceof Map)) {
    warn(`${name} is skipped: it is no group, which has hosts, vars or children`);
    return undefined;
  }
  const group = tree.addGroup(name);
  for (const [key, section] of data ?? []) {
    const known = key === "hosts" || key === "vars" || key === "children";
    if (!known) {
      warn(`${String(key)} of the group ${name} is skipped: it is none of hosts, vars, children`);
      continue;
    }
    for (const [item, value] of entries(section, `the ${key} of the group ${name}`)) {
      if (key === "vars") setGroupVariable(group, String(item), value);
      else if (key === "hosts") readHost(tree, group, item, value, source);
      else {
        const child = readGroup(tree, item, value, source, warn);
        if (child) tree.addChild(group, child);
      }
    }
  }
  return group;
}

function readHost(
  tree: Tree,
  group: Group,
  pattern: unknown,
  data: unknown,
  source: Variables,
): void {
  if (typeof pattern !== "string") {
    throw new Error(`the host ${String(pattern)} of ${group.name} is no text. Quote it`);
  }
  const { hosts, port } = expandHosts(pattern);
  const variables = entries(data || null, `the variables of the host ${pattern}`);
  for (const name of hosts) {
    const host = tree.addHost(name, group, port, source);
    for (const [key, value] of variables) host.variables.set(String(key), value);
  }
}

function entries(section: unknown, what: string): [unknown, unknown][] {
  if (section === null || section === undefined) return [];
  if (typeof section === "string") return [[section, null]];
  if (section instanceof Map) return [...section];
  throw new Error(`${what} must be a dictionary`);
}
