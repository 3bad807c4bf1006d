/** Inventories in Ansible's INI format. */
import { expandHosts } from "./addresses.js";
import { reason, refused } from "./errors.js";
import { parseLiteral } from "./literal.js";
import { type Group, setGroupVariable, type Tree, type Variables } from "./model.js";
import { splitWords } from "./shlex.js";

interface Pending {
  readonly line: number;
  readonly kind: "vars" | "children";
  readonly parents: Group[];
}

export function readIni(tree: Tree, file: string, text: string, source: Variables): void {
  const reading = new Reading(tree, source);
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith(";") || line.startsWith("#")) return;
    try {
      reading.line(line, index + 1);
    } catch (error) {
      throw refused(reason(error), { location: { file, line: index + 1 } });
    }
  });
  for (const [name, { kind, line, parents }] of reading.pending) {
    const cause =
      kind === "vars"
        ? `[${name}:vars] is for a group that the file does not have`
        : `[${parents.at(-1)?.name}:children] names the group ${name}, which the file does not have`;
    throw refused(cause, { location: { file, line } });
  }
}

class Reading {
  readonly pending = new Map<string, Pending>();
  readonly #tree: Tree;
  readonly #source: Variables;
  #group: Group;
  #state = "hosts";

  constructor(tree: Tree, source: Variables) {
    this.#tree = tree;
    this.#source = source;
    this.#group = tree.addGroup("ungrouped");
  }

  line(line: string, number: number): void {
    const section = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line);
    if (section) this.#section(section[1] as string, section[2] ?? "hosts", number);
    else if (line.startsWith("[") && line.endsWith("]")) {
      throw new Error(`${line} is no section. There must be no spaces in its name`);
    } else if (this.#state === "hosts") this.#host(line);
    else if (this.#state === "vars") this.#variable(line);
    else this.#child(line, number);
  }

  #section(name: string, state: string, line: number): void {
    if (!["hosts", "children", "vars"].includes(state)) {
      throw new Error(`the section [${name}:${state}] is none of hosts, children and vars`);
    }
    if (!this.#tree.groups.has(name) && state === "vars" && !this.pending.has(name)) {
      this.pending.set(name, { line, kind: "vars", parents: [] });
    }
    this.#group = this.#tree.addGroup(name);
    this.#state = state;
    if (state !== "vars") this.#settle(name);
  }

  /** The group is there now: what waited for it gets it. */
  #settle(name: string): void {
    const waiting = this.pending.get(name);
    if (!waiting) return;
    this.pending.delete(name);
    for (const parent of waiting.parents) {
      this.#tree.addChild(parent, this.#tree.addGroup(name));
      if (this.pending.get(parent.name)?.kind === "children") this.#settle(parent.name);
    }
  }

  #host(line: string): void {
    const [pattern = "", ...assignments] = splitWords(line, true);
    const { hosts, port } = expandHosts(pattern);
    if (pattern.endsWith(":") && port === undefined) {
      throw new Error(`the host ${pattern} ends in ":", which is there for a port`);
    }
    if (hosts.includes("---")) throw new Error("--- begins a YAML file; name it with .yml");
    const variables = assignments.map((word): [string, unknown] => {
      const equals = word.indexOf("=");
      if (equals < 0) throw new Error(`"${word}" is not a variable's key=value`);
      return [word.slice(0, equals), parseLiteral(word.slice(equals + 1))];
    });
    for (const name of hosts) {
      const host = this.#tree.addHost(name, this.#group, port, this.#source);
      for (const [key, value] of variables) host.variables.set(key, value);
    }
  }

  #variable(line: string): void {
    const equals = line.indexOf("=");
    if (equals < 0) throw new Error(`"${line}" is not key=value`);
    const value = parseLiteral(line.slice(equals + 1).trim());
    setGroupVariable(this.#group, line.slice(0, equals).trim(), value);
  }

  #child(line: string, number: number): void {
    const name = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line)?.[1];
    if (name === undefined) throw new Error(`"${line}" is not a group's name`);
    const child = this.#tree.groups.get(name);
    const waiting = this.pending.get(name);
    if (child) this.#tree.addChild(this.#group, child);
    else if (waiting) waiting.parents.push(this.#group);
    else this.pending.set(name, { line: number, kind: "children", parents: [this.#group] });
  }
}
