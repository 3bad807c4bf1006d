import { describe, expect, test } from "vitest";
import { actions, emptyHost, hostWith, planFor, releaseOf, serviceState } from "./support.js";

const job = "[Container]\nImage=r.io/x:1\n[Service]\nType=oneshot\n";
const build = "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=./ctx\n";
const files = {
  "migrate.container": job,
  "web.build": build,
  "web.container": "[Container]\nImage=web.build\n",
  "ctx/Containerfile": "FROM scratch\n",
};
const done = (release = releaseOf(files), more = {}) => {
  const facts = hostWith(release);
  return {
    ...facts,
    services: new Map([
      ...facts.services,
      ["migrate.service", serviceState("inactive", "dead")],
      ["web-build.service", serviceState("inactive", "dead")],
      ...Object.entries(more).map(
        ([name, active]) => [name, serviceState(String(active))] as const,
      ),
    ]),
  };
};

describe("what ends when it is done", () => {
  test("starts with its first deploy, and nobody waits for it to be up", () => {
    const { services } = planFor(releaseOf(files), emptyHost);
    expect(services.map(({ name, action, up }) => [name, action, up])).toEqual([
      ["migrate.service", "start", false],
      ["web-build.service", "start", false],
      ["web.service", "start", true],
    ]);
  });

  test("is left alone while nothing of it changes", () => {
    const planned = planFor(releaseOf(files), done());
    expect(planned.change).toBe("none");
    expect(planned.services.filter(({ action }) => action !== "keep")).toEqual([]);
  });

  test("runs again when its unit changes, and what is built of it restarts", () => {
    const changed = releaseOf({ ...files, "ctx/Containerfile": "FROM other\n" });
    expect(actions(planFor(changed, done())).filter((one) => !one.startsWith("keep"))).toEqual([
      "start web-build.service: ctx/Containerfile was changed",
      "restart web.service: web-build.service starts, which it requires",
    ]);
  });

  test("runs again where it failed", () => {
    const planned = planFor(releaseOf(files), done(undefined, { "migrate.service": "failed" }));
    expect(actions(planned)).toContain("start migrate.service: it failed");
  });
});
