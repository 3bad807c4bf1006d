import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { diskReader } from "../inventory/disk.js";
import {
  hostsMatching,
  type Inventory,
  type InventoryHost,
  loginOf,
  readInventory,
  variablesOf,
} from "../inventory/index.js";
import { givenVariables } from "../render/variables.js";
import { readLogins } from "./access.js";
import { optionalWay, type Way } from "./jumps.js";
import type { Reader } from "./reader.js";
import type { Login, Surroundings } from "./settings.js";
import * as values from "./values.js";

/** Whom a command is for. */
export interface Hosts {
  readonly logins: readonly Login[];
  /** Their names in the inventory, also where nobody logs in. */
  readonly names: readonly string[];
  readonly inventory?: Inventory;
}

/**
 * The hosts that `host` lists, or that are chosen of an inventory.
 *
 * @param reaches whether the command logs in on them
 * @throws {DeployError | DeployErrors} phase `settings`, for an inventory that cannot be read
 */
export function readHosts(reader: Reader, around: Surroundings, reaches: boolean): Hosts {
  const paths = reader.lines("inventory");
  if (paths.length === 0) {
    for (const option of ["hosts", "vault-password"] as const) {
      if (reader.text(option) !== "") reader.refuse(option, "needs an `inventory`");
    }
    return { logins: reaches ? readLogins(reader) : [], names: [] };
  }
  if (reaches && reader.text("host") !== "") {
    reader.refuse("host", "excludes `inventory`", "Choose hosts of the inventory with `hosts`.");
  }
  const inventory = readInventory(paths, diskReader(around.workspace), {
    vaultPasswords: values.lines(reader.textOrFile("vault-password")),
    root: around.workspace,
    ...(around.onSecret === undefined ? {} : { onSecret: around.onSecret }),
  });
  const pattern = reader.optional("hosts") ?? reader.optional("environment");
  if (pattern === undefined) {
    reader.refuse(
      "hosts",
      "is required with `inventory`",
      "Name a host or a group, or set `environment` to a group; `all` is every host.",
    );
    return { logins: [], names: [], inventory };
  }
  const names = hostsMatching(inventory, pattern);
  const extra = givenVariables(reader.verbatim("variables"));
  const logins = reaches
    ? names.flatMap((name) => {
        const found = loginOf(variablesOf(inventory, name, extra));
        return asLogin(reader, around, found, optionalWay(reader));
      })
    : [];
  return { logins, names, inventory };
}

function asLogin(
  reader: Reader,
  around: Surroundings,
  found: InventoryHost,
  way: Way,
): readonly Login[] {
  const { name } = found;
  const user = found.user ?? reader.optional("user");
  if (user === undefined) {
    reader.refuse("user", `no login is named for ${name}`, "Set `user`, or its `ansible_user`.");
    return [];
  }
  const serviceUser = reader.optional("service-user");
  if (found.becomeUser !== undefined && found.becomeUser !== serviceUser) {
    reader.refuse(
      "service-user",
      `the inventory has ${name} become ${found.becomeUser}`,
      `Set \`service-user: ${found.becomeUser}\` for units of theirs, or take ansible_become_user away.`,
    );
  }
  const privateKey = keyOf(reader, around, found);
  return [
    {
      name,
      host: found.host,
      port: found.port ?? reader.integer("port"),
      user,
      ...(found.sudo === undefined ? {} : { sudo: found.sudo }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(found.jumpHosts === undefined && found.proxyCommand === undefined
        ? way
        : wayOf(reader, found, user)),
    },
  ];
}

function wayOf(reader: Reader, found: InventoryHost, user: string): Way {
  if (found.proxyCommand !== undefined) return { proxyCommand: found.proxyCommand };
  const jumps = (found.jumpHosts ?? []).flatMap((text) => {
    const target = values.target(text);
    if (target) return [{ host: target.host, port: target.port ?? 22, user: target.user ?? user }];
    reader.refuse(
      "inventory",
      `${found.name} goes through ${text}, which is not [user@]host[:port]`,
    );
    return [];
  });
  return { jumps };
}

/** `ssh-key` is what a runner has; on a machine of one's own the file of the inventory is there. */
function keyOf(reader: Reader, around: Surroundings, found: InventoryHost): string | undefined {
  const path = found.privateKeyFile;
  if (path === undefined || reader.verbatim("ssh-key").trim() !== "") return undefined;
  const file = resolve(around.workspace, path.replace(/^~(?=\/)/, homedir()));
  try {
    return readFileSync(file, "utf8");
  } catch {
    reader.refuse(
      "ssh-key",
      `the inventory names the key ${path} for ${found.name}, which cannot be read here`,
      "Give it as `ssh-key`.",
    );
    return undefined;
  }
}
