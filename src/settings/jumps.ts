import type { Reader } from "./reader.js";
import type { Door, Login } from "./settings.js";
import * as values from "./values.js";

/** How a host is reached that the runner does not reach itself. */
export type Way = Pick<Login, "jumps" | "proxyCommand">;

/** The way that `jump-host` or `proxy-command` says, for every host. */
export function optionalWay(reader: Reader): Way {
  const jumps = reader
    .text("jump-host")
    .split(/[\s,]+/)
    .filter((text) => text !== "")
    .flatMap((text): Door[] => {
      const target = values.target(text);
      if (!target) {
        reader.refuse("jump-host", `"${text}" is not [user@]host[:port]`);
        return [];
      }
      const user = target.user ?? reader.optional("user");
      if (user === undefined) {
        reader.refuse("jump-host", `no login is named for ${text}`, "Write user@host.");
        return [];
      }
      return [{ host: target.host, port: target.port ?? 22, user }];
    });
  const proxyCommand = reader.optional("proxy-command");
  if (jumps.length > 0 && proxyCommand !== undefined) {
    reader.refuse("proxy-command", "excludes `jump-host`", "Say one way.");
  }
  return {
    ...(jumps.length === 0 ? {} : { jumps }),
    ...(proxyCommand === undefined ? {} : { proxyCommand }),
  };
}
