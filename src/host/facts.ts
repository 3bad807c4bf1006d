import { randomBytes } from "node:crypto";
import { coerce, lt } from "semver";
import { DeployError } from "../errors.js";
import type { Directory, Facts } from "../plan/facts.js";
import { type Event, field } from "./events.js";
import type { Owner } from "./owner.js";
import env from "./programs/env.sh";
import program from "./programs/facts.sh";
import { runAsOwner } from "./remote.js";
import type { Session } from "./session.js";

/** Quadlet came with this version of Podman. */
const oldestPodman = "4.4.0";

/** What facts are wanted of. */
export interface Asked {
  readonly services: readonly string[];
  /** Podman secrets. */
  readonly secrets: readonly string[];
  /** Whether the host may be prepared: lingering switched on, network-online.target started. */
  readonly prepare: boolean;
}

/** Directories on the host, absolute or below `%h`. */
export interface Where {
  readonly app: string;
  /** Where Quadlet looks for the owner's units; links of ours may stand anywhere below it. */
  readonly quadletRoot: string;
  /** Where this app's units go. */
  readonly quadletDir: string;
  readonly systemdDir: string;
  readonly stateDir: string;
}

/**
 * Reads the host's facts in one round trip.
 *
 * @throws {DeployError} phase `facts`, where the host lacks what a deploy needs
 */
export async function readFacts(
  session: Session,
  owner: Owner,
  where: Where,
  asked: Asked,
): Promise<Facts> {
  const nonce = randomBytes(16).toString("hex");
  const events: Event[] = [];
  await runAsOwner(
    session,
    owner,
    {
      text: `${env}\n${program}`,
      parameters: {
        QD_APP: where.app,
        QD_ROOT: where.quadletRoot,
        QD_QDIR: where.quadletDir,
        QD_UDIR: where.systemdDir,
        QD_STATE: where.stateDir,
        QD_NONCE: nonce,
        QD_SERVICES: asked.services.join(" "),
        QD_SECRETS: asked.secrets.join("\n"),
      },
      prepare: asked.prepare,
      timeout: 60_000,
    },
    (event) => events.push(event),
  );
  const facts = parseFacts(session.host, nonce, events);
  refuseOldPodman(facts);
  refuseUnwritable(facts);
  return facts;
}

export function parseFacts(host: string, nonce: string, events: readonly Event[]): Facts {
  const one = (name: string) => events.find((event) => event.name === name);
  const all = (name: string) => events.filter((event) => event.name === name);
  const owner = one("owner");
  const podman = one("podman");
  if (!owner || !podman || !one("end")) {
    throw new DeployError({
      host,
      phase: "facts",
      cause: "the host's answer is not complete",
      remedy: "Does the login's shell end on its own?",
    });
  }
  const directory = (name: string): Directory => {
    const event = all("directory").find((candidate) => field(candidate, 0) === name);
    const [, path = "", real = "", writable] = event?.fields ?? [];
    return { path, real, writable: writable === "yes" };
  };
  const current = one("current");
  const holder = one("holder");
  const manifest = one("manifest");
  return {
    host,
    owner: { name: field(owner, 0), uid: Number(field(owner, 1)), home: field(owner, 2) },
    podman: field(podman, 0),
    systemd: field(one("systemd") ?? { name: "systemd", fields: [] }, 0),
    lingerEnabled: all("linger").some((event) => field(event, 0) === "enabled"),
    networkOnline: !all("network-online").some((event) => field(event, 0) === "inactive"),
    quadlet: directory("quadlet"),
    systemdDir: directory("systemd"),
    state: directory("state"),
    entries: new Map(
      all("entry").map(({ fields: [path = "", , target] }) => [
        path,
        target === undefined ? {} : { target },
      ]),
    ),
    ...(current ? { current: field(current, 0) } : {}),
    releases: all("release").map((event) => field(event, 0)),
    ...(holder ? { holder: { description: field(holder, 0), age: Number(field(holder, 1)) } } : {}),
    ...(manifest ? { manifest: Buffer.from(field(manifest, 0), "base64").toString("utf8") } : {}),
    sums: new Map(all("sum").map(({ fields: [sum = "", path = ""] }) => [path, sum])),
    env: new Map(all("env").map(({ fields: [key = "", sum = ""] }) => [key, sum])),
    nonce,
    secrets: new Map(all("secret").map((event) => [field(event, 0), Number(field(event, 1))])),
    pending: new Map(all("pending").map((event) => [field(event, 0), field(event, 1)])),
    services: new Map(
      all("service").map(
        ({
          fields: [
            name = "",
            load = "",
            active = "",
            sub = "",
            fragment = "",
            source = "",
            at = "",
          ],
        }) => [
          name,
          { load, active, sub, fragment, source, since: Number(at.replace(/^@/, "")) || 0 },
        ],
      ),
    ),
  };
}

function refuseOldPodman(facts: Facts): void {
  const version = coerce(facts.podman);
  if (version && !lt(version, oldestPodman)) return;
  throw new DeployError({
    host: facts.host,
    phase: "facts",
    object: "podman",
    cause: `the host has Podman ${facts.podman}, which has no Quadlet`,
    remedy: "Quadlet came with Podman 4.4: upgrade it, or the host's system (Debian 13 has 5.4).",
  });
}

function refuseUnwritable(facts: Facts): void {
  for (const directory of [facts.quadlet, facts.systemdDir, facts.state]) {
    if (directory.writable) continue;
    throw new DeployError({
      host: facts.host,
      phase: "facts",
      object: directory.path,
      cause: `${facts.owner.name} may not write there`,
      remedy: `Give it to its owner: chown -R ${facts.owner.name}: ${directory.path}`,
    });
  }
}
