import { randomBytes } from "node:crypto";
import { type Event, field } from "./events.js";
import type { Owner } from "./owner.js";
import env from "./programs/env.sh";
import program from "./programs/release.sh";
import { runAsOwner } from "./remote.js";
import type { Session } from "./session.js";

/** A release as it stands on a host. */
export interface KeptRelease {
  /** Content by path inside the release, its manifest among them; without its `.env`. */
  readonly files: ReadonlyMap<string, string>;
  /** Salted digests of its `.env`, by key; `undefined` where it has none. */
  readonly env?: ReadonlyMap<string, string>;
}

/**
 * Reads a release from the host. Its `.env` stays there; digests of its lines come, salted as
 * those of the host's facts.
 *
 * @throws {DeployError} phase `plan`, where the host has no such release
 */
export async function readRelease(
  session: Session,
  owner: Owner,
  stateDir: string,
  release: string,
  nonce: string,
): Promise<KeptRelease> {
  const events = await read(session, owner, "release_files", {
    QD_STATE: stateDir,
    QD_RELEASE: release,
    QD_NONCE: nonce,
  });
  const digests = events.filter((event) => event.name === "release-env");
  return {
    files: contents(events),
    ...(events.some((event) => event.name === "has-env")
      ? { env: new Map(digests.map((event) => [field(event, 0), field(event, 1)])) }
      : {}),
  };
}

/** Content of files on the host, by absolute path. */
export async function readFiles(
  session: Session,
  owner: Owner,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return contents(
    await read(session, owner, "foreign_files", {
      QD_FILES: paths.join("\n"),
      QD_NONCE: randomBytes(16).toString("hex"),
    }),
  );
}

async function read(
  session: Session,
  owner: Owner,
  command: string,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly Event[]> {
  const events: Event[] = [];
  await runAsOwner(
    session,
    owner,
    { text: `${env}\n${program}\n${command}`, parameters, prepare: false, timeout: 60_000 },
    (event) => events.push(event),
  );
  return events;
}

function contents(events: readonly Event[]): ReadonlyMap<string, string> {
  return new Map(
    events
      .filter((event) => event.name === "file")
      .map((event) => [field(event, 0), Buffer.from(field(event, 1), "base64").toString("utf8")]),
  );
}
