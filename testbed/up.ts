import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Bed, type BootOptions } from "./bed.js";

export interface UpOptions {
  readonly suite?: NonNullable<BootOptions["suite"]>;
  /** How many hosts. */
  readonly count: number;
}

/**
 * Boots hosts to try things on by hand: with a shell beside them on a terminal, else until
 * the input ends or somebody ends us. Runs inside a sandbox.
 */
export async function up(options: UpOptions): Promise<number> {
  await using bed = await Bed.open();
  const registry = await bed.registry();
  const suite = options.suite ? { suite: options.suite } : {};
  const hosts = await Promise.all(Array.from({ length: options.count }, () => bed.boot(suite)));

  const config = join(bed.folder, "ssh_config");
  const knownHosts = join(bed.folder, "known_hosts");
  await writeFile(knownHosts, hosts.map((host) => host.knownHosts).join(""));
  await writeFile(
    config,
    [
      ...hosts.map((host) => `Host ${host.name}\n  HostName ${host.address}`),
      "Host *",
      ...["User root", `IdentityFile ${bed.keys.ed25519.path}`, "IdentitiesOnly yes"],
      `UserKnownHostsFile ${knownHosts}`,
    ].join("\n"),
  );
  for (const host of hosts)
    console.log(`${host.name}  ${host.suite}  ${host.address}  ${host.address6}
  ssh -F ${config} ${host.name}        (or senex@, deploy@, noroot@)`);
  console.log(`registry     http://${registry.address}/v2/_catalog
key          ${bed.keys.ed25519.path}
known hosts  ${knownHosts}`);

  if (!process.stdin.isTTY) {
    console.log("Ends with the input, or by SIGTERM.");
    process.stdin.resume();
    await Promise.race([
      once(process.stdin, "end"),
      once(process, "SIGTERM"),
      once(process, "SIGINT"),
    ]);
    process.stdin.destroy();
    return 0;
  }
  console.log("Leave this shell to end them.");
  const shell = spawn(process.env.SHELL ?? "sh", { stdio: "inherit" });
  const [code] = await once(shell, "exit");
  return typeof code === "number" ? code : 1;
}
