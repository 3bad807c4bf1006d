import { lastValue, type UnitFile } from "./unit-file.js";

/**
 * The kinds of Quadlet unit (podman-systemd.unit(5)), the section that makes each, and how
 * its service is named: `web.container` makes `web.service`, `data.volume` makes
 * `data-volume.service`.
 */
const kinds = {
  container: { section: "Container", suffix: "" },
  kube: { section: "Kube", suffix: "" },
  pod: { section: "Pod", suffix: "-pod" },
  volume: { section: "Volume", suffix: "-volume" },
  network: { section: "Network", suffix: "-network" },
  image: { section: "Image", suffix: "-image" },
  build: { section: "Build", suffix: "-build" },
  artifact: { section: "Artifact", suffix: "-artifact" },
} as const;

export type Kind = keyof typeof kinds;

/** Units of systemd's own that a release may hold beside those of Quadlet. */
const plain = {
  service: "Service",
  timer: "Timer",
  socket: "Socket",
  path: "Path",
  target: "Target",
  slice: "Slice",
} as const;

export type PlainKind = keyof typeof plain;

/** A long-running service stays up; a one-shot one makes something and remains as "exited". */
export function isLongRunning(kind: Kind | PlainKind): boolean {
  return kind === "container" || kind === "kube" || kind === "pod";
}

/** The kind of a file, by its name; `undefined` for what Quadlet does not read. */
export function kindOf(path: string): Kind | undefined {
  const extension = /\.([a-z]+)$/.exec(path)?.[1] ?? "";
  return Object.hasOwn(kinds, extension) ? (extension as Kind) : undefined;
}

/** The kind of a unit that systemd reads by itself, `backup.timer`; `undefined` for other files. */
export function plainKindOf(path: string): PlainKind | undefined {
  const extension = /^[^/]+\.([a-z]+)$/.exec(path)?.[1] ?? "";
  return Object.hasOwn(plain, extension) ? (extension as PlainKind) : undefined;
}

export function isPlain(kind: Kind | PlainKind): kind is PlainKind {
  return Object.hasOwn(plain, kind);
}

export function sectionOf(kind: Kind | PlainKind): string {
  return isPlain(kind) ? plain[kind] : kinds[kind].section;
}

/**
 * Whether the one-shot service that Quadlet makes of a kind stays "active (exited)" when it is done;
 * a build does not (seen of Podman 5.4 and 5.8).
 */
export function remainsAfterExit(kind: Kind | PlainKind): boolean {
  return kind === "image" || kind === "volume" || kind === "network" || kind === "artifact";
}

/** `worker@a.container` and `worker@a.service` are instances of `worker@.container` and so on. */
export function templateOf(name: string): string | undefined {
  const [, stem, kind] = /^([^@]+@)[^@]+(\.[a-z]+)$/.exec(name) ?? [];
  return stem === undefined ? undefined : `${stem}${kind}`;
}

/** A template unit (`worker@.container`) is installed but has nothing to start by itself. */
export function isTemplate(service: string): boolean {
  return /@\.[a-z]+$/.test(service);
}

/**
 * The service that a Quadlet file makes, such as `web.service`.
 *
 * @param path the file's name, with or without folders before it
 * @param unit what it says, for `ServiceName=` (Podman 5.3 and later)
 */
export function serviceName(path: string, kind: Kind, unit: UnitFile): string {
  const { section, suffix } = kinds[kind];
  const named = lastValue(unit, section, "ServiceName");
  if (named !== undefined) return `${named}.service`;
  const stem = path.slice(path.lastIndexOf("/") + 1, -(kind.length + 1));
  // A template ends in "@" as a service too (Podman 5.8; 5.4 makes `data@-volume` of it).
  return stem.endsWith("@") ? `${stem.slice(0, -1)}${suffix}@.service` : `${stem}${suffix}.service`;
}
