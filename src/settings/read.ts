import { resolve } from "node:path";
import { readAccess } from "./access.js";
import { readContent } from "./content.js";
import { readHealth } from "./health.js";
import { type Hosts, readHosts } from "./hosts.js";
import type { Command } from "./options.js";
import { Reader } from "./reader.js";
import type {
  Content,
  HostSettings,
  PullPolicy,
  RawOptions,
  RestartPolicy,
  Settings,
  Shipping,
  Surroundings,
} from "./settings.js";

/**
 * Reads and validates every option at once.
 *
 * @param given what to do, where the door does not take it as an option
 * @throws {DeployError | DeployErrors} phase `settings`, naming each option that is wrong
 */
export function readSettings(raw: RawOptions, around: Surroundings, given?: Command): Settings {
  const reader = new Reader(raw);
  reader.refuseUnknown();
  const command = given ?? (reader.text("command") as Command);
  reader.refuseForeign(command);
  const offline = command === "plan" && reader.boolean("offline");
  const hosts = readHosts(reader, around, command !== "render" && !offline);
  const content = readContent(reader, around, hosts);
  const settings = readCommand(command, reader, content, hosts, around, offline);
  reader.throwErrors();
  return settings;
}

function readCommand(
  command: Command,
  reader: Reader,
  content: Content,
  { logins, names }: Hosts,
  around: Surroundings,
  offline: boolean,
): Settings {
  if (command === "render") {
    const check = reader.boolean("check");
    if (!check) return { command, check, content, hosts: names, out: readOut(reader, around) };
    if (reader.text("out") !== "") reader.refuse("out", "is not written to with `check`");
    return { command, check, content, hosts: names };
  }
  const shipping: Shipping = {
    pull: reader.text("pull") as PullPolicy,
    restart: reader.text("restart") as RestartPolicy,
    recreateNetworks: reader.boolean("recreate-networks"),
    prune: reader.boolean("prune"),
    adopt: reader.boolean("adopt"),
  };
  if (command === "plan" && offline) {
    return {
      ...shipping,
      command,
      offline,
      content,
      rollback: reader.boolean("rollback"),
      hosts: names,
    };
  }
  const keepReleases = reader.integer("keep-releases");
  if (keepReleases < 1) {
    reader.refuse("keep-releases", "must be 1 or more", "The release before always stays.");
  }
  const host: HostSettings = {
    content,
    logins,
    access: readAccess(reader, logins),
    stableFor: reader.duration("stable-for"),
    health: readHealth(reader),
    rollback: reader.boolean("rollback"),
    keepReleases,
    lockTimeout: reader.duration("lock-timeout"),
  };
  if (command === "deploy") return { ...host, ...shipping, command };
  if (command === "plan") return { ...host, ...shipping, command, offline: false };
  const to = reader.optional("to");
  if (to !== undefined && !/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(to)) {
    reader.refuse("to", `"${to}" is not a release's name`);
  }
  return { ...host, command, ...(to === undefined ? {} : { to }) };
}

function readOut(reader: Reader, around: Surroundings): string {
  const out = reader.text("out");
  if (out === "") reader.refuse("out", "is required", "Name the directory to write to.");
  return resolve(around.workspace, out);
}
