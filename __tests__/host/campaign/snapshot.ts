import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { services } from "./releases.js";
import type { Site } from "./site.js";

/** What systemd knows of a service. */
export interface Unit {
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  readonly invocation: string;
  readonly needReload: boolean;
  readonly environment: string;
  readonly execStart: string;
  /** The file of the release that it comes from, with every link resolved. */
  readonly source: string;
}

export interface Container {
  readonly state: string;
  readonly imageId: string;
}

/** What a deploy may change on a host, at one moment. */
export interface Snapshot {
  /** Files and links in the directories of units that are not the host's own: path → target. */
  readonly entries: ReadonlyMap<string, string>;
  readonly dangling: readonly string[];
  /** The names in the application's directory of state. */
  readonly state: readonly string[];
  /** The name of the release that is current. */
  readonly current: string;
  /** The releases that are kept, staged ones included: name → version. */
  readonly releases: ReadonlyMap<string, string>;
  readonly transactions: readonly string[];
  /** What the links of the release lead to: path → content. */
  readonly files: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, Unit>;
  /** Units of the transaction itself. */
  readonly helpers: readonly string[];
  readonly containers: ReadonlyMap<string, Container>;
  /** `ID name`, one for each name. */
  readonly images: readonly string[];
  readonly networks: readonly string[];
  /** What answers on each port. */
  readonly health: ReadonlyMap<number, string>;
  readonly temporary: readonly string[];
  readonly processes: readonly string[];
}

const script = readFile(new URL("snapshot.sh", import.meta.url), "utf8");

/** @param foreign what was in the directories of units before the application came */
export async function takeSnapshot(site: Site, foreign: ReadonlySet<string>): Promise<Snapshot> {
  const { quadlet, systemd } = site.places;
  const parameters = {
    qdir: quadlet,
    udir: systemd,
    state: site.state,
    manager: site.owner === "rootful" ? "system" : "user",
    services: [...services.map((name) => `${name}.service`), "shop-network.service"].join(" "),
    ports: Object.values(site.ports).join(" "),
  };
  const assignments = Object.entries(parameters).map(([name, value]) => `${name}='${value}'\n`);
  const printed = await site.host.ok("sh -s", {
    user: site.user,
    input: assignments.join("") + (await script),
  });

  const rows = printed.split("\n").map((line) => line.split("\t"));
  const all = (kind: string) => rows.filter(([first]) => first === kind).map((row) => row.slice(1));
  const pairs = (kind: string) => all(kind).map(([a = "", b = ""]) => [a, b] as const);
  const names = (kind: string) => all(kind).map(([name = ""]) => name);
  return {
    entries: new Map(pairs("entry").filter(([path]) => !foreign.has(path))),
    dangling: names("dangling").filter((path) => !foreign.has(path)),
    state: names("state"),
    current: (names("current")[0] ?? "").replace(/^releases\//, ""),
    releases: new Map(pairs("release")),
    transactions: names("transaction"),
    files: new Map(
      pairs("file").map(([path, text]) => [path, Buffer.from(text, "base64").toString("utf8")]),
    ),
    units: await readUnits(site, names("unit")),
    helpers: pairs("helper").map(([unit, state]) => `${unit} ${state}`),
    containers: new Map(
      all("container").map(([name = "", state = "", imageId = ""]) => [
        name,
        { state, imageId: withAlgorithm(imageId) },
      ]),
    ),
    images: pairs("image")
      .map(([id, name]) => `${withAlgorithm(id)} ${name}`)
      .sort(),
    networks: names("network"),
    health: new Map(pairs("health").map(([port, answer]) => [Number(port), answer])),
    temporary: names("temporary"),
    processes: pairs("process").map(([, command]) => command),
  };
}

/** Reads what `systemctl show` printed: `NAME=value` lines, a blank line between units. */
async function readUnits(site: Site, lines: readonly string[]): Promise<Map<string, Unit>> {
  const units = new Map<string, Unit>();
  for (const block of lines.join("\n").split("\n\n")) {
    const values = new Map(
      block.split("\n").map((line) => {
        const equals = line.indexOf("=");
        return [line.slice(0, equals), line.slice(equals + 1)] as const;
      }),
    );
    const value = (name: string) => values.get(name) ?? "";
    units.set(value("Id"), {
      loadState: value("LoadState"),
      activeState: value("ActiveState"),
      subState: value("SubState"),
      invocation: value("InvocationID"),
      needReload: value("NeedDaemonReload") === "yes",
      environment: value("Environment"),
      execStart: value("ExecStart"),
      source: await resolved(site, value("SourcePath")),
    });
  }
  return units;
}

/** Where a path on the host leads to, as a path on the host. */
async function resolved(site: Site, path: string): Promise<string> {
  if (path === "") return "";
  const { root } = site.host;
  const real = await realpath(join(root, path)).catch(() => "");
  return real.startsWith(root) ? real.slice(root.length) : real;
}

function withAlgorithm(id: string): string {
  return id.startsWith("sha256:") ? id : `sha256:${id}`;
}
