import { companionsOf } from "./companions.js";
import { installLinks, isInstalled } from "./install.js";
import {
  isLongRunning,
  isPlain,
  isTemplate,
  type Kind,
  kindOf,
  type PlainKind,
  plainKindOf,
  remainsAfterExit,
  sectionOf,
  serviceName,
  templateOf,
} from "./kinds.js";
import { type PublishedPort, publishedPorts } from "./ports.js";
import { earlierUnits, requiredUnits } from "./requires.js";
import { triggeredBy } from "./triggers.js";
import {
  isYes,
  lastValue,
  parseUnitFile,
  type UnitFile,
  valuesOf,
  variablesIn,
  words,
} from "./unit-file.js";

/** The part of a release's file that this room looks at. */
export interface File {
  readonly place: "quadlet" | "systemd";
  readonly path: string;
  readonly content: string;
  readonly source: string;
}

/** A file's path inside its release: Quadlet's at the top, systemd's own below `systemd/`. */
export function inRelease(file: Pick<File, "place" | "path">): string {
  return file.place === "systemd" ? `systemd/${file.path}` : file.path;
}

/** The files of a release that a service is made from. */
export function partsOf<One extends Pick<File, "place" | "path">>(
  service: Service,
  files: readonly One[],
): readonly One[] {
  return files.filter(({ place, path }) => service.files.includes(`${place}/${path}`));
}

/** What systemd runs for a unit of the release, mostly a service, and what it is made from. */
export interface Service {
  /** `web.service`, `backup.timer` */
  readonly name: string;
  readonly kind: Kind | PlainKind;
  /** Who reads the unit: Quadlet, which makes a service of it, or systemd itself. */
  readonly place: File["place"];
  /** The unit's file, `web.container`. */
  readonly unit: string;
  /** The repository's file that the unit was made from. */
  readonly source: string;
  /** Files that it is made from: its unit and the drop-ins of both kinds. */
  readonly files: readonly string[];
  /** Whether it is there to be started: not so a template unit such as `worker@.container`. */
  readonly startable: boolean;
  /**
   * Whether a deploy leaves it to others to start it: a timer or a socket, or units that want it.
   * Where it runs, it restarts all the same for what changed.
   */
  readonly onDemand: boolean;
  /** What it starts, where it is a timer, a socket or a path: `backup.service`. */
  readonly starts?: string;
  /** Links below systemd's directory that enable it; Quadlet makes those of its own units itself. */
  readonly links: readonly string[];
  /** The template's service, where no file but `DefaultInstance=` makes this one. */
  readonly instanceOf?: string;
  readonly longRunning: boolean;
  /** Whether it is active once it was started; a build and a job end and are inactive again. */
  readonly remains: boolean;
  /** The image as the unit names it, variables and all; none where Quadlet makes the image. */
  readonly image?: string;
  /** `[Service] Environment=`, from which systemd expands `${…}`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Paths of env files, of the container and of the service, as they are written. */
  readonly envFiles: readonly string[];
  /** Of those, the ones that systemd reads. */
  readonly serviceEnvFiles: readonly string[];
  /** `${NAME}` anywhere in the unit, which systemd must be able to expand. */
  readonly variables: readonly string[];
  /** Host directories that it mounts, as they are written. */
  readonly mounts: readonly string[];
  /** Files and folders beside the unit that it uses, by their paths below Quadlet's directory. */
  readonly companions: readonly string[];
  readonly ports: readonly PublishedPort[];
  /** What Podman calls the network that it makes. */
  readonly network?: string;
  /** Podman secrets that it uses. */
  readonly secrets: readonly string[];
  /** Services of the same set that it requires: systemd restarts it with each of them. */
  readonly requires: readonly string[];
  /** Services of the same set that it starts after. */
  readonly after: readonly string[];
}

/** The services of a set of files, in the order of their names. */
export function servicesOf(files: readonly File[]): readonly Service[] {
  const made = files.flatMap((file): MadeUnit[] => {
    const kind = file.place === "quadlet" ? kindOf(file.path) : plainKindOf(file.path);
    return kind ? [make(file, kind, files)] : [];
  });
  const instances = made
    .flatMap((one) => defaultInstance(one, files))
    .filter(({ name }) => !made.some((one) => one.name === name));
  const all = [...made, ...instances];
  return all
    .map((one) => describe(one, all))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The name of the service or Quadlet unit that a drop-in belongs to, as its folder says. */
export function dropInOwner(path: string): string | undefined {
  return /^([^/]+)\.d\/[^/]+\.conf$/.exec(path)?.[1];
}

/** A unit together with its drop-ins: what Quadlet and then systemd make of all of them. */
interface MadeUnit {
  readonly file: File;
  readonly dropIns: readonly File[];
  readonly kind: Kind | PlainKind;
  readonly name: string;
  readonly instanceOf?: string;
  readonly merged: UnitFile;
}

function make(file: File, kind: Kind | PlainKind, files: readonly File[]): MadeUnit {
  if (isPlain(kind)) {
    const dropIns = dropInsOf("systemd", file.path, files);
    return { file, dropIns, kind, name: file.path, merged: merge([file, ...dropIns]) };
  }
  const ofUnit = dropInsOf("quadlet", file.path, files);
  // Quadlet names the service before systemd looks for the drop-ins of that name.
  const name = serviceName(file.path, kind, merge([file, ...ofUnit]));
  const dropIns = [...ofUnit, ...dropInsOf("systemd", name, files)];
  return { file, dropIns, kind, name, merged: merge([file, ...dropIns]) };
}

/**
 * The drop-ins of a unit in the order in which they count. An instance has its template's as well,
 * and of two of one file name its own alone (systemd.unit(5), podman-systemd.unit(5)).
 */
function dropInsOf(place: File["place"], unit: string, files: readonly File[]): readonly File[] {
  const found = new Map<string, File>();
  for (const owner of [templateOf(unit), unit]) {
    for (const file of files) {
      if (owner === undefined || file.place !== place || dropInOwner(file.path) !== owner) continue;
      found.set(file.path.slice(file.path.lastIndexOf("/") + 1), file);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

/**
 * The instance that systemd starts of a template that is installed: `DefaultInstance=`, which has
 * no file of its own.
 */
function defaultInstance(template: MadeUnit, files: readonly File[]): readonly MadeUnit[] {
  const { name, merged } = template;
  const instance = lastValue(merged, "Install", "DefaultInstance");
  if (!isTemplate(name) || instance === undefined || !isInstalled(merged)) return [];
  const its = name.replace("@.", `@${instance}.`);
  const dropIns = [
    ...template.dropIns.filter(({ place }) => place === "quadlet"),
    ...dropInsOf("systemd", its, files),
  ];
  return [
    {
      ...template,
      name: its,
      instanceOf: name,
      dropIns,
      merged: merge([template.file, ...dropIns]),
    },
  ];
}

function merge(files: readonly File[]): UnitFile {
  return { entries: files.flatMap((file) => parseUnitFile(file.content).entries) };
}

function describe(
  { file, dropIns, kind, name, instanceOf, merged }: MadeUnit,
  all: readonly MadeUnit[],
): Service {
  const section = sectionOf(kind);
  const ofQuadlet = isPlain(kind) ? undefined : kind;
  const serviceEnvFiles = valuesOf(merged, "Service", "EnvironmentFile");
  const image =
    kind === "container" || kind === "image" ? lastValue(merged, section, "Image") : undefined;
  const oneshot = isOneshot(merged, kind);
  const remainAfterExit = lastValue(merged, "Service", "RemainAfterExit");
  const required = new Set(requiredUnits(merged, ofQuadlet));
  const earlier = new Set(earlierUnits(merged, ofQuadlet));
  const triggers = all.filter((other) => triggeredBy(other) === name);
  const starts = triggeredBy({ name, kind, merged });
  const installed = isInstalled(merged);
  return {
    name,
    kind,
    place: file.place,
    unit: file.path,
    source: file.source,
    files: [file, ...dropIns].map((part) => `${part.place}/${part.path}`),
    startable: !isTemplate(name),
    onDemand: !installed && (ofQuadlet === undefined || triggers.length > 0),
    ...(starts === undefined ? {} : { starts }),
    links: ofQuadlet === undefined && !isTemplate(name) ? installLinks(name, merged) : [],
    ...(instanceOf === undefined ? {} : { instanceOf }),
    longRunning: (kind === "service" || isLongRunning(kind)) && !oneshot,
    remains:
      !oneshot || (remainAfterExit === undefined ? remainsAfterExit(kind) : isYes(remainAfterExit)),
    ...(image === undefined || /\.(image|build)$/.test(image) ? {} : { image }),
    ...(kind === "network" ? { network: networkName(file.path, merged) } : {}),
    environment: Object.fromEntries(
      valuesOf(merged, "Service", "Environment")
        .flatMap(words)
        .filter((word) => word.includes("="))
        .map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
    ),
    envFiles: [
      ...(ofQuadlet === undefined ? [] : valuesOf(merged, section, "EnvironmentFile")),
      ...serviceEnvFiles,
    ],
    serviceEnvFiles,
    variables: [...new Set(merged.entries.flatMap((entry) => variablesIn(entry.value)))],
    mounts: valuesOf(merged, section, "Volume")
      .map((value) => value.split(":")[0] ?? "")
      .filter((source) => /^(\/|%h)/.test(source)),
    companions: ofQuadlet === undefined ? [] : companionsOf(merged, ofQuadlet),
    ports: publishedPorts(merged, section),
    secrets: valuesOf(merged, section, "Secret").map((value) => value.split(",")[0] ?? ""),
    requires: all
      .filter(
        (other) =>
          required.has(other.name) ||
          required.has(other.file.path) ||
          // A socket cannot start while its service runs.
          (other.kind === "socket" && triggers.includes(other)),
      )
      .map((other) => other.name)
      .filter((other) => other !== name),
    after: all
      .filter((other) => {
        const later = valuesOf(other.merged, "Unit", "Before").flatMap(words);
        return (
          [other.name, other.file.path].some((one) => earlier.has(one)) ||
          [name, file.path].some((one) => later.includes(one))
        );
      })
      .map((other) => other.name),
  };
}

/** Whether it does something and ends, rather than running on; systemd.service(5), Type=. */
function isOneshot(unit: UnitFile, kind: Kind | PlainKind): boolean {
  if (isPlain(kind) && kind !== "service") return false;
  const type = lastValue(unit, "Service", "Type");
  if (type !== undefined) return type === "oneshot";
  return kind === "service"
    ? valuesOf(unit, "Service", "ExecStart").length === 0
    : !isLongRunning(kind);
}

/** `NetworkName=`, or the file's name behind "systemd-" (podman-systemd.unit(5)). */
function networkName(path: string, unit: UnitFile): string {
  const stem = path.slice(path.lastIndexOf("/") + 1, -".network".length);
  return lastValue(unit, "Network", "NetworkName") ?? `systemd-${stem}`;
}
