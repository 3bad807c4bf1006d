import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, posix, resolve } from "node:path";
import leven from "leven";
import { DeployError, throwAll } from "../errors.js";
import { type Command, type Option, type OptionName, options } from "./options.js";
import * as values from "./values.js";

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

/** One login on one host. */
export interface Login {
  /** The host as the user named it; every message about it starts with this. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
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
  readonly imageTag?: string;
  readonly imageName?: string;
  readonly registry?: string;
  readonly env: readonly EnvLine[];
}

export type PullPolicy = "always" | "missing" | "never";
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

export interface DeploySettings {
  readonly command: "deploy";
  readonly content: Content;
  readonly logins: readonly Login[];
  readonly access: Access;
  readonly pull: PullPolicy;
  /** ms */
  readonly stableFor: number;
  readonly health: HealthSettings;
}

export interface RenderSettings {
  readonly command: "render";
  readonly content: Content;
  readonly out: string;
}

export type Settings = DeploySettings | RenderSettings;

/** Text of options by name, from whichever door; an absent or empty text is "not given". */
export type RawOptions = Readonly<Partial<Record<string, string>>>;

export interface Surroundings {
  /** The repository's checkout, absolute. */
  readonly workspace: string;
  /** `owner/name`, where it is known. */
  readonly repository?: string;
}

/**
 * Reads and validates every option at once.
 *
 * @param given what to do, where the door does not take it as an option
 * @throws {DeployError | DeployErrors} phase `settings`, naming each option that is wrong
 */
export function readSettings(raw: RawOptions, around: Surroundings, given?: Command): Settings {
  const reader = new Reader(raw);
  reader.refuseUnknown();
  const command = given ?? (reader.text("command") as Command);
  reader.refuseForeign(command);
  const logins = command === "deploy" ? readLogins(reader) : [];
  const content = readContent(reader, around, logins);
  const settings: Settings =
    command === "render"
      ? { command, content, out: readOut(reader, around) }
      : {
          command,
          content,
          logins,
          access: readAccess(reader),
          pull: reader.text("pull") as PullPolicy,
          stableFor: reader.duration("stable-for"),
          health: readHealth(reader),
        };
  reader.throwErrors();
  return settings;
}

/** Reads options by name and gathers what is wrong with them, so that one run tells it all. */
class Reader {
  private readonly errors: DeployError[] = [];

  constructor(private readonly raw: RawOptions) {}

  refuse(object: string, cause: string, remedy?: string): void {
    this.errors.push(
      new DeployError({
        phase: "settings",
        object,
        cause,
        ...(remedy === undefined ? {} : { remedy }),
      }),
    );
  }

  throwErrors(): void {
    throwAll(this.errors);
  }

  refuseUnknown(): void {
    const known = options.map((option): string => option.name);
    for (const name of Object.keys(this.raw)) {
      if (!known.includes(name))
        this.refuse(name, "there is no such option", didYouMean(name, known));
    }
    this.throwErrors();
  }

  /** An option that the command would ignore is a misunderstanding; say so. */
  refuseForeign(command: Command): void {
    this.throwErrors();
    for (const option of options as readonly Option[]) {
      const given = this.raw[option.name] ?? "";
      if (given !== "" && option.commands && !option.commands.includes(command)) {
        this.refuse(option.name, `\`${command}\` does not take it`);
      }
    }
  }

  /** The option's text, its default where none is given, "" where it has none. */
  text(name: OptionName): string {
    const option = find(name);
    const given = this.raw[name] ?? "";
    const text = given.trim() || (option.default ?? "");
    if (text !== "" && option.choices && !option.choices.includes(text)) {
      this.refuse(
        name,
        `"${text}" is not one of ${option.choices.join(", ")}`,
        didYouMean(text, option.choices),
      );
      return option.default ?? "";
    }
    return text;
  }

  /** The text to the byte, the white space around it too. */
  verbatim(name: OptionName): string {
    return this.raw[name] ?? "";
  }

  optional(name: OptionName): string | undefined {
    return this.text(name) || undefined;
  }

  lines(name: OptionName): readonly string[] {
    return values.lines(this.text(name));
  }

  boolean(name: OptionName): boolean {
    return this.read(name, values.boolean, "is neither true nor false") ?? false;
  }

  integer(name: OptionName): number {
    return this.read(name, values.integer, "is not a whole number") ?? 0;
  }

  /** ms; `least` where no time at all would make no sense. */
  duration(name: OptionName, least = 0): number {
    const time = this.read(name, values.duration, "is not a duration such as 10s or 2m") ?? least;
    if (time < least) this.refuse(name, `must be ${least} ms or more`);
    return time;
  }

  read<T>(
    name: OptionName,
    parse: (text: string) => T | undefined,
    complaint: string,
  ): T | undefined {
    const text = this.text(name);
    const value = text === "" ? undefined : parse(text);
    if (text !== "" && value === undefined) this.refuse(name, `"${text}" ${complaint}`);
    return value;
  }

  /** Text that is given as it is, or as the path of a file that holds it. */
  textOrFile(name: OptionName): string {
    const text = this.raw[name] ?? "";
    if (text.trim() === "" || /\s/.test(text.trim())) return text;
    const path = text.trim().replace(/^~(?=\/)/, homedir());
    try {
      return readFileSync(path, "utf8");
    } catch {
      this.refuse(name, "is neither a text of several words nor a file that can be read");
      return "";
    }
  }
}

function find(name: OptionName): Option {
  const option = (options as readonly Option[]).find((candidate) => candidate.name === name);
  if (!option) throw new Error(`no option ${name}`);
  return option;
}

function didYouMean(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map((name) => ({ name, distance: leven(word, name) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= Math.max(2, word.length / 3)
    ? `Did you mean \`${near.name}\`?`
    : undefined;
}

function readLogins(reader: Reader): readonly Login[] {
  const user = reader.optional("user");
  const port = reader.integer("port");
  if (!values.isPort(port)) reader.refuse("port", `${port} is not a port (1 to 65535)`);
  const lines = reader.lines("host");
  if (lines.length === 0) reader.refuse("host", "is required", "Name the host to deploy to.");
  const logins = lines.flatMap((line): Login[] => {
    const target = values.target(line);
    if (!target) {
      reader.refuse("host", `"${line}" is not [user@]host[:port]`);
      return [];
    }
    const login = target.user ?? user;
    if (login === undefined) {
      reader.refuse(
        "user",
        `no login is named for ${target.host}`,
        "Set `user`, or write user@host.",
      );
      return [];
    }
    return [
      { name: hostName(target, port), host: target.host, port: target.port ?? port, user: login },
    ];
  });
  const twice = logins.find(
    (login, index) => logins.findIndex((other) => same(login, other)) < index,
  );
  if (twice) reader.refuse("host", `${twice.name} is named twice`);
  return logins;
}

/** Two hosts behind one address differ by their port. */
function hostName(target: values.Target, port: number): string {
  const own = target.port ?? port;
  if (own === 22) return target.host;
  return target.host.includes(":") ? `[${target.host}]:${own}` : `${target.host}:${own}`;
}

function same(a: Login, b: Login): boolean {
  return a.host === b.host && a.port === b.port && a.user === b.user;
}

function readAccess(reader: Reader): Access {
  const privateKey = reader.textOrFile("ssh-key");
  if (privateKey.trim() === "") {
    reader.refuse("ssh-key", "is required", "Give the private key, as a secret of the repository.");
  }
  const knownHosts = reader.textOrFile("known-hosts");
  // A whole line of `ssh-keygen -lf` is as good as the fingerprint in it.
  const fingerprints = reader
    .lines("host-fingerprint")
    .map((line) => /(?:^|\s)(SHA256:\S+)/.exec(line)?.[1] ?? line);
  if (knownHosts.trim() === "" && fingerprints.length === 0) {
    reader.refuse(
      "known-hosts",
      "no host key is given",
      "Set `known-hosts` to the lines of `ssh-keyscan HOST` (compare them with the host's own), or `host-fingerprint`.",
    );
  }
  for (const fingerprint of fingerprints) {
    if (!/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(fingerprint)) {
      reader.refuse(
        "host-fingerprint",
        `"${fingerprint}" is not a SHA256 fingerprint`,
        "It is what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the host.",
      );
    }
  }
  const passphrase = reader.verbatim("ssh-key-passphrase") || undefined;
  return {
    privateKey,
    ...(passphrase === undefined ? {} : { passphrase }),
    knownHosts,
    fingerprints,
    sudo: reader.boolean("sudo"),
    connectTimeout: reader.duration("connect-timeout", 1000),
  };
}

function readContent(reader: Reader, around: Surroundings, logins: readonly Login[]): Content {
  const app = reader.text("app") || basename(around.repository ?? around.workspace).toLowerCase();
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(app)) {
    reader.refuse(
      "app",
      `"${app}" is not a name of small letters, digits, ".", "_" and "-"`,
      "Set `app`.",
    );
  }
  const serviceUser = reader.optional("service-user");
  if (serviceUser !== undefined && !/^[a-z_][a-z0-9_-]{0,31}\$?$/i.test(serviceUser)) {
    reader.refuse("service-user", `"${serviceUser}" is not a user name`);
  }
  const scope = readScope(reader, serviceUser, logins);
  const environment = reader.text("environment");
  if (environment !== "" && !/^[\w.-]+$/.test(environment)) {
    reader.refuse("environment", `"${environment}" is not a name`);
  }
  const stack = reader.optional("stack");
  const imageTag = reader.optional("image-tag");
  if (imageTag !== undefined && !/^\w[\w.-]{0,127}$/.test(imageTag)) {
    reader.refuse("image-tag", `"${imageTag}" is not an image tag`);
  }
  const imageName = reader.optional("image-name");
  const registry = reader.optional("registry");
  if (registry !== undefined && /^\w+:\/\/|\s|\/$/.test(registry)) {
    reader.refuse(
      "registry",
      `"${registry}" is not a registry's name`,
      "Write host[:port][/path].",
    );
  }
  return {
    app,
    environment,
    scope,
    ...(serviceUser === undefined ? {} : { serviceUser }),
    quadletDir: readDirectory(reader, "quadlet-dir", quadletRoots[scope]),
    appDirectory: readDirectory(
      reader,
      "app-directory",
      scope === "rootful" ? `/opt/${app}` : "%h",
    ),
    ...(stack === undefined ? {} : { stack }),
    workspace: around.workspace,
    templates: resolve(around.workspace, reader.text("templates")),
    overrides: resolve(around.workspace, reader.text("overrides")),
    units: reader.lines("units").map((path) => resolve(around.workspace, path)),
    variables: reader.verbatim("variables"),
    ...(imageTag === undefined ? {} : { imageTag }),
    ...(imageName === undefined ? {} : { imageName }),
    ...(registry === undefined ? {} : { registry }),
    env: readEnv(reader),
  };
}

function readScope(
  reader: Reader,
  serviceUser: string | undefined,
  logins: readonly Login[],
): Scope {
  const users = logins.map((login) => login.user);
  const scope =
    reader.optional("scope") ??
    (serviceUser === undefined && (users.length === 0 || users.every((user) => user === "root"))
      ? "rootful"
      : "rootless");
  const sudo = values.boolean(reader.text("sudo")) === true;
  const elevated = (user: string) => user === "root" || sudo;
  if (scope === "rootful") {
    if (serviceUser !== undefined) {
      reader.refuse("service-user", "rootful units belong to root, not to a user");
    }
    for (const user of users.filter((user) => !elevated(user))) {
      reader.refuse(
        "scope",
        `${user} cannot deploy rootful units`,
        "Log in as root, or set `sudo: true` for a login that may use `sudo -n`.",
      );
    }
    return scope;
  }
  for (const user of users) {
    const owner = serviceUser ?? user;
    if (owner === "root") {
      reader.refuse("scope", "rootless units need an owner", "Set `service-user`.");
    } else if (owner !== user && !elevated(user)) {
      reader.refuse(
        "service-user",
        `${user} cannot manage the units of ${owner}`,
        `Log in as ${owner} or root, or set \`sudo: true\`.`,
      );
    }
  }
  return scope as Scope;
}

/** Directories on the host: absolute, or below the owner's home as `%h` or `~`. */
function readDirectory(reader: Reader, name: OptionName, byDefault: string): string {
  const given = (reader.text(name) || byDefault).replace(/^~(?=\/|$)/, "%h");
  // Paths are compared as text with what the host lists.
  const text = given.includes("..") ? given : posix.normalize(given).replace(/(?<=.)\/+$/, "");
  if (!/^(\/|%h(\/|$))/.test(text) || /[\s%*?"'\\$`]/.test(text.replace(/^%h/, ""))) {
    reader.refuse(name, `"${text}" is not an absolute path of plain characters`);
  } else if (text.split("/").includes("..")) {
    reader.refuse(name, `"${text}" must not contain ".."`);
  } else if (text === "/") {
    reader.refuse(name, "must not be the root directory");
  }
  return text;
}

function readEnv(reader: Reader): readonly EnvLine[] {
  return reader
    .verbatim("env")
    .split("\n")
    .flatMap((raw, index): EnvLine[] => {
      const line = raw.trim();
      if (line === "" || line.startsWith("#")) return [];
      const [, key, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
      if (key === undefined || value === undefined) {
        // The line itself may hold a secret, so only its number is shown.
        reader.refuse("env", `line ${index + 1} is not KEY=value`);
        return [];
      }
      return [{ key, value }];
    });
}

function readHealth(reader: Reader): HealthSettings {
  const url = reader.optional("health-url");
  if (url !== undefined && !/^https?:$/.test(parseUrl(url)?.protocol ?? "")) {
    reader.refuse("health-url", `"${url}" is not an http or https URL`);
  }
  const path = reader.text("health-path");
  if (!/^\/[^\s]*$/.test(path)) reader.refuse("health-path", `"${path}" does not start with /`);
  const successes = reader.integer("health-successes");
  if (successes < 1) reader.refuse("health-successes", "must be 1 or more");
  return {
    ...(url === undefined ? {} : { url }),
    path,
    from: reader.text("health-from") as HealthFrom,
    timeout: reader.duration("health-timeout", 1000),
    interval: reader.duration("health-interval", 50),
    successes,
    status:
      reader.read("health-status", values.statusRanges, "is not a status such as 200 or 200-299") ??
      [],
  };
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function readOut(reader: Reader, around: Surroundings): string {
  const out = reader.text("out");
  if (out === "") reader.refuse("out", "is required", "Name the directory to write to.");
  return resolve(around.workspace, out);
}
