import type { Access, Content, Login } from "../settings/settings.js";

/** Who owns the units, and how the login becomes them. */
export interface Owner {
  readonly scope: Content["scope"];
  /** "" where it is the login itself. */
  readonly user: string;
  readonly sudo: boolean;
}

export function ownerOf(content: Content, login: Login, access: Access): Owner {
  const user = content.serviceUser === login.user ? "" : (content.serviceUser ?? "");
  const needsRoot = content.scope === "rootful" || user !== "";
  return {
    scope: content.scope,
    user,
    sudo: (login.sudo ?? access.sudo) && needsRoot && login.user !== "root",
  };
}
