import type { Inventory } from "../inventory/index.js";
import type * as values from "./values.js";

export type Scope = "rootful" | "rootless";

/** Where systemd looks for drop-ins of services (systemd.unit(5)). */
export const systemdDirs = {
  rootful: "/etc/systemd/system",
  rootless: "%h/.config/systemd/user",
} as const satisfies Record<Scope, string>;

/** Where Quadlet looks for units that an administrator, or a user, keeps (podman-systemd.unit(5)). */
export const quadletRoots = {
  rootful: "/etc/containers/systemd",
  rootless: "%h/.config/containers/systemd",
} as const satisfies Record<Scope, string>;

/** Where to log in, and as whom. */
export interface Door {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** One login on one host. */
export interface Login extends Door {
  /** The host as the user named it; every message about it starts with this. */
  readonly name: string;
  /** Hosts to go through, the first first, each with the same key. */
  readonly jumps?: readonly Door[];
  /** A command of the runner whose standard input and output lead to the host. */
  readonly proxyCommand?: string;
  /** Its own key, where the inventory names one. */
  readonly privateKey?: string;
  /** Whether the inventory says so of this host. */
  readonly sudo?: boolean;
}

export interface Access {
  readonly privateKey: string;
  readonly passphrase?: string;
  /** Lines of a known_hosts file. */
  readonly knownHosts: string;
  /** `SHA256:…` */
  readonly fingerprints: readonly string[];
  readonly sudo: boolean;
  /** ms */
  readonly connectTimeout: number;
}

export interface EnvLine {
  readonly key: string;
  readonly value: string;
}

/** What the templates and units are made from. */
export interface Content {
  readonly app: string;
  readonly environment: string;
  readonly scope: Scope;
  /** Owner of rootless units where it is not the login. */
  readonly serviceUser?: string;
  /** Absolute, or below `%h`, the owner's home. */
  readonly quadletDir: string;
  readonly appDirectory: string;
  readonly stack?: string;
  /** Absolute directories of the repository, in the order they are read; see render/sources. */
  readonly workspace: string;
  readonly templates: string;
  readonly overrides: string;
  readonly units: readonly string[];
  /** YAML. */
  readonly variables: string;
  /** Whose variables each host's templates are rendered with as well. */
  readonly inventory?: Inventory;
  readonly imageTag?: string;
  readonly imageName?: string;
  readonly registry?: string;
  readonly env: readonly EnvLine[];
}

export type PullPolicy = "always" | "missing" | "never";
export type RestartPolicy = "changed" | "all" | "none";
export type HealthFrom = "host" | "runner" | "both" | "none";

export interface HealthSettings {
  readonly url?: string;
  readonly path: string;
  readonly from: HealthFrom;
  /** ms */
  readonly timeout: number;
  /** ms */
  readonly interval: number;
  readonly successes: number;
  readonly status: readonly values.StatusRange[];
}

/** How hosts are changed, by whichever command. */
export interface HostSettings {
  readonly content: Content;
  readonly logins: readonly Login[];
  readonly access: Access;
  /** ms */
  readonly stableFor: number;
  readonly health: HealthSettings;
  /** Whether a release that fails is put back. */
  readonly rollback: boolean;
  /** How many releases stay on a host. */
  readonly keepReleases: number;
  /** ms */
  readonly lockTimeout: number;
}

/** How what the repository says comes to the hosts. */
export interface Shipping {
  readonly pull: PullPolicy;
  readonly restart: RestartPolicy;
  readonly recreateNetworks: boolean;
  readonly prune: boolean;
  readonly adopt: boolean;
}

export interface DeploySettings extends HostSettings, Shipping {
  readonly command: "deploy";
}

export interface PlanSettings extends HostSettings, Shipping {
  readonly command: "plan";
  readonly offline: false;
}

/** No host is asked. */
export interface OfflinePlanSettings extends Shipping {
  readonly command: "plan";
  readonly offline: true;
  readonly content: Content;
  /** Whether a release that fails would be put back. */
  readonly rollback: boolean;
  /** Hosts of the inventory that it is rendered for. */
  readonly hosts: readonly string[];
}

export interface RollbackSettings extends HostSettings {
  readonly command: "rollback";
  /** The release to return to; the one before the current where it is not said. */
  readonly to?: string;
}

export interface RenderSettings {
  readonly command: "render";
  readonly check: false;
  readonly content: Content;
  /** Hosts of the inventory that it is rendered for. */
  readonly hosts: readonly string[];
  readonly out: string;
}

/** Nothing is written. */
export interface TemplateCheckSettings {
  readonly command: "render";
  readonly check: true;
  readonly content: Content;
  /** Hosts of the inventory that it is rendered for. */
  readonly hosts: readonly string[];
}

export type Settings =
  | DeploySettings
  | PlanSettings
  | OfflinePlanSettings
  | RollbackSettings
  | RenderSettings
  | TemplateCheckSettings;

/** Text of options by name, from whichever door; an absent or empty text is "not given". */
export type RawOptions = Readonly<Partial<Record<string, string>>>;

export interface Surroundings {
  /** The repository's checkout, absolute. */
  readonly workspace: string;
  /** `owner/name`, where it is known. */
  readonly repository?: string;
  /** Hears of texts that nobody may see, beside the options that are such. */
  readonly onSecret?: (text: string) => void;
}
