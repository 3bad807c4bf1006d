import type { Narrator } from "../report/narrator.js";
import type { Content } from "../settings/settings.js";
import type { Builds } from "./build.js";

/** Says what of the repository takes no part, for a file that was meant to is easily missed. */
export function sayLeftOut(builds: Builds, content: Content, narrator: Narrator): void {
  const ignored = new Set(builds.all.flatMap(({ release }) => release.ignored));
  if (ignored.size > 0) {
    narrator.line(`not deployed, for they are no units: ${[...ignored].join(", ")}`);
  }
  for (const warning of content.inventory?.warnings ?? []) {
    narrator.line(`warning: inventory: ${warning}`);
  }
}
