/** Reads inventories: single files, and directories of several. */
import { DeployError } from "../errors.js";
import { reason, refused } from "./errors.js";
import { readIni } from "./ini.js";
import { Tree, type Variables } from "./model.js";
import { folderOf, join, noYaml, type Reader, Texts } from "./texts.js";
import { readGroups } from "./yaml.js";

export interface InventoryOptions {
  readonly vaultPasswords?: readonly string[];
  /** Where `group_vars/` and `host_vars/` next to a playbook are. */
  readonly playbookDirectory?: string;
  /** The absolute path that the others are relative to, for `inventory_dir` and the like. */
  readonly root?: string;
}

export interface Inventory {
  readonly tree: Tree;
  readonly sources: readonly string[];
  /** Folders that may have `group_vars/` and `host_vars/`, those of the inventory first. */
  readonly folders: readonly string[];
  readonly texts: Texts;
  readonly options: InventoryOptions;
  readonly warnings: readonly string[];
}

export function readInventory(
  paths: readonly string[],
  reader: Reader,
  options: InventoryOptions = {},
): Inventory {
  const warnings: string[] = [];
  const texts = new Texts(reader, options.vaultPasswords ?? [], warnings);
  const tree = new Tree();
  const folders: string[] = [];
  for (const path of paths) {
    const isFolder = texts.names(path) !== undefined;
    folders.push(isFolder ? path : folderOf(path));
    if (isFolder) readFolder(path);
    else readFile(path);
  }
  tree.reconcile();
  for (const name of tree.groups.keys()) {
    if (tree.hosts.has(name)) warnings.push(`${name} is the name of both a group and a host`);
  }
  return { tree, sources: paths, folders, texts, options, warnings };

  function readFolder(folder: string): void {
    for (const name of [...(texts.names(folder) ?? [])].sort()) {
      if (isIgnored(name)) {
        if (name.endsWith(".ini")) {
          warnings.push(`${join(folder, name)} is passed over, as .ini is in a directory`);
        }
        continue;
      }
      const path = join(folder, name);
      if (texts.names(path)) readFolder(path);
      else readFile(path);
    }
  }

  function readFile(path: string): void {
    const text = texts.text(path);
    if (text === undefined) throw refused("there is no such inventory", { object: path });
    refuseOthers(path, text);
    const source: Variables = new Map([
      ["inventory_file", absolute(options, path)],
      ["inventory_dir", absolute(options, folderOf(path))],
    ]);
    const groups = yamlGroups(path, text);
    if (!groups) {
      readIni(tree, path, text, source);
      return;
    }
    if (groups.get("plugin")) {
      throw refused(
        `this configures the inventory plugin ${groups.get("plugin")}, and none is run`,
        {
          location: { file: path },
          remedy: "Write what `ansible-inventory --list --yaml` prints to a file.",
        },
      );
    }
    try {
      readGroups(tree, groups, source, (warning) => warnings.push(`${path}: ${warning}`));
    } catch (error) {
      if (error instanceof DeployError) throw error;
      throw refused(reason(error), { location: { file: path } });
    }
  }

  /** The groups of a YAML inventory, or undefined for one in INI format. */
  function yamlGroups(path: string, text: string): Map<unknown, unknown> | undefined {
    const extension = /[^./](\.[^./]*)$/.exec(path)?.[1] ?? "";
    const isYaml = [".yml", ".yaml", ".json"].includes(extension);
    if (!isYaml && extension !== "") return undefined;
    let data: unknown;
    try {
      data = texts.yaml(path, text);
    } catch (error) {
      if (!isYaml) return undefined;
      throw noYaml(path, error);
    }
    if (data instanceof Map && data.size > 0) return data;
    if (isYaml) {
      throw refused("a YAML inventory must be a dictionary of groups", {
        location: { file: path },
      });
    }
    return undefined;
  }
}

/** What Ansible passes over in a directory of inventories. */
function isIgnored(name: string): boolean {
  if (name.startsWith(".") || /^(?:host_vars|group_vars|vars_plugins)$/.test(name)) return true;
  return /(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry)$/.test(
    name,
  );
}

function refuseOthers(path: string, text: string): void {
  if (text.startsWith("#!")) {
    throw refused("this is an inventory script, and none is run", {
      location: { file: path },
      remedy: "Write what `ansible-inventory --list --yaml` prints to a file.",
    });
  }
  if (path.endsWith(".toml")) {
    throw refused("an inventory in TOML is not supported", {
      location: { file: path },
      remedy: "Write it as YAML, which `ansible-inventory --list --yaml` prints.",
    });
  }
}

export function absolute(options: InventoryOptions, path: string): string {
  if (path.startsWith("/") || options.root === undefined) return path || ".";
  return path === "" || path === "." ? options.root : join(options.root, path);
}
