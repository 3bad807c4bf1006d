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
  readonly services: ReadonlyMap<string, ServiceState>;
}
