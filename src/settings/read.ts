import { resolve } from "node:path";
import { readAccess, readLogins } from "./access.js";
import { readContent } from "./content.js";
import { readHealth } from "./health.js";
import type { Command } from "./options.js";
import { Reader } from "./reader.js";
import type { PullPolicy, RawOptions, Settings, Surroundings } from "./settings.js";

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
  const logins = command === "deploy" ? readLogins(reader) : [];
  const content = readContent(reader, around, logins);
  const settings: Settings =
    command === "render"
      ? { command, content, out: readOut(reader, around) }
      : {
          command,
          content,
          logins,
          access: readAccess(reader),
          pull: reader.text("pull") as PullPolicy,
          stableFor: reader.duration("stable-for"),
          health: readHealth(reader),
        };
  reader.throwErrors();
  return settings;
}

function readOut(reader: Reader, around: Surroundings): string {
  const out = reader.text("out");
  if (out === "") reader.refuse("out", "is required", "Name the directory to write to.");
  return resolve(around.workspace, out);
}
