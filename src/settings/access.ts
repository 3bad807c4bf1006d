import { optionalWay } from "./jumps.js";
import type { Reader } from "./reader.js";
import type { Access, Login } from "./settings.js";
import * as values from "./values.js";

export function readLogins(reader: Reader): readonly Login[] {
  const user = reader.optional("user");
  const port = reader.integer("port");
  if (!values.isPort(port)) reader.refuse("port", `${port} is not a port (1 to 65535)`);
  const lines = reader.lines("host");
  if (lines.length === 0) reader.refuse("host", "is required", "Name the host to deploy to.");
  const way = optionalWay(reader);
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
      {
        name: hostName(target, port),
        host: target.host,
        port: target.port ?? port,
        user: login,
        ...way,
      },
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

export function readAccess(reader: Reader, logins: readonly Login[]): Access {
  const privateKey = reader.textOrFile("ssh-key");
  const needed = logins.length === 0 || logins.some((login) => login.privateKey === undefined);
  if (privateKey.trim() === "" && needed) {
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
