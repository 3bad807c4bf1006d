import { isLongRunning, isTemplate, type Kind, kindOf, sectionOf, serviceName } from "./kinds.js";
import { type PublishedPort, publishedPorts } from "./ports.js";
import {
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

/** A service that a unit of the release makes, and what it is made from. */
export interface Service {
  /** `web.service` */
  readonly name: string;
  readonly kind: Kind;
  /** The Quadlet file, `web.container`. */
  readonly unit: string;
  /** The repository's file that the unit was made from. */
  readonly source: string;
  /** Files that it is made from: its unit and the drop-ins of both kinds. */
  readonly files: readonly string[];
  /** Whether it is there to be started: not so a template unit such as `worker@.container`. */
  readonly startable: boolean;
  readonly longRunning: boolean;
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
  readonly ports: readonly PublishedPort[];
}

/** The services of a set of files, in the order of their names. */
export function servicesOf(files: readonly File[]): readonly Service[] {
  return files
    .flatMap((file): Service[] => {
      const kind = file.place === "quadlet" ? kindOf(file.path) : undefined;
      const name = serviceName(file.path, file.content);
      return kind && name !== undefined ? [describe(file, kind, name, files)] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The name of the service or Quadlet unit that a drop-in belongs to, as its folder says. */
export function dropInOwner(path: string): string | undefined {
  return /^([^/]+)\.d\/[^/]+\.conf$/.exec(path)?.[1];
}

/**
 * Whether drop-ins of `OWNER.d/` reach a unit: its own name, a prefix of it up to a dash
 * (`web-.container`), or its whole kind (`container`). Source: podman-systemd.unit(5).
 */
export function reaches(owner: string, unit: string): boolean {
  const [, prefix = "", type] = /^(?:(.*-)\.)?([a-z]+)$/.exec(owner) ?? [];
  return (
    owner === unit || (type !== undefined && unit.startsWith(prefix) && unit.endsWith(`.${type}`))
  );
}

function describe(file: File, kind: Kind, name: string, files: readonly File[]): Service {
  const dropIns = files.filter((other) => {
    const owner = dropInOwner(other.path);
    return owner !== undefined && reaches(owner, other.place === "quadlet" ? file.path : name);
  });
  const unit: UnitFile = {
    entries: [file, ...dropIns].flatMap((part) => parseUnitFile(part.content).entries),
  };
  const section = sectionOf(kind);
  const serviceEnvFiles = valuesOf(unit, "Service", "EnvironmentFile");
  const image =
    kind === "container" || kind === "image" ? lastValue(unit, section, "Image") : undefined;
  return {
    name,
    kind,
    unit: file.path,
    source: file.source,
    files: [file, ...dropIns].map((part) => `${part.place}/${part.path}`),
    startable: !isTemplate(name),
    longRunning: isLongRunning(kind),
    ...(image === undefined || /\.(image|build)$/.test(image) ? {} : { image }),
    environment: Object.fromEntries(
      valuesOf(unit, "Service", "Environment")
        .flatMap(words)
        .map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
    ),
    envFiles: [...valuesOf(unit, section, "EnvironmentFile"), ...serviceEnvFiles],
    serviceEnvFiles,
    variables: [...new Set(unit.entries.flatMap((entry) => variablesIn(entry.value)))],
    mounts: valuesOf(unit, section, "Volume")
      .map((value) => value.split(":")[0] ?? "")
      .filter((source) => /^(\/|%h)/.test(source)),
    ports: publishedPorts(section, file.content),
  };
}
