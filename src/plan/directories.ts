import { posix } from "node:path";
import type { Service } from "../quadlet/services.js";
import type { Facts } from "./facts.js";
import { onHost } from "./paths.js";

/**
 * The directories that units mount from the app's own, itself included, which are made where
 * they are missing. What a path does not say plainly is left to whoever wrote it: a `..` that
 * may lead out, a specifier or a variable that systemd alone can expand.
 */
export function planDirectories(
  services: readonly Service[],
  facts: Pick<Facts, "owner">,
  appDirectory: string,
): readonly string[] {
  const plain = (path: string) => posix.normalize(`${onHost(path, facts)}/`).slice(0, -1);
  const base = plain(appDirectory);
  const mounts = services
    .flatMap((service) => service.mounts)
    .filter((path) => !/[$]|(?!^)%|(^|\/)\.\.(\/|$)/.test(path) && !fileName.test(path))
    .map(plain);
  return [...new Set(mounts)].filter((path) => path === base || path.startsWith(`${base}/`));
}

/**
 * A unit may mount a single file as well; whoever keeps it makes it. Only its name can tell, and
 * a dot alone does not: `data/v1.5` is a directory.
 */
const fileName =
  /\.(?:conf|cfg|cnf|ini|env|json|ya?ml|toml|xml|properties|pem|crt|cer|key|pub|sock|pid|txt|log|sh|py|lua|sql|db|sqlite3?|htpasswd)$/;
