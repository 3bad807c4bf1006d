/** Chooses hosts by a pattern such as `staging:&web:!db`. */
import leven from "leven";
import { parseAddress } from "./addresses.js";
import { reason, refused } from "./errors.js";
import type { Host, Tree } from "./model.js";
import type { Inventory } from "./read.js";

/** The names of the hosts that `pattern` chooses, in the order of the inventory's groups. */
export function hostsMatching(inventory: Inventory, pattern: string): string[] {
  const { tree } = inventory;
  let chosen = new Set<Host>();
  for (const part of ordered(split(pattern))) {
    const own = tree.hosts.get(part);
    const found = new Set(own ? [own] : matching(tree, part.replace(/^[&!]/, ""), pattern));
    if (part.startsWith("!")) chosen = new Set([...chosen].filter((host) => !found.has(host)));
    else if (part.startsWith("&")) chosen = new Set([...chosen].filter((host) => found.has(host)));
    else for (const host of found) chosen.add(host);
  }
  if (chosen.size === 0) throw noHosts(tree, pattern);
  return [...chosen].map((host) => host.name);
}

function split(pattern: string): string[] {
  const parts = pattern.includes(",")
    ? pattern.split(",")
    : parseAddress(pattern)
      ? [pattern]
      : (pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? []);
  const named = parts.map((part) => part.trim()).filter((part) => part !== "");
  const file = named.find((part) => /^[&!]?@/.test(part));
  if (file) {
    throw refused(`${file} would read host names from a file, and that is not supported`, {
      object: pattern,
      remedy: "Name the hosts, or give them a group.",
    });
  }
  return named;
}

/** Those that add hosts come first, then those that keep, then those that leave out. */
function ordered(parts: readonly string[]): string[] {
  const adding = parts.filter((part) => !/^[&!]/.test(part));
  return [
    ...(adding.length > 0 ? adding : ["all"]),
    ...parts.filter((part) => part.startsWith("&")),
    ...parts.filter((part) => part.startsWith("!")),
  ];
}

function matching(tree: Tree, part: string, whole: string): Host[] {
  const subscript = part.startsWith("~")
    ? null
    : /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/.exec(part);
  const [, expression = part, index, begin, end] = subscript ?? [];
  const test = matcher(expression, whole);
  const groups = [...tree.groups.values()].filter((group) => test.test(group.name));
  const found = new Set(groups.flatMap((group) => group.allHosts()));
  if (groups.length === 0 || expression.startsWith("~") || /[.?*[]/.test(expression)) {
    for (const host of tree.hosts.values()) if (test.test(host.name)) found.add(host);
  }
  const hosts = [...found];
  if (hosts.length === 0 || !subscript) return hosts;
  if (index === undefined) return hosts.slice(Number(begin), end ? Number(end) + 1 : undefined);
  const host = hosts.at(Number(index));
  if (!host)
    throw refused(`${expression} has ${hosts.length} hosts, and none at [${index}]`, {
      object: whole,
    });
  return [host];
}

function matcher(expression: string, whole: string): RegExp {
  try {
    return expression.startsWith("~")
      ? new RegExp(`^(?:${expression.slice(1)})`)
      : new RegExp(`^${globPattern(expression)}$`, "s");
  } catch (error) {
    throw refused(`${expression} is no pattern: ${reason(error)}`, { object: whole });
  }
}

function globPattern(glob: string): string {
  return glob.replace(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (one, not, characters) => {
    if (characters) return `[${not ? "^" : ""}${characters.replace(/[\\\]^[]/g, "\\$&")}]`;
    if (one === "*") return ".*";
    if (one === "?") return ".";
    return one.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  });
}

function noHosts(tree: Tree, pattern: string): Error {
  const words = pattern.split(/[,:&!]/).filter((word) => word !== "");
  const known = [...tree.groups.keys(), ...tree.hosts.keys()];
  const near = words
    .filter((word) => !known.includes(word))
    .flatMap((word) =>
      known.filter((name) => leven(word, name) <= Math.max(1, Math.floor(word.length / 3))),
    );
  const remedy =
    near.length > 0
      ? `Did you mean ${[...new Set(near)].join(" or ")}?`
      : `There are the groups ${[...tree.groups.keys()].join(", ")}.`;
  return refused("no host of the inventory matches", { object: pattern, remedy });
}
