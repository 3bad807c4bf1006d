export interface Directory {
  /** As it was asked for, absolute. */
  readonly path: string;
  /** With links resolved. */
  readonly real: string;
  readonly writable: boolean;
}

export interface ServiceState {
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  /** The file that systemd loads it from, and the file that a generator made that from. */
  readonly fragment: string;
  readonly source: string;
  /** When it was started, in seconds since 1970; 0 where it does not run. */
  readonly since: number;
}

/** A transaction that holds the lock at this moment. */
export interface Holder {
  /** Who and which run, as the lock's unit describes itself. */
  readonly description: string;
  /** How long it has held it, in seconds. */
  readonly age: number;
}

/** What a host is and has, read once before anything is decided. */
export interface Facts {
  readonly host: string;
  readonly owner: { readonly name: string; readonly uid: number; readonly home: string };
  readonly podman: string;
  readonly systemd: string;
  /** Whether lingering was switched on just now. */
  readonly lingerEnabled: boolean;
  /** Whether a rootless unit will wait for network-online.target before its first start. */
  readonly networkOnline: boolean;
  readonly quadlet: Directory;
  readonly systemdDir: Directory;
  readonly state: Directory;
  /** Files and links where files of a release could stand: absolute path → the link's target. */
  readonly entries: ReadonlyMap<string, { readonly target?: string }>;
  /** The release that is current; `undefined` before the first. */
  readonly current?: string;
  /** Releases that are kept on the host. */
  readonly releases: readonly string[];
  /** Whoever deploys this app at this moment. */
  readonly holder?: Holder;
  /** Its manifest, as JSON text. */
  readonly manifest?: string;
  /** Digest of each file of the current release, by its path in the release's directory. */
  readonly sums: ReadonlyMap<string, string>;
  /** Salted digest of each line of the host's .env, by key. */
  readonly env: ReadonlyMap<string, string>;
  readonly nonce: string;
  /** Podman secrets that units use: when each was last changed, in seconds since 1970. */
  readonly secrets: ReadonlyMap<string, number>;
  /** Services that an earlier deploy left running as they were, with what they were to restart for. */
  readonly pending: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, ServiceState>;
}

/** A host that nothing was ever deployed to, for a plan that asks none; `%h` stands for the home. */
export function factsOfEmptyHost(where: {
  readonly rootful: boolean;
  readonly quadlet: string;
  readonly systemd: string;
  readonly state: string;
}): Facts {
  const directory = (path: string): Directory => ({ path, real: path, writable: true });
  return {
    host: "an empty host",
    owner: where.rootful
      ? { name: "root", uid: 0, home: "/root" }
      : { name: "the owner", uid: -1, home: "%h" },
    podman: "",
    systemd: "",
    lingerEnabled: false,
    networkOnline: true,
    quadlet: directory(where.quadlet),
    systemdDir: directory(where.systemd),
    state: directory(where.state),
    entries: new Map(),
    releases: [],
    sums: new Map(),
    env: new Map(),
    nonce: "",
    services: new Map(),
    secrets: new Map(),
    pending: new Map(),
  };
}
