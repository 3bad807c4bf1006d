/** Groups and hosts as Ansible puts them together. */
export type Variables = Map<string, unknown>;

export class Host {
  readonly name: string;
  readonly variables: Variables = new Map();
  readonly groups = new Set<Group>();
  constructor(name: string) {
    this.name = name;
  }
}

export class Group {
  readonly name: string;
  readonly variables: Variables = new Map();
  readonly hosts = new Set<Host>();
  readonly children = new Set<Group>();
  readonly parents = new Set<Group>();
  depth = 0;
  priority = 1;

  constructor(name: string) {
    this.name = name;
  }

  ancestors(): Set<Group> {
    return closure(this.parents, (group) => group.parents);
  }

  /** This group's hosts and then those of the groups below it, level by level. */
  allHosts(): Host[] {
    const groups = closure([this], (group) => group.children);
    return [...new Set([...groups].flatMap((group) => [...group.hosts]))];
  }
}

function closure(start: Iterable<Group>, next: (group: Group) => Iterable<Group>): Set<Group> {
  const found = new Set(start);
  for (const group of found) for (const other of next(group)) found.add(other);
  return found;
}

export class Tree {
  readonly groups = new Map<string, Group>();
  readonly hosts = new Map<string, Host>();

  constructor() {
    this.addChild(this.addGroup("all"), this.addGroup("ungrouped"));
  }

  addGroup(name: string): Group {
    let group = this.groups.get(name);
    if (!group) {
      group = new Group(name);
      this.groups.set(name, group);
    }
    return group;
  }

  addHost(name: string, group: Group, port: number | undefined, source: Variables): Host {
    let host = this.hosts.get(name);
    if (!host) {
      host = new Host(name);
      if (port) host.variables.set("ansible_port", port);
      for (const [key, value] of source) host.variables.set(key, value);
      this.hosts.set(name, host);
    }
    group.hosts.add(host);
    for (const ancestor of group.ancestors()) host.groups.add(ancestor);
    host.groups.add(group);
    return host;
  }

  addChild(parent: Group, child: Group): void {
    if (parent === child) throw new Error(`the group ${parent.name} is a child of itself`);
    if (parent.ancestors().has(child)) {
      throw new Error(`the groups ${parent.name} and ${child.name} are below each other`);
    }
    if (parent.children.has(child)) return;
    parent.children.add(child);
    child.parents.add(parent);
    deepen(child, parent.depth + 1);
    const above = [parent, ...parent.ancestors()];
    for (const host of child.allHosts()) for (const group of above) host.groups.add(group);
  }

  /** What Ansible puts right when all is read: everything is below `all`. */
  reconcile(): void {
    const all = this.addGroup("all");
    const ungrouped = this.addGroup("ungrouped");
    for (const group of this.groups.values()) {
      if (group !== all && group.parents.size === 0) this.addChild(all, group);
    }
    for (const host of this.hosts.values()) {
      const others = [...host.groups].filter((group) => group !== all && group !== ungrouped);
      if (others.length > 0) {
        ungrouped.hosts.delete(host);
        host.groups.delete(ungrouped);
      } else {
        ungrouped.hosts.add(host);
        host.groups.add(ungrouped).add(all);
      }
    }
  }
}

function deepen(group: Group, depth: number): void {
  if (group.depth >= depth) return;
  group.depth = depth;
  for (const child of group.children) deepen(child, depth + 1);
}

/** A group's variable; its priority is none of them. */
export function setGroupVariable(group: Group, name: string, value: unknown): void {
  if (name !== "ansible_group_priority") {
    group.variables.set(name, value);
    return;
  }
  const priority = Number(value instanceof Object ? value.valueOf() : value);
  if (!Number.isInteger(priority)) {
    throw new Error(`the ansible_group_priority of ${group.name} is no whole number`);
  }
  group.priority = priority;
}

/** Later groups win: deeper ones, then higher priorities, then later names. */
export function inOrder(groups: Iterable<Group>): Group[] {
  return [...groups].sort(
    (a, b) => a.depth - b.depth || a.priority - b.priority || compareText(a.name, b.name),
  );
}

/** Python's order of strings, which is that of code points. */
export function compareText(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
