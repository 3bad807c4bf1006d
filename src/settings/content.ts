import { basename, posix, resolve } from "node:path";
import type { Hosts } from "./hosts.js";
import type { OptionName } from "./options.js";
import type { Reader } from "./reader.js";
import {
  type Content,
  type EnvLine,
  type Login,
  quadletRoots,
  type Scope,
  type Surroundings,
} from "./settings.js";
import * as values from "./values.js";

export function readContent(
  reader: Reader,
  around: Surroundings,
  { logins, inventory }: Hosts,
): Content {
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
    ...(inventory === undefined ? {} : { inventory }),
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
  const users = [...new Set(logins.map((login) => login.user))];
  const scope =
    reader.optional("scope") ??
    (serviceUser === undefined && logins.every(({ user, sudo }) => user === "root" || sudo === true)
      ? "rootful"
      : "rootless");
  const sudo = values.boolean(reader.text("sudo")) === true;
  const elevated = (user: string) =>
    user === "root" || sudo || logins.every((login) => login.user !== user || login.sudo === true);
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
